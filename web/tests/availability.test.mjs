// What a visitor gets in each state of a chatflow: notices, the launcher, pictures of it all.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';

import { Agent, DESKTOP, Node, PHONE, startBrowser, until, Visitor } from './harness.mjs';

const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const DAY_MS = 24 * 60 * 60_000;
const ALWAYS_OPEN = { time_zone: 'UTC', weekly: [row(DAYS, '00:00', '24:00')] };

let node, browser, agent, site, chatflow;

before(async () => {
  node = await Node.start();
  browser = await startBrowser(node);
  agent = await Agent.signIn(node);
  [, site] = /data-site="([^"]+)"/.exec(await (await fetch(node.base)).text());
  chatflow = (await shown()).id;
});

beforeEach(async () => {
  agent.send({ type: 'status', status: 'available' });
  await set({}, 'available');
});

after(async () => {
  agent?.leave();
  await browser?.close();
  await node?.stop();
});

function row(days, start, end) {
  return { days, start, end };
}

async function shown() {
  const answer = await fetch(`${node.base}/api/v1/sites/${site}`);
  return (await answer.json()).chatflow;
}

/** Puts settings in force, and waits for the state that they lead to. */
async function set(settings, state) {
  await agent.puts(`/chatflows/${chatflow}/availability`, settings);
  await until(async () => (await shown()).availability === state, () => `it is not ${state}`);
}

/** Hours that are over, and begin again in three days. */
function closed() {
  const opens = new Date(Date.now() + 3 * DAY_MS);
  opens.setUTCHours(9, 0, 0, 0);
  const weekly = [row([DAYS[opens.getUTCDay()]], '09:00', '17:00')];
  return { opens, hours: { time_zone: 'UTC', weekly } };
}

/** AV-11: within the hours, and nobody there. */
async function away(behavior) {
  agent.send({ type: 'status', status: 'away' });
  await set({ mode: 'hours', hours: ALWAYS_OPEN, away: behavior }, 'away');
}

async function arrives(settings) {
  const context = await browser.newContext({ ...DESKTOP, ...settings });
  return new Visitor(context, node).tab('/');
}

function notice(visitor, text) {
  return visitor.widget.locator('.notice', { hasText: text });
}

/** The launcher's place is there, and what it shows is not. */
async function seesNothing(visitor) {
  await visitor.page.locator('salotto-chat').waitFor({ state: 'attached' });
  await visitor.page.waitForFunction(
    () => document.querySelector('salotto-chat').getBoundingClientRect().width === 0,
  );
  assert.equal(await visitor.launcher.isVisible(), false);
}

for (const [timezoneId, locale, words] of [
  ['America/New_York', 'en-US', (time, day) => `Back at ${time} on ${day}`],
  ['Asia/Tokyo', 'de-DE', (time, day) => `Am ${day} um ${time} Uhr sind wir zurück`],
]) {
  test(`AV-22, AV-24: the return time on a clock of ${timezoneId} in ${locale}`, async () => {
    const { opens, hours } = closed();
    await set({ mode: 'hours', hours, offline: { show: 'return_time' } }, 'offline');
    const visitor = await arrives({ timezoneId, locale });
    await visitor.open();
    const say = (parts) => opens.toLocaleString(locale, { timeZone: timezoneId, ...parts });
    const time = say({ hour: 'numeric', minute: '2-digit' });
    await notice(visitor, words(time, say({ weekday: 'long' }))).waitFor();
    await visitor.leave();
  });
}

test('AV-24: without a return time the away message stands in', async () => {
  const weekly = [row(['monday'], '22:00', '06:00')];
  const hours = { time_zone: 'UTC', weekly, holidays: [] };
  const today = new Date().toISOString().slice(0, 10);
  hours.holidays.push({ date: today });
  const offline = { show: 'return_time', text: 'We work by night.' };
  await set({ mode: 'hours', hours, offline }, 'offline');
  const visitor = await Visitor.arrive(browser, node);
  await visitor.open();
  await notice(visitor, 'We work by night.').waitFor();
  await visitor.leave();
});

