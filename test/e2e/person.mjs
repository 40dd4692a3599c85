// A person in front of his own browser: signs in, opens pages, fills in forms, reads what came of it.
import { join } from 'node:path';
import { Undrawn } from './undrawn.mjs';

export class Person {
  #undrawn;

  constructor(site, id) {
    this.site = site;
    this.id = id;
    const key = id.toLowerCase();
    this.account = site.accounts[`person-${key}`] ?? site.accounts[key];
    if (!this.account) throw new Error(`nobody signs in as ${id}`);
  }

  async open(options = {}) {
    this.context = await this.site.browser.newContext({ baseURL: this.site.url, locale: 'ja-JP', timezoneId: 'Asia/Tokyo', ...options });
    this.context.setDefaultTimeout(30000);
    this.page = await this.context.newPage();
    this.openings = []; // what he was shown of records, by page or program, whether or not somebody counts it
    this.page.on('response', (response) => this.#shown(response));
  }

  #shown(response) {
    const request = response.request();
    if (request.isNavigationRequest()) this.saw(request.method(), response.status(), new URL(response.url()).pathname);
  }

  // An answer that came to his eyes: of a record or a form of its steps, it is an opening.
  saw(method, status, path) {
    const record = /^\/records\/([^/]+)(\/steps\/[^/]+)?$/.exec(path);
    const isShown = (status >= 200 && status < 300) || (method === 'POST' && status >= 400 && status < 500);
    if (record && isShown) this.#opened(record[1]);
  }

