# a sound one
$ tsujiban demo --no-serve --pack "$TREE/test/unit/engine-pack" --story a-loan --data a >/dev/null 2>&1
$ tsujiban ledger verify --data a
1 shards, 36 entries, 5 records: sound
$ tsujiban ledger export --data a --out x --records
exported to x; check it with: tsujiban-fsck x
$ tsujiban-fsck x
checked: 1 shards, 37 entries, 1 tiles, 5 records, 2 commitments
note: signatures were held against the keys that lie in the export; --key names keys to trust
nothing wrong was found

# database: entry-altered
$ cp -r a t && "$TREE/test/cli/tamper" entry-altered t
$ tsujiban ledger verify --data t
shard 2026, entry 4: altered: its bytes do not have the hash that was entered
shard 2026: the entries do not have the root that was entered
1 shards, 37 entries, 5 records: DAMAGED
[1]
$ rm -r t

# database: entry-removed
$ cp -r a t && "$TREE/test/cli/tamper" entry-removed t
$ tsujiban ledger verify --data t
t/ledger/2026/checkpoint: rewritten: the first 37 entries of shard 2026 are not those it was signed over
shard 2026, entry 4: removed: there is no such entry
shard 2026: the entries do not have the root that was entered
record IT-2026-0001: the ledger does not know it
1 shards, 37 entries, 5 records: DAMAGED
[1]
$ rm -r t

# database: entry-reordered
$ cp -r a t && "$TREE/test/cli/tamper" entry-reordered t
$ tsujiban ledger verify --data t
t/ledger/2026/checkpoint: rewritten: the first 37 entries of shard 2026 are not those it was signed over
shard 2026, entry 4: reordered: it bears another number
shard 2026, entry 5: reordered: it bears another number
shard 2026: the entries do not have the root that was entered
1 shards, 37 entries, 5 records: DAMAGED
[1]
$ rm -r t

# database: entry-truncated
$ cp -r a t && "$TREE/test/cli/tamper" entry-truncated t
$ tsujiban ledger verify --data t
t/ledger/2026/checkpoint: rewritten: the first 37 entries of shard 2026 are not those it was signed over
shard 2026, entry 36: removed: there is no such entry
shard 2026: the entries do not have the root that was entered
1 shards, 37 entries, 5 records: DAMAGED
[1]
$ rm -r t

# database: record-altered
$ cp -r a t && "$TREE/test/cli/tamper" record-altered t
$ tsujiban ledger verify --data t
record IT-2026-0001 (Items), 2026-04-01 09:00, number: altered: register says L-9, ledger proves L-1
1 shards, 37 entries, 5 records: DAMAGED
[1]
$ rm -r t

# database: state-altered
$ cp -r a t && "$TREE/test/cli/tamper" state-altered t
$ tsujiban ledger verify --data t
record LO-2026-0001 (Loans), 2026-04-09 09:00, state: altered: register says refused, ledger proves permitted
1 shards, 37 entries, 5 records: DAMAGED
[1]
$ rm -r t

# Where lists look for the first record.
$ cp -r a t && "$TREE/test/cli/tamper" list-altered t
$ tsujiban ledger verify --data t
record LO-2026-0001: altered: it lies before the first one that lists look for
1 shards, 37 entries, 5 records: DAMAGED
[1]
$ rm -r t

# database: record-removed
$ cp -r a t && "$TREE/test/cli/tamper" record-removed t
$ tsujiban ledger verify --data t
record US-2026-0001: removed: entry 2026/13 cites it
1 shards, 37 entries, 4 records: DAMAGED
[1]
$ rm -r t

# database: sealed-altered
$ cp -r a t && "$TREE/test/cli/tamper" sealed-altered t
$ tsujiban ledger verify --data t
record LO-2026-0001, field note: altered: the sealed value does not open
record LO-2026-0001, field owner: altered: the sealed value does not open
1 shards, 37 entries, 5 records: DAMAGED
[1]
$ rm -r t

