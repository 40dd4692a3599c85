// The desk of media and what collectors wrote, through the pages: looked up by what is written on the medium, looked at before it is entered,
// entered once, and found again as lines without permission.
import { createHash } from 'node:crypto';
import { Person } from './person.mjs';
import { Site } from './site.mjs';
import { assert, check, equal, finish } from './tap.mjs';

const HEADINGS = ['seq', 'before', 'collector', 'at', 'event', 'computer', 'account', 'serial', 'file', 'size', 'sha256', 'cipher'];

// Lines of cells behind number and digest, chained as doc/man/collectors.md says.
function chained(lines, seq = 0, before = '0'.repeat(64)) {
  const out = [HEADINGS.join(',')];
  for (const cells of lines) {
    const all = [String(++seq), before, ...cells];
    before = createHash('sha256').update(all.join('\t')).digest('hex');
    out.push(all.join(','));
  }
  return out.join('\r\n') + '\r\n';
}

const line = (event, account, serial, file, time = '10:30:00') =>
  ['PC-05', `2026-08-31T${time}+09:00`, event, event === 'mark' ? '' : 'PC-05', account, serial, file, event === 'mark' ? '' : '10', '', ''];
const FILE = chained([line('mark', '', '', '', '08:30:00'), line('output', 'K', 'U-014', '名簿.csv'), line('input', 'guest', 'X-9', '写真.jpg')]);

