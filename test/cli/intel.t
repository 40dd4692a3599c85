# values in a Japanese text, with line, byte place and what is written there
$ printf '不審な通信先：\nhxxps://例え[.]jp/login、１９２．０．２．１。\n検体「請求書.exe」\n' >report.txt
$ tsujiban intel extract report.txt
{"file":"report.txt","line":2,"offset":22,"length":25,"type":"url","value":"https://例え.jp/login","written":"hxxps://例え[.]jp/login"}
{"file":"report.txt","line":2,"offset":50,"length":27,"type":"ipv4","value":"192.0.2.1","written":"１９２．０．２．１"}
{"file":"report.txt","line":3,"offset":90,"length":13,"type":"file-name","value":"請求書.exe","written":"請求書.exe"}
$ head -c 47 report.txt | tail -c 25
hxxps://例え[.]jp/login
$ : >empty; tsujiban intel extract empty
$ tsujiban intel extract nowhere empty
tsujiban: nowhere cannot be read: No such file or directory
[1]
$ tsujiban intel extract .
tsujiban: .: what it holds cannot be told: Is a directory
[1]
$ yes 'あ192.0.2.1い' | head -n 20000 | tsujiban intel extract /dev/stdin | wc -l
20000
$ head -c 3000000 /dev/zero | tsujiban intel extract /dev/stdin
$ tsujiban intel extract report.txt >/dev/full
tsujiban: the hits cannot be written: No space left on device
[1]

# out of a PDF, with its page; one that is locked or broken is told
$ printf '%%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R 6 0 R]/Count 2>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 99]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>endobj\n4 0 obj<</Length 46>>stream\nBT /F 9 Tf 9 50 Td (first 192.0.2.77 ....) Tj ET\nendstream endobj\n5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\n6 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 99]/Contents 7 0 R/Resources<</Font<</F 5 0 R>>>>>>endobj\n7 0 obj<</Length 46>>stream\nBT /F 9 Tf 9 50 Td (second 192[.]0[.]2[.]78) Tj ET\nendstream endobj\ntrailer<</Root 1 0 R>>\n' >report.pdf
$ tsujiban intel extract report.pdf
{"file":"report.pdf","page":1,"line":1,"offset":6,"length":10,"type":"ipv4","value":"192.0.2.77","written":"192.0.2.77"}
{"file":"report.pdf","page":2,"line":3,"offset":30,"length":16,"type":"ipv4","value":"192.0.2.78","written":"192[.]0[.]2[.]78"}
$ qpdf --warning-exit-0 --encrypt u o 256 -- report.pdf locked.pdf 2>/dev/null; tsujiban intel extract locked.pdf
tsujiban: locked.pdf: it is encrypted, and nobody gave the password
[1]
$ printf '%%PDF-1.4 nothing' >broken.pdf; tsujiban intel extract broken.pdf report.txt | wc -l
tsujiban: broken.pdf: it is damaged, or no document of its kind
3

# one spelling
$ tsujiban intel value 'ｅｘａｍｐｌｅ［．］ｊｐ' '０３ー１２３４ー５６７８' AS1.10
{"type":"domain","value":"example.jp","defanged":"example[.]jp"}
{"type":"phone","value":"+81312345678","defanged":"+81312345678"}
{"type":"asn","value":"AS65546","defanged":"AS65546"}
$ tsujiban intel value --type cert-serial 00:ab:cd
{"type":"cert-serial","value":"ab:cd","defanged":"ab:cd"}
$ tsujiban intel value 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb
tsujiban: 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb: Its check digits are wrong; look for a slip in copying.
[1]
$ LC_ALL=ja_JP.UTF-8 tsujiban intel value 010.0.0.1
tsujiban: 010.0.0.1：八進・十六進・省略形のIPv4アドレスは、読む側により別の機械を指します。十進4組で書いてください。
[1]
$ tsujiban intel value --type colour red
tsujiban: there is no type "colour"; one of: ipv4 ipv4-net ipv6 ipv6-net domain url email md5 sha1 sha224 sha256 sha384 sha512 phone btc eth account file-name cert-digest cert-serial asn cve technique ssdeep tlsh
[2]

