# a force in mid-story, served with a scanner; a medium from outside
$ cp -r "$TREE/regulations/handling" pack && cd pack/scenarios && rm [j-z]*.yaml i-collected.yaml && sed -n '/09:59:59/q;p' i-media.yaml >s && mv s i-media.yaml
$ tsujiban demo --no-serve --pack pack --story i-media --data a 2>/dev/null | tee who | sed -n 's/^person-k\t\([^\t]*\).*/\1/p' >k; wc -w <k
1
$ (timeout 200 tsujiban serve --data a --scanner "$SCANNER" --listen 127.0.0.1:0 >log 2>&1 & echo $! >pid); until test -S a/keeper.sock; do sleep 0.1; done
$ "$TREE/test/cli/enrol" a who PC-01 PC-02 CHK-1
$ mkdir m; printf 'X5O!P%%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-%s-TEST-FILE!$H+H*' ANTIVIRUS >m/検体.com; echo 相談 >m/相談.csv; bsdtar --format zip --options zip:encryption=aes256 --passphrase x -cf m/暗号.zip m/相談.csv; ln -s /etc/passwd m/link; : >m/空
$ printf 'exec tsujiban media quarantine --data a --as person-k --sign-in k --at CHK-1 "$@"' >keep

# what was found, and what could not be examined, is kept sealed with its entry; what is clean is not; the medium is only read
$ sh keep --medium M-015 --source 試験銀行 m/検体.com m/暗号.zip m/相談.csv
QUARANTINED  SW-2026-DRAWN  QF-2026-DRAWN  検体.com  infected, sha256 HASH64
QUARANTINED  SW-2026-DRAWN  QF-2026-DRAWN  暗号.zip  not-examinable, sha256 HASH64
NOT KEPT  相談.csv: clean
[4]
$ ls m
link
暗号.zip
検体.com
相談.csv
空
$ grep -rlaF EICAR-STANDARD a | wc -l
0
$ sh keep m/link; sh keep m/空; sh keep m/none
tsujiban: m/link is no file that can be read: Too many levels of symbolic links
tsujiban: 空 is empty; there is nothing to keep
tsujiban: m/none is no file that can be read: No such file or directory
[1]

# what they were called stands in clear nowhere in the installation
$ LC_ALL=C grep -rlaF -e 検体.com -e 暗号.zip a | wc -l
0

# what could not be examined is handed out to nobody, by no way, before two persons have released it
$ echo 秘密の照会先 >照会先.csv; bsdtar --format zip --options zip:compression=store -cf 全.zip 照会先.csv; head -c -30 全.zip >壊.zip; sh keep --medium M-015 壊.zip
QUARANTINED  SW-2026-DRAWN  QF-2026-DRAWN  壊.zip  not-examinable, sha256 HASH64
$ "$TREE/test/cli/media-quarantine-opened" "$("$TREE/test/cli/nth-record" intakes 3)" 秘密の照会先
kept ('link', False, 'preview', 200, 'held', True) (403, 403, 403, 403, 403, 403, 403, 403, 403, 404) refused 27 ['H-4-1-10.1'] given 0
{"type":"/api/problems/forbidden","title":"権限がない","status":403,"detail":"この記録のファイルは、今の状態では誰にも渡しません（H-4-1-10.1）。"}
ask-release by k 403 forbidden
ask-release by j 200 allowed
release by j 403 forbidden
asked ('link', False, 'preview', 200, 'held', True) (403, 403, 403, 403, 403, 403, 403, 403, 403, 404) refused 27 ['H-4-1-10.1'] given 0
release by r 200 allowed
released ('link', True, 'preview', 200, 'held', False) (200, 200, 206, 200, 206, 200, 200, 200, 206, 404) refused 0 ['H-4-1-10.1'] given 27

# an import that finds such files keeps them by itself, and only them
$ rm m/link m/空; mv m "$MEDIA/m"; "$TREE/test/cli/definitions" "$SCANNER" 2026-08-25 >/dev/null 2>&1; "$WITH_MEDIA" --advance a 2026-08-25T10:20
$ tsujiban media import --data a --as person-k --sign-in k --from "$MEDIA/m" --medium M-015 --at PC-01 --station CHK-1 --scanner "$SCANNER" 2>/dev/null
NOT EXAMINABLE  暗号.zip > m/相談.csv: encrypted; give its password with --password-file, or have it sent without one
HELD  暗号.zip: the same content is held as Level 2. Treat it as an item that is not below it.
INFECTED  Test.EICAR.String.UNOFFICIAL in 検体.com
HELD  検体.com: the same content is held as Level 2. Treat it as an item that is not below it.
CLEAN  相談.csv
ENTERED AS REFUSED  TR-2026-DRAWN
ENTERED AS REFUSED  TR-2026-DRAWN
STOPPED  BK-2026-0001
QUARANTINED  SW-2026-DRAWN  QF-2026-DRAWN  暗号.zip  not-examinable, sha256 HASH64
QUARANTINED  SW-2026-DRAWN  QF-2026-DRAWN  検体.com  infected, sha256 HASH64
[3]

# a name that is no text is shown, and its file kept
$ mkdir "$MEDIA/n"; cp "$MEDIA/m/検体.com" "$MEDIA/n/$(printf 'x\377\nb.com')"; tsujiban media import --data a --as person-k --sign-in k --from "$MEDIA/n" --medium M-015 --at PC-01 --station CHK-1 --scanner "$SCANNER" 2>&1 | grep -v '^The medium'
INFECTED  Test.EICAR.String.UNOFFICIAL in x\xFF\x0Ab.com
HELD  x\xFF\x0Ab.com: the same content is held as Level 2. Treat it as an item that is not below it.
ENTERED AS REFUSED  TR-2026-DRAWN
STOPPED  BK-2026-0002
QUARANTINED  SW-2026-DRAWN  QF-2026-DRAWN  x\xFF\x0Ab.com  infected, sha256 HASH64

# what another process is sending just now is left to it
$ head -c 30M /dev/urandom >large; bsdtar --format zip --options zip:encryption=aes256 --passphrase x -cf 大.zip large; (sh keep --medium M-015 大.zip >sent 2>&1 & echo $! >sender); until ls a/media-gate/quarantine/*.json >/dev/null 2>&1; do :; done; kill -STOP "$(cat sender)"; grep -c QUARANTINED sent; sh keep m/none 2>&1 | grep AFTER; kill -CONT "$(cat sender)"; while kill -0 "$(cat sender)" 2>/dev/null; do sleep 0.1; done; cat sent; rm -f large 大.zip
0
QUARANTINED  SW-2026-DRAWN  QF-2026-DRAWN  大.zip  not-examinable, sha256 HASH64

# killed at whatever message: what is kept has its entry, once, or is not kept
$ "$TREE/test/cli/media-quarantine-killed"
killed at each message
half a file was dropped
several kept True
$ tsujiban ledger verify --data a --files | sed -n "s/.*: //p" | tail -1
sound
$ kill "$(cat pid)"
