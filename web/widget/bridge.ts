// The widget's end of the port to the loader, which has the page's storage and the token.

import { BRIDGE, UNSENT, type Opening, type ToLoader, type ToWidget } from '../shared/bridge';
import type { OutboxStorage } from '../shared/outbox';

/** A page that is being left no longer answers; nothing may wait for it longer. */
const KEPT_TIMEOUT_MS = 1_000;
/** Making a visitor goes over the network. */
const TOKEN_TIMEOUT_MS = 15_000;

export type TokenAnswer = Extract<ToWidget, { type: 'token' }>;

/** Resolves once with the port that this window's parent, and nobody else, hands over. */
export function waitForOpening(): Promise<{ opening: Opening; port: MessagePort }> {
  return new Promise((resolve) => {
    const listen = (event: MessageEvent<Opening>) => {
      const port = event.ports[0];
      if (event.source !== window.parent || window.parent === window) return;
      if (event.data?.salotto !== BRIDGE || port === undefined) return;
      removeEventListener('message', listen);
      resolve({ opening: event.data, port });
    };
    addEventListener('message', listen);
  });
}

export class Bridge implements OutboxStorage {
  readonly #kept: Map<string, string>;
  readonly #waiting = new Map<number, () => void>();
  #token: ((answer: TokenAnswer) => void) | undefined;
  #lastId = 0;
  /** What the loader says of its own accord. */
  onMessage: (message: Extract<ToWidget, { type: 'shown' | 'page' }>) => void = () => undefined;

  constructor(
    private readonly port: MessagePort,
    kept: Record<string, string>,
  ) {
    this.#kept = new Map(Object.entries(kept));
    port.onmessage = (event: MessageEvent<ToWidget>) => this.#hear(event.data);
  }

  tell(message: ToLoader): void {
    this.port.postMessage(message);
  }

  /** Rejects when the loader stays silent. */
  token(stale: string | undefined): Promise<TokenAnswer> {
    return new Promise((resolve, reject) => {
      const timeout = setTimeout(() => reject(new Error('no token in time')), TOKEN_TIMEOUT_MS);
      this.#token = (answer) => {
        clearTimeout(timeout);
        resolve(answer);
      };
      this.tell(stale === undefined ? { type: 'token' } : { type: 'token', stale });
    });
  }

  kept(key: string): string | undefined {
    return this.#kept.get(key);
  }

  /** Resolves when the page's storage has it, or the page does not answer. */
  keep(key: string, value: string | null): Promise<void> {
    if (value === null) this.#kept.delete(key);
    else this.#kept.set(key, value);
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      const timeout = setTimeout(() => this.#settle(id), KEPT_TIMEOUT_MS);
      this.#waiting.set(id, () => {
        clearTimeout(timeout);
        resolve();
      });
      this.tell({ type: 'keep', id, key, value });
    });
  }

  async all(): Promise<string[]> {
    const unsent = [...this.#kept].filter(([key]) => key.startsWith(UNSENT));
    return unsent.map(([, json]) => json);
  }

  put(id: string, json: string): Promise<void> {
    return this.keep(UNSENT + id, json);
  }

  remove(id: string): void {
    void this.keep(UNSENT + id, null);
  }

  #settle(id: number): void {
    this.#waiting.get(id)?.();
    this.#waiting.delete(id);
  }

  #hear(message: ToWidget): void {
    switch (message.type) {
      case 'kept':
        this.#settle(message.id);
        return;
      case 'token':
        this.#token?.(message);
        this.#token = undefined;
        return;
      case 'shown':
      case 'page':
        this.onMessage(message);
    }
  }
}
