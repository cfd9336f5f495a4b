// A visitor and an agent talk: states, typing, history, two tabs, the way through the site.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Agent, Node, startBrowser, Visitor } from './harness.mjs';

let node, browser, agent;

before(async () => {
  node = await Node.start();
  browser = await startBrowser(node);
  agent = await Agent.signIn(node);
});

after(async () => {
  agent?.leave();
  await browser?.close();
  await node?.stop();
});

test('a message is sent, delivered and read, and the answer arrives', async () => {
  const visitor = await Visitor.arrive(browser, node);
  await visitor.open();
  await visitor.widget.locator('.message.team').waitFor();
  await visitor.write('Is the olive tree hardy?');
  await visitor.sees('Is the olive tree hardy?', 'sent');
  const conversation = await agent.finds('Is the olive tree hardy?');
  agent.marks(conversation, 'delivered');
  await visitor.sees('Is the olive tree hardy?', 'delivered');
  agent.marks(conversation, 'read');
  await visitor.sees('Is the olive tree hardy?', 'read');
  await agent.says(conversation, 'Down to minus eight.');
  await visitor.sees('Down to minus eight.');
  await visitor.widget.getByText(`${agent.name} is with you`).waitFor();
  assert.deepEqual(visitor.errors, []);
  await visitor.leave();
});

test('the agent hears how far an answer has come', async () => {
  const visitor = await Visitor.arrive(browser, node);
  await visitor.open();
  await visitor.write('Do you gift-wrap?');
  const conversation = await agent.finds('Do you gift-wrap?');
  await visitor.launcher.click();
  const { seq } = await agent.says(conversation, 'We do.');
  const mark = (it) =>
    it.type === 'marks' && it.conversation === conversation && it.party === 'visitor';
  await agent.hears((it) => mark(it) && it.delivered >= seq);
  assert(!agent.frames.some((it) => mark(it) && it.read >= seq), 'read, though not looked at');
  await visitor.open();
  await agent.hears((it) => mark(it) && it.read >= seq);
  await visitor.leave();
});

test('each side sees that the other one is typing', async () => {
  const visitor = await Visitor.arrive(browser, node);
  await visitor.open();
  await visitor.write('Hello, typist');
  const conversation = await agent.finds('Hello, typist');
  agent.send({ type: 'typing', conversation, on: true });
  await visitor.widget.getByText(`${agent.name} is typing`).waitFor();
  await agent.says(conversation, 'Here I am.');
  await visitor.widget.locator('.typing').waitFor({ state: 'detached' });
  await visitor.field.pressSequentially('I am ty');
  const typing = (it) => it.type === 'typing' && it.conversation === conversation;
  await agent.hears((it) => typing(it) && it.on && it.by.kind === 'visitor');
  await visitor.field.fill('');
  await agent.hears((it) => typing(it) && !it.on);
  await visitor.leave();
});

test('the conversation is there on the next page, and the agent sees the page', async () => {
  const visitor = await Visitor.arrive(browser, node);
  await visitor.open();
  await visitor.write('Which pot fits?');
  const conversation = await agent.finds('Which pot fits?');
  await agent.says(conversation, 'The middle one.');
  await visitor.sees('The middle one.');
  await visitor.field.fill('not sent ye');
  await visitor.field.press('t');
  await visitor.page.waitForFunction(() =>
    Object.values(localStorage).includes('not sent yet'),
  );
  await visitor.page.getByRole('link', { name: 'Plants', exact: true }).click();
  await visitor.sees('The middle one.');
  assert.equal(await visitor.field.inputValue(), 'not sent yet');
  const page = await agent.hears(
    (it) => it.type === 'page' && it.conversation === conversation && it.page.url.includes('prod'),
  );
  assert.equal(page.page.title, 'Plants and pots · Fernbank');
  await visitor.page.evaluate(() => history.pushState({}, '', '/products.html?size=small'));
  await agent.hears((it) => it.type === 'page' && it.page.url.endsWith('?size=small'));
  await visitor.leave();
});

