// The pages themselves: signing in, both languages, hostile text in every field, forms that keep what was typed, two
// people at one record, administrators' pages, a phone's width, and no script at all.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { Person } from './person.mjs';
import { Site } from './site.mjs';
import { assert, check, equal, finish } from './tap.mjs';

const hostile = `<script>window.stolen=1</script>"'&<img src=x onerror="window.stolen=1">`;
const site = await Site.start();

async function signedIn(id, options) {
  const who = new Person(site, id);
  await who.open(options);
  await who.signIn();
  return who;
}

async function text(who) {
  return who.page.locator('main').innerText();
}

// Nothing that was typed became an element or ran.
async function assertInert(who) {
  const found = await who.page.evaluate(() => ({
    ran: 'stolen' in window,
    scripts: document.querySelectorAll('main script, main img').length,
  }));
  assert(!found.ran && !found.scripts, `hostile text came alive at ${who.page.url()}`);
}

const u = new Person(site, 'U');
await u.open();

await check('without a session every page leads to signing in', async () => {
  await u.goto('/registers/phones');
  assert(u.page.url().includes('/sign-in?next=%2Fregisters%2Fphones'), u.page.url());
  await u.shot('sign-in');
});
await check('a wrong password is refused without saying what was wrong', async () => {
  await u.signIn('wrong password of somebody');
  assert(u.page.url().endsWith('/sign-in'), u.page.url());
  equal(await u.page.locator('.tj-notice--error').count(), 1, 'notices');
  equal(await u.page.inputValue('[name=login]'), u.account.login, 'login is kept');
  equal(await u.page.inputValue('[name=password]'), '', 'password is not');
});
await check('a login typed in full width is the same login', async () => {
  const wide = (typed) => typed.replace(/[!-~]/g, (c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0));
  const o = new Person(site, 'U');
  await o.open();
  await o.goto('/sign-in');
  await o.page.fill('[name=login]', wide(o.account.login));
  await o.page.fill('[name=password]', o.account.password);
  await o.submit();
  equal(await o.page.locator('h1').innerText(), '本日の仕事', 'heading');
  await o.context.close();
});
await check('the right one opens the day\'s work', async () => {
  await u.signIn();
  equal(await u.page.locator('h1').innerText(), '本日の仕事', 'heading');
});
await check('what cannot wait stands first in the day\'s work', async () => {
  await u.goto('/');
  equal(await u.page.locator('main h2').first().innerText(), '至急の届出', 'first heading');
  await u.page.click('main .tj-reports a:has-text("異状を申し出る")');
  await u.page.waitForLoadState();
  assert(u.page.url().endsWith('/registers/incidents/new/report'), u.page.url());
});
await check('a demand for a choice asks to choose', async () => {
  await u.goto('/registers/incidents/new/report');
  await u.page.evaluate(() => { document.querySelector('main form').noValidate = true; });
  await u.submit();
  const errors = await u.page.locator('main .tj-field--error').allInnerTexts();
  assert(errors.length && errors.every((one) => one.includes('選んでください')), errors.join());
});
await check('search finds registers, steps and clauses by their titles', async () => {
  for (const [words, path] of [['貸出管理簿', '/registers/loans'], ['様式第１２号', '/registers/take-outs'], ['持ち出し申請', '/registers/take-outs'],
    ['紛失', '/registers/incidents/new/report'], ['第３の２', '/clauses/patrol/P-3-2-1.1'], ['P-3-2-5-1', '/clauses/patrol/P-3-2-5.1']]) {
    await u.goto(`/search?q=${encodeURIComponent(words)}`);
    equal(await u.page.locator(`main .tj-titles a[href="${path}"]`).count(), 1, words);
  }
  await u.goto(`/search?q=${encodeURIComponent('ここには何もない')}`);
  equal(await u.page.locator('main .tj-titles').count(), 0, 'nothing');
});
await check('the session cookie is out of reach for scripts', async () => {
  equal(await u.page.evaluate(() => document.cookie), '', 'document.cookie');
  const [cookie] = (await u.context.cookies()).filter((c) => c.name === 'tsujiban');
  assert(cookie.httpOnly && cookie.sameSite === 'Strict', JSON.stringify(cookie));
});

