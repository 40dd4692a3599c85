# what two systems keep of their secrets, by ID: the same, another, none, and what nobody can tell
$ printf 'k.ippan:Kz7mWq4tRb9x\nk.kanri:8d969eef6ecad3c2\nb.ippan:!\n# a remark\nt.only:x1\nd.salted:$6$aaaa$hash1:19000:0:99999:7:::\ne.salted:$6$aaaa$hash2\n' >a
$ printf 'k.ippan\tKz7mWq4tRb9x\nk.kanri\tother\nb.ippan\tfirst\nd.salted\t$6$bbbb$hash1\ne.salted\t$6$aaaa$hash2\n' >b
$ tsujiban secrets compare a b
SAME  e.salted
SAME  k.ippan
3 compared, 2 the same, 1 without a secret
tsujiban: 1 are salted each its own way, so that nobody can tell whether they are the same
[1]
$ printf 'k.ippan:one\n' >c; tsujiban secrets compare c b
1 compared, 0 the same, 0 without a secret
$ tsujiban secrets compare a b 2>&1 | grep -c 'Kz7m\|hash'
0
[1]
$ printf 'no secret here\n' >d; tsujiban secrets compare a d
tsujiban: d:1: a line is an ID, a colon or a tab, and what the system keeps of its secret; nothing was compared
[1]
$ printf 'k:1\nk:2\n' >d; tsujiban secrets compare d a
tsujiban: d: the ID "k" stands there twice; nothing was compared
[1]
$ tsujiban secrets compare a none 2>&1 | tail -1
tsujiban: none cannot be read; nothing was compared
$ tsujiban secrets compare a 2>&1 | head -1
tsujiban secrets compare: something is missing: FILE FILE
