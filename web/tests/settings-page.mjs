// The settings in Chromium, and an admin who looks over REST at what became of it.

import assert from 'node:assert/strict';

import { ADA, Console } from './console-page.mjs';
import * as harness from './harness.mjs';

const { PASSWORD, PHONE, until } = harness;

export const DESKTOP = { ...harness.DESKTOP, locale: 'en-GB' };
export const POCKET = { ...PHONE, locale: 'en-GB' };
export const NEW_PASSWORD = 'a password of eight and more';

/** What the node has, seen past the pages. */
export class Admin extends harness.Admin {
  gets(path) {
    return this.does('GET', path);
  }

  async user(name) {
    const { users } = await this.gets('/users');
    return users.find((user) => user.name === name);
  }

  async team(name) {
    const { teams } = await this.gets('/teams');
    return teams.find((team) => team.name === name);
  }

  adds(name, rest = {}) {
    return this.hires(name, [], { password: NEW_PASSWORD, ...rest });
  }
}

/** A console with somebody in its settings. */
export class Pages {
  static async signIn(browser, node, { email = ADA, password = PASSWORD, device = DESKTOP } = {}) {
    const desk = await Console.open(browser, node, { device });
    await desk.enter(email, password);
    await desk.isOnline();
    return new Pages(desk, node);
  }

  constructor(desk, node) {
    this.desk = desk;
    this.page = desk.page;
    this.node = node;
  }

  /** `#/settings/…`, as a click on a link leads there. */
  async goes(path, heading) {
    await this.page.evaluate((to) => (location.hash = `#/settings${to}`), path);
    if (heading !== undefined) await this.heading(heading);
  }

  async heading(name) {
    await this.page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
  }

  /** The card with this heading. */
  card(name) {
    return new Card(this.page.getByRole('form', { name }), this.page);
  }

  region(name) {
    return this.page.getByRole('region', { name });
  }

  dialog() {
    return this.page.getByRole('dialog');
  }

  row(text) {
    return this.page.locator('.table tbody tr', { hasText: text });
  }

  async screenshot(name) {
    await this.desk.screenshot(`settings-${name}`);
  }

  async leave() {
    await this.desk.leave();
  }
}

export class Card {
  constructor(box, page) {
    this.box = box;
    this.page = page;
  }

  field(label) {
    return this.box.getByLabel(label, { exact: true });
  }

  button(name) {
    return this.box.getByRole('button', { name, exact: true });
  }

  /** Types a name into a field of chips and takes the first suggestion. */
  async adds(label, name) {
    const field = this.box.getByRole('combobox', { name: label });
    await field.fill(name);
    await this.box.getByRole('option').first().waitFor();
    await field.press('Enter');
    await this.box.getByRole('button', { name: `Remove ${name}`, exact: true }).waitFor();
  }

  async saves(name = 'Save') {
    await this.button(name).click();
    await this.box.getByText('Saved.', { exact: true }).waitFor();
  }

  async refuses(text, name = 'Save') {
    await this.button(name).click();
    await this.box.locator('.form-error', { hasText: text }).waitFor();
  }
}

/** The field of a refusal has the focus, and says what is wrong with it. */
export async function isBlamed(field, words) {
  await until(async () => (await field.getAttribute('aria-invalid')) === 'true');
  const ids = (await field.getAttribute('aria-describedby')).split(' ');
  const page = field.page();
  const said = await Promise.all(ids.map((id) => page.locator(`[id="${id}"]`).innerText()));
  assert.match(said.join(' '), words);
  await until(() => field.evaluate((it) => it === document.activeElement));
}
