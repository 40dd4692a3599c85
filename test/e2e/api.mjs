// The API as its description says it: the description is valid OpenAPI 3.1, every documented GET is asked with a token and its answer held
// against its schema, every documented act is judged by its example, and what is wrong comes as the problem that is described.
import { Validator } from '@seriousme/openapi-schema-validator';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { Site } from './site.mjs';
import { assert, check, equal, finish } from './tap.mjs';

process.env.E2E_STORY ??= 'c-daily-use';
const site = await Site.start({ browser: false });
const form = { 'Sec-Fetch-Site': 'same-origin', 'Content-Type': 'application/x-www-form-urlencoded' };

function cookieOf(answer) {
  return answer.headers.get('set-cookie').split(';')[0];
}

// A token as its owner gets it: signed in, on the page.
async function tokenOf({ login, password }) {
  const post = (path, fields, cookie) => fetch(site.url + path, { method: 'POST', redirect: 'manual', body: new URLSearchParams(fields),
    headers: { ...form, ...(cookie ? { Cookie: cookie } : {}) } });
  const cookie = cookieOf(await post('/sign-in', { login, password, next: '/' }));
  const page = await (await fetch(`${site.url}/tokens`, { headers: { Cookie: cookie } })).text();
  const csrf = /name="csrf" value="([^"]+)"/.exec(page)[1];
  const issued = await post('/tokens', { op: 'token-issue', csrf, name: 'test', may: 'act', days: '30', password }, cookie);
  return /tsujiban_[\w-]{43}/.exec(await issued.text())[0];
}

// Waits as it is told when it was too often.
async function ask(method, path, token, { body, headers } = {}) {
  for (;;) {
    const answer = await fetch(site.url + path, { method, body: body && JSON.stringify(body),
      headers: { ...(token ? { Authorization: `Bearer ${token}` } : {}), ...(body ? { 'Content-Type': 'application/json' } : {}), ...headers } });
    const text = await answer.text();
    if (answer.status !== 429) return { status: answer.status, text, headers: answer.headers, json: text && /json/.test(answer.headers.get('content-type')) ? JSON.parse(text) : null };
    await new Promise((resolve) => setTimeout(resolve, 1000 * Number(answer.headers.get('retry-after'))));
  }
}

const description = (await ask('GET', '/api/openapi.json')).json;
const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats(ajv);
ajv.addSchema(description, 'api');
const compiled = new Map();

function holds(pointer, value, what) {
  if (!compiled.has(pointer)) compiled.set(pointer, ajv.compile({ $ref: `api#${pointer}` }));
  const fits = compiled.get(pointer);
  assert(fits(value), `${what}: ${JSON.stringify(fits.errors?.slice(0, 5))}\n${JSON.stringify(value).slice(0, 800)}`);
}

function escaped(...parts) {
  return parts.map((part) => `/${encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))}`).join('');
}

// The query that an operation must have, as its examples say.
function wanted({ parameters }) {
  const all = parameters.map((one) => (one.$ref ? description.components.parameters[one.$ref.split('/').at(-1)] : one));
  const some = all.filter((one) => one.in === 'query' && one.required).map((one) => [one.name, one.example]);
  return some.length ? `?${new URLSearchParams(some)}` : '';
}

const problem = '/components/schemas/Problem';

function isProblem(answer, status, type, what) {
  equal([answer.status, answer.headers.get('content-type'), answer.json.type], [status, 'application/problem+json', `/api/problems/${type}`], what);
  holds(problem, answer.json, what);
}

await check('the description is valid OpenAPI 3.1 in both languages', async () => {
  for (const language of ['ja', 'en']) {
    const answer = await ask('GET', '/api/openapi.json', null, { headers: { 'Accept-Language': language } });
    const result = await new Validator().validate(answer.json);
    assert(result.valid, JSON.stringify(result.errors)?.slice(0, 2000));
    equal(answer.headers.get('content-language'), language, 'language');
    equal([answer.json.openapi, answer.json.paths['/api/today'].get.summary], ['3.1.0', language === 'ja' ? '本日の仕事' : "Today's work"], 'summary');
    const again = await ask('GET', '/api/openapi.json', null, { headers: { 'Accept-Language': language, 'If-None-Match': answer.headers.get('etag') } });
    equal([again.status, again.text], [304, ''], 'asked again');
  }
});

await check('every operation has a name of its own, and every reference a target', async () => {
  const names = Object.values(description.paths).flatMap((path) => Object.values(path).map((operation) => operation.operationId));
  equal(names.length, new Set(names).size, 'names');
  assert(names.length > 80, `${names.length} operations`);
  const missing = [];
  JSON.stringify(description, (key, value) => {
    if (key === '$ref' && value.split('/').slice(1).reduce((at, part) => at?.[part], description) === undefined) missing.push(value);
    return value;
  });
  equal(missing, [], 'references');
});

const tokens = [];
for (const account of Object.values(site.accounts)) tokens.push(await tokenOf(account));

