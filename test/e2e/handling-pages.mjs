// The handling directive through its pages, one act of each kind of register behind those that e2e-handling walks: an item is opened for a purpose, copies, reviews,
// provision, places, findings, tokens, telephones, telework, services, the desk of media; and what the night makes of it.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Person } from './person.mjs';
import { Site } from './site.mjs';
import { assert, check, equal, finish } from './tap.mjs';

const site = await Site.start();
const people = {};

async function person(id) {
  if (!people[id]) {
    people[id] = new Person(site, id);
    await people[id].signIn();
  }
  return people[id];
}

const main = (who) => who.page.locator('main').innerText();

async function rows(id, reg) {
  return (await (await person(id)).json(`/api/registers/${reg}?page_size=200`)).rows;
}

async function find(id, reg, text) {
  const found = (await rows(id, reg)).find((row) => JSON.stringify(row).includes(text));
  assert(found, `${id} sees no ${text} in ${reg}`);
  return found.id;
}

// Fills in the form of a step, sends it, and tells what came of it.
async function act(id, step, values, on) {
  const who = await person(id);
  const [reg, name] = step.split('/');
  equal(await who.goto(on ? `/records/${on}/steps/${name}` : `/registers/${reg}/new/${name}`), 200, `the form of ${step}`);
  for (const [field, value] of Object.entries(values)) if (!(await who.fill(field, value))) await who.insist(field, value);
  await who.submit();
  return who.outcome();
}

async function done(id, step, values, on) {
  const got = await act(id, step, values, on);
  equal(got.result, 'allowed', `${id} ${step}: ${JSON.stringify(got)}`);
  return got.record;
}

async function refused(id, step, values, clause, on) {
  const got = await act(id, step, values, on);
  equal(got.result, 'refused', `${id} ${step}: ${JSON.stringify(got)}`);
  assert(got.clauses.includes(clause), `${step} cites ${got.clauses}, not ${clause}`);
}

// What is left empty is asked for at its field, under the clause.
async function missing(id, step, values, field, clause) {
  const got = await act(id, step, values);
  equal(got.result, 'invalid', `${id} ${step}: ${JSON.stringify(got)}`);
  assert(got.fields.includes(field), `${step} asks for ${got.fields}`);
  assert((await main(await person(id))).includes(clause), `${step} does not cite ${clause}`);
}

