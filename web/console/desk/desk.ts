// The desk at work: keeps the state, speaks with the node, and tells the views.
//
// Whatever can be decided without a socket or a clock is in `state/`; this file performs it.

import { freshId } from '../../shared/id';
import type { TeamId } from '../../shared/people';
import { ComeLater, Line, socketUrl } from '../../shared/line';
import { Outbox, RETRY_AFTER_MS } from '../../shared/outbox';
import {
  isTemporary,
  type AgentId,
  type AgentStatus,
  type ConversationId,
  type Hello,
  type InboxId,
  type Problem,
  type Refusal,
  type SentFrame,
  type ServerFrame,
  type Session,
} from '../../shared/protocol';
import * as board from '../state/board';
import { cursorIn, olderFrom, withOlder, withoutLapsed } from '../state/conversation';
import {
  afterFrame,
  openConversation,
  startState,
  withConversation,
  withOpened,
  withSeen,
  type DeskState,
} from '../state/desk';
import { newNotices } from '../state/notices';
import { teamsFrom } from '../state/teams';
import { fragmentOf, screenOf, placeOf, type Place } from '../state/route';
import { Alerts, alertPermission, askPermission } from './alerts';
import { setStatusOf } from './floor';
import { Follow } from './follow';
import { refusalWords, whyWords } from './refusals';
import { allTeams, currentSession, entryPage } from './rest';
import { keepMute, keepSeen, keptMute, keptSeen, outboxStorage } from './storage';
import { Threshold } from './threshold';

/** Typing that lapsed disappears within a second. */
const TICK_MS = 1_000;
/** Relative times are no finer than a minute. */
const CLOCK_STEP_MS = 15_000;

export class Desk {
  #state: DeskState;
  readonly #line: Line;
  readonly #outbox: Outbox;
  readonly #alerts: Alerts;
  readonly #follow: Follow;
  readonly #threshold = new Threshold();
  readonly #ended = new AbortController();

