// The hand of a person (person.mjs) that works the same pages and forms without drawing them: each is fetched by his browser, read by its
// own parser, filled in control by control, and sent with what the form holds then, to where its button sends it. What a page looks like
// and whether a button can be hit is for the hand that draws; this one costs a tenth of it.
import { outcomeOf } from './person.mjs';

// Runs in the page. `hand` keeps the document that is worked on; what cannot be done is an exception.
async function work([what, ...given]) {
  const hand = (window.tjHand ??= {});
  const all = (selector, within = hand.doc) => [...within.querySelectorAll(selector)];

  async function open(url, options = {}) {
    const answer = await fetch(url, options);
    Object.assign(hand, { url: answer.url, doc: new DOMParser().parseFromString(await answer.text(), 'text/html') });
    return { method: options.method ?? 'GET', status: answer.status, asked: new URL(url, location.href).pathname, url: answer.url, isRedirected: answer.redirected };
  }

  function send(form, button) {
    if (!button) throw new Error(`there is no button: ${hand.doc.querySelector('main')?.textContent}`);
    if (button.disabled || form.getAttribute('method') !== 'post') throw new Error(`it cannot be sent: ${button.outerHTML}`); // a field may be called "method"
    if (!form.hasAttribute('novalidate')) throw new Error(`the browser would judge what is filled in: ${form.outerHTML.slice(0, 300)}`);
    const url = new URL(button.getAttribute('formaction') ?? form.getAttribute('action') ?? '', hand.url).href;
    const data = new FormData(form, button);
    const lines = [...data].map(([name, value]) => [name, String(value.name ?? value).replace(/\r?\n/g, '\r\n')]);
    return open(url, { method: 'POST', body: form.getAttribute('enctype') === 'multipart/form-data' ? data : new URLSearchParams(lines) });
  }

  function put(control, text) {
    if (control.disabled || control.readOnly || control.type === 'hidden') throw new Error(`nobody can write there: ${control.outerHTML}`);
    control.value = text;
    if (control.value !== text) throw new Error(`"${text}" cannot be typed there: ${control.outerHTML}`);
    return true;
  }

  function fillBoxes(name, boxes, value) {
    let rest = [value].flat().map(String);
    for (const box of boxes) {
      box.checked = rest.includes(box.value);
      rest = rest.filter((one) => one !== box.value);
    }
    const [lines] = all(`main textarea[name="${name}"]`);
    return lines ? put(lines, rest.join('\n')) : !rest.length;
  }

  function choose(one) {
    if (!one || one.disabled) return false;
    one[one.tagName === 'OPTION' ? 'selected' : 'checked'] = true;
    return true;
  }

  const does = {
    goto: ([path]) => open(path),
    count: ([selector]) => all(selector).length,
    texts: ([selector]) => all(selector).map((e) => e.textContent.trim()),
    labels: () => all('main form .tj-field__label').map((label) => label.firstChild.textContent.trim()),
    value: ([selector]) => all(selector)[0].value,
    put: ([selector, text]) => put(all(selector)[0], text),
    wrong: () => all('.tj-field--error').map((row) => row.querySelector('[name]')?.getAttribute('name')),
    url: () => hand.url,
    press: ([selector]) => send(all(selector)[0]?.form, all(selector)[0]),
    submit: () => {
      const [form] = all('main form');
      return send(form, form?.querySelector('button.tj-button:not(.tj-button--outline)'));
    },
    fill: ([name, value]) => {
      const controls = all(`main [name="${name}"]`);
      if (!controls.length) {
        if (all(`main fieldset[id="f-${name}"]`).length) return false; // a list of choices, and nothing to choose
        throw new Error(`the form has no "${name}"`);
      }
      const [first] = controls;
      if (first.type === 'checkbox') return fillBoxes(name, controls.filter((one) => one.tagName === 'INPUT'), value);
      if (first.type === 'radio') return choose(controls.find((one) => one.value === String(value)));
      if (first.tagName === 'SELECT') return choose([...first.options].find((one) => one.value === String(value)));
      return put(first, Array.isArray(value) ? value.join('\n') : String(value));
    },
    insist: ([name, values]) => {
      const [form] = all('main form');
      for (const one of all(`[name="${name}"]`, form)) one.remove();
      for (const value of values) form.append(Object.assign(hand.doc.createElement('input'), { type: 'hidden', name, value }));
    },
  };
  return does[what](given);
}

export class Undrawn {
  constructor(person) {
    this.person = person;
    this.id = person.id;
  }

  #do(what, ...given) {
    return this.person.page.evaluate(work, [what, ...given]);
  }

  // What he was shown, as of a page that is drawn.
  async #opens(what, ...given) {
    const { method, status, asked, url, isRedirected } = await this.#do(what, ...given);
    this.person.saw(isRedirected ? 'GET' : method, status, isRedirected ? new URL(url).pathname : asked);
    return status;
  }

  // From the page for it, where he comes to; whoever works undrawn has to be somewhere on the site.
  async signIn() {
    await this.person.page.goto('/sign-in');
    await this.goto('/sign-in');
    await this.fill('login', this.person.account.login);
    await this.fill('password', this.person.account.password);
    await this.submit();
  }

  async goto(path) {
    const status = await this.#opens('goto', path);
    const why = 'main form[action$="/read"]';
    if (!(await this.count(why))) return status;
    if (!new URL(await this.#do('url')).pathname.endsWith('/read')) this.person.openings.pop(); // it was asked for, not shown
    await this.fill('purpose', '事務の処理');
    if (await this.count(`${why} [name=case]`)) await this.fill('case', '受付1');
    await this.#opens('press', `${why} button`);
    return status;
  }

  count(selector) {
    return this.#do('count', selector);
  }

  texts(selector) {
    return this.#do('texts', selector);
  }

  labels() {
    return this.#do('labels');
  }

  valueOf(selector) {
    return this.#do('value', selector);
  }

  wrong() {
    return this.#do('wrong');
  }

  url() {
    return this.#do('url');
  }

  async fill(name, value) {
    if (!Array.isArray(value) || !value.length || typeof value[0] !== 'object') return this.#do('fill', name, value);
    const last = Object.keys(value[0])[0];
    while (!(await this.count(`main [name="${name}.${value.length}.${last}"]`))) // one asks for more rows
      await this.#opens('press', `main button[name=_add][value="${name}"]`);
    for (const [row, cells] of value.entries())
      for (const [column, cell] of Object.entries(cells))
        if (!(await this.#do('fill', `${name}.${row + 1}.${column}`, cell))) return false;
    return true;
  }

  insist(name, value) {
    return this.#do('insist', name, [value].flat().map(String));
  }

  async submit() {
    await this.#opens('submit');
    if (await this.count('main [name=_sure]')) await this.#opens('submit'); // what ends something is asked once more
  }

  async moveClock(to) {
    await this.goto('/');
    await this.#do('put', '.tj-clock [name=to]', to);
    await this.#opens('press', '.tj-clock button[value=typed]');
  }

  outcome() {
    return outcomeOf(this);
  }
}
