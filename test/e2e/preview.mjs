// Before a file leaves: whoever decides is shown what is in it, whose names stand in it, and nothing else than what was shown is entered.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startClamd } from './clamd.mjs';
import { Person } from './person.mjs';
import { Site } from './site.mjs';
import { assert, check, equal, finish } from './tap.mjs';

const run = promisify(execFile);
const clamd = await startClamd();
process.env.E2E_SCANNER = clamd.socket;
const site = await Site.start();
const dir = await mkdtemp(join(tmpdir(), 'tsujiban-preview-'));

// An archive with a text in Shift_JIS, whose lines are given, and a picture, which may tell who made it.
async function archive(lines, tells = '') {
  await writeFile(join(dir, 'a.utf8'), lines.join('\r\n'));
  const { stdout } = await run('iconv', ['-f', 'UTF-8', '-t', 'CP932', join(dir, 'a.utf8')], { encoding: 'buffer' });
  await writeFile(join(dir, '一覧.txt'), stdout);
  await writeFile(join(dir, 'gif.gif'), Buffer.concat([Buffer.from('GIF89a\x01\x00\x01\x00\x00\x00\x00', 'latin1'),
    Buffer.from(tells ? `!\xfe${String.fromCharCode(tells.length)}${tells}\x00` : '', 'latin1'), Buffer.from(',\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;', 'latin1')]));
  await rm(join(dir, 'a.zip'), { force: true });
  await run('bsdtar', ['--format', 'zip', '-C', dir, '-cf', join(dir, 'a.zip'), '一覧.txt', 'gif.gif'], { env: { ...process.env, LC_ALL: 'C.UTF-8' } });
  return readFile(join(dir, 'a.zip'));
}

