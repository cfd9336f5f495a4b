// Unsent messages: one unacknowledged at a time in each conversation, resent until answered.

import { freshId } from './id';
import { isTemporary, type Ack, type Entry, type Refusal, type SentFrame } from './protocol';

export type ItemState =
  /** Not yet in the storage; must not leave before it is. */
  | 'saving'
  /** Waits for the line, or for the item before it. */
  | 'queued'
  /** On the wire, unanswered. */
  | 'sending'
  /** On disk at the node; stays only until its entry comes back in the log. */
  | 'acked'
  /** Refused for good. */
  | 'failed';

export interface Item {
  /** Names the message for ever, in the ack and in the entry. */
  readonly id: string;
  /** The conversation, or `START_LANE` before there is one. */
  readonly lane: string;
  readonly frame: SentFrame;
  readonly at_ms: number;
  readonly state: ItemState;
  /** Why it failed: an error code. */
  readonly code?: string;
  /** Where the node put it, once acked. */
  readonly seq?: number;
}

/** Where unsent messages outlive the page. `put` resolves when the item is safe. */
export interface OutboxStorage {
  all(): Promise<string[]>;
  put(id: string, json: string): Promise<void>;
  remove(id: string): void;
}

export interface OutboxPorts {
  storage: OutboxStorage;
  /** False when the line is not open. */
  send(frame: SentFrame): boolean;
  onChange(): void;
  /** No answer for long; `since` is when the item was sent for the first time on this line. */
  onOverdue?(since: number): void;
  random?(): number;
}

/** A visitor's messages before their conversation has an id. */
export const START_LANE = 'start';
/** An unanswered frame is sent again after this. */
export const RESEND_AFTER_MS = 5_000;
/** So many unanswered sends in a row raise doubts about the line. */
export const OVERDUE_SENDS = 3;
/** When a node refuses for now without saying until when. */
export const RETRY_AFTER_MS = 1_000;
/** Nobody types more than this ahead of a dead line. */
export const ITEMS_MAX = 200;

interface Lane {
  timer: ReturnType<typeof setTimeout> | undefined;
  /** A temporary refusal holds the whole lane, so that the order stays. */
  held: boolean;
  sends: number;
  firstSentAt: number;
}

export class Outbox {
  #items: Item[] = [];
  readonly #lanes = new Map<string, Lane>();
  #open = false;

  constructor(private readonly ports: OutboxPorts) {}

  /** Everything that has no entry yet, oldest first. */
  get items(): readonly Item[] {
    return this.#items;
  }

  /** Takes over what an earlier page, or another tab, left behind. */
  async load(): Promise<void> {
    const found = (await this.ports.storage.all()).map(parse).filter((it) => it !== undefined);
    const known = new Set(this.#items.map((it) => it.id));
    const old = found.filter((it) => !known.has(it.id));
    this.#items = [...old, ...this.#items].sort((a, b) => a.at_ms - b.at_ms);
    this.ports.onChange();
    this.#pumpAll();
  }

  /** Returns the item's id, or `undefined` when the outbox is full. */
  add(lane: string, frame: SentFrame): string | undefined {
    if (this.#items.length >= ITEMS_MAX) return undefined;
    const newest = this.#items.at(-1)?.at_ms ?? 0;
    const id = idOf(frame);
    const at_ms = Math.max(Date.now(), newest + 1);
    const item: Item = { id, lane, frame, at_ms, state: 'saving' };
    this.#items = [...this.#items, item];
    this.ports.onChange();
    void this.#save(item).then(() => {
      if (this.#find(id)?.state === 'saving') this.#change(id, { state: 'queued' });
      this.#pump(this.#find(id)?.lane ?? lane);
    });
    return id;
  }

  lineOpened(): void {
    this.#open = true;
    this.#pumpAll();
  }

  lineClosed(): void {
    this.#open = false;
    for (const lane of this.#lanes.values()) {
      clearTimeout(lane.timer);
      lane.held = false;
      lane.sends = 0;
    }
    for (const item of this.#items) {
      if (item.state === 'sending') this.#change(item.id, { state: 'queued' });
    }
  }

  acked(ack: Ack): void {
    const item = this.#find(ack.client_id);
    if (item === undefined || item.state === 'acked') return;
    this.ports.storage.remove(item.id);
    if ('text' in item.frame) {
      this.#change(item.id, { state: 'acked', seq: ack.seq, lane: ack.conversation });
    } else {
      this.#forget(item.id);
    }
    this.#settled(item, ack.conversation);
  }

  /** A new entry of the log: one's own is an ack as well, if that was lost. */
  taken(conversation: string, entry: Entry): void {
    const own = this.#items.filter(
      (it) =>
        it.id === entry.client_id ||
        (it.lane === conversation && it.seq !== undefined && it.seq <= entry.seq),
    );
    for (const item of own) {
      this.#forget(item.id);
      if (item.state === 'acked') continue;
      this.ports.storage.remove(item.id);
      this.#settled(item, conversation);
    }
  }

  /** Whether the refusal was about one of these items. */
  refused(refusal: Refusal): boolean {
    const item = this.#find(refusal.client_id);
    if (item === undefined) return false;
    if (item.state === 'acked' || item.state === 'failed') return true;
    if (isTemporary(refusal.code)) {
      this.#change(item.id, { state: 'queued' });
      this.#hold(item.lane, refusal.retry_after_ms ?? RETRY_AFTER_MS);
      return true;
    }
    const failed = this.#change(item.id, { state: 'failed', code: refusal.code });
    if (failed !== undefined) void this.#save(failed);
    this.#free(item.lane);
    this.#pump(item.lane);
    return true;
  }

