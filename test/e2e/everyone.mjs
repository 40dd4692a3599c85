// Every page for everyone: each address of the program's table is visited, in both languages, at a desk's and at a phone's width;
// axe-core finds nothing; the keyboard comes everywhere and out again; paper bears the content and nothing else.
import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { violations } from './axe.mjs';
import { crawl, pageAddresses } from './crawl.mjs';
import { Keys } from './keys.mjs';
import { Languages, textsOfPage } from './language.mjs';
import { Person } from './person.mjs';
import { Site } from './site.mjs';
import { assert, check, equal, finish } from './tap.mjs';

const run = promisify(execFile);
const here = fileURLToPath(new URL('.', import.meta.url));
const root = join(here, '../..');
const DESK = { width: 1280, height: 900 };
const PHONE = { width: 360, height: 740 };
const PLAN = 'person,unit,post,kind,from,to,leaving\nX,minami-seian,member,,2099-04-01,,\nU,,,,,,2099-03-31\n';
const SEARCHED = '試験';
const STARTS = ['/', `/search?q=${encodeURIComponent(SEARCHED)}`];
const TABLE = '旧番号,状態,管理する所属,管理番号,機種,端末識別番号,通信契約,月額見込み（円）\n旧1,保管,生活安全企画課,CP-90,試験端末,000000000000090,契約,1\n';
// What is in neither language: what is typed above, the names of the languages, a command.
const TYPED = [...PLAN.split(/[,\n]/), ...TABLE.split(/[,\n]/), SEARCHED, '日本語', 'English', 'tsujiban mail set', '春の異動'];
const MIN_FOUND = 100; // pages; fewer, and the crawl has missed the registers

const addresses = await pageAddresses(join(root, 'src/web/pages.h'));
const site = await Site.start();
const languages = await Languages.load(process.env.E2E_PACK ?? join(root, 'regulations/patrol'), site.accounts, TYPED);
const people = new Map();

async function person(id) {
  if (!people.has(id)) {
    const who = new Person(site, id);
    await who.open({ bypassCSP: true, viewport: DESK });
    await who.signIn();
    people.set(id, who);
  }
  return people.get(id);
}

async function inLanguage(who, lang) {
  await who.context.addCookies([{ name: 'tsujiban_lang', value: lang, url: site.url }]);
}

// Somebody who has been away from his desk: his session is locked.
async function lockedOut() {
  const who = new Person(site, 'T');
  await who.open({ bypassCSP: true, viewport: DESK });
  await who.signIn();
  const [cookie] = (await who.context.cookies()).filter((one) => one.name === 'tsujiban');
  assert(cookie, 'no session');
  const csrf = (await who.page.inputValue('.tj-user [name=csrf]')).split('.')[0];
  const sleep = 'import sqlite3, sys; db = sqlite3.connect(sys.argv[1], timeout=20); '
    + 'n = db.execute("UPDATE session SET seen_us = seen_us - 3600000000 WHERE csrf = ?", sys.argv[2:]).rowcount; db.commit(); assert n == 1';
  await run('python3', ['-c', sleep, join(site.data, 'tsujiban.db'), csrf]);
  return who;
}

async function visitor() {
  const who = new Person(site, 'K');
  await who.open({ bypassCSP: true, viewport: DESK });
  return who;
}

// A draft of transfers, so that there is one to look at.
async function draftPlan(who) {
  await who.goto('/admin/plans');
  await who.page.fill('main [name=title]', '春の異動');
  await who.page.fill('main [name=body]', PLAN);
  await who.submit();
  assert(/\/admin\/plans\/PLAN-/.test(who.page.url()), `no plan was saved: ${await who.page.locator('main').innerText()}`);
}

// A table of what ran before, proposed and not yet adopted.
async function proposedTable(who) {
  await who.goto('/admin/takeover');
  await who.page.selectOption('main [name=reg]', 'phones');
  await who.page.fill('main [name=text]', TABLE);
  await who.page.click('main button[value=propose]');
  await who.page.waitForURL(/takeover\/./);
}

// ---- which pages there are ----

let pages = [];
let visited;
await check('every link of every person leads somewhere', async () => {
  const seen = new Map();
  const dead = [];
  await draftPlan(await person('Z'));
  await proposedTable(await person('Z'));
  for (const id of ['S', 'U', 'H', 'A', 'Z', 'M']) {
    const found = await crawl(await person(id), id === 'Z' ? [...STARTS, '/admin/takeover?reg=phones'] : STARTS, addresses, seen);
    pages.push(...found);
    dead.push(...found.dead);
  }
  pages.push(...await crawl(await visitor(), ['/sign-in', '/reset'], addresses, seen));
  pages.push(...await crawl(await lockedOut(), ['/unlock'], addresses, seen));
  visited = new Set(pages.map((one) => one.address));
  pages = pages.filter((one) => one.isPage);
  equal(dead, [], 'dead links');
  assert(pages.length >= MIN_FOUND, `only ${pages.length} pages were found`);
});

