// What this tab knows of the visitor's conversation. Pure: every answer is a new value.

import { NO_MARKS, withMark, type Marks } from './marks';
import { emptyLog, resetLog, takeEntries, type Log } from '../shared/log';
import type { ConversationSummary, Entry, MarkPair } from '../shared/protocol';

export interface Conversation {
  readonly id: string;
  /** Unknown between the ack of a start and what the attach says. */
  readonly summary: ConversationSummary | undefined;
  readonly log: Log;
  readonly marks: Marks;
  /** Had all entries that there were. */
  readonly caughtUp: boolean;
  /** What comes after this seq is news to this tab; what was there before it came is not. */
  readonly newsAfter: number;
}

export interface Grown {
  readonly conversation: Conversation;
  readonly fresh: readonly Entry[];
  readonly gap: boolean;
}

/** `newsAfter`: its newest seq when the tab found it; all of one that begins now is news. */
export function newConversation(id: string, newsAfter = 0): Conversation {
  const log = emptyLog(id);
  return { id, summary: undefined, log, marks: NO_MARKS, caughtUp: false, newsAfter };
}

/** What is to be told beside the launcher. */
export function newsOf({ newsAfter }: Conversation, fresh: readonly Entry[]): readonly Entry[] {
  return fresh.filter((entry) => entry.seq > newsAfter);
}

/** Of two conversations the one with the latest activity is shown. */
export function isNewer(summary: ConversationSummary, shown: Conversation | undefined): boolean {
  if (shown === undefined || shown.id === summary.id) return true;
  return shown.summary === undefined || summary.last_at_ms >= shown.summary.last_at_ms;
}

export function withSummary(old: Conversation, summary: ConversationSummary): Conversation {
  const marks = summary.marks.reduce(withMark, old.marks);
  return settled({ ...old, summary, marks });
}

export function withMarks(old: Conversation, mark: MarkPair): Conversation {
  const marks = withMark(old.marks, mark);
  return marks === old.marks ? old : { ...old, marks };
}

/** Everything from the first entry follows. */
export function startedOver(old: Conversation, epoch: string, head: number): Conversation {
  const log = resetLog(old.log, epoch);
  return { ...old, log, marks: NO_MARKS, caughtUp: false, newsAfter: head };
}

export function grown(old: Conversation, epoch: string, entries: readonly Entry[]): Grown {
  const { log, fresh, gap } = takeEntries(old.log, epoch, entries);
  const summary = fresh.reduce(told, old.summary);
  return { conversation: settled({ ...old, log, summary }), fresh, gap };
}

/** What an entry says of the conversation, until the next summary. */
function told(
  summary: ConversationSummary | undefined,
  entry: Entry,
): ConversationSummary | undefined {
  if (summary === undefined) return undefined;
  const heard = { ...summary, last_at_ms: Math.max(summary.last_at_ms, entry.at_ms) };
  if (entry.type === 'status') return { ...heard, state: entry.to };
  if (entry.type === 'assignment') return { ...heard, assignee: entry.to?.id ?? null };
  if (entry.type === 'promised') return { ...heard, due_at_ms: entry.due_at_ms };
  // Words, and types that a later node may have, change nothing but the time.
  return heard;
}

function settled(conversation: Conversation): Conversation {
  const { caughtUp, log, summary } = conversation;
  if (caughtUp || summary === undefined || log.last < summary.head) return conversation;
  return { ...conversation, caughtUp: true };
}
