// Chromium, and visitors in it: what a person does with the widget, and what they see.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';

import { WAIT_MS } from './wait.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const CHROMIUM = process.env.SALOTTO_CHROMIUM ?? '/usr/bin/chromium';
export const SCREENSHOTS = join(here, '../../../tests/screenshots');

const CHROMIUM_FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * A browser whose every byte to the node goes through `network`, if there is one. `ways` lead it
 * astray besides: `{'localhost:8080': 9000}` connects there to port 9000 of this machine.
 */
export async function startBrowser(node, network, ways = {}) {
  const all = network ? { [`127.0.0.1:${node.port}`]: network.port, ...ways } : ways;
  const rules = Object.entries(all).map(([name, port]) => `MAP ${name} 127.0.0.1:${port}`);
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [...CHROMIUM_FLAGS, `--host-resolver-rules=${rules.join(',')}`],
  });
}

export const DESKTOP = { viewport: { width: 1280, height: 840 } };
export const PHONE = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  isMobile: true,
  hasTouch: true,
};

/** One browser profile on the demo shop; a second `tab` shares its storage. */
export class Visitor {
  static async arrive(browser, node, device = DESKTOP) {
    const context = await browser.newContext(device);
    context.setDefaultTimeout(WAIT_MS);
    return new Visitor(context, node).tab('/');
  }

  constructor(context, node) {
    this.context = context;
    this.node = node;
  }

  async tab(path) {
    const tab = new Visitor(this.context, this.node);
    tab.page = await this.context.newPage();
    tab.errors = [];
    tab.page.on('pageerror', (error) => tab.errors.push(error.message));
    tab.widget = tab.page.frameLocator('salotto-chat iframe');
    tab.launcher = tab.page.locator('salotto-chat .launcher');
    tab.field = tab.widget.getByRole('textbox');
    await tab.page.goto(this.node.base + path);
    return tab;
  }

  /** Opens the widget and waits until its line stands. */
  async open() {
    await this.launcher.click();
    await this.isOnline();
  }

  async isOnline() {
    await this.widget.locator('[data-line=open]').waitFor({ state: 'attached' });
  }

  async write(text) {
    await this.field.fill(text);
    await this.field.press('Enter');
  }

  /** The row of a message, by its text; `state` as the visitor sees it. */
  message(text, state) {
    const row = this.widget.locator(state ? `.message[data-state=${state}]` : '.message');
    return row.filter({ hasText: text });
  }

  async sees(text, state) {
    await this.message(text, state).waitFor();
  }

  /** Every message from top to bottom, once it shows `count` of them. */
  async texts(count) {
    const rows = this.widget.locator('.message .text');
    await rows.nth(count - 1).waitFor();
    return rows.allTextContents();
  }

  async screenshot(name) {
    await mkdir(SCREENSHOTS, { recursive: true });
    await this.page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), animations: 'disabled' });
  }

  async leave() {
    await this.context.close();
  }
}
