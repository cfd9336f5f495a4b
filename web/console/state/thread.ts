// A log as a page shows it: day headings, grouped messages with their delivery, lines. Pure.

import type { Item } from '../../shared/outbox';
import type { DecisionRecord } from '../../shared/decision';
import type { AgentId, ClientId, ConversationId, Entry, InboxId, Seq } from '../../shared/protocol';
import type { Position } from './conversation';
import { fullTime, midnight } from './words';

/** Messages of one author that follow each other this closely share one head. */
const GROUP_MS = 5 * 60_000;

export type Side = 'visitor' | 'me' | 'colleague' | 'system';
export type Delivery = 'sent' | 'delivered' | 'read';

export interface Words {
  readonly kind: 'words';
  readonly key: string;
  readonly seq: Seq;
  readonly type: 'welcome' | 'message' | 'comment';
  readonly side: Side;
  /** Of the agent who wrote; empty for the others. */
  readonly name: string;
  readonly text: string;
  readonly at_ms: number;
  readonly first: boolean;
  readonly last: boolean;
  /** Of what the team wrote to the visitor. */
  readonly delivery: Delivery | null;
}

export interface Line {
  readonly kind: 'line';
  readonly key: string;
  readonly at_ms: number;
  readonly text: string;
  /** Why the router chose whom (BY-3). */
  readonly why: DecisionRecord | null;
}

export interface Day {
  readonly kind: 'day';
  readonly key: string;
  readonly at_ms: number;
}

export type ThreadItem = Words | Line | Day;

export interface ThreadView {
  readonly me: AgentId;
  /** How far the visitor has received and read. */
  readonly visitor: Position;
  /** Those whose names one knows: what one may not see is "another inbox". */
  readonly inboxes: readonly { readonly id: InboxId; readonly name: string }[];
}

export function thread(entries: readonly Entry[], view: ThreadView): ThreadItem[] {
  const items: ThreadItem[] = [];
  const paired = pairedDecisions(entries);
  let day = Number.NaN;
  for (const entry of entries) {
    if (midnight(entry.at_ms) !== day) {
      day = midnight(entry.at_ms);
      items.push({ kind: 'day', key: `day-${day}`, at_ms: entry.at_ms });
    }
    const item = itemOf(entry, view, paired);
    if (item !== null) items.push(item);
  }
  return grouped(items);
}

/** The client ids already in the log: their copies in the outbox are shown no longer. */
export function arrivedIds(entries: readonly Entry[]): Set<ClientId> {
  const ids = new Set<ClientId>();
  for (const entry of entries) if (entry.client_id !== undefined) ids.add(entry.client_id);
  return ids;
}

/** What is still unsent, or sent and not yet back in the log. */
export function pendingItems(
  outbox: readonly Item[],
  conversation: ConversationId,
  arrived: ReadonlySet<ClientId>,
): Item[] {
  return outbox.filter(
    (item) => item.lane === conversation && 'text' in item.frame && !arrived.has(item.id),
  );
}

function itemOf(
  entry: Entry,
  view: ThreadView,
  paired: ReadonlyMap<Seq, DecisionRecord | null>,
): ThreadItem | null {
  switch (entry.type) {
    case 'welcome':
    case 'message':
    case 'comment':
      return words(entry, entry.type, entry.text, view);
    case 'assignment':
      return line(
        entry,
        assignmentWords(entry, view.me) + pickWords(entry),
        paired.get(entry.seq) ?? null,
      );
    case 'decision':
      return paired.has(entry.seq) ? null : line(entry, 'Routing decided', entry.decision);
    case 'inbox_change':
      return line(entry, movedWords(entry, entry.to, view), null);
    case 'contact':
      return line(entry, `The visitor left an e-mail address: ${entry.email}`, null);
    case 'promised':
      return line(entry, `Answer by e-mail promised, due ${fullTime(entry.due_at_ms)}`, null);
    case 'status': {
      const text = statusWords(entry, view.me);
      return text === null ? null : line(entry, text, null);
    }
    default:
      // Of a newer release: taken, and not shown.
      return null;
  }
}

function words(entry: Entry, type: Words['type'], text: string, view: ThreadView): Words {
  const side = sideOf(entry, view.me);
  const toVisitor = type === 'message' && (side === 'me' || side === 'colleague');
  return {
    kind: 'words',
    key: `entry-${entry.seq}`,
    seq: entry.seq,
    type,
    side,
    name: entry.by.kind === 'agent' ? entry.by.name : '',
    text,
    at_ms: entry.at_ms,
    first: true,
    last: true,
    delivery: toVisitor ? deliveryOf(entry.seq, view.visitor) : null,
  };
}