const site = await Site.start();
try {
  const p = new Person(site, 'P');
  await p.signIn();
  const main = () => p.page.locator('main').innerText();
  const send = (text, name = '証跡.csv') => p.page.setInputFiles('main input[type=file]', { name, mimeType: 'text/csv', buffer: Buffer.from(text) });
  const press = async (op) => {
    await p.page.click(`main button[value=${op}]`);
    await p.page.waitForLoadState();
  };
  const lines = async () => (await p.json('/api/registers/collected-lines')).total;

  await check('a medium is found by its number or its serial number, in any width', async () => {
    await p.page.click('nav >> text=媒体の窓口');
    await p.page.waitForURL(/\/media$/);
    await p.shot('desk');
    for (const typed of ['Ｍ－０１４', 'm-014', 'U-014']) {
      await p.goto(`/media?q=${encodeURIComponent(typed)}`);
      const row = await p.page.locator('main table').first().innerText();
      assert(/M-014/.test(row) && /U-014/.test(row) && /保管中/.test(row), `${typed}: ${row}`);
    }
    await p.shot('found');
    await p.goto('/media?q=X-9');
    assert(/管理簿にありません/.test(await main()), await main());
  });

  await check('who has a medium, and what is overdue, is told', async () => {
    const held = await p.page.locator('main table', { hasText: '持っている者' }).innerText();
    assert(/M-014/.test(held) && /超過/.test(held), held);
  });

  await check('what is late stands first, and the next act is one press away', async () => {
    await p.goto('/media');
    await p.shot('desk-list');
    await p.picture('media-desk');
    const table = () => p.page.locator('main table', { hasText: '持っている者' });
    const rows = await table().locator('tbody tr').allInnerTexts();
    const late = rows.map((r) => /超過/.test(r));
    assert(late[0] && late.lastIndexOf(true) === late.filter(Boolean).length - 1, rows.join('|'));
    assert(rows.some((r) => /保管中/.test(r)), rows.join('|'));
    assert(rows.filter((r) => /M-014/.test(r)).length === 1 && !rows.some((r) => /標識を更新/.test(r)), rows.join('|'));
    await p.page.click('main nav a[href="/media?show=kept"]');
    await p.page.waitForURL(/show=kept/);
    const kept = await table().innerText();
    assert(!/超過/.test(kept) && /M-016/.test(kept), kept);
    const row = table().locator('tbody tr', { hasText: 'M-016' });
    const act = row.locator('a[href*="/steps/"], a[href*="/new/"]').first();
    const title = await act.innerText();
    await act.click();
    await p.page.waitForURL(/\/(steps|new)\//);
    const text = await main();
    assert(text.includes(title) && /M-016/.test(text), `${title}: ${text}`);
  });

  await check('a grant is called by what people call its medium: among the day\'s work, where it is found, and where it is chosen', async () => {
    const called = /BR-2026-\d{6}[　 ]+(M|D)-\d{3}/, numbered = /BR-2026-\d{6}[　 ]+BT-|BT-2026-\d{4}[　 ]+BR-/;
    for (const at of ['/', `/search?q=${encodeURIComponent('照会2026-7')}`]) {
      await p.goto(at);
      assert(called.test(await main()) && !numbered.test(await main()), `${at}: ${await main()}`);
    }
    await p.goto('/registers/erasures/new/save');
    const offered = (await p.page.locator('main [name=grant] option').allInnerTexts()).filter((text) => /BR-2026/.test(text));
    assert(offered.length && offered.every((text) => /^(M|D)-\d{3}　BR-/.test(text)), JSON.stringify(offered));
  });

  await check('on paper a record has no heading of what could be pressed', async () => {
    const [medium] = (await p.json('/api/registers/media')).rows;
    await p.goto(`/records/${medium.id}`);
    const heads = async () => (await p.page.locator('main :is(h2, h3):visible').allInnerTexts()).join(' ');
    assert(/できる手続/.test(await heads()) && /今はできない手続/.test(await heads()), await heads());
    await p.page.emulateMedia({ media: 'print' });
    assert(!/できる手続|できない手続/.test(await heads()) && /記載内容/.test(await heads()), await heads());
    await p.page.emulateMedia({ media: null });
  });

  await check('what would be entered is shown first, and nothing is entered', async () => {
    const before = await lines();
    await p.goto('/media/collect');
    await p.shot('form');
    await p.page.check('main input[value=trails]');
    await send(FILE);
    await press('check');
    await p.shot('looked-at');
    const text = await main();
    assert(/まだ何も登載していません/.test(text) && /許可のない行が2件/.test(text) && /名簿.csv/.test(text), text);
    equal(await lines(), before, 'lines after the trial');
  });

  await check('what was looked at is entered from the form, once', async () => {
    const before = await lines();
    await press('enter');
    assert(/取り込みました/.test(await main()), await main());
    await p.shot('entered');
    equal(await lines(), before + 2, 'lines');
    await p.page.click('main td >> text=写真.jpg');
    await p.page.waitForURL(/\/records\//);
    const text = await main();
    assert(/許可のない行/.test(text) && /未登録の媒体/.test(text) && /X-9/.test(text), text);
    await p.shot('line');
    await p.goto('/media/collect');
    await p.page.check('main input[value=trails]');
    await send(FILE);
    await press('enter');
    assert(/全ての行が取込済み/.test(await main()), await main());
    equal(await lines(), before + 2, 'lines');
  });

  await check('a wrong cell is told with its line, and nothing of the file is entered', async () => {
    const before = await lines();
    await send(FILE.replace('2026-08-31T10:30:00+09:00', '2026-08-31 10:30'), '誤り.csv');
    await p.page.check('main input[value=trails]');
    await press('enter');
    const text = await main();
    assert(/3行目/.test(text) && /時差まで/.test(text), text);
    await send('a,b\n1,2\n', '別の表.csv');
    await p.page.check('main input[value=trails]');
    await press('check');
    assert(/この種別の列ではありません/.test(await main()), await main());
    equal(await lines(), before, 'lines');
  });

  await check('the month leads to its lines without permission', async () => {
    await p.goto('/media');
    const link = p.page.locator('main a[href*="collected-lines?state=unpermitted"]').first();
    const n = Number((await link.innerText()).replace('件', ''));
    await link.click();
    await p.page.waitForURL(/collected-lines/);
    const text = await main();
    assert(n > 1 && /名簿.csv/.test(text) && /許可のない行/.test(text), text);
    await p.shot('month');
  });

  await check('who has no part in it is refused with the clause', async () => {
    const k = new Person(site, 'K');
    await k.signIn();
    await k.goto('/media/collect');
    await k.page.check('main input[value=trails]');
    await k.page.setInputFiles('main input[type=file]', { name: 'x.csv', mimeType: 'text/csv', buffer: Buffer.from(FILE.replaceAll('PC-05', 'PC-06')) });
    await k.page.click('main button[value=enter]');
    await k.page.waitForLoadState();
    const text = await k.page.locator('main').innerText();
    assert(/第6の4/.test(text), text);
  });
} finally {
  await site.stop();
}
finish();
