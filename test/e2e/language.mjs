// What of a page is not in the page's language. Names and what people typed stay as they are: they are known from the force,
// from the story that is performed, and from those texts of the directive that are the same in both languages.
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';

const JAPANESE = /[\u3041-\u30fa\u30fc-\u30ff\u3400-\u9fff]/;
const ENGLISH = /[A-Za-z]{2,}(?:[ ,]+[A-Za-z]{2,}){2,}/; // three words in a row
const SHORTEST = 2;

async function filesIn(folder, ending) {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries.filter((one) => one.isFile() && one.name.endsWith(ending)).map((one) => join(one.path, one.name));
}

// Texts that have no second language beside them.
function* singles(value) {
  if (typeof value === 'string') yield value;
  else if (Array.isArray(value)) for (const one of value) yield* singles(one);
  else if (value && typeof value === 'object' && !('ja' in value && 'en' in value)) for (const one of Object.values(value)) yield* singles(one);
}

export class Languages {
  static async load(pack, accounts, typed = []) {
    const known = new Set(typed);
    for (const file of await filesIn(pack, '.yaml')) for (const text of singles(parse(await readFile(file, 'utf8')))) known.add(text.trim());
    for (const file of await filesIn(join(pack, 'force'), '.csv'))
      for (const cell of (await readFile(file, 'utf8')).split(/[,\r\n]/)) known.add(cell);
    for (const account of Object.values(accounts)) known.add(account.name);
    const languages = new Languages();
    languages.known = [...known].filter((text) => text.length >= SHORTEST).sort((a, b) => b.length - a.length);
    return languages;
  }

  #unknownPart(text, pattern) {
    let rest = text;
    for (const one of this.known) {
      if (!pattern.test(rest)) return '';
      rest = rest.replaceAll(one, ' ');
    }
    return pattern.test(rest) ? rest.trim() : '';
  }

  // `texts`: [{lang, text}]. Answers those that are in the other language.
  foreign(texts) {
    return texts.map(({ lang, text }) => this.#unknownPart(text, lang === 'en' ? JAPANESE : ENGLISH)).filter(Boolean);
  }
}

// Runs in the page: everything that is read or heard, each with the language it is said to be in.
export function textsOfPage() {
  const found = [];
  const seen = new Set();
  const add = (element, text) => {
    const trimmed = text?.trim();
    if (trimmed) found.push({ lang: element.closest('[lang]')?.lang ?? '', text: trimmed });
  };
  const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (element.closest('script, style, code, pre, textarea')) continue;
    const parts = element.closest(':has(> mark)'); // one text, with what was searched for marked in it
    if (!parts) add(element, walker.currentNode.data);
    else if (!seen.has(parts) && seen.add(parts)) add(parts, parts.textContent);
  }
  for (const element of document.querySelectorAll('[aria-label], [placeholder], [alt], [title]'))
    for (const name of ['aria-label', 'placeholder', 'alt', 'title']) add(element, element.getAttribute(name));
  return found;
}