await check('English by a switch that is remembered', async () => {
  await u.goto('/registers');
  await u.page.click('.tj-language button');
  await u.page.waitForLoadState();
  equal(await u.page.locator('h1').innerText(), 'Registers', 'heading');
  equal(await u.page.getAttribute('html', 'lang'), 'en', 'lang');
  await u.shot('registers-english');
  await u.goto('/');
  equal(await u.page.locator('h1').innerText(), "Today's work", 'heading');
  await u.page.click('.tj-language button');
  await u.page.waitForLoadState();
  equal(await u.page.locator('h1').innerText(), '本日の仕事', 'heading');
});

await check('registers stand with one\'s own first, many of them under the headings of their groups', async () => {
  const t = await signedIn('T');
  for (const [who, grouped] of [[u, true], [t, false]]) {
    await who.goto('/registers');
    const shown = await who.page.locator('main h3, main h4, main ul.tj-registers').evaluateAll((all) => all.map((one) => one.tagName));
    equal(shown.slice(0, 3).join(' '), grouped ? 'H3 H4 UL' : 'H3 UL H3');
    equal(shown.filter((tag) => tag === 'H4').length > 0, grouped);
  }
});

await check('an address that is nothing answers 404 in the frame', async () => {
  equal(await u.goto('/records/NONE-2026-0001'), 404, 'status');
  assert(await u.page.locator('.tj-nav').count(), 'no navigation');
  equal(await u.goto('/no/such/page'), 404, 'status');
  await u.shot('not-found');
});

await check('a form with mistakes says which, and keeps the rest', async () => {
  await u.goto('/registers/loan-applications/new/apply');
  await u.fill('starts_on', '令和8年13月1日');
  await u.fill('purpose', '試験のため');
  await u.submit();
  const got = await u.outcome();
  equal(got, { result: 'invalid', fields: ['starts_on'] }, 'outcome');
  equal(await u.page.inputValue('[name=starts_on]'), '令和8年13月1日', 'what was typed');
  equal(await u.page.inputValue('[name=purpose]'), '試験のため', 'the rest');
  assert(await u.page.locator('.tj-notice a[href="#f-starts_on"]').count(), 'the summary leads to the field');
  await u.shot('invalid');
});

await check('eras and full-width digits are taken', async () => {
  await u.fill('starts_on', '令和８年４月１０日');
  await u.fill('ends_on', 'R9.4.9');
  await u.submit();
  const got = await u.outcome();
  equal(got.result, 'refused', 'outcome'); // no consultation yet: judged, so the dates were read
  equal(got.clauses, ['P-3-2-2-A.1'], 'clauses');
});

const s = await signedIn('S');
let consultation;

await check('hostile text in every field of a form comes back inert', async () => {
  await s.goto('/registers/phones/new/enter');
  for (const folded of await s.page.locator('main form details:not([open]) > summary').all()) await folded.click();
  for (const control of await s.page.locator('main form input[type=text], main form textarea').all()) await control.fill(hostile);
  await s.submit();
  await assertInert(s);
  const got = await s.outcome();
  equal(got.result, 'invalid', 'outcome'); // numbers and dates among them
  equal(await s.page.inputValue('[name=model]'), hostile, 'what was typed');
});

await check('and in a record, a list, a history, a day\'s work', async () => {
  await u.goto('/registers/consultations/new/propose');
  await u.fill('subject', 'loan');
  await u.fill('outline', hostile);
  await u.submit();
  const got = await u.outcome();
  equal(got.result, 'allowed', JSON.stringify(got));
  consultation = got.record;
  assert((await text(u)).includes(hostile), 'the text is shown as it was typed');
  for (const path of [`/records/${consultation}`, '/registers/consultations', '/', `/records/${consultation}/proof`]) {
    await s.goto(path);
    await assertInert(s);
  }
  await s.goto(`/records/${consultation}/proof`);
  assert((await text(s)).includes('c2sp.org/tlog-proof@v1'), 'a receipt is shown');
  await s.shot('proof');
});