# database: sealed-removed
$ cp -r a t && "$TREE/test/cli/tamper" sealed-removed t
$ tsujiban ledger verify --data t
record LO-2026-0001, field owner: removed: there is no value, but nothing disposed of the record
1 shards, 37 entries, 5 records: DAMAGED
[1]
$ tsujiban ledger export --data t --out tx --records >/dev/null && tsujiban-fsck tx
record loans/LO-2026-0001.json: bad commitment: field owner: it is erased, but no entry disposed of the record
checked: 1 shards, 38 entries, 1 tiles, 5 records, 1 commitments
note: signatures were held against the keys that lie in the export; --key names keys to trust
1 findings
[1]
$ rm -r t tx

# export: x-entry-altered
$ cp -r x t && "$TREE/test/cli/tamper" x-entry-altered t
$ tsujiban-fsck t
shard 2026: altered entry: entry 4 does not have the hash that the tree holds for it
checked: 1 shards, 37 entries, 1 tiles, 5 records, 2 commitments
note: signatures were held against the keys that lie in the export; --key names keys to trust
1 findings
[1]
$ rm -r t

# export: x-entry-removed
$ cp -r x t && "$TREE/test/cli/tamper" x-entry-removed t
$ tsujiban-fsck t
shard 2026: removed entry: entry 4 is not there
record items/IT-2026-0001.json: unknown record: no entry speaks of it
checked: 1 shards, 36 entries, 1 tiles, 5 records, 2 commitments
note: signatures were held against the keys that lie in the export; --key names keys to trust
2 findings
[1]
$ rm -r t

# export: x-entry-reordered
$ cp -r x t && "$TREE/test/cli/tamper" x-entry-reordered t
$ tsujiban-fsck t
shard 2026: reordered entry: entry 4 stands in place 5
checked: 1 shards, 37 entries, 1 tiles, 5 records, 2 commitments
note: signatures were held against the keys that lie in the export; --key names keys to trust
1 findings
[1]
$ rm -r t

# export: x-entry-truncated
$ cp -r x t && "$TREE/test/cli/tamper" x-entry-truncated t
$ tsujiban-fsck t
shard 2026: truncated: the checkpoint counts 37 entries, those here end before entry 36
checked: 1 shards, 36 entries, 1 tiles, 5 records, 2 commitments
note: signatures were held against the keys that lie in the export; --key names keys to trust
1 findings
[1]
$ rm -r t

# export: x-record-altered
$ cp -r x t && "$TREE/test/cli/tamper" x-record-altered t
$ tsujiban-fsck t
record items/IT-2026-0001.json: altered record: the file is not the one that the manifest lists
record items/IT-2026-0001.json: altered record: it does not have the digest that entry 4 of 2026 gives
checked: 1 shards, 37 entries, 1 tiles, 5 records, 2 commitments
note: signatures were held against the keys that lie in the export; --key names keys to trust
2 findings
[1]
$ rm -r t

# export: x-record-removed
$ cp -r x t && "$TREE/test/cli/tamper" x-record-removed t
$ tsujiban-fsck t
records: missing record: "US-2026-0001", last changed by entry 13 of 2026
records: missing record: the manifest lists users/US-2026-0001.json, which is not there
checked: 1 shards, 37 entries, 1 tiles, 4 records, 2 commitments
note: signatures were held against the keys that lie in the export; --key names keys to trust
2 findings
[1]
$ rm -r t

# export: x-personal-altered
$ cp -r x t && "$TREE/test/cli/tamper" x-personal-altered t
$ tsujiban-fsck t
record loans/LO-2026-0001.json: altered record: the file is not the one that the manifest lists
record loans/LO-2026-0001.json: bad commitment: field owner: its value or salt is not what entry 21 of 2026 committed to
record loans/LO-2026-0001.json: altered record: it does not have the digest that entry 33 of 2026 gives
checked: 1 shards, 37 entries, 1 tiles, 5 records, 2 commitments
note: signatures were held against the keys that lie in the export; --key names keys to trust
3 findings
[1]
$ rm -r t