try {
  const b = new Person(site, 'B');
  const k = new Person(site, 'K');
  await b.signIn();
  await k.signIn();
  const main = () => b.page.locator('main').innerText();
  const of = async (person, reg, text) => {
    const rows = (await person.json(`/api/registers/${reg}?page_size=200`)).rows;
    const found = rows.find((row) => JSON.stringify(row).includes(text));
    assert(found, `no ${text} among ${rows.length} of ${reg}`);
    return found.id;
  };
  const item = await of(b, 'items', '防犯チラシ原稿');
  const receiver = await of(b, 'parties', '試験銀行');
  const colleague = (await k.json('/api/me')).name?.ja ?? (await k.json('/api/me')).name;
  assert(colleague, 'K has a name');

  await check('names that are kept back are entered with the item', async () => {
    await k.goto(`/records/${item}/steps/correct`);
    await k.page.locator('main [name=kept_back]').first().fill('試験 花子');
    await k.page.fill('main [name=_reason]', '提供の前の確認のため');
    await k.submit();
    assert(k.page.url().includes(`/records/${item}`), await k.page.locator('main').innerText());
  });

  const fillIn = async (buffer) => {
    await b.goto('/registers/releases/new/provide');
    for (const [name, value] of [['item', item], ['receiver', receiver], ['means', 'file'], ['purpose', '広報'], ['marked', ['file', 'cover']], ['cleaned', ['removed', 're-read']]])
      assert(await b.fill(name, value), `${name} is not offered`);
    await b.page.locator('input[type=file]').setInputFiles({ name: '提供.zip', mimeType: 'application/zip', buffer });
    await b.page.waitForFunction(() => document.querySelector('.tj-upload__progress [role=status]')?.textContent.includes('検査が終わりました'), null, { timeout: 120000 });
  };
  const press = async () => {
    await b.page.locator('main form').first().locator('button.tj-button:not(.tj-button--outline)').first().click();
    await b.page.waitForLoadState();
  };

  await check('a picture in a container that tells who made it goes to nobody outside, whatever was ticked', async () => {
    await fillIn(await archive(['これは見本の一覧です。'], 'made by him'));
    await press();
    const text = await main();
    for (const words of ['この操作はできません', 'H-3-2-2', '属性情報（作成者、撮影位置等）及び隠れた内容のないファイルに差し替える']) assert(text.includes(words), `"${words}" is missing:\n${text}`);
  });

  await check('what would leave is shown first: members, what they tell, and names in Shift_JIS within a container', async () => {
    await fillIn(await archive(['担当：' + colleague.replace(/\s/g, '　'), '照会先：試験花子様', 'これは見本の一覧です。'.repeat(8), '別件：架空 三郎']));
    await press();
    const text = await main();
    for (const words of ['出ていく内容を確認してください', '提供.zip > 一覧.txt', '提供.zip > gif.gif', '全ての文字', colleague, '試験 花子', `管理対象情報台帳 ${item}`])
      assert(text.includes(words), `"${words}" is missing:\n${text}`);
    equal(await b.page.locator('main strong', { hasText: '試験花子' }).count(), 1, 'the name stands marked in its text');
    await b.shot('before');
    await b.picture('preview');
  });

  await check('other names are looked for as he types them, and are kept nowhere', async () => {
    const entered = async () => (await b.json('/api/registers/releases?page_size=200')).rows.filter((row) => JSON.stringify(row).includes(item) && JSON.stringify(row).includes(receiver)).length;
    const before = await entered();
    assert(!(await main()).includes('架空 三郎'), 'it is not looked for yet');
    await b.page.fill('main [name=_names]', '架空三郎');
    await b.page.click('main button[name=_look]');
    await b.page.waitForLoadState();
    assert((await main()).includes('入力した氏名'), await main());
    equal(await entered(), before, 'nothing was entered but what the story did');
  });

  await check('notes that are changed after it was looked at ask for another look', async () => {
    await b.page.fill('main [name=purpose]', '広報のため');
    await press();
    assert((await main()).includes('確認した内容と、いま出ていく内容が違います'), await main());
    await press();
    assert(/\/records\/TE-/.test(b.page.url()), `${b.page.url()}\n${await main()}`);
    await b.shot('record');
  });

  await check('the record leads to the same page, without script too, and it prints', async () => {
    const link = b.page.locator('main a', { hasText: '中身を確認する' });
    const href = await link.getAttribute('href');
    await link.click();
    await b.page.waitForLoadState();
    assert((await main()).includes('提供.zip > 一覧.txt') && (await main()).includes('試験花子'), await main());
    await b.shot('page');
    await b.page.emulateMedia({ media: 'print' });
    await b.shot('print');
    await b.page.emulateMedia({ media: null });
    const plain = new Person(site, 'K');
    await plain.open({ javaScriptEnabled: false });
    await plain.signIn();
    equal(await plain.goto(href), 200, 'status');
    assert((await plain.page.locator('main').innerText()).includes(colleague), 'names');
  });

  await check('what is fetched, printed and saved is a copy whose holder, version and ground are told on a page of the item', async () => {
    const id = b.page.url().split('/')[4];
    await b.goto(`/records/${id}`);
    await Promise.all([b.page.waitForEvent('download'), b.page.locator('main a', { hasText: '提供.zip' }).first().click()]);
    await b.goto(`/records/${item}`);
    await Promise.all([b.page.waitForEvent('download'), b.page.locator('.tj-print button').first().click()]);
    await b.page.locator('main a', { hasText: '写しを誰が持っているか' }).click();
    await b.page.waitForLoadState();
    const text = await main();
    for (const words of ['印刷物', '電子の写し', '試験銀行', createHash('sha256').update('d2c').digest('hex').slice(0, 12), '所持中', id]) assert(text.includes(words), `"${words}" is missing:\n${text}`);
    await b.shot('holders');
    await b.page.locator('main table a[href^="/holders/"]').first().click();
    await b.page.waitForLoadState();
    assert((await main()).includes('防犯チラシ原稿'), await main());
    await b.shot('holder');
  });

  await check('a program is held to it as well: what did not see, or saw something else, enters nothing', async () => {
    await fillIn(await archive(['第二版']));
    await press();
    const file = await b.page.inputValue('main input[type=hidden][name=file]');
    const shown = await b.page.inputValue('main input[name=_manifest]');
    await b.goto('/tokens');
    for (const [name, value] of [['name', 'test'], ['may', 'act'], ['days', '30'], ['password', b.account.password]]) await b.fill(name, value);
    await b.submit();
    const token = /tsujiban_[\w-]{43}/.exec(await main())?.[0];
    assert(token, await main());
    const provide = async (more, notes) => {
      const response = await fetch(`${site.url}/api/registers/releases/provide`, { method: 'POST', headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
        body: JSON.stringify({ with: { item, receiver, means: 'file', purpose: '広報', marked: ['file', 'cover'], cleaned: ['removed', 're-read'], file, ...notes }, ...more }) });
      return { status: response.status, json: await response.json() };
    };
    const first = await provide({}, {});
    equal(first.status, 409, JSON.stringify(first.json));
    equal(first.json.manifest, shown, 'the digest is that of the page');
    equal((await provide({ manifest: shown }, { notes: '別の留意事項' })).status, 409, 'other notes');
    equal((await provide({ manifest: shown }, {})).status, 201, 'as it was shown');
  });
} finally {
  await site.stop();
  await clamd.stop();
  await rm(dir, { recursive: true, force: true });
}
finish();
