// A file of threat intelligence brought in by a page: sent, read in the cage, looked at, opened or dropped; with a browser and without a script.
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { examine } from './axe.mjs';
import { Person } from './person.mjs';
import { Site } from './site.mjs';
import { assert, check, equal, finish } from './tap.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const BUNDLE = join(here, 'intel-bundle.json');

const site = await Site.start();
try {
  const person = async (id, options = {}) => {
    const who = new Person(site, id);
    await who.open({ bypassCSP: true, viewport: { width: 1280, height: 900 }, ...options });
    await who.signIn();
    return who;
  };
  const main = (who) => who.page.locator('main').innerText();
  const table = (who, caption) => who.page.locator('main table', { has: who.page.locator('caption', { hasText: caption }) });
  const button = (who, words) => who.page.locator('main form button', { hasText: words });

  // Chosen, sent, and waited for until it is read.
  const send = async (who, file, { format = 'stix', collection = '受領情報' } = {}) => {
    await who.goto('/intel/import');
    await who.page.selectOption('[name=collection]', { label: collection });
    await who.page.selectOption('[name=channel]', { label: '公開情報' });
    await who.page.check(`[name=format][value=${format}]`);
    await who.page.setInputFiles('main [name=file]', file);
    await who.page.waitForFunction(() => document.querySelector('main [name=intake]').value);
    await button(who, '送って調べる').click();
    await who.page.waitForURL(/\/intel\/imports\/II-/);
    await who.page.waitForFunction(() => !document.querySelector('.tj-watch'), null, { timeout: 60000 });
    return who.page.url().split('/').pop();
  };
  const a = await person('A'), c = await person('C');

  await check('a bundle is sent, read and shown before anything of it is open', async () => {
    await a.goto('/intel');
    await a.page.click('main >> text=ファイルから取り込む');
    await a.page.waitForURL(/\/intel\/import$/);
    await examine(a, 'form');
    const id = await send(a, BUNDLE);
    const text = await main(a);
    assert(/まだ公開していません/.test(text), text);
    const types = await table(a, '種別ごとの数').innerText();
    assert(/侵害指標\s+\d/.test(types) && /マルウェア\s+\d/.test(types), types);
    assert(/TLP:RED\s+\d/.test(await table(a, '取扱区分ごとの数').innerText()), await table(a, '取扱区分ごとの数').innerText());
    const rows = await table(a, '取り込まれるもの').locator('tbody tr').allInnerTexts();
    equal(rows.length, 10, 'objects');
    assert(rows.every((one) => /新しい/.test(one)) && rows.some((one) => /偽の認証画面/.test(one)), rows.join('|'));
    await examine(a, 'preview');
    await a.goto('/intel/find?q=192.0.2.7');
    assert(/見つかりません/.test(await main(a)), 'nothing of it is found before');
    equal((await c.page.goto(`/intel/imports/${id}`)).status(), 404, 'for who does not see the collection');
    await a.goto(`/intel/imports/${id}`);
    await button(a, '公開する').click();
    await a.page.waitForLoadState();
    assert(/公開しました/.test(await main(a)), await main(a));
    equal(await table(a, '取り込まれるもの').count(), 0, 'samples of what is open');
    await a.goto('/intel/find?q=192.0.2.7');
    assert(/持つもの（3件）/.test(await main(a)), await main(a));
    await a.goto(`/records/${id}`);
    await a.page.click('main >> text=ファイルを読み取った結果を見る');
    await a.page.waitForURL(/\/intel\/imports\//);
    assert(/種別ごとの数/.test(await main(a)), await main(a));
    await examine(a, 'report');
  });

  await check('the same file again has nothing new, and is dropped', async () => {
    const id = await send(a, BUNDLE);
    const text = await main(a);
    assert(/この情報集に同じものがある数\s+10/.test(text), text);
    equal(await table(a, '取り込まれるもの').locator('tbody tr').count(), 0, 'objects that would be added');
    await button(a, '取りやめる').click();
    await a.page.waitForLoadState();
    assert(/取りやめました/.test(await main(a)), await main(a));
    await a.goto(`/records/${id}`);
    assert(/取りやめ/.test(await main(a)), await main(a));
  });

  await check('one broken object is told with its place, and the rest can be opened', async () => {
    const bundle = JSON.parse(await readFile(BUNDLE, 'utf8'));
    bundle.objects = [{ ...bundle.objects[1], id: 'indicator--5a0c7f02-3f77-4c39-9c5e-0d8c2b1a4e77', pattern: "[ipv4-addr:value = '192.0.2.9'" },
      { ...bundle.objects[0], name: '別の名称', modified: '2026-04-01T00:00:00.000Z' }];
    const file = join(site.dir, 'broken.json');
    await writeFile(file, JSON.stringify(bundle));
    await send(a, file);
    const findings = await table(a, '誤りと注意').locator('tbody tr').allInnerTexts();
    assert(findings.some((one) => /objects\[0\]\.pattern/.test(one) && /indicator--5a0c7f02-3f77-4c39-9c5e-0d8c2b1a4e77/.test(one) && /誤り/.test(one)), findings.join('|'));
    const rows = await table(a, '取り込まれるもの').locator('tbody tr').allInnerTexts();
    assert(rows.length === 1 && /別の版あり/.test(rows[0]), rows.join('|'));
    await examine(a, 'findings');
    await button(a, '公開する').click();
    await a.page.waitForLoadState();
    assert(/公開しました/.test(await main(a)) && /除外した数\s+1/.test(await main(a)), await main(a));
  });

  await check('a file that is cut, one that is none, and one string without an end are told plainly', async () => {
    const cut = join(site.dir, 'cut.json'), none = join(site.dir, 'none.json'), long = join(site.dir, 'long.json');
    await writeFile(cut, (await readFile(BUNDLE, 'utf8')).slice(0, 1500));
    await send(a, cut);
    assert(/途中で終わっています/.test(await main(a)), await main(a));
    await button(a, '取りやめる').click();
    await writeFile(none, '%PDF-1.7 これはJSONではない');
    await send(a, none);
    assert(/取り込めるものがありません/.test(await main(a)), await main(a));
    await examine(a, 'nothing');
    await button(a, '取りやめる').click();
    await writeFile(long, '{"type":"bundle","id":"bundle--0b1f2a9e-6c5c-4f0e-9a51-2f7f0f3f5a09","objects":[{"type":"' + 'a'.repeat(40 << 20));
    await send(a, long);
    assert(/除外した数\s+1/.test(await main(a)), await main(a));
    await button(a, '取りやめる').click();
  });

  await check('an event of MISP, a table and a list come in likewise, with what is wrong at its place', async () => {
    const misp = join(site.dir, 'event.json'), csv = join(site.dir, 'values.csv'), list = join(site.dir, 'values.txt'), text = join(site.dir, 'report.txt');
    await writeFile(misp, JSON.stringify({ Event: { uuid: '4f6ad0f1-0d5c-4bb5-9a7e-1f6f0a4c7a01', info: '試験の事象', date: '2026-04-01', timestamp: '1775000000',
      published: false, analysis: '0', threat_level_id: '2', Attribute: [
        { uuid: '4f6ad0f1-0d5c-4bb5-9a7e-1f6f0a4c7a02', type: 'ip-dst', category: 'Network activity', to_ids: true, value: '192.0.2.33', timestamp: '1775000000' },
        { uuid: '4f6ad0f1-0d5c-4bb5-9a7e-1f6f0a4c7a03', type: 'domain', category: 'Network activity', to_ids: true, value: 'ng.example.com', timestamp: '1775000000' }] } }));
    await send(a, misp, { format: 'misp' });
    assert(/侵害指標\s+2/.test(await table(a, '種別ごとの数').innerText()), await main(a));
    await button(a, '取りやめる').click();
    await writeFile(csv, 'type,value,tlp\nipv4,192.0.2.34,TLP:AMBER\nipv4,192.0.2.999,\n');
    await send(a, csv, { format: 'csv' });
    assert(/TLP:AMBER\s+1/.test(await table(a, '取扱区分ごとの数').innerText()), await main(a));
    const wrong = await table(a, '誤りと注意').locator('tbody tr').allInnerTexts();
    assert(wrong.length === 1 && /value/.test(wrong[0]) && /192\.0\.2\.999/.test(wrong[0]) && /3:6/.test(wrong[0]), wrong.join('|'));
    await button(a, '取りやめる').click();
    await writeFile(list, '# 受け取った値\n192[.]0[.]2[.]35\n\nhxxp://ng.example.com/a\nこれは値ではない\n');
    await send(a, list, { format: 'list' });
    assert(/侵害指標\s+2/.test(await table(a, '種別ごとの数').innerText()) && /除外した数\s+1/.test(await main(a)), await main(a));
    await button(a, '取りやめる').click();
    await writeFile(text, '通信先は１９２．０．２．３６である。');
    await send(a, text, { format: 'text' });
    const types = await table(a, '種別ごとの数').innerText();
    assert(/IPv4アドレス\s+1/.test(types) && !/侵害指標/.test(types), types);
    await button(a, '取りやめる').click();
  });

  await check('values in a text are marked at their place, and only what is chosen comes in', async () => {
    await a.goto('/intel');
    await a.page.click('main >> text=文章から値を取り出す');
    await a.page.waitForURL(/\/intel\/extract$/);
    await examine(a, 'extract');
    await a.page.fill('[name=source]', '注意喚起 第5号');
    await a.page.fill('[name=text]', '不審な通信先は１９２．０．２．５１及びhxxp://ng[.]example[.]net/loginです。\n連絡は 192.0.2.51 から 192.0.2.52 へ。<b>印</b>');
    await button(a, '値を探す').click();
    await a.page.waitForLoadState();
    const marks = await a.page.locator('.tj-marked mark').allInnerTexts();
    equal(marks, ['１９２．０．２．５１', 'hxxp://ng[.]example[.]net/login', '192.0.2.51', '192.0.2.52'], 'marked');
    equal(await a.page.locator('.tj-marked input').count(), 3, 'different values');
    assert(/<b>印<\/b>/.test(await a.page.locator('.tj-marked').innerText()), 'markup is text');
    await examine(a, 'marked');
    await button(a, '選んだものを取り込む').click();
    await a.page.waitForLoadState();
    assert(/選んでください/.test(await main(a)), await main(a));
    // By the keyboard alone.
    await a.page.locator('.tj-marked input').nth(1).focus();
    await a.page.keyboard.press('Space');
    await button(a, 'IPv4アドレスをすべて選ぶ（2）').click();
    await a.page.waitForLoadState();
    equal(await a.page.locator('.tj-marked input:checked').count(), 3, 'chosen');
    await a.page.locator('.tj-marked input').nth(2).uncheck();
    await table(a, '見つかった値').locator('tbody tr', { hasText: '192.0.2.51' }).locator('[name=sought]').check();
    await a.page.selectOption('[name=collection]', { label: '受領情報' });
    await a.page.selectOption('[name=channel]', { label: '公開情報' });
    await button(a, '選んだものを取り込む').click();
    await a.page.waitForURL(/\/intel\/imports\/II-/);
    await a.page.waitForFunction(() => !document.querySelector('.tj-watch'), null, { timeout: 60000 });
    const types = await table(a, '種別ごとの数').innerText();
    assert(/IPv4アドレス\s+1/.test(types) && /URL\s+1/.test(types) && /侵害指標\s+1/.test(types), types);
    await button(a, '公開する').click();
    await a.page.waitForLoadState();
    await a.goto('/intel/find?q=192.0.2.51');
    assert(/持つもの（2件）/.test(await main(a)), await main(a));
    await a.goto('/intel/find?q=192.0.2.52');
    assert(/見つかりません/.test(await main(a)), await main(a));
  });

  const makeDocument = async (name, ...fault) => {
    const file = join(site.dir, name);
    await promisify(execFile)('python3', ['-W', 'ignore', join(here, '../cli/make-document'), file, ...fault]);
    return file;
  };
  const choose = async (who, file) => {
    await who.goto('/intel/extract');
    await who.page.setInputFiles('main [name=file]', file);
    await who.page.waitForFunction(() => document.querySelector('main [name=intake]').value);
    await button(who, '値を探す').click();
    await who.page.waitForLoadState();
  };

  await check('a document is sent in pieces, and each value stands with its sheet and cell', async () => {
    await choose(a, await makeDocument('values.xlsx'));
    const rows = await table(a, '見つかった値').locator('tbody tr').allInnerTexts();
    assert(rows.some((one) => /192\.0\.2\.62/.test(one) && /シート「通信先 & 検体」のB7/.test(one)), rows.join('|'));
    assert(rows.some((one) => /http:\/\/cell\.example\.com\//.test(one) && /のA1/.test(one)), rows.join('|'));
    assert(/シート「通信先 & 検体」のB7/.test(await a.page.locator('.tj-marked').innerText()), 'places stand in the text');
    await examine(a, 'document');
    await button(a, 'IPv4アドレスをすべて選ぶ').click();
    await a.page.waitForLoadState();
    assert(/のB7/.test(await table(a, '見つかった値').innerText()), 'places come back');
    await a.page.selectOption('[name=collection]', { label: '受領情報' });
    await a.page.selectOption('[name=channel]', { label: '公開情報' });
    await a.page.selectOption('[name=mark]', 'TLP:RED');
    await button(a, '選んだものを取り込む').click();
    await a.page.waitForURL(/\/intel\/imports\/II-/);
    await a.page.waitForFunction(() => !document.querySelector('.tj-watch'), null, { timeout: 60000 });
    assert(/TLP:RED\s+2/.test(await table(a, '取扱区分ごとの数').innerText()), await main(a));
    await button(a, '取りやめる').click();
    await a.page.waitForLoadState();
  });

  await check('slides, a mail and a PDF likewise', async () => {
    await choose(a, await makeDocument('values.pptx'));
    assert(/スライド2のノート/.test(await table(a, '見つかった値').innerText()), await main(a));
    const mail = join(site.dir, 'mail.eml'), pdf = join(site.dir, 'report.pdf');
    await writeFile(mail, 'From: a@example.com\nDate: Wed, 1 Apr 2026 09:00:00 +0900\nSubject: 192.0.2.81\nContent-Type: text/html\n\n<a href="http://mail.example.net/">x</a>\n');
    await choose(a, mail);
    const text = await table(a, '見つかった値').innerText();
    assert(/ヘッダー Subject/.test(text) && /http:\/\/mail\.example\.net\//.test(text), text);
    await writeFile(pdf, '%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 99]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>endobj\n4 0 obj<</Length 46>>stream\nBT /F 9 Tf 9 50 Td (first 192.0.2.77 ....) Tj ET\nendstream endobj\n5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\ntrailer<</Root 1 0 R>>\n');
    await choose(a, pdf);
    assert(/192\.0\.2\.77/.test(await table(a, '見つかった値').innerText()) && /1ページ/.test(await main(a)), await main(a));
  });

  await check('a document that is broken, or declares entities, is told with its place', async () => {
    await choose(a, await makeDocument('broken.docx', 'broken'));
    assert(/壊れている/.test(await main(a)) && /word\/document2\.xml:1:\d+/.test(await main(a)), await main(a));
    await choose(a, await makeDocument('entities.odt', 'doctype'));
    assert(/DOCTYPE/.test(await main(a)) && /content\.xml/.test(await main(a)), await main(a));
    await examine(a, 'refused');
  });

  await check('a text without values, an empty one and one that is too long are told', async () => {
    for (const [text, wanted] of [['値のない文章です。', /値は見つかりませんでした/], ['　', /貼り付けるか、文書を選んで/], ['あ'.repeat(100000), /長すぎます/]]) {
      await a.goto('/intel/extract');
      await a.page.fill('[name=text]', text);
      await button(a, '値を探す').click();
      await a.page.waitForLoadState();
      assert(wanted.test(await main(a)), await main(a));
    }
  });

  await check('what is missing in the form is said, and what was chosen stays', async () => {
    await a.goto('/intel/import');
    await a.page.evaluate(() => document.querySelectorAll('main [required]').forEach((one) => { one.required = false; }));
    await a.page.selectOption('[name=channel]', { label: '公開情報' });
    await button(a, '送って調べる').click();
    await a.page.waitForLoadState();
    const text = await main(a);
    assert(/一つ選んでください/.test(text) && /ファイルを選んでください/.test(text), text);
    assert(await a.page.locator('[name=channel]').inputValue(), 'the channel that was chosen');
    await examine(a, 'missing');
  });

  await check('without a script the form takes the file, and a link looks again', async () => {
    const plain = await person('A', { javaScriptEnabled: false });
    await plain.goto('/intel/import');
    await plain.page.selectOption('[name=collection]', { label: '受領情報' });
    await plain.page.selectOption('[name=channel]', { label: '公開情報' });
    await plain.page.setInputFiles('main [name=file]', BUNDLE);
    await plain.page.locator('main form button').first().click();
    await plain.page.waitForURL(/\/intel\/imports\/II-/);
    for (let i = 0; i < 60 && (await plain.page.locator('.tj-watch__source').count()); i++) {
      await plain.page.waitForTimeout(500);
      await plain.page.locator('.tj-watch__source').click();
    }
    assert(/まだ公開していません/.test(await main(plain)), await main(plain));
    await plain.page.locator('main form button', { hasText: '取りやめる' }).click();
    assert(/取りやめました/.test(await main(plain)), await main(plain));
  });

  await check('in English every word is English', async () => {
    await a.context.addCookies([{ name: 'tsujiban_lang', value: 'en', url: site.url }]);
    await a.goto('/intel/import');
    assert(/Send and check/.test(await main(a)) && !/取込み/.test(await main(a)), await main(a));
    await a.context.addCookies([{ name: 'tsujiban_lang', value: 'ja', url: site.url }]);
  });

  await check('the program is still running', () => assert(site.isRunning(), site.output));
} finally {
  await site.stop();
}
finish();
