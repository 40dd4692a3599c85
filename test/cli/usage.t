# the program alone
$ tsujiban >/dev/null 2>&1
[2]
$ tsujiban 2>&1 | head -1
Usage: tsujiban COMMAND [OPTIONS]
$ tsujiban --help | head -3
Usage: tsujiban COMMAND [OPTIONS]
.
Commands:
$ tsujiban help | head -1
Usage: tsujiban COMMAND [OPTIONS]
$ tsujiban --version
tsujiban VERSION

# what shares values is asked of something
$ tsujiban intel related --data a --as person-a 2>&1 | head -1
tsujiban: intel related: name an object or a value, or --all

# every command has help, on standard output, and ends with 0
$ tsujiban --help | sed -n 's/^  \([a-z]*\( [a-z]*\)\{0,1\}\)   *.*/\1/p' | while read -r c; do tsujiban $c --help 2>/dev/null | grep -q "^Usage: tsujiban $c" && tsujiban $c --help >/dev/null || echo "no help: $c"; done
$ tsujiban account --help
Usage: tsujiban account COMMAND [OPTIONS]
.
Commands:
  account code           Propose a one-time code, which an administrator approves
.
`tsujiban COMMAND --help` tells more about one.
$ tsujiban '' --help
tsujiban: there is no command ""; `tsujiban --help` lists them
[2]
$ tsujiban init --help
Usage: tsujiban init [--data DIR] [--db URL] [--name TEXT] [--name-en TEXT] [--origin NAME] [--admin LOGIN] [--demonstration-clock INSTANT]
.
Make an empty installation and its first administrator
.
Options:
  --data DIR              directory of the installation (default: $TSUJIBAN_DATA)
  --db URL                postgresql://… (default: SQLite in the directory)
  --name TEXT             the force's name in Japanese
  --name-en TEXT          and in English
  --origin NAME           the ledger's name, "<force>/<installation>" (default tsujiban.example/main)
  --admin LOGIN           login of the first administrator (default admin)
  --demonstration-clock INSTANT tell time from this instant on; fixed for good
.
Exit status: 0 done, 1 failed or found something, 2 wrong usage, 3 forbidden, 4 not yet permitted.
$ tsujiban force import --help
Usage: tsujiban force import [--data DIR] [--db URL] DIR
.
Take in units, ranks, posts, persons and appointments from CSV files
.
Options:
  --data DIR              directory of the installation (default: $TSUJIBAN_DATA)
  --db URL                postgresql://… (default: SQLite in the directory)
.
Exit status: 0 done, 1 failed or found something, 2 wrong usage, 3 forbidden, 4 not yet permitted.
$ tsujiban force export --help
Usage: tsujiban force export [--data DIR] [--db URL] DIR
.
Write the force as CSV files
.
Options:
  --data DIR              directory of the installation (default: $TSUJIBAN_DATA)
  --db URL                postgresql://… (default: SQLite in the directory)
.
Exit status: 0 done, 1 failed or found something, 2 wrong usage, 3 forbidden, 4 not yet permitted.
$ tsujiban pack propose --help
Usage: tsujiban pack propose [--data DIR] [--db URL] DIR
.
Offer a pack for adoption by another person
.
Options:
  --data DIR              directory of the installation (default: $TSUJIBAN_DATA)
  --db URL                postgresql://… (default: SQLite in the directory)
.
Exit status: 0 done, 1 failed or found something, 2 wrong usage, 3 forbidden, 4 not yet permitted.
$ tsujiban pack scenarios --help
Usage: tsujiban pack scenarios [--data DIR] [--db URL] DIR
.
Take in anew which scenarios show which clauses of a pack
.
Options:
  --data DIR              directory of the installation (default: $TSUJIBAN_DATA)
  --db URL                postgresql://… (default: SQLite in the directory)
