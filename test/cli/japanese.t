# where the locale is Japanese, commands refuse in Japanese
$ LC_ALL=ja_JP.UTF-8 tsujiban backup --data nowhere x
設置先ではありません：「nowhere/tsujiban.db」がありません
tsujiban: 「nowhere」は設置先ではありません。`tsujiban init` で設置します
[1]
$ LC_ALL=ja_JP.UTF-8 tsujiban restore --data new nowhere
「nowhere.vault」がありません。バックアップは二つのファイルから成ります
tsujiban: 何も復元しませんでした
[1]
$ LC_ALL=ja_JP.UTF-8 tsujiban ledger verify --data nowhere
設置先ではありません：「nowhere/tsujiban.db」がありません
tsujiban: 「nowhere」は設置先ではありません。`tsujiban init` で設置します
[1]
$ mkdir empty; LC_ALL=ja_JP.UTF-8 tsujiban force import --data nowhere empty
empty/appointments.csv: このファイルがありません。1行目だけでも必要です。
empty/persons.csv: このファイルがありません。1行目だけでも必要です。
empty/posts.csv: このファイルがありません。1行目だけでも必要です。
empty/ranks.csv: このファイルがありません。1行目だけでも必要です。
empty/units.csv: このファイルがありません。1行目だけでも必要です。
tsujiban: 何も取り込みませんでした
[1]
$ LC_ALL=ja_JP.UTF-8 tsujiban serve --data nowhere
「nowhere」の番人が応答しません：そのようなファイル又はディレクトリはありません
tsujiban: 画面を公開していません
[1]
$ LC_ALL=ja_JP.UTF-8 tsujiban demo --data d --pack nowhere 2>&1 | sed 's/探した場所：.*--pack/探した場所：… --pack/'
tsujiban: 規程がありません。探した場所：… --pack でフォルダーを指定してください
$ LC_ALL=ja_JP.UTF-8 tsujiban wipe nowhere
nowhere: 見つからないか、開く権限がありません。何も消していません。
[1]
$ LC_ALL=ja_JP.UTF-8 tsujiban unseal --passphrase-file nowhere x
nowhere: そのファイルはありません
tsujiban: nowhere に パスフレーズ がありません。最初の行に書いてください
[1]
$ LC_ALL=ja_JP.UTF-8 tsujiban intel set nowhere
nowhere: 照合用の組を読めません：そのようなファイル又はディレクトリはありません
[1]

# and wrong usage
$ LC_ALL=ja_JP.UTF-8 tsujiban match --set s --time-field many log
tsujiban: --time-field「many」は1から1000までの数ではありません
[2]
$ LC_ALL=ja_JP.UTF-8 tsujiban mail-gate
tsujiban: mail-gate には --listen 及び --config が要ります
[2]
$ LC_ALL=ja_JP.UTF-8 tsujiban mail-log
tsujiban: mail-log：中継サーバーのログを指定してください：--log
[2]
$ LC_ALL=ja_JP.UTF-8 tsujiban intel convert --from stix x
tsujiban: intel convert には --from misp|stix|csv|text 及び --to stix|misp|misp-feed が要ります
[2]
$ LC_ALL=ja_JP.UTF-8 tsujiban intel value --type colour red
tsujiban: 種別「colour」はありません。次のいずれかを指定してください：ipv4 ipv4-net ipv6 ipv6-net domain url email md5 sha1 sha224 sha256 sha384 sha512 phone btc eth account file-name cert-digest cert-serial asn cve technique ssdeep tlsh
[2]
$ LC_ALL=ja_JP.UTF-8 tsujiban intel export --data nowhere
tsujiban: intel：何をどの形式で書き出すかを指定してください：--collection、--format
[2]
$ LC_ALL=ja_JP.UTF-8 tsujiban media export x
tsujiban: media export：媒体のフォルダーを --to で、何であるかを --item で指定してください
[2]
$ LC_ALL=ja_JP.UTF-8 tsujiban regulation explain --as chief-a --do cases "$TREE/test/unit/engine-pack"
tsujiban: --do は REG/STEP の形ではありません：「cases」
[2]