let extension;
await check('a list is narrowed by the value of a field, without script', async () => {
  await u.goto('/registers/consultations/new/propose');
  await u.fill('subject', 'extension');
  await u.submit();
  extension = (await u.outcome()).record;
  const n = await signedIn('U', { javaScriptEnabled: false });
  await n.goto('/registers/consultations?sort=id');
  await n.page.click('.tj-narrow summary');
  await n.page.click('.tj-narrow a[href*="field=subject"]');
  await n.page.selectOption('[name=key]', 'loan');
  await n.page.click('.tj-narrow form button');
  const asked = new URL(n.page.url()).searchParams;
  equal([asked.get('field'), asked.get('key'), asked.get('sort')], ['subject', 'loan', 'id'], n.page.url());
  equal(await n.page.inputValue('[name=key]'), 'loan', 'what is chosen');
  assert((await text(n)).includes(consultation) && !(await text(n)).includes(extension), await text(n));
  await n.shot('register-narrowed');
  await n.page.click('.tj-filters a[href*="state=_open"]');
  assert(n.page.url().includes('key=loan'), 'another state forgets the value');
  await n.context.close();
});

await check('a state that the register calls "open" is not all that is unfinished', async () => {
  for (const state of ['open', '_open']) {
    await u.goto(`/registers/accounts?state=${state}`);
    const current = await u.page.locator('.tj-filters').first().locator('[aria-current]').evaluateAll((all) => all.map((one) => new URL(one.href).searchParams.get('state')));
    equal(current, [state], 'what is chosen');
  }
});

await check('what is saved and printed is what was asked for', async () => {
  await u.goto('/registers/consultations?field=subject&key=loan');
  const [saved] = await Promise.all([u.page.waitForEvent('download'), u.page.click('button[value=csv]')]);
  const csv = await readFile(await saved.path(), 'utf8');
  assert(csv.includes(consultation) && !csv.includes(extension), csv);
  equal(saved.suggestedFilename(), 'consultations-part.csv', 'name of the file');
  const form = u.page.locator('.tj-print form');
  equal([await form.locator('[name=field]').inputValue(), await form.locator('[name=key]').inputValue()], ['subject', 'loan'], 'the print form');
  const [printed] = await Promise.all([u.page.waitForEvent('download'), form.locator('button').click()]);
  const paper = (await promisify(execFile)('pdftotext', ['-raw', await printed.path(), '-'])).stdout.normalize('NFKC').replace(/\s+/g, '');
  const asked = (await u.page.locator('main .tj-narrow .tj-filter[aria-current]').innerText()).trim();
  const chosen = (await u.page.locator('[name=key] option:checked').innerText()).trim();
  assert(paper.includes(`絞り込み:${asked}=${chosen}`.normalize('NFKC')), paper.slice(0, 400));
});

await check('a page of a list leads back from where one stands, and one behind the last has a way back', async () => {
  const n = await signedIn('N');
  const start = '/registers/consultations?state=&sort=id';
  const { behind } = await n.json('/api/registers/consultations?sort=id&page_size=1');
  assert(behind, 'a second consultation');
  for (const page of [1, 2]) {
    await n.goto(`${start}&page=${page}&behind=${encodeURIComponent(behind)}`);
    const back = await n.page.locator('.tj-pages a').first().getAttribute('href');
    assert(back.includes('&page=1&before='), `page ${page}: ${back}`);
  }
  await n.goto(`${start}&page=9`);
  await n.page.click('.tj-pages a');
  await n.page.waitForLoadState();
  assert(await n.count('main .tj-table tbody tr'), `no rows at ${n.url()}`);
});

