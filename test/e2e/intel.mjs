// Threat intelligence through the pages: what came in, what ends, objects that share a value, one object with what it is joined to; for who sees
// the collection, and for who does not.
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Person } from './person.mjs';
import { Site } from './site.mjs';
import { assert, check, equal, finish } from './tap.mjs';

const run = promisify(execFile);
const here = fileURLToPath(new URL('.', import.meta.url));
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const INDICATOR = 'indicator--5a0c7f02-3f77-4c39-9c5e-0d8c2b1a4e01';
const MALWARE = 'malware--7d2f9b10-52a1-4a6b-8d5e-3b6c1f0e9a01';
const HIDDEN = 'threat-actor--9a9b9c9d-0f6d-4b8c-a7f1-5c2d3e4f6a09'; // is named and was never brought in
const axe = await readFile(join(here, 'node_modules/axe-core/axe.min.js'), 'utf8');

const site = await Site.start();
try {
  const person = async (id) => {
    const who = new Person(site, id);
    await who.open({ bypassCSP: true, viewport: { width: 1280, height: 900 } });
    await who.signIn();
    return who;
  };
  const bring = async (file) => {
    await writeFile(join(site.dir, 'a.pw'), site.accounts['person-a'].password + '\n', { mode: 0o600 });
    const { stdout } = await run(process.env.TSUJIBAN, ['intel', 'import', '--data', site.data, '--as', 'person-a', '--sign-in', join(site.dir, 'a.pw'),
      '--collection', '受領情報', '--channel', '公開情報', file]);
    return stdout;
  };
  const examine = async (who, name) => {
    await who.shot(name);
    const found = await who.page.evaluate(`${axe};axe.run(document, {resultTypes: ['violations'], runOnly: ${JSON.stringify(RULES)}})`);
    equal(found.violations.map((rule) => `${rule.id}: ${rule.nodes[0].html.slice(0, 200)}`), [], 'axe-core');
    await who.page.setViewportSize({ width: 360, height: 740 });
    const width = await who.page.evaluate(() => document.documentElement.scrollWidth);
    await who.shot(`${name}-phone`);
    await who.page.setViewportSize({ width: 1280, height: 900 });
    assert(width <= 360, `${name} is ${width} wide`);
  };
  const a = await person('A'), c = await person('C');
  const main = (who) => who.page.locator('main').innerText();
  const table = (who, caption) => who.page.locator('main table', { has: who.page.locator('caption', { hasText: caption }) });

  await check('before anything came in the page says so', async () => {
    await a.page.click('nav >> text=脅威情報');
    await a.page.waitForURL(/\/intel$/);
    const text = await table(a, '情報集').innerText();
    assert(/受領情報/.test(text) && /まだありません/.test(text), text);
    await examine(a, 'empty');
  });

  await check('what came in stands with its number, and what ends within a week', async () => {
    const said = await bring(join(here, 'intel-bundle.json'));
    assert(/added 10/.test(said), said);
    await a.goto('/intel');
    const rows = await table(a, '情報集').locator('tbody tr', { hasText: '受領情報' }).innerText();
    assert(/\b10\b/.test(rows) && !/まだありません/.test(rows), rows);
    const imports = await table(a, '最近の取込み').innerText();
    assert(/II-2026-0001/.test(imports) && /公開情報/.test(imports) && /公開済/.test(imports), imports);
    const ends = await table(a, '1週間以内').locator('tbody tr').allInnerTexts();
    assert(ends.length === 1 && /偽の認証画面/.test(ends[0]) && /4月6日/.test(ends[0]) && !/古い版/.test(ends[0]), ends.join('|'));
    await examine(a, 'dashboard');
  });

  await check('a value is found in whatever spelling it comes', async () => {
    for (const typed of ['192.0.2.7', '１９２．０．２．７', '192[.]0[.]2[.]7', '192。0。2。7']) {
      await a.goto(`/intel/find?q=${encodeURIComponent(typed)}`);
      const hits = await table(a, '192.0.2.7 を持つもの').locator('tbody tr').allInnerTexts();
      assert(hits.length === 3 && hits.some((one) => /同じ機械/.test(one)), `${typed}: ${hits.join('|')}`);
    }
    const text = await main(a);
    assert(/TLP:RED/.test(text) && /TLP:CLEAR/.test(text) && /受領情報/.test(text), text);
    await examine(a, 'find');
  });

  await check('a URL without a working link, a name below a registered one, an id', async () => {
    await a.goto('/intel');
    await a.page.fill('main [name=q]', 'hxxp://login[.]example[.]jp/a?b=1');
    await a.page.click('main form button');
    await a.page.waitForURL(/find/);
    assert(/URL http:\/\/login.example.jp\/a\?b=1 を持つもの/.test(await main(a)), await main(a));
    await a.goto('/intel/find?q=example.jp');
    const readings = await table(a, '読み取り方').locator('tbody tr', { hasText: 'ドメイン名' }).innerText();
    assert(/\b0\b/.test(readings) && /\b2\b/.test(readings), readings);
    assert(/example.jp の下にあるもの（2件）/.test(await main(a)), await main(a));
    await a.goto(`/intel/find?q=${INDICATOR}`);
    assert(/偽の認証画面/.test(await main(a)), await main(a));
  });

  await check('what is not found says how it was read, and what is no value says why', async () => {
    await a.goto('/intel/find?q=198.51.100.9');
    assert(/見つかりません/.test(await main(a)) && /IPv4アドレス/.test(await main(a)), await main(a));
    await examine(a, 'nothing');
    await a.goto('/intel/find?q=' + encodeURIComponent('a/b\\c'));
    assert(/見つかりません/.test(await main(a)), await main(a));
    await a.goto(`/intel/find?q=${HIDDEN}`);
    assert(/STIXのID/.test(await main(a)), await main(a));
  });

  await check('who does not see the collection is told what he is told of nothing', async () => {
    await c.goto('/intel');
    const text = await main(c);
    assert(/刑事共有/.test(text) && !/受領情報/.test(text) && !/偽の認証画面/.test(text) && !/II-2026/.test(text), text);
    const told = [];
    for (const typed of ['192.0.2.7', '192.0.2.99']) {
      await c.goto(`/intel/find?q=${typed}`);
      told.push((await main(c)).replaceAll(typed, ''));
    }
    equal(told[0], told[1], 'of a hidden value and of none');
    await c.shot('unseen');
  });

  await check('in English every word is English', async () => {
    await a.context.addCookies([{ name: 'tsujiban_lang', value: 'en', url: site.url }]);
    await a.goto('/intel');
    assert(/What ends within a week/.test(await main(a)) && !/取込み/.test(await main(a)), await main(a));
    await a.context.addCookies([{ name: 'tsujiban_lang', value: 'ja', url: site.url }]);
  });

  await check('the program is still running', () => assert(site.isRunning(), site.output));
} finally {
  await site.stop();
}
finish();
