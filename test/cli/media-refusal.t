# a force in mid-story, served: M-014 granted to K for one item and two hours, M-015 received from outside
$ cp -r "$TREE/regulations/handling" pack && cd pack/scenarios && rm [j-z]*.yaml && sed -n '/09:59:59/q;p' i-media.yaml >s && mv s i-media.yaml
$ echo '  - {at: 2026-08-25T09:10, as: K, do: media-grants/apply, with: {medium: $M015, computer: $PC01, direction: input, form: plain, purpose: 被害の把握, case: 相談2026-41, from: 2026-08-25T10:00, until: 2026-08-25T18:00}, name: G15}' >>pack/scenarios/i-media.yaml
$ echo '  - {as: P, do: media-grants/grant, on: $G15, with: {granted_from: 2026-08-25T10:00, granted_until: 2026-08-25T18:00}}' >>pack/scenarios/i-media.yaml
$ tsujiban demo --no-serve --pack pack --story i-media --data a 2>/dev/null | tee who | sed -n 's/^person-k\t\([^\t]*\).*/\1/p' >k; wc -w <k
1
$ (timeout 200 tsujiban serve --data a --scanner "$SCANNER" --listen 127.0.0.1:0 >log 2>&1 & echo $! >pid); until test -S a/keeper.sock; do sleep 0.1; done
$ "$TREE/test/cli/enrol" a who PC-01 PC-02 CHK-1
$ "$TREE/test/cli/definitions" "$SCANNER" 2026-08-25 >/dev/null
$ head -c 10240 /dev/zero | tr '\0' A >照会用一覧.csv; "$WITH_MEDIA" --advance a 2026-08-25T10:20

# each refusal is a line that whoever manages information security finds: why, which file, what was found; nothing lies where it was to go
$ unshare -m "$TREE/test/cli/media-refusal-story"
IN
infected: [3]
   input infected a.com | Test.EICAR.String.UNOFFICIAL a.com | - | an item
bomb: [4]
   input ratio bomb.zip | bomb.zip > a | - | an item
nested: [4]
   input layers n.zip | n.zip > inner.zip > inner.zip > inner.zip > inner.zip > inner.zip > inner.zip >  | - | an item
many members: [4]
   input stream many.zip | many.zip | - | an item
traversal: [4]
   input path t.zip | t.zip > ../../etc/cron.d/x | - | an item
   input path u.zip | u.zip > a/../../x | - | an item
a ZIP behind a script: [4]
   input polyglot p.zip | p.zip | - | an item
links, pipes, devices: [4]
   input special disk | - | - | an item
   input special fifo | - | - | an item
   input special link | - | - | an item
   input special null | - | - | an item
   input special socket | - | - | an item
a link as folder: [4]
   input special etc | - | - | an item
deep: [4]
   input too-many - | d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d | - | an item
name b'\xc0\xaf.csv': [1]
   input name \xC0\xAF.csv | - | - | an item
name b'\x95\\\x8e\xa6.csv': [1]
   input name \x95\\x8E\xA6.csv | - | - | an item
name b'gpj\xe2\x80\xaeexe.csv': [1]
   input name gpj\xE2\x80\xAEexe.csv | - | - | an item
name b'dots.csv..': [1]
   input name dots.csv.. | - | - | an item
name b'blank.csv ': [1]
   input name blank.csv | - | - | an item
name b'NUL.csv': [1]
   input name NUL.csv | - | - | an item
name b'xxxxxxxxxxxxxxxxxxxx': [0]
   LEFT xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
name b'a\nb.csv': [1]
   input name a\x0Ab.csv | - | - | an item
name b'c\\d.csv': [1]
   input name c\d.csv | - | - | an item
changes: [1]
   input changed turning.csv | - | - | an item
pulled while examined: [4]
   input unreadable pulled.csv | Input/output error | - | an item
pulled while taken in: [1]
   input unreadable pulled.csv | Input/output error | - | an item
a folder that becomes a link: [4]
   input unreadable - | d | - | an item
