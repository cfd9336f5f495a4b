// From entries and unsent messages to the rows that are drawn. Pure.

import type { Conversation } from './conversation';
import { deliveryOf, NO_MARKS, type Delivery, type Marks } from './marks';
import type { Item } from '../shared/outbox';
import type { AgentRef, Entry } from '../shared/protocol';

export interface MessageRow {
  kind: 'message';
  key: string;
  side: 'visitor' | 'team';
  text: string;
  at_ms: number;
  /** Who of the team; the greeting has no author. */
  author: AgentRef | undefined;
  /** First and last of a run by the same author. */
  first: boolean;
  last: boolean;
  /** Of the visitor's own. */
  state: 'sending' | 'failed' | Delivery | undefined;
  /** Why it failed. */
  code: string | undefined;
}

export interface NoteRow {
  kind: 'note';
  key: string;
  note: 'joined' | 'closed' | 'reopened' | 'promised';
  name: string;
}

export interface DayRow {
  kind: 'day';
  key: string;
  at_ms: number;
}

export type Row = MessageRow | NoteRow | DayRow;

/** A longer pause starts a new run, with its own time. */
const RUN_PAUSE_MS = 5 * 60_000;

export function timelineOf(
  conversation: Conversation | undefined,
  items: readonly Item[],
  greeting: string,
): Row[] {
  const entries = conversation?.log.entries ?? [];
  const marks = conversation?.marks ?? NO_MARKS;
  const rows: Row[] = [];
  if (conversation === undefined && greeting !== '') rows.push(greetingRow(greeting));
  for (const entry of entries) {
    const row = rowOf(entry, marks);
    if (row !== undefined) rows.push(row);
  }
  for (const item of items) {
    if ('text' in item.frame) rows.push(unsentRow(item, item.frame.text));
  }
  return inRuns(withDays(rows));
}

/** The agent who has the open conversation, named by its last assignment or message. */
export function agentOf(conversation: Conversation | undefined): AgentRef | undefined {
  const summary = conversation?.summary;
  if (conversation === undefined || !summary?.assignee) return undefined;
  if (summary.state === 'closed') return undefined;
  const id = summary.assignee;
  for (const entry of conversation.log.entries.toReversed()) {
    if (entry.type === 'assignment' && entry.to?.id === id) return entry.to;
    if (entry.by.kind === 'agent' && entry.by.id === id) return entry.by;
  }
  return undefined;
}

function greetingRow(text: string): MessageRow {
  return { ...message('greeting', 'team', text, 0), author: undefined };
}

function rowOf(entry: Entry, marks: Marks): Row | undefined {
  const key = entry.client_id ?? String(entry.seq);
  switch (entry.type) {
    case 'welcome':
      return message('greeting', 'team', entry.text, entry.at_ms);
    case 'message': {
      if (entry.by.kind === 'visitor') {
        const row = message(key, 'visitor', entry.text, entry.at_ms);
        return { ...row, state: deliveryOf(entry.seq, marks) };
      }
      const author = entry.by.kind === 'agent' ? entry.by : undefined;
      return { ...message(key, 'team', entry.text, entry.at_ms), author };
    }
    case 'assignment':
      if (entry.to === null) return undefined;
      return { kind: 'note', key, note: 'joined', name: entry.to.name };
    case 'status': {
      if (entry.to === 'closed') return { kind: 'note', key, note: 'closed', name: '' };
      if (entry.from === 'closed') return { kind: 'note', key, note: 'reopened', name: '' };
      return undefined;
    }
    case 'promised':
      return { kind: 'note', key, note: 'promised', name: '' };
    case 'comment':
    case 'decision':
    case 'inbox_change':
    case 'contact':
      // Not in a visitor's view.
      return undefined;
    default:
      // A type that a later node may have: taken, not shown.
      return undefined;
  }
}

function unsentRow(item: Item, text: string): MessageRow {
  const row = message(item.id, 'visitor', text, item.at_ms);
  switch (item.state) {
    case 'saving':
    case 'queued':
    case 'sending':
      return { ...row, state: 'sending' };
    case 'acked':
      return { ...row, state: 'sent' };
    case 'failed':
      return { ...row, state: 'failed', code: item.code };
  }
}

function message(
  key: string,
  side: 'visitor' | 'team',
  text: string,
  at_ms: number,
): MessageRow {
  return {
    kind: 'message',
    key,
    side,
    text,
    at_ms,
    author: undefined,
    first: true,
    last: true,
    state: undefined,
    code: undefined,
  };
}

function withDays(rows: Row[]): Row[] {
  let day = '';
  const dated: Row[] = [];
  for (const row of rows) {
    if (row.kind === 'message' && row.at_ms > 0) {
      const its = new Date(row.at_ms).toDateString();
      if (its !== day) dated.push({ kind: 'day', key: its, at_ms: row.at_ms });
      day = its;
    }
    dated.push(row);
  }
  return dated;
}

function inRuns(rows: Row[]): Row[] {
  return rows.map((row, at) => {
    if (row.kind !== 'message') return row;
    const first = !isOneRun(rows[at - 1], row);
    const last = !isOneRun(row, rows[at + 1]);
    return { ...row, first, last };
  });
}

function isOneRun(a: Row | undefined, b: Row | undefined): boolean {
  if (a?.kind !== 'message' || b?.kind !== 'message') return false;
  if (a.side !== b.side || a.author?.id !== b.author?.id) return false;
  if (a.state === 'failed' || b.state === 'failed') return false;
  return b.at_ms - a.at_ms < RUN_PAUSE_MS;
}