// No register of this directive holds files, media, copies or addresses that are drawn; files.mjs, preview.mjs and media.mjs come to them, and unit tests draw.
const elsewhere = ['/records/:id/files/:file', '/records/:id/files/:file/preview', '/records/:id/holders', '/records/:id/code.svg', '/holders/:person', '/media', '/media/collect', '/media/stations', '/media/stations/:do', '/media/jobs/:id', '/intel/find/graph.json', '/intel/extract', '/intel/import', '/intel/imports/:id', '/intel/imports/:id/progress.json', '/intel/objects/:id', '/intel/objects/:id/graph.json', '/intel/objects/:id/report', '/intel/ends', '/intel/readers', '/intel/polls', '/intel', '/intel/find', '/intel/list', '/admin/restored',
  '/taxii2/', '/taxii2/api/', '/taxii2/api/collections/', '/taxii2/api/collections/:collection/', '/taxii2/api/collections/:collection/manifest/',
  '/taxii2/api/collections/:collection/objects/', '/taxii2/api/collections/:collection/objects/:object/',
  '/taxii2/api/collections/:collection/objects/:object/versions/', '/taxii2/api/status/:status/'];

await check('every address of the table was visited by somebody', () => {
  equal(addresses.filter((one) => !visited.has(one) && !elsewhere.includes(one)), [], 'addresses that no person comes to');
});

// ---- each page, in each language, at each width; pictures are taken of one page of each address ----

const ofEachAddress = pages.filter((one, i) => pages.findIndex((other) => other.address === one.address) === i);
const shots = process.env.E2E_SHOTS && join(process.env.E2E_SHOTS, 'everyone');
if (shots) {
  await rm(shots, { recursive: true, force: true });
  await mkdir(shots, { recursive: true });
}
const faults = { wide: [], foreign: [], frame: [], axe: [], keys: [], paper: [] };
const known = new Set();
let examined = 0;

function nameOf(one) {
  return `${one.who.id}${one.path}`.replace(/[^A-Za-z0-9.-]+/g, '_');
}

// Runs in the page: tag, class and type of all that is in it.
function kindsOfElements() {
  return [...new Set([...document.body.querySelectorAll('*')].map((e) => `${e.tagName} ${e.className} ${e.type ?? ''} ${e.getAttribute('aria-current') ?? ''}`))];
}

// Runs in the page: what every page has exactly once.
function frameOfPage() {
  return { lang: document.documentElement.lang, h1: document.querySelectorAll('h1').length, main: document.querySelectorAll('main').length,
    title: document.title.split('|')[0].trim(), skip: document.querySelector('a')?.getAttribute('href') };
}

async function open(one, lang, size) {
  await one.who.page.setViewportSize(size);
  const status = await one.who.goto(one.path);
  if (status !== 200) faults.frame.push(`${lang} ${one.who.id} ${one.path}: ${status}`);
  await look(one, lang, size);
}

// At the page that is open, at that size.
async function look(one, lang, size) {
  const { who, path } = one;
  const at = `${lang} ${size.width} ${who.id} ${path}`;
  await who.page.setViewportSize(size);
  const got = await who.page.evaluate(frameOfPage);
  if (got.lang !== lang || got.h1 !== 1 || got.main !== 1 || !got.title || got.skip !== '#main') faults.frame.push(`${at}: ${JSON.stringify(got)}`);
  const width = await who.page.evaluate(() => document.documentElement.scrollWidth);
  if (width > size.width) faults.wide.push(`${at}: ${width}`);
  if (shots && lang === 'ja' && ofEachAddress.includes(one)) await who.page.screenshot({ path: join(shots, `${size.width}-${nameOf(one)}.png`), fullPage: true });
}

async function examine(one, lang, size) {
  const found = await violations(one.who.page);
  examined++;
  for (const rule of found)
    for (const node of rule.nodes) faults.axe.push(`${lang} ${size.width} ${one.who.id} ${one.path}: ${rule.id}: ${node.html.slice(0, 200)} ${node.failureSummary.slice(0, 300)}`);
}

// ---- by keyboard ----

