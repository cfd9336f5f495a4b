// One conversation as an agent follows it: a window onto its log, marks, typing, page. Pure.
//
// A long log is not read from its first entry: the window starts `WINDOW_ENTRIES` before the
// head, and older entries are paged in over HTTP when somebody scrolls up to them.

import { cursorOf, takeEntries, type Log } from '../../shared/log';
import {
  type Author,
  type ConversationId,
  type ConversationSummary,
  type Cursor,
  type Entry,
  type EntryPage,
  type Epoch,
  type MarkPair,
  type Page,
  type Party,
  type Seq,
  TYPING_LAPSES_MS,
} from '../../shared/protocol';

/** About three screens, and well under the 200 entries above which a node answers `limited`. */
export const WINDOW_ENTRIES = 100;

export type Position = Omit<MarkPair, 'party'>;

export interface Writer {
  readonly by: Author;
  readonly untilMs: number;
}

export interface Conversation {
  readonly id: ConversationId;
  readonly log: Log;
  /** Entries up to here are not loaded; 0 when the log is here from its first entry. */
  readonly floor: Seq;
  readonly older: 'idle' | 'loading' | 'failed';
  readonly summary: ConversationSummary | null;
  readonly marks: Readonly<Record<Party, Position>>;
  readonly writers: readonly Writer[];
  readonly page: Page | null;
  /** The node says that there is no such conversation, or not for this agent. */
  readonly missing: boolean;
}

const UNMARKED: Position = { delivered: 0, read: 0 };

/** A conversation to be attached near `head`, as the board gave it. */
export function opened(id: ConversationId, epoch: Epoch | null, head: Seq): Conversation {
  const floor = epoch === null ? 0 : Math.max(0, head - WINDOW_ENTRIES);
  return {
    id,
    log: { conversation: id, epoch: floor === 0 ? undefined : epoch!, last: floor, entries: [] },
    floor,
    older: 'idle',
    summary: null,
    marks: { visitor: UNMARKED, team: UNMARKED },
    writers: [],
    page: null,
    missing: false,
  };
}

/** What to attach with: the newest loaded entry, or the foot of an empty window. */
export function cursorIn(conversation: Conversation): Cursor {
  return cursorOf(conversation.log);
}

/** Whether the log is here up to what the node said at attach. */
export function isLoaded(conversation: Conversation): boolean {
  const { summary, log } = conversation;
  return log.entries.length > 0 || (summary !== null && summary.head <= log.last);
}

export interface TakenHere {
  readonly conversation: Conversation;
  readonly fresh: readonly Entry[];
  readonly gap: boolean;
}

export function withEntries(
  conversation: Conversation,
  epoch: Epoch,
  entries: readonly Entry[],
): TakenHere {
  const { log, fresh, gap } = takeEntries(conversation.log, epoch, entries);
  const wrote = (writer: Writer): boolean => fresh.some((entry) => same(entry.by, writer.by));
  const writers = conversation.writers.filter((writer) => !wrote(writer));
  return { conversation: { ...conversation, log, writers }, fresh, gap };
}

/** The node forgot our cursor, or we are too far behind: a new window before `head`. */
export function restarted(conversation: Conversation, epoch: Epoch, head: Seq): Conversation {
  const { summary, page } = conversation;
  return { ...opened(conversation.id, epoch, head), summary, page };
}

export function withSummary(
  conversation: Conversation,
  summary: ConversationSummary,
): Conversation {
  let next: Conversation = { ...conversation, summary };
  for (const pair of summary.marks) next = withMarks(next, pair);
  return next;
}

/** Marks only rise; one that arrives late changes nothing. */
export function withMarks(conversation: Conversation, mark: MarkPair): Conversation {
  const known = conversation.marks[mark.party];
  const position = {
    delivered: Math.max(known.delivered, mark.delivered),
    read: Math.max(known.read, mark.read),
  };
  return { ...conversation, marks: { ...conversation.marks, [mark.party]: position } };
}

export function withTyping(
  conversation: Conversation,
  by: Author,
  on: boolean,
  nowMs: number,
): Conversation {
  const others = conversation.writers.filter((each) => !same(each.by, by));
  const writers = on ? [...others, { by, untilMs: nowMs + TYPING_LAPSES_MS }] : others;
  return { ...conversation, writers };
}

/** Without those who fell silent; the same object when all still write. */
export function withoutLapsed(conversation: Conversation, nowMs: number): Conversation {
  const writers = conversation.writers.filter((each) => each.untilMs > nowMs);
  return writers.length === conversation.writers.length
    ? conversation
    : { ...conversation, writers };
}

/** The newest message of the visitor that is here; what marks are about. */
export function newestOfVisitor(conversation: Conversation): Seq {
  const newest = conversation.log.entries.findLast((entry) => entry.by.kind === 'visitor');
  return newest?.seq ?? 0;
}

/** Where the page of history before the window begins: the `after` to ask for. */
export function olderFrom(conversation: Conversation): Seq {
  return Math.max(0, conversation.floor - WINDOW_ENTRIES);
}

/** A page from before the window, put above it. A page of another store is left aside. */
export function withOlder(conversation: Conversation, page: EntryPage): Conversation {
  const { log, floor } = conversation;
  if (log.epoch !== page.epoch) return { ...conversation, older: 'idle' };
  const above = page.entries.filter((entry) => entry.seq <= floor);
  return {
    ...conversation,
    log: { ...log, entries: [...above, ...log.entries] },
    floor: above[0]?.after ?? 0,
    older: 'idle',
  };
}

function same(one: Author, other: Author): boolean {
  if (one.kind === 'agent' && other.kind === 'agent') return one.id === other.id;
  return one.kind === other.kind;
}
