# a bundle comes in, with what is wrong in it, and is found by its values
$ tsujiban demo --data a --pack "$TREE/regulations/intelligence" --story b-desk --no-serve >made 2>&1; for p in u a c; do awk -F'\t' "/person-$p/{print \$2}" a/demo-accounts.txt >$p.pw; done; wc -l <u.pw
1
$ cp "$TREE/test/cli/intel-store.json" one.json; tsujiban intel import --data a --as person-a --sign-in a.pw --collection 受領情報 --channel 公開情報 --errors one.json
one.json:5:26: error: objects[3].id (indicator--bad): This is no identifier (TYPE--UUID).
one.json:5:53: error: objects[3].created (indicator--bad): This is no timestamp (2026-04-01T09:00:00Z: in UTC, T and Z as capitals).
one.json:5:1: error: objects[3] (indicator--bad): modified has to be there.
DONE  II-2026-0001: objects 4, added 3, known 0, left out 1
[1]
$ tsujiban intel find --data a --as person-a --sign-in a.pw 192.0.2.1 | sort
{"id":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","type":"indicator","version":"2026-04-06T20:03:48","tlp":"TLP:CLEAR"}
{"id":"ipv4-addr--ff26c055-6336-5bc5-b98d-13d6226742dd","type":"ipv4-addr","tlp":"TLP:RED"}
{"type":"ipv4","value":"192.0.2.1","shared":2,"below":0}
$ tsujiban intel find --data a --as person-a --sign-in a.pw --most 0 'ｅｘａｍｐｌｅ［．］ｊｐ'
{"type":"domain","value":"example.jp","shared":0,"below":2}
$ tsujiban intel find --data a --as person-a --sign-in a.pw --below --most 1 example.jp | wc -l
2

# who does not see the collection is told what he would be told of nothing
$ tsujiban intel find --data a --as person-c --sign-in c.pw 192.0.2.1
{"type":"ipv4","value":"192.0.2.1","shared":0,"below":0}
$ tsujiban intel export --data a --as person-c --sign-in c.pw --collection 受領情報 --format stix
tsujiban: "受領情報" is nothing that you see in Collections of threat intelligence; give its name or number there
[1]

# what comes twice is known; all or nothing
$ tsujiban intel import --data a --as person-a --sign-in a.pw --collection 受領情報 --channel 公開情報 --errors --all-or-nothing one.json >/dev/null
tsujiban: 1 of 4 objects cannot be brought in, so nothing was
[1]
$ sed '/bad/d; s/}},/}}/' one.json | sed '4s/,$//' >good.json; gzip -c good.json >good.json.gz; tsujiban intel import --data a --as person-a --sign-in a.pw --collection 受領情報 --channel 公開情報 --errors --all-or-nothing good.json.gz
DONE  II-2026-0002: objects 3, added 0, known 3, left out 0
$ tsujiban intel import --data a --as person-a --sign-in a.pw --collection 刑事共有 --channel 交換 --errors good.json
DONE  II-2026-0003: objects 3, added 3, known 0, left out 0
$ tsujiban intel find --data a --as person-a --sign-in a.pw --most 0 192.0.2.1
{"type":"ipv4","value":"192.0.2.1","shared":4,"below":0}

# who sees one of two collections
$ tsujiban intel find --data a --as person-c --sign-in c.pw 192.0.2.1 | sort
{"id":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","type":"indicator","version":"2026-04-06T20:03:48","tlp":"TLP:AMBER"}
{"id":"ipv4-addr--ff26c055-6336-5bc5-b98d-13d6226742dd","type":"ipv4-addr","tlp":"TLP:RED"}
{"type":"ipv4","value":"192.0.2.1","shared":2,"below":0}
$ tsujiban intel import --data a --as person-c --sign-in c.pw --collection 刑事共有 --channel 交換 good.json
tsujiban: "交換" is nothing that you see in Channels of threat intelligence; give its name or number there
[1]

# who may not bring in
$ tsujiban intel import --data a --as person-u --sign-in u.pw --collection IC-2026-0001 --channel IH-2026-0009 good.json
tsujiban: "IH-2026-0009" is nothing that you see in Channels of threat intelligence; give its name or number there
[1]
$ tsujiban intel import --data a --as person-u --sign-in u.pw --collection IC-2026-0001 good.json
tsujiban: intel: name where it goes and where it comes from: --collection, --channel
[2]
$ tsujiban intel import --data a --as person-a --sign-in a.pw --collection 受領情報 --channel 公開情報 nowhere.json
tsujiban: nowhere.json cannot be read: No such file or directory
[1]

# back again: equal in content, and what is more confidential than a file carries stays
$ tsujiban intel export --data a --as person-a --sign-in a.pw --collection 受領情報 --format stix >out.json; tsujiban intel check --errors out.json
tsujiban: held back: 1 objects, which are more confidential than a file carries
SOUND  out.json: objects 2, left out 0, errors 0, warnings 1
$ grep '^{"type":"url"\|^{"type":"indicator"' out.json | sed 's/,$//; s/]}$//' | sort >came; grep '"url"\|8e2e2d2b' one.json | sed 's/,$//' | sort | cmp - came
$ tsujiban ledger verify --data a >verified; echo $?
0