try {
  const k = await person('K');
  const kj1 = await find('K', 'items', 'フィッシング'), kj7 = await find('K', 'items', '照会用一覧');

  await check('an item is opened for a purpose, which is asked first', async () => {
    await k.page.goto(`/records/${kj1}`);
    const text = await main(k);
    assert(text.includes('H-4-1-3') && !text.includes('フィッシング'), `the page shows ${text}`);
    await k.page.fill('main [name=purpose]', '　');
    await k.page.locator('main form[action$="/read"] button').first().click();
    await k.page.waitForLoadState();
    assert(await k.page.locator('main form[action$="/read"]').count(), 'a purpose of blanks opens nothing');
    assert(!(await main(k)).includes('フィッシング'), 'nothing of it is shown');
    assert(await k.sayWhy('相談者への回答', '相談7'), 'the form is there');
    equal(new URL(k.page.url()).pathname, `/records/${kj1}`, 'the page that was asked for');
    const shown = await main(k);
    assert(shown.includes('相談者への回答') && shown.includes('相談7'), `why it was opened stands on its page: ${shown}`);
    await k.shot('opened');
  });
  await check('it is not asked again within the hour, for the proof either', async () => {
    for (const path of ['', '/proof', '/holders']) {
      await k.page.goto(`/records/${kj1}${path}`);
      assert(!(await k.page.locator('main form[action$="/read"]').count()), `asked again at ${path}`);
    }
  });
  await check('its page says what applies to it: what its label in force asks, what to heed, how long it is kept, each with its clauses', async () => {
    await k.page.goto(`/records/${kj1}`);
    const box = k.page.locator('details.tj-applies');
    assert(await box.evaluate((d) => d.open), 'it stands open where each record has a label of its own');
    const words = await box.innerText();
    for (const wanted of ['上級の職員に報告する', 'H-3-2-3.2', '転送し、又は貸与しない', 'H-3-2-5.2', '保存期間', 'H-3.1']) assert(words.includes(wanted), `${wanted} is missing in ${words}`);
    assert(!words.includes('H-3-2-4.2') && !words.includes('機密性1（低）に分類'), `what other labels ask does not stand there: ${words}`);
    const { applies } = await k.json(`/api/records/${kj1}`);
    equal(applies.filter((row) => row.kind === 'retention').length, 1, 'one period');
    assert(applies.some((row) => row.kind === 'ask' && row.clauses.includes('H-3-2-5.1')), JSON.stringify(applies));
    const bound = await find('V', 'texts', '46');
    await (await person('V')).page.goto(`/records/${bound}`);
    equal(await (await person('V')).page.locator('details.tj-applies').evaluate((d) => d.open), false, 'closed where all of a register have the same');
  });
  await check('another item, and another person, are asked; a program without a purpose is refused', async () => {
    await k.page.goto(`/records/${kj7}`);
    assert(await k.page.locator('main form[action$="/read"]').count(), 'another item');
    const t = await person('T');
    await t.page.goto(`/records/${kj1}/proof`);
    await t.shot('why');
    assert(await t.sayWhy('確認', ''), 'another person');
    equal(new URL(t.page.url()).pathname, `/records/${kj1}/proof`, 'the page that was asked for');
    assert((await (async () => { await t.page.goto(`/records/${kj1}`); return main(t); })()).includes('番号なし'), 'one who names no case');
    const bare = await t.context.request.get(`${site.url}/api/records/${kj7}`);
    equal(bare.status(), 403, 'nothing said');
    assert((await bare.text()).includes('H-4-1-3'), 'with the clause');
    equal((await t.context.request.get(`${site.url}/api/records/${kj7}`, { headers: { 'Tsujiban-Purpose': '%20' } })).status(), 422, 'a blank one');
    equal((await t.context.request.get(`${site.url}/api/records/${kj7}`, { headers: { 'Tsujiban-Purpose': encodeURIComponent('照会') } })).status(), 200, 'said in the head');
  });
  await check('a copy, and a distribution that tells how many receive it', async () => {
    await done('K', 'copies/copy', { item: kj1, form: 'file', number: 1, class: 'c2', limits: ['no-forward'], holder: 'S1', reason: '引継ぎ' });
    await done('K', 'copies/distribute', { item: kj1, form: 'distribution', class: 'c2', limits: ['no-forward'], receivers: ['S1', 'T', 'B', 'E', 'P'], reason: '対策会議' });
    assert((await main(k)).includes('5件'), 'the number of receivers');
    await k.goto(`/records/${kj1}/holders`);
    assert((await main(k)).includes('企例'), 'who holds it');
  });
  await check('a review is asked for and answered', async () => {
    const review = await done('B', 'reviews/ask', { item: kj7, why: 'change', reason: '公表したい', asks_class: 'c1', due_on: '2026-08-31' });
    await done('K', 'reviews/answer', { answer: 'stays' }, review);
  });
  await check('a finding is entered, and judged by whoever answers for the unit', async () => {
    const finding = await done('J', 'findings/enter', { unit: 'cyber-ka', kind: 'use', person: 'B', detail: '担当外の出力' });
    await refused('T', 'findings/judge', { verdict: 'proper', verdict_reason: '夜勤' }, 'H-3-1-2.1', finding);
    await done('U', 'findings/judge', { verdict: 'improper', verdict_reason: '職務に関係がない' }, finding);
  });
  await check('an area has its measures, and who comes in is accompanied', async () => {
    const area = await done('G', 'areas/register', { name: '本部六階' });
    await refused('K', 'instructions/issue', { unit: 'keimu-ka', area, version: '第1版', measures: '施錠する' }, 'H-3-5.3');
    await done('G', 'instructions/issue', { area, version: '第1版', measures: '施錠する', users: ['K'] });
    await done('K', 'parties/register', { name: '試験印刷', organisation: '試験印刷株式会社', role: 'contractor' });
    await missing('G', 'visits/enter', { area, visitor: await find('K', 'parties', '試験データ') }, 'escort', 'H-3-5.2');
  });
  await check('what is destroyed is witnessed', async () => {
    await missing('J', 'sanitisations/enter', { object: 'paper', method: '溶解', result: '受領証' }, 'witness', 'H-3-4-');
    await done('J', 'sanitisations/enter', { object: 'paper', method: '溶解', result: '受領証', witness: 'R' });
  });
  await check('a lost token tells how long it took to say so', async () => {
    const token = await done('J', 'auth-tokens/issue', { unit: 'cyber-ka', number: 'TK-21', holder: 'K', promises: ['kept', 'not-lent', 'report'] });
    await done('P', 'auth-tokens/report-loss', { noticed_at: '2026-08-03 07:40', told_at: '2026-08-03 07:46' }, token);
    const p = await person('P');
    await p.goto(`/records/${token}`);
    assert((await main(p)).includes('6分'), `minutes on the page: ${await main(p)}`);
    await p.shot('token');
  });
  await check('a secret is typed without letters to be seen, judged, refused with its clause, and comes back in no form', async () => {
    const promises = ['own', 'not-lent', 'not-lying', 'secret', 'hard', 'distinct'], system = await find('J', 'systems', '業務');
    const one = await done('J', 'identities/issue', { unit: 'cyber-ka', user_id: 'k.ippan', system, holder: 'K', promises });
    const two = await done('J', 'identities/issue', { unit: 'cyber-ka', user_id: 'k.kanri', system, holder: 'K', promises });
    equal(await k.goto(`/records/${one}/steps/set-secret`), 200, 'before a rule says that it is typed here');
    equal(await k.page.locator('main input[type=password]').count(), 0, 'nobody is asked for one in vain');
    assert((await main(k)).includes('H-4-3-3'), await main(k));
    const rule = await done('V', 'delegated-rules/key-in', {
      point: 'secrets', number: '県本部第9号', issued_on: '2026-08-01', issuer: 'force', cited_number: '警察庁丙情管発第46号', cited_on: '2021-10-05',
      content: '入力して確かめる', secrets_by: 'judged', from: '2026-08-01', until: '2027-03-31',
    });
    await done('V2', 'delegated-rules/confirm', {}, rule);
    const control = k.page.locator('main input[name=_secret]');
    const unseen = async (secret) => {
      assert(!(await k.page.content()).includes(secret), 'it stands on the page');
      assert(!k.page.url().includes(encodeURIComponent(secret)), 'it stands in the address');
    };
    for (const weak of ['Reiji-Shuka-0803', '令和サイバー対策課', 'つき影さす庭に鳴く']) { // name and date, unit, short
      await refused('K', 'identities/set-secret', { _secret: weak }, 'H-4-3-4-a', one);
      equal([await control.getAttribute('type'), await control.getAttribute('autocomplete'), await control.inputValue()], ['password', 'new-password', ''], 'the control');
      await unseen(weak);
    }
    await k.shot('secret-refused');
    await k.submit(); // as it is: empty
    equal((await k.outcome()).result, 'invalid', 'nothing typed');
    await done('K', 'identities/set-secret', { _secret: '雨後の竹の子がまた 七本も' }, one);
    await unseen('雨後の竹の子がまた 七本も');
    assert((await main(k)).includes('設定済み'), await main(k));
    await refused('K', 'identities/set-secret', { _secret: '雨後の竹の子がまた 七本も' }, 'H-4-3-4-i', two);
    await done('K', 'identities/set-secret', { _secret: 'yanagi ni kaze 17' }, two);
    await refused('K', 'identities/set-secret', { _secret: '雨後の竹の子がまた 七本も' }, 'H-4-3-4-e', one);
    await k.page.goBack();
    equal(await control.inputValue(), '', 'going back brings nothing back');
    await done('K', 'identities/use', {}, one);
    await k.goto(`/records/${one}/steps/set-secret`);
    await k.page.click('.tj-language button');
    await k.page.waitForLoadState();
    await k.goto(`/records/${one}/steps/set-secret`);
    assert(!(await main(k)).includes('cannot be done'), 'one that was set does not stand in the way of another');
    assert((await main(k)).includes('Secret') && (await k.page.locator('main input[name=_secret]').count()) === 1, await main(k));
    await k.shot('secret-english');
    await k.page.click('.tj-language button');
    await k.page.waitForLoadState();
  });
  await check('what no rule permits yet is refused with its clause', async () => {
    await refused('K', 'teleworks/apply', { kind: 'telework', place: '自宅', items: [kj7], from: '2026-10-21', until: '2026-10-21' }, 'H-9.1');
    await refused('K', 'services/apply', { service: '試験SNS', kind: 'viewing', purpose: '閲覧', data: ['name', 'mail'], caution: 'no', until: '2027-03-31' }, 'H-7-3');
    await refused('K', 'handsets/register', { name: '34-05', serial: 'P-05', use: 'personal', place: '保管庫一' }, 'H-5-1');
  });
  await check('the form of an item is printed', async () => {
    await k.goto(`/records/${kj1}`);
    const [page] = await Promise.all([k.context.waitForEvent('response', (r) => r.url().endsWith('/print')), k.page.locator('main form[action$="/print"] button').first().click().catch(() => {})]);
    equal(page.status(), 200, 'the print');
    assert(page.headers()['content-type'].includes('pdf'), page.headers()['content-type']);
  });
  await check('the cover of what was provided is printed: number, class, restrictions and what to heed, in the language of the page', async () => {
    const b = await person('B');
    const id = await done('B', 'releases/provide-staff', { item: kj7, staff: 'K', means: 'hand', purpose: '照会', marked: ['file', 'cover'], notes: '返却を受ける' });
    await b.goto(`/records/${id}`);
    const press = async () => {
      const [saved] = await Promise.all([b.page.waitForEvent('download'), b.page.click('main form[action$="/cover"] button')]);
      const text = (await promisify(execFile)('pdftotext', ['-layout', await saved.path(), '-'])).stdout;
      return { name: saved.suggestedFilename(), text: text.normalize('NFKC').replace(/\s+/g, '') };
    };
    const ja = await press();
    equal(ja.name, `cover_${id}.pdf`, 'name of the file');
    for (const words of [`整理番号${kj7}`, '分類機密性2(中)', '取扱制限', '職務上必要な者以外の者に見せ、又は渡さない。', '特に伝達する事項返却を受ける'])
      assert(ja.text.includes(words.normalize('NFKC')), `${words} is not on ${ja.text}`);
    assert(!ja.text.includes('Handling'), ja.text);
    await b.page.click('.tj-language button');
    await b.page.waitForLoadState();
    const en = await press();
    for (const words of [`Number${kj7}`, 'Showorgiveittonobodywhodoesnotneeditforhiswork.']) assert(en.text.includes(words), `${words} is not on ${en.text}`);
    assert(!en.text.includes('分類'), en.text);
    await b.page.click('.tj-language button');
    await b.page.waitForLoadState();
    await k.goto(`/records/${await find('K', 'parties', '試験印刷')}`);
    equal(await k.count('main form[action$="/cover"]'), 0, 'nothing goes by a party');
  });
  await check('the desk of media shows what there is', async () => {
    const p = await person('P');
    equal(await p.goto('/media'), 200, 'the desk');
    assert((await main(p)).includes('M-016'), 'a medium of the story');
  });
  await check('lists show all their columns on the screen of a small desk', async () => {
    const { page } = await person('U');
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.goto('/registers');
    const lists = await page.locator('main a[href^="/registers/"]').evaluateAll((all) => [...new Set(all.map((one) => one.pathname))]);
    const wide = [];
    let seen = 0;
    for (const at of lists) {
      await page.goto(`${at}?state=`);
      const table = page.locator('main .tj-table');
      if (!(await table.count())) continue;
      seen++;
      const over = await table.evaluate((one) => one.scrollWidth - one.parentElement.clientWidth);
      if (over > 0) wide.push(`${at} by ${over}`);
    }
    equal(wide, [], 'cut at the right');
    assert(seen >= 15, `${seen} lists with rows`);
  });
  await check('a record that is called by another is headed by what people call that one', async () => {
    const [sheet] = await rows('U', 'device-sheets');
    const who = await person('U');
    equal(await who.goto(`/records/${sheet.id}`), 200, 'the record');
    const head = await who.page.locator('h1').innerText();
    assert(head.startsWith('機器管理票') && !/KB-/.test(head), head);
  });
  await check('a form that is refused more than an hour after it was opened asks why again, and brings back what was typed', async () => {
    equal(await k.goto(`/records/${kj7}/steps/change-content`), 200, 'the form');
    await k.page.fill('main [name=content]', '打ちかけの要約値');
    await (await person('M')).moveClock('2026-08-03 22:45:00');
    await k.submit();
    const why = k.page.locator('main input[type=text][name^=_]');
    assert((await main(k)).includes('H-4-1-3') && await why.count(), `asked again: ${await main(k)}`);
    assert(!(await main(k)).includes('照会用一覧'), 'nothing of the record is shown meanwhile');
    await why.first().fill('続きの入力');
    await k.submit();
    equal(await k.page.inputValue('main [name=content]'), '打ちかけの要約値', 'what was typed');
    assert(await k.page.locator('.tj-field--error [name=content]').count(), 'and what is wrong with it');
  });
  await check('what was read on a day is a record the day after', async () => {
    const m = await person('M');
    await m.moveClock('2026-08-05 00:00:05');
    for (let tries = 0; tries < 50 && !(await rows('U', 'use-days')).some((row) => row.values.person === 'K'); tries++) await new Promise((r) => setTimeout(r, 200));
    const use = (await rows('U', 'use-days')).find((row) => row.values.person === 'K' && row.values.opened > 2);
    assert(use, JSON.stringify(await rows('U', 'use-days')));
    const u = await person('U');
    await u.goto(`/records/${use.id}`);
    const text = await main(u);
    assert(text.includes(kj1), `what K opened: ${text}`);
    await u.shot('use-day');
  });
} finally {
  await check('the program is still running', () => assert(site.isRunning(), site.output));
  await site.stop();
}
finish();
