# level 2 to the outside: in the clear not yet, sealed it goes
$ head -c 300 /dev/zero | tr '\0' A >照会用一覧.csv
$ tsujiban seal --id KJ-0007 --confidentiality 2 --new-password word 照会用一覧.csv >/dev/null
$ cp 照会用一覧.csv 'KJ-0007_機密性2（中）.csv'
$ echo '{"inside": ["police.shiken.example"]}' >gate.json
$ $TREE/test/cli/make-message out-01.eml From=b@police.shiken.example To=x@partner.example attach='KJ-0007_機密性2（中）.csv'
$ tsujiban mail check --config gate.json out-01.eml
REFUSED (not yet)  out-01.eml
  H-4-4-3   The attachment KJ-0007_機密性2（中）.csv is named Confidentiality 2 (medium) and is neither encrypted nor protected by a password.
            would satisfy: attach the file that tsujiban seal makes of it, as it is
[4]
$ LC_ALL=ja_JP.UTF-8 tsujiban mail check --config gate.json out-01.eml
受け付けず (まだできない)  out-01.eml
  H-4-4-3   添付「KJ-0007_機密性2（中）.csv」は機密性2（中）と表示されていますが、暗号化も主体認証情報の設定もされていません。
            満たすには： tsujiban seal で封をしたファイルをそのまま添付する
[4]
$ $TREE/test/cli/make-message out-02.eml From=b@police.shiken.example To=x@partner.example attach='KJ-0007_機密性2（中）.zip'
$ tsujiban mail check --config gate.json out-02.eml
DONE  1 message, sealed attachments: 1, receivers outside: 1
$ tsujiban mail check --config gate.json --json out-02.eml | grep -o '"sealed":"zip"'
"sealed":"zip"
$ $TREE/test/cli/make-message inside.eml From=b@police.shiken.example To=w@police.shiken.example attach='KJ-0007_機密性2（中）.csv'
$ tsujiban mail check --config gate.json inside.eml
DONE  1 message, sealed attachments: 0, receivers outside: 0
$ tsujiban seal-key mine >/dev/null; tsujiban seal --id KJ-0007 --confidentiality 2 --receivers mine.pub 照会用一覧.csv >/dev/null
$ $TREE/test/cli/make-message box.eml From=b@police.shiken.example To=x@partner.example attach='KJ-0007_機密性2（中）.box'
$ tsujiban mail check --config gate.json box.eml
DONE  1 message, sealed attachments: 1, receivers outside: 1

# the password in the same message is found by trying, wherever in the text it stands
$ $TREE/test/cli/make-message word.eml From=b@police.shiken.example To=x@partner.example text="パスワードは「$(cat word)」です。" attach='KJ-0007_機密性2（中）.zip'
$ tsujiban mail check --config gate.json word.eml
REFUSED (not yet)  word.eml
  H-4-4-3   The password of the sealed attachment KJ-0007_機密性2（中）.zip stands in the subject or text of the same message.
            would satisfy: take the password out of the message and tell it another way, by telephone for example
[4]
$ $TREE/test/cli/make-message other.eml From=b@police.shiken.example To=x@partner.example text='パスワードは別にお伝えします。password: by-telephone' attach='KJ-0007_機密性2（中）.zip'
$ tsujiban mail check --config gate.json other.eml
DONE  1 message, sealed attachments: 1, receivers outside: 1

# level 3 takes no external line, however it is wrapped and whoever it goes to
$ tsujiban seal --id KJ-0003 --confidentiality 3 --password-file word 照会用一覧.csv >/dev/null
$ $TREE/test/cli/make-message three.eml From=b@police.shiken.example To=w@police.shiken.example attach='KJ-0003_機密性3（高）.zip'
$ tsujiban mail check --config gate.json three.eml
REFUSED (forbidden)  three.eml
  H-4-4-4   The attachment KJ-0003_機密性3（高）.zip is named Confidentiality 3 (high). It does not go by mail over an external line, sealed or not.
