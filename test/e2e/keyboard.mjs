// Everything by keyboard alone: signing in, finding, filtering, each kind of form, one's own settings, administration. On the way
// the focus is always seen.
import { Keys } from './keys.mjs';
import { Person } from './person.mjs';
import { Site } from './site.mjs';
import { assert, check, equal, finish } from './tap.mjs';

const PLAN = 'person,unit,post,kind,from,to,leaving\nX,minami-seian,member,,2099-04-01,,\n';
const site = await Site.start();
const people = new Map();

async function person(id) {
  if (!people.has(id)) {
    people.set(id, new Person(site, id));
    await people.get(id).signIn();
  }
  return people.get(id);
}

async function atKeys(id, path) {
  const who = await person(id);
  await who.goto(path);
  return [who, new Keys(who.page)];
}

await check('signing in, and over the navigation to the content', async () => {
  const who = new Person(site, 'K');
  await who.open();
  const keys = new Keys(who.page);
  await who.goto('/sign-in');
  await keys.type('[name=login]', who.account.login);
  await keys.type('[name=password]', who.account.password);
  await who.page.keyboard.press('Enter');
  await who.page.waitForURL(`${site.url}/`);
  await keys.press('Tab');
  equal((await keys.assertVisible()).text, '本文へ移動', 'what comes first');
  await keys.press('Enter');
  equal(await who.page.evaluate(() => document.activeElement.id), 'main', 'where it leads');
  await keys.press('Tab');
  assert(!await who.page.evaluate(() => document.activeElement.closest('header, nav')), 'the next stop is in the navigation');
});

await check('searching', async () => {
  const [who, keys] = await atKeys('S', '/');
  await keys.type('[name=q]', '試験端末');
  await keys.press('Enter');
  await who.page.waitForURL(/search/);
  assert((await who.page.locator('main').innerText()).includes('CP-2026-0001'), 'it is not found');
});

await check('a list by state, in another order', async () => {
  const [who, keys] = await atKeys('S', '/registers/loans');
  await keys.reach('.tj-filter[href*="state=_open"]');
  await keys.press('Enter');
  await who.page.waitForURL(/state=./);
  await keys.reach('main thead a[href*="sort=id"]');
  await keys.press('Enter');
  await who.page.waitForURL(/sort=id/);
});

await check('a list by the value of a field', async () => {
  const [who, keys] = await atKeys('S', '/registers/loans');
  await keys.reach('details.tj-narrow > summary');
  await keys.press('Space');
  await keys.reach('.tj-narrow a[href*="field=phone"]');
  await keys.press('Enter');
  await who.page.waitForURL(/field=phone/);
  await keys.choose('key', 'CP-2026-0001');
  await keys.send('.tj-narrow form button');
  assert(who.page.url().includes('key=CP-2026-0001'), who.page.url());
  await keys.assertNoTrap();
});

await check('what cannot be done is unfolded', async () => {
  const [who, keys] = await atKeys('S', '/registers/accounts');
  await keys.reach('details.tj-cannot > summary');
  await keys.press('Space');
  assert(await who.page.locator('details.tj-cannot[open]').count(), 'it stays folded');
});

let application;
await check('a form with lists, texts and dates', async () => {
  const [who, keys] = await atKeys('H', '/registers/sns-applications/new/apply');
  await keys.choose('phone', 'CP-2026-0001');
  await keys.type('main [name=service]', '鍵盤SNS');
  await keys.type('main [name=provider]', '試験社');
  await keys.type('main [name=accounts]', '閲覧用3');
  await keys.choose('purpose', 'cyber-patrol');
  await keys.type('main [name=used_from]', '令和8年6月1日');
  await keys.type('main [name=used_until]', 'R9.3.31');
  await keys.send();
  const got = await who.outcome();
  equal(got.result, 'allowed', JSON.stringify(got));
  application = got.record;
});

await check('a decision with rows', async () => {
  for (const [id, step, field] of [['U', 'send'], ['S', 'forward', 'opinion_general'], ['M', 'give-opinion', 'opinion_infosec']]) {
    const [who, keys] = await atKeys(id, `/records/${application}/steps/${step}`);
    if (field) await keys.type(`main [name=${field}]`, '異議なし');
    await keys.send();
    equal((await who.outcome()).result, 'allowed', step);
  }
  const [who, keys] = await atKeys('U', `/records/${application}/steps/permit`);
  await keys.type('main [name="measures.1.measure"]', '閲覧専用とする');
  await keys.choose('measures.1.owner', 'H');
  await keys.type('main [name="measures.1.due_on"]', '令和8年6月30日');
  await keys.reach('main .tj-rows > button');
  await Promise.all([who.page.waitForNavigation(), keys.press('Enter')]);
  equal(await who.page.inputValue('main [name="measures.1.measure"]'), '閲覧専用とする', 'what was typed');
  await keys.send();
  equal((await who.outcome()).result, 'allowed', 'permit');
});

await check('choices and boxes to tick', async () => {
  const [who, keys] = await atKeys('H', '/registers/inspections/new/inspect');
  await keys.choose('phone', 'CP-2026-0001');
  await keys.choose('result', 'present');
  await keys.type('main [name=place]', '保管庫1番');
  await keys.tick('checks', 'locked');
  await keys.tick('checks', 'camera');
  await keys.send();
  const got = await who.outcome();
  equal(got.result, 'allowed', JSON.stringify(got));
});

await check('a correction', async () => {
  const [who, keys] = await atKeys('S', '/records/CP-2026-0001/steps/correct');
  await keys.type('main [name=model]', '試験端末7型改');
  await keys.type('main [name=_reason]', '型名の誤記');
  await keys.send();
  equal((await who.outcome()).result, 'allowed', 'correct');
});

await check('what has been told is marked as read', async () => {
  const [who, keys] = await atKeys('S', '/');
  const before = await who.page.locator('.tj-told button').count();
  await keys.send('.tj-told button');
  assert(before > await who.page.locator('.tj-told button').count(), 'nothing was marked');
});

await check('an administrator\'s forms', async () => {
  const [who, keys] = await atKeys('Z', '/admin/plans');
  await keys.type('main [name=title]', '秋の異動');
  await keys.reach('main [name=body]');
  await who.page.keyboard.insertText(PLAN);
  await keys.send();
  assert(/\/admin\/plans\/PLAN-/.test(who.page.url()), who.page.url());
  await who.goto('/admin/accounts');
  await keys.send('main table button');
  assert((await who.page.locator('main').innerText()).includes('別の担当者の承認を待っています'), 'nothing was proposed');
});

await check('one\'s own settings', async () => {
  const [who, keys] = await atKeys('S', '/settings');
  await keys.choose('language', 'en');
  await keys.send();
  equal(await who.page.locator('main .tj-notice--error').count(), 0, 'faults');
  await who.goto('/settings');
  equal(await who.page.locator('main [name=language]:checked, main [name=language] option:checked').getAttribute('value'), 'en', 'what is kept');
});

await check('the program is still running', () => assert(site.isRunning(), site.output));
await site.stop();
finish();
