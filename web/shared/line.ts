// The line to a node: one WebSocket that greets, listens for silence, and comes back by itself.

import {
  CLOSE_HEARTBEAT_LOST,
  comeBack,
  type ClientFrame,
  type Hello,
  type Refusal,
  type ServerFrame,
  type WelcomeFrame,
} from './protocol';

export type LineState =
  /** Not asked to be open. */
  | 'idle'
  /** The socket opens, or waits for its `welcome`. */
  | 'connecting'
  | 'open'
  /** Between two tries. */
  | 'waiting'
  /** Gave up: the same again would get the same answer. */
  | 'stopped';

/** Why the next `hello` is asked for. */
export type HelloCause = 'connect' | 'unauthenticated';

export interface LinePorts {
  /** `wss://…/ws/visitor`; carries no token. */
  url: string;
  /**
   * Asked before every connect, so that token, cursors and page are those of now. `null` stops
   * the line; a rejection counts as a failed try, and with `ComeLater` not the next one before
   * that. After `unauthenticated` it must get a new token.
   */
  hello(cause: HelloCause): Promise<Omit<Hello, 'type' | 'protocol'> | null>;
  onFrame(frame: Exclude<ServerFrame, { type: 'ping' | 'reconnect' }>): void;
  onState(state: LineState): void;
  /** For tests. */
  socket?(url: string): WebSocket;
  random?(): number;
}

/** The node is there, and said over HTTP when to ask again. */
export class ComeLater extends Error {
  constructor(readonly afterMs: number) {
    super(`the node asks to come back in ${afterMs} ms`);
  }
}

/** The bound of the first wait, or the node's window if that is more; doubles with each try. */
export const BACK_OFF_FIRST_MS = 500;
/** Somebody who looks at the page should not wait longer than this for the next try. */
export const BACK_OFF_MAX_MS = 30_000;
/** From the first byte to `welcome`. */
export const CONNECT_TIMEOUT_MS = 10_000;
/** A line that stood so long ends a row of failed tries. */
export const STEADY_AFTER_MS = 10_000;

export class Line {
  #state: LineState = 'idle';
  #socket: WebSocket | undefined;
  /** Grows with every try; what an older one still says is not heard. */
  #round = 0;
  #failures = 0;
  #cause: HelloCause = 'connect';
  #retry: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #silenceMs = CONNECT_TIMEOUT_MS;
  #heardAt = 0;
  #openedAt = 0;
  #windowMs = 0;
  /** Told by `reconnect`, and already spread, or by `refused`: not before. */
  #told: { afterMs: number; isSpread: boolean } | undefined;

  constructor(private readonly ports: LinePorts) {}

  get state(): LineState {
    return this.#state;
  }

  /** When the last frame came, in `Date.now()` milliseconds. */
  get heardAt(): number {
    return this.#heardAt;
  }

