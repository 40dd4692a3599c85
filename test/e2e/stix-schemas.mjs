// What the program writes as STIX 2.1, held by ajv against the schemas of OASIS where they are there, and against nothing else of ours: bundles of our own made from
// values, texts and MISP events, and what comes out of a collection that took them in. Usage: stix-schemas.mjs; TSUJIBAN, SHARED_DATA, INTEL_PACK and TREE are set.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Ajv2020 from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { assert, check, finish } from './tap.mjs';

const program = process.env.TSUJIBAN;
const data = process.env.SHARED_DATA;
const schemas = join(data, 'stix/schemas-2.1');
const FOLDERS = ['common', 'observables', 'sdos', 'sros'];
const WRONG_SHOWN = 5;

if (!existsSync(schemas)) {
  console.log('1..0 # SKIP the schemas of OASIS are not there');
  process.exit(0);
}

// By type; the schemas refer to each other by their own ids.
function validators() {
  const ajv = new Ajv2020({ strict: false, unicodeRegExp: false });
  const ids = new Map();
  formats(ajv);
  ajv.addFormat('idn-hostname', true);
  for (const folder of FOLDERS)
    for (const name of readdirSync(join(schemas, folder)).filter((n) => n.endsWith('.json'))) {
      const schema = JSON.parse(readFileSync(join(schemas, folder, name), 'utf8'));
      ajv.addSchema(schema);
      ids.set(name.slice(0, -5), schema.$id);
    }
  return { of: (type) => (ids.has(type) ? ajv.getSchema(ids.get(type)) : null), has: (type) => ids.has(type) };
}

const all = validators();

function hold(bundle, what) {
  const wrong = [];
  let held = 0;
  for (const object of bundle.objects) {
    if (!all.has(object.type)) continue;
    const valid = all.of(object.type);
    held++;
    if (!valid(object)) wrong.push(`${object.id}: ${valid.errors.map((e) => `${e.instancePath} ${e.message}`).join('; ')}`);
  }
  assert(!wrong.length, `${what}: ${wrong.length} of ${held} are wrong: ${wrong.slice(0, WRONG_SHOWN).join('\n')}`);
  return held;
}

function holdSome(bundle, what) {
  assert(hold(bundle, what) > 0, `${what}: no object of a known type`);
}

function run(...words) {
  const done = spawnSync(program, words, { encoding: 'utf8', maxBuffer: 1 << 30 });
  assert(done.status === 0 || done.status === 1, `${words.join(' ')}: ${done.status} ${done.stderr}`);
  return done.stdout;
}

const place = mkdtempSync(join(tmpdir(), 'tsujiban-schemas-'));
const file = (name) => join(place, name);

await check('what is no STIX is found wrong by the schemas', () => {
  const valid = all.of('indicator');
  assert(!valid({ type: 'indicator', id: 'indicator--x' }), 'the schemas take anything');
});

await check('values of a list become objects that the schemas take', () => {
  writeFileSync(file('list.csv'), 'type,value\nipv4,192.0.2.7\ndomain,evil.example.jp\nurl,http://evil.example.jp/a?b=1\nsha256,' + 'ab'.repeat(32) + '\n');
  holdSome(JSON.parse(run('intel', 'convert', '--from', 'csv', '--to', 'stix', file('list.csv'))), 'csv');
});

await check('values of a Japanese text become objects that the schemas take', () => {
  writeFileSync(file('report.txt'), '偽サイト hxxps://login[.]example[.]jp/x に誘導し、１９２．０．２．８ へ送信した。連絡先は a@example.com。\n');
  holdSome(JSON.parse(run('intel', 'convert', '--from', 'text', '--to', 'stix', file('report.txt'))), 'text');
});

for (const folder of ['pymisp', 'eset', 'feed']) {
  const events = join(data, 'misp/events', folder);
  await check(`MISP events (${folder}) become objects that the schemas take`, () => {
    const names = readdirSync(events).filter((n) => n.endsWith('.json') && !/manifest|hashes/.test(n)).slice(0, 20);
    let held = 0;
    for (const name of names) {
      const text = run('intel', 'convert', '--from', 'misp', '--to', 'stix', join(events, name));
      if (text) held += hold(JSON.parse(text), name);
    }
    assert(held > 0, `${folder}: no object of a known type`);
  });
}

await check('what comes out of a collection is what the schemas take', () => {
  const at = file('data');
  execFileSync(program, ['demo', '--data', at, '--pack', process.env.INTEL_PACK, '--story', 'b-desk', '--no-serve'], { stdio: 'ignore' });
  const row = readFileSync(join(at, 'demo-accounts.txt'), 'utf8').split('\n').map((l) => l.split('\t')).find((r) => r[0] === 'person-a');
  writeFileSync(file('a.pw'), row[1] + '\n', { mode: 0o600 });
  const who = ['--data', at, '--as', 'person-a', '--sign-in', file('a.pw'), '--collection', '受領情報'];
  run('intel', 'import', ...who, '--channel', '公開情報', '--errors', join(process.env.TREE, 'test/cli/intel-store.json'));
  holdSome(JSON.parse(run('intel', 'export', ...who, '--format', 'stix')), 'export');
});

rmSync(place, { recursive: true, force: true });
finish();