# a set out of lists, and what of it stands in a log
$ printf '# a list\n192.0.2.1\tcase-1\nｅｘａｍｐｌｅ［．］ｊｐ\tcase-2\n198.51.100.0/24\n' >list.txt
$ tsujiban intel compile --out s.set list.txt
DONE  3 values, left out: 0, 16681 bytes
$ printf 'GET http://www.example.jp/ 198.51.100.9\n192.0.2.11 192.0.2.1\n' >proxy.log; tsujiban match --set s.set proxy.log
{"file":"proxy.log","line":1,"offset":11,"length":14,"type":"domain","value":"example.jp","indicator":"case-2"}
{"file":"proxy.log","line":1,"offset":27,"length":12,"type":"ipv4-net","value":"198.51.100.0/24","indicator":""}
{"file":"proxy.log","line":2,"offset":51,"length":9,"type":"ipv4","value":"192.0.2.1","indicator":"case-1"}
$ tsujiban intel compile --exact-names --out e.set list.txt >e.out; tsujiban match --set e.set proxy.log | wc -l
2
$ printf '192.0.2.300\nexample.jp\n' >bad.txt; tsujiban intel compile --out b.set bad.txt
bad.txt:1:1: A number in it is out of range (parts of an address go to 255, ports to 65535).
DONE  1 values, left out: 1, 16624 bytes
[1]
$ printf '192.0.2.1\t\377case\n192.0.2.2\t%01025d\n192.0.2.3\t%01024d\n' 0 0 >odd.txt; tsujiban intel compile --out o.set odd.txt
odd.txt:1:1: The indicator behind the TAB must be UTF-8 of at most 1,024 bytes.
odd.txt:2:1: The indicator behind the TAB must be UTF-8 of at most 1,024 bytes.
DONE  1 values, left out: 2, 17642 bytes
[1]
$ yes 192.0.2.1 | head -n 200000 | awk '{print $1 "\tn" NR}' >same.txt; tsujiban intel compile --out same.set same.txt | head -c 40; echo
DONE  200000 values, left out: 0, 330550
$ echo 192.0.2.1 | tsujiban match --set same.set /dev/stdin | wc -l
200000

# a set that another program has changed: refused by its digest; trusted, what is no text is shown as bytes, and the rest of the log is told
$ sed 's/case-1/cas\xff-1/' s.set >raw.set; tsujiban match --set raw.set proxy.log
tsujiban: raw.set: its bytes do not come to its digest; it was changed or damaged
[1]
$ tsujiban match --set raw.set --trust proxy.log | tail -n 1
{"file":"proxy.log","line":2,"offset":51,"length":9,"type":"ipv4","value":"192.0.2.1","indicator":"cas\\xFF-1"}
$ tsujiban match --set list.txt proxy.log
list.txt: this is no set, one of another release, or one that was cut short; compile it again
[1]
$ tsujiban match --set nowhere proxy.log
nowhere: the set cannot be read: No such file or directory
[1]
$ tsujiban match proxy.log
tsujiban: match needs --set SET
[2]
$ tsujiban intel compile list.txt
tsujiban: intel compile needs --out SET
[2]

