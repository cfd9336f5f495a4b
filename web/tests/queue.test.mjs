// Who waits sees where they stand in the queue, politely, until somebody answers.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { after, before, test } from 'node:test';

import { WebSocket } from 'ws';

import { Agent, Node, PHONE, startBrowser, Visitor } from './harness.mjs';

const CAPACITY = 5;

let node, browser, agent, sockets;

before(async () => {
  node = await Node.start();
  browser = await startBrowser(node);
  agent = await Agent.signIn(node);
  sockets = [];
});

after(async () => {
  for (const socket of sockets) socket.close();
  agent?.leave();
  await browser?.close();
  await node?.stop();
});

/** A visitor without a browser, who begins a conversation; its id once it is committed. */
async function begins(text) {
  const page = await (await fetch(`${node.base}/`)).text();
  const site = /[0-9a-f]{8}-[0-9a-f-]{27}/u.exec(page)[0];
  const chatflow = (await (await fetch(`${node.base}/api/v1/sites/${site}`)).json()).chatflow.id;
  const answer = await fetch(`${node.base}/api/v1/visitors`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Origin: node.base },
    body: JSON.stringify({ site }),
  });
  const { token } = await answer.json();
  const socket = new WebSocket(`${node.base.replace('http', 'ws')}/ws/visitor`);
  sockets.push(socket);
  await once(socket, 'open');
  const say = (frame) => socket.send(JSON.stringify(frame));
  say({ type: 'hello', protocol: 1, token });
  say({ type: 'start', client_id: randomUUID(), chatflow, message_client_id: randomUUID(), text });
  return new Promise((resolve) => {
    socket.on('message', (data) => {
      const frame = JSON.parse(String(data));
      if (frame.type === 'ping') say({ type: 'pong' });
      if (frame.type === 'ack') resolve(frame.conversation);
    });
  });
}

function closes(conversation) {
  return agent.acts({ type: 'close', conversation });
}

test('the place in the queue is shown, moves up, is spoken politely and goes away', async () => {
  const served = [];
  for (let n = 0; n < CAPACITY; n++) served.push(await begins(`busy with ${n}`));
  for (const id of served) {
    await agent.hears(
      (it) => it.type === 'conversation' && it.conversation.id === id && it.conversation.assignee,
    );
  }
  const before = [];
  for (let n = 1; n <= 6; n++) before.push(await begins(`before you ${n}`));
  const visitor = await Visitor.arrive(browser, node);
  await visitor.open();
  await visitor.write('Is anybody there?');
  const shown = visitor.widget.locator('.queue [aria-hidden=true]');
  await visitor.widget.getByText('You are number 7 in the queue').first().waitFor();
  await visitor.widget.getByText('Everybody is in a chat right now.').waitFor();
  const spoken = visitor.widget.locator('.queue [role=status]');
  await spoken.getByText('You are number 7 in the queue').waitFor();
  await visitor.screenshot('widget-queue-1280');

  for (const id of served.splice(0, 4)) await closes(id);
  await shown.getByText('You are number 3 in the queue, less than a minute').waitFor();
  assert.match(await spoken.textContent(), /number 7/u, 'spoken again at once');

  await visitor.page.setViewportSize(PHONE.viewport);
  await visitor.screenshot('widget-queue-390');
  await visitor.page.reload();
  await shown.getByText('You are number 3 in the queue, less than a minute').waitFor();

  await closes(served[0]);
  await closes(before[0]);
  await shown.getByText('You are next').waitFor();
  await closes(before[1]);
  await visitor.widget.locator('.queue').waitFor({ state: 'detached' });
  await visitor.widget.getByText(`${agent.name} is with you`).waitFor();
  assert.deepEqual(visitor.errors, []);
  await visitor.leave();
});
