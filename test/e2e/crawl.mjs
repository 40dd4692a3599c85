// The pages there are: the addresses of the program's own table, and what a person's links lead to.
import { readFile } from 'node:fs/promises';

// ["/records/:id", …]: what is asked by GET and answers a page, from the table in src/web/pages.h.
export async function pageAddresses(header) {
  const text = await readFile(header, 'utf8');
  const rows = [...text.matchAll(/X\(GET, "([^"]+)"/g)].map((found) => found[1]);
  return rows.filter((row) => !/^\/(api|ledger|healthz)(\/|$)/.test(row));
}

// The address of the table that `path` (without its query) is asked at, as the program chooses it: the first that fits.
export function addressOf(path, addresses) {
  const have = path.split('/');
  return addresses.find((address) => {
    const want = address.split('/');
    return want.length === have.length && want.every((part, i) => part.startsWith(':') ? have[i] !== '' : part === have[i]);
  });
}

// What makes pages of one address alike, so that a few of them stand for all.
function kindOf(path, query, address) {
  const [, , name, , step] = path.split('/');
  const asked = [...new URLSearchParams(query).entries()].map(([key, value]) => (key === 'page' ? `${key}=${value}` : key));
  const kind = asked.length || address.endsWith('/proof') ? '' : address.startsWith('/records/') ? `${name.replace(/-\d.*/, '')} ${address.endsWith(':step') ? step : ''}`
    : address.startsWith('/registers/') ? path : '';
  return `${address} ${kind} ${asked.sort()}`;
}

function unescaped(text) {
  return text.replace(/&amp;/g, '&').replace(/&quot;/g, '"').replace(/&#39;/g, "'").replace(/&lt;/g, '<').replace(/&gt;/g, '>');
}

const PAGES_OF_A_KIND = 1;

// Follows the links of `who` from `starts`; of each kind not more than PAGES_OF_A_KIND are opened. `seen`: kinds and how often, shared
// by several persons. Answers [{path, address}], with `dead`, the links that lead nowhere.
export async function crawl(who, starts, addresses, seen) {
  const found = Object.assign([], { dead: [] });
  const from = new Map();
  const queue = [...starts];
  const queued = new Set(queue);
  while (queue.length) {
    const url = queue.shift();
    const [path, query = ''] = url.split('?');
    const address = addressOf(path, addresses);
    if (!address) continue;
    const kind = kindOf(path, query, address);
    if ((seen.get(kind) ?? 0) >= PAGES_OF_A_KIND && !starts.includes(url)) continue;
    seen.set(kind, (seen.get(kind) ?? 0) + 1);
    const answer = await who.context.request.get(who.site.url + url, { maxRedirects: 0 });
    if (answer.status() >= 400) {
      found.dead.push(`${who.id}: ${url} answers ${answer.status()}, linked in ${from.get(url) ?? 'nothing'}`);
      continue;
    }
    const isPage = (answer.headers()['content-type'] ?? '').startsWith('text/html');
    found.push({ who, path: url, address, kind, isPage });
    if (!isPage) continue;
    for (const link of (await answer.text()).matchAll(/<a [^>]*href="([^"]*)"/g)) {
      const next = unescaped(link[1]).split('#')[0];
      if (!next.startsWith('/') || queued.has(next)) continue;
      queued.add(next);
      from.set(next, url);
      queue.push(next);
    }
  }
  return found;
}