.
Exit status: 0 done, 1 failed or found something, 2 wrong usage, 3 forbidden, 4 not yet permitted.
$ tsujiban pack list --help
Usage: tsujiban pack list [--data DIR] [--db URL]
.
List the packs that were proposed and adopted
.
Options:
  --data DIR              directory of the installation (default: $TSUJIBAN_DATA)
  --db URL                postgresql://… (default: SQLite in the directory)
.
Exit status: 0 done, 1 failed or found something, 2 wrong usage, 3 forbidden, 4 not yet permitted.
$ tsujiban backup --help
Usage: tsujiban backup [--data DIR] [--db URL] [--forget OLD] [--standing DAY] [FILE]
.
Write a copy of the whole store: FILE, FILE.vault, FILE.files with contents of files, FILE.intel with threat intelligence
.
Options:
  --data DIR              directory of the installation (default: $TSUJIBAN_DATA)
  --db URL                postgresql://… (default: SQLite in the directory)
  --forget OLD            write the backup OLD anew as FILE, without keys and values that were destroyed since
  --standing DAY          copy nothing; ask that a second person agrees to every backup until the end of DAY
.
Exit status: 0 done, 1 failed or found something, 2 wrong usage, 3 forbidden, 4 not yet permitted.
$ tsujiban restore --help
Usage: tsujiban restore [--data DIR] [--db URL] FILE
.
Fill an empty place from FILE, FILE.vault, FILE.files and FILE.intel, and verify it
.
Options:
  --data DIR              directory of the installation (default: $TSUJIBAN_DATA)
  --db URL                postgresql://… (default: SQLite in the directory)
.
Exit status: 0 done, 1 failed or found something, 2 wrong usage, 3 forbidden, 4 not yet permitted.
$ tsujiban ledger verify --help
Usage: tsujiban ledger verify [--data DIR] [--db URL] [--since CHECKPOINT] [--files]
.
Re-derive the ledger and compare every record with it
.
Options:
  --data DIR              directory of the installation (default: $TSUJIBAN_DATA)
  --db URL                postgresql://… (default: SQLite in the directory)
  --since CHECKPOINT      file of a checkpoint kept elsewhere: the ledger must only have grown since
  --files                 also open and hash every file that a record names
.
Exit status: 0 done, 1 failed or found something, 2 wrong usage, 3 forbidden, 4 not yet permitted.
$ tsujiban ledger checkpoint --help
Usage: tsujiban ledger checkpoint [--data DIR] [--db URL]
.
Print the newest signed checkpoint
.
Options:
  --data DIR              directory of the installation (default: $TSUJIBAN_DATA)
  --db URL                postgresql://… (default: SQLite in the directory)
.
Exit status: 0 done, 1 failed or found something, 2 wrong usage, 3 forbidden, 4 not yet permitted.
$ tsujiban ledger prove --help
Usage: tsujiban ledger prove [--data DIR] [--db URL] YEAR/NUMBER
.
Print a receipt: the proof that one entry is in the ledger
.
Options:
  --data DIR              directory of the installation (default: $TSUJIBAN_DATA)
  --db URL                postgresql://… (default: SQLite in the directory)
.
Exit status: 0 done, 1 failed or found something, 2 wrong usage, 3 forbidden, 4 not yet permitted.
$ tsujiban ledger export --help
Usage: tsujiban ledger export [--data DIR] [--db URL] [--out DIR] [--records]
.
Write the ledger as files that an outsider can verify
.
Options:
  --data DIR              directory of the installation (default: $TSUJIBAN_DATA)
  --db URL                postgresql://… (default: SQLite in the directory)
  --out DIR               where to write: one folder a shard
  --records               with the records, their personal values and salts: keep it as carefully as the database
