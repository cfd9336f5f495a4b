// The live list: its rows, as board frames say them, and the four ways to look at it. Pure.

import type {
  AgentId,
  BoardRow,
  BoardUpdate,
  ConversationId,
  InboxId,
} from '../../shared/protocol';

export type Tab = 'waiting' | 'mine' | 'all' | 'closed';

export const TABS: readonly Tab[] = ['waiting', 'mine', 'all', 'closed'];

/** A row knows its inbox here, because an update names it only once. */
export interface Row extends BoardRow {
  readonly inbox: InboxId;
}

export interface Board {
  readonly rows: ReadonlyMap<ConversationId, Row>;
  /** Inboxes whose whole list has arrived: before, an empty list says nothing. */
  readonly loaded: ReadonlySet<InboxId>;
}

export const EMPTY_BOARD: Board = { rows: new Map(), loaded: new Set() };

/** The board after an update. Rows never go back: a late delta does not undo a newer one. */
export function boardAfter(board: Board, update: BoardUpdate): Board {
  const rows = new Map(board.rows);
  if (update.whole) {
    for (const row of board.rows.values()) {
      if (row.inbox === update.inbox) rows.delete(row.conversation);
    }
  }
  for (const row of update.rows) {
    const known = rows.get(row.conversation);
    if (known !== undefined && known.seq > row.seq) continue;
    rows.set(row.conversation, { ...row, inbox: update.inbox });
  }
  // One that was moved may stand in its new inbox already: the old one only takes back its own.
  for (const gone of update.gone ?? []) {
    if (rows.get(gone)?.inbox === update.inbox) rows.delete(gone);
  }
  const loaded = board.loaded.has(update.inbox)
    ? board.loaded
    : new Set(board.loaded).add(update.inbox);
  return { rows, loaded };
}

/** Nobody took it before the visitor had long been gone; it waits again when they are back. */
export function isMissed(row: BoardRow): boolean {
  return row.missed_at_ms !== undefined;
}

/** What the visitor of this row still wants: an agent. */
export function isWaiting(row: BoardRow): boolean {
  switch (row.state) {
    case 'waiting':
      return true;
    case 'unassigned':
      return !isMissed(row);
    case 'bot':
    case 'assigned':
    case 'closed':
      return false;
  }
}

export function belongsTo(tab: Tab, row: BoardRow, me: AgentId): boolean {
  switch (tab) {
    case 'waiting':
      return isWaiting(row);
    case 'mine':
      return row.state !== 'closed' && row.assignee === me;
    case 'all':
      return row.state !== 'closed';
    case 'closed':
      return row.state === 'closed';
  }
}

export interface Filter {
  readonly tab: Tab;
  /** `null`: of every inbox. */
  readonly inbox: InboxId | null;
  /** Words that the preview or the visitor's label must have; empty for any. */
  readonly words: string;
}

/** The rows to show. Who has waited longest comes first; elsewhere the latest activity does. */
export function shownRows(board: Board, filter: Filter, me: AgentId): Row[] {
  const words = filter.words.trim().toLocaleLowerCase();
  const rows = [...board.rows.values()].filter(
    (row) =>
      (filter.inbox === null || row.inbox === filter.inbox) &&
      belongsTo(filter.tab, row, me) &&
      (words === '' || searchText(row).includes(words)),
  );
  return rows.sort(filter.tab === 'waiting' ? longestWaitFirst : latestFirst);
}

export type Counts = Readonly<Record<Tab, number>>;

export function counts(board: Board, inbox: InboxId | null, me: AgentId): Counts {
  const found = { waiting: 0, mine: 0, all: 0, closed: 0 };
  for (const row of board.rows.values()) {
    if (inbox !== null && row.inbox !== inbox) continue;
    for (const tab of TABS) if (belongsTo(tab, row, me)) found[tab] += 1;
  }
  return found;
}

/** "Visitor 4821": the last four digits of the number are enough to tell neighbours apart. */
export function visitorLabel(number: number): string {
  return `Visitor ${String(number).slice(-4).padStart(4, '0')}`;
}

function searchText(row: Row): string {
  return `${visitorLabel(row.number)} ${row.number} ${row.preview}`.toLocaleLowerCase();
}

function longestWaitFirst(one: Row, other: Row): number {
  return (
    (one.waiting_since_ms ?? one.started_at_ms) -
      (other.waiting_since_ms ?? other.started_at_ms) || byId(one, other)
  );
}

function latestFirst(one: Row, other: Row): number {
  return other.last_at_ms - one.last_at_ms || byId(one, other);
}

/** Equal times must not make rows jump. */
function byId(one: Row, other: Row): number {
  return one.conversation < other.conversation ? -1 : 1;
}
