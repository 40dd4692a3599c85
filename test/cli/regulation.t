# each command tells what it is for
$ tsujiban regulation check --help
Usage: tsujiban regulation check [--no-mutation] [--from DAY] [--days N] DIR…
.
Prove that a directive is consistent, complete and noticed by its scenarios
.
Options:
  --no-mutation           do not take rules out to see whether scenarios notice
  --from DAY              first day of the roster check (default: today)
  --days N                how many days of it (default: 400)
.
Exit status: 0 done, 1 failed or found something, 2 wrong usage, 3 forbidden, 4 not yet permitted.
$ tsujiban regulation test --help
Usage: tsujiban regulation test [--db URL] [--scenario ID] DIR…
.
Play the scenarios of a directive
.
Options:
  --db URL                a directory, or an empty database with {} for each scenario's id in its URL (default: in memory)
  --scenario ID           only this one (and those that it comes after)
.
Exit status: 0 done, 1 failed or found something, 2 wrong usage, 3 forbidden, 4 not yet permitted.
$ tsujiban regulation mutate --help
Usage: tsujiban regulation mutate [--slice K/N] [--keep FILE] [--only RULE] DIR…
.
Take rules out one by one and tell which no scenario misses
.
Options:
  --slice K/N             every N-th rule from the K-th on (default: all)
  --keep FILE             read what is known already from it, and add what is found out
  --only RULE             only rules whose ids begin so, such as key-loans/apply#
.
Exit status: 0 done, 1 failed or found something, 2 wrong usage, 3 forbidden, 4 not yet permitted.
$ tsujiban regulation coverage --help
Usage: tsujiban regulation coverage [--tsv] [--compare] [--wording FILE] [--data DIR] [--db URL] [--as FORM] DIR…
.
Tell which rules and scenarios carry each clause
.
Options:
  --tsv                   one line a clause: id, status, rules, scenarios, reason
  --compare               in Japanese, what each clause says against what is done
  --wording FILE          with --compare, the official wording: ID, a tab, the wording
  --data DIR              with --compare, the installation whose books tell how long decisions took
  --db URL                its database, where that is not in the directory
  --as FORM               with --compare, its form: csv (default), or pdf or xlsx, of one directive
.
Exit status: 0 done, 1 failed or found something, 2 wrong usage, 3 forbidden, 4 not yet permitted.
$ tsujiban regulation diff --help
Usage: tsujiban regulation diff OLD NEW
.
Tell what an amended directive changes; exit status 1 when it changes something
.
Exit status: 0 done, 1 failed or found something, 2 wrong usage, 3 forbidden, 4 not yet permitted.
$ tsujiban regulation explain --help
Usage: tsujiban regulation explain [--as PERSON] [--do REG/STEP] [--on NAME] [--at INSTANT] [--scenario ID] [--with JSON] DIR
.
Tell whether a person may do something, and what would make it possible
.
Options:
  --as PERSON             who wants to do it: an id of the force
  --do REG/STEP           what: register and step
  --on NAME               the record that the scenario made under that name (default: a new one)
  --at INSTANT            when, such as 2026-04-10T10:00 (default: where the scenario ends)
  --scenario ID           play this scenario first
  --with JSON             what is typed: an object of fields
.
Exit status: 0 done, 1 failed or found something, 2 wrong usage, 3 forbidden, 4 not yet permitted.

