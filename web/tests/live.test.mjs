// The supervisor's live view, and why a conversation is whose it is.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';

import { ADA, BEN, Console, MANY_SIGN_INS } from './console-page.mjs';
import {
  Admin,
  Agent,
  BareVisitor,
  DESKTOP,
  Node,
  PHONE,
  startBrowser,
  until,
} from './harness.mjs';

const LAPTOP = { ...DESKTOP, locale: 'en-GB' };
/** Whoever has left counts as gone a minute after the last socket. */
const MISSED_MS = 120_000;

let node, browser, admin, visitors;
/** Of another node: one who leaves before anybody came, so that nobody waits for it here. */
let quiet, left;

before(async () => {
  quiet = await Node.start({ ...MANY_SIGN_INS, SALOTTO_ROUTER__MISSED_AFTER_MS: '1000' });
  left = await BareVisitor.begins(quiet, 'Is nobody there?');
  left.leave();
});

after(async () => {
  await quiet?.kill();
  await quiet?.stop();
});

beforeEach(async () => {
  visitors = [];
  node = await Node.start(MANY_SIGN_INS);
  browser = await startBrowser(node);
  admin = await Admin.signIn(node);
});

afterEach(async () => {
  for (const visitor of visitors) visitor.leave();
  await browser?.close();
  await node?.kill();
  await node?.stop();
});

async function waits(text, title = 'Products') {
  const page = { url: `${node.base}/products.html`, title };
  const visitor = await BareVisitor.begins(node, text, page);
  visitors.push(visitor);
  return visitor;
}

/** Somebody Away, on the live view. */
async function supervises(email, device = LAPTOP) {
  const desk = await Console.signIn(browser, node, { email, device });
  await desk.status('away');
  await desk.page.goto(`${node.base}/console/#/live`);
  await desk.page.locator('.live .tile').first().waitFor();
  return desk;
}

function queued(desk, text) {
  return desk.page.getByRole('region', { name: /^Queue/ }).locator('tbody tr', { hasText: text });
}

async function tile(desk, name, value) {
  const found = desk.page.locator('.tile', { hasText: name }).locator('dd', { hasText: value });
  await found.waitFor();
}

const exactly = (number) => new RegExp(`^${number}$`, 'u');

test('AS-43, CAP-9 the live view shows who waits, to be taken or given away', async () => {
  const ben = await Console.signIn(browser, node, { email: BEN, device: LAPTOP });
  await ben.status('away');
  const desk = await supervises(ADA);
  await desk.page.getByText('Nobody is waiting.').waitFor();
  await desk.screenshot('live-empty');
  await waits('I would like to know whether the large monstera comes with its pot', 'Plants');
  await waits('Do you deliver on Saturdays?', 'Delivery');
  await waits('My order has not arrived');
  await queued(desk, 'My order').waitFor();
  await tile(desk, 'Waiting', exactly(3));
  assert.match(await queued(desk, 'monstera').innerText(), /^1\s[^]*Plants/u);
  assert.match(await queued(desk, 'My order').innerText(), /^3\s/u);
  const wait = queued(desk, 'monstera').locator('.live-wait');
  const first = await wait.innerText();
  await until(async () => (await wait.innerText()) !== first, () => 'the wait does not tick');
  await desk.screenshot('live-1280');
  await desk.page.setViewportSize(PHONE.viewport);
  await desk.screenshot('live-390');
  await desk.page.setViewportSize(LAPTOP.viewport);

  await queued(desk, 'Saturdays').getByRole('button', { name: 'Assign' }).click();
  await desk.page.getByRole('menuitemradio', { name: /Ben/ }).waitFor();
  await desk.screenshot('live-assign');
  await desk.page.getByRole('menuitemradio', { name: /Ben/ }).click();
  await ben.tab('Mine');
  await ben.row('Saturdays').waitFor();
  await queued(desk, 'monstera').getByRole('button', { name: 'Take' }).click();
  await tile(desk, 'Waiting', exactly(1));
  await tile(desk, 'Assigned', exactly(2));
  await tile(desk, 'Need a reply', exactly(2));
  assert.match(await queued(desk, 'My order').innerText(), /^1\s/u);
  const bars = desk.page.locator('.member', { hasText: 'Ben' });
  await bars.getByText('1 of 5 chats').waitFor();
  await queued(desk, 'My order').getByRole('link').click();
  await desk.sees('My order has not arrived');
  assert.deepEqual([...desk.errors, ...ben.errors], []);
});

test('REG-14 who may not pick out of order is offered the longest wait alone', async () => {
  await admin.hires('Cleo', ['routing']);
  const desk = await supervises('cleo@demo.salotto.example');
  await waits('The first');
  await waits('The second');
  await queued(desk, 'The second').waitFor();
  await desk.page.getByText('permission “Pick out of order”').waitFor();
  const take = (text) => queued(desk, text).getByRole('button', { name: 'Take' });
  assert.equal(await take('The second').isDisabled(), true);
  await desk.screenshot('live-in-order');
  await take('The first').click();
  await until(async () => !(await take('The second').isDisabled()), () => 'it is not its turn');
});