await check('a value that a field cannot have is told at the field, kept, and nothing leaves', async () => {
  const wrong = '令和8年13月1日';
  await u.goto(`/registers/consultations?field=held_on&key=${encodeURIComponent(wrong)}`);
  equal(await u.outcome(), { result: 'invalid', fields: ['key'] }, 'outcome');
  equal(await u.page.inputValue('[name=key]'), wrong, 'what was typed');
  assert(await u.page.locator('.tj-notice a[href="#f-key"]').count(), 'the summary leads to the field');
  equal(await u.page.locator('main table, main button[value=csv], .tj-print').count(), 0, 'what is listed');
  await u.shot('register-narrowed-wrong');
  const csrf = await u.page.locator('[name=csrf]').first().inputValue();
  for (const way of ['export', 'print']) {
    const answer = await u.context.request.post(`${site.url}/registers/consultations/${way}`,
      { form: { csrf, format: 'csv', field: 'held_on', key: wrong }, headers: { Origin: site.url } });
    equal(answer.status(), 422, way);
    assert((await answer.text()).includes('協議日'), 'the field is not named');
  }
});

await check('whoever leaves unsent entries by a button of the frame is asked first', async () => {
  await u.goto('/registers/consultations/new/propose');
  await u.page.click('[name=outline]');
  await u.page.keyboard.type('書きかけ');
  const asked = u.page.waitForEvent('dialog');
  await u.page.click('.tj-language button', { noWaitAfter: true });
  const dialog = await asked;
  equal(dialog.type(), 'beforeunload', 'dialog');
  await dialog.dismiss();
  equal(await u.page.inputValue('[name=outline]'), '書きかけ', 'what was typed');
  await u.goto('/');
});

await check('hostile text in addresses comes back inert', async () => {
  for (const path of [`/registers/consultations?state=${encodeURIComponent(hostile)}&sort=%22%3E`, `/records/${encodeURIComponent(hostile)}`,
    `/clauses/patrol/${encodeURIComponent(hostile)}`, `/sign-in?next=${encodeURIComponent(hostile)}`,
    `/records/${consultation}?done=${encodeURIComponent(hostile)}`]) {
    await s.goto(path);
    await assertInert(s);
  }
});

await check('a redirect never leaves this site', async () => {
  const visitor = new Person(site, 'K');
  await visitor.open();
  await visitor.page.goto(`/sign-in?next=${encodeURIComponent('//elsewhere.example/')}`);
  await visitor.page.fill('[name=login]', visitor.account.login);
  await visitor.page.fill('[name=password]', visitor.account.password);
  await visitor.submit();
  assert(visitor.page.url().startsWith(`${site.url}/`), visitor.page.url());
});

await check('who decides on what has changed is told so, and keeps what he typed', async () => {
  const other = await s.context.newPage();
  await s.goto('/registers/phones/new/enter');
  for (const [name, value] of [['number', 'CP-07'], ['model', '試験端末7型'], ['imei', '000000000000007'], ['contract', '試験通信'],
    ['monthly_charge', '2,980'], ['applications', ['なし']], ['settings', ['なし']], ['accessories', ['なし']]]) await s.fill(name, value);
  await s.submit();
  const phone = (await s.outcome()).record;
  await s.goto(`/records/${consultation}/steps/hold`);
  await s.page.fill('[name=outcome]', '二度目の記録');
  equal(await s.page.inputValue('[name=phone]'), phone, 'the only phone there is');
  await other.goto(`${site.url}/records/${consultation}/steps/hold`);
  await other.fill('[name=outcome]', '一度目の記録');
  await other.selectOption('[name=phone]', phone);
  await other.locator('main form button').first().click();
  await other.waitForURL(/done=hold/);
  await s.submit();
  const told = await text(s);
  assert(told.includes('あなたがほかの画面でこの記録を更新しました') && told.includes('送り直す必要はありません'), told);
  assert(told.includes('二度目の記録'), 'what was typed');
  equal(await s.page.locator('main form').count(), 0, 'forms to send again');
  await s.shot('stale');
});