# wrong usage
$ tsujiban regulation check
tsujiban regulation check: something is missing: DIR…
Usage: tsujiban regulation check [--no-mutation] [--from DAY] [--days N] DIR…
[2]
$ tsujiban regulation check --from yesterday "$TREE/test/pack/keys-2026"
tsujiban: --from is no day: "yesterday"; write it like 2026-04-01
[2]
$ tsujiban regulation check --days 0 "$TREE/test/pack/keys-2026"
tsujiban: --days is no number from 1 to 36525: "0"
[2]
$ tsujiban regulation mutate --slice 4/3 "$TREE/test/pack/keys-2026"
tsujiban: --slice is none: "4/3"; write K/N, as in 2/8, with N up to 1000 and K up to N
[2]
$ tsujiban regulation mutate --slice 2 "$TREE/test/pack/keys-2026"
tsujiban: --slice is none: "2"; write K/N, as in 2/8, with N up to 1000 and K up to N
[2]
$ tsujiban regulation mutate --only key-loans/fly "$TREE/test/pack/keys-2026"
tsujiban: no rule of "TREE/test/pack/keys-2026" begins with "key-loans/fly"; `regulation coverage --tsv` names them
[1]
$ tsujiban regulation mutate --keep nowhere/kept "$TREE/test/pack/keys-2026"
nowhere/kept: cannot be opened for writing: No such file or directory
tsujiban: what is kept in "nowhere/kept" cannot be used
[1]
$ tsujiban regulation diff "$TREE/test/pack/keys-2026"
tsujiban regulation diff: something is missing: OLD NEW
Usage: tsujiban regulation diff OLD NEW
[2]
$ tsujiban regulation explain "$TREE/test/pack/keys-2026"
tsujiban: regulation explain: who and what must be said: --as PERSON --do REG/STEP
[2]
$ tsujiban regulation explain "$TREE/test/pack/keys-2026" --as E --do key-loans
tsujiban: --do is not of the form REG/STEP: "key-loans"
[2]
$ tsujiban regulation explain "$TREE/test/pack/keys-2026" --as E --do key-loans/fly
tsujiban: --do names no step of the pack: "key-loans/fly"
[2]
$ tsujiban regulation explain "$TREE/test/pack/keys-2026" --as nobody --do key-loans/apply
tsujiban: --as names nobody of the force: "nobody"
[2]
$ tsujiban regulation explain "$TREE/test/pack/keys-2026" --as E --do key-loans/apply --scenario none
tsujiban: --scenario names none of the pack: "none"
[2]
$ tsujiban regulation explain "$TREE/test/pack/keys-2026" --as E --do key-loans/apply --at noon
tsujiban: --at is no instant: "noon"
[2]
$ tsujiban regulation explain "$TREE/test/pack/keys-2026" --as E --do key-loans/decide --on LOAN
tsujiban: --on names no record that the scenario made: "LOAN"
[2]
$ tsujiban regulation explain "$TREE/test/pack/keys-2026" --as E --do key-loans/apply --with '[1]'
tsujiban: --with is no JSON object: "[1]"
[2]
$ tsujiban regulation explain "$TREE/test/pack/keys-2026" --as E --do key-loans/apply --scenario b-loan --at 2026-04-01T00:00
tsujiban: --at lies before the end of the scenario: "2026-04-01T00:00"
[2]

# what is no directive is refused
$ tsujiban regulation check nowhere
nowhere: there is no such folder; name the folder of a directive
tsujiban: the pack "nowhere" is refused whole
[1]
$ tsujiban regulation test nowhere
nowhere: there is no such folder; name the folder of a directive
tsujiban: the pack "nowhere" is refused whole
0 passed, 0 failed
[1]
$ cp -r "$TREE/test/pack/keys-2026" bad && sed -i 's/from: \[applied\]/from: [aplied]/' bad/procedures/key-loans.yaml
$ tsujiban regulation coverage bad
bad/procedures/key-loans.yaml:53:12: "aplied" is not a state of the procedure key-loans; did you mean "applied"?
bad/procedures/key-loans.yaml:88:12: "aplied" is not a state of the procedure key-loans; did you mean "applied"?
tsujiban: the pack "bad" is refused whole
[1]
$ cp -r "$TREE/test/pack/keys-2026" badforce && sed -i '2s/,/,,,/' badforce/force/persons.csv
$ tsujiban regulation check --no-mutation badforce
badforce/force/persons.csv:2:1: this row has 9 cells; the first line names 7 columns
tsujiban: the pack "badforce" is refused whole
[1]

