// The supervisor's numbers: positions, longest wait, what is owed, what was missed.

import { expect, test } from 'vitest';
import type { AgentPresence } from '../../shared/protocol';
import { BOARD_OPEN_MAX, crewOf, missedToday, queueOf, ticking, totalsOf } from './floor';
import { ANA, BEN, boardRow, INBOX, wholeBoard } from './samples';

const NOW = new Date(2026, 10, 23, 14, 0).getTime();
const MINUTE = 60_000;

function waits(id: string, minutes: number, chatflow = 'sales') {
  return boardRow(id, { waiting_since_ms: NOW - minutes * MINUTE, chatflow });
}

test('a position is counted among those of the same chatflow, the longest wait first', () => {
  const board = wholeBoard(waits('b', 2), waits('a', 5), waits('c', 3, 'help'), waits('d', 1));
  const order = queueOf(board, INBOX).map(({ row, position }) => [row.conversation, position]);
  expect(order).toEqual([
    ['a', 1],
    ['c', 1],
    ['b', 2],
    ['d', 3],
  ]);
});

test('what is nobody’s stands behind the queue, and has no place in it', () => {
  const left = boardRow('left', { state: 'unassigned', started_at_ms: 0 });
  const queue = queueOf(wholeBoard(left, waits('a', 1)), null);
  expect(queue.map((each) => [each.row.conversation, each.position])).toEqual([
    ['a', 1],
    ['left', null],
  ]);
});

test('REG-14, AS-41 who waits for a team is in nobody else’s way', () => {
  const board = wholeBoard({ ...waits('a', 5), team: 'sales' }, waits('b', 4), waits('c', 3));
  const turns = queueOf(board, INBOX).map(({ row, inTurn }) => [row.conversation, inTurn]);
  expect(turns).toEqual([
    ['a', true],
    ['b', true],
    ['c', false],
  ]);
});

test('another inbox is another queue', () => {
  const board = wholeBoard(waits('a', 1));
  expect(queueOf(board, 'other')).toEqual([]);
  expect(totalsOf(board, 'other', NOW).waiting).toBe(0);
});

test('the totals count who waits, since when, who is answered and who is not', () => {
  const board = wholeBoard(
    waits('a', 5),
    waits('b', 2),
    boardRow('left', { state: 'unassigned' }),
    boardRow('owed', { state: 'assigned', assignee: ANA, preview_by: 'visitor' }),
    boardRow('done', { state: 'assigned', assignee: BEN, preview_by: 'team' }),
    boardRow('missed', { state: 'unassigned', missed_at_ms: NOW - MINUTE }),
    boardRow('closed', { state: 'closed', assignee: BEN }),
  );
  expect(totalsOf(board, null, NOW)).toEqual({
    waiting: 2,
    longest_since_ms: NOW - 5 * MINUTE,
    unassigned: 1,
    assigned: 2,
    unanswered: 1,
    missed: 1,
    atLeast: false,
  });
  expect(totalsOf(wholeBoard(), null, NOW).longest_since_ms).toBeNull();
});

test('of a full board it is said that there may be more', () => {
  const rows = Array.from({ length: BOARD_OPEN_MAX }, (_, index) => waits(`w${index}`, index));
  expect(totalsOf(wholeBoard(...rows), null, NOW).atLeast).toBe(true);
  expect(totalsOf(wholeBoard(...rows.slice(1)), null, NOW).atLeast).toBe(false);
});

test('missed are those of today, the latest first', () => {
  const missed = (id: string, at: number) =>
    boardRow(id, { state: 'unassigned', missed_at_ms: at });
  const yesterday = NOW - 24 * 60 * MINUTE;
  const board = wholeBoard(
    missed('early', NOW - 60 * MINUTE),
    missed('late', NOW - MINUTE),
    missed('yesterday', yesterday),
  );
  const found = missedToday(board, null, NOW).map((row) => row.conversation);
  expect(found).toEqual(['late', 'early']);
});

test('the team is counted by who can be reached', () => {
  const agent = (id: string, change: Partial<AgentPresence>): [string, AgentPresence] => [
    id,
    { id, name: id, status: 'available', present: true, active: 0, capacity: 2, ...change },
  ];
  const team = new Map([
    agent('gone', { present: false }),
    agent('free', {}),
    agent('full', { active: 2 }),
    agent('away', { status: 'away' }),
  ]);
  const { agents, reach } = crewOf(team);
  expect(reach).toEqual({ available: 1, full: 1, away: 1, absent: 1 });
  expect(agents.map((each) => each.id)).toEqual(['free', 'full', 'away', 'gone']);
});

test('a wait ticks in seconds, minutes and hours', () => {
  expect(ticking(7_400)).toBe('0:07');
  expect(ticking(12 * MINUTE + 40_000)).toBe('12:40');
  expect(ticking(62 * MINUTE + 3_000)).toBe('1:02:03');
  expect(ticking(-5)).toBe('0:00');
});
