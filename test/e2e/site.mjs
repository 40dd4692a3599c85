// A demonstration force in a fresh directory, served by the program under test, and the browser in front of it.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const START_TIMEOUT_MS = 180000;

// Environment: TSUJIBAN the program, E2E_STORY the scenario performed first (default none), E2E_SHOTS a directory for
// screenshots, E2E_BROWSER (default /usr/bin/chromium-headless-shell).
export class Site {
  // `browser` false: only the program, for those who speak HTTP themselves.
  static async start({ browser = true } = {}) {
    const site = new Site();
    site.dir = await mkdtemp(join(tmpdir(), 'tsujiban-e2e-'));
    site.data = join(site.dir, 'data');
    try {
      await site.#serve();
      site.accounts = await readAccounts(join(site.data, 'demo-accounts.txt'));
      site.records = await readRecords(join(site.data, 'demo-records.txt'));
      if (!browser) return site;
      site.browser = await chromium.launch({
        executablePath: process.env.E2E_BROWSER ?? '/usr/bin/chromium-headless-shell',
        args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
          '--disable-component-update', '--disable-sync'],
      });
    } catch (error) {
      await site.stop();
      throw error;
    }
    return site;
  }

  #serve() {
    const args = ['demo', '--data', this.data, '--pack', process.env.E2E_PACK ?? 'regulations/patrol', '--story', process.env.E2E_STORY ?? 'none',
      '--listen', '127.0.0.1:0', ...(process.env.E2E_SCANNER ? ['--scanner', process.env.E2E_SCANNER] : [])];
    this.server = spawn(process.env.TSUJIBAN, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.output = '';
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no address was printed:\n${this.output}`)), START_TIMEOUT_MS);
      const take = (chunk) => {
        this.output += chunk;
        const found = /(http:\/\/127\.0\.0\.1:\d+)/.exec(this.output);
        if (!found) return;
        this.url = found[1];
        clearTimeout(timer);
        resolve();
      };
      this.server.on('exit', (code, signal) => { this.output += `ended: ${code ?? signal}\n`; });
      this.server.stdout.on('data', take);
      this.server.stderr.on('data', take);
      this.server.on('exit', (code) => reject(new Error(`the program ended with ${code}:\n${this.output}`)));
      this.server.on('error', reject);
    });
  }

  isRunning() {
    return this.server && this.server.exitCode === null && this.server.signalCode === null;
  }

  async stop() {
    await this.browser?.close();
    if (this.isRunning()) {
      const ended = new Promise((resolve) => this.server.once('exit', resolve));
      this.server.kill('SIGTERM');
      await ended;
    }
    await rm(this.dir, { recursive: true, force: true });
  }
}

// What the story that was performed first calls its records; none without a story.
async function readRecords(path) {
  const text = await readFile(path, 'utf8').catch(() => '');
  return Object.fromEntries(text.split('\n').filter(Boolean).map((line) => line.split('\t')));
}

async function readAccounts(path) {
  const accounts = {};
  for (const line of (await readFile(path, 'utf8')).trim().split('\n')) {
    const [login, password, name] = line.split('\t');
    accounts[login] = { login, password, name };
  }
  return accounts;
}