# STIX: what can be read, and what cannot, with its place
$ printf '{"type": "bundle", "id": "bundle--5f0c8f7e-1d6a-4b0e-9f57-6a1f4c3f0a01",\n "objects": [\n  {"type": "note", "id": "note--1", "content": "これは\n途中"},\n  {"a": 01},\n  {"a": 1, "a": 2}' >bad.json
$ tsujiban intel check bad.json
bad.json:3:52: error: objects[0].content (note--1): A control character stands in a text, a line break perhaps: is a quote missing?
bad.json:5:10: error: objects[1].a: JSON does not write numbers like this.
bad.json:6:12: error: objects[2].a: The same name stands here for the second time.
bad.json:6:19: error: The file ends here, within something: it may have been cut short.
FAULTY  bad.json: objects 3, left out 3, errors 4, warnings 0
[1]
$ LC_ALL=ja_JP.UTF-8 tsujiban intel check --json bad.json
{"file":"bad.json","line":3,"column":52,"offset":144,"level":"error","fault":"control-character","number":0,"id":"note--1","path":"content","message":"文字列の中に改行などの制御文字があります。引用符の閉じ忘れかもしれません。"}
{"file":"bad.json","line":5,"column":10,"offset":164,"level":"error","fault":"number","number":1,"path":"a","message":"数の書き方がJSONに合いません。"}
{"file":"bad.json","line":6,"column":12,"offset":179,"level":"error","fault":"duplicate-key","number":2,"path":"a","message":"同じ名前が2回あります。"}
{"file":"bad.json","line":6,"column":19,"offset":186,"level":"error","fault":"cut-short","message":"ここで終わっています。途中で切れた可能性があります。"}
[1]
$ (printf '{"type":"\\u001b[31m'; head -c 70000 /dev/zero | tr '\0' a; printf '","id":"note--5f0c8f7e-1d6a-4b0e-9f57-6a1f4c3f0a01"}\n{"type":7}') >odd.json; tsujiban intel check --errors odd.json | cut -c1-59
odd.json:1:9: error: objects[0].type (note--5f0c8f7e-1d6a-4
odd.json:1:1: error: objects[0] (note--5f0c8f7e-1d6a-4b0e-9
odd.json:1:1: error: objects[0] (note--5f0c8f7e-1d6a-4b0e-9
odd.json:1:1: error: objects[0] (note--5f0c8f7e-1d6a-4b0e-9
odd.json:2:9: error: objects[1].type: The object has no typ
FAULTY  odd.json: objects 2, left out 0, errors 5, warnings
$ tsujiban intel check nowhere
tsujiban: nowhere cannot be read: No such file or directory
[1]
$ printf 'hello\n' >no.json; tsujiban intel check no.json
no.json:1:1: error: This is no object of STIX.
FAULTY  no.json: objects 0, left out 0, errors 1, warnings 0
[1]
$ printf '[]' | tsujiban intel check /dev/stdin >/dev/full
tsujiban: the findings cannot be written: No space left on device
[1]
$ printf '{"type":"indicator","id":"indicator--5f0c8f7e-1d6a-4b0e-9f57-6a1f4c3f0a01","spec_version":"2.1","created":"2026-04-01T00:00:00Z",\n"modified":"2026-04-01T00:00:00Z","pattern_type":"own","pattern":"x","valid_from":"2026-04-01T00:00:00Z","valid_until":"2026-03-31"}\n{"type":"url","id":"url--5f0c8f7e-1d6a-5b0e-9f57-6a1f4c3f0a01","value":"https://example.jp/"}\n' >rules.json; tsujiban intel check rules.json
rules.json:2:50: warning: objects[0].pattern_type (indicator--5f0c8f7e-1d6a-4b0e-9f57-6a1f4c3f0a01): "own" is no word of pattern-type-ov, which may be left.
rules.json:2:120: error: objects[0].valid_until (indicator--5f0c8f7e-1d6a-4b0e-9f57-6a1f4c3f0a01): This is no timestamp (2026-04-01T09:00:00Z: in UTC, T and Z as capitals).
rules.json:3:20: warning: objects[1].id (url--5f0c8f7e-1d6a-5b0e-9f57-6a1f4c3f0a01): The identifier that its content gives is url--1cfcf761-127c-51af-bf55-9945d5d8a36d.
FAULTY  rules.json: objects 2, left out 0, errors 1, warnings 2
[1]
$ LC_ALL=ja_JP.UTF-8 tsujiban intel check --errors rules.json
rules.json:2:120: error: objects[0].valid_until (indicator--5f0c8f7e-1d6a-4b0e-9f57-6a1f4c3f0a01): 時刻の形（2026-04-01T09:00:00Z）ではありません。UTCで、TとZは大文字です。
誤りあり  rules.json：オブジェクト2、除外0、誤り1、注意2
[1]
# ends: of a value, of a set; by the line's time only where it is told
$ printf '192.0.2.1\tgone\t2020-01-01T00:00Z\n192.0.2.1\tstays\n192.0.2.1\tlater\t9999-01-01T00:00Z\n192.0.2.2\tx\tsoon\n' >ends.txt; tsujiban intel compile --out ends.set ends.txt | cut -d, -f1
ends.txt:4:1: Behind the second TAB the end must be an instant, like 2026-04-10T09:00Z.
DONE  3 values
$ echo 192.0.2.1 | tsujiban match --set ends.set /dev/stdin | grep -o '"indicator.*'
"indicator":"later"}
"indicator":"stays"}
$ printf '2019-06-01T00:00:00Z 192.0.2.1\n1577836799.9 192.0.2.1\n1577836800 192.0.2.1\n' >timed.log; tsujiban match --set ends.set --time-field 1 timed.log | grep -o '"line":.,\|"gone"'
"line":1,
"gone"
"line":1,
"line":1,
"line":2,
"gone"
"line":2,
"line":2,
"line":3,
"line":3,
$ printf '192.0.2.1 2019-06-01T00:00:00Z\r\n192.0.2.1 2020-06-01T00:00:00Z\r\n' | tsujiban match --set ends.set --time-field 2 /dev/stdin | grep -o '"line":.,\|"gone"'
"line":1,
"gone"
"line":1,
"line":1,
"line":2,
"line":2,
$ tsujiban intel compile --out old.set --until 2020-01-01T00:00Z --tlp green --confidentiality 1 list.txt | cut -d, -f1
DONE  3 values
$ tsujiban match --set old.set proxy.log
tsujiban: old.set must not be used since 2020-01-01 09:00; bring a newer one, or say --expired
[1]
$ tsujiban match --set old.set --expired proxy.log | wc -l
3
$ tsujiban intel set old.set | sed 's/"created":"[^"]*",//; s/"digest":"[0-9a-f]*"/"digest"/'
{"file":"old.set","entries":3,"until":"2020-01-01T00:00:00.000000Z","confidentiality":1,"tlp":"TLP:GREEN","digest"}
$ tsujiban intel set raw.set | wc -l
tsujiban: raw.set: its bytes do not come to its digest; it was changed or damaged
1
$ tsujiban intel compile --out x.set --until soon list.txt
tsujiban: --until needs an instant like 2026-04-10T09:00Z, not "soon"
[2]
$ tsujiban intel compile --out x.set --tlp blue list.txt
tsujiban: --tlp needs CLEAR, GREEN, AMBER, AMBER+STRICT or RED, not "blue"
[2]
$ tsujiban match --set s.set --threads 0 proxy.log
tsujiban: --threads needs a number from 1 to 64, not "0"
[2]

# a set as rules for other programs; what a format cannot carry is counted, and what has ended stays behind
$ printf '192.0.2.1\tcase-1\nexample.jp\tca"se;)\t9999-01-01T00:00Z\nhttp://example.com/a?b\nd41d8cd98f00b204e9800998ecf8427e\ngone.example\tx\t2020-01-01T00:00Z\n' >r.txt; tsujiban intel compile --out r.set --tlp green r.txt | cut -d, -f1
DONE  5 values
$ tsujiban intel set r.set --to suricata --sid 5 | grep -v created | sed 's/sid:[0-9]*/sid/; s/^#/head:/' | sort
tsujiban: r.set: rows 3, ended 1, left out 1
alert dns any any -> any any (msg:"tsujiban domain ca%22se%3B%29"; dns.query; dotprefix; content:".example.jp"; nocase; endswith; sid; rev:1;)
alert http any any -> any any (msg:"tsujiban domain ca%22se%3B%29"; http.host; dotprefix; content:".example.jp"; endswith; sid; rev:1;)
alert http any any -> any any (msg:"tsujiban url "; http.host; content:"example.com"; startswith; endswith; http.uri.raw; content:"/a|3F|b"; startswith; endswith; sid; rev:1;)
alert ip any any <> [192.0.2.1] any (msg:"tsujiban ipv4 case-1"; sid; rev:1;)
alert tls any any -> any any (msg:"tsujiban domain ca%22se%3B%29"; tls.sni; dotprefix; content:".example.jp"; nocase; endswith; sid; rev:1;)
head: TLP:GREEN
head: use until: 9999-01-01T00:00:00.000000Z
$ for f in zeek rpz squid csv; do tsujiban intel set r.set --to $f --out r.$f; done; grep -h 'example[].[]*\(jp\|com\)' r.zeek r.rpz r.squid r.csv | tr -d '\r' | sort
tsujiban: r.set: rows 4, ended 1, left out 0
tsujiban: r.set: rows 2, ended 1, left out 2
tsujiban: r.set: rows 3, ended 1, left out 1
tsujiban: r.set: rows 4, ended 1, left out 0
*.example.jp IN CNAME .
acl tsujiban_name_2 dstdomain .example.jp
acl tsujiban_url url_regex ^http://example[.]com/a[?]b$
domain,example.jp,below,9999-01-01T00:00:00.000000Z,"ca""se;)",,TLP:GREEN
example.com/a?b	Intel::URL	tsujiban	-
example.jp	Intel::DOMAIN	tsujiban	ca"se;)
example.jp IN CNAME .
url,http://example.com/a?b,exact,,,,TLP:GREEN
$ tsujiban intel set r.set --to plain --out p.txt; tsujiban intel compile --out p.set --tlp green p.txt | cut -d, -f1; tsujiban intel set p.set --to plain 2>/dev/null | sort | tail -n 4 >p2.txt; sort p.txt | tail -n 4 | cmp - p2.txt && head -n 1 p2.txt
tsujiban: r.set: rows 4, ended 1, left out 0
DONE  4 values
192.0.2.1	case-1
$ tsujiban intel set old.set --to csv
tsujiban: old.set is out of date; bring a newer one, or say --expired
[1]
$ tsujiban intel set old.set --to csv --expired 2>/dev/null | wc -l
4
$ tsujiban intel set raw.set --to csv
tsujiban: raw.set: its bytes do not come to its digest; it was changed or damaged
[1]
$ tsujiban intel set r.set s.set --to csv
tsujiban: --to takes one set
[2]
$ tsujiban intel set r.set --to iptables
tsujiban: there is no format "iptables"; one of: suricata zeek rpz squid csv plain
[2]
$ tsujiban intel set r.set --to csv --sid 0
tsujiban: --sid needs a number from 1 to 4294967295, not "0"
[2]
$ tsujiban intel set r.set --to csv --out nowhere/x
nowhere/x: cannot write: No such file or directory
[1]
$ tsujiban intel set r.set --to csv >/dev/full
tsujiban: r.set: the rules cannot be written: No space left on device
[1]

# events of MISP as STIX: what cannot be read is told with its place, the rest is carried, and keeps the rules
$ printf '{"response":[{"Event":{"uuid":"5eb0775e-2780-4234-89b8-5e640a019371","info":"調査","timestamp":"1588706094","Tag":[{"name":"tlp:green"}],\n"Attribute":[{"uuid":"5b6464ca-e73c-4707-9b8a-d0350acd0835","type":"ip-dst","value":"192.0.2.1","to_ids":true},\n{"type":"md5","value":"abc"},{"type":01}]}},{"Event":{"info":"x"}}]}' >event.json; tsujiban intel convert --from misp --to stix --out event.stix event.json
event.json:3:23: warning: events[0].Attribute[1].value: "abc" is no value of the type md5; it is carried as a text that matches nothing.
event.json:3:39: error: events[0].Attribute[2].type: JSON does not write numbers like this.
event.json:3:54: error: events[1].uuid: An event needs its uuid; without it it cannot be told from others.
tsujiban: objects 6, left out 2, errors 2, warnings 1
[1]
$ tsujiban intel check event.stix; grep -o '"pattern":"[^"]*"' event.stix
SOUND  event.stix: objects 6, left out 0, errors 0, warnings 0
"pattern":"[ipv4-addr:value = '192.0.2.1']"
$ tsujiban intel convert --from misp --to stix event.json 2>/dev/null | cmp - event.stix
$ tsujiban intel convert --from misp --to stix nowhere
tsujiban: nowhere cannot be read: No such file or directory
[1]
$ tsujiban intel convert --from misp event.json
tsujiban: intel convert needs --from misp|stix|csv|text and --to stix|misp|misp-feed
[2]
$ tsujiban intel convert --from misp --to stix event.json 2>/dev/null >/dev/full
[1]

# and back: the same events, as a file or as a feed
$ printf '{"response":[{"Event":{"uuid":"5eb0775e-2780-4234-89b8-5e640a019371","info":"調査","Attribute":[{"uuid":"5b6464ca-e73c-4707-9b8a-d0350acd0835","type":"ip-dst","value":"192.0.2.1","to_ids":true}]}}]}' >one.json; tsujiban intel convert --from misp --to stix --out one.stix one.json; tsujiban intel convert --from stix --to misp one.stix
tsujiban: objects 4, left out 0, errors 0, warnings 0
{"response":[
{"Event":{"Attribute":[{"type":"ip-dst","to_ids":true,"uuid":"5b6464ca-e73c-4707-9b8a-d0350acd0835","value":"192.0.2.1"}],"uuid":"5eb0775e-2780-4234-89b8-5e640a019371","info":"調査"}}
]}
tsujiban: objects 1, left out 0, errors 0, warnings 0
$ tsujiban intel convert --from stix --to misp-feed --out feed one.stix; cat feed/manifest.json feed/hashes.csv; ls feed
tsujiban: objects 1, left out 0, errors 0, warnings 0
{"5eb0775e-2780-4234-89b8-5e640a019371":{"info":"調査"}}d0f88d6c87767262ba8e93d6acccd784,5eb0775e-2780-4234-89b8-5e640a019371
5eb0775e-2780-4234-89b8-5e640a019371.json
hashes.csv
manifest.json
$ printf '{"type":"note","id":"note--5eb0775e-2780-4234-89b8-5e640a019371","content":"x"}\n{"type":"note"' >note.stix; tsujiban intel convert --from stix --to misp note.stix
note.stix:2:15: error: objects[1]: The file ends here, within something: it may have been cut short.
note.stix: error: note--5eb0775e-2780-4234-89b8-5e640a019371: MISP has no place for this object.
{"response":[
]}
tsujiban: objects 0, left out 2, errors 2, warnings 0
[1]
$ tsujiban intel convert --from stix --to misp-feed one.stix
tsujiban: --to misp-feed needs --out DIR
[2]
$ mkdir -p other/x; tsujiban intel convert --from stix --to misp-feed --out other one.stix; ls other
tsujiban: it cannot be converted: File exists
other: a folder stands there that is no feed; name another one, or take it away
x

# rows of CSV as indicators, with end, confidence and mark; values in a text as observables
$ printf 'type,value,until,indicator,confidence,tlp\ndomain,example.jp,9999-01-01T00:00Z,case 1,80,TLP:GREEN\nphone,+81312345678,,,,\ncolour,red,,,,\n,192.0.2.300,,,,\n,192.0.2.1,soon,,,\n,192.0.2.1,,,101,\n,192.0.2.1,,,,blue\n' >v.csv; tsujiban intel convert --from csv --to stix --out v.stix v.csv
v.csv:3:7: error: value: STIX has no pattern for a value of this type.
v.csv:4:1: error: type: There is no such type of values.
v.csv:5:2: error: value: A number in it is out of range (parts of an address go to 255, ports to 65535).
v.csv:6:12: error: until: The end must be an instant, like 2026-04-10T09:00Z.
v.csv:7:14: error: confidence: The confidence must be a number from 0 to 100.
v.csv:8:15: error: tlp: The mark must be CLEAR, GREEN, AMBER, AMBER+STRICT or RED.
tsujiban: objects 2, left out 6, errors 6, warnings 0
[1]
$ tsujiban intel check v.stix; grep -o '"description".*' v.stix | sed 's/"valid_from":"[^"]*"/FROM/'
SOUND  v.stix: objects 2, left out 0, errors 0, warnings 0
"description":"case 1","pattern":"[domain-name:value = 'example.jp']","pattern_type":"stix","pattern_version":"2.1",FROM,"valid_until":"9999-01-01T00:00:00.000000Z","confidence":80,"object_marking_refs":["marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"]}
$ tsujiban intel set r.set --to csv 2>/dev/null | tsujiban intel convert --from csv --to misp /dev/stdin 2>/dev/null | grep -o '"type":"[^"]*","category":"[^"]*","value":"[^"]*","to_ids":true' | sort
"type":"domain","category":"Network activity","value":"example.jp","to_ids":true
"type":"ip-dst","category":"Network activity","value":"192.0.2.1","to_ids":true
"type":"md5","category":"Payload delivery","value":"d41d8cd98f00b204e9800998ecf8427e","to_ids":true
"type":"url","category":"Network activity","value":"http://example.com/a?b","to_ids":true
$ printf 'a,b\n1,2\n' >w.csv; tsujiban intel convert --from csv --to stix w.csv 2>&1 | head -n 1
w.csv:1:1: error: The column "value" is missing.
$ tsujiban intel convert --from text --to stix --out report.stix report.txt; tsujiban intel check report.stix; grep -o '"value":"[^"]*"' report.stix
tsujiban: objects 3, left out 0, errors 0, warnings 0
SOUND  report.stix: objects 3, left out 0, errors 0, warnings 0
"value":"https://xn--r8jz45g.jp/login"
"value":"192.0.2.1"

# CSV; packed logs, also of several members, and cut or broken ones
$ tsujiban match --set s.set --format csv proxy.log | tr -d '\r'
file,line,offset,length,type,value,indicator
proxy.log,1,11,14,domain,example.jp,case-2
proxy.log,1,27,12,ipv4-net,198.51.100.0/24,
proxy.log,2,51,9,ipv4,192.0.2.1,case-1
$ (gzip -c proxy.log; gzip -c proxy.log; head -c 1024 /dev/zero) >two.gz; tsujiban match --set s.set two.gz | grep -o '"line":.,"offset":[0-9]*'
"line":1,"offset":11
"line":1,"offset":27
"line":2,"offset":51
"line":3,"offset":72
"line":3,"offset":88
"line":4,"offset":112
$ head -c 80 two.gz >cut.gz; tsujiban match --set s.set cut.gz | wc -l
tsujiban: cut.gz: at byte 80: it ends in the middle of what is packed; what stands before it was matched
3
$ (cat proxy.log; yes 'no hit here' | head -n 30000; echo 192.0.2.1) | gzip -c >long.gz; tsujiban match --set s.set long.gz | tail -n 1
{"file":"long.gz","line":30003,"offset":360061,"length":9,"type":"ipv4","value":"192.0.2.1","indicator":"case-1"}
$ (gzip -c proxy.log; echo no gzip) >broken.gz; tsujiban match --set s.set broken.gz proxy.log | wc -l
tsujiban: broken.gz: at byte 85: what is packed is damaged, or no such stream; what stands before it was matched
6

# texts that people wrote
$ printf '通信先は１９８．５１．１００．９とhxxp://www[.]example[.]jp/a、taro＠example．jp\n' >note.txt; tsujiban match --set s.set --text note.txt | cut -d, -f2-
"line":1,"offset":12,"length":36,"type":"ipv4-net","value":"198.51.100.0/24","indicator":""}
"line":1,"offset":51,"length":27,"type":"domain","value":"example.jp","indicator":"case-2"}
"line":1,"offset":81,"length":19,"type":"domain","value":"example.jp","indicator":"case-2"}
$ echo 'hxxp://[::ffff:192.0.2.1]/a' >mapped.txt; tsujiban match --set s.set --text mapped.txt | cut -d, -f2-
"line":1,"offset":0,"length":27,"type":"ipv4","value":"192.0.2.1","indicator":"case-1"}
$ tsujiban match --set s.set note.txt
$ tsujiban match --set s.set --text --time-field 1 note.txt
tsujiban: --time-field is of logs; what --text reads has no fields
[2]

