# observed data in files against the indicators in them: references lead on, order and time count, other languages are passed over
$ cp "$TREE/test/cli/intel-observed.json" o.json; tsujiban intel evaluate o.json
{"indicator":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd01","result":"found","pattern":"[domain-name:value = 'c2.example.jp' AND domain-name:resolves_to_refs[*].value ISSUBSET '192.0.2.0/24'] FOLLOWEDBY [file:name LIKE '%.exe'] WITHIN 300 SECONDS"}
{"indicator":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd02","result":"none","pattern":"[ipv4-addr:value = '198.51.100.1']"}

# one pattern, also over files of their own
$ tsujiban intel evaluate --pattern "[file:name = 'a.exe'] AND [ipv4-addr:value = '192.0.2.7']" o.json
{"result":"none","pattern":"[file:name = 'a.exe'] AND [ipv4-addr:value = '192.0.2.7']"}
$ tsujiban intel evaluate --pattern "[file:name='a.exe']   AND ([domain-name:resolves_to_refs[*].value == '192.0.2.7'])" o.json
{"result":"found","pattern":"[file:name = 'a.exe'] AND [domain-name:resolves_to_refs[*].value = '192.0.2.7']"}
$ sed 's/"number_observed":1,"object_refs":\["file[^]]*\]/"number_observed":3,"objects":{"0":{"type":"file","name":"b.exe","parent_directory_ref":"1"},"1":{"type":"directory","path":"C:"}}/' o.json >old.json; tsujiban intel evaluate --pattern "[file:parent_directory_ref.path = 'C:'] REPEATS 3 TIMES" old.json
{"result":"found","pattern":"[file:parent_directory_ref.path = 'C:'] REPEATS 3 TIMES"}
$ sed 's/"id":"file--7f8d0a6a-82cb-590d-afb1-23074ac29a70"/"id":"file--7f8d0a6a-82cb-590d-afb1-23074ac29a99"/' o.json >apart.json; printf '{"type":"file","id":"file--7f8d0a6a-82cb-590d-afb1-23074ac29a70","name":"c.exe"}' >file.json; tsujiban intel evaluate --pattern "[file:name = 'c.exe']" apart.json file.json
{"result":"found","pattern":"[file:name = 'c.exe']"}

# what cannot be decided is neither
$ sed 's/"a.exe"/"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"/' o.json >a.json; tsujiban intel evaluate --pattern "[file:name MATCHES '^(a+)+[bc]\$']" a.json
tsujiban: 1 could not be decided: too many ways, or what is compared with a time is none
{"result":"undecided","pattern":"[file:name MATCHES '^(a+)+[bc]$']"}
$ tsujiban intel evaluate --pattern "[domain-name:value > t'2026-04-01T00:00:00Z']" o.json
tsujiban: 1 could not be decided: too many ways, or what is compared with a time is none
{"result":"unfit","pattern":"[domain-name:value > t'2026-04-01T00:00:00Z']"}

# what is wrong is told with its place, and keeps nothing else back
$ tsujiban intel evaluate --pattern "[file:name = 'a.exe'" o.json
tsujiban: the pattern, column 21: The closing bracket is missing.
[1]
$ LC_ALL=ja_JP.UTF-8 tsujiban intel evaluate --pattern "[file:name == ]" o.json
tsujiban: 指定したパターンの15文字目：この演算子の取る値ではありません。
[1]
$ sed 's/"first_observed":"2026-04-06T20:04:00Z"/"first_observed":"2026-13-06T20:04:00Z"/; s/"last_observed":"2026-04-06T20:00:00Z"/"last_observed":"2020-01-01T00:00:00Z"/' o.json >t.json; tsujiban intel evaluate --pattern "[file:name = 'a.exe']" t.json
tsujiban: observed-data--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd04: its last_observed is missing or wrong, so it is passed over
tsujiban: observed-data--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd05: its first_observed is missing or wrong, so it is passed over
{"result":"none","pattern":"[file:name = 'a.exe']"}
[1]
$ sed 's/"number_observed":1,/"number_observed":0,/' o.json >n.json; tsujiban intel evaluate n.json 2>&1 | grep -v '^{'
tsujiban: observed-data--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd04: its number_observed is missing or wrong, so it is passed over
tsujiban: observed-data--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd05: its number_observed is missing or wrong, so it is passed over
$ sed "s/\[ipv4-addr:value = '198.51.100.1'\]/[ipv4-addr:value = ]/" o.json >p.json; tsujiban intel evaluate p.json
tsujiban: indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd02: column 20: The operator takes no such value.
{"indicator":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd01","result":"found","pattern":"[domain-name:value = 'c2.example.jp' AND domain-name:resolves_to_refs[*].value ISSUBSET '192.0.2.0/24'] FOLLOWEDBY [file:name LIKE '%.exe'] WITHIN 300 SECONDS"}
[1]
$ head -c 2000 o.json >cut.json; tsujiban intel evaluate cut.json nowhere
tsujiban: nowhere cannot be read: No such file or directory
cut.json:8:84: error: objects[6]: The file ends here, within something: it may have been cut short.
{"indicator":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd01","result":"none","pattern":"[domain-name:value = 'c2.example.jp' AND domain-name:resolves_to_refs[*].value ISSUBSET '192.0.2.0/24'] FOLLOWEDBY [file:name LIKE '%.exe'] WITHIN 300 SECONDS"}
{"indicator":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd02","result":"none","pattern":"[ipv4-addr:value = '198.51.100.1']"}
[1]
$ : >empty; tsujiban intel evaluate --pattern "[a:b = 1]" empty
empty:1:1: error: The file ends here, within something: it may have been cut short.
{"result":"none","pattern":"[a:b = 1]"}
[1]
$ tsujiban intel evaluate
tsujiban intel evaluate: something is missing: FILE…
Usage: tsujiban intel evaluate [--pattern PATTERN] FILE…
[2]
