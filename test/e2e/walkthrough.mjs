// A pack's scenarios in their order, of the patrol pack sections A to C, worked by hand: each person in a browser of his own, every act through its form, each
// refusal with its clauses on the page. The acts are those of the pack's scenarios; the scenarios judge the engine, this
// judges that the pages let people do the same. Where E2E_AGAIN is "undrawn", each form and each kind of its answer is drawn once, and so is each
// page of a record; those that come again are worked without being drawn (undrawn.mjs).
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { Diary } from './diary.mjs';
import { Person } from './person.mjs';
import { Site } from './site.mjs';
import { assert, check, equal, finish } from './tap.mjs';

const sections = process.env.E2E_SECTIONS?.split(',') ?? ['a-before-the-loan', 'b-handover', 'c-daily-use'];
const options = { javaScriptEnabled: process.env.E2E_SCRIPT !== 'no' };
const pack = process.env.E2E_PACK ?? 'regulations/patrol';
const witness = process.env.E2E_WITNESS ?? 'S'; // sees every record, and moves the clock

const site = await Site.start();
const people = {};
const records = site.records; // by the scenario's name, with those of the story that was performed before
const doers = {}; // who last acted, by number
const unmade = new Set(); // names of records that only a gate makes
const TRIES_MAX = 50;
const TRY_AGAIN_MS = 200;
site.clock = '2026-04-01T08:30';
const shown = new Set();
const areDrawnOnce = process.env.E2E_AGAIN === 'undrawn';
const drawn = new Set();
const diary = await Diary.of(pack, site, people);

async function person(id) {
  if (!people[id]) {
    people[id] = new Person(site, id);
    await people[id].open(options);
    const hand = handOf(people[id], 'sign-in');
    await hand.signIn();
    assert(await hand.count('.tj-user'), `${id} is not signed in`);
    drawn.add('sign-in');
  }
  return people[id];
}

// The hand for a page of that kind.
function handOf(who, kind) {
  if (!areDrawnOnce || !drawn.has(kind)) return who;
  return who.undrawn;
}

async function resolve(value, who) {
  if (Array.isArray(value)) return Promise.all(value.map((v) => resolve(v, who)));
  if (value && typeof value === 'object') {
    const entries = await Promise.all(Object.entries(value).map(async ([k, v]) => [k, await resolve(v, who)]));
    return Object.fromEntries(entries);
  }
  if (typeof value !== 'string' || !value.startsWith('$')) return value;
  const [name, field] = value.slice(1).split('.');
  assert(records[name], `no record is called ${name}`);
  if (!field) return records[name];
  return (await who.json(`/api/records/${records[name]}`)).values[field];
}

// A short word where a digest is asked stands for the digest of that word.
const registers = {};
async function digestFields(reg) {
  registers[reg] ??= parse(await readFile(join(pack, 'registers', `${reg}.yaml`), 'utf8')).fields;
  return registers[reg].filter((f) => f.type === 'digest' || (f.type === 'list' && f.of === 'digest')).map((f) => f.id);
}
const digestOf = (word) => Array.isArray(word) ? word.map(digestOf)
  : word && !/^([0-9a-f]{64}|k1:.*)$/.test(word) ? createHash('sha256').update(word).digest('hex') : word;
async function filled(reg, values, who) {
  const digests = await digestFields(reg);
  return Object.entries(await resolve(values ?? {}, who)).map(([name, value]) => [name, digests.includes(name) ? digestOf(value) : value]);
}

async function moveTo(instant) {
  if (!instant || instant <= site.clock) return;
  const who = await person(witness);
  site.movedAt = Date.now();
  await handOf(who, 'clock').moveClock(instant);
  drawn.add('clock');
  site.clock = instant;
}

// The first page of each kind is kept as a picture.
async function picture(hand, kind) {
  if (shown.has(kind) || !hand.shot) return;
  shown.add(kind);
  await hand.shot(kind);
}

// A link of the page; one among what cannot be done is unfolded first. What the directive bans for good is told with its clause and
// has no link.
async function follow(hand, url, isRefused) {
  const link = `main a[href="${url}"]`;
  if (isRefused && !(await hand.count(link))) {
    assert(await hand.count('details.tj-cannot li .tj-clause'), `nothing tells why there is no ${url}`);
    await hand.goto(url);
    return;
  }
  assert(await hand.count(link), `nothing leads to ${url}: ${await hand.texts('main')}`);
  if (!hand.page) {
    await hand.goto(url);
    return;
  }
  const summary = hand.page.locator(`details.tj-cannot:has(a[href="${url}"]) > summary`);
  if (await summary.count()) {
    await summary.click();
    await picture(hand, 'why-not');
  }
  await hand.page.locator(link).click();
  await hand.page.waitForLoadState();
}