await check('who decides sees what he signs, and folded what else the record holds', async () => {
  await u.goto('/registers/loan-applications/new/apply');
  for (const [name, value] of [['consultation', consultation], ['starts_on', '令和8年4月10日'], ['ends_on', 'R9.4.9'], ['purpose', hostile]]) await u.fill(name, value);
  await u.submit();
  const got = await u.outcome();
  equal(got.result, 'allowed', JSON.stringify(got));
  await s.goto(`/records/${got.record}/steps/approve`);
  const signed = await s.page.locator('main > dl').innerText();
  assert(signed.includes(hostile) && !signed.includes('根拠'), signed);
  const folded = s.page.locator('main > details', { hasText: 'この記録のその他の内容を見る' });
  assert(!(await folded.locator('dt', { hasText: '根拠' }).isVisible()), 'the material is not folded');
  await folded.locator('summary').click();
  assert(await folded.locator('dt', { hasText: '根拠' }).isVisible(), await folded.innerText());
  await assertInert(s);
  await s.shot('step-material');
});

await check('a record of others is refused with its clause, and entered', async () => {
  const x = await signedIn('X');
  equal(await x.goto(`/records/${consultation}`), 403, 'status');
  assert((await x.page.locator('.tj-refusal__clauses').innerText()).includes('P-5.2'), await text(x));
  await x.shot('not-in-sight');
  equal(await x.goto('/registers/consultations'), 200, 'status');
  assert(!(await text(x)).includes(consultation), 'the list does not show it');
});

await check('rows of a group can be added without script', async () => {
  const h = await signedIn('H', { javaScriptEnabled: false });
  await h.goto('/');
  equal(await h.page.locator('h1').innerText(), '本日の仕事', 'heading');
  equal(await h.goto('/registers/sns-applications/new/apply'), 200, 'status');
});

await check('a POST from elsewhere or without its token does nothing', async () => {
  const path = `${site.url}/registers/consultations/new/propose`;
  for (const headers of [{ 'Sec-Fetch-Site': 'cross-site' }, { 'Sec-Fetch-Site': 'same-origin' }, {}]) {
    const answer = await u.context.request.post(path, { headers, form: { subject: 'loan', outline: 'x' }, maxRedirects: 0 });
    equal(answer.status(), 403, `status with ${JSON.stringify(headers)}`);
  }
});

await check('what has too many entries or is too large is told as that', async () => {
  const form = Object.fromEntries(Array.from({ length: 1100 }, (_, i) => [`f${i}`, 'x']));
  const answer = await u.context.request.post(`${site.url}/registers/consultations/new/propose`, { headers: { 'Sec-Fetch-Site': 'same-origin' }, form, maxRedirects: 0 });
  equal(answer.status(), 413, 'status');
  assert((await answer.text()).includes('大きすぎる'), await answer.text());
});

await check('a form that is sent twice is done once', async () => {
  const path = '/registers/consultations/new/propose';
  await u.goto(path);
  const form = { subject: 'loan', outline: '一度だけ' };
  for (const name of ['csrf', '_once', '_seen']) form[name] = await u.page.locator(`main [name=${name}]`).inputValue();
  const places = [];
  for (let i = 0; i < 2; i++) {
    const answer = await u.context.request.post(site.url + path, { headers: { 'Sec-Fetch-Site': 'same-origin' }, form, maxRedirects: 0 });
    equal(answer.status(), 303, 'status');
    places.push(answer.headers().location);
  }
  equal(places[1], places[0], 'record');
});

