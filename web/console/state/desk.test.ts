// What frames make of the desk's state.

import { expect, test } from 'vitest';
import type { AgentPresence } from '../../shared/protocol';
import { afterFrame, KEPT_MAX, statusOf, withOpened, withSeen } from './desk';
import { ANA, boardRow, deskState, EPOCH, message, messages, wholeBoard } from './samples';

const ME: AgentPresence = {
  id: ANA,
  name: 'Ana',
  status: 'available',
  present: true,
  active: 0,
  capacity: 3,
};

function opened(seq = 1) {
  const board = wholeBoard(boardRow('c', { seq }));
  return withOpened(deskState({ board, place: { tab: 'all', open: 'c' } }), 'c');
}

function entries(from: number, to: number) {
  const list = messages(from, to);
  return { type: 'entries', conversation: 'c', epoch: EPOCH, entries: list } as const;
}

test('a gap asks for another attach', () => {
  const first = afterFrame(opened(), entries(1, 2), 0);
  const gap = afterFrame(first.state, entries(5, 5), 0);
  expect(first.attach).toBeNull();
  expect(gap.attach).toBe('c');
  expect(gap.fresh).toEqual([]);
});

test('too far behind, the window moves to the head and is attached there', () => {
  const frame = { type: 'limited', conversation: 'c', epoch: EPOCH, head: 900 } as const;
  const after = afterFrame(opened(), frame, 0);
  expect(after.attach).toBe('c');
  expect(after.state.conversations.get('c')?.floor).toBe(800);
});

test('after a reset the node sends what follows, so nothing is asked', () => {
  const before = afterFrame(opened(), entries(1, 2), 0).state;
  const frame = {
    type: 'reset',
    conversation: 'c',
    epoch: 'restored',
    head: 1,
    reason: 'epoch',
  } as const;
  const after = afterFrame(before, frame, 0);
  expect(after.attach).toBeNull();
  expect(after.state.conversations.get('c')?.log.entries).toEqual([]);
});

test('frames of a conversation that is not kept change nothing', () => {
  const state = deskState();
  expect(afterFrame(state, entries(1, 1), 0).state).toBe(state);
});

test('the status one asked for shows at once and is settled by the node', () => {
  const asked = deskState({ wantedStatus: 'away' });
  const still = afterFrame(asked, { type: 'agents', agents: [ME] }, 0).state;
  expect(statusOf(still)).toBe('away');
  const away = { ...ME, status: 'away' } as const;
  const done = afterFrame(still, { type: 'agents', agents: [away] }, 0).state;
  expect(done.wantedStatus).toBeNull();
  expect(statusOf(done)).toBe('away');
});

test('a later agents frame changes only those it names', () => {
  const ben = { ...ME, id: 'ben', name: 'Ben' };
  const all = afterFrame(deskState(), { type: 'agents', agents: [ME, ben] }, 0).state;
  const changed = { ...ben, active: 2 };
  const after = afterFrame(all, { type: 'agents', agents: [changed] }, 0).state;
  expect([...after.team.values()]).toEqual([ME, changed]);
});

test('who was deactivated leaves the team, whether one was there to hear of it or not', () => {
  const ben = { ...ME, id: 'ben', name: 'Ben' };
  const all = afterFrame(deskState(), { type: 'agents', agents: [ME, ben] }, 0).state;
  const gone = afterFrame(all, { type: 'agents', agents: [], gone: ['ben'] }, 0).state;
  expect([...gone.team.keys()]).toEqual([ME.id]);
  const whole = afterFrame(all, { type: 'agents', agents: [ME], whole: true }, 0).state;
  expect([...whole.team.keys()]).toEqual([ME.id]);
});

test('a conversation that does not exist is said to be missing', () => {
  const frame = { type: 'refused', code: 'not_found', message: 'no', conversation: 'c' } as const;
  expect(afterFrame(opened(), frame, 0).state.conversations.get('c')?.missing).toBe(true);
});

test('a temporary refusal is not worth a word', () => {
  const frame = {
    type: 'refused',
    code: 'busy',
    message: 'busy',
    retry_after_ms: 100,
  } as const;
  expect(afterFrame(deskState(), frame, 0).state.toast).toBeNull();
});

test('what is looked at counts as seen, what is only open does not', () => {
  const frame = { ...entries(1, 1), entries: [message(1, 'visitor')] };
  const state = afterFrame(opened(), frame, 0).state;
  expect(withSeen(state).seen.get('c')).toBe(1);
  expect(withSeen({ ...state, looking: false }).seen.has('c')).toBe(false);
});

test('what one did oneself is nothing new', () => {
  const board = wholeBoard(boardRow('c', { seq: 3 }));
  const ack = { type: 'ack', client_id: 'x', conversation: 'c', seq: 4, at_ms: 0 } as const;
  const read = deskState({ board, seen: new Map([['c', 3]]) });
  const unread = deskState({ board, seen: new Map([['c', 2]]) });
  expect(afterFrame(read, ack, 0).state.seen.get('c')).toBe(4);
  expect(afterFrame(unread, ack, 0).state.seen.get('c')).toBe(2);
});

test('the conversations used last are kept, the others forgotten', () => {
  let state = deskState();
  for (let index = 0; index <= KEPT_MAX; index += 1) state = withOpened(state, `c${index}`);
  expect(state.conversations.size).toBe(KEPT_MAX);
  expect(state.conversations.has('c0')).toBe(false);
  expect(state.conversations.has(`c${KEPT_MAX}`)).toBe(true);
});