# the same for any number of threads, over many files and pieces; what cannot be written ends it
$ yes 'GET http://www.example.jp/ 198.51.100.9 192.0.2.1' | head -n 60000 >many.log
$ tsujiban match --set s.set --threads 1 many.log proxy.log many.log >one.out; tsujiban match --set s.set --threads 5 many.log proxy.log many.log >five.out; cmp one.out five.out; wc -l <five.out
360003
$ grep -o '"line":[0-9]*' five.out | uniq | head -n 60000 | tail -n 1
"line":60000
$ tsujiban match --set s.set --threads 3 many.log >/dev/full
tsujiban: the hits cannot be written: No space left on device
[1]
$ tsujiban match --set s.set nowhere proxy.log | wc -l
tsujiban: nowhere cannot be read: No such file or directory
3

# a delta makes the newer set of the older one, byte by byte; another one, or a part of one, makes nothing
$ printf '192.0.2.1\tcase-1\t9999-01-01T00:00Z\nexample.jp\tcase-2\nexample.jp\tcase-9\nhttp://new.example/a\tcase-3\n' >newer.txt; tsujiban intel compile --out newer.set --tlp red newer.txt >newer.out; tsujiban intel delta --from s.set --to newer.set --out d.delta | cut -c1-4
DONE
$ tsujiban intel merge --set s.set --out merged.set d.delta | cut -c1-4; cmp merged.set newer.set && tsujiban match --set merged.set proxy.log | grep -o '"indicator.*'
DONE
"indicator":"case-2"}
"indicator":"case-9"}
"indicator":"case-1"}
$ tsujiban intel merge --set e.set --out x.set d.delta
tsujiban: d.delta makes a newer set of another one than this; ask for the one between, or for the whole set
[1]
$ head -c 300 d.delta >half.delta; tsujiban intel merge --set s.set --out x.set half.delta
tsujiban: half.delta is no delta, one of another release, or one that was cut or changed; nothing was written
[1]
$ tsujiban intel merge --set raw.set --out x.set d.delta
tsujiban: raw.set: its bytes do not come to its digest; it was changed or damaged
[1]
$ tsujiban intel delta --from raw.set --to newer.set --out x.delta
tsujiban: raw.set: its bytes do not come to its digest; it was changed or damaged
[1]
$ tsujiban intel delta --from newer.set --to raw.set --out x.delta
tsujiban: raw.set: its bytes do not come to its digest; it was changed or damaged
[1]
$ test -e x.set || test -e x.delta
[1]
$ tsujiban intel merge --set s.set d.delta
tsujiban: intel merge needs --set SET and --out SET
[2]
$ tsujiban intel delta --from s.set --out d.delta
tsujiban: intel delta needs --from SET, --to SET and --out FILE
[2]
$ printf '{"type":"indicator","id":"indicator--5f0c8f7e-1d6a-4b0e-9f57-6a1f4c3f0a01","spec_version":"2.1","created":"2026-04-01T00:00:00Z",\n"modified":"2026-04-01T00:00:00Z","pattern_type":"stix","pattern":"[url:value = \047https://例え.jp/\047] WITHIN 5 HOURS","valid_from":"2026-04-01T00:00:00Z"}\n' >pattern.json; tsujiban intel check pattern.json
pattern.json:2:67: error: objects[0].pattern (indicator--5f0c8f7e-1d6a-4b0e-9f57-6a1f4c3f0a01): The pattern, column 41: It has to read WITHIN n SECONDS, REPEATS n TIMES, or START t'…' STOP t'…'.
FAULTY  pattern.json: objects 1, left out 0, errors 1, warnings 0
[1]
$ LC_ALL=ja_JP.UTF-8 tsujiban intel check pattern.json
pattern.json:2:67: error: objects[0].pattern (indicator--5f0c8f7e-1d6a-4b0e-9f57-6a1f4c3f0a01): パターンの41文字目: WITHIN n SECONDS、REPEATS n TIMES、START t'…' STOP t'…' のいずれかの形にしてください。
誤りあり  pattern.json：オブジェクト1、除外0、誤り1、注意0
[1]
