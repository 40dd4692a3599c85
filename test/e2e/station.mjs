// Media at the check station, through the pages: what is plugged in, what would go, what the station's gate made of it; a real gate, a real scanner.
import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EICAR, startClamd } from './clamd.mjs';
import { Person } from './person.mjs';
import { Site } from './site.mjs';
import { assert, check, equal, finish } from './tap.mjs';

const run = promisify(execFile);
const dir = await mkdtemp('/dev/shm/tsujiban-station-'); // in memory, where a folder tells no serial number
const clamd = await startClamd();
await run(process.env.E2E_DEFINITIONS, [clamd.socket, '2026-08-25'], { stdio: 'ignore' });
process.env.E2E_SCANNER = clamd.socket;

// The directive's own story up to the grants, and some of its own: M-014 for output, M-015 for input, one whose use has ended.
const pack = join(dir, 'pack');
await run('cp', ['-r', process.env.E2E_PACK, pack]);
const scenarios = join(pack, 'scenarios');
for (const name of await readdir(scenarios)) if (/^[j-z]|^i-collected/.test(name)) await rm(join(scenarios, name));
const story = (await readFile(join(scenarios, 'i-media.yaml'), 'utf8')).split('\n');
await writeFile(join(scenarios, 'i-media.yaml'), [...story.slice(0, story.findIndex((line) => line.includes('09:59:59'))),
  '  - {at: 2026-08-25T09:10, as: K, do: media-grants/apply, with: {medium: $M015, computer: $PC01, direction: input, form: plain, purpose: 被害の把握, case: 相談2026-41, from: 2026-08-25T10:00, until: 2026-08-25T18:00}, name: G15}',
  '  - {as: P, do: media-grants/grant, on: $G15, with: {granted_from: 2026-08-25T10:00, granted_until: 2026-08-25T18:00}}', ''].join('\n'));
