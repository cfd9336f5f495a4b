// The outbox against a line that the test opens, closes and answers for.

import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { Outbox, RESEND_AFTER_MS, START_LANE, type OutboxStorage } from './outbox';
import type { Entry, SentFrame } from './protocol';

class FakeStorage implements OutboxStorage {
  readonly kept = new Map<string, string>();
  all = async () => [...this.kept.values()];
  put = async (id: string, json: string): Promise<void> => void this.kept.set(id, json);
  remove = (id: string) => void this.kept.delete(id);
}

let storage: FakeStorage;
let wire: SentFrame[];
let overdue: ReturnType<typeof vi.fn>;
let outbox: Outbox;

const settle = () => vi.advanceTimersByTimeAsync(0);
const ids = () => wire.map((frame) => frame.client_id);
const states = () => outbox.items.map((it) => it.state);

function make(): Outbox {
  return new Outbox({
    storage,
    send: (frame) => {
      wire.push(frame);
      return true;
    },
    onChange: () => undefined,
    onOverdue: overdue as never,
    random: () => 0,
  });
}

function message(client_id: string, conversation = 'c'): SentFrame {
  return { type: 'send', conversation, client_id, text: `text of ${client_id}` };
}

function start(client_id: string): SentFrame {
  const message_client_id = `m-${client_id}`;
  return { type: 'start', client_id, chatflow: 'f', message_client_id, text: client_id };
}

function ack(client_id: string, seq: number, conversation = 'c') {
  outbox.acked({ client_id, conversation, seq, at_ms: 0 });
}

function entry(client_id: string, seq: number): Entry {
  const by = { kind: 'visitor', id: 'v' } as const;
  return { after: seq - 1, seq, at_ms: 0, by, client_id, type: 'message', text: 'x' };
}

beforeEach(() => {
  vi.useFakeTimers();
  storage = new FakeStorage();
  wire = [];
  overdue = vi.fn();
  outbox = make();
});

afterEach(() => {
  outbox.lineClosed();
  vi.useRealTimers();
});

test('a message is in the storage before it is on the wire', async () => {
  outbox.lineOpened();
  let stored: () => void = () => undefined;
  storage.put = () => new Promise<void>((resolve) => (stored = resolve));
  outbox.add('c', message('a'));
  await settle();
  expect(wire).toHaveLength(0);
  stored();
  await settle();
  expect(ids()).toEqual(['a']);
});

test('a storage that refuses does not stop the message', async () => {
  outbox.lineOpened();
  storage.put = () => Promise.reject(new Error('full'));
  outbox.add('c', message('a'));
  await settle();
  expect(ids()).toEqual(['a']);
});

test('one message of a conversation is on the wire at a time', async () => {
  outbox.lineOpened();
  outbox.add('c', message('a'));
  outbox.add('c', message('b'));
  outbox.add('other', message('x', 'other'));
  await settle();
  expect(ids()).toEqual(['a', 'x']);
  ack('a', 1);
  expect(ids()).toEqual(['a', 'x', 'b']);
});

test('an unanswered message is sent again with the same client id, for ever', async () => {
  outbox.lineOpened();
  outbox.add('c', message('a'));
  await settle();
  await vi.advanceTimersByTimeAsync(3 * RESEND_AFTER_MS);
  expect(ids()).toEqual(['a', 'a', 'a', 'a']);
  expect(overdue).toHaveBeenCalled();
});

test('an ack empties the storage; the item stays until its entry is in the log', async () => {
  outbox.lineOpened();
  outbox.add('c', message('a'));
  await settle();
  ack('a', 4);
  expect(storage.kept.size).toBe(0);
  expect(states()).toEqual(['acked']);
  outbox.taken('c', entry('a', 4));
  expect(outbox.items).toHaveLength(0);
});

test('the own entry counts as the ack, if that was lost', async () => {
  outbox.lineOpened();
  outbox.add('c', message('a'));
  outbox.add('c', message('b'));
  await settle();
  outbox.taken('c', entry('a', 1));
  expect(ids()).toEqual(['a', 'b']);
  expect([...storage.kept.keys()]).toEqual(['b']);
  ack('a', 1);
  expect(outbox.items.map((it) => it.id)).toEqual(['b']);
});

test('a line that breaks and comes back repeats what was not answered, in order', async () => {
  outbox.lineOpened();
  outbox.add('c', message('a'));
  outbox.add('c', message('b'));
  await settle();
  outbox.lineClosed();
  await vi.advanceTimersByTimeAsync(10 * RESEND_AFTER_MS);
  expect(ids()).toEqual(['a']);
  outbox.lineOpened();
  ack('a', 1);
  expect(ids()).toEqual(['a', 'a', 'b']);
});