[3]
$ mkdir d; cp KJ-0003*.zip d; bsdtar --format zip -cf package.zip d
$ $TREE/test/cli/make-message inner.eml From=a@partner.example To=b@police.shiken.example attach=package.zip
$ $TREE/test/cli/make-message forwarded.eml From=b@police.shiken.example To=z@partner.example within=inner.eml
$ tsujiban mail check --config gate.json forwarded.eml
REFUSED (forbidden)  forwarded.eml
  H-4-4-4   The attachment package.zip > d/KJ-0003_機密性3（高）.zip is named Confidentiality 3 (high). It does not go by mail over an external line, sealed or not.
[3]
$ echo '{"line": "internal", "inside": ["police.shiken.example"]}' >internal.json
$ tsujiban mail check --config internal.json three.eml
DONE  1 message, sealed attachments: 1, receivers outside: 0

# names in the encodings of old mail programs are read in the process that examines; an unknown one is taken for Latin-1, controls as bytes
$ printf 'From: a@b.example\nTo: a@b.example\nContent-Disposition: attachment; filename*=ISO-2022-JP%s\n\nx\n' "''%1B%24B5%21L%29@-%1B%28B3.csv" >jis.eml; tsujiban mail check jis.eml
REFUSED (forbidden)  jis.eml
  H-4-4-4   The attachment 機密性3.csv is named Confidentiality 3 (high). It does not go by mail over an external line, sealed or not.
[3]
$ printf 'From: a@b.example\nTo: a@b.example\nContent-Disposition: attachment; filename="=?Shift_JIS?B?i0CWp5CrMy5jc3Y=?="\n\nx\n' >sjis.eml; tsujiban mail check sjis.eml
REFUSED (forbidden)  sjis.eml
  H-4-4-4   The attachment 機密性3.csv is named Confidentiality 3 (high). It does not go by mail over an external line, sealed or not.
[3]
$ printf 'From: a@b.example\nTo: a@b.example\nContent-Disposition: attachment; filename="=?IBM-1399?B?i0CWp5CrMy5jc3Y=?="\n\nx\n' >ebcdic.eml; tsujiban mail check --json ebcdic.eml | grep -o '"name":"[^"]*"'
"name":"\\xC2\\x8B@\\xC2\\x96§\\xC2\\x90«3.csv"
$ head -c 45000000 /dev/urandom >large.bin; $TREE/test/cli/make-message large.eml From=a@b.example To=a@b.example attach=large.bin; tsujiban mail check large.eml
DONE  1 message, sealed attachments: 0, receivers outside: 1
$ head -c 50000000 /dev/urandom >large.bin; $TREE/test/cli/make-message large.eml From=a@b.example To=a@b.example attach=large.bin; tsujiban mail check large.eml
tsujiban: large.eml cannot be judged: It is larger than can be checked; send it in parts.
[1]

# many receivers see each other's addresses; Bcc, a declared need, or few are allowed
$ for n in 5 6; do $TREE/test/cli/make-message $n.eml From=b@police.shiken.example To="$(seq -f 'p%g@one.example' -s ', ' 3)" Cc="w@police.shiken.example, $(seq -f 'q%g@two.example' -s ', ' $((n - 3)))"; tsujiban mail check --config gate.json $n.eml; done
DONE  1 message, sealed attachments: 0, receivers outside: 5
REFUSED (not yet)  6.eml
  H-4-4-2.1 6 outside addresses stand in To and Cc, so that receivers learn each other's. At most 5 may.
            would satisfy: move them to Bcc; or, where receivers need to share them, name their group in the header X-Tsujiban-Shared-Addresses
