// The pictures of the README: what the persons of the demonstration see in mid-story. Run by tools/make-pictures.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Person } from './person.mjs';
import { Site } from './site.mjs';

const PICTURE_MAX_BYTES = 200 * 1024;
const view = { viewport: { width: 1280, height: 900 } };

async function picture(who, name) {
  const path = join(process.env.E2E_SHOTS, `${name}.png`);
  await who.page.evaluate(() => window.scrollTo(0, 0));
  await who.page.screenshot({ path });
  const { size } = await stat(path);
  if (size > PICTURE_MAX_BYTES) throw new Error(`${path} has ${size} bytes, more than ${PICTURE_MAX_BYTES}`);
  console.log(`${path} ${Math.ceil(size / 1024)} KB`);
}

async function applyFor(who, purpose, leavesAt = '令和8年5月11日 17:00') {
  await who.goto('/registers/take-outs/new/apply');
  const phone = await who.page.locator('main [name=phone] option[value^=CP]').first().getAttribute('value');
  const form = { phone, purpose, destination: '試験駅周辺', leaves_at: leavesAt, returns_at: '令和8年5月11日 20:00' };
  for (const [name, value] of Object.entries(form))
    if (!(await who.fill(name, value))) throw new Error(`"${name}" does not offer ${value}`);
  await who.submit();
  return who.outcome();
}

function expect(outcome, wanted) {
  if (outcome.result !== wanted) throw new Error(`${wanted} was expected: ${JSON.stringify(outcome)}`);
  return outcome;
}

const site = await Site.start();
try {
  const handler = new Person(site, 'A');
  await handler.open(view);
  await handler.signIn();
  expect(await applyFor(handler, 'cyber-patrol', '令和8年5月11日 21:00'), 'refused'); // back before it left
  await picture(handler, 'form-refused');
  const { record } = expect(await applyFor(handler, 'cyber-patrol'), 'allowed');

  const assistant = new Person(site, 'H');
  await assistant.open(view);
  await assistant.signIn();
  await picture(assistant, 'today');
  await assistant.goto(`/records/${record}`);
  await picture(assistant, 'record');
  await assistant.goto('/clauses/patrol/P-3-2-5.2');
  await picture(assistant, 'clause');
} finally {
  await site.stop();
}