  open(): void {
    if (this.#state === 'idle' || this.#state === 'stopped') this.#connect();
  }

  /** Leaves for good, until `open` is called again. */
  close(): void {
    this.#drop(1000);
    clearTimeout(this.#retry);
    this.#setState('idle');
  }

  /** Whether the frame was handed to the socket; that it arrived, only an answer says. */
  send(frame: ClientFrame): boolean {
    if (this.#state !== 'open' || this.#socket === undefined) return false;
    return this.#write(frame);
  }

  /** The network came back, or the page became visible: look now instead of later. */
  wake(): void {
    if (this.#state === 'waiting' && this.#told === undefined) this.#connect();
    else if (this.#state === 'open' && Date.now() - this.#heardAt > this.#silenceMs) this.#lose();
  }

  /** An answer is overdue and nothing else came either: take the line for dead. */
  doubt(since: number): void {
    if (this.#state === 'open' && this.#heardAt < since) this.#lose();
  }

  #connect(): void {
    clearTimeout(this.#retry);
    const round = ++this.#round;
    this.#told = undefined;
    this.#setState('connecting');
    this.ports.hello(this.#cause).then(
      (hello) => {
        if (round !== this.#round) return;
        if (hello === null) this.#setState('stopped');
        else this.#dial(round, hello);
      },
      (error: unknown) => {
        if (round !== this.#round) return;
        if (error instanceof ComeLater) this.#told = { afterMs: error.afterMs, isSpread: false };
        this.#again();
      },
    );
  }

  #dial(round: number, hello: Omit<Hello, 'type' | 'protocol'>): void {
    const make = this.ports.socket ?? ((url: string) => new WebSocket(url));
    const socket = make(this.ports.url);
    this.#socket = socket;
    this.#silenceMs = CONNECT_TIMEOUT_MS;
    this.#hear();
    socket.onopen = () => this.#write({ type: 'hello', protocol: 1, ...hello });
    socket.onmessage = (message) => {
      if (round === this.#round) this.#read(message.data);
    };
    socket.onclose = (event) => {
      if (round === this.#round) this.#closed(event.code);
    };
  }

  #write(frame: ClientFrame): boolean {
    if (this.#socket?.readyState !== 1) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  #read(data: unknown): void {
    const frame = parse(data);
    if (frame === undefined) return;
    this.#hear();
    switch (frame.type) {
      case 'ping':
        this.#write({ type: 'pong' });
        return;
      case 'reconnect':
        this.#told = { afterMs: frame.after_ms, isSpread: true };
        return;
      case 'welcome':
        this.#welcomed(frame);
        return;
      case 'refused':
        this.#told = toldBy(frame) ?? this.#told;
        break;
      default:
        break;
    }
    this.ports.onFrame(frame);
  }

  #welcomed(frame: WelcomeFrame): void {
    this.#silenceMs = 2 * frame.heartbeat_ms;
    this.#windowMs = frame.reconnect_window_ms;
    this.#openedAt = Date.now();
    this.#cause = 'connect';
    this.#told = undefined;
    this.#hear();
    this.#setState('open');
    this.ports.onFrame(frame);
  }

  #hear(): void {
    this.#heardAt = Date.now();
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#lose(), this.#silenceMs);
  }

  /** The other side may be gone without a word (REG-3): do not wait for its close. */
  #lose(): void {
    this.#drop(CLOSE_HEARTBEAT_LOST);
    this.#again();
  }

  #closed(code: number): void {
    const next = comeBack(code);
    this.#drop(1000);
    switch (next) {
      case 'never':
        this.#setState('stopped');
        return;
      case 'reauthenticate':
        this.#cause = 'unauthenticated';
        this.#again();
        return;
      case 'resume':
        this.#again();
    }
  }

  #drop(code: number): void {
    clearTimeout(this.#silence);
    this.#round++;
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket === undefined) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close(code);
  }

  /** Full jitter: anywhere between now and the bound, so that a crowd does not come at once. */
  #again(): void {
    const random = this.ports.random ?? Math.random;
    if (this.#openedAt > 0 && Date.now() - this.#openedAt >= STEADY_AFTER_MS) this.#failures = 0;
    this.#openedAt = 0;
    const first = Math.max(BACK_OFF_FIRST_MS, this.#windowMs);
    const bound = Math.min(BACK_OFF_MAX_MS, first * 2 ** this.#failures);
    const wait = (this.#told?.afterMs ?? 0) + (this.#told?.isSpread ? 0 : random() * bound);
    this.#failures++;
    this.#setState('waiting');
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#connect(), wait);
  }

  #setState(state: LineState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.ports.onState(state);
  }
}

/** `wss://` where the page is `https://`. */
export function socketUrl(path: string, base: string = location.href): string {
  const url = new URL(path, base);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}

/** A refusal of `hello` or of the whole socket; others are about one frame. */
function toldBy(refusal: Refusal): { afterMs: number; isSpread: boolean } | undefined {
  if (refusal.client_id !== undefined || refusal.conversation !== undefined) return undefined;
  if (refusal.retry_after_ms === undefined) return undefined;
  return { afterMs: refusal.retry_after_ms, isSpread: false };
}

function parse(data: unknown): ServerFrame | undefined {
  try {
    return JSON.parse(String(data)) as ServerFrame;
  } catch {
    return undefined;
  }
}
