// A supervisor's view: the queue of each inbox, what it adds up to, and the team. Pure.

import type { AgentPresence, InboxId } from '../../shared/protocol';
import { isMissed, isWaiting, type Board, type Row } from './board';
import { inOrder, reachOf, type Reach, type Team } from './team';
import { midnight } from './words';

/** A board has so many open rows at most, the latest active ones: then there may be more. */
export const BOARD_OPEN_MAX = 500;

export interface Queued {
  readonly row: Row;
  /** As its visitor is told it: among those of the same chatflow. Null: nobody's, in no queue. */
  readonly position: number | null;
  /** Nobody who waits for the same people has waited longer. */
  readonly inTurn: boolean;
  readonly since_ms: number;
}

export interface Totals {
  readonly waiting: number;
  /** Of the one that has waited longest. */
  readonly longest_since_ms: number | null;
  /** Open, nobody's, and in no queue. */
  readonly unassigned: number;
  readonly assigned: number;
  /** Assigned, and the visitor had the last word. */
  readonly unanswered: number;
  readonly missed: number;
  /** A board is full: of each kind there may be more, and one that has waited longer. */
  readonly atLeast: boolean;
}

/** Who waits in this inbox (`null`: in all), the longest wait first; then what is nobody's. */
export function queueOf(board: Board, inbox: InboxId | null): Queued[] {
  const rows = rowsOf(board, inbox).filter(isWaiting);
  const positions = new Map<string, number>();
  const lines = new Set<string>();
  return rows
    .map((row) => ({ row, since_ms: row.waiting_since_ms ?? row.started_at_ms }))
    .sort(
      (one, other) =>
        rank(one.row) - rank(other.row) ||
        one.since_ms - other.since_ms ||
        (one.row.conversation < other.row.conversation ? -1 : 1),
    )
    .map(({ row, since_ms }) => {
      if (row.state !== 'waiting') return { row, since_ms, position: null, inTurn: true };
      const queue = row.chatflow ?? row.inbox;
      const position = (positions.get(queue) ?? 0) + 1;
      positions.set(queue, position);
      const line = `${queue} ${row.inbox} ${row.team ?? ''}`;
      const inTurn = !lines.has(line);
      lines.add(line);
      return { row, since_ms, position, inTurn };
    });
}

export function totalsOf(board: Board, inbox: InboxId | null, nowMs: number): Totals {
  const rows = rowsOf(board, inbox);
  const waiting = rows.filter((row) => row.state === 'waiting');
  const since = waiting.map((row) => row.waiting_since_ms ?? row.started_at_ms);
  const assigned = rows.filter((row) => row.state === 'assigned');
  return {
    waiting: waiting.length,
    longest_since_ms: since.length === 0 ? null : Math.min(...since),
    unassigned: rows.filter((row) => row.state === 'unassigned' && !isMissed(row)).length,
    assigned: assigned.length,
    unanswered: assigned.filter((row) => row.preview_by === 'visitor').length,
    missed: missedToday(board, inbox, nowMs).length,
    atLeast: hasFullBoard(rows),
  };
}

/** Visitors who left unserved since midnight, the latest first. Whoever returns waits again. */
export function missedToday(board: Board, inbox: InboxId | null, nowMs: number): Row[] {
  const today = midnight(nowMs);
  const missedAt = (row: Row): number => row.missed_at_ms ?? 0;
  return rowsOf(board, inbox)
    .filter((row) => isMissed(row) && missedAt(row) >= today)
    .sort((one, other) => missedAt(other) - missedAt(one));
}

/** How many agents there are of each reach, and the slots that are still free. */
export interface Crew {
  readonly agents: readonly AgentPresence[];
  readonly reach: Readonly<Record<Reach, number>>;
}

export function crewOf(team: Team): Crew {
  const agents = inOrder(team);
  const reach = { available: 0, full: 0, away: 0, absent: 0 };
  for (const agent of agents) reach[reachOf(agent)] += 1;
  return { agents, reach };
}

/** "0:07", "12:40", "1:02:03": a wait, second by second. */
export function ticking(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const two = (number: number): string => String(number).padStart(2, '0');
  const [h, m, s] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

function rowsOf(board: Board, inbox: InboxId | null): Row[] {
  const rows = [...board.rows.values()];
  return inbox === null ? rows : rows.filter((row) => row.inbox === inbox);
}

function hasFullBoard(rows: readonly Row[]): boolean {
  const open = new Map<InboxId, number>();
  for (const row of rows) {
    if (row.state !== 'closed') open.set(row.inbox, (open.get(row.inbox) ?? 0) + 1);
  }
  return [...open.values()].some((count) => count >= BOARD_OPEN_MAX);
}

function rank(row: Row): 0 | 1 {
  return row.state === 'waiting' ? 0 : 1;
}
