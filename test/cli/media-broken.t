# a force in mid-story, served
$ cp -r "$TREE/regulations/handling" pack && cd pack/scenarios && rm [j-z]*.yaml i-collected.yaml && sed -n '/09:59:59/q;p' i-media.yaml >s && mv s i-media.yaml
$ tsujiban demo --no-serve --pack pack --story i-media --data a 2>/dev/null | tee who | sed -n 's/^person-k\t\([^\t]*\).*/\1/p' >k; wc -w <k
1
$ (timeout 200 tsujiban serve --data a --listen 127.0.0.1:0 >log 2>&1 & echo $! >pid); until test -S a/keeper.sock; do sleep 0.1; done; "$WITH_MEDIA" --advance a 2026-08-25T10:20; for i in 1 2 3 4; do head -c 20M /dev/urandom >大$i.bin; done; head -c 12582912 大1.bin >小.bin; echo Kz7mWq4tRb9xHc2pVn5d >word2
$ "$TREE/test/cli/enrol" a who PC-01 PC-02 CHK-1

# a medium that fails behind what it was given: refused, and no file that looks whole, neither now nor when it is put in again
$ unshare -m --propagation private "$TREE/test/cli/media-broken-story"
exit 1
KJ-2026-N_機密性2（中）.zip: There is no room for it. Nothing was left under the name; make room or use another medium.
0
0
0
AFTER AN INTERRUPTION  KJ-2026-DRAWN_機密性2（中）.zip: HERE/media/M014 is not there, or another medium is, so it cannot be said what became of it. Mount the same medium again.
AFTER AN INTERRUPTION  KJ-2026-DRAWN_機密性2（中）.zip: HERE/media/M014 is not there, or another medium is, so it cannot be said what became of it. Mount the same medium again.
AFTER AN INTERRUPTION  KJ-2026-DRAWN_機密性2（中）.zip: HERE/media/M014 has no such file; it is entered in the line TR that nothing was written. Do it again.
0
0
$ tsujiban ledger verify --data a | sed -n "s/.*: //p" | tail -1
sound
$ kill "$(cat pid)"
