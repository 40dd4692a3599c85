# what has nothing to remove is copied, what cannot be cleaned is refused with its format named
$ mkdir out
$ printf '名前,番号\n' >照会用一覧.csv
$ tsujiban clean --out out 照会用一覧.csv
CLEANED  照会用一覧.csv  14 bytes, sha256 HASH64
$ cmp out/照会用一覧.csv 照会用一覧.csv && echo the same
the same
$ tsujiban clean --out out 照会用一覧.csv
照会用一覧.csv: There is something of this name already, and nothing is replaced. Choose another folder or take it away first.
[1]
$ printf '\226\274\221\117,1\r\n' >表.csv; tsujiban clean --out out 表.csv; cmp out/表.csv 表.csv && rm out/表.csv
CLEANED  表.csv  8 bytes, sha256 HASH64
$ printf '\226\274\221\117,1\000\r\n' >制御.csv; tsujiban clean --out out 制御.csv | cut -c1-40; printf '\226\274\221\nabcd' >半分.csv; tsujiban clean --out out 半分.csv | cut -c1-40
REFUSED  制御.csv: this format cannot
REFUSED  半分.csv: this format cannot
$ printf '\320\317\021\340\241\261\032\341 old' >memo.doc
$ tsujiban clean --out out memo.doc
REFUSED  memo.doc: this format cannot be cleaned; save it as another (PDF, .docx, .xlsx, JPEG, PNG), or accept it as it is with --accept-unsupported (ole)
[4]
$ LC_ALL=ja_JP.UTF-8 tsujiban clean --out out memo.doc
受け付けず  memo.doc: この形式は属性を除けません。別の形式（PDF、.docx、.xlsx、JPEG、PNG）で保存し直すか、--accept-unsupported を付けてそのまま認めてください (ole)
[4]
$ ls out
照会用一覧.csv
$ tsujiban clean --out out --accept-unsupported memo.doc
NOT CLEANED  memo.doc: this format cannot be cleaned; save it as another (PDF, .docx, .xlsx, JPEG, PNG), or accept it as it is with --accept-unsupported (ole)
$ cmp out/memo.doc memo.doc && echo the same
the same
$ cp memo.doc "$(printf 'a\nCLEANED b.doc')"; tsujiban clean --out out a*b.doc
REFUSED  a\x0ACLEANED b.doc: this format cannot be cleaned; save it as another (PDF, .docx, .xlsx, JPEG, PNG), or accept it as it is with --accept-unsupported (ole)
[4]
$ tsujiban clean memo.doc
tsujiban: clean: name the folder for the copies by --out
[2]

# hidden sheets stop it, in either language
$ mkdir xl; echo '<workbook><sheets><sheet name="裏帳簿" state="hidden"/></sheets></workbook>' >xl/workbook.xml; bsdtar -a -cf a.zip xl/workbook.xml; mv a.zip a.xlsx
$ tsujiban clean --out out --accept-unsupported a.xlsx
REFUSED  a.xlsx: it holds what a reader does not see; show it or take it out, and save it anew (xlsx)
  hidden: hidden sheet 裏帳簿  (a.xlsx > xl/workbook.xml)
[4]
$ LC_ALL=ja_JP.UTF-8 tsujiban clean --out out a.xlsx
受け付けず  a.xlsx: 読む人に見えない内容があります。表示させるか取り除いて、保存し直してください (xlsx)
  見えない内容: 非表示のシート 裏帳簿  (a.xlsx > xl/workbook.xml)
[4]
$ tsujiban clean --out out --json a.xlsx
{"format":"xlsx","verdict":"refused","why":"hidden","hidden":[{"kind":"sheet","value":"裏帳簿","place":"a.xlsx > xl/workbook.xml"}]}
[4]

# wiping says what it would do, does it when told so, and refuses what is no medium
$ mkdir medium; head -c 10000 /dev/zero >medium/a.csv
$ tsujiban wipe --files-only medium
WOULD BE WIPED  folder: 1 files, 0 folders and others, 10000 bytes; free space 0 bytes
  Nothing was touched; say --yes to wipe it.
[4]
$ ls medium
a.csv
$ tsujiban wipe --yes medium
medium: No medium is mounted there, so filling the free space would fill something else. Name a medium's own folder, or say --files-only.
[1]
$ tsujiban wipe --yes /
/: This is the root of the whole system, which is not wiped. Name the folder where the medium is mounted.
[1]
$ tsujiban wipe --yes --files-only medium | sed 's/^  .*\( was written anew and read back\.\).*/  …\1/'
WIPED  folder: 1 files, 0 folders and others, 12288 bytes; free space 0 bytes
  … was written anew and read back.
$ ls -A medium
$ head -c 5000 /dev/zero >image; tsujiban wipe --yes image | head -1; tr -d '\0' <image | wc -c | awk '{ print ($1 > 4900) }'
WIPED  image: 0 files, 0 folders and others, 5000 bytes; free space 0 bytes
1

# what cannot be examined is told in the user's language
$ printf 'a' >a.txt; tsujiban examine --scanner "$PWD/none" a.txt | head -1
NOT EXAMINABLE  a.txt: no scanner answers; start clamd, or name its socket with --scanner
$ LC_ALL=ja_JP.UTF-8 tsujiban examine --scanner "$PWD/none" a.txt | head -1
検査できず  a.txt: 検査装置が応答しません。clamd を起動するか、--scanner でそのソケットを示してください