[4]
$ $TREE/test/cli/make-message bcc.eml From=b@police.shiken.example To=b@police.shiken.example Bcc="$(seq -f 'p%g@one.example' -s ', ' 30)"; tsujiban mail check --config gate.json bcc.eml
DONE  1 message, sealed attachments: 0, receivers outside: 30
$ $TREE/test/cli/make-message need.eml From=b@police.shiken.example To="$(seq -f 'p%g@one.example' -s ', ' 8)" 'X-Tsujiban-Shared-Addresses=架空対策連絡会'; tsujiban mail check --config gate.json need.eml
DONE  1 message, sealed attachments: 0, receivers outside: 8
$ $TREE/test/cli/make-message blank.eml From=b@police.shiken.example To="$(seq -f 'p%g@one.example' -s ', ' 8)" 'X-Tsujiban-Shared-Addresses=　'; tsujiban mail check --config gate.json blank.eml
REFUSED (not yet)  blank.eml
  H-4-4-2.1 8 outside addresses stand in To and Cc, so that receivers learn each other's. At most 5 may.
            would satisfy: move them to Bcc; or, where receivers need to share them, name their group in the header X-Tsujiban-Shared-Addresses
[4]
$ echo '{"open_addresses_max": 0}' >none.json; tsujiban mail check --config none.json inside.eml
REFUSED (not yet)  inside.eml
  H-4-4-2.1 1 outside addresses stand in To and Cc, so that receivers learn each other's. At most 0 may.
            would satisfy: move them to Bcc; or, where receivers need to share them, name their group in the header X-Tsujiban-Shared-Addresses
  H-4-4-3   The attachment KJ-0007_機密性2（中）.csv is named Confidentiality 2 (medium) and is neither encrypted nor protected by a password.
            would satisfy: attach the file that tsujiban seal makes of it, as it is
[4]

# what cannot be read is not judged
$ printf 'From: a@b.example\nTo: a@b.example\nTo: c@d.example\n\nx\n' >twice.eml; tsujiban mail check twice.eml
tsujiban: twice.eml cannot be judged: A header that may stand once stands there again; leave one.
[1]
$ printf 'From: a@b.example\nTo: nobody\n\nx\n' >nobody.eml; tsujiban mail check nobody.eml
tsujiban: nobody.eml cannot be judged: To: One of the addresses cannot be read; write each as name@domain.
[1]
$ printf 'From: a@b.example\nTo: a@b.example\nContent-Type: multipart/mixed; boundary=q\n\n--q\n\nx\n' >cut.eml; tsujiban mail check cut.eml
tsujiban: cut.eml cannot be judged: Its form is broken (boundaries, types, or cut off); make the message anew.
[1]
$ : >empty.eml; tsujiban mail check empty.eml
tsujiban: empty.eml cannot be judged: Its headers are missing or too long; see whether the file is a message as it was saved.
[1]
$ LC_ALL=ja_JP.UTF-8 tsujiban mail check empty.eml
tsujiban: empty.emlは判断できません：ヘッダーがないか、長すぎます。メールをそのまま保存したファイルか確かめてください。
[1]
$ tsujiban mail check missing.eml
tsujiban: missing.eml cannot be read: No such file or directory
[1]
$ tsujiban mail check /dev/null
tsujiban: /dev/null is not a file; name a regular file
[1]
$ tsujiban mail check
tsujiban mail check: something is missing: FILE
Usage: tsujiban mail check [--config FILE] [--json] FILE
[2]
$ echo '{"line": "outer", "insde": []}' >bad.json; tsujiban mail check --config bad.json inside.eml
bad.json: "line" of the configuration is not known or has no good value; it may hold line (external or internal), inside (a list of domains, in small letters), open_addresses_max (0 to 1000), login (required or not-asked), system (its number in the register), report_to (an address) and scanner (the socket of clamd).
bad.json: "insde" of the configuration is not known or has no good value; it may hold line (external or internal), inside (a list of domains, in small letters), open_addresses_max (0 to 1000), login (required or not-asked), system (its number in the register), report_to (an address) and scanner (the socket of clamd).
[1]
$ echo '{"line": ' >broken.json; tsujiban mail check --config broken.json inside.eml
broken.json:2:1: not well-formed JSON: unexpected token near end of file
[1]
