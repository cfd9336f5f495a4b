// Which rows have something that this agent has not looked at yet. Pure.
//
// A row tells nothing of read marks, so the console remembers how far each conversation was
// shown. An assignment or a change of state moves a row's `seq` too, and is nothing to read: such
// a quiet change moves along what was seen.

import type { BoardRow, ConversationId, Seq } from '../../shared/protocol';
import type { Board } from './board';

export type Seen = ReadonlyMap<ConversationId, Seq>;

/** Enough for weeks of work; the oldest are forgotten first. */
export const SEEN_MAX = 2_000;

/** The visitor had the last word, and something came after what was shown. */
export function isUnread(seen: Seen, row: BoardRow): boolean {
  if (row.preview_by !== 'visitor' || row.state === 'closed') return false;
  return row.seq > (seen.get(row.conversation) ?? 0);
}

/** Whether only the state or the assignee changed between two forms of a row. */
export function isQuiet(old: BoardRow, row: BoardRow): boolean {
  if (old.preview !== row.preview || old.preview_by !== row.preview_by) return false;
  return old.state !== row.state || old.assignee !== row.assignee;
}

/** Never lowered; the same object when nothing changed. */
export function seenAfter(seen: Seen, conversation: ConversationId, seq: Seq): Seen {
  if ((seen.get(conversation) ?? 0) >= seq) return seen;
  const next = new Map(seen);
  next.delete(conversation);
  next.set(conversation, seq);
  for (const oldest of next.keys()) {
    if (next.size <= SEEN_MAX) break;
    next.delete(oldest);
  }
  return next;
}

export function seenAfterBoard(seen: Seen, before: Board, after: Board): Seen {
  let next = seen;
  for (const row of after.rows.values()) {
    const old = before.rows.get(row.conversation);
    if (old === undefined || old === row || isUnread(seen, old)) continue;
    if (isQuiet(old, row)) next = seenAfter(next, row.conversation, row.seq);
  }
  return next;
}

export function seenToText(seen: Seen): string {
  return JSON.stringify([...seen]);
}

/** What the storage holds is not trusted: whatever is no pair is left out. */
export function seenFromText(text: string | null): Seen {
  const seen = new Map<ConversationId, Seq>();
  for (const item of parsedList(text)) {
    if (!Array.isArray(item)) continue;
    const [id, seq] = item as unknown[];
    if (typeof id === 'string' && typeof seq === 'number') seen.set(id, seq);
  }
  return seen;
}

function parsedList(text: string | null): unknown[] {
  if (text === null) return [];
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed : [];
  } catch {
    return [];
  }
}
