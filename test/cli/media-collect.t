# a force with terminals that have no gate, served
$ cp -r "$TREE/regulations/handling" pack && cd pack/scenarios && rm [j-z]*.yaml i-media.yaml i-trails.yaml && sed -n '/grant, on: $G2/q;p' i-collected.yaml | sed '/collections\/enter/d; /CL[123]/d; /findings, where/d; /about: collections/d' >s && mv s i-collected.yaml && python3 "$TREE/test/cli/make-grants" 501 >>i-collected.yaml
$ tsujiban demo --no-serve --pack pack --story i-collected --data a 2>/dev/null >all; for w in p k; do sed -n "s/^person-$w\t\([^\t]*\).*/\1/p" all >$w; done; cat p k | wc -w
2
$ (timeout 200 tsujiban serve --data a --listen 127.0.0.1:0 >log 2>&1 & echo $! >pid); until test -S a/keeper.sock; do sleep 0.1; done; "$WITH_MEDIA" --advance a 2026-08-06T09:00
$ printf 'exec tsujiban media collect --data a --as person-p --sign-in p "$@"' >take
$ mkdir st; chain() { "$TREE/packaging/collect/tsujiban-collect" chain "$1" --state st; }; cp "$TREE"/packaging/collect/vector.* .

# the sample collector makes what the vector says
$ "$TREE/packaging/collect/tsujiban-collect" chain trails --state st <vector.tsv | cmp - vector.csv && cat st/trails
3 HASH64

# the one for Windows stands in ASCII, which each of its code pages has
$ LC_ALL=C grep -c '[^ -~]' "$TREE/packaging/collect/Tsujiban-Collect.ps1"
0
[1]

# wrong usage
$ sh take photographs vector.csv
tsujiban: media collect: "photographs" is none of trails, settings, scans
[2]
$ tsujiban media collect --data a trails vector.csv
tsujiban: media: name who asks: --as
[2]

# who may take in nothing is told so before his rows are looked at, and nothing of them; that is entered
$ (head -n 1 vector.csv; printf '1,%064d,PC-99,then,output,PC-99,k,U-014,,x,,\n' 0) >probe.csv; tsujiban media collect --data a --as person-k --sign-in k trails probe.csv
probe.csv: REFUSED
  H-6-4-2-a-i-2, H-6-4-1  System administrator or Manager of media use of "Unit" or Deputy manager of media use of "Unit" must do this: Take in what was collected
[3]

# checked first: nothing is entered, and what lacks a permission is named
$ sh take --check trails vector.csv
WOULD BE TAKEN IN  vector.csv: 3 of 3 lines are new (1 marks), numbers 1 to 3 of PC-02
  vector.csv:4  Without permission  写真,現場 "一".jpg
$ sh take --check trails vector.csv | head -1
WOULD BE TAKEN IN  vector.csv: 3 of 3 lines are new (1 marks), numbers 1 to 3 of PC-02

# taken in as a whole, and once
$ sh take trails vector.csv
TAKEN IN  vector.csv: 3 of 3 lines are new (1 marks), numbers 1 to 3 of PC-02
  vector.csv:4  Without permission  写真,現場 "一".jpg
    H-6-3-2.1  There is no grant
    H-6-4-2-a-i-1  A medium that is not registered
$ sh take trails vector.csv
NOTHING NEW  vector.csv: all 3 lines of PC-02 were taken in before

# the names of files that terminals wrote stand in clear nowhere in the installation
$ LC_ALL=C grep -rlaF -e '写真,現場' a | wc -l
0

# one wrong cell, and nothing is taken in; each fault with its place
$ (cat vector.csv; printf '4,%064d,PC-02,2026-08-05T11:00:00,output,PC-99,k,U-014,,x,,\n' 0) >bad.csv; sh take trails bad.csv
bad.csv:5:74: at: "2026-08-05T11:00:00" is no instant with its offset, such as 2026-08-05T10:00:00+09:00
bad.csv:5:101: computer: "PC-99" is not in the register of devices; register it first
bad.csv:5:115: file: is missing
bad.csv:5:116: size: must be a whole number, such as 3500 or 3,500
tsujiban: bad.csv: Some lines cannot be taken in. Nothing was.
[1]
$ sed 's/cipher/secret/' vector.csv >head.csv; sh take trails head.csv
head.csv:1:72: "secret" is no column of this kind
tsujiban: head.csv: Some lines cannot be taken in. Nothing was.
[1]

# lines of JSON chain as CSV does; a file that overlaps brings what is new
$ python3 -c 'import csv, json, sys; [print(json.dumps(r, ensure_ascii=False)) for r in csv.DictReader(open("vector.csv"))]' >vector.json; sh take trails vector.json
NOTHING NEW  vector.json: all 3 lines of PC-02 were taken in before
$ printf 'PC-02\t2026-08-05T16:00:00+09:00\tinput\tPC-02\tk\tU-014\t回答.csv\t10\t\tplain\n' >more.tsv; (cat vector.csv; "$TREE/packaging/collect/tsujiban-collect" chain trails --state st <more.tsv | tail -n +2) >more.csv; sh take trails more.csv
TAKEN IN  more.csv: 1 of 4 lines are new (1 marks), numbers 4 to 4 of PC-02
  more.csv:5  Without permission  回答.csv
    H-6-3-2.1  There is no grant

# a line left out, a line that was changed, days without a line: findings
$ cp -r st st2; printf 'PC-02\t2026-08-05T17:00:00+09:00\tmark\t\t\t\t\t\t\t\nPC-02\t2026-08-05T17:10:00+09:00\tmark\t\t\t\t\t\t\t\n' >marks.tsv; "$TREE/packaging/collect/tsujiban-collect" chain trails --state st <marks.tsv | sed 2d >gap.csv; sh take trails gap.csv
TAKEN IN  gap.csv: 1 of 1 lines are new (1 marks), numbers 6 to 6 of PC-02
  MISSING NUMBERS  5
