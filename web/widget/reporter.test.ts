// Reports of marks, on lines that may lose them.

import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { grown, newConversation, withMarks, type Conversation } from './conversation';
import { MarkReporter } from './reporter';
import type { Entry, MarkPair } from '../shared/protocol';

let conversation: Conversation | undefined;
let looks: boolean;
let isOpen: boolean;
let sent: MarkPair[];
let reporter: MarkReporter;

function receive(seq: number): void {
  const by = { kind: 'agent', id: 'a', name: 'Ada' } as const;
  const entry: Entry = { after: seq - 1, seq, at_ms: 0, by, type: 'message', text: '' };
  conversation = grown(conversation ?? newConversation('c'), 'e', [entry]).conversation;
  reporter.look();
}

beforeEach(() => {
  vi.useFakeTimers();
  conversation = undefined;
  looks = false;
  isOpen = true;
  sent = [];
  reporter = new MarkReporter({
    conversation: () => conversation,
    looks: () => looks,
    send: (_, mark) => {
      if (isOpen) sent.push(mark);
      return isOpen;
    },
    onReported: () => undefined,
  });
});

afterEach(() => {
  vi.useRealTimers();
});

test('what comes close together is reported once, as delivered', () => {
  receive(1);
  receive(2);
  vi.runAllTimers();
  expect(sent).toEqual([{ party: 'visitor', delivered: 2, read: 0 }]);
});

test('what is looked at is reported as read, and nothing is said twice', () => {
  receive(1);
  vi.runAllTimers();
  looks = true;
  reporter.look();
  vi.runAllTimers();
  reporter.look();
  vi.runAllTimers();
  expect(sent.map((it) => it.read)).toEqual([0, 1]);
});

test('what a broken line may have lost is said again, unless the node knows it', () => {
  looks = true;
  receive(1);
  vi.runAllTimers();
  reporter.lineClosed();
  reporter.look();
  vi.runAllTimers();
  expect(sent).toHaveLength(2);
  conversation = conversation && withMarks(conversation, sent[0] as MarkPair);
  reporter.lineClosed();
  reporter.look();
  vi.runAllTimers();
  expect(sent).toHaveLength(2);
});

test('nothing is taken for said while the line is closed', () => {
  isOpen = false;
  receive(1);
  vi.runAllTimers();
  isOpen = true;
  reporter.look();
  vi.runAllTimers();
  expect(sent).toHaveLength(1);
});
