// What outlives a page, first-party to the site: token, outbox, whether the widget was open.

export class Keep {
  readonly #prefix: string;
  readonly #store: Storage | undefined = usableStore();

  constructor(site: string) {
    this.#prefix = `salotto:${site}:`;
  }

  get(key: string): string | null {
    return this.#store?.getItem(this.#prefix + key) ?? null;
  }

  /** `null` removes. A full storage keeps the old value. */
  set(key: string, value: string | null): void {
    try {
      if (value === null) this.#store?.removeItem(this.#prefix + key);
      else this.#store?.setItem(this.#prefix + key, value);
    } catch {
      // Quota: the chat goes on, it only does not survive the page.
    }
  }

  /** Everything whose key starts so, without the prefix. */
  all(start: string): Record<string, string> {
    const found: Record<string, string> = {};
    const from = this.#prefix + start;
    for (const key of Object.keys(this.#store ?? {})) {
      if (key.startsWith(from)) found[key.slice(from.length)] = this.#store?.getItem(key) ?? '';
    }
    return found;
  }

  /** Whether a time kept under `key` is less than `ms` ago. */
  isWithin(key: string, ms: number): boolean {
    return Date.now() - Number(this.get(key) ?? 0) < ms;
  }

  stamp(key: string): void {
    this.set(key, String(Date.now()));
  }
}

/** The tab's own storage where the lasting one is refused; none where both are. */
function usableStore(): Storage | undefined {
  for (const name of ['localStorage', 'sessionStorage'] as const) {
    try {
      const store = window[name];
      store.setItem('salotto', '');
      store.removeItem('salotto');
      return store;
    } catch {
      // Refused by the browser's settings.
    }
  }
  return undefined;
}
