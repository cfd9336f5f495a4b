// A conversation's log as a browser keeps it: the receiver's one rule, its cursor, gaps, resets.

import type { Cursor, Entry, Seq } from './protocol';

/** Never changed in place: every answer is a new log, so a view can compare by identity. */
export interface Log {
  readonly conversation: string;
  /** Of the store that numbered `last`; unknown before the first entry. */
  readonly epoch: string | undefined;
  readonly last: Seq;
  readonly entries: readonly Entry[];
}

export interface Taken {
  readonly log: Log;
  /** Those that were new, in order. */
  readonly fresh: readonly Entry[];
  /** Something is missing before what came: attach again from `cursorOf(log)`. */
  readonly gap: boolean;
}

export function emptyLog(conversation: string): Log {
  return { conversation, epoch: undefined, last: 0, entries: [] };
}

/** The answer to `reset`: everything from the first entry follows. */
export function resetLog(log: Log, epoch: string): Log {
  return { conversation: log.conversation, epoch, last: 0, entries: [] };
}

export function cursorOf(log: Log): Cursor {
  if (log.last === 0 || log.epoch === undefined) {
    return { conversation: log.conversation, seq: 0 };
  }
  return { conversation: log.conversation, epoch: log.epoch, seq: log.last };
}

/**
 * The receiver's rule, entry by entry: `after <= last < seq` is taken, `seq <= last` dropped,
 * and `after > last` is a gap, at which the rest is left for the next attach. Entries of another
 * epoch are a gap too: the attach from our cursor is answered by a `reset`.
 */
export function takeEntries(log: Log, epoch: string, entries: readonly Entry[]): Taken {
  if (log.last > 0 && log.epoch !== epoch) return { log, fresh: [], gap: true };
  let last = log.last;
  let gap = false;
  const fresh: Entry[] = [];
  for (const entry of entries) {
    if (entry.seq <= last) continue;
    if (entry.after > last) {
      gap = true;
      break;
    }
    fresh.push(entry);
    last = entry.seq;
  }
  if (fresh.length === 0) return { log, fresh, gap };
  return { log: { ...log, epoch, last, entries: [...log.entries, ...fresh] }, fresh, gap };
}
