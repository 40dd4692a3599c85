# a table from paper is judged whole
$ tsujiban init --data a --name 試験県警察 --origin shiken.example/main >/dev/null
$ tsujiban force import --data a "$TREE/test/unit/engine-pack/force"
7 persons are in the force now
$ printf '番号,状態\nL-1,nowhere\n' > t.csv
$ tsujiban takeover check --data a items t.csv
tsujiban: no adopted pack has a register "items"
[1]
$ printf 'PK\003\004 nothing' > t.xlsx
$ tsujiban takeover check --data a items t.xlsx
t.xlsx: The workbook is damaged. Save the table again as .xlsx.
tsujiban: nothing was taken over
[1]
$ tsujiban takeover propose --data a items missing.csv 2>&1 | tail -1
tsujiban: nothing was taken over
