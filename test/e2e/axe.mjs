// What axe-core says of a page, and a page looked at as a picture, by axe-core and at a phone's width.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { assert, equal } from './tap.mjs';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const axe = await readFile(fileURLToPath(new URL('node_modules/axe-core/axe.min.js', import.meta.url)), 'utf8');

// The rules that it breaks. The page is one of a context that lets scripts in (bypassCSP).
export async function violations(page) {
  return (await page.evaluate(`${axe};axe.run(document, {resultTypes: ['violations'], runOnly: ${JSON.stringify(RULES)}})`)).violations;
}

export async function examine(who, name) {
  await who.shot(name);
  equal((await violations(who.page)).map((rule) => `${rule.id}: ${rule.nodes[0].html.slice(0, 200)}`), [], 'axe-core');
  await who.page.setViewportSize({ width: 360, height: 740 });
  const width = await who.page.evaluate(() => document.documentElement.scrollWidth);
  await who.shot(`${name}-phone`);
  await who.page.setViewportSize({ width: 1280, height: 900 });
  assert(width <= 360, `${name} is ${width} wide`);
}