# the comparison for a request: what each clause says, in the official wording where there is one, against what is done
$ printf '# 正本から\nK-2.1\t鍵は、所属の長が管理する。\n' > wording
$ (cd "$TREE/test/pack" && tsujiban regulation coverage --compare --wording "$OLDPWD/wording" keys-2026) > compared; echo $?
0
$ head -2 compared | tr -d '\r'
条項番号,箇所,通達の定め,文言・要旨の別,実施の区分,本システムにおける実施,受入試験,理由
K-1,第1,要領の目的と文書番号,要旨,システムが記録する,規程の題名、日付、有効期間及び引用する規程,鍵を台帳に登載する,
$ grep -c '^K-' compared; grep -c '^K-2.1,第2の1,鍵は、所属の長が管理する。,文言,システムが強制する,"役割' compared
21
1
$ printf 'K-99\tない条項\n' > wording; tsujiban regulation coverage --compare --wording wording "$TREE/test/pack/keys-2026" 2>&1 | sed 's,.*/,,'
keys-2026 has no clause "K-99"; take its wording out of the file
$ tsujiban regulation coverage --tsv --compare "$TREE/test/pack/keys-2026"
tsujiban: --tsv and --compare are two forms, and --wording, --data and --as are for --compare
[2]
$ cd "$TREE/test/pack" && tsujiban regulation coverage --compare --as pdf keys-2026 >"$OLDPWD/compared.pdf" && cd - >/dev/null && pdftotext -layout compared.pdf - | grep -o 'K-2[.]1\|鍵を台帳に登載する' | sort -u
K-2.1
鍵を台帳に登載する
$ cd "$TREE/test/pack" && tsujiban regulation coverage --compare --as xlsx keys-2026 >"$OLDPWD/compared.xlsx" && cd - >/dev/null && unzip -p compared.xlsx xl/sharedStrings.xml | grep -c 'K-2.1'
1
$ tsujiban regulation coverage --compare --as odt "$TREE/test/pack/keys-2026"
tsujiban: --as takes csv, or for one directive pdf or xlsx, not "odt"
[2]

