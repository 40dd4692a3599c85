// What is opened for a purpose, and the diary that the program makes of it each night (`reads: {asks: …, daily: …}` of a register).
// To act on a record a hand opens its page, its form and the page of what came of it: that comes on top of what a story tells, and the
// diary has to have each of them.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';

const HOUR_MS = 3600000;

export class Diary {
  // `people` by their ids, with their `openings`; `site` has the clock.
  static async of(pack, site, people) {
    const diary = new Diary();
    Object.assign(diary, { site, people, told: new Set(), said: {} });
    for (const file of await readdir(join(pack, 'registers'))) {
      const register = parse(await readFile(join(pack, 'registers', file), 'utf8'));
      if (register.reads?.daily) Object.assign(diary, { prefix: `${register.prefix}-`, daily: register.reads.daily });
    }
    return diary;
  }

  get register() {
    return this.daily?.do.split('/')[0];
  }

  // The story tells of this opening; the hand's own before and after it stay as they are.
  async tells(who, record, open) {
    const before = who.openings.length;
    try {
      await open();
    } finally {
      who.openings.length = before;
    }
    if (record.startsWith(this.prefix)) this.told.add(`${who.id} ${this.site.clock.slice(0, 10)}`);
  }

  says(who, record) {
    this.said[`${who.id} ${record}`] = this.#nowMs();
  }

  // A hand says it a while after the story's stroke, so it holds as much longer: the instant when it does no more; null: it never held.
  overAt(who, record) {
    const said = this.said[`${who.id} ${record}`];
    return said ? localInstant(said + HOUR_MS + 1000) : null;
  }

  #nowMs() {
    return Date.parse(`${this.site.clock}+09:00`) + Date.now() - this.site.movedAt;
  }

  #beyond(id, day) {
    return (this.people[id]?.openings ?? []).filter((one) => one.record.startsWith(this.prefix) && one.clock.slice(0, 10) === day);
  }

  // The fields of a day that a story names, with what was opened beyond it.
  fields(values, wanted) {
    const { person, day, opened, records, rows, last } = this.daily;
    const beyond = this.#beyond(values[person], values[day]);
    if (!beyond.length) return wanted;
    const all = { ...wanted };
    if (opened in all) all[opened] += beyond.length;
    if (last in all && beyond.at(-1).clock > all[last]) all[last] = beyond.at(-1).clock;
    if (rows in all) {
      all[rows] = all[rows].map((row) => ({ ...row }));
      for (const { record } of beyond) {
        const row = all[rows].find((one) => one.item === record);
        if (row) row.times++;
        else all[rows].push({ item: record, times: 1 });
      }
      if (records in all) all[records] = all[rows].length;
    }
    return all;
  }

  // How many days there are more than a story counts: of those who only acted.
  more(where) {
    const { person, day } = this.daily;
    return Object.keys(this.people).filter((id) => [undefined, id].includes(where[person]) && this.#beyond(id, where[day]).length &&
      !this.told.has(`${id} ${where[day]}`)).length;
  }

  // Whether a notice about somebody's day says it: the first number is of what he opened.
  isSaid(title, says, day) {
    return Object.values(this.people).some((who) => title.startsWith(who.account.name) &&
      title.includes(says.replace(/^\d+/, (n) => Number(n) + this.#beyond(who.id, day).length)));
  }
}

function localInstant(ms) {
  return new Date(ms + 9 * HOUR_MS).toISOString().slice(0, 19);
}