test('AV-21, AV-22: away and offline each show a message of their own', async () => {
  await away({ show: 'away_message', text: 'At lunch.' });
  const visitor = await Visitor.arrive(browser, node);
  await visitor.open();
  await notice(visitor, 'At lunch.').waitFor();
  await visitor.widget.getByText('We are away right now').waitFor();
  const offline = { show: 'away_message', text: 'Closed.' };
  await set({ mode: 'hours', hours: closed().hours, offline }, 'offline');
  // The page is told while it is open.
  await notice(visitor, 'Closed.').waitFor();
  await visitor.leave();
});

test('AV-21, AV-22: away and offline can each be without a launcher', async () => {
  await away({ show: 'no_launcher' });
  const lunch = await Visitor.arrive(browser, node);
  await seesNothing(lunch);
  await lunch.leave();
  const offline = { show: 'no_launcher' };
  await set({ mode: 'hours', hours: closed().hours, offline }, 'offline');
  const night = await Visitor.arrive(browser, node);
  await seesNothing(night);
  agent.send({ type: 'status', status: 'available' });
  await set({}, 'available');
  const day = await Visitor.arrive(browser, node);
  await day.launcher.waitFor();
  await night.leave();
  await day.leave();
});

test('AV-28: who has an open conversation keeps the launcher, until it is closed', async () => {
  const visitor = await Visitor.arrive(browser, node);
  await visitor.open();
  await visitor.write('Do you deliver on Sundays?');
  const conversation = await agent.finds('Do you deliver on Sundays?');
  await visitor.widget.getByRole('button', { name: 'Close chat' }).click();
  const hours = closed().hours;
  await set({ mode: 'hours', hours, offline: { show: 'no_launcher' } }, 'offline');
  await visitor.page.reload();
  await visitor.launcher.waitFor();
  await agent.says(conversation, 'We do.');
  await visitor.page.getByRole('button', { name: 'Open chat, unread: 1' }).click();
  await visitor.sees('We do.');
  await agent.acts({ type: 'close', conversation });
  await visitor.widget.getByText('Conversation closed').waitFor();
  assert(await visitor.launcher.isVisible(), 'not while it is being looked at');
  await visitor.widget.getByRole('button', { name: 'Close chat' }).click();
  await seesNothing(visitor);
  // A page may be as old as its settings: a minute.
  const developer = await visitor.context.newCDPSession(visitor.page);
  await developer.send('Network.clearBrowserCache');
  await visitor.page.reload();
  await seesNothing(visitor);
  await visitor.leave();
});

test('AV-20: somebody who is there has a reply time, or none', async () => {
  await set({ available: { reply_time: 'few_minutes' } }, 'available');
  const visitor = await Visitor.arrive(browser, node);
  await visitor.open();
  const line = visitor.widget.locator('.titles p');
  await line.filter({ hasText: 'Typically replies in a few minutes' }).waitFor();
  await set({ available: { reply_time: 'few_hours' } }, 'available');
  await line.filter({ hasText: 'Typically replies in a few hours' }).waitFor();
  await set({ available: { reply_time: 'day' } }, 'available');
  await line.filter({ hasText: 'Typically replies within a day' }).waitFor();
  await set({ available: { reply_time: 'hidden' } }, 'available');
  await line.filter({ hasText: 'We are online' }).waitFor();
  await visitor.leave();
});

test('AV-25, AV-26: nothing looks as if somebody were there, and a message is taken', async () => {
  await away({ show: 'nothing' });
  const visitor = await Visitor.arrive(browser, node);
  await visitor.open();
  await visitor.widget.getByText('We are online').waitFor();
  assert.equal(await visitor.widget.locator('.notice').count(), 0);
  await visitor.write('Is anybody there?');
  await visitor.sees('Is anybody there?', 'sent');
  await visitor.leave();
});

test('REG-10: a page of before is told what holds when the chat is opened', async () => {
  const visitor = await Visitor.arrive(browser, node);
  await visitor.launcher.waitFor();
  await away({ show: 'away_message', text: 'Gone for today.' });
  await visitor.open();
  await notice(visitor, 'Gone for today.').waitFor();
  await visitor.write('Then tomorrow');
  await visitor.sees('Then tomorrow', 'sent');
  await notice(visitor, 'Gone for today.').waitFor();
  await visitor.leave();
});

