// Moving a conversation to another inbox at the console, and who is offered to.

import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';

import { ADA, BEN, Console, MANY_SIGN_INS } from './console-page.mjs';
import { Admin, BareVisitor, DESKTOP, Node, PHONE, startBrowser } from './harness.mjs';

const LAPTOP = { ...DESKTOP, locale: 'en-GB' };
const TOKEN = 'a token for a second inbox';
const WITH_INBOX = 'With a note, or to an inbox…';

let node, browser, admin, shop, other;
let desks = [];

before(async () => {
  node = await Node.start({ ...MANY_SIGN_INS, SALOTTO_LOADTEST__TOKEN: TOKEN });
  browser = await startBrowser(node);
  await makeSecondInbox();
  admin = await Admin.signIn(node);
  other = admin.inboxes.find((inbox) => inbox.name === 'Load test');
  shop = admin.inboxes.find((inbox) => inbox.id !== other.id);
});

afterEach(async () => {
  for (const desk of desks) await desk.leave();
  desks = [];
  await only(shop, null);
  await only(other, null);
});

after(async () => {
  await browser?.close();
  await node?.kill();
  await node?.stop();
});

/** The load tester's: the one that can be made over REST. */
async function makeSecondInbox() {
  const answer = await fetch(`${node.base}/api/v1/loadtest/agents`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${TOKEN}` },
    body: JSON.stringify({ count: 1, capacity: 1 }),
  });
  assert.equal(answer.status, 200, await answer.text());
}

/** Null: everyone. */
function only(inbox, agents) {
  const access = agents === null ? { to: 'everyone' } : { to: 'chosen', agents, teams: [] };
  return admin.does('PUT', `/inboxes/${inbox.id}/access`, access);
}

async function signsIn(email) {
  const desk = await Console.signIn(browser, node, { email, device: LAPTOP });
  desks.push(desk);
  await desk.status('away');
  await desk.tab('All');
  return desk;
}

async function opensDialog(desk, item) {
  await desk.button('Assign to…').click();
  await desk.page.getByRole('menuitem', { name: item }).click();
  const dialog = desk.page.getByRole('dialog', { name: 'Hand over' });
  await dialog.waitFor();
  return dialog;
}

function choices(dialog) {
  return dialog.getByLabel('To', { exact: true }).locator('option').allTextContents();
}

/** Where its log says that it went. */
async function movedTo(conversation) {
  const { entries } = await admin.does('GET', `/conversations/${conversation}/entries`);
  return entries.filter((entry) => entry.type === 'inbox_change').map((entry) => entry.to);
}

test('AS-44 the dialog moves a conversation to another inbox, and the lists follow', async () => {
  const desk = await signsIn(ADA);
  const visitor = await BareVisitor.begins(node, 'This belongs elsewhere');
  await desk.opens('This belongs elsewhere');
  const dialog = await opensDialog(desk, WITH_INBOX);
  assert.equal(await dialog.getByLabel('Note (optional)').count(), 1);
  const target = dialog.getByLabel('To', { exact: true });
  await target.selectOption({ label: 'The inbox Load test' });
  assert.equal(await dialog.getByLabel('Note (optional)').count(), 0, 'nobody would read it');
  await desk.screenshot('move-1280');
  await desk.page.setViewportSize(PHONE.viewport);
  await desk.screenshot('move-390');
  await desk.page.setViewportSize(LAPTOP.viewport);

  await dialog.getByRole('button', { name: 'Move it' }).click();

  await desk.logs('You moved it to “Load test”');
  assert.deepEqual(await movedTo(visitor.conversation), [other.id]);
  await desk.screenshot('moved');
  const filter = desk.page.locator('.filter').getByLabel('Inbox');
  await filter.selectOption('Load test');
  await desk.row('This belongs elsewhere').waitFor();
  await filter.selectOption(shop.name);
  await desk.row('This belongs elsewhere').waitFor({ state: 'detached' });
  const again = await choices(await opensDialog(desk, WITH_INBOX));
  const inboxes = again.filter((name) => name.startsWith('The inbox'));
  assert.deepEqual(inboxes, [`The inbox ${shop.name}`], 'not the one it is in');
  assert.deepEqual(desk.errors, []);
  visitor.leave();
});

test('AS-44, PERM-5 who may not have it there loses it, and is not offered to move', async () => {
  await only(other, [admin.id]);
  const [ada, bens] = [await signsIn(ADA), await signsIn(BEN)];
  const visitor = await BareVisitor.begins(node, 'A matter for few');
  await bens.opens('A matter for few');
  await bens.button('Take it').click();
  await bens.logs('You took it');
  const offered = await choices(await opensDialog(bens, 'With a note…'));
  assert(offered.length > 0 && !offered.some((name) => name.includes('inbox')), offered.join());
  await bens.page.keyboard.press('Escape');

  await ada.opens('A matter for few');
  const dialog = await opensDialog(ada, WITH_INBOX);
  await dialog.getByLabel('To', { exact: true }).selectOption({ label: 'The inbox Load test' });
  await dialog.getByRole('button', { name: 'Move it' }).click();

  await ada.logs('You moved it to “Load test”');
  await ada.logs('You assigned it to nobody');
  await bens.row('A matter for few').waitFor({ state: 'detached' });
  await ada.button('Take it').waitFor();
  assert.deepEqual([...ada.errors, ...bens.errors], []);
  visitor.leave();
});

test('PERM-5 a move that is refused is told, and nothing has moved', async () => {
  const bens = await signsIn(BEN);
  const visitor = await BareVisitor.begins(node, 'Not yours any more');
  await bens.opens('Not yours any more');
  const dialog = await opensDialog(bens, WITH_INBOX);
  await dialog.getByLabel('To', { exact: true }).selectOption({ label: 'The inbox Load test' });
  await only(shop, [admin.id]);
  await dialog.getByRole('button', { name: 'Move it' }).click();
  await bens.page.getByText('The conversation was not moved. You are not allowed to.').waitFor();
  assert.deepEqual(await movedTo(visitor.conversation), []);
  visitor.leave();
});