let tried = 0;
async function tryKeys(one) {
  await new Keys(one.who.page).assertNoTrap().catch((error) => faults.keys.push(`${one.path}: ${error.message}`));
  await one.who.page.evaluate(() => document.activeElement?.blur());
  tried++;
}

// ---- on paper ----

// In the order in which the page has them, so that a cell of several lines stays together.
async function wordsOnPaper(page) {
  const file = join(site.dir, 'page.pdf');
  await page.pdf({ path: file, format: 'A4', preferCSSPageSize: true });
  return (await run('pdftotext', ['-raw', file, '-'])).stdout.normalize('NFKC').replace(/\s+/g, '');
}

// Runs in the page as it is printed: what can be read of the content, piece by piece, and what of the frame is left.
function piecesOnPaper() {
  const pieces = [];
  const walker = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement;
    const text = walker.currentNode.data.trim();
    if (text && e.checkVisibility() && !e.closest('select, textarea, caption')) pieces.push(text);
  }
  const frame = [...document.querySelectorAll('nav, .tj-user, .tj-search, .tj-language, .tj-skip, footer, button')].filter((e) => e.checkVisibility());
  return { pieces, frame: frame.map((e) => e.outerHTML.slice(0, 120)) };
}

let printed = 0;
async function print({ who, path }) {
  await who.page.emulateMedia({ media: 'print' });
  const { pieces, frame } = await who.page.evaluate(piecesOnPaper);
  const paper = await wordsOnPaper(who.page);
  await who.page.emulateMedia({ media: 'screen' });
  if (frame.length) faults.paper.push(`${path} prints ${frame.slice(0, 3)}`);
  const lost = pieces.filter((text) => !paper.includes(text.normalize('NFKC').replace(/\s+/g, '')));
  if (lost.length > pieces.length / 20) faults.paper.push(`${path} does not print ${lost.length} of ${pieces.length}: ${lost.slice(0, 6).join(' | ')}`);
  printed++;
}

// axe-core is slow: in Japanese at a desk it looks at a page that has an address or a kind of element it has not yet seen; in
// English and at a phone's width, where texts and styles alone differ, at one page of each address.
async function isNews(one) {
  const kinds = [one.address, ...await one.who.page.evaluate(kindsOfElements)];
  const isNew = kinds.some((kind) => !known.has(kind));
  for (const kind of kinds) known.add(kind);
  return isNew;
}

async function read(one, lang) {
  const foreign = languages.foreign(await one.who.page.evaluate(textsOfPage));
  if (foreign.length) faults.foreign.push(`${lang} ${one.who.id} ${one.path}: ${[...new Set(foreign)].slice(0, 5).join(' | ')}`);
}

async function speak(lang) {
  for (const who of new Set(pages.map((one) => one.who))) await inLanguage(who, lang);
}

// What is looked at in several ways is opened once for all of them.
await check('each page can be opened, in Japanese', async () => {
  await speak('ja');
  for (const one of pages) {
    await open(one, 'ja', DESK);
    await read(one, 'ja');
    if (await isNews(one)) await examine(one, 'ja', DESK);
    if (!ofEachAddress.includes(one)) continue;
    await tryKeys(one);
    await print(one);
    await look(one, 'ja', PHONE);
    await examine(one, 'ja', PHONE);
  }
});
await check('each page can be opened, in English, on a phone', async () => {
  await speak('en');
  for (const one of pages) {
    await open(one, 'en', PHONE);
    await read(one, 'en');
    if (ofEachAddress.includes(one)) await examine(one, 'en', PHONE);
  }
});
await check('no page keeps the focus or hides it', () => {
  equal(tried, ofEachAddress.length, 'pages by keyboard');
  equal(faults.keys, [], 'pages');
});
await check('on paper there is all of the content and nothing of the navigation', () => {
  equal(printed, ofEachAddress.length, 'pages on paper');
  equal(faults.paper, [], 'pages');
});
await check('axe-core finds nothing', () => equal(faults.axe, [], `findings, ${examined} times`));
await check('nothing is wider than the screen', () => equal(faults.wide, [], 'pages that scroll sideways'));
await check('each page says its language, its title and where its content begins', () => equal(faults.frame, [], 'pages'));
await check('no text is in the other language', () => equal(faults.foreign, [], 'pages'));
if (shots) await writeFile(join(shots, 'pages.txt'), ofEachAddress.map((one) => `${nameOf(one)} ${one.address}`).join('\n'));

await check('the program is still running', () => assert(site.isRunning(), site.output));
await site.stop();
finish();
