// A file on its way through the pages: sent ahead of its form with a bar, examined by a real clamd, attached, refused when malware is in it, and
// fetched again under its Japanese name.
import { readFile } from 'node:fs/promises';
import { createHash, randomBytes } from 'node:crypto';
import { EICAR, startClamd } from './clamd.mjs';
import { Person } from './person.mjs';
import { Site } from './site.mjs';
import { assert, check, equal, finish } from './tap.mjs';

const clamd = await startClamd();
process.env.E2E_SCANNER = clamd.socket;
const site = await Site.start();
try {
  const a = new Person(site, 'A');
  await a.signIn();
  const [record, other] = (await a.json('/api/registers/keys?state=entered&sort=id')).rows.map((row) => row.id);
  const input = a.page.locator('input[type=file]');
  const choose = (name, buffer) => input.setInputFiles({ name, mimeType: 'application/octet-stream', buffer });
  const said = (text) => a.page.waitForFunction((t) => document.querySelector('.tj-upload__progress [role=status]')?.textContent.includes(t), text, { timeout: 120000 });
  const photo = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), randomBytes(9 << 20)]);

  await check('a file goes ahead of its form with a bar, on from where the way broke off, and is examined', async () => {
    let pieces = 0;
    await a.page.route('**/api/files/*', async (route) => {
      if (route.request().method() !== 'PATCH') return route.continue();
      pieces++;
      if (pieces === 3) return route.abort(); // the way breaks off once
      if (pieces === 5) { // and an answer is lost once
        await route.fetch();
        return route.abort();
      }
      if (pieces === 7) await a.shot('sending');
      return route.continue();
    });
    await a.goto(`/records/${record}/steps/attach`);
    await choose('鍵の写真.jpg', photo);
    await said('送信しています');
    assert(await a.page.locator('main form button[type=submit]').first().isDisabled(), 'the form could be sent meanwhile');
    await said('検査が終わりました：鍵の写真.jpg');
    equal(await a.page.locator('.tj-upload__progress progress').evaluate((bar) => bar.value === bar.max), true, 'bar');
    assert(pieces >= 11, `${pieces} pieces`);
    await a.page.unroute('**/api/files/*');
    await a.shot('examined');
  });

  await check('it is attached, and the record links to it by its name, size and examination', async () => {
    await a.submit();
    assert(a.page.url().includes(`/records/${record}`), a.page.url());
    assert((await a.page.locator('main').innerText()).includes('鍵の写真.jpg（9 MiB、検査済み・異常なし）'), 'words');
    await a.shot('record');
  });

  await check('it comes out as it went in, under its own name', async () => {
    const [download] = await Promise.all([a.page.waitForEvent('download'), a.page.locator('main a', { hasText: '鍵の写真.jpg' }).click()]);
    equal(download.suggestedFilename(), '鍵の写真.jpg', 'name');
    const digest = (bytes) => createHash('sha256').update(bytes).digest('hex');
    equal(digest(await readFile(await download.path())), digest(photo), 'contents');
  });

  await check('malware is named, refused by the clause, and what was filled in stays', async () => {
    await a.goto(`/records/${other}/steps/attach`);
    await choose('請求書.com', Buffer.from(EICAR));
    await said('検査が終わりました：請求書.com');
    await a.submit();
    const words = await a.page.locator('main').innerText();
    assert(words.includes('請求書.com') && words.includes('ウイルス検出'), words);
    assert(await a.page.locator('.tj-refusal').count(), 'no refusal');
    await a.shot('refused');
  });

  await check('a file that is too large is refused before it is sent, in words', async () => {
    await a.goto(`/records/${other}/steps/attach`);
    await choose('大きい.iso', Buffer.alloc(26 << 20));
    await said('大きい.iso：ファイルが大きすぎます。25 MiBまで');
    assert(!(await a.page.locator('main form button[type=submit]').first().isDisabled()), 'the form stays shut');
    await a.shot('too-large');
  });
  await check('of two choices the later one counts, whichever is there first', async () => {
    let go, first = true;
    const gate = new Promise((done) => { go = done; });
    await a.page.route('**/api/files/*', async (route) => {
      if (route.request().method() === 'PATCH' && first) {
        first = false;
        await gate;
      }
      return route.continue();
    });
    await a.goto(`/records/${other}/steps/attach`);
    await choose('先の写真.jpg', photo);
    await said('送信しています');
    await choose('後のメモ.txt', Buffer.from('memo'));
    await said('検査が終わりました：後のメモ.txt');
    go();
    await a.page.waitForFunction(() => !document.querySelector('main form button[type=submit]').disabled, null, { timeout: 120000 });
    await a.page.unroute('**/api/files/*');
    await a.submit();
    const words = await a.page.locator('main').innerText();
    assert(words.includes('後のメモ.txt') && !words.includes('先の写真.jpg'), words);
  });
  await check('what is being sent can be stopped, is dropped at the server, and the form goes on without it', async () => {
    let go, dropped = 0;
    const gate = new Promise((done) => { go = done; });
    await a.page.route('**/api/files/*', async (route) => {
      if (route.request().method() === 'PATCH') await gate;
      if (route.request().method() === 'DELETE') dropped++;
      return route.continue().catch(() => {}); // the way was given up meanwhile
    });
    await a.goto(`/records/${other}/steps/attach`);
    await choose('止める写真.jpg', photo);
    await said('送信しています');
    await a.page.locator('.tj-upload__progress button', { hasText: '送信を中止' }).click();
    await said('送信を中止しました：止める写真.jpg');
    await a.page.waitForFunction(() => !document.querySelector('main form button[type=submit]').disabled, null, { timeout: 120000 });
    assert(await a.page.locator('.tj-upload__progress button').isHidden(), 'there is nothing to stop any more');
    assert(dropped === 1, `dropped ${dropped} times`);
    go();
    await a.page.unroute('**/api/files/*');
    await a.shot('stopped');
    await choose('代わりのメモ.txt', Buffer.from('another memo'));
    await said('検査が終わりました：代わりのメモ.txt');
  });
} finally {
  await site.stop();
  await clamd.stop();
}
finish();