// From the register to the form of a new record, or from the record to the form of a step, as a person would.
async function openForm(hand, act, on, isRefused) {
  const [register, step] = act.do.split('/');
  if (!on) {
    await hand.goto(`/registers/${register}`);
    await picture(hand, 'register');
    await follow(hand, `/registers/${register}/new/${step}`, isRefused);
  } else {
    await hand.goto(`/records/${on}`);
    await picture(hand, 'record');
    await follow(hand, `/records/${on}/steps/${step}`, isRefused);
  }
  await picture(hand, on ? 'form-of-a-step' : 'form-of-a-record');
  const signed = await hand.texts('main > dl dt');
  const asked = await hand.labels();
  equal(signed.filter((title) => asked.includes(title.trim())), [], 'what is asked and shown as there to be signed');
}

function wanted(act) {
  if (!act.answer || act.answer === 'allowed') return { result: 'allowed' };
  const [kind] = Object.keys(act.answer);
  if (kind === 'invalid') return { result: 'invalid', fields: act.answer[kind] };
  return { result: 'refused', clauses: [...act.answer[kind]].sort() };
}

// Made by what measures, which nobody plays here.
function isUnmade(name) {
  return unmade.has(name?.slice(1).split('.')[0]);
}

// Where only one record can be chosen the form has it already; who leaves it out takes it back. False: the form does not let him.
async function leaveOut(hand, act) {
  await digestFields(act.do.split('/')[0]);
  for (const field of registers[act.do.split('/')[0]]) {
    const select = `main select[name="${field.id}"]`;
    if (field.type !== 'record' || field.default || act.with?.[field.id] !== undefined || !(await hand.count(select)) || !(await hand.valueOf(select))) continue;
    if (!(await hand.fill(field.id, ''))) return false;
  }
  return true;
}

async function perform(act) {
  if (isUnmade(act.on)) return;
  const who = await person(act.as);
  const on = act.on ? await resolve(act.on, who) : null;
  const expected = wanted(act);
  const kind = `${act.do} ${expected.result}`;
  const hand = handOf(who, kind);
  let offered = true;
  const looks = areDrawnOnce ? who.undrawn : who;
  if (on && expected.result === 'refused' && (await looks.goto(`/records/${on}`)) !== 200) { // out of sight: there is no form
    const step = `steps/${act.do.split('/')[1]}`;
    equal(await looks.goto(`/records/${on}/${step}`), await looks.goto(`/records/${none(on)}/${step}`), 'the form of a step');
    return;
  }
  await openForm(hand, act, on, expected.result === 'refused');
  for (const [name, value] of await filled(act.do.split('/')[0], act.with, who)) {
    if (await hand.fill(name, value)) continue;
    assert(expected.result === 'refused' || (expected.result === 'invalid' && expected.fields.includes(name)), `"${name}" does not offer ${value}`);
    if (expected.result === 'refused') await hand.insist(name, value); // left out, as it would be refused: so it is
    else offered = false;
  }
  if (expected.result === 'refused' && !(await leaveOut(hand, act))) return;
  for (const name of expected.fields ?? []) // the only choice is made already: somebody takes it back
    if (act.with?.[name] === undefined && !(await hand.fill(name, ''))) return; // and cannot: it is never left out
  if (act.reason) await hand.fill('_reason', act.reason);
  if (!offered) return; // what may not be chosen is not among the choices
  await hand.submit();
  drawn.add(kind);
  const got = await hand.outcome();
  if (got.result === 'allowed' && act.name) records[act.name] = got.record;
  if (got.result === 'allowed') doers[on ?? got.record] = act.as;
  await picture(hand, got.result === 'allowed' ? 'done' : got.result);
  // What is left empty is asked for at its field, under the clause, and nothing is entered.
  const isEmpty = (name) => [undefined, ''].includes(act.with?.[name]);
  if (expected.result === 'refused' && got.result === 'invalid' && got.fields.length && got.fields.every(isEmpty)) {
    const [error] = await hand.texts('.tj-error-summary, main');
    assert(expected.clauses.some((clause) => error.includes(clause)), `no clause of ${expected.clauses} beside the empty field`);
    return;
  }
  equal(got.result, expected.result, `answer (${got.text ?? JSON.stringify(got)})`);
  if (expected.clauses) equal([...got.clauses].sort(), expected.clauses, 'clauses on the page');
  if (expected.fields) equal(got.fields, expected.fields, 'fields with an error');
}

