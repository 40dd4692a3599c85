# a ZIP whose name carries the label, opened by the password that was made
$ head -c 10240 /dev/zero | tr '\0' A >照会用一覧.csv
$ tsujiban seal --id KJ-0007 --confidentiality 2 --new-password word 照会用一覧.csv
SEALED  KJ-0007_機密性2（中）.zip  10426 bytes, sha256 HASH64
  inside  照会用一覧.csv  10240 bytes, sha256 HASH64
The password is in word; it goes another way than the file.
$ stat -c '%a %n' word
600 word
$ bsdtar --passphrase "$(cat word)" -xOf KJ-0007*.zip | cmp - 照会用一覧.csv && echo the same
the same
$ tsujiban seal --id KJ-0007 --confidentiality 2 --new-password another 照会用一覧.csv; ls another
KJ-0007_機密性2（中）.zip: There is something of this name already, and nothing is replaced. Choose another folder or take it away first.
ls: cannot access 'another': No such file or directory
[2]
$ tsujiban examine --scanner none --password-file word KJ-0007*.zip | head -1
NOT EXAMINABLE  KJ-0007_機密性2（中）.zip: no scanner answers; start clamd, or name its socket with --scanner

# wrong usage is told before anything is written
$ mkdir out
$ tsujiban seal --out out --confidentiality 2 照会用一覧.csv
tsujiban: seal: say by one of --password-file, --new-password, --receivers and --passphrase-file for whom it is
[2]
$ tsujiban seal --out out --new-password w 照会用一覧.csv
tsujiban: seal: name it by --confidentiality 1, 2 or 3 (and --id), or by --name
[2]
$ echo short >short
$ tsujiban seal --out out --name a.zip --password-file short 照会用一覧.csv
A password has at least 12 characters.
[1]
$ tsujiban seal --out out --name ../a.zip --password-file word 照会用一覧.csv
../a.zip: This name cannot be given: receivers' systems would not hold it as it stands. Use 1 to 255 bytes without path, control or invisible characters, or any of \ / : * ? " < > |.
[1]
$ tsujiban seal --out out --name "$(printf 'x%.0s' $(seq 300))" --password-file word 照会用一覧.csv 2>&1 | sed 's/x\{300\}/X/'
tsujiban: "X" makes no name that every receiver's system holds
$ tsujiban seal --out out --name a.zip --password-file word 照会用一覧.csv /dev/null
null: It cannot be read to its end, or is no file.
[1]
$ ls -A out

# a box for keys: its receiver opens it, nobody else does
$ tsujiban seal-key mine | head -2
mine
mine.pub  give this one to whoever seals for you:
$ tsujiban seal-key other >/dev/null
$ tsujiban seal --out out --id KJ-0007 --confidentiality 2 --receivers mine.pub 照会用一覧.csv
SEALED  KJ-0007_機密性2（中）.box  10599 bytes, sha256 HASH64
  inside  照会用一覧.csv  10240 bytes, sha256 HASH64
  manifest HASH64
$ mkdir in
$ tsujiban unseal --out in --key other out/*.box
KJ-0007_機密性2（中）.box: It was sealed for other keys, or with another passphrase.
[1]
$ head -c 10000 out/*.box >cut.box
$ tsujiban unseal --out in --key mine cut.box
cut.box: It was changed, cut short or added to on its way. Nothing was taken out; have it sent again.
[1]
$ ls -A in
$ tsujiban unseal --out in --key mine out/*.box
OPENED  KJ-0007_機密性2（中）.box
  out  照会用一覧.csv  10240 bytes, sha256 HASH64
  manifest HASH64
$ cmp in/照会用一覧.csv 照会用一覧.csv && echo the same
the same
# what was approved is cited by what was sealed, and whoever opens it holds the one against the other
$ mkdir by in2; tsujiban seal --json --out by --name b.box --receivers mine.pub --manifest $(printf %064d 7) 照会用一覧.csv >report; sed 's/.*"manifest":"\([0-9a-f]*\)".*/\1/' report >cited; head -c 139 by/b.box | tail -c 32 | od -An -tx1 | tr -d ' \n' >is; tr -d "\n" <cited | cmp - is
$ tsujiban unseal --out in2 --key mine --manifest $(printf %064d 8) by/b.box; ls -A in2
b.box: It was sealed by another approval than the one that was named. Nothing was taken out.
$ tsujiban unseal --out in2 --key mine --manifest $(printf %064d 7) by/b.box | tail -1
  approved by HASH64
$ tsujiban seal --out by --name c.zip --new-password word9 --manifest $(printf %064d 7) 照会用一覧.csv >/dev/null; python3 -c 'import zipfile; z = zipfile.ZipFile("by/c.zip"); print(z.comment.decode(), len(z.namelist()))'; bsdtar --passphrase "$(cat word9)" -xOf by/c.zip | cmp - 照会用一覧.csv && echo the same
tsujiban-approved HASH64 1
the same
$ tsujiban seal --out by --name d.zip --new-password word10 照会用一覧.csv >/dev/null; python3 -c 'import zipfile; print(zipfile.ZipFile("by/d.zip").comment)'
b''
$ tsujiban seal --out by --name c.box --receivers mine.pub --manifest 7 照会用一覧.csv
tsujiban: seal: --manifest takes the 64 hexadecimal digits that the act was approved by
[2]
$ echo 'tsujiban-public-key AAAA' >bad.pub; tsujiban seal --out out --name b.box --receivers bad.pub 照会用一覧.csv
tsujiban: bad.pub:1: this is no key; it is a line of the .pub file that `tsujiban seal-key` makes
[1]
$ tsujiban unseal --out in --key mine.pub out/*.box
tsujiban: mine.pub holds no secret key; name the file that `tsujiban seal-key` made
[1]
