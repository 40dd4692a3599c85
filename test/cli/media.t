# a force in mid-story, served: M-014 granted to K for one item and two hours, M-015 received from outside
$ cp -r "$TREE/regulations/handling" pack && cd pack/scenarios && rm [j-z]*.yaml && sed -n '/09:59:59/q;p' i-media.yaml >s && mv s i-media.yaml
$ echo '  - {at: 2026-08-25T09:10, as: K, do: media-grants/apply, with: {medium: $M015, computer: $PC01, direction: input, form: plain, purpose: 被害の把握, case: 相談2026-41, from: 2026-08-25T10:00, until: 2026-08-25T18:00}, name: G15}' >>pack/scenarios/i-media.yaml
$ echo '  - {as: P, do: media-grants/grant, on: $G15, with: {granted_from: 2026-08-25T10:00, granted_until: 2026-08-25T18:00}}' >>pack/scenarios/i-media.yaml
$ tsujiban demo --no-serve --pack pack --story i-media --data a 2>/dev/null | tee who | sed -n 's/^person-k\t\([^\t]*\).*/\1/p' >k; wc -w <k
1
$ (timeout 200 tsujiban serve --data a --scanner "$SCANNER" --listen 127.0.0.1:0 >log 2>&1 & echo $! >pid); until test -S a/keeper.sock; do sleep 0.1; done
$ "$TREE/test/cli/enrol" a who PC-01 PC-02 CHK-1
$ "$TREE/test/cli/definitions" "$SCANNER" 2026-08-25 >/dev/null
$ head -c 10240 /dev/zero | tr '\0' A >照会用一覧.csv; mkdir PC01 "$MEDIA/M014" "$MEDIA/M015" && ln -s "$MEDIA/M014" "$MEDIA/M015" .
$ printf 'exec tsujiban media export --scanner "$SCANNER" --data a --as person-k --sign-in k --medium M-014 --to M014 "$@"' >out
$ printf 'exec tsujiban media import --data a --as person-k --sign-in k --from M015 --medium M-015 "$@"' >in

# wrong usage is told before anybody signs in
$ sh out --at PC-01 --item 照会用一覧 --plain --cipher 照会用一覧.csv
tsujiban: media export: say one of --plain and --cipher, or neither, and it goes as the grant says
[2]
$ sh out --at PC-01 --item 照会用一覧 --cipher 照会用一覧.csv
tsujiban: media export: --cipher takes one of --new-password, --password-file and --receivers, --plain none
[2]
$ sh out --at PC-01 --plain 照会用一覧.csv
tsujiban: media export: name the medium's folder by --to and what it is by --item
[2]
$ tsujiban media export --scanner "$SCANNER" --data a --as person-k --to M014 --item 照会用一覧 --plain 照会用一覧.csv
tsujiban: media: name who, which medium and which computer: --as, --medium, --at
[2]
$ sh in --at PC-01 --to PC01
tsujiban: media import: name the medium's folder by --from; to take files in, --to and --item as well
[2]
$ echo wrong >bad; tsujiban media import --data a --as person-k --sign-in bad --medium M-015 --at PC-01 --from M015
tsujiban: Wrong login, password or code, or too soon after failed attempts.
[1]
$ sh out --at PC-99 --item 照会用一覧 --plain 照会用一覧.csv
tsujiban: "PC-99" is nothing that you see in Register of devices; give its name or number there
[1]

# before the grant begins: not yet, and nothing on the medium
$ sh out --at PC-01 --item 照会用一覧 --cipher --new-password word 照会用一覧.csv
The medium tells no serial number, so M-014 is only what was typed. Compare the number on its housing with the register.
REFUSED (not yet)  Output to a medium
  H-6-3-2.1  Connect once the grant has begun
             would satisfy: BR-2026-DRAWN, from 2026-08-25 10:00
