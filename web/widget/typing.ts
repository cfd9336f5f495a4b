// Who is typing: what the visitor's keys say to the team, and the team's word to the visitor.

import { TYPING_LAPSES_MS, TYPING_REPEATS_MS } from '../shared/protocol';

/** The visitor's side: says `on` at most every three seconds, `off` when the keys rest. */
export class OwnTyping {
  #saidAt = 0;
  #rest: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly say: (on: boolean) => void) {}

  typed(): void {
    const now = Date.now();
    if (now - this.#saidAt >= TYPING_REPEATS_MS) {
      this.#saidAt = now;
      this.say(true);
    }
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => this.stop(), TYPING_LAPSES_MS);
  }

  /** The text was sent or deleted. */
  stop(): void {
    clearTimeout(this.#rest);
    if (this.#saidAt === 0) return;
    this.#saidAt = 0;
    this.say(false);
  }
}

/** The other side: the latest word counts, and lapses when it is not repeated. */
export class OtherTyping {
  #name: string | undefined;
  #lapse: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly onChange: () => void) {}

  get name(): string | undefined {
    return this.#name;
  }

  heard(name: string, on: boolean): void {
    clearTimeout(this.#lapse);
    if (on) this.#lapse = setTimeout(() => this.#set(undefined), TYPING_LAPSES_MS);
    this.#set(on ? name : undefined);
  }

  stop(): void {
    clearTimeout(this.#lapse);
    this.#set(undefined);
  }

  #set(name: string | undefined): void {
    if (this.#name === name) return;
    this.#name = name;
    this.onChange();
  }
}
