// The line against a socket that does what the test says.

import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { BACK_OFF_FIRST_MS, BACK_OFF_MAX_MS, ComeLater, Line, type LineState } from './line';
import type { ServerFrame } from './protocol';

const HEARTBEAT_MS = 25_000;
const WINDOW_MS = 4_000;

class FakeSocket {
  readyState = 0;
  sent: Record<string, unknown>[] = [];
  closedWith: number | undefined;
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;

  constructor(readonly url: string) {}

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(code: number): void {
    this.closedWith = code;
  }

  accept(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  say(frame: ServerFrame): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  welcome(): void {
    this.accept();
    this.say({
      type: 'welcome',
      protocol: 1,
      node: 'n',
      epoch: 'e',
      heartbeat_ms: HEARTBEAT_MS,
      reconnect_window_ms: WINDOW_MS,
    });
  }

  end(code: number): void {
    this.onclose?.({ code });
  }
}

let sockets: FakeSocket[];
let states: LineState[];
let frames: ServerFrame[];
let random: number;
let hello: ReturnType<typeof vi.fn>;
let line: Line;

const last = () => sockets.at(-1) as FakeSocket;
const settle = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => {
  vi.useFakeTimers();
  sockets = [];
  states = [];
  frames = [];
  random = 0.5;
  hello = vi.fn(async () => ({ token: 'secret', cursors: [] }));
  line = new Line({
    url: 'ws://node/ws/visitor',
    hello: hello as never,
    onFrame: (frame) => frames.push(frame),
    onState: (state) => states.push(state),
    socket: (url) => {
      const socket = new FakeSocket(url);
      sockets.push(socket);
      return socket as unknown as WebSocket;
    },
    random: () => random,
  });
});

afterEach(() => {
  line.close();
  vi.useRealTimers();
});

async function opened(): Promise<void> {
  line.open();
  await settle();
  last().welcome();
}

test('the first frame is hello, and the token stands in no address', async () => {
  await opened();
  expect(last().sent[0]).toEqual({ type: 'hello', protocol: 1, token: 'secret', cursors: [] });
  expect(last().url).toBe('ws://node/ws/visitor');
  expect(states).toEqual(['connecting', 'open']);
});

test('a ping is answered and not passed on', async () => {
  await opened();
  last().say({ type: 'ping' });
  expect(last().sent.at(-1)).toEqual({ type: 'pong' });
  expect(frames.map((it) => it.type)).toEqual(['welcome']);
});

test('nothing is sent before welcome', async () => {
  line.open();
  await settle();
  last().accept();
  expect(line.send({ type: 'pong' })).toBe(false);
});

test('two heartbeats of silence are a dead line, without waiting for its close', async () => {
  await opened();
  await vi.advanceTimersByTimeAsync(2 * HEARTBEAT_MS - 1);
  expect(line.state).toBe('open');
  await vi.advanceTimersByTimeAsync(1);
  expect(line.state).toBe('waiting');
  expect(last().closedWith).toBe(4009);
  await vi.advanceTimersByTimeAsync(WINDOW_MS);
  expect(sockets).toHaveLength(2);
});

test('a ping keeps the line alive', async () => {
  await opened();
  for (let beat = 0; beat < 4; beat++) {
    await vi.advanceTimersByTimeAsync(HEARTBEAT_MS);
    last().say({ type: 'ping' });
  }
  expect(line.state).toBe('open');
});

test('a lost line comes back anywhere inside the window that welcome named', async () => {
  await opened();
  last().end(1006);
  await vi.advanceTimersByTimeAsync(WINDOW_MS * random - 1);
  expect(sockets).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(sockets).toHaveLength(2);
});

test('failed tries back off twofold up to a bound', async () => {
  random = 1;
  line.open();
  await settle();
  const waits: number[] = [];
  for (let attempt = 0; attempt < 9; attempt++) {
    const before = sockets.length;
    last().end(1006);
    const from = Date.now();
    while (sockets.length === before) await vi.advanceTimersToNextTimerAsync();
    waits.push(Date.now() - from);
  }
  expect(waits[0]).toBe(BACK_OFF_FIRST_MS);
  expect(waits[1]).toBe(2 * BACK_OFF_FIRST_MS);
  expect(waits.at(-1)).toBe(BACK_OFF_MAX_MS);
});

