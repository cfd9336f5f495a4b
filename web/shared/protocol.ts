// The words of the wire, as `protocol/src` has them: frames, entries, codes, limits, REST answers.

import type { DecisionRecord } from './decision';
import type { Permission, TeamId } from './people';

export const PROTOCOL = 1;

/** A message or a comment, in UTF-8 bytes. */
export const TEXT_BYTES_MAX = 8 * 1024;
export const URL_BYTES_MAX = 2 * 1024;
export const TITLE_BYTES_MAX = 256;
/** Conversations that one `hello` resumes. */
export const CURSORS_MAX = 16;
/** Conversations that one socket follows at once. */
export const ATTACHED_MAX = 64;
/** One page of history over HTTP. */
export const PAGE_ENTRIES_MAX = 200;
/** A `typing {on: true}` counts for so long. */
export const TYPING_LAPSES_MS = 6_000;
/** And is said again this often while somebody types. */
export const TYPING_REPEATS_MS = 3_000;

// Ids are UUIDs in text.
export type AgentId = string;
export type ChatflowId = string;
export type ClientId = string;
export type ConversationId = string;
export type Epoch = string;
export type InboxId = string;
export type NodeId = string;
export type SiteId = string;
export type VisitorId = string;

/** Position in a log: the first entry has 1; 0 is before the first. */
export type Seq = number;
export type ConversationState = 'bot' | 'waiting' | 'unassigned' | 'assigned' | 'closed';
export type AgentStatus = 'available' | 'away';
export type Party = 'visitor' | 'team';
export type Availability = 'available' | 'at_capacity' | 'away' | 'offline';
export type ReplyTime = 'few_minutes' | 'few_hours' | 'day';

/** What to say while nobody can answer at once. A text may be empty. */
export type Notice =
  | { kind: 'return_time'; returns_at_ms: number }
  | { kind: 'away_message' | 'wait_message'; text: string };

/** Whether a chatflow can be answered, and what its visitors get. */
export interface AvailabilityNow {
  availability: Availability;
  launcher?: 'shown' | 'hidden';
  /** None: as if somebody were available. */
  notice?: Notice;
  reply_time?: ReplyTime;
}

export interface Page {
  url: string;
  title: string;
  referrer?: string;
}

/** How far a client has read a conversation; `seq` 0 means from the start. */
export interface Cursor {
  conversation: ConversationId;
  epoch?: Epoch;
  seq: Seq;
}

// Entries

export type Author =
  | { kind: 'visitor'; id: VisitorId }
  | { kind: 'agent'; id: AgentId; name: string }
  | { kind: 'system' };

export interface AgentRef {
  id: AgentId;
  name: string;
}

export type AssignmentCause = 'policy' | 'manual' | 'reply';

export type EntryBody =
  | { type: 'welcome'; text: string }
  | { type: 'message'; text: string }
  | { type: 'comment'; text: string }
  | {
      type: 'assignment';
      from: AgentRef | null;
      to: AgentRef | null;
      cause: AssignmentCause;
      /** Picked out of the queue while so many had waited longer. */
      out_of_order?: number;
      /** To agents: by hand to this team, and so to nobody yet. */
      team?: { id: TeamId; name: string };
    }
  | { type: 'decision'; decision: DecisionRecord }
  | { type: 'status'; from: ConversationState; to: ConversationState }
  | { type: 'inbox_change'; from: InboxId; to: InboxId }
  /** To agents: where the visitor reads mail. */
  | { type: 'contact'; email: string }
  /** An answer by e-mail was promised; from then on it is overdue. */
  | { type: 'promised'; due_at_ms: number };

/** One item of a conversation's log, as a browser gets it. */
export type Entry = {
  /** The previous seq visible in this view, or the receiver's own cursor. */
  after: Seq;
  seq: Seq;
  at_ms: number;
  by: Author;
  client_id?: ClientId;
} & EntryBody;

// What a client says

export type Hello = {
  type: 'hello';
  protocol: number;
  token: string;
  cursors?: Cursor[];
  page?: Page;
};

/** The frames that carry a client id: answered by `ack` or `refused`, resent until then. */
export type SentFrame =
  | {
      type: 'start';
      client_id: ClientId;
      chatflow: ChatflowId;
      message_client_id: ClientId;
      text: string;
    }
  | { type: 'send'; conversation: ConversationId; client_id: ClientId; text: string }
  | { type: 'comment'; conversation: ConversationId; client_id: ClientId; text: string }
  | {
      type: 'assign';
      conversation: ConversationId;
      client_id: ClientId;
      to: AgentId | null;
      note?: string;
    }
  | {
      type: 'assign_team';
      conversation: ConversationId;
      client_id: ClientId;
      team: TeamId;
      note?: string;
    }
  | { type: 'move'; conversation: ConversationId; client_id: ClientId; inbox: InboxId }
  /** Yes to the offer of an answer by e-mail. */
  | { type: 'promise'; conversation: ConversationId; client_id: ClientId; email: string }
  | { type: 'close'; conversation: ConversationId; client_id: string }
  | { type: 'reopen'; conversation: ConversationId; client_id: string };

export type ClientFrame =
  | Hello
  | SentFrame
  | { type: 'pong' }
  | ({ type: 'attach' } & Cursor)
  | { type: 'detach'; conversation: string }
  | { type: 'mark'; conversation: ConversationId; delivered: Seq; read: Seq }
  | { type: 'typing'; conversation: ConversationId; on: boolean }
  | ({ type: 'page' } & Page)
  | { type: 'board'; inbox: string }
  | { type: 'status'; status: AgentStatus };

// What a node says

export interface MarkPair {
  party: Party;
  delivered: Seq;
  read: Seq;
}