await check('every documented GET answers as its schema says, and 304 to whoever has it already', async () => {
  const records = new Map(); // id: token of somebody who sees it
  const lists = Object.keys(description.paths).filter((path) => /^\/api\/registers\/[^/]+$/.test(path));
  for (const token of tokens)
    for (const list of lists)
      for (const row of (await ask('GET', `${list}?page_size=3`, token)).json.rows ?? []) records.set(row.id, token);
  assert(records.size > 25, `${records.size} records`);
  const problems = (await ask('GET', '/api/problems')).json.rows.map((one) => one.type.split('/').at(-1));
  const packs = (await ask('GET', '/api/packs', tokens[0])).json.rows.map((one) => one.id);
  const values = { '{type}': problems.map((x) => [x, null]), '{pack}': packs.map((x) => [x, tokens[0]]), '{id}': [...records] };
  let asked = 0;
  for (const [path, { get }] of Object.entries(description.paths)) {
    if (!get || path.includes('{file}')) continue; // files have a test of their own, test/site/files
    const blank = /\{\w+\}/.exec(path)?.[0];
    for (const [value, token] of blank ? values[blank] : [['', tokens[0]]]) {
      const at = path.replace(blank, encodeURIComponent(value)) + wanted(get);
      const answer = await ask('GET', at, token);
      equal(answer.status, 200, at);
      holds(escaped('paths', path, 'get', 'responses', '200', 'content', 'application/json', 'schema'), answer.json, at);
      const again = await ask('GET', at, token, { headers: { 'If-None-Match': answer.headers.get('etag') } });
      if (!/checkpoint|proof|steps/.test(path)) equal([again.status, again.text], [304, ''], `${at} again`); // those move with ledger and clock
      const head = await ask('HEAD', at, token);
      equal([head.status, head.text], [200, ''], `HEAD ${at}`);
      asked++;
    }
    assert(asked, path);
  }
  console.log(`# ${asked} answers of ${records.size} records`);
});

const linked = (answer, rel) => new RegExp(`<([^>]+)>; rel="${rel}"`).exec(answer.headers.get('link'))?.[1];

async function backwards(start) {
  const rows = [];
  for (let at = linked(await ask('GET', start, tokens[0]), 'last'); at;) {
    const answer = await ask('GET', at, tokens[0]);
    rows.unshift(...answer.json.rows.map((row) => row.id));
    at = linked(answer, 'prev');
  }
  return rows;
}

await check('pages of lists hang together by their links', async () => {
  for (const start of ['/api/registers?page_size=7', '/api/packs/patrol/clauses?page_size=30', '/api/registers/accounts?sort=id&page_size=2',
    '/api/registers/accounts?page_size=2', '/api/registers/accounts?sort=opened&page_size=1&state=_open']) {
    const rows = [];
    let total;
    for (let at = start; at;) {
      const answer = await ask('GET', at, tokens[0]);
      rows.push(...answer.json.rows.map((row) => row.id));
      total = answer.json.total;
      at = linked(answer, 'next');
    }
    equal([rows.length, new Set(rows).size], [total, total], start);
    equal(await backwards(start), rows, `${start} from the last one back`);
  }
});

await check('a page behind a place leads back, whatever its number', async () => {
  const start = '/api/registers/accounts?sort=id&page_size=1';
  const first = (await ask('GET', start, tokens[0])).json;
  assert(first.behind, 'no second page');
  const second = await ask('GET', `${start}&behind=${encodeURIComponent(first.behind)}`, tokens[0]);
  assert(second.json.before, 'no place to go back from');
  for (const at of [linked(second, 'prev'), `${start}&before=${encodeURIComponent(second.json.before)}`]) {
    const back = (await ask('GET', at, tokens[0])).json;
    equal([back.rows.map((row) => row.id), back.before], [first.rows.map((row) => row.id), ''], at);
  }
});

await check('every documented address says its methods', async () => {
  for (const [path, operations] of Object.entries(description.paths)) {
    const answer = await ask('OPTIONS', path.replace(/\{\w+\}/g, 'x'), tokens[1]);
    equal(answer.status, 204, path);
    for (const method of Object.keys(operations)) assert(answer.headers.get('allow').split(', ').includes(method.toUpperCase()), `${path}: ${answer.headers.get('allow')}`);
    const wrong = await ask(operations.delete ? 'PUT' : 'DELETE', path.replace(/\{\w+\}/g, 'x'), tokens[1]);
    isProblem(wrong, 405, 'method', path);
  }
});

