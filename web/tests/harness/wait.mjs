// Waiting for things, not for times; and free ports.

import { once } from 'node:events';
import net from 'node:net';

/** A test that waits longer for anything has failed. */
export const WAIT_MS = 20_000;

/** Asks again and again: for things that tell nobody when they happen. */
export async function until(isSo, why = () => 'waited in vain') {
  const end = Date.now() + WAIT_MS;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(why());
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

export async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