  /** The same text once more, after a definite refusal: behind what was written since. */
  retry(id: string): void {
    const item = this.#find(id);
    if (item?.state !== 'failed') return;
    const frame = item.code === 'client_id_reused' ? renamed(item.frame) : item.frame;
    this.#items = this.#items.filter((it) => it.id !== item.id);
    this.ports.storage.remove(item.id);
    this.add(item.lane, frame);
  }

  /** Gives up a failed item. */
  discard(id: string): void {
    if (this.#find(id)?.state !== 'failed') return;
    this.#forget(id);
    this.ports.storage.remove(id);
  }

  #pumpAll(): void {
    for (const lane of new Set(this.#items.map((it) => it.lane))) this.#pump(lane);
  }

  /** Sends the first open item of a lane, if nothing of that lane is on the wire. */
  #pump(name: string): void {
    const lane = this.#lane(name);
    if (!this.#open || lane.held) return;
    const unanswered = this.#items.filter(
      (it) => it.lane === name && it.state !== 'failed' && it.state !== 'acked',
    );
    if (unanswered.some((it) => it.state === 'sending')) return;
    const head = unanswered[0];
    if (head?.state !== 'queued' || !this.ports.send(head.frame)) return;
    if (lane.sends++ === 0) lane.firstSentAt = Date.now();
    this.#change(head.id, { state: 'sending' });
    clearTimeout(lane.timer);
    lane.timer = setTimeout(() => this.#overdue(head.id, lane), RESEND_AFTER_MS);
  }

  #overdue(id: string, lane: Lane): void {
    const item = this.#find(id);
    if (item?.state !== 'sending') return;
    this.#change(id, { state: 'queued' });
    if (lane.sends >= OVERDUE_SENDS) this.ports.onOverdue?.(lane.firstSentAt);
    this.#pump(item.lane);
  }

  #hold(name: string, retryAfterMs: number): void {
    const random = this.ports.random ?? Math.random;
    const lane = this.#lane(name);
    lane.held = true;
    clearTimeout(lane.timer);
    lane.timer = setTimeout(
      () => {
        this.#free(name);
        this.#pump(name);
      },
      retryAfterMs + random() * RETRY_AFTER_MS,
    );
  }

  /** The head of a lane has its answer: the next one goes, to the conversation now known. */
  #settled(item: Item, conversation: string): void {
    if (item.lane === START_LANE) this.#leaveStart(conversation);
    this.#free(item.lane);
    this.#pump(item.lane);
    this.#pump(conversation);
  }

  #leaveStart(conversation: string): void {
    for (const item of this.#items) {
      if (item.lane !== START_LANE || item.frame.type !== 'start') continue;
      const { id: client_id, frame } = item;
      const sent: SentFrame = { type: 'send', conversation, client_id, text: frame.text };
      const state = item.state === 'sending' ? 'queued' : item.state;
      const moved = this.#change(client_id, { lane: conversation, frame: sent, state });
      if (moved !== undefined && moved.state !== 'acked') void this.#save(moved);
    }
  }

  #free(name: string): void {
    const lane = this.#lane(name);
    clearTimeout(lane.timer);
    lane.held = false;
    lane.sends = 0;
  }

  #lane(name: string): Lane {
    let lane = this.#lanes.get(name);
    if (lane === undefined) {
      lane = { timer: undefined, held: false, sends: 0, firstSentAt: 0 };
      this.#lanes.set(name, lane);
    }
    return lane;
  }

  /** A start is also known by the client id of the start itself. */
  #find(id: string | undefined): Item | undefined {
    if (id === undefined) return undefined;
    return this.#items.find((it) => it.id === id || it.frame.client_id === id);
  }

  #change(id: string, change: Partial<Item>): Item | undefined {
    let changed: Item | undefined;
    this.#items = this.#items.map((it) => {
      if (it.id !== id) return it;
      changed = { ...it, ...change };
      return changed;
    });
    this.ports.onChange();
    return changed;
  }

  #forget(id: string): void {
    this.#items = this.#items.filter((it) => it.id !== id);
    this.ports.onChange();
  }

  async #save(item: Item): Promise<void> {
    // A full or forbidden storage costs safety across a reload, not the message itself.
    await this.ports.storage.put(item.id, JSON.stringify(item)).catch(() => undefined);
  }
}

function idOf(frame: SentFrame): string {
  return frame.type === 'start' ? frame.message_client_id : frame.client_id;
}

function renamed(frame: SentFrame): SentFrame {
  const client_id = freshId();
  if (frame.type !== 'start') return { ...frame, client_id };
  return { ...frame, client_id, message_client_id: freshId() };
}

/** What a page left behind; anything but a failed item starts over as queued. */
function parse(json: string): Item | undefined {
  try {
    const item = JSON.parse(json) as Item;
    if (typeof item.id !== 'string' || typeof item.frame?.client_id !== 'string') return undefined;
    return { ...item, state: item.state === 'failed' ? 'failed' : 'queued' };
  } catch {
    return undefined;
  }
}
