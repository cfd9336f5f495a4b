// Tells the other side that we are writing: at the first key, every 3 s while it goes on, and
// at the end.

import { TYPING_REPEATS_MS } from '../../shared/protocol';

export class OwnTyping {
  #saidAtMs: number | null = null;
  #pause: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly say: (on: boolean) => void) {}

  /** A key was pressed in a text that is not empty. */
  key(): void {
    const now = Date.now();
    if (this.#saidAtMs === null || now - this.#saidAtMs >= TYPING_REPEATS_MS) {
      this.#saidAtMs = now;
      this.say(true);
    }
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => this.end(), TYPING_REPEATS_MS * 1.5);
  }

  /** Sent, emptied, left, or silent for a while. */
  end(): void {
    clearTimeout(this.#pause);
    if (this.#saidAtMs !== null) this.say(false);
    this.#saidAtMs = null;
  }
}
