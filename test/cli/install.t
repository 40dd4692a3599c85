# an installation and its first administrator
$ tsujiban init --data a --name 試験県警察 --name-en Shiken --origin shiken.example/main
The installation is made.
.
First administrator: admin
One-time code:       ONE-TIME-CODE
.
Open /reset on the pages and set a password with this code. It is shown once and valid for 24 hours.
$ find a -name '*.key' -printf '%m %f\n'
600 ledger.key
$ find a -maxdepth 0 -printf '%m\n'
700
$ tsujiban ledger verify --data a
1 shards, 3 entries, 0 records: sound

# where there is no room that is what is said
$ (trap '' XFSZ; ulimit -f 64; tsujiban init --data f --name 試験県警察)
"f" cannot be made: No space left on device
tsujiban: no installation was made
[1]

# a second time nothing is changed
$ cp a/keys/ledger.key key
$ tsujiban init --data a --name 別の県警察
"a/keys/ledger.key" exists already; a new installation needs a directory of its own
tsujiban: there is an installation already; nothing was changed
[1]
$ cmp key a/keys/ledger.key
$ tsujiban ledger verify --data a
1 shards, 3 entries, 0 records: sound

# names that cannot be
$ tsujiban init --data b --name 試験 --origin 'with space'
"with space" cannot name a ledger; letters, digits, '.', '-' and inner '/' are allowed
tsujiban: no installation was made
[1]
$ tsujiban init --data b --name 試験 --origin a+b
"a+b" cannot name a ledger; letters, digits, '.', '-' and inner '/' are allowed
tsujiban: no installation was made
[1]
$ ls b
ls: cannot access 'b': No such file or directory
[2]

# a directory that cannot be made
$ touch file
$ tsujiban init --data file/b --name 試験
file/b: cannot create the directory: Not a directory
tsujiban: no installation was made
[1]

# a damaged key
$ echo secret > a/keys/ledger.key
$ tsujiban ledger checkpoint --data a
"a/keys/ledger.key" is not a signing key; 64 hexadecimal digits are wanted
tsujiban: the keeper ends
no keeper answers for "a": it did not start
tsujiban: nothing was changed
[1]
$ rm a/keys/ledger.key
$ tsujiban ledger checkpoint --data a
a/keys/ledger.key: there is no such file
tsujiban: the keeper ends
no keeper answers for "a": it did not start
tsujiban: nothing was changed
[1]
$ cp key a/keys/ledger.key
$ tsujiban ledger checkpoint --data a | head -1
shiken.example/main/YEAR

# the environment names the installation
$ TSUJIBAN_DATA=a tsujiban ledger verify
1 shards, 3 entries, 0 records: sound

# a code takes two: the console proposes, an administrator approves on the pages
$ tsujiban account code --data a admin
proposed: a code for admin
An administrator approves it on the pages, at /admin/accounts, and is shown the code.
$ tsujiban account code --data a nobody
tsujiban: There is no such account, session or proposal.
[1]
