# how long decisions took, beside each book: as the history tells, the same on either kind of database
$ for d in a b; do tsujiban demo --no-serve --pack "$TREE/regulations/patrol" --data $d $(test $d = b && echo "--db $PG1") >/dev/null 2>&1 || echo "not made: $d"; done
$ tsujiban regulation coverage --compare --data a "$TREE/regulations/patrol" >a.csv; echo $?; tsujiban regulation coverage --compare --data b --db "$PG1" "$TREE/regulations/patrol" | cmp - a.csv
0
$ head -1 a.csv | tr -d '\r'
条項番号,箇所,通達の定め,文言・要旨の別,実施の区分,本システムにおける実施,受入試験,理由,申請から決定までの所要時間（実績）
$ python3 "$TREE/test/cli/times" a/tsujiban.db a.csv "$TREE/regulations/patrol"
every book agrees
$ tsujiban regulation coverage --data a "$TREE/regulations/patrol"
tsujiban: --tsv and --compare are two forms, and --wording, --data and --as are for --compare
[2]
$ tsujiban regulation coverage --compare --data none "$TREE/regulations/patrol" >/dev/null 2>&1
[1]
