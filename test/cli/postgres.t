# an installation on PostgreSQL
$ tsujiban init --data a --db "$PG1" --name 試験県警察 --origin shiken.example/main
The installation is made.
.
First administrator: admin
One-time code:       ONE-TIME-CODE
.
Open /reset on the pages and set a password with this code. It is shown once and valid for 24 hours.
$ tsujiban init --data b --db "$PG1" --name 試験県警察
tsujiban: there is an installation already; nothing was changed
[1]
$ tsujiban force import --data a --db "$PG1" "$TREE/test/unit/engine-pack/force"
7 persons are in the force now
$ tsujiban pack propose --data a --db "$PG1" "$TREE/test/unit/engine-pack"
proposed: HASH64
An administrator adopts it on the pages, at /admin/packs.
$ tsujiban pack list --data a --db "$PG1"
HASH64 kit 2026-01-01..2027-12-31 proposed
$ tsujiban ledger verify --data a --db "$PG1"
1 shards, 5 entries, 0 records: sound
$ tsujiban ledger prove --data a --db "$PG1" 2026/9999 2>&1 | sed 's/[0-9]\{4\}/YEAR/'
tsujiban: shard YEAR has entries 0 to 4

# from SQLite to PostgreSQL and back, by backups
$ tsujiban demo --no-serve --pack "$TREE/test/unit/engine-pack" --story a-loan --data s >/dev/null 2>&1
$ tsujiban backup --data s b1 >/dev/null
$ tsujiban ledger export --data s --out sx >/dev/null && tsujiban ledger export --data s --out sr --records >/dev/null
$ mkdir -p p/keys && cp s/keys/ledger.key p/keys/
$ tsujiban restore --data p --db "$PG2" b1
restored and verified: 1 shards, 37 entries, 5 records
Before two administrators have looked at it on the page /admin/restored, nothing leaves it but by pages up to confidentiality 2 and notices.
$ tsujiban ledger verify --data p --db "$PG2"
1 shards, 37 entries, 5 records: sound
$ tsujiban ledger export --data p --db "$PG2" --out px >/dev/null
$ tsujiban backup --data p --db "$PG2" shut; ls shut
tsujiban: This was restored from a backup. Before two administrators have looked at it, on the page "After a restore", nothing leaves but by pages up to confidentiality 2 and notices.
ls: cannot access 'shut': No such file or directory
[2]
$ "$TREE/test/cli/look-restored" p s/demo-accounts.txt "$PG2"
one looks 200 shut
again 403 shut
another looks 200 open
$ tsujiban ledger export --data p --db "$PG2" --out pr --records >/dev/null
$ diff -r sx px && diff -r sr/records pr/records
$ tsujiban-fsck pr
checked: 1 shards, 47 entries, 1 tiles, 5 records, 2 commitments
note: signatures were held against the keys that lie in the export; --key names keys to trust
nothing wrong was found
$ tsujiban backup --data p --db "$PG2" b2 | sed 's/of 20[0-9-]*,/of DAY,/'
b2
b2.vault
Keep the vault apart: together with it they open everything. The signing key (keys/ledger.key) is in none of them.
Destroy them at the end of DAY, or write them anew by --forget: certificates of disposal say that no copy is older.
$ mkdir -p q/keys && cp s/keys/ledger.key q/keys/
$ tsujiban restore --data q b2
restored and verified: 1 shards, 48 entries, 5 records
Before two administrators have looked at it on the page /admin/restored, nothing leaves it but by pages up to confidentiality 2 and notices.
$ tsujiban ledger export --data p --db "$PG2" --out p2 >/dev/null && tsujiban ledger export --data q --out qx >/dev/null
$ "$TREE/test/cli/look-restored" q s/demo-accounts.txt
one looks 200 shut
again 403 shut
another looks 200 open
$ tsujiban ledger export --data q --out qr --records >/dev/null
$ diff -r p2 qx && diff -r sr/records qr/records
$ tsujiban restore --data p --db "$PG2" b1
the database holds a store already; name an empty one
tsujiban: nothing was restored
[1]

# a database that is not there
$ tsujiban ledger verify --data a --db postgresql://127.0.0.1:1/none 2>/dev/null
[1]
$ tsujiban ledger checkpoint --data a --db "$PG3"
there is no store in this database
tsujiban: there is no installation in "a"; `tsujiban init` makes one
[1]
