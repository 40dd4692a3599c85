# checkpoint and proof
$ tsujiban demo --no-serve --pack "$TREE/test/unit/engine-pack" --story a-loan --data a >/dev/null 2>&1
$ tsujiban ledger checkpoint --data a
shiken.example/demonstration/YEAR
36
HASH44
.
— shiken.example/demonstration/YEAR SIGNATURE
$ tsujiban ledger prove --data a 2026/3 | sed -n '1,2p;/^$/,$p'
c2sp.org/tlog-proof@v1
index 3
.
shiken.example/demonstration/YEAR
36
HASH44
.
— shiken.example/demonstration/YEAR SIGNATURE
$ tsujiban ledger prove --data a 2026/9999
tsujiban: shard 2026 has entries 0 to 35
[1]
$ tsujiban ledger prove --data a 1999/0
tsujiban: There is no ledger of that year.
[1]

# an export is of one moment, and only what was asked for
$ tsujiban ledger export --data a --out x
exported to x; check it with: tsujiban-fsck x
$ find x -type f | sort
x/2026/checkpoint
x/2026/key
x/2026/tile/0/000.p/36
x/2026/tile/entries/000.p/36
$ tsujiban-fsck x
checked: 1 shards, 36 entries, 1 tiles
note: signatures were held against the keys that lie in the export; --key names keys to trust
nothing wrong was found
$ tsujiban-fsck --key x/2026/key x
checked: 1 shards, 36 entries, 1 tiles
nothing wrong was found
$ tsujiban ledger export --data a --out x --records
exported to x; check it with: tsujiban-fsck x
$ find x -type f -path '*records*' -printf '%m %P\n' | sort
600 records/copies/CP-2026-0001.json
600 records/items/IT-2026-0001.json
600 records/items/IT-2026-0002.json
600 records/loans/LO-2026-0001.json
600 records/manifest
600 records/users/US-2026-0001.json
$ tsujiban-fsck x
checked: 1 shards, 37 entries, 1 tiles, 5 records, 2 commitments
note: signatures were held against the keys that lie in the export; --key names keys to trust
nothing wrong was found
$ touch y
$ tsujiban ledger export --data a --out y
tsujiban: shard 2026 could not be exported
y/2026: cannot create the directory: Not a directory
[1]
