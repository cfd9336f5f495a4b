// The visitor's chat: line, outbox, marks and typing around one conversation, as state to draw.

import type { Bridge } from './bridge';
import {
  grown,
  isNewer,
  newConversation,
  newsOf,
  startedOver,
  withMarks,
  withSummary,
  type Conversation,
} from './conversation';
import { catchUp } from './history';
import { Notices } from './notices';
import { fitPage } from './page';
import type { Offer } from './promise';
import { QueueTeller } from './queue-event';
import { Queueing } from './queueing';
import { MarkReporter } from './reporter';
import { OtherTyping, OwnTyping } from './typing';
import type { Opening } from '../shared/bridge';
import { freshId } from '../shared/id';
import { ComeLater, Line, socketUrl, type HelloCause, type LineState } from '../shared/line';
import { cursorOf } from '../shared/log';
import { Outbox, START_LANE, type Item } from '../shared/outbox';
import {
  isTemporary,
  type Ack,
  type AvailabilityNow,
  type ConversationSummary,
  type Entry,
  type Hello,
  type Page,
  type PublicChatflow,
  type QueuePlace,
  type Refusal,
  type ServerFrame,
  type WelcomeFrame,
} from '../shared/protocol';

export interface ChatState {
  chatflow: PublicChatflow;
  now: AvailabilityNow;
  line: LineState;
  /** The node said which conversations there are. */
  welcomed: boolean;
  conversation: Conversation | undefined;
  /** Unsent messages, and those whose entry has not come back yet. */
  items: readonly Item[];
  /** The agent who is typing. */
  typing: string | undefined;
  /** Where the conversation stands in the queue, while it waits. */
  place: QueuePlace | undefined;
  /** Of an answer by e-mail, if it may take long. */
  offer: Offer | undefined;
  open: boolean;
}

/** A node that could not be read from is asked again after this. */
const HISTORY_RETRY_MS = 3_000;