# what is wrong with a directive is told to who writes it, with its place; words of the language stand as they are
$ cp -R "$TREE/test/unit/engine-pack" p; sed -i 's/type: person/type: persona/' p/registers/loans.yaml; LC_ALL=ja_JP.UTF-8 tsujiban regulation check p
p/registers/loans.yaml:13:52: 「persona」は type に書けません。次のいずれかを書いてください：text, long-text, number, flag, choice, day, month, instant, duration, person, unit, post, record, label, file, url, account, digest, secret, checklist, group, list
tsujiban: 規程「p」の全体を受け付けません
[1]
$ printf 'format: org/1\nroles:\n\t- id: x\n' >p/org.yaml; LC_ALL=ja_JP.UTF-8 tsujiban regulation check p 2>&1 | grep org.yaml
p/org.yaml:3:1: タブがあります。字下げと区切りには空白を使ってください
$ tsujiban regulation check p 2>&1 | grep org.yaml
p/org.yaml:3:1: there is a tab; indent and separate with spaces

# what a scenario expected and got; what stands in the way of an act
$ cp -R "$TREE/test/unit/engine-pack" q; sed -i '0,/count: 1/s//count: 2/; 0,/expect: no-notice, to: A/s//expect: notice, to: A/; 0,/forbidden: .K-3./s//not-yet: [K-3]/' q/scenarios/a-loan.yaml; LC_ALL=ja_JP.UTF-8 tsujiban regulation test --scenario a-loan q
q/scenarios/a-loan.yaml:8: not-yet [K-3] のはずですが、forbidden [K-3] by [items.number/unique] です
q/scenarios/a-loan.yaml:22: copies の記録は2件のはずですが、1件です
q/scenarios/a-loan.yaml:24: users/designate についての A への通知が2026-04-01にあるはずですが（「許可」とあるもの）、ありません
失敗 a-loan: 申請から返却まで
合格 41 件、失敗 3 件
[1]

# what commands say of what they did
$ tsujiban demo --no-serve --pack "$TREE/test/unit/engine-pack" --story a-loan --data a >/dev/null 2>&1; LC_ALL=ja_JP.UTF-8 tsujiban ledger verify --data a
台帳1年分、登載36件、記録5件：正常
$ LC_ALL=ja_JP.UTF-8 tsujiban backup --data a b | sed 's/[0-9-]*の終わり/DAYの終わり/'
b
b.vault
鍵の保管庫は別に保管してください。併せて持てば全てを開けます。署名鍵（keys/ledger.key）はどちらにも含まれていません。
DAYの終わりに廃棄するか、--forget で書き直してください。廃棄の証明には、それより古い写しがないと記されます。
$ LC_ALL=ja_JP.UTF-8 tsujiban restore --data r b | grep -v '^b'
復元し、検証しました：台帳1年分、登載37件、記録5件
ここで何かを記録する前に、署名鍵を r/keys/ledger.key に置いてください。
管理者二人が画面（/admin/restored）で確かめるまで、機密性2までの画面と通知のほかは何も外に出ません。
$ LC_ALL=ja_JP.UTF-8 tsujiban restore --data r b
「r/tsujiban.db」は既にあります。空の場所を指定してください
tsujiban: 何も復元しませんでした
[1]
$ head -c 100 b >c; cp b.vault c.vault; LC_ALL=ja_JP.UTF-8 tsujiban restore --data s c
「c」を開けません：database disk image is malformed
tsujiban: 何も復元しませんでした
[1]
$ mkdir medium; echo x >medium/a; LC_ALL=ja_JP.UTF-8 tsujiban wipe --files-only medium
消去の対象  folder：ファイル1個、フォルダーその他0個、2バイト。空き領域0バイト
  まだ何もしていません。消去するには --yes を付けてください。
[4]
$ echo 203.0.113.5 >list; LC_ALL=ja_JP.UTF-8 tsujiban intel compile --out set list
完了  値1件、除外0、16618バイト
$ LC_ALL=ja_JP.UTF-8 tsujiban intel set --to dns set
tsujiban: 形式「dns」はありません。次のいずれかを指定してください：suricata zeek rpz squid csv plain
[2]
