// Somebody who has a keyboard and nothing else.
import { assert } from './tap.mjs';

const KEYS_MAX = 400;

export class Keys {
  constructor(page) {
    this.page = page;
  }

  async press(key) {
    await this.page.keyboard.press(key);
  }

  // What has the focus, whether one can see it, and whether it was there already on the way by `key`: some browsers go from one end of the
  // page to the other.
  async focused(key) {
    return this.page.evaluate((way) => {
      const e = document.activeElement;
      if (!e || e === document.body || e === document.documentElement) return null;
      const style = getComputedStyle(e);
      const box = e.getBoundingClientRect();
      const isMarked = (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== 'none';
      const isThere = box.width > 0 && box.height > 0 && box.right > 0 && box.bottom > 0 && box.left < innerWidth && box.top < innerHeight;
      const cameBefore = e.cameBy === way;
      e.cameBy = way;
      return { name: e.getAttribute('name'), tag: e.tagName, text: (e.innerText || e.value || '').slice(0, 40), isMarked, isThere, cameBefore };
    }, key);
  }

  async assertVisible(key) {
    const at = await this.focused(key);
    assert(!at || (at.isMarked && at.isThere), `the focus cannot be seen at ${JSON.stringify(at)} of ${this.page.url()}`);
    return at;
  }

  // Goes on by `key` until the element that `selector` names has the focus; on the way the focus is always seen.
  async reach(selector, key = 'Tab') {
    for (let i = 0; i < KEYS_MAX; i++) {
      if (await this.page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector)) return;
      await this.press(key);
      await this.assertVisible();
    }
    throw new Error(`${KEYS_MAX} times ${key} do not lead to ${selector} at ${this.page.url()}`);
  }

  // Once through the whole page and out of it again, forwards and backwards.
  async assertNoTrap() {
    const stops = await this.page.evaluate(() => {
      const groups = new Set();
      return [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]')].filter((e) => {
        if (e.disabled || e.tabIndex < 0 || !e.checkVisibility()) return false; // what is folded is not visible; the wide page's menu is
        if (e.type !== 'radio') return true;
        const group = `${e.form?.action} ${e.name}`; // one stop for all of them
        return !groups.has(group) && groups.add(group);
      }).length;
    });
    for (const key of ['Tab', 'Shift+Tab']) {
      await this.page.evaluate(() => document.activeElement?.blur());
      let n = 0;
      while (n <= 2 * stops) {
        await this.press(key);
        const at = await this.assertVisible(key);
        if (!at || at.cameBefore) break;
        n++;
      }
      assert(n >= stops - 1 && n <= stops + 2, `${key} stops ${n} times where ${stops} things can be used: ${this.page.url()}`);
    }
  }

  async type(selector, text) {
    await this.reach(selector);
    await this.press('Control+A');
    await this.page.keyboard.type(text);
  }

  // A list or a group of radio buttons: by arrows until `value` is chosen.
  async choose(name, value) {
    const at = `main [name="${name}"]`;
    await this.reach(at);
    const kind = await this.page.evaluate(() => document.activeElement.type);
    if (kind === 'radio') await this.press('Space');
    for (let i = 0; i < KEYS_MAX; i++) {
      const now = await this.page.evaluate(() => document.activeElement.value);
      if (now === value) return;
      await this.press('ArrowDown');
    }
    throw new Error(`arrows do not lead to ${value} of ${name}`);
  }

  async tick(name, value) {
    await this.reach(`main [name="${name}"][value="${value}"]`);
    await this.press('Space');
    assert(await this.page.evaluate(() => document.activeElement.checked), `${name} ${value} is not ticked`);
  }

  // Sends the form that the focus is in by its own button.
  async send(selector = 'main form button.tj-button:not(.tj-button--outline)') {
    await this.reach(selector);
    await Promise.all([this.page.waitForNavigation(), this.press('Enter')]);
  }
}