// What a timer does comes a moment after the clock has moved.
async function eventually(ask, isThere) {
  for (let tries = 0; ; tries++) {
    const answer = await ask();
    if (isThere(answer) || tries === TRIES_MAX) return answer;
    await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS));
  }
}

// What the witness is not among the readers of is looked at by whoever acted on it last, or by another of those who are there.
async function witnessOf(id) {
  for (const name of new Set([witness, doers[id] ?? witness, ...Object.keys(people)])) {
    const who = await person(name);
    if (await who.json(`/api/records/${id}`).then(() => true, () => false)) return who;
  }
  throw new Error(`nobody sees ${id}`);
}

// An instant that a hand came to a while after the scenario's.
const HAND_MS = 3600000;
function isAfterwards(got, wanted) {
  if (!/^\d{4}-\d\d-\d\dT.*Z$/.test(got) || !/^\d{4}-\d\d-\d\dT/.test(wanted)) return false;
  const later = Date.parse(got) - Date.parse(`${wanted}+09:00`);
  return later >= 0 && later < HAND_MS;
}

// As scenarios write it: a flag is yes or no.
const asWritten = (value) => value === true ? 'yes' : value === false ? 'no' : String(value ?? '');
function isWritten(got, value) {
  if (!Array.isArray(value) || typeof value[0] !== 'object') return isAfterwards(got, value) || asWritten(got) === String(value);
  return got?.length === value.length &&
    value.every((row, n) => Object.entries(row).every(([column, cell]) => isWritten(got[n][column], cell)));
}

async function expectRecord(one) {
  if (isUnmade(one.on)) return;
  const id = await resolve(one.on, await person(witness));
  const who = await witnessOf(id);
  const view = await eventually(() => who.json(`/api/records/${id}`), (v) => !one.state || v.state === one.state);
  if (one.state) equal(view.state, one.state, 'state');
  let fields = await resolve(one.fields ?? {}, who);
  if (view.reg === diary.register) fields = diary.fields(view.values, fields);
  for (const [field, value] of Object.entries(fields))
    assert(isWritten(view.values[field], value), `${field}: got ${JSON.stringify(view.values[field])}, wanted ${JSON.stringify(value)}`);
  if (one.keep_until) equal(view.keep_until, one.keep_until, 'kept until');
  const kind = `${view.reg} ${view.state}`;
  const hand = handOf(who, kind);
  await hand.goto(`/records/${id}`);
  drawn.add(kind);
  const chips = await hand.texts('main .tj-fields .tj-chip');
  assert(chips.includes(view.state_title.ja), `the page shows ${chips}, not ${view.state_title.ja}`);
}

async function expectRecords(one) {
  const who = await person(witness);
  const where = await filled(one.register, one.where, who);
  const count = one.count + (one.register === diary.register ? diary.more(Object.fromEntries(where)) : 0);
  const isIt = (row) => (!one.in || one.in.includes(row.state)) && where.every(([field, value]) => String(row.values[field]) === String(value));
  const find = async () => (await who.json(`/api/registers/${one.register}?page_size=200`)).rows.filter(isIt);
  const found = await eventually(find, (rows) => rows.length === count);
  equal(found.length, count, 'records');
  if (one.name) records[one.name] = found[0].id;
}

function localDay(instant) {
  return new Date((typeof instant === 'number' ? instant : Date.parse(instant)) + 9 * 3600 * 1000).toISOString().slice(0, 10);
}

// Of which it tells: what is made in the night is about the day before.
const dayBefore = (instant) => localDay(Date.parse(instant) - 24 * 3600 * 1000);