test('a reload sends what the page before it left behind, once', async () => {
  outbox.lineOpened();
  outbox.add('c', message('a'));
  await settle();
  outbox.lineClosed();
  wire = [];
  outbox = make();
  await outbox.load();
  outbox.lineOpened();
  expect(ids()).toEqual(['a']);
  ack('a', 1);
  expect(storage.kept.size).toBe(0);
});

test('a temporary refusal holds the conversation until it may try again', async () => {
  outbox.lineOpened();
  outbox.add('c', message('a'));
  outbox.add('c', message('b'));
  await settle();
  outbox.refused({ code: 'busy', message: '', client_id: 'a', retry_after_ms: 3_000 });
  outbox.add('c', message('d'));
  await vi.advanceTimersByTimeAsync(2_999);
  expect(ids()).toEqual(['a']);
  await vi.advanceTimersByTimeAsync(1);
  expect(ids()).toEqual(['a', 'a']);
});

test('a definite refusal fails the message and lets the next one go', async () => {
  outbox.lineOpened();
  outbox.add('c', message('a'));
  outbox.add('c', message('b'));
  await settle();
  expect(outbox.refused({ code: 'closed', message: '', client_id: 'a' })).toBe(true);
  await settle();
  expect(states()).toEqual(['failed', 'sending']);
  expect(outbox.refused({ code: 'closed', message: '', client_id: 'unknown' })).toBe(false);
});

test('a failed message stays failed over a reload and goes again when asked', async () => {
  outbox.lineOpened();
  outbox.add('c', message('a'));
  await settle();
  outbox.refused({ code: 'closed', message: '', client_id: 'a' });
  await settle();
  outbox = make();
  await outbox.load();
  outbox.lineOpened();
  expect(states()).toEqual(['failed']);
  outbox.retry('a');
  await settle();
  expect(ids()).toEqual(['a', 'a']);
});

test('a retry after a reused client id takes a new one', async () => {
  outbox.lineOpened();
  outbox.add('c', message('a'));
  await settle();
  outbox.refused({ code: 'client_id_reused', message: '', client_id: 'a' });
  outbox.retry('a');
  await settle();
  expect(ids()[1]).not.toBe('a');
  expect([...storage.kept.keys()]).toEqual([ids()[1]]);
});

test('a retry waits for what is on the wire, and both arrive', async () => {
  outbox.lineOpened();
  outbox.add('c', message('a'));
  outbox.add('c', message('b'));
  await settle();
  outbox.refused({ code: 'forbidden', message: '', client_id: 'a' });
  outbox.retry('a');
  await settle();
  expect(ids()).toEqual(['a', 'b']);
  ack('b', 1);
  expect(ids()).toEqual(['a', 'b', 'a']);
  ack('a', 2);
  expect(states()).toEqual(['acked', 'acked']);
});

test('a failed message can be thrown away', async () => {
  outbox.lineOpened();
  outbox.add('c', message('a'));
  await settle();
  outbox.refused({ code: 'closed', message: '', client_id: 'a' });
  outbox.discard('a');
  await settle();
  expect(outbox.items).toHaveLength(0);
  expect(storage.kept.size).toBe(0);
});

test('what was written behind a start follows it into its conversation', async () => {
  outbox.lineOpened();
  outbox.add(START_LANE, start('s1'));
  outbox.add(START_LANE, start('s2'));
  await settle();
  expect(ids()).toEqual(['s1']);
  ack('m-s1', 2, 'new');
  expect(wire[1]).toEqual({ type: 'send', conversation: 'new', client_id: 'm-s2', text: 's2' });
  ack('m-s2', 3, 'new');
  expect(outbox.items.map((it) => it.lane)).toEqual(['new', 'new']);
});

test('what comes from a start waits for what its conversation has on the wire', async () => {
  outbox.lineOpened();
  outbox.add(START_LANE, start('s1'));
  outbox.add(START_LANE, start('s2'));
  outbox.add('c', message('x'));
  await settle();
  expect(ids()).toEqual(['s1', 'x']);
  ack('m-s1', 1);
  expect(ids()).toEqual(['s1', 'x']);
  ack('x', 2);
  expect(ids()).toEqual(['s1', 'x', 'm-s2']);
});

test('a refused start is found by the client id of the start too', async () => {
  outbox.lineOpened();
  outbox.add(START_LANE, start('s1'));
  await settle();
  expect(outbox.refused({ code: 'not_found', message: '', client_id: 's1' })).toBe(true);
  expect(states()).toEqual(['failed']);
});

test('frames without a text are forgotten at their ack', async () => {
  outbox.lineOpened();
  outbox.add('c', { type: 'close', conversation: 'c', client_id: 'x' });
  await settle();
  ack('x', 9);
  expect(outbox.items).toHaveLength(0);
});

test('a page that never ends does not fill the memory', () => {
  for (let at = 0; at < 200; at++) expect(outbox.add('c', message(`m${at}`))).toBeDefined();
  expect(outbox.add('c', message('one more'))).toBeUndefined();
});
