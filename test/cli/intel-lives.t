# indicators end by decay, and live on where they are seen: the demonstration's clock stands at the first of April 2026
$ tsujiban demo --data a --pack "$TREE/regulations/intelligence" --story b-desk --no-serve >made 2>&1; for p in u a c; do awk -F'\t' "/person-$p/{print \$2}" a/demo-accounts.txt >$p.pw; done; wc -l <u.pw
1
$ cp "$TREE/test/cli/intel-lives.json" lives.json; tsujiban intel import --data a --as person-a --sign-in a.pw --collection 刑事共有 --channel 公開情報 --errors lives.json
DONE  II-2026-DRAWN: objects 7, added 7, known 0, left out 0
$ for n in 1 2 3 4 5; do tsujiban intel find --data a --as person-a --sign-in a.pw 192.0.2.$n | grep -o '"current.*'; done
"current":true,"ends":"2026-05-03T02:24:00.000000Z"}
"current":false,"ends":"2026-03-17T02:24:00.000000Z"}
"current":true,"ends":"2026-05-13T02:24:00.000000Z","seen":4}
"current":true,"ends":"2026-10-14T12:00:00.000000Z"}
"current":false,"ends":"2026-03-31T00:00:00.000000Z","false":1}
$ tsujiban intel find --data a --as person-a --sign-in a.pw --current 192.0.2.2 | wc -l
1

# what ended alerts no more, and what was seen does
$ tsujiban intel compile --data a --as person-a --sign-in a.pw --collection 刑事共有 --out a.set 2>&1 | sed 's/: [0-9]* bytes//'
tsujiban: of 5 indicators were left out: ended or revoked 2, no list of values 0
DONE  a.set
$ for n in 1 2 3 4 5; do echo 2026-04-02T09:00:00Z 192.0.2.$n; done >log; tsujiban match --time-field 1 --set a.set log | grep -o '"value.*'
"value":"192.0.2.1","indicator":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b30001"}
"value":"192.0.2.3","indicator":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b30003"}
"value":"192.0.2.4","indicator":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b30004"}
$ echo 2026-05-13T03:00:00Z 192.0.2.3 >later; tsujiban match --time-field 1 --set a.set later
$ tsujiban intel export --data a --as person-a --sign-in a.pw --collection 刑事共有 --format stix --current | grep -o '"type":"[a-z]*"' | sort | uniq -c | sed 's/^ *//'
1 "type":"bundle"
3 "type":"indicator"
1 "type":"opinion"
1 "type":"sighting"

# hits come in as sightings, and lengthen what is still looked for
$ echo 2026-04-02T09:00:00Z 192.0.2.1 192.0.2.1 192.0.2.9 >log; tsujiban match --time-field 1 --set a.set log >hits; tsujiban intel sight --data a --as person-a --sign-in a.pw --collection 刑事共有 --channel 自所属 --at 2026-03-31T09:00Z hits
DONE  II-2026-DRAWN: sightings 1, hits 2, of nothing in sight 0
$ tsujiban intel find --data a --as person-a --sign-in a.pw 192.0.2.1 | grep -o '"current.*'
"current":true,"ends":"2026-05-14T11:24:00.000000Z","seen":2}
$ echo '{"indicator":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3ffff"}' >hits; tsujiban intel sight --data a --as person-a --sign-in a.pw --collection 刑事共有 --channel 自所属 hits
DONE  sightings 0, hits 1, of nothing in sight 1
$ echo no line >hits; tsujiban intel sight --data a --as person-a --sign-in a.pw --collection 刑事共有 --channel 自所属 hits
tsujiban: hits:1: this is no line of tsujiban match
[1]
$ tsujiban intel sight --data a --as person-a --sign-in a.pw --collection 刑事共有 --channel 自所属 --at noon hits
tsujiban: --at needs an instant like 2026-04-10T09:00Z, not "noon"
[2]

# a sighting counts as far as it is seen: what the desk sees in a collection of its own, another division does not
$ printf '{"type":"bundle","id":"bundle--5d0092c5-5f74-4287-9642-33f4c354e602","objects":[{"type":"sighting","spec_version":"2.1","id":"sighting--8e2e2d2b-17d4-4cbf-938f-98ee46b30002","created":"2026-03-30T00:00:00.000Z","modified":"2026-03-30T00:00:00.000Z","sighting_of_ref":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b30002"}]}' >seen.json; tsujiban intel import --data a --as person-a --sign-in a.pw --collection 受領情報 --channel 公開情報 --errors seen.json
DONE  II-2026-DRAWN: objects 1, added 1, known 0, left out 0
$ for p in a c; do tsujiban intel find --data a --as person-$p --sign-in $p.pw 192.0.2.2 | grep -o '"current.*'; done
"current":true,"ends":"2026-05-13T02:24:00.000000Z","seen":1}
"current":false,"ends":"2026-03-17T02:24:00.000000Z"}

# withdrawn: by the manager, who says why; what left with it is called back, and the next set is without it
$ tsujiban intel withdraw --data a --as person-a --sign-in a.pw --collection 刑事共有 --channel 自所属 --reason 誤り indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b30001
tsujiban: This is not allowed.
  The manager of the collection withdraws
[3]
$ tsujiban intel withdraw --data a --as person-u --sign-in u.pw --collection 刑事共有 --channel 自所属 indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b30001
tsujiban: intel withdraw: say why: --reason
[2]
$ tsujiban intel withdraw --data a --as person-u --sign-in u.pw --collection 刑事共有 --channel 自所属 --reason 誤り indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b30001
DONE  II-2026-DRAWN
$ tsujiban intel find --data a --as person-c --sign-in c.pw 192.0.2.1 | grep -o '"current":[a-z]*'
"current":false
$ tsujiban intel compile --data a --as person-a --sign-in a.pw --collection 刑事共有 --out b.set >/dev/null 2>&1; tsujiban intel delta --from a.set --to b.set --out ab.delta >/dev/null; tsujiban intel merge --set a.set --out merged.set ab.delta >/dev/null 2>&1; echo 2026-04-02T09:00:00Z 192.0.2.1 >log1; for s in a merged; do tsujiban match --time-field 1 --set $s.set log1 | wc -l; done
1
0
