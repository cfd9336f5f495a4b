// The network between a browser and a node, which a test can break.

import { once } from 'node:events';
import net from 'node:net';

/** The network between a browser and a node: can lose bytes in either direction, or break. */
export class Network {
  #pairs = new Set();
  /** Bytes of the browser, and of the node, vanish on the way; the sockets stay. */
  losesUp = false;
  losesDown = false;
  isCut = false;

  static async to(port) {
    const network = new Network();
    network.server = net.createServer((near) => network.#connect(near, port));
    network.server.listen(0, '127.0.0.1');
    await once(network.server, 'listening');
    network.port = network.server.address().port;
    return network;
  }

  /** Every connection breaks, and no new one is made until `heal`. */
  cut() {
    this.isCut = true;
    for (const pair of this.#pairs) pair.forEach((socket) => socket.destroy());
  }

  /** Works again; what was lost stays lost, so its connections break. */
  heal() {
    this.cut();
    this.isCut = this.losesUp = this.losesDown = false;
  }

  close() {
    this.cut();
    this.server.close();
  }

  #connect(near, port) {
    if (this.isCut) return near.destroy();
    const far = net.connect(port, '127.0.0.1');
    const pair = [near, far];
    this.#pairs.add(pair);
    near.on('data', (bytes) => this.losesUp || far.write(bytes));
    far.on('data', (bytes) => this.losesDown || near.write(bytes));
    for (const socket of pair) {
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#pairs.delete(pair);
        pair.forEach((it) => it.destroy());
      });
    }
  }
}
