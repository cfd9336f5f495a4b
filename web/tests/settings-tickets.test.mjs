// The settings of help desks and their tickets, in Chromium and over REST.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { MANY_SIGN_INS } from './console-page.mjs';
import { Node, startBrowser } from './harness.mjs';
import { Admin, Pages } from './settings-page.mjs';

let node, browser, admin, pages;

before(async () => {
  node = await Node.start(MANY_SIGN_INS);
  browser = await startBrowser(node);
  admin = await Admin.signIn(node);
  pages = await Pages.signIn(browser, node);
});

after(async () => {
  await browser?.close();
  await node?.kill();
  await node?.stop();
});

test('CAP-20, PERM-10: tickets have a limit, and each user one of their own', async () => {
  const { id } = await admin.adds('Ticketed');
  await pages.goes('/capacity', 'Capacity limits');
  const card = pages.card('Tickets of help desks');
  await card.box.getByRole('switch', { name: 'Turn on ticket limit' }).click();
  await card.field('Open tickets, for each user').fill('6');
  await card.saves();
  assert.equal((await admin.user('Ticketed')).ticket_capacity, 6);
  await pages.goes(`/users/${id}`, 'Ticketed');
  const own = pages.card('Tickets');
  await own.box.getByText('That is 6 open tickets just now.').waitFor();
  await own.box.getByRole('radio', { name: /A limit of their own/ }).check();
  await own.field('Open tickets').fill('0');
  await own.refuses('Must be a number from 1 to 10000.');
  await own.field('Open tickets').fill('2');
  await own.saves();
  assert.equal((await admin.user('Ticketed')).ticket_capacity, 2);
  await pages.screenshot('tickets-of-a-user');
});

test('CAP-23: tickets of a great age are left out, and counted again', async () => {
  await pages.goes('/capacity', 'Capacity limits');
  const card = pages.card('Tickets of help desks');
  const on = card.box.getByRole('switch', { name: 'Turn on ticket limit' });
  if ((await on.getAttribute('aria-checked')) === 'false') await on.click();
  const age = card.field('Leave out tickets older than (days)');
  await age.fill('0');
  await card.refuses('Must be a number from 1 to 3650, or null.');
  await age.fill('90');
  await card.saves();
  await pages.screenshot('ticket-age');
  assert.equal((await admin.gets('/account')).ticket_age_days_max, 90);
  await age.fill('');
  await card.saves();
  assert.equal((await admin.gets('/account')).ticket_age_days_max ?? null, null);
});

test('AS-20: an inbox becomes a help desk', async () => {
  await pages.goes('/inboxes', 'Inboxes');
  await pages.page.locator('.card-rows li a').first().click();
  const card = pages.card('Kind');
  await card.box.getByRole('radio', { name: /Help desk/ }).check();
  await card.saves();
  await pages.screenshot('inbox-kind');
  await card.box.getByRole('radio', { name: /Conversations inbox/ }).check();
  await card.saves();
});
