// A visitor without a browser, who begins a conversation and waits.

import { randomUUID } from 'node:crypto';
import { once } from 'node:events';

import { WebSocket } from 'ws';

/** What a node's demo shop shows: its site and chatflow. */
async function shop(node) {
  const page = await (await fetch(`${node.base}/`)).text();
  const site = /[0-9a-f]{8}-[0-9a-f-]{27}/u.exec(page)[0];
  const settings = await (await fetch(`${node.base}/api/v1/sites/${site}`)).json();
  return { site, chatflow: settings.chatflow.id };
}

export class BareVisitor {
  /** The conversation is committed when this resolves. */
  static async begins(node, text, page = { url: `${node.base}/`, title: 'Home' }) {
    const { site, chatflow } = await shop(node);
    const answer = await fetch(`${node.base}/api/v1/visitors`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Origin: node.base },
      body: JSON.stringify({ site }),
    });
    const { token } = await answer.json();
    const visitor = new BareVisitor(new WebSocket(`${node.base.replace('http', 'ws')}/ws/visitor`));
    await once(visitor.socket, 'open');
    visitor.say({ type: 'hello', protocol: 1, token, page });
    visitor.say({
      type: 'start',
      client_id: randomUUID(),
      chatflow,
      message_client_id: randomUUID(),
      text,
    });
    visitor.conversation = await visitor.begun;
    return visitor;
  }

  constructor(socket) {
    this.socket = socket;
    socket.on('error', () => undefined);
    this.begun = new Promise((resolve) => {
      socket.on('message', (data) => {
        const frame = JSON.parse(String(data));
        if (frame.type === 'ping') this.say({ type: 'pong' });
        if (frame.type === 'ack') resolve(frame.conversation);
      });
    });
  }

  say(frame) {
    this.socket.send(JSON.stringify(frame));
  }

  leave() {
    this.socket.close();
  }
}
