# a force in mid-story, served; a check station with a medium that is a file system of its own
$ cp -r "$TREE/regulations/handling" pack && cd pack/scenarios && rm [j-z]*.yaml i-collected.yaml && sed -n '/09:59:59/q;p' i-media.yaml >s && mv s i-media.yaml
$ echo '  - {at: 2026-08-25T09:10, as: K, do: media-grants/apply, with: {medium: $M015, computer: $PC01, direction: input, form: plain, purpose: 被害の把握, case: 相談2026-41, from: 2026-08-25T10:00, until: 2026-08-25T18:00}, name: G15}' >>pack/scenarios/i-media.yaml
$ echo '  - {as: P, do: media-grants/grant, on: $G15, with: {granted_from: 2026-08-25T10:00, granted_until: 2026-08-25T18:00}}' >>pack/scenarios/i-media.yaml
$ tsujiban demo --no-serve --pack pack --story i-media --data a 2>/dev/null | tee who | sed -n 's/^person-k\t\([^\t]*\).*/\1/p' >k; wc -w <k
1
$ (timeout 200 tsujiban serve --data a --listen 127.0.0.1:0 >log 2>&1 & echo $! >pid); until test -S a/keeper.sock; do sleep 0.1; done; "$WITH_MEDIA" --advance a 2026-08-25T10:20
$ "$TREE/test/cli/enrol" a who PC-01 PC-02 CHK-1
$ head -c 10240 /dev/zero | tr '\0' A >照会用一覧.csv; mkdir media
$ printf 'exec tsujiban media watch --data a --as person-k --sign-in k --at CHK-1 --root media --settle 1 "$@"' >watch

# wrong usage
$ tsujiban media watch --data a --as person-k
tsujiban: media watch: name who answers for the station, with the file of his password, and the station: --as, --sign-in, --at
[2]
$ tsujiban media watch --data a --as person-k --sign-in k --at CHK-1 --settle never
tsujiban: media watch: --settle takes seconds, at most 3600
[2]

# the gate's own file is in the trail; what is written beside it is found, with name and size, also when it is gone at once or written over
$ unshare -m --propagation private "$TREE/test/cli/media-watch-story"
DONE
DONE
FOUND  TN  stray-file  a\x0ab
FOUND  TN  stray-file  alone.txt
FOUND  TN  stray-file  gone.txt
FOUND  TN  stray-file  held.txt
FOUND  TN  stray-file  quick.txt
FOUND  TN  stray-file  twice.txt
FOUND  TN  stray-file  twice.txt
FOUND  TN  stray-file  不明.xlsx
WATCHING media/M014
WATCHING media/S
WATCHING media/T
tsujiban: HERE/media/M014 cannot be watched: Cannot allocate memory; it is tried again
tsujiban: NOT WATCHED  HERE/media/S/deep: No such file or directory; what is written there is not seen

# only an output of these bytes, onto this medium, just then is the gate's: not another medium, another time, a hidden name after the end, an input
$ mkdir PC01 "$MEDIA/M015"; echo 相談 >"$MEDIA/M015/相談.csv"; "$TREE/test/cli/definitions" "$SCANNER" 2026-08-25 >/dev/null 2>&1; tsujiban media import --data a --as person-k --sign-in k --medium M-015 --from "$MEDIA/M015" --scanner "$SCANNER" --at PC-01 --station CHK-1 --to PC01 --item フィッシング相談一覧 2>/dev/null | sed -n 's/^DONE.*/DONE/p'
DONE
$ zip=$(sed -n 's/.*sha256 //p' exported); csv=$(sha256sum <PC01/相談.csv | cut -c1-64); note() { echo "{\"kind\": \"stray-file\", \"name\": \"$2\", \"size\": \"9\", \"sha256\": \"$3\", \"serial\": \"$4\"}" >"a/media-watch/$1.json"; touch -d "$5 seconds ago" "a/media-watch/$1.json"; }; n=$(sed -n 's/^KJ7\t//p' a/demo-records.txt)_機密性2（中）.zip; note 1 $n $zip U-014 360; note 2 $n $zip X-2 360; note 3 $n $zip U-014 7200; note 4 .tsujiban-00.part $zip U-014 360; note 5 相談.csv $csv '' 360; ls a/media-watch | wc -l
5
$ rm -f seen; (sed 's/--settle 1/--settle 350/' watch | sh >seen 2>&1 & echo $! >w); until grep -q 相談 seen 2>/dev/null; do sleep 0.1; done; kill -TERM "$(cat w)"; while kill -0 "$(cat w)" 2>/dev/null; do sleep 0.1; done; grep -v WATCHING seen | sed 's/TN-[^ ]*/TN/'; ls a/media-watch | wc -l
FOUND  TN  stray-file  KJ-2026-DRAWN_機密性2（中）.zip  serial X-2
FOUND  TN  stray-file  KJ-2026-DRAWN_機密性2（中）.zip  serial U-014
FOUND  TN  stray-file  .tsujiban-00.part  serial U-014
FOUND  TN  stray-file  相談.csv
0

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
$ printf 'U-014\t試験 Works\tStick(9)\nU-020\t\tSU08G\n' >serials; known() { TSUJIBAN_SERIALS=serials "$TREE/packaging/udev/media-storage" known "$@" && echo let in || echo refused; }; known U-014 '試験 Works' 'Stick_9_'; known U-014; known U-014 other 'Stick(9)'; known U-014 '試験 Works' other; known U-020 '' SU08G; known U-020 x SU08G
let in
refused
refused
refused
let in
refused
$ TSUJIBAN_DATA=a "$TREE/packaging/udev/media-storage" refused 'X-9"}; rm'; ls a/media-watch | sed 's/[0-9]*\.json/N.json/'
storage-X_9____rm-N.json
$ echo '{' >a/media-watch/broken.json
$ head -c 70000 /dev/zero >a/media-watch/large.json
$ rm seen; (sh watch >seen 2>&1 & echo $! >w); until grep -q FOUND seen 2>/dev/null; do sleep 0.1; done; kill -TERM "$(cat w)"; while kill -0 "$(cat w)" 2>/dev/null; do sleep 0.1; done; grep -v WATCHING seen | sed 's/TN-[^ ]*/TN/' | sort -u; ls a/media-watch; rm a/media-watch/large.json
FOUND  TN  unknown-storage    serial X-9????rm
tsujiban: a/media-watch/broken.json is no note; it is put aside as it is
tsujiban: a/media-watch/large.json cannot be read, so it is not known what was seen
tsujiban: what was seen waits in a/media-watch
broken.json.bad
large.json
$ tsujiban ledger verify --data a | sed -n "s/.*: //p" | tail -1
sound
$ kill "$(cat pid)"