folders without end: [4]
   input too-many - | d/d0/d0/d0/d0/d0/d0/d0/d0/d0/d0/d0/d0/d0/d0/d0/d0/d0/d0/d0/d0/d0/d0/d0/d0/d0/d0/ | - | an item
another file system in it: [4]
   input unreadable - | over | - | an item
not permitted: [3]
   input not-permitted 相談.csv | H-6-3-2.4 Connect to the computer that the grant names | - | an item
two of one name: [1]
   input not-writable 相談.csv | - | - | an item
   LEFT 相談.csv
runs: 案内.html: [4]
   input not-permitted 案内.html | H-4-1-12-u What has macros or the like is taken in by a grant of the manager of  | - | an item macros ClamAV VERSION/27800 2026-08-25
runs: 手順.zip: [4]
   input not-permitted 手順.zip | H-4-1-12-i.2 A program, a script, a shortcut or a disk image is taken in when it | - | an item script ClamAV VERSION/27800 2026-08-25
WIPE
true: [0] WIPED  image: 0 files, 0 folders and others, 1048576 bytes; free space 0 bytes
disk: [1] disk: What was read back is not what was written: the medium does not keep what it is give
gone: [1] gone: It could not be overwritten and read back: Input/output error. Take the medium for o
OUT
malware: [3]
   output infected 一覧.csv | Test.EICAR.String.UNOFFICIAL 一覧.csv | - | an item
malware, plain: [3]
   output infected 一覧.csv | Test.EICAR.String.UNOFFICIAL 一覧.csv | - | an item
malware in archives: [3]
   output infected packed.zip | Test.EICAR.String.UNOFFICIAL packed.zip | - | an item
nobody can look into it: [4]
   output encrypted locked.zip | locked.zip > 照会用一覧.csv | - | an item
no scanner: [4]
   output no-scanner 照会用一覧.csv | 照会用一覧.csv | - | an item
not cleanable: [4]
   output unsupported memo.doc | ole | - | an item
hidden: [4]
   output hidden a.xlsx | hidden sheet 裏帳簿 (a.xlsx > xl/workbook.xml) | - | an item
damaged: [4]
   output damaged broken.docx | broken.docx | - | an item
bomb: [3]
   output ratio bomb.zip | bomb.zip > a | - | an item
nested: [3]
   output layers nested.zip | nested.zip > inner.zip > inner.zip > inner.zip > inner.zip > inner.zip > inner.z | - | an item
traversal: [3]
   output path out.zip | out.zip > ../x | - | an item
a ZIP behind a text: [3]
   output polyglot poly.csv | poly.csv | - | an item
pipe: [1]
   output special pipe | - | - | an item
nothing there: [1]
   output unreadable none.csv | No such file or directory | - | an item
name: [1]
   output name \xFF\xFE.csv | This name cannot be given: receivers' systems would not hold it as it stands. Us | - | an item
name of 244 bytes, plain: [1]
   output name ああああああああああああああああああああああああああああああああああああああああああああああああああああああああああああ | - | - | an item
one name twice: [1]
   output name 照会用一覧.csv | Two files have this name; inside one sealed file each name stands once. Rename o | - | an item
other bytes each time: what was looked at is what leaves: [0]
   LEFT KJ_機密性2（中）.zip
not read to its end: [1]
   output unreadable pulled.csv | Input/output error | - | an item
not permitted: [3]
   output not-permitted KJ_機密性2（中）.zip | H-6-3-3 Only items that the grant names | 照会用一覧.csv 10240  | an item
plain under a cipher grant: [3]
   output not-permitted KJ_機密性2（中）_照会用一覧.csv | H-6-3-2.2 Output as cipher, as granted; H-6-3-2.5 What is above the level that i | - | an item
written: [0]
   LEFT KJ_機密性2（中）.zip
the same again: [1]
   output not-writable KJ_機密性2（中）.zip | File exists | - | an item
two at once under one grant: 1 file, 1 line; 0 part, 0 note
no room: [1]
   output not-writable KJ_機密性2（中）.zip | No space left on device | - | an item
read only: [1]
   output not-writable KJ_機密性2（中）.zip | Read-only file system | - | an item
$ kill "$(cat pid)"
