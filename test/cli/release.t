# what would leave: a text with names, of the force however they are written, and of the case; nothing is entered
$ tsujiban init --data a --name 試験県警察 --name-en "Shiken Prefectural Police" --origin shiken.example/main >/dev/null && tsujiban force import --data a "$TREE/test/unit/engine-pack/force" >/dev/null
$ echo '被害者 乙' >people; printf '担当：係長　次、照会先：被害者乙\n' >a.txt; printf '品名,数\n' >b.csv
$ tsujiban release preview --data a --names people --scanner "$SCANNER" a.txt | sed 's/^CLEAN .*/CLEAN/'
CLEAN
  a.txt
    text, 49 bytes, sha256 HASH64
    name: 係長 次 (a member of the force)
    name: 被害者 乙 (on the list of the case)
    the same contents are known again under any name and inside a container; a copy that was changed, by one byte even, is not found
$ tsujiban release preview --data a --scanner "$SCANNER" a.txt >/dev/null
[4]
$ tsujiban release preview --data a --names people --scanner "$SCANNER" b.csv | sed 's/^CLEAN .*/CLEAN/'
CLEAN
  b.csv
    text, 11 bytes, sha256 HASH64
    the same contents are known again under any name and inside a container; a copy that was changed, by one byte even, is not found

# in containers, in Shift_JIS, in UTF-16, in a text that markup cuts into pieces, in names of files as Windows writes them
$ mkdir in && printf '担当：係長　次\n' | iconv -f UTF-8 -t CP932 >in/sjis.txt && printf '係長 次' | iconv -f UTF-8 -t UTF-16LE | (printf '\377\376'; cat) >in/wide.txt && printf '<w:p><w:r><w:t>係長</w:t></w:r><w:r><w:t>&#x6b21;</w:t></w:r></w:p>' >in/parts.xml && printf '<a title="係長 次">x</a>' >in/title.html
$ for f in sjis.txt wide.txt parts.xml title.html; do (cd in && bsdtar --format zip -cf ../$f.zip $f); tsujiban release preview --data a --scanner "$SCANNER" $f.zip | sed -n '/name:/p'; done
    name: 係長 次 (a member of the force)
    name: 係長 次 (a member of the force)
    name: 係長 次 (a member of the force)
    name: 係長 次 (a member of the force)
$ printf 'x\n' >"$(printf '係長次.txt' | iconv -f UTF-8 -t CP932)" && bsdtar --format ustar -cf names.tar *.txt && tsujiban release preview --data a --scanner "$SCANNER" names.tar | sed -n '/names.tar > .*次/p;/name:/p'
  names.tar > 係長次.txt
    name: 係長 次 (a member of the force)
$ tsujiban release preview --data a --scanner "$SCANNER" c.zip >/dev/null 2>&1
[1]

# and it is said where that is not all: pictures and PDF have text, too
$ printf '%%PDF-1.4\n%%%%EOF\n' >d.pdf && LC_ALL=ja_JP.UTF-8 tsujiban release preview --data a --scanner "$SCANNER" d.pdf | sed -n '/氏名/p'
    氏名は、名称、属性情報、隠れた内容と、読み取れた文字だけから探しました（文字を読み取れない形式のものか、長すぎるものがあります）
$ tsujiban release preview --data a --scanner none d.pdf | head -1 | cut -c1-14
NOT EXAMINABLE
$ tsujiban release preview --data a none
tsujiban: none cannot be read: No such file or directory
[1]
