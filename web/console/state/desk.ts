// Everything that the console shows, in one value, and what each frame makes of it. Pure.

import type {
  Ack,
  AgentStatus,
  ConversationId,
  Entry,
  Epoch,
  InboxId,
  Refusal,
  ServerFrame,
  Session,
} from '../../shared/protocol';
import type { LineState } from '../../shared/line';
import type { Item } from '../../shared/outbox';
import { boardAfter, EMPTY_BOARD, type Board } from './board';
import * as conversations from './conversation';
import type { Conversation } from './conversation';
import type { Place, Screen } from './route';
import { isUnread, seenAfter, seenAfterBoard, type Seen } from './seen';
import { EMPTY_TEAM, teamAfter, type Team } from './team';
import { NO_TEAMS, type Teams } from './teams';

/** Conversations kept in memory after leaving them: coming back is then instant. */
export const KEPT_MAX = 24;

export interface Toast {
  readonly text: string;
  readonly at_ms: number;
}

export interface DeskState {
  readonly session: Session;
  readonly line: LineState;
  /** Of the node's store; null before the first `welcome`. */
  readonly epoch: Epoch | null;
  readonly board: Board;
  readonly team: Team;
  /** Those that something can be given to. */
  readonly teams: Teams;
  readonly seen: Seen;
  /** What is shown; `place` is where they are, or were, among the conversations. */
  readonly screen: Screen;
  readonly place: Place;
  /** Where they wanted to go with something unsaved, and are asked first. */
  readonly leavingTo: string | null;
  /** Shown: of this inbox only. */
  readonly inbox: InboxId | null;
  /** Shown: with these words only. */
  readonly words: string;
  readonly conversations: ReadonlyMap<ConversationId, Conversation>;
  readonly outbox: readonly Item[];
  /** Asked for, and not yet confirmed by an `agents` frame. */
  readonly wantedStatus: AgentStatus | null;
  readonly toast: Toast | null;
  /** The page is visible and has the focus: what it shows is being read. */
  readonly looking: boolean;
  readonly muted: boolean;
  readonly alerts: NotificationPermission | 'unsupported';
  readonly now_ms: number;
}

export type Start = Pick<
  DeskState,
  'session' | 'screen' | 'place' | 'seen' | 'looking' | 'muted' | 'alerts' | 'now_ms'
>;

export function startState(start: Start): DeskState {
  return {
    ...start,
    line: 'idle',
    epoch: null,
    board: EMPTY_BOARD,
    team: EMPTY_TEAM,
    teams: NO_TEAMS,
    leavingTo: null,
    inbox: null,
    words: '',
    conversations: new Map(),
    outbox: [],
    wantedStatus: null,
    toast: null,
  };
}

/** What to do after a frame, besides showing the new state. */
export interface AfterFrame {
  readonly state: DeskState;
  /** Entries that were new, for the outbox: one's own among them is an ack. */
  readonly fresh: readonly Entry[];
  /** Attach again, from the cursor that the conversation has now. */
  readonly attach: ConversationId | null;
}

export function afterFrame(state: DeskState, frame: ServerFrame, nowMs: number): AfterFrame {
  switch (frame.type) {
    case 'welcome':
      return only({ ...state, epoch: frame.epoch });
    case 'board':
      return only(withBoard(state, boardAfter(state.board, frame)));
    case 'agents':
      return only(withTeam(state, teamAfter(state.team, frame)));
    case 'entries':
      return afterEntries(state, frame);
    case 'limited':
    case 'reset':
      return afterRestart(state, frame);
    case 'conversation':
      return changed(state, frame.conversation.id, (it) =>
        conversations.withSummary(it, frame.conversation),
      );
    case 'marks':
      return changed(state, frame.conversation, (it) => conversations.withMarks(it, frame));
    case 'typing':
      return changed(state, frame.conversation, (it) =>
        conversations.withTyping(it, frame.by, frame.on, nowMs),
      );
    case 'page':
      return changed(state, frame.conversation, (it) => ({ ...it, page: frame.page }));
    case 'refused':
      return only(afterRefusal(state, frame, nowMs));
    case 'ack':
      return only(afterAck(state, frame));
    case 'availability':
    case 'queue':
    case 'ping':
    case 'reconnect':
      return only(state);
  }
}

