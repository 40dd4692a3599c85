# a force in mid-story, served; a check station with a medium that is a file system of its own
$ cp -r "$TREE/regulations/handling" pack && cd pack/scenarios && rm [j-z]*.yaml i-collected.yaml && sed -n '/09:59:59/q;p' i-media.yaml >s && mv s i-media.yaml
$ tsujiban demo --no-serve --pack pack --story i-media --data a 2>/dev/null | sed -n 's/^person-k\t\([^\t]*\).*/\1/p' >k; wc -w <k
1
$ (timeout 200 tsujiban serve --data a --listen 127.0.0.1:0 >log 2>&1 & echo $! >pid); until test -S a/keeper.sock; do sleep 0.1; done; "$WITH_MEDIA" --advance a 2026-08-25T10:20
$ head -c 10240 /dev/zero | tr '\0' A >照会用一覧.csv; mkdir media
$ printf 'exec tsujiban media watch --data a --as person-k --sign-in k --at CHK-1 --root media --settle 1 "$@"' >watch

# wrong usage
$ tsujiban media watch --data a --as person-k
tsujiban: media watch: name who answers for the station, with the file of his password, and the station: --as, --sign-in, --at
[2]
$ tsujiban media watch --data a --as person-k --sign-in k --at CHK-1 --settle never
tsujiban: media watch: --settle takes seconds, at most 3600
[2]

# the gate's own file is in the trail; what is written beside it is found, with name and size, also when it is gone at once
$ unshare -m --propagation private "$TREE/test/cli/media-watch-story"
DONE
FOUND  TN  stray-file  a\x0ab
FOUND  TN  stray-file  gone.txt
FOUND  TN  stray-file  不明.xlsx
WATCHING media/M014

# storage that is not registered is refused by the rule, and entered; what is seen while the keeper is away waits
$ tsujiban media serials --data a --as person-k --sign-in k | sort | tee serials
D-003
U-014
U-015
U-016
$ known() { TSUJIBAN_SERIALS=serials "$TREE/packaging/udev/media-storage" known "$1" && echo let in || echo refused; }; known U-014; known X-9; known ''; known 'U-0.*'
let in
refused
refused
refused
$ TSUJIBAN_DATA=a "$TREE/packaging/udev/media-storage" refused 'X-9"}; rm'; ls a/media-watch | sed 's/[0-9]*\.json/N.json/'
storage-X_9____rm-N.json
$ echo '{' >a/media-watch/broken.json
$ (sh watch >seen 2>&1 & echo $! >w); until grep -q FOUND seen; do sleep 0.1; done; kill -TERM "$(cat w)"; while kill -0 "$(cat w)" 2>/dev/null; do sleep 0.1; done; grep -v WATCHING seen | sed 's/TN-[^ ]*/TN/'; ls a/media-watch
tsujiban: a/media-watch/broken.json is no note; it is put aside as it is
FOUND  TN  unknown-storage    serial X-9????rm
broken.json.bad
$ tsujiban ledger verify --data a | sed -n "s/.*: //p" | tail -1
sound
$ kill "$(cat pid)"