await check('the API answers as the pages do, and asks for its token', async () => {
  const path = `${site.url}/api/registers/loan-applications/apply`;
  const bare = await u.context.request.post(path, { headers: { 'Sec-Fetch-Site': 'same-origin' }, data: { with: {} } });
  equal(bare.status(), 403, 'status without the token');
  const token = await u.page.goto('/').then(() => u.page.inputValue('.tj-user [name=csrf]'));
  const headers = { 'Sec-Fetch-Site': 'same-origin', 'X-CSRF-Token': token };
  const refused = await u.context.request.post(path, { headers, data: { with: { starts_on: '2026-04-10', ends_on: '2027-04-09' } } });
  equal(refused.status(), 409, 'status');
  equal(refused.headers()['content-type'], 'application/problem+json', 'type');
  equal((await refused.json()).clauses, ['P-3-2-2-A.1'], 'clauses');
  const invalid = await u.context.request.post(path, { headers, data: { with: { starts_on: 'x' } } });
  equal(invalid.status(), 422, 'status');
  const document = await u.json('/api/openapi.json');
  assert(document.openapi === '3.1.0' && document.paths['/api/registers/loan-applications/apply'], 'OpenAPI');
});

await check('the ledger lies open but for its entries', async () => {
  const get = (path, who = u) => who.context.request.get(site.url + path);
  const checkpoint = await (await get('/ledger/2026/checkpoint')).text();
  const [origin, size] = checkpoint.split('\n');
  assert(origin.endsWith('/2026') && Number(size) > 0, checkpoint);
  const tile = await get(`/ledger/2026/tile/0/000.p/${Math.min(Number(size), 255)}`);
  equal((await tile.body()).length, 32 * Math.min(Number(size), 255), 'bytes');
  equal((await get('/ledger/2026/tile/entries/000.p/1')).status(), 403, 'entries for somebody');
  const auditor = await signedIn('M');
  equal((await get('/ledger/2026/tile/entries/000.p/1', auditor)).status(), 200, 'entries for an auditor');
  equal((await get('/ledger/1999/checkpoint')).status(), 404, 'another year');
});

await check('directives, clauses and where they are carried out', async () => {
  await s.goto('/clauses');
  await s.shot('clauses');
  await s.goto('/clauses/patrol');
  await s.shot('directive');
  await s.goto('/clauses/patrol/P-3-2-5.2');
  assert((await text(s)).includes('持出し'), await text(s));
  const headings = await s.page.locator('main h2').allInnerTexts();
  const at = headings.indexOf('この条項の働きを示すシナリオ');
  assert(at > headings.indexOf('この条項を実施している箇所') && at < headings.indexOf('この条項の対象となる記録'), `${headings}`);
  assert((await text(s)).includes('c-daily-use'), 'the scenario is not listed');
  await s.shot('clause');
});

await check('the page of an issued token loaded again issues no other, and a missing name is told at the name', async () => {
  const t = await signedIn('T');
  const issue = async (name) => {
    await t.page.fill('[name=name]', name);
    await t.page.fill('[name=password]', t.account.password);
    await t.page.locator('main form', { has: t.page.locator('[name=name]') }).locator('button').click();
    await t.page.waitForLoadState();
  };
  await t.goto('/tokens');
  await t.page.locator('[name=name]').evaluate((e) => e.removeAttribute('required'));
  await issue('');
  equal(await t.outcome(), { result: 'invalid', fields: ['name'] }, 'without a name');
  await issue('当直表');
  assert(/tsujiban_/.test(await text(t)), await text(t));
  await t.page.reload();
  equal(await t.outcome(), { result: 'invalid', fields: ['name'] }, 'sent again');
  assert(!/tsujiban_/.test(await text(t)), await text(t));
  await t.goto('/tokens');
  equal(await t.page.locator('main tbody tr', { hasText: '当直表' }).count(), 1, 'tokens');
  await t.context.close();
});