export interface ConversationSummary {
  id: ConversationId;
  number: number;
  chatflow: ChatflowId;
  state: ConversationState;
  assignee: AgentId | null;
  head: Seq;
  started_at_ms: number;
  last_at_ms: number;
  marks: MarkPair[];
  visitor?: VisitorId;
  started_on?: Page;
  /** An answer by e-mail was promised; from then on it is overdue. */
  due_at_ms?: number;
  /** To agents: where that answer goes. */
  email?: string;
  /** To agents: the team that it was given to by hand. */
  team?: TeamId;
}

export interface Welcome {
  protocol: number;
  node: NodeId;
  epoch: Epoch;
  /** The longest silence from the node; twice this without a frame means the line is dead. */
  heartbeat_ms: number;
  /** Spread the next reconnect over this window. */
  reconnect_window_ms: number;
  visitor?: VisitorId;
  conversations?: ConversationSummary[];
  agent?: AgentId;
  inboxes?: InboxId[];
}

export interface Refusal {
  code: string;
  message: string;
  client_id?: ClientId;
  conversation?: ConversationId;
  field?: string;
  retry_after_ms?: number;
}

export interface Ack {
  client_id: ClientId;
  conversation: ConversationId;
  seq: Seq;
  at_ms: number;
}

export interface BoardRow {
  conversation: ConversationId;
  number: number;
  visitor: VisitorId;
  seq: Seq;
  state: ConversationState;
  assignee: AgentId | null;
  preview: string;
  preview_by: Party | null;
  started_at_ms: number;
  last_at_ms: number;
  waiting_since_ms?: number;
  missed_at_ms?: number;
  /** Whose queue it waits in; nodes of older releases do not tell. */
  chatflow?: ChatflowId;
  /** The page it began on, in a few words. */
  page?: string;
  due_at_ms?: number;
  /** The team that it was given to by hand. */
  team?: TeamId;
}

export interface BoardUpdate {
  inbox: InboxId;
  /** `rows` is the whole list: forget the old one. */
  whole: boolean;
  rows: BoardRow[];
  gone?: ConversationId[];
}

export interface AgentPresence {
  id: AgentId;
  name: string;
  status: AgentStatus;
  present: boolean;
  active: number;
  capacity: number;
  /** Who set the status, if it was somebody else (PERM-8). */
  status_by?: AgentId | null;
}

/** Where a waiting conversation stands in its queue. */
export interface QueuePlace {
  position: number;
  /** There may be more before it. */
  at_least?: boolean;
  expected_wait_ms?: number;
}

export type WelcomeFrame = { type: 'welcome' } & Welcome;

export type ServerFrame =
  | WelcomeFrame
  | { type: 'entries'; conversation: ConversationId; epoch: Epoch; entries: Entry[] }
  | { type: 'limited'; conversation: ConversationId; epoch: Epoch; head: Seq }
  | {
      type: 'reset';
      conversation: ConversationId;
      epoch: Epoch;
      head: Seq;
      reason: 'epoch' | 'ahead';
    }
  | ({ type: 'ack' } & Ack)
  | ({ type: 'refused' } & Refusal)
  | { type: 'marks'; conversation: ConversationId; party: Party; delivered: Seq; read: Seq }
  | { type: 'typing'; conversation: ConversationId; by: Author; on: boolean }
  | { type: 'conversation'; conversation: ConversationSummary }
  | { type: 'page'; conversation: ConversationId; page: Page }
  | ({ type: 'availability'; chatflow: ChatflowId } & AvailabilityNow)
  | ({
      type: 'queue';
      conversation: ConversationId;
      /** The answer may come by e-mail instead; what the chatflow says of that. */
      offer?: boolean;
      offer_text?: string;
    } & Partial<QueuePlace>)
  | ({ type: 'board' } & BoardUpdate)
  | {
      type: 'agents';
      agents: AgentPresence[];
      /** They are all: forget the others. */
      whole?: boolean;
      /** They have left. */
      gone?: AgentId[];
    }
  | { type: 'ping' }
  | { type: 'reconnect'; after_ms: number };

// Codes

const TEMPORARY = new Set(['rate_limited', 'busy', 'draining', 'store_failed', 'internal']);

/** Whether the same frame may succeed later: a sender keeps it and tries again. */
export function isTemporary(code: string): boolean {
  return TEMPORARY.has(code);
}

/** What a client does after a close. */
export type ComeBack = 'resume' | 'reauthenticate' | 'never';

const NEVER = new Set([1000, 1002, 1007, 1009, 4002, 4004]);

/** The table of `CloseCode::come_back`. What it does not name (1006, a proxy's own) resumes. */
export function comeBack(code: number): ComeBack {
  if (code === 4001) return 'reauthenticate';
  return NEVER.has(code) ? 'never' : 'resume';
}

/** Said by a client that closes a line it holds for dead. */
export const CLOSE_HEARTBEAT_LOST = 4009;

// REST

export interface Problem {
  code: string;
  title: string;
  status: number;
  field?: string;
  retry_after_ms?: number;
}

export interface PublicChatflow extends AvailabilityNow {
  id: ChatflowId;
  heading: string;
  accent_color: string;
  welcome: string;
}

export interface SiteSettings {
  site: SiteId;
  chatflow: PublicChatflow | null;
}

export interface VisitorToken {
  visitor: VisitorId;
  token: string;
}

export interface EntryPage {
  epoch: Epoch;
  entries: Entry[];
  more: boolean;
  head: Seq;
}

export interface Session {
  agent: AgentId;
  name: string;
  email: string;
  status: AgentStatus;
  /** A super admin has them all, named or not. Nodes of older releases do not tell. */
  permissions?: readonly Permission[];
  inboxes: { id: InboxId; name: string }[];
  socket_token: string;
  csrf_token: string;
}