ENTERED AS REFUSED  TR-2026-DRAWN
[4]
$ ls -A M014/ word a/media-gate
ls: cannot access 'word': No such file or directory
ls: cannot access 'a/media-gate': No such file or directory
M014/:
[2]
$ LC_ALL=ja_JP.UTF-8 sh out --at PC-01 --item 照会用一覧 --cipher --new-password word 照会用一覧.csv
この媒体からは製造番号を読み取れません。M-014であることは入力によるものです。本体の番号を管理簿と照らしてください。
受け付けず (まだできない)  媒体に出力する
  H-6-3-2.1  許可の始期以後に接続する
             満たすもの：BR-2026-DRAWN（2026-08-25 10:00から）
拒否を記録  TR-2026-DRAWN
[4]

# in the grant the wrong ways are forbidden: another computer, plain, another item
$ "$WITH_MEDIA" --advance a 2026-08-25T10:20
$ sh out --at PC-02 --item 照会用一覧 --cipher --new-password word 照会用一覧.csv
The medium tells no serial number, so M-014 is only what was typed. Compare the number on its housing with the register.
REFUSED (forbidden)  Output to a medium
  H-6-3-2.4  Connect to the computer that the grant names
ENTERED AS REFUSED  TR-2026-DRAWN
[3]
$ sh out --at PC-01 --item 照会用一覧 --plain 照会用一覧.csv
The medium tells no serial number, so M-014 is only what was typed. Compare the number on its housing with the register.
REFUSED (forbidden)  Output to a medium
  H-6-3-2.2  Output as cipher, as granted
  H-6-3-2.5  What is above the level that is set for plain text is output as cipher
ENTERED AS REFUSED  TR-2026-DRAWN
[3]
$ sh out --at PC-01 --item 現場写真 --cipher --new-password word 照会用一覧.csv
The medium tells no serial number, so M-014 is only what was typed. Compare the number on its housing with the register.
REFUSED (forbidden)  Output to a medium
  H-6-3-3  Only items that the grant names
ENTERED AS REFUSED  TR-2026-DRAWN
[3]
$ ls -A M014/ word 2>&1
ls: cannot access 'word': No such file or directory
M014/:
[2]

# unless told, it goes as the grant says, and how it is sealed has to be said
$ sh out --at PC-01 --item 照会用一覧 照会用一覧.csv
The medium tells no serial number, so M-014 is only what was typed. Compare the number on its housing with the register.
tsujiban: BR-2026-DRAWN grants output as cipher; say how it is sealed: --new-password, --password-file or --receivers
[1]

# allowed: one sealed file with the label in its name, one line, no note left; nothing is replaced
$ sh out --at PC-01 --item 照会用一覧 --new-password word 照会用一覧.csv
The medium tells no serial number, so M-014 is only what was typed. Compare the number on its housing with the register.
DONE  BR-2026-DRAWN  TR-2026-DRAWN
  inside   照会用一覧.csv 10240 bytes HASH64; 00-cover-KJ-2026-DRAWN.pdf SIZE bytes HASH64
  written  KJ-2026-DRAWN_機密性2（中）.zip  SIZE bytes, sha256 HASH64
The password is in word; it goes another way than the medium.
$ bsdtar --passphrase "$(cat word)" -xOf M014/*.zip 照会用一覧.csv | cmp - 照会用一覧.csv && echo the same
the same
$ bsdtar --passphrase "$(cat word)" -xOf M014/*.zip '00-cover-*' | pdftotext -layout - cover.txt; grep -oE "^ *TLP:AMBER.STRICT|Restrictions +None|Show or give it to nobody|照会用一覧.csv 10240 bytes|$(sha256sum <照会用一覧.csv | cut -c1-64)" cover.txt | sed 's/  */ /g'
 TLP:AMBER+STRICT
Restrictions None
Show or give it to nobody
照会用一覧.csv 10240 bytes
HASH64
$ ls -A M014/ a/media-gate
M014/:
.tsujiban-tag
KJ-2026-DRAWN_機密性2（中）.zip
.
a/media-gate:
$ sh out --at PC-01 --item 照会用一覧 --cipher --new-password word2 照会用一覧.csv
KJ-2026-DRAWN_機密性2（中）.zip: There is something of this name already, and nothing is replaced. Choose another folder or take it away first.
ENTERED AS REFUSED  TR-2026-DRAWN
[1]

