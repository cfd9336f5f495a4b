// An agent without a browser: signs in over REST, works over the socket.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';

import { WebSocket } from 'ws';

import { PASSWORD } from './node.mjs';
import { WAIT_MS } from './wait.mjs';

/** An agent on a socket of their own, with the log of every conversation on the board. */
export class Agent {
  #waiting = new Set();
  conversations = new Map();
  frames = [];

  static async signIn(node, email = 'ada@demo.salotto.example') {
    const agent = new Agent();
    agent.node = node;
    agent.email = email;
    await agent.connect();
    return agent;
  }

  async connect() {
    const answer = await fetch(`${this.node.base}/api/v1/session`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Origin: this.node.base },
      body: JSON.stringify({ email: this.email, password: PASSWORD }),
    });
    assert.equal(answer.status, 200, `sign-in of ${this.email}: ${await answer.clone().text()}`);
    const session = await answer.json();
    this.cookie = answer.headers.get('set-cookie').split(';')[0];
    this.csrf = session.csrf_token;
    this.name = session.name;
    const address = `${this.node.base.replace('http', 'ws')}/ws/agent`;
    this.socket = new WebSocket(address, { origin: this.node.base });
    this.socket.on('error', () => undefined);
    this.socket.on('message', (data) => this.#take(JSON.parse(String(data))));
    await once(this.socket, 'open');
    const cursors = [...this.conversations].map(([conversation, { epoch, entries }]) => ({
      conversation,
      epoch,
      seq: entries.at(-1)?.seq ?? 0,
    }));
    this.send({ type: 'hello', protocol: 1, token: session.socket_token, cursors });
    await this.hears((frame) => frame.type === 'welcome');
    for (const { id } of session.inboxes) this.send({ type: 'board', inbox: id });
    this.send({ type: 'status', status: 'available' });
  }

  /** Over REST, as the console would; answers with what came back. */
  async puts(path, body) {
    const answer = await fetch(`${this.node.base}/api/v1${path}`, {
      method: 'PUT',
      headers: {
        'Content-Type': 'application/json',
        'X-Salotto-CSRF': this.csrf,
        Origin: this.node.base,
        Cookie: this.cookie,
      },
      body: JSON.stringify(body),
    });
    assert.equal(answer.status, 200, `${path}: ${await answer.clone().text()}`);
    return answer.json();
  }

  send(frame) {
    this.socket.send(JSON.stringify(frame));
  }

  /** Resolves with the first frame that fits, also if it came before. */
  hears(fits) {
    return this.#wait(() => this.frames.find(fits));
  }

  /** The conversation in which the visitor said `text`. */
  async finds(text) {
    return this.#wait(() => {
      for (const [id, { entries }] of this.conversations) {
        if (entries.some((it) => it.type === 'message' && it.text === text)) return id;
      }
      return undefined;
    });
  }

  /** All messages of a conversation, in order, once there are `count` of them. */
  async texts(conversation, count) {
    return this.#wait(() => {
      const entries = this.conversations.get(conversation)?.entries ?? [];
      const texts = entries.filter((it) => it.type === 'message').map((it) => it.text);
      return texts.length >= count ? texts : undefined;
    });
  }

  /** Answers with the ack. */
  says(conversation, text) {
    return this.acts({ type: 'send', conversation, text });
  }

  /** Sends a frame that is acknowledged, and waits until it is. */
  async acts(frame) {
    const client_id = randomUUID();
    this.send({ ...frame, client_id });
    const answer = await this.hears((it) => it.client_id === client_id);
    assert.equal(answer.type, 'ack', JSON.stringify(answer));
    return answer;
  }

  marks(conversation, kind) {
    const head = this.conversations.get(conversation).entries.at(-1).seq;
    const read = kind === 'read' ? head : 0;
    this.send({ type: 'mark', conversation, delivered: head, read });
  }

  leave() {
    this.socket.close();
  }

  #take(frame) {
    this.frames.push(frame);
    if (frame.type === 'ping') this.send({ type: 'pong' });
    if (frame.type === 'board') for (const row of frame.rows) this.#attach(row.conversation);
    if (frame.type === 'entries') this.#grow(frame);
    for (const look of [...this.#waiting]) look();
  }

  #attach(conversation) {
    if (this.conversations.has(conversation)) return;
    this.conversations.set(conversation, { entries: [] });
    this.send({ type: 'attach', conversation, seq: 0 });
  }

  #grow({ conversation, epoch, entries }) {
    const log = this.conversations.get(conversation);
    if (log === undefined) return;
    log.epoch = epoch;
    for (const entry of entries) {
      const last = log.entries.at(-1)?.seq ?? 0;
      assert(entry.after <= last, `a gap before ${entry.seq}, after ${last}`);
      if (entry.seq > last) log.entries.push(entry);
    }
  }

  #wait(look) {
    return new Promise((resolve, reject) => {
      const check = () => {
        const found = look();
        if (found === undefined) return;
        clearTimeout(late);
        this.#waiting.delete(check);
        resolve(found);
      };
      const late = setTimeout(() => {
        this.#waiting.delete(check);
        const heard = this.frames.slice(-12).map((it) => JSON.stringify(it).slice(0, 300));
        reject(new Error(`the agent waited in vain; last heard:\n${heard.join('\n')}`));
      }, WAIT_MS);
      this.#waiting.add(check);
      check();
    });
  }
}
