// What on the board deserves an agent's attention: decided from one board to the next. Pure.

import type { AgentId, ConversationId } from '../../shared/protocol';
import { belongsTo, isWaiting, visitorLabel, type Board, type Row } from './board';
import { isQuiet, isUnread, type Seen } from './seen';

export type NoticeKind =
  | 'waiting'
  | 'assigned'
  /** The visitor wrote. */
  | 'message'
  /** The visitor wrote the same once more, or a colleague left a comment: a row cannot tell. */
  | 'news';

export interface Notice {
  readonly kind: NoticeKind;
  readonly conversation: ConversationId;
  readonly title: string;
  readonly body: string;
}

export interface Watcher {
  readonly me: AgentId;
  readonly seen: Seen;
  /** The conversation open in a page that is visible and has the focus; else null. */
  readonly lookingAt: ConversationId | null;
}

/**
 * What is new in `after`. An inbox whose list has just arrived whole for the first time gives
 * none: a sign-in is not forty new chats.
 */
export function newNotices(before: Board, after: Board, watcher: Watcher): Notice[] {
  const found: Notice[] = [];
  for (const row of after.rows.values()) {
    if (!before.loaded.has(row.inbox)) continue;
    const old = before.rows.get(row.conversation);
    if (old === row) continue;
    const kind = kindOf(old, row, watcher);
    if (kind !== null) found.push(notice(kind, row));
  }
  return found;
}

/** The number in the document's title: who waits, and what of mine is unread. */
export function attentionCount(board: Board, seen: Seen, me: AgentId): number {
  let count = 0;
  for (const row of board.rows.values()) {
    if (isWaiting(row) || (belongsTo('mine', row, me) && isUnread(seen, row))) count += 1;
  }
  return count;
}

export function documentTitle(count: number, name: string): string {
  return count === 0 ? name : `(${count}) ${name}`;
}

function kindOf(old: Row | undefined, row: Row, watcher: Watcher): NoticeKind | null {
  if (isWaiting(row) && (old === undefined || !isWaiting(old))) return 'waiting';
  if (!belongsTo('mine', row, watcher.me) || watcher.lookingAt === row.conversation) return null;
  if (old === undefined || !belongsTo('mine', old, watcher.me)) return 'assigned';
  if (isQuiet(old, row) || !isUnread(watcher.seen, row)) return null;
  return old.preview === row.preview && old.preview_by === row.preview_by ? 'news' : 'message';
}

function notice(kind: NoticeKind, row: Row): Notice {
  const who = visitorLabel(row.number);
  return { kind, conversation: row.conversation, title: titleOf(kind, who), body: row.preview };
}

function titleOf(kind: NoticeKind, who: string): string {
  switch (kind) {
    case 'waiting':
      return `${who} is waiting`;
    case 'assigned':
      return `${who} was assigned to you`;
    case 'message':
      return `${who} wrote`;
    case 'news':
      return `There is something new with ${who}`;
  }
}