# an infected medium and one that cannot be examined are stopped; nothing is taken in
$ printf 'X5O!P%%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-%s-TEST-FILE!$H+H*' ANTIVIRUS >M015/eicar.com; echo 相談 >M015/相談.csv
$ sh in --scanner "$SCANNER" --at PC-01 --station CHK-1 --to PC01 --item フィッシング相談一覧
The medium tells no serial number, so M-015 is only what was typed. Compare the number on its housing with the register.
INFECTED  Test.EICAR.String.UNOFFICIAL in eicar.com
CLEAN  相談.csv
ENTERED AS REFUSED  TR-2026-DRAWN
STOPPED  BK-2026-0001
QUARANTINED  SW-2026-DRAWN  QF-2026-DRAWN  eicar.com  infected, sha256 HASH64
[3]
$ rm M015/eicar.com; ln -s /etc/passwd M015/link
$ sh in --scanner "$SCANNER" --at PC-01 --station CHK-1 --to PC01 --item フィッシング相談一覧
The medium tells no serial number, so M-015 is only what was typed. Compare the number on its housing with the register.
NOT EXAMINABLE  link: no file that can be read, but a link, a device or the like; have it sent without
CLEAN  相談.csv
ENTERED AS REFUSED  TR-2026-DRAWN
STOPPED  BK-2026-0002
[4]
$ rm M015/link; sh in --scanner "$SCANNER" --at PC-01 --station PC-02
The medium tells no serial number, so M-015 is only what was typed. Compare the number on its housing with the register.
CLEAN  相談.csv
REFUSED (forbidden)  Check a medium at the station
  H-6-3-1.1  Checks are made at a check station
[3]
$ sh in --scanner none --at PC-01 --station CHK-1 --to PC01 --item フィッシング相談一覧
The medium tells no serial number, so M-015 is only what was typed. Compare the number on its housing with the register.
NOT EXAMINABLE  相談.csv: no scanner answers; start clamd, or name its socket with --scanner
ENTERED AS REFUSED  TR-2026-DRAWN
REFUSED (not yet)  Check a medium at the station
  H-6-3-1.1  "Day of the definitions" must be filled in
[4]
$ ls -A PC01

# without the day of its definitions, or with old ones, a check is none
$ "$TREE/test/cli/definitions" "$SCANNER" 2026-08-20 2>/dev/null; sh in --scanner "$SCANNER" --at PC-01 --station CHK-1
The medium tells no serial number, so M-015 is only what was typed. Compare the number on its housing with the register.
CLEAN  相談.csv
REFUSED (not yet)  Check a medium at the station
  H-6-3-1.1  Check again with recent definitions
[4]
$ "$TREE/test/cli/definitions" "$SCANNER" 2026-08-25 2>/dev/null

# clean, checked at the station: taken in under the grant
$ sh in --scanner "$SCANNER" --at PC-01 --station CHK-1
The medium tells no serial number, so M-015 is only what was typed. Compare the number on its housing with the register.
CLEAN  相談.csv
CHECKED  BK-2026-0003
$ sh in --scanner "$SCANNER" --at PC-02 --station CHK-1 --to PC01 --item フィッシング相談一覧
The medium tells no serial number, so M-015 is only what was typed. Compare the number on its housing with the register.
CLEAN  相談.csv
CHECKED  BK-2026-0004
REFUSED (forbidden)  Input from a medium
  H-6-3-2.4  Connect to the computer that the grant names
ENTERED AS REFUSED  TR-2026-DRAWN
[3]
$ ls -A PC01
$ sh in --scanner "$SCANNER" --at PC-01 --station CHK-1 --to PC01 --item フィッシング相談一覧
The medium tells no serial number, so M-015 is only what was typed. Compare the number on its housing with the register.
CLEAN  相談.csv
CHECKED  BK-2026-0005
DONE  BR-2026-DRAWN  TR-2026-DRAWN
  taken in  相談.csv  7 bytes, sha256 HASH64
