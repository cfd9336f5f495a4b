// An admin over REST, without a socket: sets up users, as the console's settings would.

import assert from 'node:assert/strict';

import { PASSWORD } from './node.mjs';

export class Admin {
  static async signIn(node, email = 'ada@demo.salotto.example', password = PASSWORD) {
    const admin = new this();
    admin.node = node;
    const answer = await admin.#fetch('POST', '/session', { email, password });
    assert.equal(answer.status, 200, await answer.clone().text());
    admin.cookie = answer.headers.get('set-cookie').split(';')[0];
    const session = await answer.json();
    admin.csrf = session.csrf_token;
    admin.id = session.agent;
    admin.inboxes = session.inboxes;
    return admin;
  }

  /** What the node answers, whatever it is. */
  async asks(method, path, body) {
    const answer = await this.#fetch(method, path, body);
    const text = await answer.text();
    return { status: answer.status, body: text === '' ? null : JSON.parse(text) };
  }

  async does(method, path, body) {
    const answer = await this.asks(method, path, body);
    assert(answer.status < 300, `${method} ${path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  /** A user who signs in with the demo's password; the address is made of the name. */
  async hires(name, permissions = [], rest = {}) {
    const email = `${name.toLowerCase().replaceAll(' ', '.')}@demo.salotto.example`;
    const body = { email, name, password: PASSWORD, permissions, ...rest };
    return this.does('POST', '/users', body);
  }

  async user(name) {
    const { users } = await this.does('GET', '/users');
    return users.find((each) => each.name.startsWith(name));
  }

  #fetch(method, path, body) {
    const headers = { Origin: this.node.base };
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    if (this.cookie !== undefined) headers.Cookie = this.cookie;
    if (this.csrf !== undefined) headers['X-Salotto-CSRF'] = this.csrf;
    const json = body === undefined ? undefined : JSON.stringify(body);
    return fetch(`${this.node.base}/api/v1${path}`, { method, headers, body: json });
  }
}
