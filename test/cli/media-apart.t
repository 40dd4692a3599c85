# a force in mid-story, whose keeper, gate and watcher are users of their own
$ cp -r "$TREE/regulations/handling" pack && cd pack/scenarios && rm [j-z]*.yaml i-collected.yaml && sed -n '/09:59:59/q;p' i-media.yaml >s && mv s i-media.yaml
$ tsujiban demo --no-serve --pack pack --story i-media --data a 2>/dev/null | tee who | sed -n 's/^person-k\t\([^\t]*\).*/\1/p' >kg; wc -w <kg
1
$ cp "$(command -v tsujiban)" .; chmod 711 .; chown -R 20001:20001 a; cp kg kw; chmod 600 kg kw; chown 20005 kg; chown 20006 kw; mkdir -m 755 media media/M014
$ echo '{"group": 20001, "keeper": 20001, "web": 20002, "examiner": 20003, "courier": 20004, "media-gate": [20005, 20006]}' >a/users.json
$ sed -n 's|^d /var/lib/tsujiban/main/\(media-[a-z]*\) \([0-7]*\) tsujiban-\([a-z]*\) .*|\1 \2 \3|p' "$TREE/packaging/tmpfiles.conf" | while read -r name mode user; do install -d -m $mode -o $(test $user = media && echo 20005 || echo 20006) a/$name; done; ls a | grep media
media-gate
media-watch
$ (timeout 100 setpriv --reuid=20001 --regid=20001 --clear-groups ./tsujiban keeper --data a >log 2>&1 & echo $! >pid); until test -S a/keeper.sock; do sleep 0.1; done; "$WITH_MEDIA" --advance a 2026-08-25T10:20

# the gate's user exports; root, who is the operator, is no gate
$ install -d -m 755 -o 20005 a/stations; sed -n 's/^person-r\t\([^\t]*\).*/\1/p' who >kr; chown 20005 kr; chmod 600 kr; for at in PC-01 CHK-1; do setpriv --reuid=20005 --regid=20005 --groups=20001 ./tsujiban media enrol --data a --as person-r --sign-in kr --at $at | sed -n 's/^ENROLLED.*/ENROLLED/p'; done
ENROLLED
ENROLLED
$ echo Kz7mWq4tRb9xHc2pVn5d >word; echo 照会 >一覧.csv; chmod 644 word 一覧.csv; chown 20005 "$MEDIA"; chmod 711 "$MEDIA"
$ out() { "$@" ./tsujiban media export --scanner "$SCANNER" --data a --as person-k --sign-in kg --medium M-014 --at PC-01 --to "$MEDIA" --item 照会用一覧 --cipher --password-file word 一覧.csv 2>&1 | sed -n 's/^DONE.*/DONE/p; /users.json/p'; }; out env; out setpriv --reuid=20005 --regid=20005 --groups=20001
user 0 may not be "media-gate" to the keeper of "a"; its users.json says who may
DONE
$ ls a/media-gate "$MEDIA" | sed "s|$MEDIA|MEDIA|"
MEDIA:
KJ-2026-DRAWN_機密性2（中）.zip
.
a/media-gate:

# the watcher sees what root alone may read, and takes up what the rule for udev left
$ unshare -m --propagation private "$TREE/test/cli/media-apart-story"
FOUND  TN  stray-file  不明.xlsx
FOUND  TN  unknown-storage    serial X-9
WATCHING media/M014
$ kill "$(cat pid)"
