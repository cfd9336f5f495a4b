// Made-up rows, entries and states for the tests of this folder.

import type { BoardRow, Entry, EntryBody, Session } from '../../shared/protocol';
import { boardAfter, EMPTY_BOARD, type Board } from './board';
import { startState, type DeskState } from './desk';
import { DESK } from './route';

export const ANA = 'agent-ana';
export const BEN = 'agent-ben';
export const INBOX = 'inbox';
export const EPOCH = 'epoch';

export function boardRow(conversation: string, change: Partial<BoardRow> = {}): BoardRow {
  return {
    conversation,
    number: 4711,
    visitor: 'visitor',
    seq: 1,
    state: 'waiting',
    assignee: null,
    preview: 'Hello',
    preview_by: 'visitor',
    started_at_ms: 0,
    last_at_ms: 0,
    ...change,
  };
}

export function wholeBoard(...rows: BoardRow[]): Board {
  return boardAfter(EMPTY_BOARD, { inbox: INBOX, whole: true, rows });
}

const BY = {
  visitor: { kind: 'visitor', id: 'visitor' },
  ana: { kind: 'agent', id: ANA, name: 'Ana' },
  ben: { kind: 'agent', id: BEN, name: 'Ben' },
  system: { kind: 'system' },
} as const;

export function entry(seq: number, by: keyof typeof BY, body: EntryBody): Entry {
  return { after: seq - 1, seq, at_ms: seq * 1000, by: BY[by], ...body };
}

export function message(seq: number, by: keyof typeof BY, text = `message ${seq}`): Entry {
  return entry(seq, by, { type: 'message', text });
}

/** `from` to `to`, both included. */
export function messages(from: number, to: number): Entry[] {
  return Array.from({ length: to - from + 1 }, (_, index) => message(from + index, 'visitor'));
}

const SESSION: Session = {
  agent: ANA,
  name: 'Ana',
  email: 'ana@example.com',
  status: 'available',
  inboxes: [{ id: INBOX, name: 'Inbox' }],
  socket_token: '',
  csrf_token: '',
};

export function deskState(change: Partial<DeskState> = {}): DeskState {
  const start = startState({
    session: SESSION,
    screen: DESK,
    place: { tab: 'all', open: null },
    seen: new Map(),
    looking: true,
    muted: false,
    alerts: 'default',
    now_ms: 0,
  });
  return { ...start, epoch: EPOCH, ...change };
}
