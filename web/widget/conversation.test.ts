// What a tab knows of a conversation: catching up, resets, marks, which one is shown.

import { expect, test } from 'vitest';

import {
  grown,
  isNewer,
  newConversation,
  newsOf,
  startedOver,
  withMarks,
  withSummary,
} from './conversation';
import { NO_MARKS, owedMark, unreadOf } from './marks';
import type { ConversationSummary, Entry } from '../shared/protocol';

function summary(id: string, head: number, last_at_ms = 0): ConversationSummary {
  return {
    id,
    number: 1,
    chatflow: 'f',
    state: 'assigned',
    assignee: null,
    head,
    started_at_ms: 0,
    last_at_ms,
    marks: [{ party: 'visitor', delivered: 1, read: 1 }],
  };
}

function said(seq: number, kind: 'agent' | 'visitor' = 'agent'): Entry {
  const by = kind === 'agent' ? ({ kind, id: 'a', name: 'Ada' } as const) : { kind, id: 'v' };
  return { after: seq - 1, seq, at_ms: seq, by, type: 'message', text: `text ${seq}` };
}

test('it has caught up once it has all entries that there were', () => {
  const start = withSummary(newConversation('c'), summary('c', 2));
  const one = grown(start, 'e', [said(1)]).conversation;
  const two = grown(one, 'e', [said(2)]).conversation;
  expect([start.caughtUp, one.caughtUp, two.caughtUp]).toEqual([false, false, true]);
  const grew = withSummary(two, summary('c', 5));
  expect(grew.caughtUp).toBe(true);
});

test('a reset forgets the log, the marks, and that it had caught up', () => {
  const full = grown(withSummary(newConversation('c'), summary('c', 1)), 'e', [said(1)]);
  const over = startedOver(full.conversation, 'e2', 1);
  expect(over.log.entries).toHaveLength(0);
  expect(over.marks).toBe(NO_MARKS);
  expect(over.caughtUp).toBe(false);
  expect(grown(over, 'e2', [said(1)]).conversation.caughtUp).toBe(true);
});

test('what was there when the tab came is no news, and all of what begins here is', () => {
  const found = withSummary(newConversation('c', 2), summary('c', 3));
  const begun = withSummary(newConversation('c'), summary('c', 3));
  const all = [said(1), said(2), said(3)];
  expect(newsOf(found, all)).toEqual([said(3)]);
  expect(newsOf(begun, all)).toEqual(all);
  expect(newsOf(startedOver(begun, 'e2', 3), all)).toEqual([]);
});

test('of two conversations the later one is shown', () => {
  const shown = withSummary(newConversation('a'), summary('a', 1, 10));
  expect(isNewer(summary('b', 1, 11), shown)).toBe(true);
  expect(isNewer(summary('b', 1, 9), shown)).toBe(false);
  expect(isNewer(summary('a', 1, 9), shown)).toBe(true);
  expect(isNewer(summary('b', 1, 0), undefined)).toBe(true);
});

test('marks only grow', () => {
  const start = withSummary(newConversation('c'), summary('c', 3));
  const lower = withMarks(start, { party: 'visitor', delivered: 0, read: 0 });
  expect(lower).toBe(start);
});

test('what is not looked at is delivered and not read', () => {
  const { marks } = withSummary(newConversation('c'), summary('c', 3));
  expect(owedMark(marks, 3, false)).toEqual({ party: 'visitor', delivered: 3, read: 1 });
  expect(owedMark(marks, 3, true)).toEqual({ party: 'visitor', delivered: 3, read: 3 });
  expect(owedMark(marks, 1, true)).toBeUndefined();
});

test("unread are the agents' messages behind the visitor's read mark", () => {
  const { marks } = withSummary(newConversation('c'), summary('c', 3));
  const entries = [said(1), said(2), said(3, 'visitor'), said(4)];
  expect(unreadOf(entries, marks).map((it) => it.seq)).toEqual([2, 4]);
});
