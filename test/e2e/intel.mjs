// Threat intelligence through the pages: what came in, what ends, objects that share a value, one object with what it is joined to; for who sees
// the collection, and for who does not.
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { examine } from './axe.mjs';
import { Person } from './person.mjs';
import { Site } from './site.mjs';
import { assert, check, equal, finish } from './tap.mjs';

const run = promisify(execFile);
const here = fileURLToPath(new URL('.', import.meta.url));
const INDICATOR = 'indicator--5a0c7f02-3f77-4c39-9c5e-0d8c2b1a4e01';
const MACHINE = 'indicator--5a0c7f02-3f77-4c39-9c5e-0d8c2b1a4e02';
const MALWARE = 'malware--7d2f9b10-52a1-4a6b-8d5e-3b6c1f0e9a01';
const HIDDEN = 'threat-actor--9a9b9c9d-0f6d-4b8c-a7f1-5c2d3e4f6a09'; // is named and was never brought in
const HIDDEN_MARK = 'marking-definition--3a2b1c0d-0f6d-4b8c-a7f1-5c2d3e4f6a10';
const ODD = 'malware--7d2f9b10-52a1-4a6b-8d5e-3b6c1f0e9a02';
const WITHDRAWN = 'malware--7d2f9b10-52a1-4a6b-8d5e-3b6c1f0e9a03';
const SHARED = { type: 'ipv4-addr', spec_version: '2.1', id: 'ipv4-addr--7fb4d4c0-2b57-5c0b-8c67-64b8c4b1a101', value: '192.0.2.7', defanged: true,
  object_marking_refs: ['marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003'] };