// Items hold a file here, so that a record of 2 has one that K may open.
for (const [path, old, by] of [['registers/items.yaml', 'fields:\n', 'fields:\n  - {id: original, title: {ja: 原本, en: The file}, type: file, clauses: [H-2-1.1]}\n'],
  ['procedures/items.yaml', 'asks: [unit, title, kind, origin, source, source_class, sources,', 'asks: [original, unit, title, kind, origin, source, source_class, sources,']]) {
  const text = await readFile(join(pack, path), 'utf8');
  assert(text.split(old).length === 2, path);
  await writeFile(join(pack, path), text.replace(old, by));
}
process.env.E2E_PACK = pack;
process.env.E2E_STORY = 'i-media';
const site = await Site.start();
let gate;
try {
  const k = new Person(site, 'K');
  await k.signIn();
  await k.moveClock('2026-08-25T10:20');
  const main = () => k.page.locator('main').innerText();
  for (const name of ['M014', 'M015', 'into']) await mkdir(join(dir, name));
  await writeFile(join(dir, 'word'), `${site.accounts['person-p'].password}\n`);
  await writeFile(join(dir, 'officer'), `${site.accounts['person-r'].password}\n`);
  for (const at of ['PC-01', 'CHK-1']) await run(process.env.TSUJIBAN, ['media', 'enrol', '--data', site.data, '--as', 'person-r', '--sign-in', join(dir, 'officer'), '--at', at]);
  for (const name of ['ours', 'theirs']) await run(process.env.TSUJIBAN, ['seal-key', join(dir, name)]);
  const publicKey = async (name) => (await readFile(join(dir, `${name}.pub`), 'utf8')).trim();
  await writeFile(join(dir, 'receivers'), `# 受領者\n${await publicKey('ours')} 捜査第二課 受領 花子\n`);
  gate = spawn(process.env.TSUJIBAN, ['media', 'serve', '--data', site.data, '--as', 'person-p', '--sign-in', join(dir, 'word'), '--at', 'PC-01', '--station', 'CHK-1',
    '--into', join(dir, 'into'), '--scanner', clamd.socket, '--receivers', join(dir, 'receivers'), join(dir, 'M014'), join(dir, 'M015')], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [gate.stdout, gate.stderr]) stream.on('data', (chunk) => { said += chunk; });
  const until = async (what, words) => {
    for (let i = 0; i < 600; i++) {
      if (await what()) return;
      await new Promise((done) => setTimeout(done, 100));
    }
    throw new Error(`${words}: ${await main()}\n${said}`);
  };
  await until(() => /SERVING/.test(said), 'the gate does not come');
  const begin = async (label, title) => {
    await k.goto('/media/stations');
    await k.page.locator('main tbody tr', { hasText: label }).locator('a.tj-button', { hasText: title }).click();
    await k.page.waitForURL(/\/media\/stations\//);
  };
  const press = async (op) => {
    await k.page.click(`main button[value=${op}]`);
    await k.page.waitForLoadState();
  };
  const over = async () => until(async () => !/応答待ち|作業中/.test(await main()), 'it does not end');

  let item; // the number of what is granted
  // Which one it is, where its tag does not tell yet.
  const medium = async () => { if (await k.page.locator('main [name=medium]').count()) await k.page.fill('main [name=medium]', 'M-014'); };

  await check('what is plugged in is shown, and before anything is moved what would go', async () => {
    await k.page.click('nav >> text=媒体の窓口');
    await k.page.click('main >> text=検査用端末で書き出す');
    await k.page.waitForURL(/\/media\/stations$/);
    await k.shot('stations');
    assert(/PC-01/.test(await main()) && /M014/.test(await main()) && /番号を名乗らない/.test(await main()), await main());
    await begin('M014', '書き出す');
    assert(/BR-2026-\d{6}/.test(await main()) && /暗号文/.test(await main()), await main());
    [item] = /KJ-2026-[1-9]\d{5}/.exec(await main());
    await medium();
    await k.page.fill('main [name=item]', item);
    await k.page.setInputFiles('main input[name=file1]', { name: '照会用一覧.csv', mimeType: 'text/csv', buffer: Buffer.alloc(10240, 'A') });
    await k.shot('export-form');
    await press('preview');
    await k.shot('export-preview');
    const text = await main();
    assert(/まだ何も動かしていません/.test(text) && /照会用一覧.csv/.test(text) && /10 KiB/.test(text) && /機密性2/.test(text) && /端末が作り/.test(text), text);
    equal((await readdir(join(dir, 'M014'))).length, 0, 'files on the medium');
  });

  await check('a format that cannot be cleaned does not leave until who asks accepts it, and the page says so before', async () => {
    const ole = { name: '旧形式.doc', mimeType: 'application/msword', buffer: Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(600, 'B')]) };
    for (const accepts of [false, true]) {
      await begin('M014', '書き出す');
      await medium();
      await k.page.fill('main [name=item]', item);
      await k.page.setInputFiles('main input[name=file1]', ole);
      if (accepts) await k.page.check('main input[name=accept]');
      await press('preview');
      assert((accepts ? /除けない形式はそのまま出力します/ : /除けない形式は断ります/).test(await main()), await main());
      await press('ask');
      await k.page.waitForURL(/\/media\/jobs\//);
      await over();
      const text = await main();
      assert((accepts ? /除けない形式のまま出力します/ : /旧形式.doc：出力しません。この形式は属性情報を除けません/).test(text), text + said);
      equal((await readdir(join(dir, 'M014'))).filter((one) => !one.startsWith('.')).length, accepts ? 1 : 0, 'files on the medium');
    }
    for (const name of await readdir(join(dir, 'M014'))) if (!name.startsWith('.')) await rm(join(dir, 'M014', name));
    await begin('M014', '書き出す');
    await medium();
    await k.page.fill('main [name=item]', item);
    await k.page.setInputFiles('main input[name=file1]', { name: '照会用一覧.csv', mimeType: 'text/csv', buffer: Buffer.alloc(10240, 'A') });
    await press('preview');
  });

  await check('what was confirmed is written, stands in the trail, and its password is shown to who asked', async () => {
    assert(/添書[\s\S]*暗号化したファイルの中に入れます/.test(await main()), await main());
    await press('ask');
    await k.page.waitForURL(/\/media\/jobs\//);
    await over();
    await k.shot('exported');
    const text = await main(), word = /パスワード：(\S+)/.exec(text)?.[1];
    assert(/完了/.test(text) && /を書き出しました/.test(text) && word, text + said);
    const name = (await readdir(join(dir, 'M014'))).find((one) => one.endsWith('.zip'));
    equal(name, `${item}_機密性2（中）.zip`, 'on the medium');
    const { stdout } = await run('bsdtar', ['--passphrase', word, '-xOf', join(dir, 'M014', name), '照会用一覧.csv'], { env: { ...process.env, LC_ALL: 'C.UTF-8' } });
    equal(stdout, 'A'.repeat(10240), 'what is in it');
    await k.page.click('main li a[href*="/records/TR-"]');
    await k.page.waitForURL(/\/records\/TR-/);
    assert(/確認待ち/.test(await main()) && /照会用一覧/.test(await main()), await main());
    await k.page.goBack();
    await k.page.waitForURL(/\/media\/jobs\//);
    const job = k.page.url();
    const p = new Person(site, 'P');
    await p.signIn();
    equal(await p.goto(new URL(job).pathname), 404, 'for somebody else');
    // Known by its tag now, it is named to whoever sees its record: by this directive everybody.
    await p.goto('/media/stations');
    const row = await p.page.locator('main tbody tr', { hasText: 'M014' }).innerText();
    assert(/M-014/.test(row) && !/閲覧範囲外の媒体/.test(row) && /書き出す/.test(row), row);
    await press('drop');
    equal(await k.goto(new URL(job).pathname), 404, 'once it is cleared');
  });

  await check('for receivers who run this program a box is sealed with the keys that are chosen or typed, and opened by those alone', async () => {
    const fill = async () => { // the first button, in any language
      await k.goto('/media/stations');
      await k.page.locator('main tbody tr', { hasText: 'M014' }).locator('a.tj-button').first().click();
      await k.page.waitForURL(/\/media\/stations\//);
      await medium();
      await k.page.fill('main [name=item]', item);
      await k.page.setInputFiles('main input[name=file1]', { name: '照会用一覧.csv', mimeType: 'text/csv', buffer: Buffer.alloc(10240, 'B') });
      await k.page.check('main input[name=cipher][value=receivers]');
    };
    for (const one of await readdir(join(dir, 'M014'))) if (!one.startsWith('.')) await rm(join(dir, 'M014', one));
    await fill();
    await press('preview');
    await k.shot('box-none');
    assert(/受領者の鍵を一つ以上選ぶか/.test(await main()), await main());
    await fill();
    await k.page.fill('main textarea[name=receivers]', `${await publicKey('theirs')}\nこれは鍵ではない`);
    await press('preview');
    assert(/2行目は受領者の鍵ではありません/.test(await main()), await main());
    await k.page.click('header >> text=English');
    await k.page.waitForLoadState();
    await fill();
    await k.page.fill('main textarea[name=receivers]', 'nonsense');
    await press('preview');
    assert(/Line 1 is no key of a receiver/.test(await main()), await main());
    await k.page.click('header >> text=日本語');
    await k.page.waitForLoadState();
    await fill();
    await k.shot('box-form');
    await k.page.check('main input[name=receivers]');
    await k.page.fill('main textarea[name=receivers]', `${await publicKey('theirs')} 隣県 受領 次郎\n${await publicKey('ours')}`);
    await press('preview');
    await k.shot('box-preview');
    const shown = await main();
    assert(/まだ何も動かしていません/.test(shown) && /捜査第二課 受領 花子（鍵 \S+…）/.test(shown) && /隣県 受領 次郎/.test(shown) && !/名前のない鍵/.test(shown), shown);
    await press('ask');
    await k.page.waitForURL(/\/media\/jobs\//);
    await over();
    await k.shot('box-written');
    assert(/完了/.test(await main()) && /を書き出しました/.test(await main()) && !/パスワード：/.test(await main()), await main() + said);
    const [name] = (await readdir(join(dir, 'M014'))).filter((one) => one.endsWith('.box'));
    await run(process.env.TSUJIBAN, ['seal-key', join(dir, 'others')]);
    for (const who of ['ours', 'theirs', 'others']) {
      await mkdir(join(dir, `opened-${who}`));
      await run(process.env.TSUJIBAN, ['unseal', '--key', join(dir, who), '--out', join(dir, `opened-${who}`), join(dir, 'M014', name)]).catch(() => {});
      equal((await readdir(join(dir, `opened-${who}`))).join(), who === 'others' ? '' : `00-cover-${item}.pdf,照会用一覧.csv`, who);
    }
    await k.page.click('main li a[href*="/records/TR-"]');
    await k.page.waitForURL(/\/records\/TR-/);
    assert(/受領者の鍵による暗号化/.test(await main()), await main());
    await k.page.goBack();
    await k.page.waitForURL(/\/media\/jobs\//);
    await press('drop');
  });

  await check('the files of a record go by its number, as who asks sees them, and that each was opened is an entry', async () => {
    const make = async (level) => {
      await k.goto('/registers/items/new/decide');
      for (const [name, value] of Object.entries({ title: '照会の写し', kind: '照会', origin: 'made', class: level, integrity: 'i1', availability: 'a1', reader_units: 'cyber-ka', personal_data: 'no', retention_class: '1年' }))
        assert(await k.fill(name, value), name);
      await k.page.setInputFiles('main input[type=file]', { name: '原本.csv', mimeType: 'text/csv', buffer: Buffer.alloc(20480, level === 'c2' ? 'C' : 'D') });
      await k.submit();
      assert(/\/records\/KJ-/.test(k.url()), await main());
      const [number] = /KJ-2026-[1-9]\d{5}/.exec(k.url());
      await k.goto(`/records/${number}`);
      return number;
    };
    const record = await make('c2'), sealed = await make('c3');
    const named = async (number) => {
      await begin('M014', '書き出す');
      await medium();
      await k.page.fill('main [name=item]', item);
      await k.page.fill('main [name=record]', number);
      await press('preview');
      return main();
    };
    for (const none of [item, 'KJ-2026-100000']) assert(/添付ファイルがありません/.test(await named(none)), await main());
    const shown = await named(sealed); // of 3 its number stands for all of it here
    assert(/まだ何も動かしていません/.test(shown) && shown.includes(sealed) && !/原本|20 KiB/.test(shown), shown);
    assert(/まだ何も動かしていません/.test(await named(record)) && /原本\.csv/.test(await main()) && /20 KiB/.test(await main()), await main());
    for (const one of await readdir(join(dir, 'M014'))) if (!one.startsWith('.')) await rm(join(dir, 'M014', one)); // it is called by the item again
    await press('ask');
    await k.page.waitForURL(/\/media\/jobs\//);
    await over();
    assert(/完了/.test(await main()), await main() + said);
    const word = /パスワード：(\S+)/.exec(await main())?.[1], [name] = (await readdir(join(dir, 'M014'))).filter((one) => one.endsWith('.zip'));
    const { stdout } = await run('bsdtar', ['--passphrase', word, '-xOf', join(dir, 'M014', name), '原本.csv'], { env: { ...process.env, LC_ALL: 'C.UTF-8' } });
    equal(stdout, 'C'.repeat(20480), 'what is in it');
    await run(process.env.TSUJIBAN, ['ledger', 'export', '--data', site.data, '--out', join(dir, 'opened')]);
    const { stdout: opened } = await run('grep', ['-rhoaE', `items/file-open.{0,600}`, join(dir, 'opened')]).catch(() => ({ stdout: '' }));
    assert(opened.includes(record), `no entry that it was opened: ${opened}`);
    await press('drop');
  });

  const ask = async (label, title, values) => {
    await begin(label, title);
    for (const [name, value] of Object.entries(values)) if (await k.page.locator(`main [name=${name}]`).count()) await k.page.fill(`main [name=${name}]`, value);
    await press('preview');
    await press('ask');
    await over();
    await k.shot(`${label}-${title}`);
    const text = await main();
    await press('drop');
    return text;
  };

  await check('a medium has a label to stick onto it, and its print is entered', async () => {
    await k.goto('/records/BT-2026-0001');
    const [download] = await Promise.all([k.page.waitForEvent('download'), k.page.click('main >> text=媒体に貼るラベルを印刷する')]);
    const path = join(process.env.E2E_SHOTS ?? dir, 'label.pdf');
    await download.saveAs(path);
    const { stdout } = await run('pdftotext', ['-layout', path, '-']);
    for (const words of ['M-014', 'BT-2026-0001', 'サイバー対策課', '■要機密情報を取り扱った', '符号：管理番号 M-014']) assert(stdout.includes(words), `${words}: ${stdout}`);
    const { stdout: info } = await run('pdfinfo', [path]);
    assert(/Pages: +1\n/.test(info) && /Page size: +243\.\d+ x 153\.\d+ pts/.test(info), info);
    const entries = await run(process.env.TSUJIBAN, ['ledger', 'export', '--data', site.data, '--out', join(dir, 'ledger')]).catch((e) => ({ stdout: e.stderr }));
    const { stdout: found } = await run('grep', ['-rlE', 'media-label', join(dir, 'ledger')]).catch(() => ({ stdout: '' }));
    assert(found, `no entry of the print: ${entries.stdout}`);
  });

  await check('a medium from outside is examined; what is infected comes in nowhere and is kept, and what is clean comes in and is told where', async () => {
    await writeFile(join(dir, 'M015', 'eicar.com'), EICAR);
    await writeFile(join(dir, 'M015', '相談.csv'), '相談\n');
    const stopped = await ask('M015', '取り込む', { medium: 'M-015', item: 'フィッシング相談一覧' });
    assert(/認められませんでした/.test(stopped) && /eicar\.com：不正プログラム/.test(stopped) && /検査で止めました/.test(stopped) && /隔離しました/.test(stopped) && /eicar\.com：拒否（不正プログラム検知）を証跡に記録しました TR-/.test(stopped), stopped + said);
    equal((await readdir(join(dir, 'into'))).length && (await readdir(join(dir, 'into', 'K'))).length, 0, 'what came in');
    await rm(join(dir, 'M015', 'eicar.com'));
    const taken = await ask('M015', '取り込む', { medium: 'M-015', item: 'フィッシング相談一覧' });
    assert(/完了/.test(taken) && /相談\.csv：問題なし/.test(taken) && /取り込みました/.test(taken) && taken.includes(join(dir, 'into', 'K')) && /TR-/.test(taken), taken + said);
    equal(await readFile(join(dir, 'into', 'K', '相談.csv'), 'utf8'), '相談\n', 'what came in');
  });

  await check('a medium is wiped once its use has ended, and not before', async () => {
    const early = await ask('M015', '消去する', { medium: 'M-015' });
    assert(/認められませんでした/.test(early) && /第6の3\(4\)/.test(early) && /拒否（許可されない）を証跡に記録しました TR-/.test(early), early + said);
    equal((await readdir(join(dir, 'M015'))).includes('相談.csv'), true, 'it lies there still');
    const grant = (await k.json('/api/registers/media-grants?sort=opened')).rows.at(-5).id;
    await k.goto(`/records/${grant}/steps/finish`);
    await k.submit();
    const wiped = await ask('M015', '消去する', { medium: 'M-015' });
    assert(/完了/.test(wiped) && /1件のファイル|2件のファイル/.test(wiped) && /上書き/.test(wiped), wiped + said);
    equal((await readdir(join(dir, 'M015'))).filter((one) => !one.startsWith('.')).length, 0, 'files on the medium');
    await k.goto(`/records/${grant}`);
    assert(/wiped at the station/.test(await main()), await main());
  });

  await check('what the directive refuses is refused with its clause, and nothing is written', async () => {
    const before = await readdir(join(dir, 'M014'));
    await begin('M014', '書き出す');
    await medium();
    await k.page.fill('main [name=item]', item);
    await k.page.check('main input[name=cipher][value=plain]');
    await k.page.setInputFiles('main input[name=file1]', { name: 'b.csv', mimeType: 'text/csv', buffer: Buffer.alloc(100, 'B') });
    await press('preview');
    await press('ask');
    await over();
    await k.shot('refused');
    assert(/認められませんでした/.test(await main()) && /第6の3\(2\)/.test(await main()), await main());
    equal((await readdir(join(dir, 'M014'))).join(), before.join(), 'on the medium');
  });
} finally {
  if (gate && gate.exitCode === null) {
    const ended = new Promise((done) => gate.once('exit', done));
    gate.kill('SIGTERM');
    await ended;
  }
  await site.stop();
  await clamd.stop();
  await rm(dir, { recursive: true, force: true });
}
finish();
