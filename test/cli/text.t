# the official wording is taken in beside the pack
$ tsujiban demo --data d --no-serve --story none --pack "$TREE/regulations/patrol" >/dev/null 2>&1
$ printf '# from our own copy\nP-3-2-5.2\t持ち出すには許可を受ける（見本）\n\nP-7\t保存する（見本）\n' > wording.tsv
$ tsujiban regulation text --data d patrol wording.tsv
2 clauses of patrol have their official wording now

# a wrong file names its lines and takes in nothing
$ printf 'P-7 no tab\n\tno id\nP-7\tone\nP-7\ttwo\n' > bad.tsv
$ tsujiban regulation text --data d patrol bad.tsv
bad.tsv:1:1: no tab between the clause's id and its wording; write ID, a tab, the wording
bad.tsv:2:1: no clause id before the tab
bad.tsv:4:1: clause P-7 has a wording already; give each clause once
tsujiban: nothing was taken in
[1]
$ printf 'P-9-9\tnowhere\n' > foreign.tsv
$ tsujiban regulation text --data d patrol foreign.tsv
tsujiban: No adopted pack "patrol" has a clause "P-9-9". Nothing was taken in.
[1]