# may this person do this now?
$ cd "$TREE/test/pack" && tsujiban regulation explain keys-2026 --as E --do key-loans/apply --at 2026-05-01T10:00
2026-05-01 10:00 E key-loans/apply: allowed, once what the form asks is filled in; it asks unit, key, pieces, purpose, basis, starts_on, ends_on
$ cd "$TREE/test/pack" && tsujiban regulation explain keys-2026 --as F --do key-loans/apply --at 2026-05-01T10:00
2026-05-01 10:00 F key-loans/apply: forbidden by K-4.1
  forbidden: 操作者が所定の階級以上である、又は操作者が当直勤務中である (key-loans/apply#1; K-4.1)
      the person acting must have the rank named or a higher one; or the person acting must be on duty by the roster
[3]
$ cd "$TREE/test/pack" && tsujiban regulation explain keys-2026 --as E --do key-loans/apply --scenario a-register --with '{"pieces": "2", "purpose": "documents", "ends_on": "2026-04-07"}'
2026-04-06 09:00 E key-loans/apply: invalid
  key: 選んでください
      must be chosen
[1]
$ cd "$TREE/test/pack" && tsujiban regulation explain keys-2026 --as C --do keys/order-spares --scenario a-register --on KEY1
2026-04-06 09:00 C keys/order-spares on KG-2026-0001: forbidden by K-2.1, K-3.2
  forbidden: 「所属」の鍵管理者が「合鍵を作る」を行う (keys/order-spares@by; K-2.1)
      Key manager of "Unit" must do this: Have spare keys made
  not-yet: 管理課長が合鍵の本数を定める (keys/order-spares#1; K-3.2)
      The head of the Administration Division settles the number
[3]
$ cd "$TREE/test/pack" && tsujiban regulation explain keys-2026 --as A --do keys/order-spares --scenario a-register --on KEY1
2026-04-06 09:00 A keys/order-spares on KG-2026-0001: not-yet by K-3.2
  not-yet: 管理課長が合鍵の本数を定める (keys/order-spares#1; K-3.2)
      The head of the Administration Division settles the number
[4]
$ cd "$TREE/test/pack" && tsujiban regulation explain keys-2026 --as B --do key-loans/decide --scenario b-loan --on LATER
2026-04-13 09:00 B key-loans/decide on KL-2026-0002: forbidden by K-2.2, K-4.2
  forbidden: 状態が「申請中」のときに行う（今は「取下げ」） (key-loans/decide@state; K-2.2)
      the record must be in state "Applied" (now it is "Withdrawn")
  forbidden: 同じ件で所属の職員として関わった者以外が行う (key-loans/decide@separate.1; K-4.2)
      another person than the one who acted in this case as Member of the unit must do this
  forbidden: 同じ件で所属の職員として関わった者以外が行う (key-loans/decide@separate.2; K-4.2)
      another person than the one who acted in this case as Member of the unit must do this
[3]

# a pack is played in a place that is named, too
$ cp -r "$TREE/test/pack/keys-2026" keys
$ tsujiban regulation test --scenario b-loan --db "$HERE/db" keys && ls db
ok   b-loan: A loan and its return
80 passed, 0 failed
b-loan
$ tsujiban regulation test --scenario b-loan --db "$HERE/db" keys
"HERE/db/b-loan/tsujiban.db" exists already; name an empty place
tsujiban: the scenario "b-loan" stopped at the store or the ledger (-17)
0 passed, 0 failed
[1]
$ tsujiban regulation test --scenario none keys
tsujiban: no scenario was played; a pack without scenarios shows nothing
0 passed, 0 failed
[1]

# nothing would come to somebody who is not there
$ sed 's/no-notice, to: A, about: key-loans.decide/no-notice, to: AA, about: key-loans\/decide/' keys/scenarios/b-loan.yaml >b-loan.yaml
$ cp keys/scenarios/b-loan.yaml good.yaml
$ cp b-loan.yaml keys/scenarios/b-loan.yaml
$ tsujiban regulation test --scenario b-loan keys
keys/scenarios/b-loan.yaml:26: there is no person "AA" in the force
FAIL b-loan: A loan and its return
79 passed, 1 failed
[1]
$ cp good.yaml keys/scenarios/b-loan.yaml

# so many notices and no more
$ sed -i 's/to: E, about: key-loans.decide, on: 2026-04-06/&, count: 2/' keys/scenarios/b-loan.yaml
$ tsujiban regulation test --scenario b-loan keys
keys/scenarios/b-loan.yaml:25: expected 2 notices about key-loans/decide to E on 2026-04-06, got 1
FAIL b-loan: A loan and its return
79 passed, 1 failed
[1]
$ cp good.yaml keys/scenarios/b-loan.yaml

# nothing stands in a record that an empty field should name
$ sed -i 's/on: $LOAN, state: decided, fields: {.*}, clauses/on: $LOAN.showing, clauses/' keys/scenarios/b-loan.yaml
$ tsujiban regulation test --scenario b-loan keys
keys/scenarios/b-loan.yaml:24: expected KL-2026-0001.showing to name a record, got none
FAIL b-loan: A loan and its return
79 passed, 1 failed
[1]
$ cp good.yaml keys/scenarios/b-loan.yaml

# rules taken out in two slices, and what both kept
$ tsujiban regulation mutate --slice 1/2 --keep one "$TREE/test/unit/engine-pack-beside" 2>&1 | grep '^gate: '
gate: slice 1 of 2: 5 mutants, 3 noticed, 2 unnoticed by a clause, 0 unreadable; 8 scenarios played
$ tsujiban regulation mutate --slice 2/2 --keep two "$TREE/test/unit/engine-pack-beside" 2>&1 | grep '^gate: '
gate: slice 2 of 2: 6 mutants, 4 noticed, 2 unnoticed by a clause, 0 unreadable; 7 scenarios played
$ cat one two > both
$ tsujiban regulation mutate --keep both "$TREE/test/unit/engine-pack-beside" 2>&1 | grep '^gate: '
gate: 11 mutants, 7 noticed, 4 unnoticed by a clause, 0 unreadable; 1 enforced clauses with scenarios, 0 unproved; 0 scenarios played
$ echo 'loans passed' > both
$ tsujiban regulation mutate --keep both "$TREE/test/pack/keys-2026"
both:1:1: this line has not four fields; a line is KEY, SCENARIO, RULE and OUTCOME with tabs between
tsujiban: what is kept in "both" cannot be used
[1]

# some rules alone, and what they kept
$ tsujiban regulation mutate --only "key-loans/apply#" --keep some "$TREE/test/pack/keys-2026" 2>&1 | grep '^keys: '
keys: 7 mutants, 7 noticed, 0 unnoticed by a clause, 0 unreadable; 19 scenarios played
$ tsujiban regulation mutate --only "key-loans/apply#" --keep some "$TREE/test/pack/keys-2026" 2>&1 | grep '^keys: '
keys: 7 mutants, 7 noticed, 0 unnoticed by a clause, 0 unreadable; 0 scenarios played

# a scenario that expects something else
$ sed -i '0,/forbidden: \[K-4.1\]/s//forbidden: [K-4.3]/' keys/scenarios/b-loan.yaml
$ tsujiban regulation test --scenario b-loan keys
keys/scenarios/b-loan.yaml:7: expected forbidden [K-4.3], got forbidden [K-4.1] by [key-loans/apply#1]
FAIL b-loan: A loan and its return
79 passed, 1 failed
[1]
$ tsujiban regulation check keys 2>&1 | grep -v '^keys: '
keys/scenarios/b-loan.yaml:1:1: the scenario b-loan fails as the pack is, so that it proves nothing; see `regulation test`

# equal texts
$ tsujiban regulation diff "$TREE/test/pack/keys-2026" "$TREE/test/pack/keys-2026"
0 lines, 0 changed decisions

# what the program itself works with has to have what it works with
$ cp -r "$TREE/regulations/intelligence" worked; sed -i 's/required: yes, index: yes/index: no/; s/^label_from.*$//; s/type: number, required/type: text, plain: yes, required/' worked/registers/intel-links.yaml; sed -i 's/to: rejected/to: confirmed/; s/b_in, class, //' worked/procedures/intel-links.yaml
$ tsujiban regulation check --no-mutation worked 2>&1 | grep -E 'asks|leads to|holds|looked up|may read'
worked/procedures/intel-links.yaml:13:5: "confirm" asks "b_in"
worked/procedures/intel-links.yaml:13:5: "confirm" asks "class"
worked/procedures/intel-links.yaml:23:5: "reject" leads to the state "rejected"
worked/procedures/intel-links.yaml:23:5: "reject" asks "b_in"
worked/procedures/intel-links.yaml:23:5: "reject" asks "class"
worked/registers/intel-links.yaml:1:1: what holds intel-links has label_from: {confidentiality: [class], records: [a_in, b_in]}
worked/registers/intel-links.yaml:13:5: "a" is looked up: index: yes
worked/registers/intel-links.yaml:15:5: "b" is looked up: index: yes
worked/registers/intel-links.yaml:18:5: what holds intel-links has a field "strength" of another type, or none; see the manual page of the language, section 6

# what lies in quarantine is handed out when a step has let it out
$ cp -r "$TREE/test/fail/collect-pack" kept; for w in registers procedures; do sed -E 's/holds: staff/holds: gatherer/; s/^label: .*/label: gathered/; s/^readable: .*/readable: everybody/; s/clauses: \[[^]]*\]/clauses: [C-1]/; /^(reads|retention):/d' "$TREE/regulations/handling/$w/quarantined-files.yaml" >kept/$w/quarantined-files.yaml; done
$ sed -i 's/^files_in: .*/files_in: [released, kept]/' kept/registers/quarantined-files.yaml; tsujiban regulation check --no-mutation kept 2>&1 | grep '^kept.*files_in'; sed -i '/^files_in/d' kept/registers/quarantined-files.yaml; tsujiban regulation check --no-mutation kept 2>&1 | grep '^kept.*files_in'
kept/registers/quarantined-files.yaml:1:1: "put" leads to "kept", which "files_in" names: what is kept in quarantine would be handed out at once
kept/registers/quarantined-files.yaml:1:1: what holds media-quarantine says with "files_in" in which states its files are handed out

# of channels each field that the program reads is told where it is called otherwise
$ for f in mark poll_root poll_collection poll_user poll_plain poll_minutes collection fetcher; do rm -rf lacks; cp -r "$TREE/regulations/intelligence" lacks; rm -r lacks/scenarios; sed -i "s/\b$f\b/x_$f/g" lacks/*/intel-channels.yaml; tsujiban regulation check --no-mutation lacks 2>&1 | grep '^lacks'; done
lacks/registers/intel-channels.yaml:1:1: what holds intel-channels has a field "mark" of another type, or none; see the manual page of the language, section 6
lacks/procedures/intel-channels.yaml:22:5: "poll" asks "poll_root"
lacks/registers/intel-channels.yaml:1:1: what holds intel-channels has a field "poll_root" of another type, or none; see the manual page of the language, section 6
lacks/procedures/intel-channels.yaml:22:5: "poll" asks "poll_collection"
lacks/registers/intel-channels.yaml:1:1: what holds intel-channels has a field "poll_collection" of another type, or none; see the manual page of the language, section 6
lacks/procedures/intel-channels.yaml:22:5: "poll" asks "poll_user"
lacks/registers/intel-channels.yaml:1:1: what holds intel-channels has a field "poll_user" of another type, or none; see the manual page of the language, section 6
lacks/procedures/intel-channels.yaml:22:5: "poll" asks "poll_plain"
lacks/registers/intel-channels.yaml:1:1: what holds intel-channels has a field "poll_plain" of another type, or none; see the manual page of the language, section 6
lacks/procedures/intel-channels.yaml:22:5: "poll" asks "poll_minutes"
lacks/registers/intel-channels.yaml:1:1: what holds intel-channels has a field "poll_minutes" of another type, or none; see the manual page of the language, section 6
lacks/procedures/intel-channels.yaml:22:5: "poll" asks "collection"
lacks/registers/intel-channels.yaml:1:1: what holds intel-channels has a field "collection" of another type, or none; see the manual page of the language, section 6
lacks/procedures/intel-channels.yaml:22:5: "poll" asks "fetcher"
lacks/registers/intel-channels.yaml:1:1: what holds intel-channels has a field "fetcher" of another type, or none; see the manual page of the language, section 6

# what may lack is of the kind that the program reads where it is there
$ cp -r "$TREE/regulations/intelligence" kinds; rm -r kinds/scenarios; sed -i 's/type: flag/type: text, plain: yes/; s/, f: {ja: F[^}]*}//; s/amber-strict: {[^}]*}, //' kinds/registers/intel-channels.yaml; sed -i 's/, c6: {ja: 6[^}]*}//' kinds/registers/intel-imports.yaml; sed -i 's/source, object, reason\]/source, object]/' kinds/procedures/intel-imports.yaml
$ tsujiban regulation check --no-mutation kinds 2>&1 | grep -E '^kinds.*(holds|choices|asks)'
kinds/procedures/intel-imports.yaml:27:5: "withdraw" asks "reason"
kinds/registers/intel-channels.yaml:16:5: "mark" has the choices clear, green, amber, amber-strict and red
kinds/registers/intel-channels.yaml:22:5: what holds intel-channels has a field "own" of another type, or none; see the manual page of the language, section 6
kinds/registers/intel-channels.yaml:23:5: "reliability" has the choices a, b, c, d, e and f
kinds/registers/intel-channels.yaml:32:5: what holds intel-channels has a field "poll_plain" of another type, or none; see the manual page of the language, section 6
kinds/registers/intel-imports.yaml:19:5: "credibility" has the choices c1, c2, c3, c4, c5 and c6
