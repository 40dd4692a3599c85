# what would leave: a text with names, of the force however they are written, and of the case; nothing is entered
$ tsujiban init --data a --name 試験県警察 --name-en "Shiken Prefectural Police" --origin shiken.example/main >/dev/null && tsujiban force import --data a "$TREE/test/unit/engine-pack/force" >/dev/null
$ echo '被害者 乙' >people; printf '担当：係長　次、照会先：被害者乙\n' >a.txt; printf '品名,数\n' >b.csv
$ tsujiban release preview --data a --names people --scanner "$SCANNER" a.txt | sed 's/^CLEAN .*/CLEAN/'
CLEAN
  a.txt
    text, 49 bytes, sha256 HASH64
    name: 係長 次 (a member of the force)
    name: 被害者 乙 (on the list of the case)
$ tsujiban release preview --data a --scanner "$SCANNER" a.txt >/dev/null
[4]
$ tsujiban release preview --data a --names people --scanner "$SCANNER" b.csv | sed 's/^CLEAN .*/CLEAN/'
CLEAN
  b.csv
    text, 11 bytes, sha256 HASH64

# in a name and in a container names are looked for in what the examiner tells, and it is said that this is not all
$ cp b.csv "係長次.csv" && bsdtar --format zip -cf c.zip 係長次.csv
$ LC_ALL=ja_JP.UTF-8 tsujiban release preview --data a --scanner "$SCANNER" c.zip | sed -n '/氏名/p'
    氏名：係長 次（職員）
    氏名は、名称、属性情報及び隠れた内容だけから探しました（中身が平文でないか、長すぎます）
$ tsujiban release preview --data a --scanner "$SCANNER" c.zip b.csv >/dev/null
[4]
$ tsujiban release preview --data a --scanner none b.csv | head -1 | cut -c1-14
NOT EXAMINABLE
$ tsujiban release preview --data a none
tsujiban: none cannot be read: No such file or directory
[1]