$ cmp M015/相談.csv PC01/相談.csv && echo the same
the same

# a name in no encoding, or one that this system would read otherwise, is examined and not taken in, and why is said
$ for n in "$(printf '\377\376').csv" "$(printf 'gpj\342\200\256.csv')" 'CON.csv'; do cp M015/相談.csv "M015/$n"; sh in --scanner "$SCANNER" --at PC-01 --station CHK-1 --to PC01 --item フィッシング相談一覧 "$n" 2>&1 | sed -n '/cannot be given/s/: This.*//p; /memory/p; /DONE/p'; rm "M015/$n"; done
\xFF\xFE.csv
gpj\xE2\x80\xAE.csv
CON.csv

# what an interruption left is told once
$ mkdir "$MEDIA/PC01"; cp PC01/相談.csv "$MEDIA/PC01"; here=$(stat -c '"device": "%Hd:%Ld"' "$MEDIA") fs=$(python3 -c 'import os, sys; print("%x" % os.statvfs(sys.argv[1]).f_fsid)' "$MEDIA"); echo "$here, \"fs\": \"$fs\", \"serial\": \"\", \"partition\": \"\"" >here
$ h=$(sha256sum <PC01/相談.csv | cut -c1-64); note() { echo "{\"dir\": \"$MEDIA/$1\", \"medium\": \"x\", \"name\": \"$2\", \"sha256\": \"$3\", $(cat here)}" >a/media-gate/$3.json; }; note PC01 相談.csv $h; note gone b.csv 00; note PC01 c.csv 01
$ sh in --scanner "$SCANNER" --at PC-01 --station CHK-1 | sed -n "s|$MEDIA|MEDIA|; /INTERRUPTION/p"
The medium tells no serial number, so M-015 is only what was typed. Compare the number on its housing with the register.
AFTER AN INTERRUPTION  b.csv: MEDIA/gone is not there, or another medium is, so it cannot be said what became of it. Mount the same medium again.
AFTER AN INTERRUPTION  c.csv: nothing was entered in the trail, and MEDIA/PC01 has no such file. Do it again.
AFTER AN INTERRUPTION  相談.csv: it lies whole in MEDIA/PC01, and the line TR-2026-DRAWN stands in the trail. Nothing is left to do.
$ rm "$MEDIA/PC01/相談.csv"; h=$(sha256sum <M015/相談.csv | cut -c1-64); echo "{\"dir\": \"$MEDIA/PC01\", \"medium\": \"x\", \"name\": \"相談.csv\", \"sha256\": \"$h\", $(cat here)}" >a/media-gate/$h.json
$ sh in --scanner "$SCANNER" --at PC-01 --station CHK-1 | sed -n "s|$MEDIA|MEDIA|; /INTERRUPTION/p"
The medium tells no serial number, so M-015 is only what was typed. Compare the number on its housing with the register.
AFTER AN INTERRUPTION  b.csv: MEDIA/gone is not there, or another medium is, so it cannot be said what became of it. Mount the same medium again.
AFTER AN INTERRUPTION  相談.csv: the line TR-2026-DRAWN stands in the trail, but MEDIA/PC01 has no such file. Tell who checks the trail, and do it again.
$ ls a/media-gate
00.json

# a gate that is killed while it writes: nothing whole-looking is on the medium
$ rm M014/* a/media-gate/*; for i in 1 2 3 4; do head -c 20M /dev/zero >large$i.csv; done; sh out --at PC-01 --item 照会用一覧 --cipher --accept-unsupported --password-file word large?.csv >killed 2>&1 & gate=$!; until test -n "$(ls a/media-gate)"; do :; done; kill -KILL $gate; ls -A M014/ | sed 's/[0-9a-f]\{8,\}/HEX/'
.tsujiban-HEX.part
.tsujiban-tag
$ echo 'sh in --scanner "$SCANNER" --at PC-01 --station CHK-1 2>&1 | sed -n "s/TR-2026-[0-9]*/TR/; s|$MEDIA|MEDIA|; /INTERRUPTION/p"' >back

