// Notices: what makes an agent look, and what does not.

import { expect, test } from 'vitest';
import type { BoardRow } from '../../shared/protocol';
import { boardAfter, EMPTY_BOARD, type Board } from './board';
import { attentionCount, documentTitle, newNotices, type Watcher } from './notices';
import { ANA, BEN, boardRow, INBOX, wholeBoard } from './samples';

const AWAY: Watcher = { me: ANA, seen: new Map([['a', 1]]), lookingAt: null };

function kinds(before: Board, row: BoardRow, watcher = AWAY): string[] {
  const after = boardAfter(before, { inbox: INBOX, whole: false, rows: [row] });
  return newNotices(before, after, watcher).map((notice) => notice.kind);
}

test('the first list after a sign-in gives no notice', () => {
  const first = wholeBoard(boardRow('a'), boardRow('b'));
  expect(newNotices(EMPTY_BOARD, first, AWAY)).toEqual([]);
});

test('a list that comes whole again gives notice of what is new in it', () => {
  const before = wholeBoard(boardRow('a'));
  const rows = [boardRow('a'), boardRow('b')];
  const after = boardAfter(before, { inbox: INBOX, whole: true, rows });
  expect(newNotices(before, after, AWAY).map((notice) => notice.conversation)).toEqual(['b']);
});

test('a new waiting conversation gives notice once', () => {
  expect(kinds(wholeBoard(), boardRow('a'))).toEqual(['waiting']);
  const again = boardRow('a', { seq: 2, preview: 'Hello?' });
  expect(kinds(wholeBoard(boardRow('a')), again)).toEqual([]);
});

test('one assigned to me gives notice, one assigned to a colleague does not', () => {
  const before = wholeBoard(boardRow('a'));
  const mine = boardRow('a', { seq: 2, state: 'assigned', assignee: ANA });
  const his = boardRow('a', { seq: 2, state: 'assigned', assignee: BEN });
  expect(kinds(before, mine)).toEqual(['assigned']);
  expect(kinds(before, his)).toEqual([]);
});

test('a visitor who writes in mine gives notice, unless I look at it', () => {
  const before = wholeBoard(boardRow('a', { state: 'assigned', assignee: ANA }));
  const wrote = boardRow('a', { state: 'assigned', assignee: ANA, seq: 2, preview: 'Hm?' });
  expect(kinds(before, wrote)).toEqual(['message']);
  expect(kinds(before, wrote, { ...AWAY, lookingAt: 'a' })).toEqual([]);
});

test('the same words once more give notice, a change of hands does not', () => {
  const mine = { state: 'assigned', assignee: ANA } as const;
  const before = wholeBoard(boardRow('a'));
  expect(kinds(before, boardRow('a', { ...mine, seq: 2 }))).toEqual(['assigned']);
  const held = wholeBoard(boardRow('a', mine));
  expect(kinds(held, boardRow('a', { ...mine, seq: 2 }))).toEqual(['news']);
  expect(kinds(held, boardRow('a', { ...mine, state: 'bot', seq: 2 }))).toEqual([]);
});

test('my own reply gives no notice', () => {
  const before = wholeBoard(boardRow('a', { state: 'assigned', assignee: ANA }));
  const replied = { state: 'assigned', assignee: ANA, seq: 2, preview: 'Yes' } as const;
  expect(kinds(before, boardRow('a', { ...replied, preview_by: 'team' }))).toEqual([]);
});

test('the title counts who waits and what of mine is unread', () => {
  const board = wholeBoard(
    boardRow('waits'),
    boardRow('mine', { state: 'assigned', assignee: ANA }),
    boardRow('seen', { state: 'assigned', assignee: ANA }),
    boardRow('his', { state: 'assigned', assignee: BEN }),
  );
  const seen = new Map([['seen', 1]]);
  expect(attentionCount(board, seen, ANA)).toBe(2);
  expect(documentTitle(2, 'Salotto')).toBe('(2) Salotto');
  expect(documentTitle(0, 'Salotto')).toBe('Salotto');
});
