// The board: deltas, tabs, order, counts.

import { expect, test } from 'vitest';
import {
  boardAfter,
  counts,
  EMPTY_BOARD,
  shownRows,
  visitorLabel,
  type Filter,
} from './board';
import { ANA, BEN, boardRow, INBOX, wholeBoard } from './samples';

const ALL: Filter = { tab: 'all', inbox: null, words: '' };

test('a delta changes only the rows that it names', () => {
  const before = wholeBoard(boardRow('a', { seq: 1 }), boardRow('b', { seq: 1 }));
  const rows = [boardRow('b', { seq: 2, preview: 'newer' })];
  const after = boardAfter(before, { inbox: INBOX, whole: false, rows });
  expect(after.rows.get('a')).toBe(before.rows.get('a'));
  expect(after.rows.get('b')?.preview).toBe('newer');
});

test('a row that arrives late does not undo a newer one', () => {
  const before = wholeBoard(boardRow('a', { seq: 5, preview: 'newer' }));
  const rows = [boardRow('a', { seq: 4, preview: 'older' })];
  const after = boardAfter(before, { inbox: INBOX, whole: false, rows });
  expect(after.rows.get('a')?.preview).toBe('newer');
});

test('a whole list forgets the rows of its own inbox only, and may go back after a restore', () => {
  const other = { inbox: 'other', whole: true, rows: [boardRow('x')] };
  const before = boardAfter(wholeBoard(boardRow('a', { seq: 9 }), boardRow('b')), other);
  const rows = [boardRow('a', { seq: 3 })];
  const after = boardAfter(before, { inbox: INBOX, whole: true, rows });
  expect([...after.rows.keys()].sort()).toEqual(['a', 'x']);
  expect(after.rows.get('a')?.seq).toBe(3);
});

test('a row that is gone disappears', () => {
  const before = wholeBoard(boardRow('a'), boardRow('b'));
  const after = boardAfter(before, { inbox: INBOX, whole: false, rows: [], gone: ['a'] });
  expect([...after.rows.keys()]).toEqual(['b']);
});

// AS-44
test('a row that was moved is in its new inbox, whichever board says so first', () => {
  const to = { inbox: 'other', whole: false, rows: [boardRow('a', { seq: 2 })] };
  const from = { inbox: INBOX, whole: false, rows: [], gone: ['a'] };
  for (const updates of [
    [to, from],
    [from, to],
  ]) {
    const after = updates.reduce(boardAfter, wholeBoard(boardRow('a', { seq: 1 })));
    expect(after.rows.get('a')?.inbox).toBe('other');
  }
});

test('each tab has its own rows, and the counts say how many', () => {
  const board = wholeBoard(
    boardRow('waits', { state: 'waiting' }),
    boardRow('left', { state: 'unassigned' }),
    boardRow('mine', { state: 'assigned', assignee: ANA }),
    boardRow('his', { state: 'assigned', assignee: BEN }),
    boardRow('done', { state: 'closed', assignee: ANA }),
  );
  const names = (tab: Filter['tab']) =>
    shownRows(board, { ...ALL, tab }, ANA)
      .map((row) => row.conversation)
      .sort();
  expect(names('waiting')).toEqual(['left', 'waits']);
  expect(names('mine')).toEqual(['mine']);
  expect(names('all')).toEqual(['his', 'left', 'mine', 'waits']);
  expect(names('closed')).toEqual(['done']);
  expect(counts(board, null, ANA)).toEqual({ waiting: 2, mine: 1, all: 4, closed: 1 });
});

test('a visitor who waited and has long been gone stays in the list of all', () => {
  const missed = boardRow('gone', { state: 'unassigned', missed_at_ms: 500 });
  const board = wholeBoard(missed, boardRow('left', { state: 'unassigned' }));
  const names = (tab: Filter['tab']) =>
    shownRows(board, { ...ALL, tab }, ANA)
      .map((row) => row.conversation)
      .sort();
  expect(names('waiting')).toEqual(['left']);
  expect(names('all')).toEqual(['gone', 'left']);
});

test('who has waited longest comes first, elsewhere the latest activity does', () => {
  const board = wholeBoard(
    boardRow('short', { state: 'waiting', waiting_since_ms: 200, last_at_ms: 900 }),
    boardRow('long', { state: 'waiting', waiting_since_ms: 100, last_at_ms: 300 }),
  );
  const order = (tab: Filter['tab']) =>
    shownRows(board, { ...ALL, tab }, ANA).map((row) => row.conversation);
  expect(order('waiting')).toEqual(['long', 'short']);
  expect(order('all')).toEqual(['short', 'long']);
});

test('the filter finds words of the preview and digits of the number', () => {
  const board = wholeBoard(
    boardRow('a', { preview: 'My Discount code' }),
    boardRow('b', { number: 1234821 }),
  );
  const found = (words: string) =>
    shownRows(board, { ...ALL, words }, ANA).map((row) => row.conversation);
  expect(found('discount ')).toEqual(['a']);
  expect(found('visitor 4821')).toEqual(['b']);
  expect(found('nowhere')).toEqual([]);
});

test('a visitor is called by the last four digits, also when there are fewer', () => {
  expect(visitorLabel(5512093384821)).toBe('Visitor 4821');
  expect(visitorLabel(77)).toBe('Visitor 0077');
});

test('nothing is loaded before the first whole list', () => {
  expect(EMPTY_BOARD.loaded.has(INBOX)).toBe(false);
  expect(wholeBoard().loaded.has(INBOX)).toBe(true);
});
