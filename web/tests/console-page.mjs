// The console in Chromium: what an agent does with it, and what they see.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { PASSWORD, SCREENSHOTS, WAIT_MS } from './harness.mjs';

export const ADA = 'ada@demo.salotto.example';
export const BEN = 'ben@demo.salotto.example';
export const WIDE = { viewport: { width: 1440, height: 900 }, locale: 'en-GB' };

/** For a node whose agents sign in more often than people do. */
export const MANY_SIGN_INS = {
  SALOTTO_LIMITS__SIGN_INS_PER_ADDRESS_PER_MINUTE: '1000',
  SALOTTO_LIMITS__SIGN_INS_PER_ACCOUNT_PER_MINUTE: '1000',
};

/** What a browser says of a 401 that the page expects; every other console error is a fault. */
const EXPECTED = /status of 401/;

/** One browser profile with the console in it. */
export class Console {
  /** Signed in, with the list in sight. */
  static async signIn(browser, node, { email = ADA, device = WIDE, before } = {}) {
    const desk = await Console.open(browser, node, { device, before });
    await desk.enter(email, PASSWORD);
    await desk.isOnline();
    return desk;
  }

  static async open(browser, node, { device = WIDE, before } = {}) {
    const desk = new Console();
    desk.node = node;
    desk.context = await browser.newContext(device);
    desk.context.setDefaultTimeout(WAIT_MS);
    desk.page = await desk.context.newPage();
    if (before !== undefined) await desk.page.addInitScript(before);
    desk.errors = [];
    desk.page.on('pageerror', (error) => desk.errors.push(error.message));
    desk.page.on('console', (message) => {
      if (message.type() === 'error' && !EXPECTED.test(message.text())) {
        desk.errors.push(message.text());
      }
    });
    await desk.page.goto(`${node.base}/console/`);
    return desk;
  }

  async enter(email, password) {
    await this.page.getByLabel('E-mail').fill(email);
    await this.page.getByLabel('Password').fill(password);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
  }

  async isOnline() {
    await this.page.locator('.desk[data-line=open] .rows-box[aria-busy=false]').waitFor();
  }

  async tab(name) {
    await this.page.getByRole('tab', { name }).click();
  }

  row(text) {
    return this.page.locator('.row', { hasText: text });
  }

  /** Opens the conversation whose row has this text, and waits for its thread. */
  async opens(text) {
    await this.row(text).click();
    await this.page.locator('.thread .bubble').first().waitFor();
  }

  get field() {
    return this.page.locator('.composer textarea');
  }

  async write(text) {
    await this.field.fill(text);
    await this.field.press('Enter');
  }

  async comment(text) {
    await this.page.getByRole('tab', { name: 'Comment' }).click();
    await this.write(text);
    await this.page.locator('.entry[data-type=comment]', { hasText: text }).waitFor();
    await this.page.getByRole('tab', { name: 'Reply' }).click();
  }

  button(name) {
    return this.page.locator('.head-buttons').getByRole('button', { name });
  }

  bubble(text) {
    return this.page.locator('.entry', { hasText: text });
  }

  async sees(text) {
    await this.bubble(text).first().waitFor();
  }

  /** A line of the log, such as "You took it". */
  async logs(text) {
    await this.page.locator('.log-line', { hasText: text }).first().waitFor();
  }

  /** The value beside a name in the right column. */
  fact(name) {
    const term = this.page.locator('dt', { hasText: name });
    return this.page.locator('.fact', { has: term }).locator('dd');
  }

  async status(wanted) {
    const isOn = await this.page.getByRole('switch').getAttribute('aria-checked');
    if ((isOn === 'true') !== (wanted === 'available')) {
      await this.page.getByRole('switch').click();
    }
    await this.page.locator(`.me .dot[data-reach=${wanted}]`).waitFor();
  }

  /** The texts of the thread's messages and comments, from top to bottom. */
  async texts() {
    return this.page.locator('.thread .user-text').allTextContents();
  }

  async titled(pattern) {
    await this.page.waitForFunction(
      (source) => new RegExp(source, 'u').test(document.title),
      pattern.source,
    );
  }

  async screenshot(name) {
    await mkdir(SCREENSHOTS, { recursive: true });
    const path = join(SCREENSHOTS, `console-${name}.png`);
    await this.page.screenshot({ path, animations: 'disabled' });
  }

  async leave() {
    await this.context.close();
  }
}
