// One real node: a process of the release binary in a folder of its own.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { freePort, until, WAIT_MS } from './wait.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const BINARY = process.env.SALOTTO_BIN ?? join(here, '../../../target/release/salotto');
export const PASSWORD = 'correct horse battery staple';

/** One node in a folder of its own; `kill` and `start` again keep the folder and the ports. */
export class Node {
  static async start(settings = {}) {
    const folder = await mkdtemp(join(tmpdir(), 'salotto-web-'));
    const node = new Node(folder, await freePort(), await freePort(), settings);
    await node.start();
    return node;
  }

  constructor(folder, port, adminPort, settings) {
    this.folder = folder;
    this.port = port;
    this.base = `http://127.0.0.1:${port}`;
    this.admin = `http://127.0.0.1:${adminPort}`;
    this.log = '';
    this.environment = {
      ...process.env,
      SALOTTO_STORE__URL: `sqlite:${folder}/salotto.db`,
      SALOTTO_GATEWAY__LISTEN: `127.0.0.1:${port}`,
      SALOTTO_ADMIN__LISTEN: `127.0.0.1:${adminPort}`,
      SALOTTO_DEMO__ENABLED: 'true',
      SALOTTO_DEMO__PASSWORD: PASSWORD,
      ...settings,
    };
  }

  async start() {
    const { folder: cwd, environment: env } = this;
    this.process = spawn(BINARY, ['serve'], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.ended = once(this.process, 'exit');
    const note = (bytes) => (this.log = (this.log + bytes).slice(-20_000));
    this.process.stdout.on('data', note);
    this.process.stderr.on('data', note);
    await until(() => this.isReady(), () => `the node is not ready:\n${this.log}`);
  }

  async isReady() {
    if (this.process.exitCode !== null) throw new Error(`the node ended:\n${this.log}`);
    const answer = await fetch(`${this.admin}/readyz`).catch(() => undefined);
    return answer?.status === 200;
  }

  /** As a power cut would: no word, no flush. */
  async kill() {
    this.process.kill('SIGKILL');
    await this.ended;
  }

  async stop() {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      this.process.kill('SIGTERM');
      const late = setTimeout(() => this.process.kill('SIGKILL'), WAIT_MS);
      await this.ended;
      clearTimeout(late);
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}