function line(entry: Entry, text: string, why: DecisionRecord | null): Line {
  return { kind: 'line', key: `entry-${entry.seq}`, at_ms: entry.at_ms, text, why };
}

function sideOf(entry: Entry, me: AgentId): Side {
  switch (entry.by.kind) {
    case 'visitor':
      return 'visitor';
    case 'agent':
      return entry.by.id === me ? 'me' : 'colleague';
    case 'system':
      return 'system';
  }
}

function deliveryOf(seq: Seq, visitor: Position): Delivery {
  if (seq <= visitor.read) return 'read';
  return seq <= visitor.delivered ? 'delivered' : 'sent';
}

/**
 * A routed assignment and its decision record are two entries side by side; the page shows them
 * as one. The map has the assignment's seq with the record, and the record's seq with null.
 */
export function pairedDecisions(entries: readonly Entry[]): Map<Seq, DecisionRecord | null> {
  const paired = new Map<Seq, DecisionRecord | null>();
  entries.forEach((entry, index) => {
    if (entry.type !== 'assignment' || entry.cause !== 'policy') return;
    for (const beside of [entries[index + 1], entries[index - 1]]) {
      if (beside?.type !== 'decision' || paired.has(beside.seq)) continue;
      if (beside.decision.chosen !== entry.to?.id) continue;
      paired.set(entry.seq, beside.decision);
      paired.set(beside.seq, null);
      return;
    }
  });
  return paired;
}

type AssignmentEntry = Extract<Entry, { type: 'assignment' }>;
type StatusEntry = Extract<Entry, { type: 'status' }>;

function assignmentWords(entry: AssignmentEntry, me: AgentId): string {
  const by = actorName(entry, me);
  if (entry.team !== undefined) return `${by ?? 'Somebody'} gave it to the team ${entry.team.name}`;
  if (entry.to === null) return by === null ? 'No longer assigned' : `${by} assigned it to nobody`;
  const self = entry.by.kind === 'agent' && entry.by.id === entry.to.id;
  const to = entry.to.id === me ? 'you' : entry.to.name;
  switch (entry.cause) {
    case 'policy':
      return `Assigned to ${to} by routing`;
    case 'reply':
      return `${to === 'you' ? 'You' : to} took it by answering`;
    case 'manual':
      if (self) return `${to === 'you' ? 'You' : to} took it`;
      return by === null ? `Assigned to ${to}` : `${by} assigned it to ${to}`;
  }
}

/** REG-14: taken out of the queue before others. */
function pickWords({ out_of_order: passed = 0 }: AssignmentEntry): string {
  if (passed === 0) return '';
  return `, before ${passed === 1 ? 'one' : passed} who had waited longer`;
}

function movedWords(entry: Entry, to: InboxId, view: ThreadView): string {
  const by = actorName(entry, view.me);
  const name = view.inboxes.find((inbox) => inbox.id === to)?.name;
  const where = name === undefined ? 'another inbox' : `“${name}”`;
  return by === null ? `Moved to ${where}` : `${by} moved it to ${where}`;
}

/** Waiting that turns into assigned is told by the assignment beside it. */
function statusWords(entry: StatusEntry, me: AgentId): string | null {
  const by = actorName(entry, me);
  switch (entry.to) {
    case 'closed':
      return by === null ? 'Closed' : `Closed by ${lower(by)}`;
    case 'bot':
      return 'Handed to the bot';
    case 'waiting':
    case 'unassigned':
    case 'assigned':
      if (entry.from === 'closed') return by === null ? 'Reopened' : `Reopened by ${lower(by)}`;
      if (entry.to === 'unassigned') return 'Missed: the visitor has gone';
      if (entry.from === 'unassigned') return 'The visitor is back and waits again';
      return entry.to === 'assigned' ? null : 'Waiting for an agent';
  }
}

function actorName(entry: Entry, me: AgentId): string | null {
  switch (entry.by.kind) {
    case 'visitor':
      return 'The visitor';
    case 'agent':
      return entry.by.id === me ? 'You' : entry.by.name;
    case 'system':
      return null;
  }
}

function lower(by: string): string {
  return by === 'You' || by === 'The visitor' ? by.toLowerCase() : by;
}

function grouped(items: readonly ThreadItem[]): ThreadItem[] {
  return items.map((item, index) => {
    if (item.kind !== 'words') return item;
    const first = !joins(items[index - 1], item);
    const last = !joins(item, items[index + 1]);
    return first && last ? item : { ...item, first, last };
  });
}

function joins(one: ThreadItem | undefined, other: ThreadItem | undefined): boolean {
  if (one?.kind !== 'words' || other?.kind !== 'words') return false;
  const sameVoice = one.side === other.side && one.name === other.name && one.type === other.type;
  return sameVoice && other.at_ms - one.at_ms < GROUP_MS;
}