$ printf '7 %064d\n' 0 >st/trails; sed 's/-05T/-05T/' marks.tsv | "$TREE/packaging/collect/tsujiban-collect" chain trails --state st >break.csv; sed -i 's/^8,/7,/; s/^9,/8,/' break.csv; sh take trails break.csv
TAKEN IN  break.csv: 2 of 2 lines are new (2 marks), numbers 7 to 8 of PC-02
  BROKEN CHAIN  before number 7, 8
$ sed 's/K,U-014/b,U-014/' more.csv >changed.csv; sh take trails changed.csv
changed.csv:5:1: seq: up to this number other lines were taken already; ask whoever keeps the collector
tsujiban: changed.csv: Some lines cannot be taken in. Nothing was.
[1]
$ "$WITH_MEDIA" --advance a 2026-08-12T09:00; (printf 'seq,before,collector,at,event,computer,account,serial,file,size,sha256,cipher\n'; printf '9,%064d,PC-02,2026-08-12T08:00:00+09:00,mark,,,,,,,\n' 0) >silent.csv; sh take trails silent.csv
TAKEN IN  silent.csv: 1 of 1 lines are new (1 marks), numbers 9 to 9 of PC-02
  BROKEN CHAIN  before number 9
  SILENT WORKING DAYS  2026-08-06, 2026-08-07, 2026-08-10

# Shift_JIS; what the terminals say of themselves
$ mkdir s3; printf 'PC-05\t2026-08-06T10:00:00+09:00\tscan\tPC-05\t2026-08-06\tinfected\t検体\t一.exe\n' | "$TREE/packaging/collect/tsujiban-collect" chain scans --state s3 | iconv -t CP932 >scan.csv; sh take scans scan.csv
tsujiban: scan.csv was read as Shift_JIS (CP932)
TAKEN IN  scan.csv: 1 of 1 lines are new (0 marks), numbers 1 to 1 of PC-05
$ printf 'PC-05\t2026-08-06T10:00:00+09:00\tsettings\tPC-05\tno\t2026-08-01\tno\tyes\t\n' | "$TREE/packaging/collect/tsujiban-collect" chain settings --state s3 >set.csv; sh take settings set.csv
TAKEN IN  set.csv: 1 of 1 lines are new (0 marks), numbers 1 to 1 of PC-05

# a large file is taken in by pieces of 1,000 lines; one that was broken off goes on; the same under another name is nothing new
$ python3 "$TREE/test/cli/make-lines" 1001 >1001.csv; sh take --check trails 1001.csv | grep -v '^  '
WOULD BE TAKEN IN  1001.csv: 1000 of 1000 lines are new (0 marks), numbers 1 to 1000 of PC-01
1001.csv: the rest is looked at once these lines are taken in.
$ sed '1002s/T[0-9:]*+09:00/T10:00:00/' 1001.csv >late.csv; sh take trails late.csv 2>&1 >late.out; grep -v '^  ' late.out
late.csv:1002:77: at: "2026-08-12T10:00:00" is no instant with its offset, such as 2026-08-05T10:00:00+09:00
tsujiban: late.csv: Some lines cannot be taken in. Nothing was. The lines before these were taken in; mend the file, and take it in again.
TAKEN IN  late.csv: 1000 of 1000 lines are new (0 marks), numbers 1 to 1000 of PC-01
$ sh take trails 1001.csv | grep -v '^  '
NOTHING NEW  1001.csv: all 1000 lines of PC-01 were taken in before
TAKEN IN  1001.csv: 1 of 1 lines are new (0 marks), numbers 1001 to 1001 of PC-01
$ (head -n 1 1001.csv; head -c 1100000 /dev/zero | tr '\0' x) >row.csv; sh take trails row.csv
tsujiban: row.csv: a row of more than 1048576 bytes; is a quote missing?
[1]
$ (head -n 1 1001.csv; tail -n 600 1001.csv) >rest.csv; sh take trails rest.csv | head -n 1
NOTHING NEW  rest.csv: all 600 lines of PC-01 were taken in before

# of more grants than are looked at the newest that fits is found
$ mkdir s5; printf 'PC-05\t2026-08-12T07:30:00+09:00\toutput\tPC-02\tK\tU-014\t一.zip\t10\t\tpassword\n' | "$TREE/packaging/collect/tsujiban-collect" chain trails --state s5 >grant.csv; sh take trails grant.csv
TAKEN IN  grant.csv: 1 of 1 lines are new (0 marks), numbers 1 to 1 of PC-05

# after more files of one collector than are looked at its numbers go on, and what was taken in is known
$ mkdir m; python3 "$TREE/test/cli/make-lines" 505 m/ && sh take trails m/[0-4]*.csv m/50[0-3].csv | grep -c '^TAKEN IN'; sh take trails m/504.csv m/505.csv m/002.csv m/505.csv
503
TAKEN IN  m/504.csv: 1 of 1 lines are new (1 marks), numbers 504 to 504 of PC-32
TAKEN IN  m/505.csv: 1 of 1 lines are new (1 marks), numbers 505 to 505 of PC-32
NOTHING NEW  m/002.csv: all 1 lines of PC-32 were taken in before
NOTHING NEW  m/505.csv: all 1 lines of PC-32 were taken in before

# the ledger holds all of it, what was refused as well
$ tsujiban ledger verify --data a | sed -n "s/.*: //p" | tail -1
sound
$ kill "$(cat pid)"
