# a pack is offered
$ tsujiban init --data a --name 試験県警察 --origin shiken.example/main >/dev/null
$ tsujiban pack list --data a
$ tsujiban pack propose --data a "$TREE/test/unit/engine-pack"
proposed: HASH64
An administrator adopts it on the pages, at /admin/packs.
$ tsujiban pack list --data a
HASH64 kit 2026-01-01..2027-12-31 proposed

# the same once more is no second one
$ tsujiban pack propose --data a "$TREE/test/unit/engine-pack"
tsujiban: The very same pack has been proposed already.
[1]
$ tsujiban pack list --data a
HASH64 kit 2026-01-01..2027-12-31 proposed

# which scenarios show which clauses, taken in anew for a text that is there
$ tsujiban pack scenarios --data a "$TREE/test/unit/engine-pack"
22 scenarios show clauses of kit
$ tsujiban pack scenarios --data a "$TREE/regulations/patrol"
tsujiban: No such pack has been proposed.
[1]

# a wrong one is refused whole, every problem named, and what is there stays
$ cp -r "$TREE/test/unit/engine-pack" bad
$ chmod -R u+w bad
$ sed -i 's/to: kept/to: gone/' bad/procedures/item.yaml
$ sed -i 's/type: number/type: numbr/' bad/registers/items.yaml
$ tsujiban pack propose --data a bad
registers/items.yaml:12:51: "numbr" is not known as type; write one of text, long-text, number, flag, choice, day, month, instant, duration, person, unit, post, record, label, file, url, account, digest, secret, checklist, group, list
tsujiban: the pack is refused whole; what is in force stays
[1]
$ tsujiban pack propose --data a nowhere
nowhere: there is no such folder; name the folder of a directive
tsujiban: the pack is refused whole; what is in force stays
[1]
$ tsujiban pack list --data a
HASH64 kit 2026-01-01..2027-12-31 proposed
$ tsujiban ledger verify --data a
1 shards, 5 entries, 0 records: sound
