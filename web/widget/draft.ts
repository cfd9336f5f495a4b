// What is typed and not sent, kept over the visitor's way through the site.

import type { Bridge } from './bridge';

const KEY = 'draft';
/** Not at every key. */
const KEEP_AFTER_MS = 400;

export class Draft {
  readonly text: string;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly bridge: Bridge) {
    this.text = bridge.kept(KEY) ?? '';
  }

  changed(text: string): void {
    clearTimeout(this.#timer);
    if (text === '') void this.bridge.keep(KEY, null);
    else this.#timer = setTimeout(() => void this.bridge.keep(KEY, text), KEEP_AFTER_MS);
  }
}
