# what shares values: by an object, by a value, and from nobody's sight
$ tsujiban demo --data a --pack "$TREE/regulations/intelligence" --story b-desk --no-serve >made 2>&1; for p in a c; do awk -F'\t' "/person-$p/{print \$2}" a/demo-accounts.txt >$p.pw; done; tsujiban intel import --data a --as person-a --sign-in a.pw --collection 受領情報 --channel 公開情報 --errors "$TREE/test/cli/intel-related.json"
DONE  II-2026-DRAWN: objects 4, added 4, known 0, left out 0
$ tsujiban intel related --data a --as person-a --sign-in a.pw indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd01
indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd02  TLP:CLEAR, strength 9000, 3 days apart
  host: domain www.example.jp, in 1 objects
  same: ipv4 192.0.2.1, in 2 objects
  registered: domain example.jp, in 3 objects
indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd03  TLP:CLEAR, strength 2100, 10 days apart
  registered: domain example.jp, in 3 objects
  network: ipv4-net 192.0.2.0/24, in 1 objects
$ tsujiban intel related --data a --as person-a --sign-in a.pw --json --most 1 indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd01
tsujiban: 1 more are related; --most tells more of them
{"id":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd02","type":"indicator","version":"2026-04-09T20:03:48","tlp":"TLP:CLEAR","strength":9000,"reasons":[{"way":"host","type":"domain","value":"www.example.jp","objects":1,"points":4800},{"way":"same","type":"ipv4","value":"192.0.2.1","objects":2,"points":3000},{"way":"registered","type":"domain","value":"example.jp","objects":3,"points":1200}]}
$ tsujiban intel related --data a --as person-a --sign-in a.pw 'ｗｗｗ．ｅｘａｍｐｌｅ［．］ｊｐ'
indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd02  TLP:CLEAR, strength 9200
  same: domain www.example.jp, in 1 objects
  registered: domain example.jp, in 3 objects
indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd01  TLP:CLEAR, strength 6000
  host: domain www.example.jp, in 1 objects
  registered: domain example.jp, in 3 objects
indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd03  TLP:CLEAR, strength 1200
  registered: domain example.jp, in 3 objects
$ tsujiban intel related --data a --as person-c --sign-in c.pw indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd01
tsujiban: indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd01: there is no such object that you see
[1]
$ tsujiban intel related --data a --as person-c --sign-in c.pw 192.0.2.1
$ tsujiban intel related --data a --as person-a --sign-in a.pw indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cdff
tsujiban: indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cdff: there is no such object that you see
[1]

# several at once: each is told of which, and one that is not there keeps none of the others back
$ tsujiban intel related --data a --as person-a --sign-in a.pw 192.0.2.1 indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cdff 'no value at all' indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd03
tsujiban: indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cdff: there is no such object that you see
tsujiban: no value at all: It does not look like a value.
192.0.2.1:
indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd01  TLP:CLEAR, strength 3000
  same: ipv4 192.0.2.1, in 2 objects
indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd02  TLP:CLEAR, strength 3000
  same: ipv4 192.0.2.1, in 2 objects
indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd03  TLP:CLEAR, strength 900
  network: ipv4-net 192.0.2.0/24, in 1 objects
indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd03:
indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd02  TLP:CLEAR, strength 1650, 7 days apart
  registered: domain example.jp, in 3 objects
  within: ipv4-net 192.0.2.0/24, in 3 objects
indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd01  TLP:CLEAR, strength 1650, 10 days apart
  registered: domain example.jp, in 3 objects
  within: ipv4-net 192.0.2.0/24, in 3 objects
[1]
$ tsujiban intel related --data a --as person-a --sign-in a.pw --json --most 1 indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd03 www.example.jp 2>/dev/null | grep -o '"of":.*'
"of":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd03"}
"of":"www.example.jp"}

# a list counts at once, and hides nothing
$ mkdir a/known; printf 'example.jp\n' >a/known/house.txt; tsujiban intel related --data a --as person-a --sign-in a.pw indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd01
indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd02  TLP:CLEAR, strength 3000, 3 days apart
  same: ipv4 192.0.2.1, in 2 objects
  registered: domain example.jp, in 3 objects, on the list house
  host: domain www.example.jp, in 1 objects, on the list house
indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd03  TLP:CLEAR, strength 900, 10 days apart
  network: ipv4-net 192.0.2.0/24, in 1 objects
  registered: domain example.jp, in 3 objects, on the list house
$ printf '{"name": "Forms", "type": "regex", "list": ["a"]}' >a/known/forms.json; tsujiban intel related --data a --as person-a --sign-in a.pw www.example.jp
forms.json: warning: a list of kind "regex" is left out; string, hostname and cidr are applied
indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd01  TLP:CLEAR, strength 0
  registered: domain example.jp, in 3 objects, on the list house
  host: domain www.example.jp, in 1 objects, on the list house
indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd02  TLP:CLEAR, strength 0
  registered: domain example.jp, in 3 objects, on the list house
  same: domain www.example.jp, in 1 objects, on the list house
indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd03  TLP:CLEAR, strength 0
  registered: domain example.jp, in 3 objects, on the list house
$ printf '{"name": ' >a/known/forms.json; tsujiban intel related --data a --as person-a --sign-in a.pw www.example.jp
forms.json:1:9: not well-formed JSON: unexpected token near end of file
tsujiban: the lists of what is known cannot be read
[1]

# what people said of links: confirmed and rejected ones are told as that to who sees both sides
$ tsujiban demo --data b --pack "$TREE/regulations/intelligence" --story d-linked --no-serve >made 2>&1; for p in a c; do awk -F'\t' "/person-$p/{print \$2}" b/demo-accounts.txt >b-$p.pw; done; tsujiban intel import --data b --as person-a --sign-in b-a.pw --collection 刑事共有 --channel 公開情報 --errors "$TREE/test/cli/intel-related.json"
DONE  II-2026-DRAWN: objects 4, added 4, known 0, left out 0
$ tsujiban intel related --data b --as person-a --sign-in b-a.pw indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd01
indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd02  TLP:CLEAR, strength 9000, 3 days apart, confirmed by B (IL-2026-DRAWN)
  host: domain www.example.jp, in 1 objects
  same: ipv4 192.0.2.1, in 2 objects
  registered: domain example.jp, in 3 objects
malware--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd09  confirmed by B (IL-2026-DRAWN), shares nothing now
$ tsujiban intel related --data b --as person-c --sign-in b-c.pw indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd01
indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd02  TLP:CLEAR, strength 9000, 3 days apart
  host: domain www.example.jp, in 1 objects
  same: ipv4 192.0.2.1, in 2 objects
  registered: domain example.jp, in 3 objects
malware--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd09  confirmed by B (IL-2026-DRAWN), shares nothing now
$ tsujiban intel related --data b --as person-c --sign-in b-c.pw --rejected --json indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd03 | grep -o '"link".*'
"link":{"state":"confirmed","record":"IL-2026-DRAWN","by":"B","strength":1200,"records":1}}
"link":{"state":"rejected","record":"IL-2026-DRAWN","by":"B","strength":2100,"records":1}}

# the strongest of all that nobody has decided on
$ tsujiban intel related --data b --as person-a --sign-in b-a.pw --all
$ tsujiban intel related --data b --as person-c --sign-in b-c.pw --all --json --most 1
{"a":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd01","b":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd02","strength":9000}
$ tsujiban intel related --data b --as person-a --sign-in b-a.pw; echo $?
tsujiban: intel related: name an object or a value, or --all
2
$ tsujiban intel related --data b --as person-a --sign-in b-a.pw --all 192.0.2.1; echo $?
tsujiban: intel related: name an object or a value, or --all
2

# a confirmed link goes out with both of its ends, as a relationship
$ tsujiban intel export --data b --as person-a --sign-in b-a.pw --collection 刑事共有 --format stix >b.json; grep -o '"type":"relationship".*' b.json | sed 's/relationship--[-0-9a-f]*/relationship--OF-ITS-NUMBER/'; tsujiban intel check --errors b.json
"type":"relationship","spec_version":"2.1","id":"relationship--OF-ITS-NUMBER","created":"2026-04-01T00:00:00.000Z","modified":"2026-04-01T00:00:00.000Z","relationship_type":"related-to","source_ref":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd02","target_ref":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd03","object_marking_refs":["marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487"]}]}
SOUND  b.json: objects 5, left out 0, errors 0, warnings 0
$ tsujiban intel export --data b --as person-c --sign-in b-c.pw --collection 刑事共有 --format stix | grep -c '"relationship_type":"related-to"'
1