// AS-47
test('AV-15: a chat with somebody goes on when they are away for new ones', async () => {
  const visitor = await Visitor.arrive(browser, node);
  await visitor.open();
  await visitor.write('Are you there?');
  const conversation = await agent.finds('Are you there?');
  await agent.says(conversation, 'Yes.');
  await visitor.widget.getByText(`${agent.name} is with you`).waitFor();
  await away({ show: 'away_message', text: 'Nobody is here.' });
  const stranger = await Visitor.arrive(browser, node);
  await stranger.open();
  await notice(stranger, 'Nobody is here.').waitFor();
  await visitor.widget.getByText(`${agent.name} is with you`).waitFor();
  assert.equal(await notice(visitor, 'Nobody is here.').count(), 0);
  await visitor.leave();
  await stranger.leave();
});

/** Gives the agent as many conversations as they may have. */
async function busy() {
  const visitors = [];
  while ((await shown()).availability !== 'at_capacity') {
    assert(visitors.length <= 5, 'the demo gives them five');
    const visitor = await Visitor.arrive(browser, node);
    await visitor.open();
    const text = `One of many: ${Math.random()}`;
    await visitor.write(text);
    await visitor.widget.getByText(`${agent.name} is with you`).waitFor();
    visitors.push(visitor);
  }
  return visitors;
}

// CAP-10
test('AV-23: with all hands full there is a wait message, no launcher, or nothing', async () => {
  const open = [...agent.conversations.keys()];
  for (const conversation of open) agent.send({ type: 'close', conversation, client_id: fresh() });
  const visitors = await busy();
  const full = (at_capacity) => set({ at_capacity }, 'at_capacity');
  await full({ show: 'wait_message', text: 'It takes a moment.' });
  for (const [name, device] of [
    ['desktop', DESKTOP],
    ['phone', PHONE],
  ]) {
    const waiting = await Visitor.arrive(browser, node, device);
    await waiting.open();
    await notice(waiting, 'It takes a moment.').waitFor();
    await waiting.screenshot(`${name}-availability-wait`);
    await waiting.leave();
  }
  await full({ show: 'nothing' });
  const hopeful = await Visitor.arrive(browser, node);
  await hopeful.open();
  await hopeful.widget.getByText('We are online').waitFor();
  assert.equal(await hopeful.widget.locator('.notice').count(), 0);
  await full({ show: 'no_launcher' });
  const late = await Visitor.arrive(browser, node);
  await seesNothing(late);
  for (const it of [hopeful, late, ...visitors]) await it.leave();
  for (const conversation of agent.conversations.keys()) {
    agent.send({ type: 'close', conversation, client_id: fresh() });
  }
});

function fresh() {
  return crypto.randomUUID();
}

for (const [name, device] of [
  ['desktop', DESKTOP],
  ['phone', PHONE],
]) {
  test(`what the states look like: ${name}`, async () => {
    const looks = async (what, text) => {
      const visitor = await Visitor.arrive(browser, node, device);
      await visitor.open();
      await visitor.widget.getByText(text).waitFor();
      await visitor.widget.locator('.message.team').waitFor();
      await visitor.screenshot(`${name}-availability-${what}`);
      await visitor.leave();
    };
    await set({ available: { reply_time: 'few_minutes' } }, 'available');
    await looks('available', 'Typically replies in a few minutes');
    const { hours } = closed();
    await set({ mode: 'hours', hours, offline: { show: 'return_time' } }, 'offline');
    await looks('return', 'Back at');
    await away({ show: 'away_message', text: 'We are at lunch until one. Leave a message!' });
    await looks('away', 'We are at lunch');
    await away({ show: 'nothing' });
    await looks('nothing', 'We are online');
    await away({ show: 'no_launcher' });
    const visitor = await Visitor.arrive(browser, node, device);
    await seesNothing(visitor);
    await visitor.screenshot(`${name}-availability-hidden`);
    await visitor.leave();
  });
}
