// The visitor's place in the queue: what is shown, and when it goes away.

import { expect, test } from 'vitest';

import { Queueing } from './queueing';
import { queueWords } from './words';
import type { ConversationSummary } from '../shared/protocol';

function summary(
  state: ConversationSummary['state'],
  assignee: string | null = null,
): ConversationSummary {
  return {
    id: 'a',
    number: 1,
    chatflow: 'f',
    state,
    assignee,
    head: 1,
    started_at_ms: 0,
    last_at_ms: 0,
    marks: [],
  };
}

test('a place is shown as long as the conversation waits', () => {
  const queueing = new Queueing();
  expect(queueing.placeOf(summary('waiting'))).toBeUndefined();

  queueing.heard({ type: 'queue', conversation: 'a', position: 3, expected_wait_ms: 240_000 });

  const place = { position: 3, expected_wait_ms: 240_000 };
  expect(queueing.placeOf(summary('waiting'))).toEqual(place);
  expect(queueing.placeOf(summary('waiting', 'ada'))).toBeUndefined();
  expect(queueing.placeOf(summary('assigned', 'ada'))).toBeUndefined();
  expect(queueing.placeOf(undefined)).toBeUndefined();
});

test('BY-15 an offer is known as long as the conversation waits, with a place or without', () => {
  const queueing = new Queueing();
  queueing.heard({ type: 'queue', conversation: 'a', offer: true });
  expect(queueing.placeOf(summary('waiting'))).toBeUndefined();
  expect(queueing.offerOf(summary('waiting'))).toEqual({ text: '' });
  expect(queueing.offerOf(summary('assigned', 'ada'))).toBeUndefined();
  queueing.heard({ type: 'queue', conversation: 'a', position: 2, offer: true, offer_text: 'So?' });
  expect(queueing.offerOf(summary('waiting'))).toEqual({ text: 'So?' });
  queueing.heard({ type: 'queue', conversation: 'a', position: 2 });
  expect(queueing.offerOf(summary('waiting'))).toBeUndefined();
});

test('a place taken back, of another conversation or of an earlier line is not shown', () => {
  const queueing = new Queueing();
  queueing.heard({ type: 'queue', conversation: 'b', position: 3 });
  expect(queueing.placeOf(summary('waiting'))).toBeUndefined();
  queueing.heard({ type: 'queue', conversation: 'a', position: 3 });
  queueing.heard({ type: 'queue', conversation: 'a' });
  expect(queueing.placeOf(summary('waiting'))).toBeUndefined();
  queueing.heard({ type: 'queue', conversation: 'a', position: 2 });
  queueing.begin();
  expect(queueing.placeOf(summary('waiting'))).toBeUndefined();
});

test('the words say where and about how long', () => {
  const words = (position: number, expected_wait_ms?: number) =>
    queueWords({ position, ...(expected_wait_ms !== undefined && { expected_wait_ms }) });
  expect(words(3, 240_000)).toBe('You are number 3 in the queue, about 4 minutes');
  expect(words(3)).toBe('You are number 3 in the queue');
  expect(words(1, 20_000)).toBe('You are next, less than a minute');
  expect(words(2, 70_000)).toBe('You are number 2 in the queue, about a minute');
  expect(words(90, 2 * 60 * 60_000)).toBe('You are number 90 in the queue, about 2 hours');
  expect(queueWords({ position: 201, at_least: true })).toBe(
    'More than 200 people are before you in the queue',
  );
});