.
Exit status: 0 done, 1 failed or found something, 2 wrong usage, 3 forbidden, 4 not yet permitted.
$ tsujiban keeper --help
Usage: tsujiban keeper [--data DIR] [--db URL] [--starter]
.
Holds the signing key and performs every act (started by serve)
.
Options:
  --data DIR              directory of the installation (default: $TSUJIBAN_DATA)
  --db URL                postgresql://… (default: SQLite in the directory)
  --starter               descriptor 3 is the socket of who started it
.
Exit status: 0 done, 1 failed or found something, 2 wrong usage, 3 forbidden, 4 not yet permitted.

# wrong usage
$ tsujiban frobnicate
tsujiban: there is no command "frobnicate"; `tsujiban --help` lists them
[2]
$ tsujiban ledger
tsujiban: "ledger" needs one of: verify checkpoint prove export
[2]
$ tsujiban ledger frobnicate
tsujiban: "ledger" needs one of: verify checkpoint prove export
[2]
$ tsujiban ledger verify --frob
tsujiban ledger verify: unknown option --frob
Usage: tsujiban ledger verify [--data DIR] [--db URL] [--since CHECKPOINT] [--files]
[2]
$ tsujiban ledger verify --data
tsujiban ledger verify: a value must follow --data
Usage: tsujiban ledger verify [--data DIR] [--db URL] [--since CHECKPOINT] [--files]
[2]
$ tsujiban ledger verify --data a --data b
tsujiban ledger verify: given twice: --data
Usage: tsujiban ledger verify [--data DIR] [--db URL] [--since CHECKPOINT] [--files]
[2]
$ tsujiban ledger verify --data a b
tsujiban ledger verify: too much: b
Usage: tsujiban ledger verify [--data DIR] [--db URL] [--since CHECKPOINT] [--files]
[2]
$ tsujiban ledger prove --data a
tsujiban ledger prove: something is missing: YEAR/NUMBER
Usage: tsujiban ledger prove [--data DIR] [--db URL] YEAR/NUMBER
[2]
$ tsujiban ledger prove --data a seventeen
tsujiban: "seventeen" names no entry; write YEAR/NUMBER, as 2026/17
[2]
$ tsujiban ledger prove --data a 2026/-1
tsujiban: "2026/-1" names no entry; write YEAR/NUMBER, as 2026/17
[2]
$ tsujiban backup --data a
tsujiban: where to? name the FILE
[2]
$ tsujiban restore
tsujiban restore: something is missing: FILE
Usage: tsujiban restore [--data DIR] [--db URL] FILE
[2]
$ tsujiban force import --data a
tsujiban force import: something is missing: DIR
Usage: tsujiban force import [--data DIR] [--db URL] DIR
[2]
$ tsujiban regulation schema page
tsujiban: "page" is no kind of file; name one of directive, clauses, org, labels, register, procedure, form, scenario
[2]
$ tsujiban pack propose
tsujiban pack propose: something is missing: DIR
Usage: tsujiban pack propose [--data DIR] [--db URL] DIR
[2]
$ tsujiban ledger verify
tsujiban: which installation? give --data DIR or set TSUJIBAN_DATA
[2]
$ tsujiban ledger export --data a
tsujiban: where to? give --out DIR
[2]
$ tsujiban init --data a
tsujiban: the force needs a name: --name 試験県警察
[2]
$ tsujiban init --data a --name 試験 --admin 'no login'
tsujiban: "no login" is no login; 2 to 64 of a-z, 0-9, '.', '_' and '-' are allowed
[2]
$ tsujiban init --data a --name 試験 --demonstration-clock yesterday
tsujiban: "yesterday" is no instant; write 2026-04-10T09:00
[2]
$ ls

# an answer that cannot be written is no answer
$ tsujiban --help > /dev/full
tsujiban: the answer could not be written
[1]
$ tsujiban regulation schema clauses > /dev/full
tsujiban: the answer could not be written
[1]

# errors go to standard error
$ tsujiban ledger verify --data nowhere 2>/dev/null
[1]