await check('every documented act takes its example, and its dry run judges it without an entry', async () => {
  const size = (await ask('GET', '/api/checkpoint')).json.size;
  let judged = 0;
  for (const [path, { post }] of Object.entries(description.paths)) {
    const body = post?.requestBody?.content['application/json'];
    if (!body) continue;
    holds(escaped('paths', path, 'post', 'requestBody', 'content', 'application/json', 'schema'), body.example, path);
    if (!path.endsWith('/explain') || path.includes('{id}')) continue;
    const answer = await ask('POST', path, tokens[0], { body: body.example });
    equal(answer.status, 200, path);
    holds(escaped('paths', path, 'post', 'responses', '200', 'content', 'application/json', 'schema'), answer.json, path);
    const wrong = await ask('POST', path, tokens[0], { body: { with: { no_such_field: 1 } } });
    equal([wrong.json.result, wrong.json.fields.some((one) => one.pointer === '/with/no_such_field')], ['invalid', true], path);
    judged++;
  }
  assert(judged > 15, `${judged} dry runs`);
  equal((await ask('GET', '/api/checkpoint')).json.size, size, 'entries');
});

// Something that waits for somebody and asks for nothing: {token, id, step}.
async function somethingToDo() {
  for (const token of tokens)
    for (const one of (await ask('GET', '/api/today', token)).json.waiting) {
      const { steps } = (await ask('GET', `/api/records/${one.record}/steps`, token)).json;
      if (steps.some((step) => step.step === one.step && step.result === 'allowed' && !step.asks.length))
        return { token, id: one.record, step: one.step };
    }
  throw new Error('nobody has anything to do');
}

await check('an act by a token says what it has seen, is done once, and leaves the next one stale', async () => {
  const { token, id, step } = await somethingToDo();
  const path = `/api/records/${id}/${step}`;
  const seen = await ask('GET', `/api/records/${id}`, token);
  const tag = seen.headers.get('etag');
  equal(tag.startsWith(`"v${seen.json.version}-`), true, tag);
  const act = (headers, body = {}) => ask('POST', path, token, { body, headers });
  isProblem(await act({}), 428, 'precondition', 'without a version');
  isProblem(await act({ 'If-Match': '*' }), 428, 'precondition', 'any version');
  isProblem(await act({ 'If-Match': '"v999"' }), 412, 'stale', 'another version');
  isProblem(await act({ 'If-Match': 'W/"v1"' }), 400, 'malformed', 'a weak tag');
  isProblem(await act({}, { seen: 999 }), 409, 'stale', 'another version in the body');
  isProblem(await act({ 'If-Match': tag }, { seen: 999 }), 400, 'malformed', 'two versions');
  isProblem(await act({ 'If-Match': tag }, { 'wi/th~': 1 }), 400, 'malformed', 'unknown member');
  equal((await act({ 'If-Match': tag }, { 'wi/th~': 1 })).json.errors[0].pointer, '/wi~1th~0', 'pointer');
  isProblem(await act({ 'If-Match': tag, 'Content-Type': 'text/plain' }), 415, 'media-type', 'media type');
  isProblem(await act({ 'If-Match': tag, Accept: 'text/html' }), 406, 'not-acceptable', 'form of answer');
  const judged = await ask('POST', `${path}/explain`, token, { body: {}, headers: { 'If-Match': tag } });
  equal([judged.status, judged.json.result], [200, 'allowed'], 'dry run');
  equal((await ask('GET', `/api/records/${id}`, token)).headers.get('etag'), tag, 'tag after all that');
  const headers = { 'If-Match': tag, 'Idempotency-Key': 'the very first' };
  const done = await act(headers);
  equal([done.status, done.json.result], [200, 'allowed'], done.text);
  holds('/components/schemas/Outcome', done.json, path);
  const again = await act(headers);
  equal([again.status, again.json.seq], [200, done.json.seq], 'under its key');
  isProblem(await ask('POST', path, token, { body: { with: { a: '1' } }, headers }), 422, 'key-used', 'another act under its key');
  isProblem(await act({ 'If-Match': tag }), 412, 'stale', 'once more');
  const after = await ask('GET', `/api/records/${id}`, token, { headers: { 'If-None-Match': tag } });
  equal([after.status, after.json.version], [200, done.json.version], 'the new version');
});

await check('a new record is made with its address', async () => {
  const token = tokens[Object.keys(site.accounts).indexOf('person-h')];
  const phone = (await ask('GET', '/api/registers/phones?page_size=1', token)).json.rows[0].id;
  const done = await ask('POST', '/api/registers/incidents/report', token, { body: { with: { phone, kind: 'doubtful' } } });
  equal(done.status, 201, done.text);
  holds('/components/schemas/Outcome', done.json, 'outcome');
  equal(done.headers.get('location'), `/api/records/${done.json.record}`, 'location');
  equal((await ask('GET', done.headers.get('location'), token)).json.id, done.json.record, 'record');
});

await check('problems come in the language that was asked for', async () => {
  const titles = [];
  for (const language of ['ja', 'en', 'fr, en;q=0.5', 'en-GB']) {
    const answer = await ask('GET', '/api/registers/none', tokens[0], { headers: { 'Accept-Language': language } });
    isProblem(answer, 404, 'not-found', language);
    titles.push(answer.json.title);
  }
  equal([titles[1] === titles[2], titles[1] === titles[3], titles[0] !== titles[1]], [true, true, true], titles.join());
});

await site.stop();
finish();