  constructor(
    session: Session,
    private readonly onChange: (state: DeskState) => void,
    private readonly onSignedOut: () => void,
  ) {
    this.#state = startState({
      session,
      screen: screenOf(location.hash),
      place: placeOf(location.hash),
      seen: keptSeen(session.agent),
      looking: isLooking(),
      muted: keptMute(),
      alerts: alertPermission(),
      now_ms: Date.now(),
    });
    this.#alerts = new Alerts((conversation) => this.open(conversation));
    this.#line = new Line({
      url: socketUrl('/ws/agent'),
      hello: () => this.#hello(),
      onFrame: (frame) => this.#heard(frame),
      onState: (state) => this.#lineChanged(state),
    });
    this.#outbox = new Outbox({
      storage: outboxStorage(session.agent),
      send: (frame) => this.#line.send(frame),
      onChange: () => this.#set({ outbox: this.#outbox.items }),
      onOverdue: (since) => this.#line.doubt(since),
    });
    this.#follow = new Follow((frame) => this.#line.send(frame));
  }

  get state(): DeskState {
    return this.#state;
  }

  start(): void {
    this.#listen();
    void this.#outbox.load();
    this.#line.open();
    this.#arrive();
  }

  end(): void {
    this.#ended.abort();
    this.#line.close();
  }

  open(conversation: ConversationId | null): void {
    this.go({ ...this.#state.place, open: conversation });
  }

  /** The address' fragment says where we are, so that "back" and a reload keep the place. */
  go(place: Place): void {
    location.hash = fragmentOf(place);
  }

  /** A form has changes that leaving it would lose, or has none any more. */
  keepUnsaved(form: object, unsaved: boolean): void {
    this.#threshold.keep(form, unsaved);
  }

  stay(): void {
    this.#set({ leavingTo: null });
  }

  leaveUnsaved(): void {
    const { leavingTo } = this.#state;
    this.#threshold.forget();
    this.#set({ leavingTo: null });
    if (leavingTo !== null) location.hash = leavingTo;
  }

  /** Somebody found out over HTTP that the session is over. */
  signedOut(): void {
    this.end();
    this.onSignedOut();
  }

  filter(change: Partial<Pick<DeskState, 'inbox' | 'words'>>): void {
    this.#set(change);
  }

  /** A reply to the visitor, or an internal comment. False when too much is unsent already. */
  write(conversation: ConversationId, type: 'send' | 'comment', text: string): boolean {
    return this.#post({ type, conversation, client_id: freshId(), text });
  }

  /** A note that is not empty becomes an internal comment, in the same write. */
  assign(conversation: ConversationId, to: AgentId | null, note = ''): void {
    const frame = { type: 'assign', conversation, client_id: freshId(), to } as const;
    this.#post(note === '' ? frame : { ...frame, note });
  }

  /** It is taken from whoever has it, and waits for that team. */
  assignTeam(conversation: ConversationId, team: TeamId, note = ''): void {
    const frame = { type: 'assign_team', conversation, client_id: freshId(), team } as const;
    this.#post(note === '' ? frame : { ...frame, note });
  }

  /** Whoever made or renamed one told nobody: they are asked for when they are to be shown. */
  async loadTeams(): Promise<void> {
    const answer = await allTeams();
    if (answer.kind === 'ok') this.#set({ teams: teamsFrom(answer.value.teams) });
  }

  move(conversation: ConversationId, inbox: InboxId): void {
    this.#post({ type: 'move', conversation, client_id: freshId(), inbox });
  }

  close(conversation: ConversationId): void {
    this.#post({ type: 'close', conversation, client_id: freshId() });
  }

  reopen(conversation: ConversationId): void {
    this.#post({ type: 'reopen', conversation, client_id: freshId() });
  }

  retry(item: string): void {
    this.#outbox.retry(item);
  }

  discard(item: string): void {
    this.#outbox.discard(item);
  }

  typing(conversation: ConversationId, on: boolean): void {
    if (this.#follow.attached === conversation) {
      this.#line.send({ type: 'typing', conversation, on });
    }
  }

  setStatus(status: AgentStatus): void {
    this.#line.send({ type: 'status', status });
    this.#set({ wantedStatus: status });
  }

  /** Of somebody else; the next `agents` frame confirms it. */
  async setStatusOf(agent: AgentId, status: AgentStatus): Promise<void> {
    const answer = await setStatusOf(agent, status, this.#state.session.csrf_token);
    switch (answer.kind) {
      case 'ok':
        return;
      case 'unreachable':
        return this.#say('The status did not change. The node cannot be reached.');
      case 'problem':
        return this.#say(`The status did not change. ${whyWords(answer.problem.code)}`);
    }
  }

  setMuted(muted: boolean): void {
    keepMute(muted);
    this.#set({ muted });
  }

  async askForAlerts(): Promise<void> {
    this.#set({ alerts: await askPermission() });
  }

  reconnectNow(): void {
    this.#line.wake();
  }

  dismissToast(): void {
    this.#set({ toast: null });
  }

  async loadOlder(id: ConversationId): Promise<void> {
    const known = this.#state.conversations.get(id);
    if (known === undefined || known.floor === 0 || known.older === 'loading') return;
    this.#change(withConversation(this.#state, id, (it) => ({ ...it, older: 'loading' })));
    const from = olderFrom(known);
    const answer = await entryPage(id, from, known.floor - from);
    this.#change(
      withConversation(this.#state, id, (it) =>
        answer.kind === 'ok' ? withOlder(it, answer.value) : { ...it, older: 'failed' },
      ),
    );
  }

  /** A socket token lives for a minute: every connect fetches its own. */
  async #hello(): Promise<Omit<Hello, 'type' | 'protocol'> | null> {
    const answer = await currentSession();
    switch (answer.kind) {
      case 'unreachable':
        throw new Error('the node did not answer');
      case 'problem':
        if (answer.problem.status !== 401) throw failure(answer.problem);
        this.onSignedOut();
        return null;
      case 'ok': {
        this.#set({ session: answer.value });
        const open = openConversation(this.#state);
        this.#follow.offered(open?.id ?? null);
        const token = answer.value.socket_token;
        return open === null ? { token } : { token, cursors: [cursorIn(open)] };
      }
    }
  }

  #lineChanged(line: DeskState['line']): void {
    if (line !== 'open') {
      this.#follow.lineClosed();
      this.#outbox.lineClosed();
    }
    this.#set({ line });
  }

  #heard(frame: ServerFrame): void {
    const before = this.#state;
    const after = afterFrame(before, frame, Date.now());
    if (frame.type === 'welcome') this.#welcomed();
    this.#change(after.state);
    if (frame.type === 'ack') this.#outbox.acked(frame);
    if (frame.type === 'refused') this.#refused(frame);
    if (frame.type === 'entries') {
      for (const entry of after.fresh) this.#outbox.taken(frame.conversation, entry);
    }
    const again = after.attach === null ? undefined : after.state.conversations.get(after.attach);
    if (again !== undefined) this.#follow.again(again);
    if (frame.type === 'board') this.#tell(before.board);
  }

  #welcomed(): void {
    const { session, wantedStatus } = this.#state;
    for (const inbox of session.inboxes) this.#line.send({ type: 'board', inbox: inbox.id });
    if (wantedStatus !== null) this.#line.send({ type: 'status', status: wantedStatus });
    void this.loadTeams();
    this.#follow.lineOpened();
    this.#outbox.lineOpened();
  }

  #tell(before: board.Board): void {
    const { session, seen, place, looking } = this.#state;
    const watcher = { me: session.agent, seen, lookingAt: looking ? place.open : null };
    this.#alerts.tell(newNotices(before, this.#state.board, watcher), this.#state);
  }

  #refused(refusal: Refusal): void {
    if (this.#outbox.refused(refusal)) this.#explain(refusal.client_id);
    if (refusal.client_id !== undefined || !isTemporary(refusal.code)) return;
    // An attach, or a mark: both are made good by attaching again from where we are.
    setTimeout(() => {
      const open = openConversation(this.#state);
      if (open !== null && open.id === refusal.conversation) this.#follow.again(open);
    }, refusal.retry_after_ms ?? RETRY_AFTER_MS);
  }

  /** An assignment or a close has no bubble to carry its failure: it is told once, then gone. */
  #explain(clientId: string | undefined): void {
    const item = this.#outbox.items.find((each) => each.frame.client_id === clientId);
    if (item?.state !== 'failed' || 'text' in item.frame) return;
    this.#outbox.discard(item.id);
    this.#say(refusalWords(item.frame.type, item.code ?? 'internal'));
  }

  #post(frame: Exclude<SentFrame, { type: 'start' }>): boolean {
    if (this.#outbox.add(frame.conversation, frame) !== undefined) return true;
    this.#say('Too much is unsent already. Wait until the connection is back.');
    return false;
  }

  #say(text: string): void {
    this.#set({ toast: { text, at_ms: Date.now() } });
  }

  #listen(): void {
    const { signal } = this.#ended;
    const look = (): void => this.#set({ looking: isLooking() });
    window.addEventListener('hashchange', () => this.#arrive(), { signal });
    window.addEventListener('focus', look, { signal });
    window.addEventListener('blur', look, { signal });
    document.addEventListener('visibilitychange', look, { signal });
    window.addEventListener('online', () => this.#line.wake(), { signal });
    document.addEventListener('visibilitychange', () => this.#line.wake(), { signal });
    const hold = (event: Event): void => {
      if (this.#threshold.hasUnsaved) event.preventDefault();
    };
    window.addEventListener('beforeunload', hold, { signal });
    const ticking = setInterval(() => this.#tick(), TICK_MS);
    signal.addEventListener('abort', () => clearInterval(ticking));
  }

  /** The fragment changed, by us, by "back", or by hand. */
  #arrive(): void {
    const leavingTo = this.#threshold.held();
    if (leavingTo !== null) {
      this.#set({ leavingTo });
      return;
    }
    const screen = screenOf(location.hash);
    // On another page no conversation is being looked at; its tab is kept for coming back.
    const elsewhere = { ...this.#state.place, open: null };
    const place = screen.kind === 'desk' ? placeOf(location.hash) : elsewhere;
    const state = { ...this.#state, screen, place };
    this.#change(place.open === null ? state : withOpened(state, place.open));
  }

  #tick(): void {
    const now = Date.now();
    const { open } = this.#state.place;
    let state = this.#state;
    if (open !== null) state = withConversation(state, open, (it) => withoutLapsed(it, now));
    if (now - state.now_ms >= CLOCK_STEP_MS) state = { ...state, now_ms: now };
    if (state !== this.#state) this.#change(state);
  }

  #set(change: Partial<DeskState>): void {
    this.#change({ ...this.#state, ...change });
  }

  /** Brings the node, the storage and the views in line with a new state. */
  #change(state: DeskState): void {
    const { seen } = this.#state;
    this.#state = withSeen(state);
    if (this.#state.seen !== seen) keepSeen(state.session.agent, this.#state.seen);
    const open = openConversation(this.#state);
    this.#follow.follow(open);
    if (open !== null) this.#follow.mark(open, this.#state.looking);
    this.onChange(this.#state);
  }
}

/** Why there is no `hello` for now. */
function failure({ title, retry_after_ms }: Problem): Error {
  return retry_after_ms === undefined ? new Error(title) : new ComeLater(retry_after_ms);
}

function isLooking(): boolean {
  return document.visibilityState === 'visible' && document.hasFocus();
}
