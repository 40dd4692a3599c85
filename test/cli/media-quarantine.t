# a force in mid-story, served with a scanner; a medium from outside
$ cp -r "$TREE/regulations/handling" pack && cd pack/scenarios && rm [j-z]*.yaml i-collected.yaml && sed -n '/09:59:59/q;p' i-media.yaml >s && mv s i-media.yaml
$ tsujiban demo --no-serve --pack pack --story i-media --data a 2>/dev/null | sed -n 's/^person-k\t\([^\t]*\).*/\1/p' >k; wc -w <k
1
$ (timeout 200 tsujiban serve --data a --scanner "$SCANNER" --listen 127.0.0.1:0 >log 2>&1 & echo $! >pid); until test -S a/keeper.sock; do sleep 0.1; done
$ mkdir m; printf 'X5O!P%%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-%s-TEST-FILE!$H+H*' ANTIVIRUS >m/検体.com; echo 相談 >m/相談.csv; bsdtar --format zip --options zip:encryption=aes256 --passphrase x -cf m/暗号.zip m/相談.csv; ln -s /etc/passwd m/link; : >m/空
$ printf 'exec tsujiban media quarantine --data a --as person-k --sign-in k "$@"' >keep

# what was found, and what could not be examined, is kept sealed with its entry; what is clean is not; the medium is only read
$ sh keep --medium M-015 --source 試験銀行 m/検体.com m/暗号.zip m/相談.csv
QUARANTINED  SW-2026-0001  QF-2026-0001  検体.com  infected, sha256 HASH64
QUARANTINED  SW-2026-0002  QF-2026-0002  暗号.zip  not-examinable, sha256 HASH64
NOT KEPT  相談.csv: clean
[4]
$ ls m
link
暗号.zip
検体.com
相談.csv
空
$ grep -rlaF EICAR-STANDARD a | wc -l
0
$ sh keep m/link; sh keep m/空; sh keep m/none
tsujiban: m/link is no file that can be read: Too many levels of symbolic links
tsujiban: m/空 is empty; there is nothing to keep
tsujiban: m/none is no file that can be read: No such file or directory
[1]
$ tsujiban ledger verify --data a --files | sed -n "s/.*: //p" | tail -1
sound
$ kill "$(cat pid)"
