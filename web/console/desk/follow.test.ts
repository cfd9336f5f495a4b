// What the node is asked for and told while conversations are opened and left.

import { beforeEach, expect, test } from 'vitest';
import type { ClientFrame } from '../../shared/protocol';
import { opened, withEntries, withMarks } from '../state/conversation';
import { EPOCH, message, messages } from '../state/samples';
import { Follow } from './follow';

let sent: ClientFrame[];
let follow: Follow;

const ONE = opened('one', EPOCH, 0);
const TWO = opened('two', EPOCH, 0);

beforeEach(() => {
  sent = [];
  follow = new Follow((frame) => sent.push(frame) > 0);
});

test('opening another conversation leaves the one before', () => {
  follow.lineOpened();
  follow.follow(ONE);
  follow.follow(TWO);
  expect(sent).toEqual([
    { type: 'attach', conversation: 'one', seq: 0 },
    { type: 'detach', conversation: 'one' },
    { type: 'attach', conversation: 'two', seq: 0 },
  ]);
});

test('nothing is asked while the line is down', () => {
  follow.follow(ONE);
  follow.lineOpened();
  follow.lineClosed();
  follow.follow(ONE);
  expect(sent).toEqual([]);
});

test('a cursor that went with the hello is not attached twice', () => {
  follow.offered('one');
  follow.lineOpened();
  follow.follow(ONE);
  expect(sent).toEqual([]);
});

test('somebody who went on during the hello follows the new one', () => {
  follow.offered('one');
  follow.lineOpened();
  follow.follow(TWO);
  expect(sent.map((frame) => frame.type)).toEqual(['detach', 'attach']);
});

test('a message is delivered when it is here, and read when somebody looks', () => {
  const full = withEntries(ONE, EPOCH, messages(1, 3)).conversation;
  follow.lineOpened();
  follow.follow(full);
  sent.length = 0;
  follow.mark(full, false);
  follow.mark(full, false);
  follow.mark(full, true);
  follow.mark(full, true);
  expect(sent).toEqual([
    { type: 'mark', conversation: 'one', delivered: 3, read: 0 },
    { type: 'mark', conversation: 'one', delivered: 3, read: 3 },
  ]);
});

test('neither what is marked already nor what the team wrote is marked', () => {
  const entries = [message(1, 'visitor'), message(2, 'ana')];
  let full = withEntries(ONE, EPOCH, entries).conversation;
  full = withMarks(full, { party: 'team', delivered: 1, read: 1 });
  follow.lineOpened();
  follow.follow(full);
  sent.length = 0;
  follow.mark(full, true);
  expect(sent).toEqual([]);
});

test('marks that were said on a lost line are said again on the next', () => {
  const full = withEntries(ONE, EPOCH, messages(1, 1)).conversation;
  for (let line = 1; line <= 2; line += 1) {
    follow.lineOpened();
    follow.follow(full);
    follow.mark(full, true);
    follow.lineClosed();
  }
  expect(sent.filter((frame) => frame.type === 'mark')).toHaveLength(2);
});
