// The receiver's rule.

import { expect, test } from 'vitest';

import { cursorOf, emptyLog, resetLog, takeEntries, type Log } from './log';
import type { Entry } from './protocol';

function entry(after: number, seq: number): Entry {
  const by = { kind: 'system' } as const;
  return { after, seq, at_ms: seq, by, type: 'message', text: `text ${seq}` };
}

function logUpTo(seq: number): Log {
  const entries = Array.from({ length: seq }, (_, at) => entry(at, at + 1));
  return takeEntries(emptyLog('c'), 'e1', entries).log;
}

const seqs = (log: Log) => log.entries.map((it) => it.seq);

test('entries in order are taken and move the cursor', () => {
  const { log, fresh, gap } = takeEntries(emptyLog('c'), 'e1', [entry(0, 1), entry(1, 2)]);
  expect(seqs(log)).toEqual([1, 2]);
  expect(fresh).toHaveLength(2);
  expect(gap).toBe(false);
  expect(cursorOf(log)).toEqual({ conversation: 'c', epoch: 'e1', seq: 2 });
});

test('what is hidden from this view leaves no gap', () => {
  const taken = takeEntries(logUpTo(2), 'e1', [entry(2, 5)]);
  expect(taken.gap).toBe(false);
  expect(seqs(taken.log)).toEqual([1, 2, 5]);
});

test('a repeat is dropped and the log stays the same object', () => {
  const log = logUpTo(3);
  expect(takeEntries(log, 'e1', [entry(1, 2), entry(2, 3)]).log).toBe(log);
});

test('an overlap of old and new gives the new ones only', () => {
  const taken = takeEntries(logUpTo(2), 'e1', [entry(1, 2), entry(2, 3)]);
  expect(taken.fresh.map((it) => it.seq)).toEqual([3]);
});

test('a catch-up that starts at an older cursor is taken', () => {
  // The server answered a cursor of 2 while 3 was already on its way.
  const taken = takeEntries(logUpTo(3), 'e1', [entry(2, 5)]);
  expect(taken.gap).toBe(false);
  expect(taken.log.last).toBe(5);
});

test('what comes after a gap is left for the next attach', () => {
  const taken = takeEntries(logUpTo(2), 'e1', [entry(2, 3), entry(4, 5)]);
  expect(taken.gap).toBe(true);
  expect(seqs(taken.log)).toEqual([1, 2, 3]);
  expect(cursorOf(taken.log).seq).toBe(3);
});

test('entries of another epoch are a gap, and a reset starts over', () => {
  const log = logUpTo(3);
  const taken = takeEntries(log, 'e2', [entry(3, 4)]);
  expect(taken.gap).toBe(true);
  expect(taken.log).toBe(log);
  const again = takeEntries(resetLog(log, 'e2'), 'e2', [entry(0, 1)]);
  expect(seqs(again.log)).toEqual([1]);
  expect(cursorOf(again.log).epoch).toBe('e2');
});

test('the cursor of an empty log names no epoch', () => {
  expect(cursorOf(emptyLog('c'))).toEqual({ conversation: 'c', seq: 0 });
});