async function expectNotice(one, isWanted) {
  const who = await person(one.to);
  // A clock that jumps over a reminder brings it late.
  const isItsDay = (day) => day === String(one.on) || (isWanted && !one.about.includes('/') && day > String(one.on));
  const isOfADay = (n) => one.about === diary.daily?.do && diary.isSaid(n.title.ja, one.says, dayBefore(n.t));
  const isIt = (n) => isItsDay(localDay(n.t)) && (n.about === one.about || n.about.endsWith(`!${one.about}`)) &&
    (n.title.ja.includes(one.says ?? '') || isOfADay(n));
  const { notices } = await eventually(() => who.json('/api/today'), (today) => !isWanted || today.notices.some(isIt));
  const found = notices.some(isIt);
  equal(found, isWanted, `notice about ${one.about} to ${one.to} (${JSON.stringify(notices.map((n) => [n.about, n.t]))})`);
}

// The number of a record that nobody has made.
function none(id) {
  return id.replace(/\d+$/, '9999');
}

// Whoever may not read a record is not told that it exists.
async function readRecord(one) {
  const who = await person(one.as);
  const id = await resolve(one.read, who);
  if (one.answer?.['not-yet'] || one.answer?.invalid) return diary.tells(who, id, () => isAskedFor(one, who, id));
  if (!diary.daily || !id.startsWith(diary.prefix) || wanted(one).result !== 'allowed')
    return equal(await who.goto(`/records/${id}`), wanted(one).result === 'allowed' ? 200 : await who.goto(`/records/${none(id)}`), 'the page of the record');
  return diary.tells(who, id, () => openFor(one, who, id));
}

// The page asks why, and goes on asking when what is said is no answer.
async function isAskedFor(one, who, id) {
  await moveTo(one.at && diary.overAt(who, id));
  await who.page.goto(`/records/${id}`);
  assert(await who.isAskedWhy(), 'it is open without a purpose');
  for (const clause of one.answer['not-yet'] ?? [])
    assert(await who.page.locator('main .tj-clause', { hasText: `（${clause}）` }).count(), `${clause} is not told`);
  await picture(who, 'why');
  if (!one.with) return;
  await who.sayWhy(one.with.purpose ?? '', one.with.case ?? '');
  assert(await who.isAskedWhy(), 'it is open without a purpose');
  assert(await who.page.locator('main .tj-notice--error').count(), 'nothing tells what is missing');
}

// Once by the page, the other times of one session without anything drawn.
async function openFor(one, who, id) {
  await who.page.goto(`/records/${id}`);
  equal(await who.isAskedWhy(), one.with !== undefined, 'why it is opened is asked');
  if (one.with) {
    await who.sayWhy(one.with.purpose, one.with.case ?? '');
    diary.says(who, id);
  }
  assert(!(await who.isAskedWhy()) && await who.page.locator('main .tj-fields .tj-chip').count(), 'the record is not shown');
  for (let times = 1; times < (one.count ?? 1); times++) {
    const page = await (await who.context.request.get(`${site.url}/records/${id}`)).text();
    assert(page.includes('tj-fields') && !page.includes(`/records/${id}/read"`), 'it is shown no more');
  }
}

async function take(one) {
  if (one.measured) return void (one.name && unmade.add(one.name)); // done by a gate or the program, by nobody's hand
  if (/:59$/.test(one.at ?? '') && !one.read) return; // the second before the stroke is gone before a hand has moved
  await moveTo(one.at?.replace(/(:\d\d):59$/, '$1')); // who only reads comes a minute earlier
  if (one.do) return perform(one);
  if (one.read) return readRecord(one);
  if (one.expect === 'record') return expectRecord(one);
  if (one.expect === 'records') return expectRecords(one);
  if (one.expect === 'notice') return expectNotice(one, true);
  if (one.expect === 'no-notice') return expectNotice(one, false);
  assert(one.at, `what is ${JSON.stringify(one)}?`);
}

function nameOf(section, one) {
  const answer = one.answer ? ` → ${JSON.stringify(one.answer)}` : '';
  const what = one.do ? `${one.as} ${one.do}` : one.read ? `${one.as} reads ${one.read}` : one.expect ? `expect ${one.expect} ${one.on ?? one.register ?? ''}` : `clock ${one.at}`;
  return `${section} ${one.step ?? ''} ${what}${answer}`;
}

try {
  for (const section of sections) {
    const scenario = parse(await readFile(join(pack, 'scenarios', `${section}.yaml`), 'utf8'));
    for (const one of scenario.acts) await check(nameOf(section[0].toUpperCase(), one), () => take(one));
  }
  const last = await person(process.env.E2E_LAST ?? 'H');
  await last.goto('/');
  await last.shot('today');
} finally {
  await check('the program is still running', () => assert(site.isRunning(), site.output));
  await site.stop();
}
finish();