test('a node that welcomes and closes at once does not reset the back-off', async () => {
  random = 1;
  await opened();
  last().end(1011);
  await vi.advanceTimersByTimeAsync(WINDOW_MS);
  last().welcome();
  last().end(1011);
  await vi.advanceTimersByTimeAsync(2 * WINDOW_MS - 1);
  expect(sockets).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(1);
  expect(sockets).toHaveLength(3);
});

test('a node that goes away says when to come back, and has spread its clients', async () => {
  await opened();
  last().say({ type: 'reconnect', after_ms: 7_000 });
  last().end(1012);
  line.wake();
  await vi.advanceTimersByTimeAsync(6_999);
  expect(sockets).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(sockets).toHaveLength(2);
});

test('a full node says in its refusal when to try again', async () => {
  random = 0;
  line.open();
  await settle();
  last().accept();
  last().say({ type: 'refused', code: 'busy', message: 'full', retry_after_ms: 9_000 });
  last().end(1013);
  await vi.advanceTimersByTimeAsync(8_999);
  expect(sockets).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(sockets).toHaveLength(2);
});

test('clients that a full node refused alike do not come back alike', async () => {
  random = 0.5;
  line.open();
  await settle();
  last().accept();
  last().say({ type: 'refused', code: 'busy', message: 'full', retry_after_ms: 9_000 });
  last().end(1013);
  line.wake();
  await vi.advanceTimersByTimeAsync(9_000 + BACK_OFF_FIRST_MS * random - 1);
  expect(sockets).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(sockets).toHaveLength(2);
});

test('what the node said over HTTP about when to ask again holds, and is spread', async () => {
  hello.mockRejectedValueOnce(new ComeLater(20_000));
  line.open();
  await settle();
  line.wake();
  await vi.advanceTimersByTimeAsync(20_000 + BACK_OFF_FIRST_MS * random - 1);
  expect(hello).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(hello).toHaveBeenCalledTimes(2);
});

test('an unknown token is asked for anew', async () => {
  await opened();
  last().end(4001);
  await vi.advanceTimersByTimeAsync(WINDOW_MS);
  expect(hello.mock.calls.map(([cause]) => cause)).toEqual(['connect', 'unauthenticated']);
});

test.each([1000, 1002, 1007, 1009, 4002, 4004])('close code %i stops the line', async (code) => {
  await opened();
  last().end(code);
  await vi.advanceTimersByTimeAsync(BACK_OFF_MAX_MS);
  expect(line.state).toBe('stopped');
  expect(sockets).toHaveLength(1);
});

test.each([1001, 1006, 1011, 1012, 1013, 4003, 4008, 4009, 4029])(
  'close code %i resumes',
  async (code) => {
    await opened();
    last().end(code);
    await vi.advanceTimersByTimeAsync(BACK_OFF_MAX_MS);
    expect(sockets.length).toBeGreaterThan(1);
  },
);

test('nobody to say hello stops the line, a failed try does not', async () => {
  hello.mockRejectedValueOnce(new Error('offline'));
  line.open();
  await settle();
  expect(line.state).toBe('waiting');
  hello.mockResolvedValueOnce(null as never);
  await vi.advanceTimersByTimeAsync(BACK_OFF_FIRST_MS);
  expect(line.state).toBe('stopped');
});

test('a network that comes back is used at once', async () => {
  await opened();
  last().end(1006);
  line.wake();
  await settle();
  expect(sockets).toHaveLength(2);
});

test('an overdue answer on a silent line breaks it, on a talking line it does not', async () => {
  await opened();
  const sentAt = Date.now() + 1;
  await vi.advanceTimersByTimeAsync(10_000);
  last().say({ type: 'ping' });
  line.doubt(sentAt);
  expect(line.state).toBe('open');
  line.doubt(Date.now() + 1);
  expect(line.state).toBe('waiting');
});

test('what an abandoned socket still says is not heard', async () => {
  await opened();
  const old = last();
  const { onclose, onmessage } = old;
  line.close();
  onmessage?.({ data: '{"type":"ping"}' });
  onclose?.({ code: 1006 });
  await vi.advanceTimersByTimeAsync(BACK_OFF_MAX_MS);
  expect(line.state).toBe('idle');
  expect(sockets).toHaveLength(1);
});

test('words that are no JSON are ignored', async () => {
  await opened();
  last().onmessage?.({ data: 'no json' });
  expect(line.state).toBe('open');
});