# no installation
$ mkdir empty
$ for c in 'ledger verify' 'ledger checkpoint' 'ledger prove 2026/0' 'force import .' 'force export out' 'pack list' 'backup file' 'ledger export --out out'; do tsujiban $c --data empty; echo "$?"; done
there is no store: "empty/tsujiban.db" does not exist
tsujiban: there is no installation in "empty"; `tsujiban init` makes one
1
there is no store: "empty/tsujiban.db" does not exist
tsujiban: there is no installation in "empty"; `tsujiban init` makes one
1
there is no store: "empty/tsujiban.db" does not exist
tsujiban: there is no installation in "empty"; `tsujiban init` makes one
1
./appointments.csv: this file is missing; it is needed, if only with its first line
./persons.csv: this file is missing; it is needed, if only with its first line
./posts.csv: this file is missing; it is needed, if only with its first line
./ranks.csv: this file is missing; it is needed, if only with its first line
./units.csv: this file is missing; it is needed, if only with its first line
tsujiban: nothing was taken in
1
there is no store: "empty/tsujiban.db" does not exist
tsujiban: there is no installation in "empty"; `tsujiban init` makes one
1
there is no store: "empty/tsujiban.db" does not exist
tsujiban: there is no installation in "empty"; `tsujiban init` makes one
1
there is no store: "empty/tsujiban.db" does not exist
tsujiban: there is no installation in "empty"; `tsujiban init` makes one
1
there is no store: "empty/tsujiban.db" does not exist
tsujiban: there is no installation in "empty"; `tsujiban init` makes one
1
$ tsujiban ledger verify --data missing
there is no store: "missing/tsujiban.db" does not exist
tsujiban: there is no installation in "missing"; `tsujiban init` makes one
[1]
$ find empty
empty

# the second program
$ tsujiban-fsck
tsujiban-fsck: name one exported directory
usage: tsujiban-fsck DIR [--since CHECKPOINT]... [--key VKEYS] [--first YEAR]
[2]
$ tsujiban-fsck --frob here
tsujiban-fsck: unrecognized option '--frob'
usage: tsujiban-fsck DIR [--since CHECKPOINT]... [--key VKEYS] [--first YEAR]
[2]
$ tsujiban-fsck nowhere
tsujiban-fsck: nowhere cannot be read as a directory
[1]
$ tsujiban-fsck --help | head -1
usage: tsujiban-fsck DIR [--since CHECKPOINT]... [--key VKEYS] [--first YEAR]

# where the locale is Japanese, so is the console
$ LC_ALL=ja_JP.UTF-8 tsujiban force export --help
使い方：tsujiban force export [--data DIR] [--db URL] DIR
.
組織と職員を CSV ファイルに書き出す
.
オプション：
  --data DIR              環境のディレクトリ（既定は $TSUJIBAN_DATA）
  --db URL                postgresql://…（既定はディレクトリ内の SQLite）
.
終了状態：0 終わった、1 失敗又は指摘あり、2 使い方の誤り、3 禁止、4 まだ許可されていない
$ LC_ALL=ja_JP.UTF-8 tsujiban --help | LC_ALL=C grep -v '[^ -~]' | grep -c .
0
[1]
$ LC_ALL=ja_JP.UTF-8 tsujiban force export
tsujiban force export: 足りないものがあります： DIR
使い方：tsujiban force export [--data DIR] [--db URL] DIR
[2]
$ LC_ALL=ja_JP.UTF-8 tsujiban forse
tsujiban: コマンド「forse」はありません。`tsujiban --help` で一覧を示します
[2]
$ LC_ALL=ja_JP.UTF-8 tsujiban examine nowhere.pdf
tsujiban: nowhere.pdf を読めません：そのようなファイル又はディレクトリはありません
[1]
$ LC_ALL=en_GB.UTF-8 tsujiban examine nowhere.pdf
tsujiban: nowhere.pdf cannot be read: No such file or directory
[1]