export class Chat {
  readonly #line: Line;
  readonly #outbox: Outbox;
  readonly #notices: Notices;
  readonly #reporter: MarkReporter;
  readonly #queueing = new Queueing();
  readonly #queueTeller: QueueTeller;
  readonly #typing = new OtherTyping(() => this.#changed());
  readonly #ownTyping = new OwnTyping((on) => this.#sayTyping(on));
  #now: AvailabilityNow;
  #conversation: Conversation | undefined;
  #visitor: string | undefined;
  #token: string | undefined;
  #page: Page;
  #open: boolean;
  #welcomed = false;
  /** An attach is on its way: what comes before its answer asks for no second one. */
  #attaching = false;
  #attachAgain: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly opening: Opening,
    private readonly bridge: Bridge,
    private readonly onChange: (state: ChatState) => void,
  ) {
    this.#now = opening.chatflow;
    this.#page = opening.page;
    this.#open = opening.open;
    this.#queueTeller = new QueueTeller((message) => bridge.tell(message));
    this.#notices = new Notices((message) => bridge.tell(message));
    this.#line = new Line({
      url: socketUrl('/ws/visitor'),
      hello: (cause) => this.#hello(cause),
      onFrame: (frame) => this.#take(frame),
      onState: (state) => this.#lineChanged(state),
    });
    this.#outbox = new Outbox({
      storage: bridge,
      send: (frame) => this.#line.send(frame),
      onChange: () => this.#changed(),
      onOverdue: (since) => this.#line.doubt(since),
    });
    this.#reporter = new MarkReporter({
      conversation: () => this.#conversation,
      looks: () => this.#open && document.visibilityState === 'visible',
      send: (conversation, { delivered, read }) =>
        this.#line.send({ type: 'mark', conversation, delivered, read }),
      onReported: () => this.#changed(),
    });
    bridge.onMessage = (message) => {
      if (message.type === 'page') this.#moved(message.page);
      else this.#shown(message.open);
    };
  }

  async start(): Promise<void> {
    await this.#outbox.load();
    this.#line.open();
    addEventListener('online', () => this.#line.wake());
    document.addEventListener('visibilitychange', () => {
      this.#line.wake();
      this.#reporter.look();
    });
  }

  /** False when there is no room for one more unsent message. */
  send(text: string): boolean {
    this.#ownTyping.stop();
    const client_id = freshId();
    const conversation = this.#conversation?.id;
    if (conversation !== undefined) {
      const message = { type: 'send', conversation, client_id, text } as const;
      return this.#outbox.add(conversation, message) !== undefined;
    }
    const chatflow = this.opening.chatflow.id;
    const message_client_id = freshId();
    const start = { type: 'start', client_id, chatflow, message_client_id, text } as const;
    return this.#outbox.add(START_LANE, start) !== undefined;
  }

  /** Yes to the offer; `failed` is what was refused before. */
  promise(email: string, failed?: string): void {
    if (failed !== undefined) this.#outbox.discard(failed);
    const conversation = this.#conversation?.id;
    if (conversation === undefined) return;
    const client_id = freshId();
    this.#outbox.add(conversation, { type: 'promise', conversation, client_id, email });
  }

  /** The visitor asks again after the line gave up. */
  reconnect(): void {
    this.#line.open();
  }

  /** A message whose conversation is gone goes to the one that there is now. */
  retry(id: string): void {
    const frame = this.#outbox.items.find((it) => it.id === id)?.frame;
    if (frame?.type !== 'send' || frame.conversation === this.#conversation?.id) {
      this.#outbox.retry(id);
      return;
    }
    this.#outbox.discard(id);
    this.send(frame.text);
  }

  discard(id: string): void {
    this.#outbox.discard(id);
  }

  typed(text: string): void {
    if (text === '') this.#ownTyping.stop();
    else this.#ownTyping.typed();
  }

  close(): void {
    // What comes from now on is for the launcher, not read: before the page says so as well.
    this.#open = false;
    this.bridge.tell({ type: 'close' });
  }

  get state(): ChatState {
    return {
      chatflow: this.opening.chatflow,
      now: this.#now,
      line: this.#line.state,
      welcomed: this.#welcomed,
      conversation: this.#seen(),
      items: this.#outbox.items,
      typing: this.#typing.name,
      place: this.#queueing.placeOf(this.#conversation?.summary),
      offer: this.#queueing.offerOf(this.#conversation?.summary),
      open: this.#open,
    };
  }

  /** The conversation with the marks that this tab has reported itself. */
  #seen(): Conversation | undefined {
    const conversation = this.#conversation;
    return conversation && { ...conversation, marks: this.#reporter.marksOf(conversation) };
  }

  async #hello(cause: HelloCause): Promise<Omit<Hello, 'type' | 'protocol'> | null> {
    const stale = cause === 'unauthenticated' ? this.#token : undefined;
    const { token, never, afterMs } = await this.bridge.token(stale);
    if (token === undefined) {
      if (never) return null;
      throw afterMs === undefined ? new Error('no token for now') : new ComeLater(afterMs);
    }
    // Another token is another visitor, who may not follow this conversation.
    if (this.#token !== undefined && this.#token !== token) this.#conversation = undefined;
    this.#token = token;
    const log = this.#conversation?.log;
    const cursors = log === undefined ? [] : [cursorOf(log)];
    return { token, cursors, page: fitPage(this.#page) };
  }

  #lineChanged(state: LineState): void {
    if (state !== 'open') {
      this.#attaching = false;
      this.#typing.stop();
      this.#outbox.lineClosed();
      this.#reporter.lineClosed();
    }
    this.#changed();
  }

  #take(frame: Exclude<ServerFrame, { type: 'ping' | 'reconnect' }>): void {
    const shown = this.#conversation;
    switch (frame.type) {
      case 'welcome':
        this.#greeted(frame);
        break;
      case 'conversation':
        this.#attaching = false;
        this.#about(frame.conversation);
        break;
      case 'entries':
        this.#attaching = false;
        this.#grow(frame.conversation, frame.epoch, frame.entries);
        break;
      case 'limited':
        if (frame.conversation === shown?.id) void this.#readHistory(shown);
        break;
      case 'reset':
        if (frame.conversation === shown?.id) {
          this.#conversation = startedOver(shown, frame.epoch, frame.head);
        }
        break;
      case 'ack':
        this.#acked(frame);
        break;
      case 'refused':
        if (!this.#outbox.refused(frame)) this.#attachRefused(frame);
        break;
      case 'marks':
        if (frame.conversation === shown?.id) this.#conversation = withMarks(shown, frame);
        break;
      case 'typing':
        if (frame.conversation !== shown?.id || frame.by.kind !== 'agent') break;
        this.#typing.heard(frame.by.name, frame.on);
        break;
      case 'availability':
        if (frame.chatflow !== this.opening.chatflow.id) break;
        this.#now = frame;
        this.bridge.tell({ type: 'launcher', shown: frame.launcher !== 'hidden' });
        break;
      case 'queue':
        this.#queueing.heard(frame);
        break;
      case 'page':
      case 'board':
      case 'agents':
        // Said to agents only.
        break;
    }
    this.#changed();
  }

  /** After a start the node attaches by itself; a message into another conversation asks. */
  #acked(ack: Ack): void {
    const frame = this.#outbox.items.find((it) => it.id === ack.client_id)?.frame;
    this.#outbox.acked(ack);
    if (frame === undefined || ack.conversation === this.#conversation?.id) return;
    this.#follow(ack.conversation);
    if (frame.type !== 'start') this.#attach();
  }

  /** A store that lost this conversation, or gave the visitor another one; or a node that cannot
   *  read for now. */
  #attachRefused(refusal: Refusal): void {
    if (refusal.conversation !== this.#conversation?.id) return;
    if (refusal.code === 'not_found') {
      this.#attaching = false;
      this.#conversation = undefined;
    } else if (isTemporary(refusal.code) && this.#attachAgain === undefined) {
      this.#attachAgain = setTimeout(() => {
        this.#attachAgain = undefined;
        this.#attaching = false;
        this.#attach();
      }, refusal.retry_after_ms ?? HISTORY_RETRY_MS);
    }
  }

  #greeted(welcome: WelcomeFrame): void {
    if (this.#visitor !== welcome.visitor) this.#conversation = undefined;
    this.#visitor = welcome.visitor;
    this.#welcomed = true;
    this.#queueing.begin();
    const attached = this.#conversation?.id;
    const latest = welcome.conversations?.[0];
    if (latest !== undefined) {
      if (this.#conversation === undefined) {
        this.#conversation = newConversation(latest.id, latest.head);
      }
      this.#about(latest);
      if (this.#conversation?.id !== attached) this.#attach();
    }
    this.#outbox.lineOpened();
  }

  #about(summary: ConversationSummary): void {
    if (!isNewer(summary, this.#conversation)) return;
    this.#conversation = withSummary(this.#follow(summary.id), summary);
  }

  /** The one that is shown from now on; its entries come with an attach. */
  #follow(id: string): Conversation {
    const followed = this.#conversation?.id === id ? this.#conversation : newConversation(id);
    this.#conversation = followed;
    return followed;
  }

  #grow(id: string, epoch: string, entries: readonly Entry[]): void {
    const old = this.#conversation ?? this.#follow(id);
    if (old.id !== id) return;
    const { conversation, fresh, gap } = grown(old, epoch, entries);
    this.#conversation = conversation;
    for (const entry of fresh) {
      this.#outbox.taken(id, entry);
      if (entry.type === 'message' && entry.by.kind === 'agent') this.#typing.stop();
    }
    if (gap) this.#attach();
    if (!this.#open) this.#notices.announce(conversation, newsOf(conversation, fresh));
  }

  #attach(): void {
    const log = this.#conversation?.log;
    if (log === undefined || this.#attaching) return;
    this.#attaching = this.#line.send({ type: 'attach', ...cursorOf(log) });
  }

  async #readHistory({ id, log }: Conversation): Promise<void> {
    this.#attaching = true;
    try {
      const { epoch, entries } = await catchUp(log, this.#token ?? '');
      if (this.#conversation?.id === id) this.#grow(id, epoch ?? '', entries);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, HISTORY_RETRY_MS));
    }
    this.#attaching = false;
    this.#attach();
    this.#changed();
  }

  #shown(open: boolean): void {
    this.#open = open;
    this.#changed();
  }

  #moved(page: Page): void {
    this.#page = page;
    this.#line.send({ type: 'page', ...fitPage(page) });
  }

  #sayTyping(on: boolean): void {
    const summary = this.#conversation?.summary;
    if (summary === undefined || summary.state === 'closed') return;
    this.#line.send({ type: 'typing', conversation: summary.id, on });
  }

  #changed(): void {
    this.#reporter.look();
    const { conversation, place } = this.state;
    this.#queueTeller.look(place);
    if (conversation !== undefined) this.#notices.look(conversation);
    this.onChange(this.state);
  }
}