# where another medium is, or none, or something that cannot be read, nothing is said of it, and it is asked again
$ cp a/media-gate/*.json kept; mv M014/.tsujiban-tag tag; sh back; mv tag M014/.tsujiban-tag
AFTER AN INTERRUPTION  KJ-2026-DRAWN_機密性2（中）.zip: MEDIA/M014 is not there, or another medium is, so it cannot be said what became of it. Mount the same medium again.
$ sed -i 's/"serial":""/"serial":"U-099"/' a/media-gate/*.json; sh back; cp kept a/media-gate/"$(ls a/media-gate)"
AFTER AN INTERRUPTION  KJ-2026-DRAWN_機密性2（中）.zip: MEDIA/M014 is not there, or another medium is, so it cannot be said what became of it. Mount the same medium again.
$ mv "$MEDIA/M014" "$MEDIA/away"; sh back; mv "$MEDIA/away" "$MEDIA/M014"
AFTER AN INTERRUPTION  KJ-2026-DRAWN_機密性2（中）.zip: MEDIA/M014 is not there, or another medium is, so it cannot be said what became of it. Mount the same medium again.
$ sed -n 's/^KJ7\t\(.*\)/\1_機密性2（中）.zip/p' a/demo-records.txt >name; mkdir "M014/$(cat name)"; sh back; rmdir M014/*
AFTER AN INTERRUPTION  KJ-2026-DRAWN_機密性2（中）.zip: what lies in MEDIA/M014 cannot be looked at (Is a directory), so it is not entered what became of it. It is looked at again the next time.
$ echo other >"M014/$(cat name)"; sh back; rm M014/*
AFTER AN INTERRUPTION  KJ-2026-DRAWN_機密性2（中）.zip: something else has this name in MEDIA/M014, so it is not entered what became of it. Look at the medium, and tell who checks the trail.
$ flock M014/.tsujiban-*.part -c 'sh back'; ls a/media-gate | wc -l
AFTER AN INTERRUPTION  KJ-2026-DRAWN_機密性2（中）.zip: what lies in MEDIA/M014 cannot be looked at (Device or resource busy), so it is not entered what became of it. It is looked at again the next time.
1

# on the same medium what lies there hidden is taken away before it is entered that nothing was written
$ sh back; ls -A M014/ a/media-gate
AFTER AN INTERRUPTION  KJ-2026-DRAWN_機密性2（中）.zip: MEDIA/M014 has no such file; it is entered in the line TR that nothing was written. Do it again.
M014/:
.tsujiban-tag
.
a/media-gate:
$ sh out --at PC-01 --item 照会用一覧 --cipher --new-password word4 照会用一覧.csv 2>/dev/null | sed "s/TR-2026-[0-9]*/TR/; s|$MEDIA|MEDIA|"
DONE  BR-2026-DRAWN  TR
  inside   照会用一覧.csv 10240 bytes HASH64; 00-cover-KJ-2026-DRAWN.pdf SIZE bytes HASH64
  written  KJ-2026-DRAWN_機密性2（中）.zip  SIZE bytes, sha256 HASH64
The password is in word4; it goes another way than the medium.
$ ls -A M014/ a/media-gate
M014/:
.tsujiban-tag
KJ-2026-DRAWN_機密性2（中）.zip
.
a/media-gate:

# a note of somebody else's output is left to him; what a note says of one that was never allowed is refused, once
$ h=$(cat M014/*.zip | sha256sum | cut -c1-64); echo "{\"dir\": \"$MEDIA/M014\", \"medium\": \"x\", \"name\": \"$(ls M014)\", \"sha256\": \"$h\", \"size\": \"10426\", $(cat here), \"person\": \"X\", \"record\": \"$("$TREE/test/cli/nth-record" trail-lines 12)\", \"ticket\": \"0123456789012345678901234567890123456789012\"}" >a/media-gate/$h.json
$ sh in --scanner "$SCANNER" --at PC-01 --station CHK-1 2>/dev/null | sed -n '/INTERRUPTION/p'; ls a/media-gate | wc -l
1
$ sed -i 's/"X"/"K"/' a/media-gate/*; sh in --scanner "$SCANNER" --at PC-01 --station CHK-1 2>/dev/null | sed -n "s|$MEDIA|MEDIA|; /REFUSED/,/INTERRUPTION/p"; ls a/media-gate | wc -l
REFUSED (forbidden)  Enter that it was written
  H-6-4-1  the record must be in state "Going out" or "Unexplained" (now it is "To be checked")
  H-6-4-1  What was written has the size that was allowed
AFTER AN INTERRUPTION  KJ-2026-DRAWN_機密性2（中）.zip: it lies in MEDIA/M014, but you see no line of it in the trail. Take it away, and tell who checks the trail.
0

# whose line somebody ended meanwhile is told once more, and asked no more
$ h=$(cat M014/*.zip | sha256sum | cut -c1-64); echo "{\"dir\": \"$MEDIA/gone\", \"medium\": \"x\", \"name\": \"b.zip\", \"sha256\": \"$h\", \"size\": \"1\", $(cat here), \"person\": \"K\", \"record\": \"$("$TREE/test/cli/nth-record" trail-lines 12)\", \"ticket\": \"0123456789012345678901234567890123456789012\"}" >a/media-gate/$h.json; sh back; ls a/media-gate | wc -l
AFTER AN INTERRUPTION  b.zip: MEDIA/gone is not there, or another medium is, so it cannot be said what became of it. Mount the same medium again.
0

# killed at whatever message, an import is ended by the next run, and the item holds what came in
$ "$TREE/test/cli/media-killed" BT-2026-0001
killed at each message
AFTER AN INTERRUPTION  受信N.bin: MEDIA/PC01 has not the file that was examined; it is entered in the line TR that nothing was taken in. Do it again.
AFTER AN INTERRUPTION  受信N.bin: it lies whole in MEDIA/PC01, and is entered as taken in in the line TR.
what was taken in is held

# a tag of another force, and what is left of one, is examined and no part of what comes in
$ rm PC01/*; head -c 64 /dev/urandom >M015/.tsujiban-tag; echo left >M015/.tsujiban-tag.part; sh in --scanner "$SCANNER" --at PC-01 --station CHK-1 --to PC01 --item フィッシング相談一覧 2>/dev/null | sed 's/\([BT]\)[KR]-2026-[0-9]*/\1/g'; rm M015/.tsujiban-tag*; ls -A PC01
CLEAN  .tsujiban-tag
CLEAN  .tsujiban-tag.part
CLEAN  相談.csv
CHECKED  B
DONE  B  T
  taken in  相談.csv  7 bytes, sha256 HASH64
相談.csv

# the same bytes keep their label, under another name and in an archive: taken in as what may not be forwarded, they leave as nothing less
$ head -c 4096 /dev/zero | tr '\0' B >M015/被害一覧.csv; rm M015/相談.csv
$ sh in --scanner "$SCANNER" --at PC-01 --station CHK-1 --to PC01 --item フィッシング相談一覧 2>/dev/null | sed 's/\([BT]\)[KR]-2026-[0-9]*/\1/g'
CLEAN  被害一覧.csv
CHECKED  B
DONE  B  T
  taken in  被害一覧.csv  4096 bytes, sha256 HASH64
$ rm PC01/*; sh in --scanner "$SCANNER" --at PC-01 --station CHK-1 --to PC01 --item 照会用一覧 2>/dev/null | sed 's/BK-2026-[0-9]*/BK/'; ls -A PC01
CLEAN  被害一覧.csv
HELD  被害一覧.csv: the same content is held as Level 2, No forwarding. Treat it as an item that is not below it.
CHECKED  BK
REFUSED (forbidden)  Input from a medium
  H-2-4.2  Input it as an item that has the restrictions of the same content (outside: No forwarding)
ENTERED AS REFUSED  TR-2026-DRAWN
$ rm M014/*; cp M015/被害一覧.csv 別名.csv; sh out --at PC-01 --item 照会用一覧 --cipher --new-password word5 別名.csv 2>/dev/null; ls -A M014/
HELD  KJ-2026-DRAWN_機密性2（中）.zip: the same content is held as Level 2, No forwarding. Treat it as an item that is not below it.
REFUSED (forbidden)  Output to a medium
  H-2-4.2  Output it as an item that has the restrictions of the same content (outside: No forwarding)
ENTERED AS REFUSED  TR-2026-DRAWN
.tsujiban-tag
$ bsdtar -cf inner.tar 別名.csv; bsdtar -a -cf 資料.zip inner.tar; LC_ALL=ja_JP.UTF-8 sh out --at PC-01 --item 照会用一覧 --cipher --accept-unsupported --new-password word5 照会用一覧.csv 資料.zip 2>/dev/null; ls -A M014/
除去せず  資料.zip (zip)
同じ内容あり  KJ-2026-DRAWN_機密性2（中）.zip：機密性2（中）, 転送禁止として管理されています。これを下回らない管理対象情報として扱ってください。
受け付けず (禁止)  媒体に出力する
  H-2-4.2  同じ内容の取扱制限を引き継いだ管理対象情報として出力する（範囲外: 転送禁止）
拒否を記録  TR-2026-DRAWN
.tsujiban-tag

# what went out sealed is known by what is in it when it lies about; a locked archive, which nobody can look into, does not leave
$ cp 照会用一覧.csv M015/無題.csv; rm M015/被害一覧.csv; sh in --scanner "$SCANNER" --at PC-01 --station CHK-1 2>/dev/null | sed 's/BK-2026-[0-9]*/BK/'
CLEAN  無題.csv
HELD  無題.csv: the same content is held as Level 2. Treat it as an item that is not below it.
CHECKED  BK
$ bsdtar -a --options zip:encryption=aes256 --passphrase locked -cf 施錠.zip 別名.csv; sh out --at PC-01 --item 照会用一覧 --cipher --accept-unsupported --new-password word6 施錠.zip 2>/dev/null | sed -n '/NOT/p; s/TR-2026-[0-9]*/TR/; /DONE/p'
NOT EXAMINABLE  施錠.zip > 別名.csv: encrypted, so that nobody can look into it; export what is in it, and it is sealed anew

# what could name somebody is taken out of what leaves, on the medium nothing of it lies; what cannot be cleaned is refused, or accepted, which is entered
$ rm -f M014/*; "$TREE/test/cli/make-picture" 写真.png 架空太郎; sh out --at PC-01 --item 照会用一覧 --cipher --new-password word7 写真.png 2>/dev/null | sed 's/TR-2026-[0-9]*/TR/; s/[0-9]* bytes/N bytes/'
CLEANED  写真.png
  removed: author 架空太郎  (写真.png)
DONE  BR-2026-DRAWN  TR
  inside   写真.png N bytes HASH64; 00-cover-KJ-2026-DRAWN.pdf SIZE bytes HASH64
  written  KJ-2026-DRAWN_機密性2（中）.zip  N bytes, sha256 HASH64
The password is in word7; it goes another way than the medium.
$ bsdtar --passphrase "$(cat word7)" -xOf M014/*.zip 写真.png >out.png; grep -c 架空太郎 写真.png out.png
写真.png:1
out.png:0
$ cp 写真.png M015/無題.png; cp out.png M015/無題二.png; sh in --scanner "$SCANNER" --at PC-01 --station CHK-1 2>/dev/null | sed -n '/HELD.*png/p'; rm M015/*.png
HELD  無題.png: the same content is held as Level 2. Treat it as an item that is not below it.
HELD  無題二.png: the same content is held as Level 2. Treat it as an item that is not below it.
$ rm M014/*; printf '\320\317\021\340\241\261\032\341 old' >memo.doc; sh out --at PC-01 --item 照会用一覧 --cipher --new-password word8 照会用一覧.csv memo.doc 2>/dev/null; ls -A M014/ word8 2>&1
REFUSED  memo.doc: this format cannot be cleaned; save it as another (PDF, .docx, .xlsx, JPEG, PNG), or accept it as it is with --accept-unsupported (ole)
ENTERED AS REFUSED  TR-2026-DRAWN
ls: cannot access 'word8': No such file or directory
M014/:
.tsujiban-tag
[2]
$ mkdir xl; echo '<workbook><sheets><sheet name="裏帳簿" state="hidden"/></sheets></workbook>' >xl/workbook.xml; bsdtar -a -cf a.zip xl/workbook.xml; mv a.zip a.xlsx; LC_ALL=ja_JP.UTF-8 sh out --at PC-01 --item 照会用一覧 --cipher --accept-unsupported --new-password word8 a.xlsx 2>/dev/null; ls -A M014/
受け付けず  a.xlsx: 読む人に見えない内容があります。表示させるか取り除いて、保存し直してください (xlsx)
  見えない内容: 非表示のシート 裏帳簿  (a.xlsx > xl/workbook.xml)
拒否を記録  TR-2026-DRAWN
.tsujiban-tag
$ sh out --at PC-01 --item 照会用一覧 --cipher --accept-unsupported --new-password word8 照会用一覧.csv memo.doc 2>/dev/null | sed -n '/NOT/p; /DONE/p' | sed 's/TR-2026-[0-9]*/TR/'
NOT CLEANED  memo.doc (ole)
DONE  BR-2026-DRAWN  TR
$ tsujiban ledger export --data a --out attributes >/dev/null 2>&1; grep -rhao '"attributes":"[a-z]*"' attributes | sort -u
"attributes":"kept"
"attributes":"none"
"attributes":"removed"

# for receivers who run this program a box, which is checked like any other line of the trail; whoever has no key of it opens nothing
$ rm M014/*; tsujiban seal-key ours >/dev/null; tsujiban seal-key others >/dev/null; sed -i 's/$/ 捜査第二課 受領 花子/' ours.pub; sh out --at PC-01 --item 照会用一覧 --cipher --receivers ours.pub 照会用一覧.csv 2>/dev/null | sed 's/TR-2026-[0-9]*/TR/; s/[0-9]* bytes/N bytes/'
DONE  BR-2026-DRAWN  TR
  inside   照会用一覧.csv N bytes HASH64; 00-cover-KJ-2026-DRAWN.pdf SIZE bytes HASH64
  for      捜査第二課 受領 花子 sha256:HASH64
  written  KJ-2026-DRAWN_機密性2（中）.box  N bytes, sha256 HASH64
$ mkdir box; tsujiban unseal --key others --out box M014/*.box; ls -A box; tsujiban unseal --key ours --out box M014/*.box >/dev/null && cmp box/照会用一覧.csv 照会用一覧.csv && echo the same
KJ-2026-DRAWN_機密性2（中）.box: It was sealed for other keys, or with another passphrase.
the same
$ echo nonsense >bad.pub; sh out --at PC-01 --item 照会用一覧 --cipher --receivers bad.pub 照会用一覧.csv 2>&1 | tail -1
tsujiban: bad.pub:1: this is no key; it is a line of the .pub file that `tsujiban seal-key` makes

# at the grant's end
$ rm M014/*; "$WITH_MEDIA" --advance a 2026-08-25T12:00
$ sh out --at PC-01 --item 照会用一覧 --cipher --new-password word3 照会用一覧.csv
HELD  KJ-2026-DRAWN_機密性2（中）.zip: the same content is held as Level 2. Treat it as an item that is not below it.
REFUSED (forbidden)  Output to a medium
  H-6-3-2.1  Connect before the grant ends
ENTERED AS REFUSED  TR-2026-DRAWN
[3]
$ tsujiban ledger verify --data a | sed -n "s/.*: //p" | tail -1
sound
$ kill "$(cat pid)"