const site = await Site.start();
try {
  const person = async (id) => {
    const who = new Person(site, id);
    await who.open({ bypassCSP: true, viewport: { width: 1280, height: 900 } });
    await who.signIn();
    return who;
  };
  const bring = async (file, collection = '受領情報') => {
    await writeFile(join(site.dir, 'a.pw'), site.accounts['person-a'].password + '\n', { mode: 0o600 });
    const { stdout } = await run(process.env.TSUJIBAN, ['intel', 'import', '--data', site.data, '--as', 'person-a', '--sign-in', join(site.dir, 'a.pw'),
      '--collection', collection, '--channel', '公開情報', file]);
    return stdout;
  };
  const a = await person('A'), c = await person('C'), u = await person('U');
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
    assert(/II-2026-[1-9]\d{5}/.test(imports) && /公開情報/.test(imports) && /公開済/.test(imports), imports);
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

  await check('words find what has them, in any spelling: names before texts, of one type, and nothing of what is hidden', async () => {
    for (const typed of ['偽の認証画面', 'ニセの 認證画面'.replace('ニセ', '偽'), '認証情報']) {
      await a.goto(`/intel/find?q=${encodeURIComponent(typed)}`);
      const hits = await a.page.locator('main .tj-hit').allInnerTexts();
      assert(/偽の認証画面/.test(hits[0]) && !hits.some((one) => /古い版/.test(one)), `${typed}: ${hits.join('|')}`);
    }
    equal(await a.page.locator('main .tj-hit mark').first().innerText(), '認証情報', 'the mark');
    await examine(a, 'words');
    await a.goto(`/intel/find?q=${encodeURIComponent('偽の認証画面')}`);
    await a.page.click('main nav.tj-filters >> text=報告');
    equal((await a.page.locator('main .tj-hit').allInnerTexts()).length, 1, 'of one type');
    const told = [];
    for (const typed of ['認証情報', '無関係な語']) {
      await c.goto(`/intel/find?q=${encodeURIComponent(typed)}`);
      told.push((await main(c)).replaceAll(typed, ''));
    }
    equal(told[0], told[1], 'of hidden words and of none');
    await a.goto(`/search?q=${encodeURIComponent('試験ローダー')}`);
    await a.page.click('main >> text=脅威情報');
    await a.page.waitForURL(/intel\/find/);
    await a.page.click('main .tj-hit a');
    await a.page.waitForURL(new RegExp(MALWARE));
    await c.goto(`/search?q=${encodeURIComponent('試験ローダー')}`);
    assert(!/脅威情報/.test(await main(c)), await main(c));
  });

  await check('what refers to an object, what somebody made, and all of a type are lists', async () => {
    await a.goto(`/intel/objects/${MALWARE}`);
    await a.page.click('main >> text=これを参照しているもの（3件）');
    await a.page.waitForURL(/intel\/list/);
    const rows = await table(a, '試験ローダー').locator('tbody tr').allInnerTexts();
    assert(rows.length === 3 && rows.some((one) => /報告/.test(one)), rows.join('|'));
    await examine(a, 'list');
    await a.goto('/intel/list?by=identity--3c1d0c66-8a3e-4d2b-9e0a-6a1f0b1c2d01');
    assert(/古い版1件/.test(await main(a)), await main(a));
    await a.goto('/intel');
    await a.page.click('main nav.tj-filters >> text=/マルウェア 1/');
    await a.page.waitForURL(/type=malware/);
    equal(await table(a, 'マルウェア').locator('tbody tr').count(), 1, 'of a type');
    for (const query of ['type=X', 'refers=x', `refers=${HIDDEN}`, ''])
      equal((await a.page.goto(`/intel/list?${query}`)).status(), 404, query);
    equal((await c.page.goto(`/intel/list?refers=${MALWARE}`)).status(), 404, 'of a hidden one');
    await c.goto('/intel/list?type=malware');
    equal(await table(c, 'マルウェア').locator('tbody td[colspan], tbody tr').count() <= 1, true, await main(c));
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

  await check('an object is shown with what stands in it, and markup in it is text', async () => {
    await a.goto('/intel');
    await table(a, '1週間以内').locator('a', { hasText: '偽の認証画面' }).click();
    await a.page.waitForURL(new RegExp(INDICATOR));
    const rows = await table(a, '内容').innerText();
    assert(/検知の条件/.test(rows) && /確からしさ.*\s80/.test(rows) && /<b>注意<\/b>/.test(rows) && /令和8年4月6日/.test(rows), rows);
    assert(/機密性1/.test(await main(a)) && /TLP:CLEAR/.test(await main(a)), await main(a));
    const values = await table(a, '含まれる値').locator('tbody tr').allInnerTexts();
    assert(values.length === 3 && values.some((one) => /192\.0\.2\.7\s.*IPv4アドレス\s.*3/.test(one)), values.join('|'));
    assert(/"valid_until":"2026-04-06T00:00:00Z"/.test(await a.page.locator('main pre').innerText()), 'the original');
  });

  await check('what it is joined to stands in the table, and the graph draws the same', async () => {
    const edges = await table(a, 'つながり').locator('tbody tr').allInnerTexts();
    for (const wanted of [/偽の認証画面\s+作成者\s+試験CSIRT/, /偽の認証画面\s+を示す\s+試験ローダー/, /についての報告\s+含むもの\s+偽の認証画面/, /確認したもの\s+偽の認証画面/,
      /偽の認証画面\s+ドメイン名\s+login.example.jp/])
      assert(edges.some((one) => wanted.test(one)), `${wanted}: ${edges.join('|')}`);
    await a.page.waitForSelector('.tj-graph[data-drawn=yes]');
    const graph = await a.json(`/intel/objects/${INDICATOR}/graph.json`);
    equal([graph.edges.length, graph.cut], [edges.length, false], 'edges');
    equal(await a.page.getAttribute('.tj-graph', 'data-nodes'), String(graph.nodes.length), 'nodes');
    equal(await a.page.getAttribute('.tj-graph', 'data-edges'), String(graph.edges.length), 'edges');
    await examine(a, 'object');
  });

  await check('the graph grows by what shares a value', async () => {
    const { nodes: before } = await a.json(`/intel/objects/${INDICATOR}/graph.json`);
    const value = before.find((one) => one.label === '192.0.2.7');
    const around = await a.json(value.more);
    assert(around.nodes.some((one) => one.label === '同じ機械') && around.edges.every((one) => one.to === value.id && one.label), JSON.stringify(around));
    await a.page.locator('.tj-graph__canvas').focus();
    for (let i = 0; i <= before.length && (await a.page.locator('.tj-graph__said').innerText()) !== '192.0.2.7'; i++) await a.page.keyboard.press('ArrowRight');
    await a.page.keyboard.press('+');
    await a.page.waitForSelector('.tj-graph__more.tj-graph--off', { state: 'attached' }); /* asked for, and not offered again */
    assert(Number(await a.page.getAttribute('.tj-graph', 'data-nodes')) >= new Set([...before, ...around.nodes].map((one) => one.id)).size, 'grown');
    await a.shot('grown');
    await a.picture('intel-graph', '.tj-graph');
  });

  await check('its times stand in order, with those of who saw it', async () => {
    const [own, shown] = await a.page.locator('.tj-timeline').all();
    const times = await own.locator('time').evaluateAll((all) => all.map((one) => one.dateTime));
    const words = await own.innerText();
    equal(times, times.toSorted(), 'in order');
    assert(times.includes('2026-03-23T05:00:00Z') && times.includes('2026-04-06T00:00:00Z') && /確認：最後に確認した日時/.test(words), words);
    const ofAll = await shown.locator('time').evaluateAll((all) => all.map((one) => Date.parse(one.dateTime)));
    assert(ofAll.length > 3 && ofAll.every((one, i) => !i || ofAll[i - 1] <= one), `of all in order: ${ofAll}`);
    assert(/試験ローダー/.test(await shown.innerText()) && !/　偽の認証画面: /.test(await shown.innerText()), await shown.innerText());
  });

  let link; // the number of its record

  await check('a proposed link is confirmed with a note, another rejected, and both leave what is proposed', async () => {
    await a.goto(`/intel/objects/${INDICATOR}`);
    const proposed = table(a, '関連が疑われるもの');
    const one = proposed.locator('tbody tr', { hasText: '同じ機械' });
    assert(/192\.0\.2\.7/.test(await one.innerText()), await proposed.innerText());
    const dashed = (await a.json(`/intel/objects/${INDICATOR}/graph.json`)).edges.filter((edge) => edge.kind === 'proposed');
    assert(dashed.some((edge) => /（\d+）/.test(edge.label)) && dashed.some((edge) => edge.to === 'ipv4:192.0.2.7' && edge.label === '同じ値'), JSON.stringify(dashed));
    await one.locator('summary').click();
    await one.locator('input[type=text]').fill('同じ配布元とみられる');
    await one.locator('button', { hasText: '確認する' }).click();
    await a.page.waitForURL(/said=IL-2026-[1-9]\d{5}/);
    link = new URL(a.page.url()).searchParams.get('said');
    assert(/関連を確認しました/.test(await main(a)), await main(a));
    const confirmed = await table(a, '確認済みの関連').innerText();
    assert(/同じ機械/.test(confirmed) && /分析 亜紀/.test(confirmed) && confirmed.includes(link), confirmed);
    equal(await proposed.locator('tbody tr', { hasText: '同じ機械' }).count(), 0, 'proposed still');
    const edges = (await a.json(`/intel/objects/${INDICATOR}/graph.json`)).edges.filter((edge) => edge.kind === 'confirmed');
    equal(edges.map((edge) => [edge.label, edge.url]), [['確認済み', `/records/${link}`]], 'confirmed edges');
    assert((await table(a, 'つながり').locator('tbody tr', { hasText: '確認済み' }).count()) === 1, 'in the table');
    await examine(a, 'links');
    const other = await proposed.locator('tbody tr').first().locator('th').innerText();
    await proposed.locator('tbody tr').first().locator('button', { hasText: '否定する' }).click();
    await a.page.waitForURL((url) => /^IL-2026-[1-9]\d{5}$/.test(url.searchParams.get('said')) && url.searchParams.get('said') !== link);
    equal(await proposed.locator('tbody th', { hasText: other }).count(), 0, 'the rejected one');
    assert(/否定済みの関連（1件）/.test(await main(a)), await main(a));
    await a.goto(`/records/${link}`);
    assert(/同じ配布元とみられる/.test(await main(a)) && /192\.0\.2\.7/.test(await main(a)), await main(a));
  });

  await check('who does not see both sides is told nothing of the link', async () => {
    equal((await c.page.goto(`/records/${link}`)).status(), 404, 'status');
    await c.goto('/registers/intel-links');
    assert(!/IL-2026/.test(await main(c)), await main(c));
  });

  await check('a decision is withdrawn with a reason, and the link is proposed again', async () => {
    await a.goto(`/intel/objects/${INDICATOR}`);
    await table(a, '確認済みの関連').locator('a', { hasText: '取り消す' }).click();
    await a.page.locator('main textarea').first().fill('共用の機械だった');
    await a.page.locator('main button[type=submit]').last().click();
    await a.page.waitForURL(`**/records/${link}?done=withdraw*`);
    await a.goto(`/intel/objects/${INDICATOR}`);
    equal(await table(a, '関連が疑われるもの').locator('tbody tr', { hasText: '同じ機械' }).count(), 1, 'proposed again');
    equal(await table(a, '確認済みの関連').count(), 0, 'confirmed still');
  });

  await check('a value is left out of correlation with a reason, at once, and lifted again', async () => {
    await a.goto('/intel/find?q=192.0.2.7');
    await table(a, '読み取り方').locator('button', { hasText: '相関から除く' }).first().click();
    await a.page.waitForURL(/intel-exclusions\/new\/exclude/);
    equal(await a.page.inputValue('main [name=value]'), '192.0.2.7', 'the value stands in the form');
    await a.page.locator('main input[name=readers][value=cyber-ka]').check();
    await a.page.locator('main input[name=class][value=c1]').check();
    await a.page.fill('main [name=reason]', '共用の機械');
    await a.page.locator('main button[type=submit]').last().click();
    await a.page.waitForURL(/records\/IE-2026-[1-9]\d{5}/);
    const [excluded] = /IE-2026-\d+/.exec(a.page.url());
    await a.goto(`/intel/objects/${INDICATOR}`);
    const proposed = await table(a, '関連が疑われるもの').locator('tbody tr', { hasText: '同じ機械' }).innerText();
    assert(new RegExp(`192\\.0\\.2\\.7.*${excluded}.*点数なし`).test(proposed), proposed);
    await a.goto('/intel/find?q=192.0.2.7');
    await table(a, '読み取り方').locator('a', { hasText: '取り消す' }).click();
    await a.page.locator('main textarea').first().fill('見直した');
    await a.page.locator('main button[type=submit]').last().click();
    await a.page.waitForURL(`**/records/${excluded}?done=lift*`);
    await a.goto(`/intel/objects/${INDICATOR}`);
    assert(!/点数なし/.test(await table(a, '関連が疑われるもの').innerText()), 'lifted');
  });

  await check('what is no link cannot be confirmed', async () => {
    const token = await a.page.locator('main form input[name=csrf]').first().getAttribute('value');
    for (const [other, status] of [[MALWARE, 409], [HIDDEN, 404], [INDICATOR, 409]]) {
      const answer = await a.page.request.post(`${site.url}/intel/objects/${INDICATOR}/links`, { form: { csrf: token, other, do: 'confirm', row: '0' }, headers: { origin: site.url } });
      equal(answer.status(), status, other);
    }
  });

  await check('an older version is one link away', async () => {
    const rows = await table(a, '版').last().locator('tbody tr').allInnerTexts();
    assert(rows.length === 2 && /表示中/.test(rows[1]), rows.join('|'));
    await a.goto(`/intel/objects/${INDICATOR}?version=1`);
    assert(/偽の認証画面の古い版/.test(await a.page.locator('h1').innerText()), await main(a));
  });

  await check('what is named and not there is text, not a link', async () => {
    await a.goto(`/intel/objects/relationship--1e9b6c54-0f6d-4b8c-a7f1-5c2d3e4f6a02`);
    const row = table(a, '内容').locator('tbody tr', { hasText: '関係の元' });
    assert((await row.innerText()).includes(HIDDEN) && !(await row.locator('a').count()), await row.innerText());
    equal(await table(a, '内容').locator('tbody tr', { hasText: '関係の先' }).locator('a').count(), 1, 'links');
    equal((await a.json(`/intel/objects/${MALWARE}/graph.json`)).nodes.filter((one) => one.id === HIDDEN), [], 'nodes');
  });

  await check('an object out of sight is answered as one that is nowhere', async () => {
    const told = [];
    for (const id of [INDICATOR, HIDDEN])
      for (const tail of ['', '/graph.json']) {
        const answer = await c.page.goto(`/intel/objects/${id}${tail}`);
        told.push([answer.status(), (await answer.text()).replaceAll(id, '').replaceAll(/csrf" value="[^"]*"/g, '')]);
      }
    equal(told.map((one) => one[0]), [404, 404, 404, 404], 'answers');
    equal(told[0], told[2], 'pages');
    equal(told[1], told[3], 'graphs');
    const value = await c.json('/intel/find/graph.json?type=ipv4&q=192.0.2.7');
    equal([value.nodes.length, value.edges.length], [1, 0], 'of a hidden value');
    equal((await a.page.goto('/intel/find/graph.json?type=none&q=1')).status(), 404, 'no such type');
  });

  await check('who sees one of two collections sees and counts what is in that one', async () => {
    const [, , , , machine] = JSON.parse(await readFile(join(here, 'intel-bundle.json'), 'utf8')).objects.map((one) => JSON.stringify(one));
    const odd = { type: 'malware', spec_version: '2.1', id: ODD, created: '2026-03-27T00:00:00.000Z', modified: '2026-03-27T00:00:00.000Z', is_family: false,
      name: '長'.repeat(300), description: 'a'.repeat(20000), x_deep: [[[[[[[['底']]]]]]]], x_many: Array.from({ length: 3000 }, (_, n) => n), x_none: null,
      x_mark: '\u202e<script>alert(1)</script>', ['x_' + 'k'.repeat(200)]: { __proto__: null, a: [], b: {} }, object_marking_refs: [HIDDEN_MARK] };
    const withdrawn = { ...JSON.parse(machine), id: WITHDRAWN, name: '取り消したもの', type: 'malware', revoked: true };
    const file = join(site.dir, 'second.json');
    const bundle = { type: 'bundle', id: 'bundle--0b1f2a9e-6c5c-4f0e-9a51-2f7f0f3f5a02', objects: [odd, withdrawn, SHARED] };
    await writeFile(file, JSON.stringify(bundle));
    const said = await bring(file, '刑事共有');
    assert(/added 3/.test(said), said);
    await c.goto('/intel/find?q=192.0.2.7');
    const hits = await table(c, '192.0.2.7 を持つもの').locator('tbody tr').allInnerTexts();
    assert(hits.length === 1 && /刑事共有/.test(hits[0]) && /TLP:AMBER\+STRICT/.test(hits[0]), hits.join('|'));
    await a.goto('/intel/find?q=192.0.2.7');
    assert(/持つもの（4件）/.test(await main(a)), await main(a));
    equal(await table(c, '情報集').count(), 0, 'tables of collections on the page that finds');
  });

  await check('an odd object breaks no page, and a withdrawn one says so', async () => {
    equal(await c.goto(`/intel/objects/${ODD}`), 200, 'status');
    const text = await main(c);
    assert(/長{79,80}…/.test(text) && /以下は原文にあります/.test(text) && /<script>alert\(1\)<\/script>/.test(text) && !/\u202e/.test(text), text.slice(0, 3000));
    equal(await c.page.locator('main script:not([src])').count(), 0, 'scripts');
    await examine(c, 'odd');
    await c.goto(`/intel/objects/${WITHDRAWN}`);
    assert(/取消し/.test(await c.page.locator('main dl').first().innerText()), await main(c));
    for (const id of ['x', '%FF', 'a%00b', '..%2f..'])
      equal((await c.page.goto(`/intel/objects/${id}`)).status() >= 400, true, id);
    assert(site.isRunning(), site.output);
  });

  await check('how long an indicator is good for, and why, stands apart from how sure its source is', async () => {
    await a.goto(`/intel/objects/${INDICATOR}`);
    const text = await main(a);
    assert(/有効性/.test(text) && /有効\s/.test(text) && /作成者が期限を定めています/.test(text), text.slice(0, 3000));
    assert(/C　ある程度信頼できる/.test(text) && /1　ほかの情報源で確認済み \(80\)/.test(text), text.slice(0, 3000));
    await c.goto(`/intel/objects/${ODD}`);
    assert(!/有効性/.test(await main(c)), 'of what is no indicator nothing is said');
  });

  await check('an officer reports that it was seen; what is wrong in the form is said at its field', async () => {
    await a.goto(`/intel/objects/${MACHINE}`);
    await a.page.click('text=確認・誤検知を報告する');
    await a.page.waitForURL(/\/report$/);
    await examine(a, 'report');
    await a.page.fill('[name=n]', '0');
    await a.page.fill('[name=day]', '令和99年1月1日');
    await a.page.click('main form button');
    const text = await main(a);
    assert(/1から999999999まで/.test(text) && /今日までの日付/.test(text), text);
    await a.page.fill('[name=n]', '３');
    await a.page.fill('[name=day]', '令和8年3月30日');
    await a.page.click('main form button');
    await a.page.waitForURL(new RegExp(`${MACHINE}$`));
    assert(/3回（報告1件、最後 令和8年3月30日/.test(await main(a)), (await main(a)).slice(0, 3000));
  });

  await check('the manager withdraws what others made, an analyst does not; it is no more current', async () => {
    const withdraw = async (who) => {
      await who.goto(`/intel/objects/${MACHINE}/report`);
      await who.page.check('[name=kind][value=withdraw]');
      await who.page.fill('[name=text]', '誤りでした');
      await who.page.click('main form button');
      await who.page.waitForLoadState();
      return main(who);
    };
    assert(/情報集を所管する管理者が取り消す/.test(await withdraw(a)), await main(a));
    const text = await withdraw(u);
    assert(/この組織で取り消しました/.test(text) && /取消し/.test(text), text.slice(0, 3000));
    await u.goto('/intel');
    assert(/同じ機械/.test(await table(u, '取り消されたもの').innerText()) && /同じ機械/.test(await table(u, '最近確認').innerText()), await main(u));
    await u.goto('/intel/ends');
    const soon = await table(u, '90日以内').innerText();
    assert(/偽の認証画面/.test(soon) && !/同じ機械/.test(soon), soon);
    await examine(u, 'ends');
    equal((await c.page.goto(`/intel/objects/${MACHINE}/report`)).status(), 404, 'of what one does not see');
    await u.goto('/intel');
    await u.page.click('main a[href="/intel/readers"]');
    await u.page.waitForLoadState();
    assert(/情報集を受け取る者/.test(await u.page.locator('h1').innerText()), await main(u));
    await examine(u, 'readers');
  });

  await check('in English every word is English', async () => {
    await a.context.addCookies([{ name: 'tsujiban_lang', value: 'en', url: site.url }]);
    await a.goto('/intel');
    assert(/What ends within a week/.test(await main(a)) && !/取込み/.test(await main(a)), await main(a));
    await a.goto(`/intel/objects/${INDICATOR}`);
    assert(/Indicator/.test(await a.page.locator('h1').innerText()) && /indicates/.test(await main(a)) && !/つながり/.test(await main(a)), await main(a));
    await a.context.addCookies([{ name: 'tsujiban_lang', value: 'ja', url: site.url }]);
  });

  await check('the program is still running', () => assert(site.isRunning(), site.output));
} finally {
  await site.stop();
}
finish();
