# the force comes from CSV and goes back to it
$ tsujiban init --data a --name 試験県警察 --origin shiken.example/main >/dev/null
$ cp -r "$TREE/test/unit/engine-pack/force" csv
$ tsujiban force import --data a csv
7 persons are in the force now
$ tsujiban force export --data a out
$ ls out
addresses.csv
appointments.csv
delegations.csv
holidays.csv
persons.csv
posts.csv
ranks.csv
roster.csv
units.csv
$ tsujiban force import --data a out
7 persons are in the force now
$ tsujiban force export --data a again && diff -r out again

# a wrong line is named by line and column, and nothing is taken in
$ cp -r csv bad
$ sed -i '3s/M,head,sho/M,head,nowhere/' bad/appointments.csv
$ sed -i '4s/inspector/emperor/' bad/persons.csv
$ tsujiban force import --data a bad
bad/appointments.csv:3:11: there is no unit "nowhere" in bad/units.csv; add it there or correct it here
bad/persons.csv:4:30: there is no rank "emperor" in bad/ranks.csv; add it there or correct it here
tsujiban: nothing was taken in
[1]
$ tsujiban force export --data a again && diff -r out again

# mail addresses come along, in small letters, and go back; what is none, or is nobody's, is named
$ cp -r csv mails && printf 'address,person,unit\nuke@police.example,,uke\nKeiko@Police.example,M,\n' > mails/addresses.csv
$ tsujiban force import --data a mails
7 persons are in the force now
$ tsujiban force export --data a with && tr -d '\r' < with/addresses.csv
address,person,unit
keiko@police.example,M,
uke@police.example,,uke
$ printf 'keiko@police.example,,\nkeiko,M,\n' >> mails/addresses.csv
$ tsujiban force import --data a mails
mails/addresses.csv:4:1: the mail address "keiko@police.example" stands already in line 3; an address is one person's or one unit's
mails/addresses.csv:4:22: nobody stands behind this address; give a person or a unit
mails/addresses.csv:5:1: "keiko" is no mail address; write it like hanako@police.example
tsujiban: nothing was taken in
[1]
$ tsujiban force import --data a out
7 persons are in the force now

# what is not CSV
$ cp -r csv quote && printf 'id,"na\n' > quote/units.csv
$ tsujiban force import --data a quote
quote/units.csv:1:4: this quoted cell is never closed; end it with a quotation mark
quote/units.csv:1:4: this column has no name; the first line must name every column
tsujiban: nothing was taken in
[1]
$ cp -r csv latin && printf 'id,parent,name_ja,name_en,kinds,from,to\nhq,,\351,e,force,,\n' > latin/units.csv
$ tsujiban force import --data a latin
latin/units.csv:2:5: not UTF-8; save the file as "CSV UTF-8"
tsujiban: nothing was taken in
[1]
$ cp -r csv few && rm few/persons.csv
$ tsujiban force import --data a few
few/persons.csv: this file is missing; it is needed, if only with its first line
tsujiban: nothing was taken in
[1]
$ tsujiban force import --data a nowhere
nowhere/appointments.csv: this file is missing; it is needed, if only with its first line
nowhere/persons.csv: this file is missing; it is needed, if only with its first line
nowhere/posts.csv: this file is missing; it is needed, if only with its first line
nowhere/ranks.csv: this file is missing; it is needed, if only with its first line
nowhere/units.csv: this file is missing; it is needed, if only with its first line
tsujiban: nothing was taken in
[1]
$ tsujiban force export --data a again && diff -r out again

# a file whose bytes are wrong, an empty one, one too many: each is named, and nothing is taken in
$ cp -r csv nul && printf 'unit,duty,person,from,to\nsho,ni\000ght,M,2026-04-10T17:15,2026-04-11T08:30\n' > nul/roster.csv
$ tsujiban force import --data a nul
nul/roster.csv:2:7: a control character; remove it
tsujiban: nothing was taken in
[1]
$ cp -r csv none && : > none/holidays.csv
$ tsujiban force import --data a none
none/holidays.csv:1:1: the file is empty; its first line must name the columns
tsujiban: nothing was taken in
[1]
$ cp -r csv huge && (echo day,name_ja; yes '2026-04-29,昭和の日' | head -c 7000000) > huge/holidays.csv
$ tsujiban force import --data a huge 2>&1 | tail -1
tsujiban: nothing was taken in
$ cp -r csv large && (cat csv/persons.csv; seq -f 'Q%.0f,名前 名前,,,officer,,' 1 230000) > large/persons.csv
$ tsujiban force import --data a large
tsujiban: large/persons.csv: with this file there are more than 6291456 bytes; together the files may have so many. Nothing was taken in
[1]
$ tsujiban force export --data a again && diff -r out again

# every attempt that was taken in is an entry, the refused ones are none
$ tsujiban ledger verify --data a
1 shards, 7 entries, 0 records: sound

# transfers as a plan: judged whole, kept as a draft, and nothing of the force has changed
$ printf 'person,unit,post,kind,from,to,leaving\nC,kei,chief,,2099-04-01,,\nX,uke,chief,acting,2099-04-01,2099-04-14,\nA,,,,,,2099-03-31\n' > plan.csv
$ tsujiban force plan --data a --check plan.csv
3 rows for 3 persons, without a fault
$ tsujiban force plan --data a --title 2099年春の異動 plan.csv | sed 's/-20[0-9]*-/-YEAR-/'
PLAN-YEAR-0001 is kept as a draft
$ tsujiban force export --data a again && diff -r out again
$ sed 's/kei,chief/kee,chief/; s/^A,/Q,/; s/2099-04-14/1999-04-14/' plan.csv > wrong.csv
$ tsujiban force plan --data a wrong.csv
wrong.csv:2:3: there is no unit "kee"; the nearest: 試験署刑事係 (kei), 試験署受付係 (uke)
wrong.csv:3:31: 1999-04-14 has passed; give today or a later day
wrong.csv:4:1: there is no person "Q"; the nearest is "A"; for somebody who comes, give name and rank
tsujiban: nothing was kept
[1]
$ tsujiban force plan --data a nowhere.csv
tsujiban: "nowhere.csv" cannot be read, or has more than 2097152 bytes
[1]
$ tsujiban ledger verify --data a
1 shards, 8 entries, 0 records: sound