test('PERM-8 the live view is for those who steer others, and says so to the rest', async () => {
  const ben = await Console.signIn(browser, node, { email: BEN, device: LAPTOP });
  await ben.page.goto(`${node.base}/console/#/live`);
  await ben.page.getByText('for those who set routing rules or manage availability').waitFor();
  assert.equal(await ben.page.locator('.tile').count(), 0);
  await ben.screenshot('live-not-for-you');
});

test('CAP-9 a queue of two hundred stays calm: some rows, and how many more', async () => {
  const desk = await supervises(ADA);
  for (let count = 0; count < 200; count += 20) {
    const some = Array.from({ length: 20 }, (_, index) => waits(`Number ${count + index}`));
    await Promise.all(some);
  }
  await tile(desk, 'Waiting', exactly(200));
  await desk.page.getByRole('button', { name: 'Show more (175)' }).waitFor();
  assert.equal(await desk.page.locator('.live-wait').count(), 25);
  await desk.screenshot('live-200');
  await desk.page.getByRole('button', { name: 'Show more (175)' }).click();
  await desk.page.getByRole('button', { name: 'Show more (75)' }).waitFor();
});

test('BY-3 beside a conversation stands why it is whose it is, and why not mine', async () => {
  const device = { viewport: { width: 1440, height: 900 }, locale: 'en-GB' };
  const ada = await Console.signIn(browser, node, { email: ADA, device });
  await ada.status('away');
  const ben = await Console.signIn(browser, node, { email: BEN, device: LAPTOP });
  await ben.status('away');
  await waits('Who takes me, and why?');
  await ada.tab('All');
  await ada.opens('Who takes me');
  const routing = ada.page.getByRole('region', { name: 'Routing' });
  await routing.getByText('It is the next in its queue.').waitFor();
  await routing.getByText('You are Away: routing gives you nothing').waitFor();
  await ada.screenshot('why-not-me-waiting');
  await ben.status('available');
  await ada.logs('Assigned to Ben by routing');
  await routing.getByText('Routing gave it to Ben.').waitFor();
  await routing.getByText('You were Away.').waitFor();
  await ada.page.getByText('Why this agent?').click();
  const why = ada.page.locator('.why');
  await why.getByText('to whoever has the fewest chats').waitFor();
  await why.getByText('Nobody but Ben could take it.').waitFor();
  await why.getByText(/Rule of “.+”, settings \d+, policy version \d+/u).waitFor();
  const mine = why.locator('tr', { hasText: '(you)' });
  assert.match(await mine.innerText(), /Away/);
  await ada.screenshot('why-not-me-assigned');
  await routing.getByRole('button', { name: 'Show the decision' }).click();
  await ada.screenshot('why-not-me-panel');

  await ben.tab('Mine');
  await ben.opens('Who takes me');
  await ben.button('Assign to…').click();
  await ben.page.getByRole('menuitemradio', { name: /Ada/ }).click();
  await ben.logs('You assigned it to Ada');
  await ada.logs('Ben assigned it to you');
  await routing.getByText('Ben assigned it to you.').waitFor();
  const facts = ben.page.getByRole('button', { name: 'About this visitor' });
  if (await facts.isVisible()) await facts.click();
  await ben.page.getByText('It was not routed: a person decided.').waitFor();
  await ada.screenshot('thread-lines');
  await ada.page.setViewportSize(PHONE.viewport);
  await ada.screenshot('thread-lines-390');
  await ada.page.getByRole('button', { name: 'About this visitor' }).click();
  await ada.screenshot('why-not-me-390');
  assert.deepEqual([...ada.errors, ...ben.errors], []);
});

test('REG-14, AS-46 picks and hand-overs with a note are told in the thread', async () => {
  const device = { viewport: { width: 1440, height: 900 }, locale: 'en-GB' };
  const ada = await Console.signIn(browser, node, { email: ADA, device });
  await ada.status('away');
  const ben = await admin.user('Ben');
  await waits('I was first');
  await waits('I was second');
  await ada.tab('All');
  await ada.opens('I was second');
  await ada.button('Take it').click();
  await ada.logs('You took it, before one who had waited longer');
  const second = await Agent.signIn(node, ADA);
  second.send({ type: 'status', status: 'away' });
  const conversation = await second.finds('I was second');
  const note = 'Wants to exchange a pot, has the bill.';
  await second.acts({ type: 'assign', conversation, to: ben.id, note });
  await ada.logs('You assigned it to Ben');
  await ada.sees(note);
  await ada.screenshot('thread-pick-and-hand-over');
  second.leave();
  assert.deepEqual(ada.errors, []);
});

test('who was missed today is listed, and somebody may still take them', async () => {
  const other = await startBrowser(quiet);
  const desk = await Console.signIn(other, quiet, { email: ADA, device: LAPTOP });
  await desk.page.goto(`${quiet.base}/console/#/live`);
  const missed = desk.page.getByRole('region', { name: 'Missed today' });
  await missed.getByText('Is nobody there?').waitFor({ timeout: MISSED_MS });
  await tile(desk, 'Missed today', exactly(1));
  await desk.screenshot('live-missed');
  await missed.getByRole('button', { name: 'Take' }).click();
  await tile(desk, 'Missed today', exactly(0));
  await tile(desk, 'Assigned', exactly(1));
  assert.deepEqual(desk.errors, []);
  await other.close();
});