await check('an administrator proposes a code, another approves, the person sets a password', async () => {
  const z = await signedIn('Z');
  const j = await signedIn('J');
  await z.goto('/admin/accounts');
  await z.page.locator('tr', { hasText: site.accounts['person-b'].login }).locator('button').click();
  await z.page.waitForLoadState();
  const proposed = z.page.locator('tr', { hasText: site.accounts['person-b'].login }).last();
  equal(await proposed.locator('button').count(), 0, 'what the proposer can approve');
  assert((await proposed.innerText()).includes('別の担当者の承認を待っています'), await text(z));
  await j.goto('/admin/accounts');
  await j.page.locator('tr', { hasText: site.accounts['person-b'].login }).last().locator('button').click();
  await j.page.waitForLoadState();
  const code = /[0-9A-Z]{5}(-[0-9A-Z]{5}){3}/.exec(await text(j))?.[0];
  assert(code, await text(j));
  assert((await j.page.locator('.tj-notice--success').innerText()).includes(site.accounts['person-b'].login), 'whose code it is');
  await j.shot('accounts');
  const b = new Person(site, 'B');
  await b.open();
  await b.goto('/reset');
  await b.shot('reset');
  for (const [name, value] of Object.entries({ login: b.account.login, code, password: '春はあけぼのやうやう白く', again: '春はあけぼのやうやう白く' }))
    await b.page.fill(`[name=${name}]`, value);
  await b.submit();
  assert(b.page.url().includes('/sign-in?done='), await text(b));
  await b.signIn('春はあけぼのやうやう白く');
  equal(await b.page.locator('h1').innerText(), '本日の仕事', 'heading');
});

await check('an import with a wrong line says where, keeps the text and changes nothing', async () => {
  const z = await signedIn('Z');
  equal(await s.goto('/admin/force'), 403, 'for others');
  await z.goto('/admin/force');
  const units = z.page.locator('[name="units.csv"]');
  const before = await units.inputValue();
  await units.fill(`${before}broken,no-such-parent,壊れた行,Broken,,,\n`);
  await z.submit();
  assert(/units\.csv \d+行目「parent」：.*「no-such-parent」/.test(await text(z)), await text(z));
  assert((await units.inputValue()).includes('broken,no-such-parent'), 'the text is kept');
  await z.shot('import');
  await z.goto('/admin/force');
  equal(await units.inputValue(), before, 'units');
  await z.goto('/admin/packs');
  await z.shot('packs');
});

await check('on a phone nothing is wider than the screen', async () => {
  const phone = await signedIn('U', { viewport: { width: 390, height: 844 } });
  for (const [path, name] of [['/', 'phone-today'], [`/records/${consultation}`, 'phone-record'], ['/registers/loan-applications/new/apply', 'phone-form'],
    ['/registers/consultations?field=subject&key=loan', 'phone-register-narrowed'], ['/clauses/patrol/P-3-2-5.2', 'phone-clause']]) {
    await phone.goto(path);
    const width = await phone.page.evaluate(() => document.documentElement.scrollWidth);
    assert(width <= 390, `${path} is ${width} wide`);
    const head = await phone.page.evaluate(() => document.querySelector('main').getBoundingClientRect().top);
    assert(head <= 130, `${path}: the head is ${head} high`);
    await phone.shot(name);
  }
});

await check('on a phone what the head has folded can be opened and used', async () => {
  const phone = await signedIn('U', { viewport: { width: 390, height: 844 } });
  await phone.goto('/');
  equal(await phone.page.locator('.tj-user button').isVisible(), false, 'before it is opened');
  await phone.page.click('.tj-header .tj-more > summary');
  await phone.page.fill('.tj-search [name=q]', '端末');
  await phone.page.click('.tj-search button');
  await phone.page.waitForLoadState();
  assert(phone.page.url().includes('/search?q='), phone.page.url());
});

await check('signing out ends the session', async () => {
  await u.goto('/');
  await u.page.click('.tj-user button');
  await u.page.waitForLoadState();
  assert(u.page.url().endsWith('/sign-in'), u.page.url());
  await u.goto('/');
  assert(u.page.url().includes('/sign-in'), u.page.url());
});

await check('the program is still running', () => assert(site.isRunning(), site.output));
await site.stop();
finish();