  #opened(record) {
    this.openings.push({ record: decodeURIComponent(record), clock: this.site.clock ?? '' });
  }

  async signIn(password = this.account.password) {
    if (!this.page) await this.open();
    await this.page.goto('/sign-in');
    await this.page.fill('[name=login]', this.account.login);
    await this.page.fill('[name=password]', password);
    await this.submit();
  }

  // The button of the page's own form, not those of the frame.
  async submit() {
    const button = this.page.locator('main form').first().locator('button.tj-button:not(.tj-button--outline)').first();
    await button.click();
    await this.page.waitForLoadState();
    if (!(await this.page.locator('main [name=_sure]').count())) return;
    await button.click(); // what ends something is asked once more
    await this.page.waitForLoadState();
  }

  // The page asks why he opens the record, and shows nothing of it.
  async isAskedWhy() {
    return await this.page.locator('main form[action$="/read"]').count() > 0;
  }

  // Where a record is opened for a purpose: what he says, unless he is to be asked.
  async sayWhy(purpose = '事務の処理', reference = '受付1') {
    const form = this.page.locator('main form[action$="/read"]');
    if (!(await form.count())) return false;
    if (!new URL(this.page.url()).pathname.endsWith('/read')) this.openings.pop(); // it was asked for, not shown
    await form.locator('[name=purpose]').fill(purpose);
    if (await form.locator('[name=case]').count()) await form.locator('[name=case]').fill(reference);
    await form.locator('button').first().click();
    await this.page.waitForLoadState();
    return true;
  }

  async goto(path) {
    const response = await this.page.goto(path);
    await this.sayWhy();
    return response.status();
  }

  async json(path) {
    const response = await this.context.request.get(this.site.url + path, { headers: { 'Tsujiban-Purpose': encodeURIComponent('事務の処理'), 'Tsujiban-Case': '1' } });
    if (!response.ok()) throw new Error(`${path} answered ${response.status()}: ${await response.text()}`);
    const record = /^\/api\/records\/([^/?]+)$/.exec(path);
    if (record) this.#opened(record[1]);
    return response.json();
  }

  async moveClock(to) {
    await this.page.goto('/');
    await this.page.fill('.tj-clock [name=to]', to);
    await this.page.click('.tj-clock button[value=typed]');
    await this.page.waitForLoadState();
  }

  async shot(name) {
    if (process.env.E2E_SHOTS) await this.page.screenshot({ path: join(process.env.E2E_SHOTS, `${name}.png`), fullPage: true });
  }

  // What the README shows, as one window of it, from its top or with `at` at the window's; only when tools/make-pictures asks.
  async picture(name, at) {
    if (!process.env.E2E_PICTURES) return;
    await this.page.setViewportSize({ width: 1280, height: 900 });
    await this.page.evaluate((top) => window.scrollTo(0, top ? document.querySelector(top).getBoundingClientRect().top + window.scrollY : 0), at);
    await this.page.screenshot({ path: join(process.env.E2E_PICTURES, `${name}.png`) });
  }

  // Puts one value into the control(s) of that name, whatever kind they are. False: the value is not offered.
  async fill(name, value) {
    if (Array.isArray(value) && value.length && typeof value[0] === 'object') {
      const last = Object.keys(value[0])[0];
      while (!(await this.page.locator(`main [name="${name}.${value.length}.${last}"]`).count())) { // one asks for more rows
        await this.page.click(`main button[name=_add][value="${name}"]`);
        await this.page.waitForLoadState();
      }
      for (const [row, cells] of value.entries())
        for (const [column, cell] of Object.entries(cells))
          if (!(await this.fill(`${name}.${row + 1}.${column}`, cell))) return false;
      return true;
    }
    const there = await this.page.evaluate(controlsOf, name);
    if (!there.kind) {
      if (there.isList) return false; // a list of choices, and nothing to choose
      throw new Error(`the form has no "${name}"`);
    }
    if (there.kind === 'checkbox') { // what is not among the boxes goes to the lines below them, where there are some
      const wanted = (Array.isArray(value) ? value : [value]).map(String);
      for (const { offered, isChosen } of there.choices)
        if (isChosen !== wanted.includes(offered)) await this.page.locator(`main input[name="${name}"][value="${offered}"]`).setChecked(!isChosen);
      const rest = wanted.filter((one) => !there.choices.some(({ offered }) => offered === one));
      if (!there.hasLines) return !rest.length;
      await this.page.locator(`main textarea[name="${name}"]`).fill(rest.join('\n'));
      return true;
    }
    if (['radio', 'select'].includes(there.kind) && !there.choices.some(({ offered }) => offered === String(value))) return false;
    if (there.kind === 'radio') await this.page.locator(`main [name="${name}"][value="${value}"]`).check();
    else if (there.kind === 'select') await this.page.locator(`main [name="${name}"]`).selectOption(String(value));
    else await this.page.locator(`main [name="${name}"]`).fill(Array.isArray(value) ? value.join('\n') : String(value));
    return true;
  }

  // Sends what the form does not offer, as whoever writes a request of his own can: the answer is judged all the same.
  async insist(name, value) {
    await this.page.locator('main form').first().evaluate((form, [control, values]) => {
      for (const one of form.querySelectorAll(`[name="${control}"]`)) one.remove();
      for (const one of values) {
        const input = Object.assign(document.createElement('input'), { type: 'hidden', name: control, value: one });
        form.append(input);
      }
    }, [name, [value].flat().map(String)]);
  }

  count(selector) {
    return this.page.locator(selector).count();
  }

  texts(selector) {
    return this.page.locator(selector).allInnerTexts();
  }

  // What the form asks for.
  labels() {
    return this.page.locator('main form .tj-field__label').evaluateAll((all) => all.map((label) => label.firstChild.textContent.trim()));
  }

  valueOf(selector) {
    return this.page.locator(selector).inputValue();
  }

  // The fields with an error.
  wrong() {
    return this.page.locator('.tj-field--error').evaluateAll((rows) => rows.map((row) => row.querySelector('[name]')?.getAttribute('name')));
  }

  url() {
    return this.page.url();
  }

  outcome() {
    return outcomeOf(this);
  }

  // His hand for what has been drawn before (undrawn.mjs).
  get undrawn() {
    this.#undrawn ??= new Undrawn(this);
    return this.#undrawn;
  }
}

// Runs in the page: what there is of that name in it, and what can be chosen there.
function controlsOf(name) {
  const all = [...document.querySelectorAll(`main [name="${name}"]`)];
  const kind = all[0] && (all[0].tagName === 'INPUT' ? all[0].type : all[0].tagName.toLowerCase());
  const choices = kind === 'select' ? [...all[0].options] : all.filter((one) => one.tagName === 'INPUT');
  return { kind, isList: document.querySelector(`main fieldset[id="f-${name}"]`) !== null, hasLines: all.some((one) => one.tagName === 'TEXTAREA'),
    choices: choices.map((one) => ({ offered: one.value, isChosen: one.checked ?? one.selected })) };
}

// What the page in a hand says came of an act.
export async function outcomeOf(hand) {
  const record = /\/records\/([^/?]+)\?done=/.exec(await hand.url());
  if (record) return { result: 'allowed', record: decodeURIComponent(record[1]) };
  if (await hand.count('.tj-refusal__recorded')) {
    const links = await hand.texts('.tj-refusal__clauses .tj-clause');
    return { result: 'refused', clauses: links.map((text) => /（([^）]+)）\s*$/.exec(text)?.[1] ?? text) };
  }
  const fields = await hand.wrong();
  if (fields.length) return { result: 'invalid', fields };
  return { result: 'other', text: (await hand.texts('main'))[0]?.slice(0, 2500) };
}