test('a closed widget keeps listening: badge, preview, and again on the next page', async () => {
  const visitor = await Visitor.arrive(browser, node);
  await visitor.open();
  await visitor.write('Call me when it is there');
  const conversation = await agent.finds('Call me when it is there');
  await visitor.widget.getByRole('button', { name: 'Close chat' }).click();
  await agent.says(conversation, 'It is there!');
  await visitor.page.getByRole('button', { name: 'Open chat, unread: 1' }).waitFor();
  await visitor.page.locator('salotto-chat .bubble', { hasText: 'It is there!' }).waitFor();
  await visitor.page.getByRole('link', { name: 'Contact' }).click();
  await visitor.page.getByRole('button', { name: 'Open chat, unread: 1' }).waitFor();
  await visitor.page.getByRole('button', { name: 'Ask us in the chat' }).click();
  await visitor.sees('It is there!');
  await visitor.page.getByRole('button', { name: 'Close chat' }).first().waitFor();
  await visitor.leave();
});

test('two tabs share one conversation, also when both begin it at once', async () => {
  const left = await Visitor.arrive(browser, node);
  await left.open();
  const right = await left.tab('/products.html');
  await right.isOnline();
  await Promise.all([left.write('From the left'), right.write('From the right')]);
  for (const tab of [left, right]) {
    await tab.sees('From the left', 'sent');
    await tab.sees('From the right', 'sent');
  }
  const conversation = await agent.finds('From the left');
  assert.equal(await agent.finds('From the right'), conversation);
  await agent.says(conversation, 'Hello to both');
  await left.sees('Hello to both');
  await right.sees('Hello to both');
  assert.deepEqual(await left.texts(4), await right.texts(4));
  await left.leave();
});

test('a closed conversation says so and goes on when the visitor writes', async () => {
  const visitor = await Visitor.arrive(browser, node);
  await visitor.open();
  await visitor.write('Thank you');
  const conversation = await agent.finds('Thank you');
  await agent.says(conversation, 'You are welcome.');
  await agent.acts({ type: 'close', conversation });
  await visitor.widget.getByText('Conversation closed').waitFor();
  await visitor.page.reload();
  await visitor.sees('You are welcome.');
  await visitor.write('One thing more');
  await visitor.widget.getByText('Conversation reopened').waitFor();
  assert.equal(await agent.finds('One thing more'), conversation);
  await visitor.leave();
});

test('words are shown as words, and only web addresses become links', async () => {
  const visitor = await Visitor.arrive(browser, node);
  await visitor.open();
  const evil = '<img src=x onerror="document.title=1"> javascript:alert(1) https://a.example/x.';
  await visitor.write(evil);
  const conversation = await agent.finds(evil);
  await agent.says(conversation, '<b>bold</b> www.b.example');
  await visitor.sees('<b>bold</b>');
  assert.equal(await visitor.widget.locator('.message img, .message b').count(), 0);
  const links = visitor.widget.locator('.message a');
  const hrefs = await links.evaluateAll((all) => all.map((it) => it.href));
  assert.deepEqual(hrefs, ['https://a.example/x', 'https://www.b.example/']);
  for (const link of await links.all()) {
    assert.match(await link.getAttribute('rel'), /noopener/);
  }
  await visitor.leave();
});

test('a text that is too long cannot be sent, and says by how much', async () => {
  const visitor = await Visitor.arrive(browser, node);
  await visitor.open();
  await visitor.field.fill('ü'.repeat(4_097));
  await visitor.widget.getByText('2 bytes too long').waitFor();
  assert(await visitor.widget.getByRole('button', { name: 'Send' }).isDisabled());
  await visitor.field.fill('ü'.repeat(4_096));
  await visitor.widget.getByText('0 bytes left').waitFor();
  await visitor.field.press('Shift+Enter');
  assert.equal(await visitor.field.inputValue(), `${'ü'.repeat(4_096)}\n`);
  await visitor.field.press('Enter');
  await visitor.sees('üüü', 'sent');
  await visitor.leave();
});

test('more history than a socket sends at once is read page by page', async () => {
  const visitor = await Visitor.arrive(browser, node);
  await visitor.open();
  await visitor.write('Tell me everything');
  const conversation = await agent.finds('Tell me everything');
  for (let at = 1; at <= 230; at++) await agent.says(conversation, `part ${at}`);
  await visitor.sees('part 230');
  await visitor.page.reload();
  await visitor.sees('part 230');
  const texts = await visitor.texts(232);
  const parts = Array.from({ length: 230 }, (_, at) => `part ${at + 1}`);
  assert.deepEqual(texts.slice(1), ['Tell me everything', ...parts]);
  await visitor.leave();
});
