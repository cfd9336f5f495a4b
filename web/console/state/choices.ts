// Picking by name among many, whatever the case and the accents. Pure.

/** Something with an id that a person knows by its name. */
export interface Named {
  readonly id: string;
  readonly name: string;
  /** Tells two of the same name apart. */
  readonly about?: string | undefined;
}

/** Those that have all the words in their name; those that begin with them come first. */
export function matching<T extends Named>(options: readonly T[], words: string): T[] {
  const wanted = plain(words).split(/\s+/u).filter((word) => word !== '');
  const texts = new Map(options.map((it) => [it, plain(`${it.name} ${it.about ?? ''}`)]));
  const found = options.filter((it) => wanted.every((word) => texts.get(it)?.includes(word)));
  const first = wanted.join(' ');
  const begins = (it: T): number => (texts.get(it)?.startsWith(first) === true ? 0 : 1);
  return found.sort((one, other) => begins(one) - begins(other) || byName(one, other));
}

export function byName(one: { name: string }, other: { name: string }): number {
  return one.name.localeCompare(other.name);
}

/** Lower case without accents, for comparing. */
export function plain(text: string): string {
  return text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLocaleLowerCase().trim();
}
