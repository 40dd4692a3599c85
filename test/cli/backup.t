# a backup is two files
$ tsujiban demo --no-serve --pack "$TREE/test/unit/engine-pack" --story a-loan --data a >/dev/null 2>&1
$ tsujiban backup --data a b | sed 's/of 20[0-9-]*,/of DAY,/'
b
b.vault
Keep the vault apart: together with it they open everything. The signing key (keys/ledger.key) is in none of them.
Destroy them at the end of DAY, or write them anew by --forget: certificates of disposal say that no copy is older.
$ ls b b.vault
b
b.vault
$ tsujiban ledger export --data a --out ax && tsujiban ledger export --data a --out ax-records --records >/dev/null
exported to ax; check it with: tsujiban-fsck ax
$ tsujiban backup --data a b
"b" or its vault exists already; name a new file
tsujiban: no backup was written
[1]
$ tsujiban backup --data a no/such/place
"no/such/place.vault.part" cannot be made: No such file or directory
tsujiban: no backup was written
[1]

# an older one anew, without what was destroyed since: here nothing was
$ tsujiban backup --data a --forget b anew
anew
anew.vault
0 keys that were destroyed since are not in it. Now wipe "b" and what lies beside it: tsujiban wipe
$ tsujiban backup --data a --forget b anew
"anew" or its vault exists already; name a new file
tsujiban: no backup was written
[1]
$ tsujiban backup --data a --forget none other
"none" or "none.vault" is missing
tsujiban: no backup was written
[1]
$ tsujiban init --data empty --name 試験 --name-en Test --origin other.example/main >/dev/null
$ tsujiban backup --data empty --forget b other
"b": it is a backup of another installation, or younger than this one
tsujiban: no backup was written
[1]
$ rm -r anew anew.vault empty

# restored elsewhere, everything is the same
$ mkdir -p c/keys && cp a/keys/ledger.key c/keys/
$ tsujiban restore --data c b
restored and verified: 1 shards, 37 entries, 5 records
Before two administrators have looked at it on the page /admin/restored, nothing leaves it but by pages up to confidentiality 2 and notices.
$ tsujiban ledger export --data c --out cx >/dev/null

# nothing of it leaves before two administrators have looked
$ tsujiban ledger export --data c --out cx-records --records; ls cx-records
tsujiban: This was restored from a backup. Before two administrators have looked at it, on the page "After a restore", nothing leaves but by pages up to confidentiality 2 and notices.
ls: cannot access 'cx-records': No such file or directory
[2]
$ tsujiban backup --data c shut; ls shut
tsujiban: This was restored from a backup. Before two administrators have looked at it, on the page "After a restore", nothing leaves but by pages up to confidentiality 2 and notices.
ls: cannot access 'shut': No such file or directory
[2]
$ "$TREE/test/cli/look-restored" c a/demo-accounts.txt
one looks 200 shut
again 403 shut
another looks 200 open
$ tsujiban ledger export --data c --out cx-records --records >/dev/null
$ diff -r ax cx && diff -r ax-records/records cx-records/records

# without its key a copy is only for reading
$ tsujiban restore --data r b
restored and verified: 1 shards, 37 entries, 5 records
Put the signing key into r/keys/ledger.key before anything is entered here.
Before two administrators have looked at it on the page /admin/restored, nothing leaves it but by pages up to confidentiality 2 and notices.
$ tsujiban ledger verify --data r
1 shards, 37 entries, 5 records: sound
$ tsujiban ledger checkpoint --data r
r/keys/ledger.key: there is no such file
tsujiban: the keeper ends
no keeper answers for "r": it did not start
tsujiban: nothing was changed
[1]

# it goes on from there
$ tsujiban force import --data c "$TREE/test/unit/engine-pack/force"
7 persons are in the force now
$ tsujiban ledger verify --data c
1 shards, 49 entries, 5 records: sound

# what the first place did after the backup is not known to it, and so not destroyed
$ tsujiban force import --data a "$TREE/test/unit/engine-pack/force" >/dev/null
$ for i in 1 2 3 4 5 6 7 8; do tsujiban force import --data c "$TREE/test/unit/engine-pack/force"; done >/dev/null
$ tsujiban backup --data a later >/dev/null
$ tsujiban backup --data c --forget later other
"later": after it this installation was restored and went another way; what is not here was not destroyed
tsujiban: no backup was written
[1]
$ tsujiban backup --data c --forget b other
other
other.vault
0 keys that were destroyed since are not in it. Now wipe "b" and what lies beside it: tsujiban wipe
$ rm -r later later.vault other other.vault

# not over another one, and not from what is none
$ tsujiban restore --data c b
"c/tsujiban.db" exists already; name an empty place
tsujiban: nothing was restored
[1]
$ tsujiban restore --data d nowhere
"nowhere.vault" does not exist; a backup is two files
tsujiban: nothing was restored
[1]
$ echo none > none
$ tsujiban restore --data d none
"none.vault" does not exist; a backup is two files
tsujiban: nothing was restored
[1]
$ cp b e && cp b.vault e.vault && dd if=/dev/zero of=e bs=1 seek=20000 count=3000 conv=notrunc 2>/dev/null
$ tsujiban restore --data d e 2>/dev/null
[1]
$ tsujiban ledger verify --data d
there is no store: "d/tsujiban.db" does not exist
tsujiban: there is no installation in "d"; `tsujiban init` makes one
[1]

# where confidentiality 3 is held the operator is not enough, for a backup or for the ledger with its records
$ tsujiban demo --no-serve --pack "$TREE/test/unit/engine-pack" --story h-labels --data h >/dev/null 2>&1
$ tsujiban backup --data h hb 2>&1 | sed 's/[0-9-]* [0-9:]* an/TIME an/'
tsujiban: Records of confidentiality 3 are held, so a copy of everything takes two persons. Until TIME an administrator may approve COPY-2026-0001 by his own account, on the page "Whole copies"; then repeat this.
$ tsujiban backup --data h hb >/dev/null 2>&1; echo $?; ls hb*
3
ls: cannot access 'hb*': No such file or directory
[2]
$ tsujiban ledger export --data h --out hx --records >/dev/null 2>&1; echo $?; ls hx
3
ls: cannot access 'hx': No such file or directory
[2]
$ LC_ALL=ja_JP.UTF-8 tsujiban backup --data h hb 2>&1 | sed 's/。.*までに/。いつまでに/'
tsujiban: 機密性3の記録を含むため、全体の写しは二人で作ります。いつまでに、管理者が自分の利用者登録で「全体の写し」の画面からCOPY-2026-0001を承認した後、もう一度実行してください。
$ tsujiban backup --data h --standing 2020-01-01
tsujiban: The last day must lie within 366 days from today; write it as 2026-04-10.
[1]
$ tsujiban backup --data h --standing tomorrow
tsujiban: The last day must lie within 366 days from today; write it as 2026-04-10.
[1]
$ tsujiban ledger export --data h --out hx
exported to hx; check it with: tsujiban-fsck hx
