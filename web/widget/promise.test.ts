// What a visitor sees of the offer of an answer by e-mail, and which addresses are taken.

import { expect, test } from 'vitest';

import { newConversation, withSummary, type Conversation } from './conversation';
import { isAddress, promiseOf } from './promise';
import type { Item } from '../shared/outbox';
import type { ConversationSummary } from '../shared/protocol';

const OFFER = { text: 'May we write?' };

function conversation(change: Partial<ConversationSummary> = {}): Conversation {
  const summary: ConversationSummary = {
    id: 'a',
    number: 1,
    chatflow: 'f',
    state: 'waiting',
    assignee: null,
    head: 1,
    started_at_ms: 0,
    last_at_ms: 0,
    marks: [],
    ...change,
  };
  return withSummary(newConversation('a'), summary);
}

function item(state: Item['state'], code?: string): Item {
  const frame = {
    type: 'promise',
    conversation: 'a',
    client_id: 'p',
    email: 'grace@mail.example',
  } as const;
  return { id: 'p', lane: 'a', frame, at_ms: 1, state, ...(code !== undefined && { code }) };
}

test('BY-15 an offer is shown as long as the conversation waits', () => {
  expect(promiseOf(undefined, [], OFFER)).toBeUndefined();
  expect(promiseOf(conversation(), [], undefined)).toBeUndefined();
  expect(promiseOf(conversation(), [], OFFER)).toEqual({ state: 'offered', text: 'May we write?' });
  expect(promiseOf(conversation({ state: 'assigned' }), [], OFFER)).toBeUndefined();
});

test('BY-15 what was asked for is sending, failed or promised', () => {
  const email = 'grace@mail.example';
  for (const state of ['saving', 'queued', 'sending'] as const) {
    expect(promiseOf(conversation(), [item(state)], OFFER)).toEqual({ state: 'sending', email });
  }
  expect(promiseOf(conversation(), [item('failed', 'conflict')], OFFER)).toEqual({
    state: 'failed',
    email,
    code: 'conflict',
    id: 'p',
    text: 'May we write?',
  });
  const promised = conversation({ due_at_ms: 5 });
  expect(promiseOf(promised, [item('sending')], OFFER)).toEqual({ state: 'promised' });
  expect(promiseOf(conversation({ due_at_ms: 5, state: 'closed' }), [], OFFER)).toBeUndefined();
});

test('BY-15 the widget takes the addresses that the node takes', () => {
  const long = `${'x'.repeat(64)}@shop.example`;
  for (const text of ['a@b.cd', ' Ada.L+s@mail.shop.example ', "o'n@xn--bcher-kva.de", long]) {
    expect(isAddress(text), text).toBe(true);
  }
  const label = `a@${'x'.repeat(64)}.example`;
  for (const text of [
    '',
    'ada',
    '@shop.example',
    'ada@localhost',
    'a@b@shop.example',
    'a..b@shop.example',
    'a b@shop.example',
    'ada@-shop.example',
    'ada@shop.example.',
    'ada@192.0.2.1',
    'ådå@shop.example',
    `x${long}`,
    label,
  ]) {
    expect(isAddress(text), text).toBe(false);
  }
});