# fuzzy hashes that are near, and what lies in a network
$ tsujiban intel import --data b --as person-a --sign-in b-a.pw --collection 刑事共有 --channel 公開情報 "$TREE/test/cli/intel-fuzzy.json" 2>&1 | tail -1
DONE  II-2026-DRAWN: objects 4, added 4, known 0, left out 0
$ tsujiban intel related --data b --as person-a --sign-in b-a.pw indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3ce01
file--4b9b4dfb-bd2c-5a2e-9a3a-3f8e1c9a7a10  TLP:CLEAR, strength 4600
  near: tlsh T11FA1B357F78913B236924271569EA6D1FB2C451C33668484552C812D33138B8C73FFCE and T11FA1B357F78913B236924271569EA6D1FB2C451C33668484552C812D33138B8C73FFC1, distance 7, in 2 objects
  near: ssdeep 3:AXGBicFlgVNhBGcL6wCrFQEv:AXGHsNhxLsr2C and 3:AXGBicFlIHBGcL6wCrFQEv:AXGH6xLsr2C, score 22, in 2 objects
$ tsujiban intel related --data b --as person-a --sign-in b-a.pw indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3ce04
indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3ce03  TLP:CLEAR, strength 450, 0 days apart
  within: ipv4-net 198.51.100.0/24, in 2 objects
$ tsujiban intel related --data b --as person-c --sign-in b-c.pw --json 3:AXGBicFlIHBGcL6wCrFQEv:AXGH6xLsr2C | head -1
{"id":"file--4b9b4dfb-bd2c-5a2e-9a3a-3f8e1c9a7a10","type":"file","tlp":"TLP:CLEAR","strength":10000,"reasons":[{"way":"same","type":"ssdeep","value":"3:AXGBicFlIHBGcL6wCrFQEv:AXGH6xLsr2C","objects":1,"points":10000}]}

# values of one's own that are left out: for who sees that, until the day that was said
$ tsujiban demo --data x --pack "$TREE/regulations/intelligence" --story e-exclusions --no-serve >made 2>&1; for p in a c; do awk -F'\t' "/person-$p/{print \$2}" x/demo-accounts.txt >x-$p.pw; done; tsujiban intel import --data x --as person-a --sign-in x-a.pw --collection 刑事共有 --channel 公開情報 --errors "$TREE/test/cli/intel-related.json"
DONE  II-2026-DRAWN: objects 4, added 4, known 0, left out 0
$ tsujiban intel related --data x --as person-a --sign-in x-a.pw --most 1 www.example.jp
tsujiban: 2 more are related; --most tells more of them
indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd01  TLP:CLEAR, strength 0
  registered: domain example.jp, in 3 objects, on the list IE-2026-DRAWN
  host: domain www.example.jp, in 1 objects, on the list IE-2026-DRAWN
$ tsujiban intel related --data x --as person-c --sign-in x-c.pw --most 1 www.example.jp
tsujiban: 2 more are related; --most tells more of them
indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd02  TLP:CLEAR, strength 9200
  same: domain www.example.jp, in 1 objects
  registered: domain example.jp, in 3 objects
$ for p in a c; do tsujiban intel related --data x --as person-$p --sign-in x-$p.pw 192.0.2.1 | grep -c IE; done; true
0
0

# questions that are none
$ tsujiban intel related --data a --as person-a --sign-in a.pw 'no value'
tsujiban: no value: It does not look like a value.
[1]
$ tsujiban intel related --data a --as person-a --sign-in a.pw --most x 192.0.2.1
tsujiban: intel related: --most takes a number up to 1000000
[2]
$ tsujiban intel related --data a --as person-a --sign-in a.pw --type colour 192.0.2.1
tsujiban: there is no type "colour"
[2]
