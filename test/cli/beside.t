# a scenario under two directives: each act is judged by its own
$ tsujiban regulation test "$TREE/test/unit/engine-pack-beside"
ok   a-both: Acts under two directives
21 passed, 0 failed
$ tsujiban regulation check "$TREE/test/unit/engine-pack-beside" 2>&1 | tail -2
gate: 2 clauses, 28 rules, 3 steps, 2 states; 20 cases in 6 groups (0 of them sampled); 0 days of periods; 0 errors, 0 warnings
gate: 11 mutants, 7 noticed, 4 unnoticed by a clause, 0 unreadable; 1 enforced clauses with scenarios, 0 unproved; 14 scenarios played

# the other one is found from the pack's own folder, has no register of the same id, and is said again by what comes after
$ cp -r "$TREE/test/unit/engine-pack-beside" gate
$ cp -r "$TREE/test/unit/engine-pack" kit
$ chmod -R u+w gate kit
$ sed -i 's,beside: .*,beside: [../nowhere],' gate/scenarios/a-both.yaml
$ tsujiban regulation test gate
gate/scenarios/a-both.yaml:5:10: the directive "../nowhere" beside this one cannot be read (there is no such folder; name the folder of a directive); name its folder as seen from this directive's
tsujiban: the pack "gate" is refused whole
0 passed, 0 failed
[1]
$ sed -i 's,beside: .*,beside: [../kit],; s,do: items/add,do: items/ad,; s,K-3,K-33,' gate/scenarios/a-both.yaml
$ tsujiban regulation test gate
gate/scenarios/a-both.yaml:9:17: "ad" is not a step of the procedure item; did you mean "add"?
gate/scenarios/a-both.yaml:15:62: there is no clause "K-33" in clauses.yaml; did you mean "K-3"?
gate/scenarios/a-both.yaml:17:17: "ad" is not a step of the procedure item; did you mean "add"?
gate/scenarios/a-both.yaml:19:17: "ad" is not a step of the procedure item; did you mean "add"?
gate/scenarios/a-both.yaml:21:62: there is no clause "K-33" in clauses.yaml; did you mean "K-3"?
tsujiban: the pack "gate" is refused whole
0 passed, 0 failed
[1]
$ cp "$TREE/test/unit/engine-pack-beside/scenarios/a-both.yaml" gate/scenarios/a-both.yaml
$ sed -i 's,beside: .*,beside: [../kit],' gate/scenarios/a-both.yaml
$ sed 's,^id: .*,id: b-shown,; s,beside: .*,shown: yes,; /^  /d' gate/scenarios/a-both.yaml > gate/scenarios/b-shown.yaml
$ echo '  - {at: 2026-05-14T00:00}' >> gate/scenarios/b-shown.yaml
$ sed 's,^id: .*,id: c-shown,; s,^acts:,beside: [../kit]\nacts:,' gate/scenarios/b-shown.yaml > gate/scenarios/c-shown.yaml
$ tsujiban regulation test gate
gate/scenarios/c-shown.yaml:1:1: the scenario "b-shown" is shown, too; a demonstration begins with one
gate/scenarios/c-shown.yaml:6:10: a scenario that is shown plays alone; a demonstration has one directive in force
tsujiban: the pack "gate" is refused whole
0 passed, 0 failed
[1]
$ rm gate/scenarios/b-shown.yaml gate/scenarios/c-shown.yaml
$ sed 's,^id: .*,id: b-after,; s,beside: .*,after: a-both,; /^  /d' gate/scenarios/a-both.yaml > gate/scenarios/b-after.yaml
$ echo '  - {at: 2026-05-14T00:00}' >> gate/scenarios/b-after.yaml
$ tsujiban regulation test gate
gate/scenarios/b-after.yaml:1:1: the scenario "b-after" comes after "a-both", which has the directive "kit" beside; name its folder in "beside" here, too
tsujiban: the pack "gate" is refused whole
0 passed, 0 failed
[1]
$ rm gate/scenarios/b-after.yaml
$ sed -i 's,id: passes,id: grants,; s,register: passes,register: grants,; s,passes/,grants/,' gate/registers/*.yaml gate/procedures/*.yaml gate/scenarios/*.yaml
$ tsujiban regulation test gate
gate/scenarios/a-both.yaml:5:10: "../kit" has a register "grants", which another directive of the scenario has, too; two that are in force share none
tsujiban: the pack "gate" is refused whole
0 passed, 0 failed
[1]

# what the program explains is under all of them; the demonstration has one directive
$ tsujiban regulation explain "$TREE/test/unit/engine-pack-beside" --scenario a-both --as M --do passes/return --on '$PASS2' 2>&1 | head -1
2026-05-13 00:00 M passes/return on PS-2026-0002: allowed
$ tsujiban demo --no-serve --pack "$TREE/test/unit/engine-pack-beside" --story a-both --data d 2>&1 | grep -o 'plays beside other directives'
plays beside other directives

# what one asks of the other's acts refuses, in the same answer, where the other has no such value any more
$ rm -r gate && cp -r "$TREE/test/unit/engine-pack-beside" gate && chmod -R u+w gate
$ sed -i 's,beside: .*,beside: [../kit],' gate/scenarios/a-both.yaml
$ sed -i 's,match: {thing: id},match: {thing: gone},' gate/procedures/pass.yaml
$ tsujiban regulation test gate 2>&1 | sed -n '3p;$p'
gate/scenarios/a-both.yaml:21: expected forbidden [K-3], got forbidden [K-3, G-1] by [items/scrap@by, passes=out]
15 passed, 6 failed
