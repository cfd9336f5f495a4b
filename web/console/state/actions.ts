// What an agent may do with a conversation just now. Pure.

import type { Item } from '../../shared/outbox';
import type { TeamId } from '../../shared/people';
import type { AgentId, ConversationId, ConversationState } from '../../shared/protocol';
import type { Conversation } from './conversation';
import type { DeskState } from './desk';

/** The facts on which head, composer and buttons agree. */
export interface Standing {
  /** Null until the board or the node has told. */
  readonly state: ConversationState | null;
  readonly assignee: AgentId | null;
  /** Nobody has it yet, and it goes to the main members of this team alone. */
  readonly team: TeamId | null;
  readonly number: number | null;
  readonly started_at_ms: number | null;
}

/** The summary comes with the log; the board's row is there before it. */
export function standingOf(desk: DeskState, conversation: Conversation): Standing {
  const row = desk.board.rows.get(conversation.id);
  const { summary } = conversation;
  return {
    state: summary?.state ?? row?.state ?? null,
    assignee: summary === null ? (row?.assignee ?? null) : summary.assignee,
    team: teamOf(summary ?? row),
    number: summary?.number ?? row?.number ?? null,
    started_at_ms: summary?.started_at_ms ?? row?.started_at_ms ?? null,
  };
}

/** Once somebody has it, that is who matters. */
export function teamOf(
  place: { readonly state: ConversationState; readonly team?: TeamId } | undefined,
): TeamId | null {
  return place?.state === 'waiting' ? (place.team ?? null) : null;
}

export interface Actions {
  readonly take: boolean;
  readonly assign: boolean;
  readonly close: boolean;
  readonly reopen: boolean;
  /** One of them was asked for and is unanswered: a second click would do nothing new. */
  readonly busy: boolean;
}

export function actionsOf(desk: DeskState, conversation: Conversation): Actions {
  const { state, assignee } = standingOf(desk, conversation);
  const open = state !== null && state !== 'closed';
  return {
    take: open && assignee !== desk.session.agent,
    assign: open,
    close: open,
    reopen: state === 'closed',
    busy: hasPendingAction(desk, conversation.id),
  };
}

/** Something was asked for that is unanswered. */
export function hasPendingAction(desk: DeskState, conversation: ConversationId): boolean {
  return desk.outbox.some((item) => isAction(item, conversation));
}

function isAction(item: Item, conversation: ConversationId): boolean {
  if (item.lane !== conversation || item.state === 'failed') return false;
  switch (item.frame.type) {
    case 'assign':
    case 'assign_team':
    case 'move':
    case 'close':
    case 'reopen':
      return true;
    case 'start':
    case 'send':
    case 'comment':
    case 'promise':
      return false;
  }
}
