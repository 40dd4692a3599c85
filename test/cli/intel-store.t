# a bundle comes in, with what is wrong in it, and is found by its values
$ tsujiban demo --data a --pack "$TREE/regulations/intelligence" --story b-desk --no-serve >made 2>&1; for p in u a c; do awk -F'\t' "/person-$p/{print \$2}" a/demo-accounts.txt >$p.pw; done; wc -l <u.pw
1
$ cp "$TREE/test/cli/intel-store.json" one.json; tsujiban intel import --data a --as person-a --sign-in a.pw --collection 受領情報 --channel 公開情報 --errors one.json
one.json:5:26: error: objects[3].id (indicator--bad): This is no identifier (TYPE--UUID).
one.json:5:53: error: objects[3].created (indicator--bad): This is no timestamp (2026-04-01T09:00:00Z: in UTC, T and Z as capitals).
one.json:5:1: error: objects[3] (indicator--bad): modified has to be there.
DONE  II-2026-DRAWN: objects 4, added 3, known 0, left out 1
[1]
$ tsujiban intel find --data a --as person-a --sign-in a.pw 192.0.2.1 | sort
{"id":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","type":"indicator","version":"2026-04-06T20:03:48","tlp":"TLP:CLEAR","current":true,"ends":"2026-12-18T08:03:48.000000Z"}
{"id":"ipv4-addr--ff26c055-6336-5bc5-b98d-13d6226742dd","type":"ipv4-addr","tlp":"TLP:RED"}
{"type":"ipv4","value":"192.0.2.1","shared":2,"below":0}
$ tsujiban intel find --data a --as person-a --sign-in a.pw --most 0 'ｅｘａｍｐｌｅ［．］ｊｐ'
{"type":"domain","value":"example.jp","shared":0,"below":2}
$ tsujiban intel find --data a --as person-a --sign-in a.pw --below --most 1 example.jp | wc -l
2

# by the words in names and the like, in any spelling; numbers of other lists among them
$ tsujiban intel find --data a --as person-a --sign-in a.pw --text 'ｃ２'
{"id":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","type":"indicator","version":"2026-04-06T20:03:48","tlp":"TLP:CLEAR","in":"name"}
{"total":1,"more":false}
$ tsujiban intel find --data a --as person-a --sign-in a.pw --text --kind malware c2
{"total":0,"more":false}
$ tsujiban intel find --data a --as person-c --sign-in c.pw --text c2
{"total":0,"more":false}
$ tsujiban intel find --data a --as person-a --sign-in a.pw --text x
tsujiban: "x" is too short: one word has to have two characters
[1]
$ tsujiban intel find --data a --as person-a --sign-in a.pw --text --below example
tsujiban: intel find: --type, --below and --current go with a value, --kind with --text
[2]

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
DONE  II-2026-DRAWN: objects 3, added 0, known 3, left out 0
$ tsujiban intel import --data a --as person-a --sign-in a.pw --collection 刑事共有 --channel 交換 --errors good.json
DONE  II-2026-DRAWN: objects 3, added 3, known 0, left out 0
$ tsujiban intel find --data a --as person-a --sign-in a.pw --most 0 192.0.2.1
{"type":"ipv4","value":"192.0.2.1","shared":4,"below":0}

# who sees one of two collections
$ tsujiban intel find --data a --as person-c --sign-in c.pw 192.0.2.1 | sort
{"id":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","type":"indicator","version":"2026-04-06T20:03:48","tlp":"TLP:AMBER","current":true,"ends":"2026-12-18T08:03:48.000000Z"}
{"id":"ipv4-addr--ff26c055-6336-5bc5-b98d-13d6226742dd","type":"ipv4-addr","tlp":"TLP:RED"}
{"type":"ipv4","value":"192.0.2.1","shared":2,"below":0}
$ tsujiban intel import --data a --as person-c --sign-in c.pw --collection 刑事共有 --channel 交換 good.json
tsujiban: "交換" is nothing that you see in Channels of threat intelligence; give its name or number there
[1]

# who may not bring in
$ tsujiban intel import --data a --as person-u --sign-in u.pw --collection "$(sed -n 's/^IC\t//p' a/demo-records.txt)" --channel IH-2026-0009 good.json
tsujiban: "IH-2026-0009" is nothing that you see in Channels of threat intelligence; give its name or number there
[1]
$ tsujiban intel import --data a --as person-u --sign-in u.pw --collection "$(sed -n 's/^IC\t//p' a/demo-records.txt)" good.json
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
$ tsujiban ledger verify --data a >verified; echo $?; sed 's/.*records, //' verified
0
6 objects: sound
$ for what in object-altered object-moved object-removed object-added segment-altered run-removed root-altered; do cp -r a t; "$TREE/test/cli/tamper" $what t; tsujiban ledger verify --data t 2>&1 | sed 's/II-2026-[0-9]*/II/' | grep -o 'import II: .*\|DAMAGED' | uniq; rm -r t; done
import II: an object of it was altered
DAMAGED
import II: an object of it was altered, or is another's
DAMAGED
import II: objects of it are missing
DAMAGED
import II: it has objects that are in no segment
DAMAGED
import II: an object of it was altered, or is another's
DAMAGED
import II: its objects are missing
DAMAGED
import II: its segments are others than those that were opened
DAMAGED

# what its indicators look for, as a set and as rules of other programs
$ tsujiban intel compile --data a --as person-a --sign-in a.pw --collection 受領情報 --out a.set | sed 's/: .*//'; tsujiban intel set a.set | sed 's/.*"entries":\([0-9]*\).*"confidentiality":\([0-9]\),"tlp":"\([^"]*\)".*/\1 \2 \3/'
DONE  a.set
2 1 TLP:CLEAR
$ printf '2026-04-10T09:00:00Z 192.0.2.1 x\n2026-04-10T09:00:00Z http://c2.example.jp/\n2026-04-10T09:00:00Z www.c2.example.jp\n2026-12-19T09:00:00Z 192.0.2.1\n' >log; tsujiban match --time-field 1 --set a.set log | sed 's/"file":"log",//'
{"line":1,"offset":21,"length":9,"type":"ipv4","value":"192.0.2.1","indicator":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"}
{"line":2,"offset":61,"length":13,"type":"domain","value":"c2.example.jp","indicator":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"}
$ tsujiban intel compile --data a --as person-a --sign-in a.pw --collection 受領情報 --below --out b.set >/dev/null; tsujiban match --time-field 1 --set b.set log | wc -l
3
$ tsujiban intel export --data a --as person-a --sign-in a.pw --collection 受領情報 --format csv 2>/dev/null | sort -r
type,value,mode,until,indicator,confidence,tlp
ipv4,192.0.2.1,exact,2026-12-18T08:03:48.000000Z,indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f,,TLP:CLEAR
domain,c2.example.jp,exact,2026-12-18T08:03:48.000000Z,indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f,,TLP:CLEAR
$ for f in suricata zeek rpz squid plain; do tsujiban intel export --data a --as person-a --sign-in a.pw --collection 受領情報 --format $f 2>/dev/null | grep -c 192.0.2.1\\\|32.1.2.0.192; done | tr '\n' ' '; echo
1 1 1 1 1
$ tsujiban intel export --data a --as person-a --sign-in a.pw --collection 受領情報 --format misp >events.json; tsujiban intel convert --from misp --to stix events.json 2>/dev/null | grep -o '"pattern":"[^]]*]'
tsujiban: events 1, left out 0
tsujiban: held back: 1 objects, which are more confidential than a file carries
"pattern":"[domain-name:value = 'c2.example.jp']
"pattern":"[ipv4-addr:value = '192.0.2.1']
$ tsujiban intel export --data a --as person-a --sign-in a.pw --collection 受領情報 --format xml
tsujiban: --format: "xml" is none of stix, misp, suricata, zeek, rpz, squid, csv, plain
[2]
$ tsujiban intel compile --data a --as person-c --sign-in c.pw --collection 受領情報 --out c.set
tsujiban: "受領情報" is nothing that you see in Collections of threat intelligence; give its name or number there
[1]
$ tsujiban intel compile --out c.set --collection 受領情報 log
tsujiban: intel compile needs lists, or --collection NAME, and not both
[2]

# what is revoked, ended, or no list of values is in none
$ printf '{"type":"bundle","id":"bundle--5d0092c5-5f74-4287-9642-33f4c354e57d","objects":[\n' >more.json; for i in '1:"revoked":true,:192.0.2.11' '2:"valid_until":"2026-03-01T00:00:00Z",:192.0.2.12' '3::192.0.2.13'; do n=${i%%:*}; v=${i##*:}; m=${i#*:}; m=${m%:*}; printf '{"type":"indicator","spec_version":"2.1","id":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd4%s","created":"2026-03-06T20:03:48.000Z","modified":"2026-03-06T20:03:48.000Z",%s"pattern":"[ipv4-addr:value = '"'%s'"']","pattern_type":"stix","valid_from":"2026-02-06T20:03:48Z"},\n' $n "$m" $v; done >>more.json; printf '{"type":"indicator","spec_version":"2.1","id":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd44","created":"2026-02-06T20:03:48.000Z","modified":"2026-02-06T20:03:48.000Z","pattern":"[ipv4-addr:value = '"'192.0.2.14'"' AND domain-name:value = '"'x.example.jp'"']","pattern_type":"stix","valid_from":"2026-02-06T20:03:48Z"}]}\n' >>more.json; tsujiban intel import --data a --as person-a --sign-in a.pw --collection 刑事共有 --channel 公開情報 --errors more.json
DONE  II-2026-DRAWN: objects 4, added 4, known 0, left out 0
$ tsujiban intel export --data a --as person-a --sign-in a.pw --collection 刑事共有 --format csv | grep 192.0.2.1[1-4] | cut -d, -f2
tsujiban: of 5 indicators were left out: ended or revoked 2, no list of values 1
tsujiban: the collection: rows 3, ended 0, left out 0
192.0.2.13
