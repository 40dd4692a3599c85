# each pack of the program shows a story of its own, whose records the ledger bears out
$ for p in handling intelligence organisation patrol; do tsujiban demo --no-serve --pack "$TREE/regulations/$p" --data $p 2>/dev/null | head -1; tsujiban ledger verify --data $p | sed 's/.*: //'; done
Who can sign in (login, password, name):
sound
Who can sign in (login, password, name):
sound
Who can sign in (login, password, name):
sound
Who can sign in (login, password, name):
sound

# an empty desk; a pack that shows none begins with one
$ tsujiban demo --no-serve --pack "$TREE/regulations/patrol" --story none --data empty >/dev/null 2>&1
$ tsujiban ledger verify --data empty | sed 's/.* \([0-9]* records\)/\1/'
0 records: sound
$ tsujiban demo --no-serve --pack "$TREE/test/unit/engine-pack" --data small >/dev/null 2>&1
$ tsujiban ledger verify --data small | sed 's/.* \([0-9]* records\)/\1/'
0 records: sound

# a story that is not there
$ tsujiban demo --no-serve --pack "$TREE/regulations/intelligence" --story c-none --data none 2>&1 | sed -n "2s/b-desk.*/b-desk/p"
the pack has no scenario "c-none"; --story takes none, a-imports, b-desk
