# the force comes from CSV and goes back to it
$ tsujiban init --data a --name 試験県警察 --origin shiken.example/main >/dev/null
$ cp -r "$TREE/test/unit/engine-pack/force" csv
$ tsujiban force import --data a csv
7 persons are in the force now
$ tsujiban force export --data a out
$ ls out
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
persons.csv:4:30: there is no rank "emperor" in ranks.csv; add it there or correct it here
appointments.csv:3:11: there is no unit "nowhere" in units.csv; add it there or correct it here
tsujiban: Some lines cannot be taken in. Nothing has changed.
[1]
$ tsujiban force export --data a again && diff -r out again

# what is not CSV
$ cp -r csv quote && printf 'id,"na\n' > quote/units.csv
$ tsujiban force import --data a quote
units.csv:1:4: this quoted cell is never closed; end it with a quotation mark
units.csv:1:4: this column has no name; the first line must name every column
tsujiban: Some lines cannot be taken in. Nothing has changed.
[1]
$ cp -r csv latin && printf 'id,parent,name_ja,name_en,kinds,from,to\nhq,,\351,e,force,,\n' > latin/units.csv
$ tsujiban force import --data a latin
tsujiban: latin/units.csv:2:5: this is not UTF-8; save the file as UTF-8 and try again
[1]
$ cp -r csv few && rm few/persons.csv
$ tsujiban force import --data a few
few/persons.csv: there is no such file
[1]
$ tsujiban force import --data a nowhere
nowhere/units.csv: there is no such file
[1]
$ tsujiban force export --data a again && diff -r out again

# every attempt that was taken in is an entry, the refused ones are none
$ tsujiban ledger verify --data a
1 shards, 5 entries, 0 records: sound
