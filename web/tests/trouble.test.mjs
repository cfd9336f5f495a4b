// Lost networks and killed nodes: nothing is lost, nothing comes twice.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';

import { Agent, Network, Node, startBrowser, Visitor } from './harness.mjs';

let node, network, browser, agent, visitor;

before(async () => {
  node = await Node.start();
  network = await Network.to(node.port);
  browser = await startBrowser(node, network);
});

beforeEach(async () => {
  agent = await Agent.signIn(node);
  visitor = await Visitor.arrive(browser, node);
  await visitor.open();
});

afterEach(async () => {
  agent?.leave();
  network.heal();
  await visitor?.leave();
});

after(async () => {
  await browser?.close();
  network?.close();
  await node?.stop();
});

/** What both sides show in the end: the greeting first, then `texts`, each once. */
async function bothSee(conversation, texts) {
  assert.deepEqual(await agent.texts(conversation, texts.length), texts);
  assert.deepEqual((await visitor.texts(texts.length + 1)).slice(1), texts);
}

test('a reload in mid-send, the message never having left, loses nothing', async () => {
  network.losesUp = true;
  await visitor.write('First words');
  await visitor.sees('First words', 'sending');
  await visitor.write('Second words');
  await visitor.sees('Second words', 'sending');
  network.heal();
  await visitor.page.reload();
  await visitor.sees('Second words', 'sent');
  await bothSee(await agent.finds('First words'), ['First words', 'Second words']);
});

test('a reload in mid-send, only the answer having been lost, doubles nothing', async () => {
  network.losesDown = true;
  await visitor.write('Heard but not confirmed');
  const conversation = await agent.finds('Heard but not confirmed');
  await visitor.sees('Heard but not confirmed', 'sending');
  network.heal();
  await visitor.page.reload();
  await visitor.sees('Heard but not confirmed', 'sent');
  await visitor.write('And on');
  await visitor.sees('And on', 'sent');
  await bothSee(conversation, ['Heard but not confirmed', 'And on']);
});

test('what is written without a network leaves when it is back', async () => {
  await visitor.write('Before');
  await visitor.sees('Before', 'sent');
  const conversation = await agent.finds('Before');
  network.cut();
  await visitor.widget.getByText('Reconnecting…').waitFor();
  await visitor.write('During, one');
  await visitor.write('During, two');
  await visitor.sees('During, two', 'sending');
  await agent.says(conversation, 'Are you there?');
  network.heal();
  await visitor.sees('During, two', 'sent');
  await visitor.sees('Are you there?');
  await bothSee(conversation, ['Before', 'Are you there?', 'During, one', 'During, two']);
});

test('a line that is dead without a word is noticed by an overdue answer', async () => {
  await visitor.write('Before the silence');
  await visitor.sees('Before the silence', 'sent');
  network.losesUp = network.losesDown = true;
  await visitor.write('Into the silence');
  await visitor.widget.getByText('Reconnecting…').waitFor();
  network.heal();
  await visitor.sees('Into the silence', 'sent');
  const conversation = await agent.finds('Into the silence');
  await bothSee(conversation, ['Before the silence', 'Into the silence']);
});

test('a node that is killed in mid-chat and started again is not noticed in the log', async () => {
  await visitor.write('Before the crash');
  await visitor.sees('Before the crash', 'sent');
  const conversation = await agent.finds('Before the crash');
  await agent.says(conversation, 'Said before the crash');
  await visitor.sees('Said before the crash');
  await node.kill();
  await visitor.write('During the crash');
  await visitor.widget.getByText('Reconnecting…').waitFor();
  await node.start();
  await agent.connect();
  await visitor.sees('During the crash', 'sent');
  await agent.says(conversation, 'Back again');
  await visitor.sees('Back again');
  await bothSee(conversation, [
    'Before the crash',
    'Said before the crash',
    'During the crash',
    'Back again',
  ]);
});
