// From a log and an outbox to rows.

import { expect, test } from 'vitest';

import { grown, newConversation, withMarks, withSummary } from './conversation';
import { agentOf, timelineOf, type MessageRow, type Row } from './timeline';
import type { Item, ItemState } from '../shared/outbox';
import type { ConversationSummary, Entry, EntryBody } from '../shared/protocol';

const NOON = new Date(2026, 10, 22, 12).getTime();
const ADA = { kind: 'agent', id: 'ada', name: 'Ada' } as const;
const BEN = { kind: 'agent', id: 'ben', name: 'Ben' } as const;
const VISITOR = { kind: 'visitor', id: 'v' } as const;
const SYSTEM = { kind: 'system' } as const;

function entry(seq: number, by: Entry['by'], body: EntryBody, at_ms = NOON + seq): Entry {
  return { after: seq - 1, seq, at_ms, by, client_id: `id-${seq}`, ...body };
}

function message(seq: number, by: Entry['by'], text: string, at_ms?: number): Entry {
  return entry(seq, by, { type: 'message', text }, at_ms);
}

function conversationOf(entries: Entry[], change: Partial<ConversationSummary> = {}) {
  const summary: ConversationSummary = {
    id: 'c',
    number: 1,
    chatflow: 'f',
    state: 'waiting',
    assignee: null,
    head: entries.length,
    started_at_ms: NOON,
    last_at_ms: NOON,
    marks: [],
    ...change,
  };
  return grown(withSummary(newConversation('c'), summary), 'e', entries).conversation;
}

function unsent(id: string, state: ItemState): Item {
  const frame = { type: 'send', conversation: 'c', client_id: id, text: id } as const;
  return { id, lane: 'c', frame, at_ms: NOON + 99, state };
}

const messages = (rows: Row[]) => rows.filter((it): it is MessageRow => it.kind === 'message');
const kinds = (rows: Row[]) => rows.map((it) => (it.kind === 'note' ? it.note : it.kind));

test('before the first message there is the greeting alone', () => {
  const rows = timelineOf(undefined, [], 'Hello!');
  expect(rows).toHaveLength(1);
  expect(rows[0]).toMatchObject({ side: 'team', text: 'Hello!', state: undefined });
  expect(timelineOf(undefined, [], '')).toEqual([]);
});

test('the greeting keeps its place when it becomes an entry', () => {
  const before = timelineOf(undefined, [unsent('id-2', 'sending')], 'Hello!');
  const entries = [
    entry(1, SYSTEM, { type: 'welcome', text: 'Hello!' }),
    message(2, VISITOR, 'Hi'),
  ];
  const after = timelineOf(conversationOf(entries), [], 'Hello!');
  expect(messages(after).map((it) => it.key)).toEqual(messages(before).map((it) => it.key));
});

test("an own message goes from sending over sent and delivered to read", () => {
  const states = (rows: Row[]) => messages(rows).map((it) => it.state);
  const items = [unsent('a', 'saving'), unsent('b', 'sending'), unsent('x', 'acked')];
  expect(states(timelineOf(undefined, items, ''))).toEqual(['sending', 'sending', 'sent']);
  const entries = [1, 2, 3].map((seq) => message(seq, VISITOR, `text ${seq}`));
  const log = withMarks(conversationOf(entries), { party: 'team', delivered: 2, read: 1 });
  expect(states(timelineOf(log, [], ''))).toEqual(['read', 'delivered', 'sent']);
});

test('a failed message stands alone with its code', () => {
  const failed = { ...unsent('a', 'failed'), code: 'too_large' };
  const [row] = messages(timelineOf(undefined, [failed, unsent('b', 'queued')], ''));
  expect(row).toMatchObject({ state: 'failed', code: 'too_large', last: true });
});

test('one author writes in runs, and a pause or another author ends them', () => {
  const entries = [
    message(1, ADA, 'a', NOON),
    message(2, ADA, 'b', NOON + 1_000),
    message(3, BEN, 'c', NOON + 2_000),
    message(4, BEN, 'd', NOON + 10 * 60_000),
  ];
  const rows = messages(timelineOf(conversationOf(entries), [], ''));
  expect(rows.map((it) => it.first)).toEqual([true, false, true, true]);
  expect(rows.map((it) => it.last)).toEqual([false, true, true, true]);
});

test('another day is said once', () => {
  const day = 24 * 60 * 60_000;
  const entries = [
    message(1, VISITOR, 'a', NOON - day),
    message(2, ADA, 'b', NOON),
    message(3, ADA, 'c', NOON + 1),
  ];
  const rows = timelineOf(conversationOf(entries), [], '');
  expect(kinds(rows)).toEqual(['day', 'message', 'day', 'message', 'message']);
});

test('joining, closing and reopening are lines of their own; the rest is not shown', () => {
  const entries = [
    entry(1, SYSTEM, { type: 'status', from: 'waiting', to: 'assigned' }),
    entry(2, SYSTEM, { type: 'assignment', from: null, to: ADA, cause: 'policy' }),
    entry(3, ADA, { type: 'assignment', from: ADA, to: null, cause: 'manual' }),
    entry(4, ADA, { type: 'status', from: 'assigned', to: 'closed' }),
    entry(5, VISITOR, { type: 'status', from: 'closed', to: 'waiting' }),
    { ...entry(6, SYSTEM, { type: 'welcome', text: '' }), type: 'survey' } as unknown as Entry,
  ];
  const rows = timelineOf(conversationOf(entries), [], '');
  expect(kinds(rows)).toEqual(['joined', 'closed', 'reopened']);
});

test('the agent is the assignee, by name, while the conversation is open', () => {
  const joined = entry(1, SYSTEM, { type: 'assignment', from: null, to: ADA, cause: 'policy' });
  const open = conversationOf([joined], { state: 'assigned' });
  expect(agentOf(open)?.name).toBe('Ada');
  const closed = entry(2, ADA, { type: 'status', from: 'assigned', to: 'closed' });
  expect(agentOf(grown(open, 'e', [closed]).conversation)).toBeUndefined();
  expect(agentOf(undefined)).toBeUndefined();
});
