// The table of colleagues, and what somebody sees whose status another one set.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { ADA, BEN, Console, MANY_SIGN_INS } from './console-page.mjs';
import { Admin, DESKTOP, Node, PHONE, startBrowser } from './harness.mjs';

const LAPTOP = { ...DESKTOP, locale: 'en-GB', timezoneId: 'Europe/Berlin' };
const WEEK = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];

let node, browser, admin;

before(async () => {
  node = await Node.start(MANY_SIGN_INS);
  browser = await startBrowser(node);
  admin = await Admin.signIn(node);
  const cleo = await admin.hires('Cleo Petit', ['availability_management']);
  await admin.hires('Dora Lang', [], { capacity_override: 4 });
  const weekly = [
    { days: WEEK, start: '09:00', end: '12:00' },
    { days: WEEK, start: '13:00', end: '17:30' },
  ];
  const path = `/users/${cleo.id}/hours`;
  await admin.does('PUT', path, { time_zone: 'America/New_York', weekly });
  const dora = await admin.user('Dora');
  const out_of_office = [{ from: '2026-01-01T00:00', until: '2199-01-04T08:30' }];
  await admin.does('PUT', `/users/${dora.id}/hours`, { weekly, out_of_office });
});

after(async () => {
  await browser?.close();
  await node?.kill();
  await node?.stop();
});

async function opens(email, device = LAPTOP) {
  const desk = await Console.signIn(browser, node, { email, device });
  await desk.page.getByRole('link', { name: 'Team' }).click();
  await desk.page.locator('.team-table tbody tr').first().waitFor();
  return desk;
}

function line(desk, name) {
  return desk.page.locator('.team-table tbody tr', { hasText: name });
}

async function names(desk) {
  return desk.page.locator('.team-table .team-who > span:last-child').allTextContents();
}

test('AV-34 the table has everybody with access: status, load and hours of today', async () => {
  const desk = await opens(ADA);
  const cleo = await line(desk, 'Cleo').innerText();
  assert.match(cleo, /Not signed in/);
  assert.match(cleo, /0 chats, no limit/);
  assert.match(cleo, /09:00 – 12:00, 13:00 – 17:30 \(New York\)/);
  assert.match(await line(desk, 'Dora').innerText(), /0 of 4 chats/);
  assert.match(await line(desk, 'Dora').innerText(), /Out of office until 4 Jan.*08:30/);
  assert.match(await line(desk, 'Ada').innerText(), /\(you\)[^]*Signed in[^]*None set/);
  assert.doesNotMatch(await desk.page.locator('body').innerText(), /4294967295/);
  await desk.screenshot('colleagues-1280');
  await desk.page.setViewportSize(PHONE.viewport);
  await desk.screenshot('colleagues-390');
  assert.deepEqual(desk.errors, []);
  await desk.leave();
});

test('AV-34 the table is filtered by user, by status and by inbox', async () => {
  const inbox = '01997f00-0000-7000-8000-0000000000f1';
  const desk = await opens(ADA);
  const all = await names(desk);
  assert.equal(all.length, 4, all.join());
  await desk.page.getByLabel('Find a colleague').fill('cleo');
  assert.deepEqual(await names(desk), ['Cleo Petit']);
  await desk.page.getByLabel('Find a colleague').fill('');
  await desk.page.getByLabel('Status', { exact: true }).selectOption('Not signed in');
  assert.deepEqual(await names(desk), ['Ben', 'Cleo Petit', 'Dora Lang'].filter(known(all)));
  await desk.page.getByLabel('Find a colleague').fill('nobody at all');
  await desk.page.getByText('Nobody fits these filters.').waitFor();
  assert.equal(await desk.page.getByLabel('Inbox').count(), 0, `${inbox}: there is one only`);
  await desk.leave();
});

/** Names as the demo has them. */
function known(all) {
  return (name) => all.some((each) => each.startsWith(name));
}

test('PERM-8, AV-34 who is set to Away is told at once, on every open console', async () => {
  const chief = await opens(ADA);
  const ben = await Console.signIn(browser, node, { email: BEN, device: LAPTOP });
  const phone = await Console.signIn(browser, node, { email: BEN, device: PHONE });
  await ben.status('available');
  await line(chief, 'Ben').locator('td', { hasText: /^Signed in$/ }).waitFor();
  await line(chief, 'Ben').getByRole('combobox').selectOption('Away');
  for (const desk of [ben, phone]) {
    await desk.page.getByRole('alert').getByText('Ada set you to Away.').waitFor();
    await desk.page.locator('.me .dot[data-reach=away]').waitFor();
  }
  await line(chief, 'Ben').locator('select[data-status=away]').waitFor();
  await line(chief, 'Ben').getByText('set by you').waitFor();
  await chief.screenshot('colleagues-set-away');
  await ben.screenshot('set-away-1280');
  await phone.screenshot('set-away-390');

  await phone.page.getByRole('button', { name: 'Set myself to Available' }).click();
  for (const desk of [ben, phone]) {
    await desk.page.locator('.status-alert').waitFor({ state: 'detached' });
    await desk.page.locator('.me .dot[data-reach=available]').waitFor();
  }
  await line(chief, 'Ben').locator('select[data-status=available]').waitFor();
  await line(chief, 'Ben').getByText('set by').waitFor({ state: 'detached' });

  await line(chief, 'Ben').getByRole('combobox').selectOption('Away');
  await ben.page.getByRole('button', { name: 'Leave it' }).click();
  await ben.page.locator('.status-alert').waitFor({ state: 'detached' });
  assert.deepEqual([...chief.errors, ...ben.errors, ...phone.errors], []);
  await Promise.all([chief.leave(), ben.leave(), phone.leave()]);
});

test('PERM-8 without the permission colleagues are only looked at, over the API too', async () => {
  const dora = await opens('dora.lang@demo.salotto.example');
  assert.equal(await line(dora, 'Ada').getByRole('combobox').count(), 0);
  await line(dora, 'Dora').getByRole('combobox').waitFor();
  await dora.page.getByText('needs the permission “Manage availability”').waitFor();
  assert.equal(await dora.page.getByRole('link', { name: 'Live' }).count(), 0);
  await dora.screenshot('colleagues-only-look');
  const asker = await Admin.signIn(node, 'dora.lang@demo.salotto.example');
  const refused = await asker.asks('PUT', `/users/${admin.id}/status`, { status: 'away' });
  assert.equal(refused.status, 403);
  await dora.leave();
});

test('AV-31 the own status is one, in the rail and in the table', async () => {
  const cleo = await opens('cleo.petit@demo.salotto.example');
  await cleo.status('available');
  const own = line(cleo, 'Cleo').getByRole('combobox');
  await line(cleo, 'Cleo').locator('select[data-status=available]').waitFor();
  await own.selectOption('Away');
  await cleo.page.locator('.me .dot[data-reach=away]').waitFor();
  await line(cleo, 'Cleo').locator('select[data-status=away]').waitFor();
  assert.equal(await cleo.page.locator('.status-alert').count(), 0, 'nobody else did it');
  await cleo.leave();
});