# export: checkpoint-altered
$ cp -r x t && "$TREE/test/cli/tamper" checkpoint-altered t
$ tsujiban-fsck t
shard 2026: bad signature: the checkpoint was altered or signed by another key than shiken.example/demonstration/YEAR
shard 2026: truncated: the checkpoint counts 36 entries, those here end before entry 0
shard 2026: wrong root: neither the entries nor the tiles give the root that the checkpoint states
shard 2026: truncated: tile/0/000.p/37 reaches beyond the 36 entries that the checkpoint counts
shard 2026: truncated: tile/entries/000.p/37 reaches beyond the 36 entries that the checkpoint counts
record copies/CP-2026-0001.json: unknown record: no entry speaks of it
record items/IT-2026-0001.json: unknown record: no entry speaks of it
record items/IT-2026-0002.json: unknown record: no entry speaks of it
record loans/LO-2026-0001.json: unknown record: no entry speaks of it
record users/US-2026-0001.json: unknown record: no entry speaks of it
checked: 1 shards, 0 entries, 0 tiles, 5 records, 2 commitments
note: signatures were held against the keys that lie in the export; --key names keys to trust
10 findings
[1]
$ rm -r t

# what was published beside the database is held against it, too
$ tsujiban ledger checkpoint --data a >/dev/null
$ cp -r a t && "$TREE/test/cli/tamper" checkpoint-altered t/ledger
$ tsujiban ledger verify --data t
t/ledger/2026/checkpoint: altered checkpoint: it is none, or its signature is not the ledger's
1 shards, 37 entries, 5 records: DAMAGED
[1]
$ rm -r t

# what was published is missed
$ cp -r a t && "$TREE/test/cli/tamper" checkpoint-removed t/ledger
$ tsujiban ledger verify --data t
t/ledger/2026/checkpoint: missing checkpoint: it cannot be read
1 shards, 37 entries, 5 records: DAMAGED
[1]
$ rm -r t
$ cp -r a t && "$TREE/test/cli/tamper" key-removed t/ledger
$ tsujiban ledger verify --data t
t/ledger/2026/key: missing key: it cannot be read
1 shards, 37 entries, 5 records: DAMAGED
[1]
$ rm -r t

# a shorter ledger, signed again by whoever holds the key, is found by a checkpoint kept elsewhere
$ tsujiban backup --data a old >/dev/null
$ tsujiban force import --data a "$TREE/test/unit/engine-pack/force"
7 persons are in the force now
$ tsujiban ledger checkpoint --data a > kept
$ tsujiban ledger verify --data a --since kept
1 shards, 39 entries, 5 records: sound
$ mkdir -p s/keys && cp a/keys/ledger.key s/keys/
$ tsujiban restore --data s old
restored and verified: 1 shards, 38 entries, 5 records
Before two administrators have looked at it on the page /admin/restored, nothing leaves it but by pages up to confidentiality 2 and notices.
$ tsujiban ledger verify --data s
1 shards, 38 entries, 5 records: sound
$ tsujiban ledger verify --data s --since kept
kept: truncated: it was signed over 39 entries, shard 2026 has 38
1 shards, 38 entries, 5 records: DAMAGED
[1]
$ tsujiban ledger export --data s --out sx >/dev/null && tsujiban-fsck --since kept sx
shard 2026: truncated: the older checkpoint kept counts 39 entries, this one only 38
checked: 1 shards, 38 entries, 1 tiles, 1 older checkpoints
note: signatures were held against the keys that lie in the export; --key names keys to trust
1 findings
[1]

# the same size again, but with other entries
$ tsujiban pack propose --data s "$TREE/regulations/patrol" | sed 's/: .*//;2d'
proposed
$ tsujiban ledger verify --data s --since kept
kept: rewritten: the first 39 entries of shard 2026 are not those it was signed over
1 shards, 39 entries, 5 records: DAMAGED
[1]
$ tsujiban ledger export --data s --out sy >/dev/null && tsujiban-fsck --since kept sy
shard 2026: rewritten: the first 39 entries are not those that the older checkpoint kept was signed over
checked: 1 shards, 39 entries, 1 tiles, 1 older checkpoints
note: signatures were held against the keys that lie in the export; --key names keys to trust
1 findings
[1]

# a checkpoint that is none
$ echo none > none
$ tsujiban ledger verify --data a --since none
none: altered checkpoint: it is none, or its signature is not the ledger's
1 shards, 39 entries, 5 records: DAMAGED
[1]
$ tsujiban ledger verify --data a --since nowhere
nowhere: there is no such file
tsujiban: the ledger could not be read: No such file or directory
[1]