/** The conversation, made and kept if it was not yet: the newest used are kept. */
export function withOpened(state: DeskState, id: ConversationId): DeskState {
  const known = state.conversations.get(id);
  const head = state.board.rows.get(id)?.seq ?? 0;
  const kept = new Map(state.conversations);
  kept.delete(id);
  kept.set(id, known ?? conversations.opened(id, state.epoch, head));
  for (const oldest of kept.keys()) {
    if (kept.size <= KEPT_MAX) break;
    kept.delete(oldest);
  }
  return { ...state, conversations: kept };
}

export function withConversation(
  state: DeskState,
  id: ConversationId,
  change: (conversation: Conversation) => Conversation,
): DeskState {
  const known = state.conversations.get(id);
  if (known === undefined) return state;
  const next = change(known);
  if (next === known) return state;
  return { ...state, conversations: new Map(state.conversations).set(id, next) };
}

/** What is open, loaded and looked at has been seen as far as it goes. */
export function withSeen(state: DeskState): DeskState {
  const open = openConversation(state);
  const newest = open?.log.entries.at(-1);
  if (open === null || newest === undefined || !state.looking) return state;
  const seen = seenAfter(state.seen, open.id, newest.seq);
  return seen === state.seen ? state : { ...state, seen };
}

export function statusOf(state: DeskState): AgentStatus {
  const { wantedStatus, team, session } = state;
  return wantedStatus ?? team.get(session.agent)?.status ?? session.status;
}

export function openConversation(state: DeskState): Conversation | null {
  const { open } = state.place;
  return open === null ? null : (state.conversations.get(open) ?? null);
}

type EntriesFrame = Extract<ServerFrame, { type: 'entries' }>;
type RestartFrame = Extract<ServerFrame, { type: 'limited' | 'reset' }>;

function afterEntries(state: DeskState, frame: EntriesFrame): AfterFrame {
  const known = state.conversations.get(frame.conversation);
  if (known === undefined) return only(state);
  const taken = conversations.withEntries(known, frame.epoch, frame.entries);
  return {
    state: withConversation(state, known.id, () => taken.conversation),
    fresh: taken.fresh,
    attach: taken.gap ? known.id : null,
  };
}

/** After `limited` we attach again near the head; after `reset` the node sends what follows. */
function afterRestart(state: DeskState, frame: RestartFrame): AfterFrame {
  const { conversation, epoch, head } = frame;
  const next = withConversation(state, conversation, (it) =>
    conversations.restarted(it, epoch, frame.type === 'reset' ? 0 : head),
  );
  return { state: next, fresh: [], attach: frame.type === 'limited' ? conversation : null };
}

function withBoard(state: DeskState, board: Board): DeskState {
  return { ...state, board, seen: seenAfterBoard(state.seen, state.board, board) };
}

/** What one did oneself is nothing new, also after leaving the conversation. */
function afterAck(state: DeskState, ack: Ack): DeskState {
  const row = state.board.rows.get(ack.conversation);
  if (row !== undefined && isUnread(state.seen, row)) return state;
  return { ...state, seen: seenAfter(state.seen, ack.conversation, ack.seq) };
}

function withTeam(state: DeskState, team: Team): DeskState {
  const confirmed = team.get(state.session.agent)?.status === state.wantedStatus;
  return { ...state, team, wantedStatus: confirmed ? null : state.wantedStatus };
}

/** What was refused for good and has no place in a thread is told in a toast. */
function afterRefusal(state: DeskState, refusal: Refusal, nowMs: number): DeskState {
  const { client_id, conversation, code } = refusal;
  if (client_id === undefined && conversation !== undefined && conversation === state.place.open) {
    if (code === 'not_found' || code === 'forbidden') {
      return withConversation(state, conversation, (it) => ({ ...it, missing: true }));
    }
  }
  if (client_id !== undefined || refusal.retry_after_ms !== undefined) return state;
  return { ...state, wantedStatus: null, toast: { text: refusal.message, at_ms: nowMs } };
}

function changed(
  state: DeskState,
  id: ConversationId,
  change: (conversation: Conversation) => Conversation,
): AfterFrame {
  return only(withConversation(state, id, change));
}

function only(state: DeskState): AfterFrame {
  return { state, fresh: [], attach: null };
}
