// Who has a conversation, how it came to them, and why it is not mine (BY-3). Pure.

import type { DecisionRecord } from '../../shared/decision';
import type { TeamId } from '../../shared/people';
import type { AgentId, Entry } from '../../shared/protocol';
import { standingOf, teamOf } from './actions';
import type { Row } from './board';
import type { Conversation } from './conversation';
import type { DeskState } from './desk';
import { queueOf } from './floor';
import { whyNot } from './record';
import { nameOf, reachOf } from './team';
import { teamWords } from './teams';
import { pairedDecisions } from './thread';

export interface Routing {
  /** How it came to whom, or that it waits. */
  readonly how: string;
  /** Null where the question does not arise. */
  readonly whyNotMe: string | null;
  readonly record: DecisionRecord | null;
}

/** Null while there is nothing to say: it is loading, or its assignment is further up the log. */
export function routingOf(desk: DeskState, conversation: Conversation): Routing | null {
  const { state, assignee } = standingOf(desk, conversation);
  const row = desk.board.rows.get(conversation.id);
  switch (state) {
    case null:
    case 'bot':
      return null;
    case 'waiting':
      return row === undefined ? null : waiting(desk, row);
    case 'unassigned':
      return {
        how: 'Nobody has it, and it is in no queue: somebody has to take it.',
        whyNotMe: null,
        record: null,
      };
    case 'assigned':
    case 'closed':
      return assignee === null ? null : assigned(desk, conversation, assignee);
  }
}

function assigned(desk: DeskState, conversation: Conversation, assignee: AgentId): Routing | null {
  const { entries } = conversation.log;
  const entry = entries.findLast((each) => each.type === 'assignment' && each.to?.id === assignee);
  if (entry?.type !== 'assignment') return null;
  const me = desk.session.agent;
  const whom = assignee === me ? 'you' : nameOf(desk.team, assignee);
  const record = pairedDecisions(entries).get(entry.seq) ?? null;
  switch (entry.cause) {
    case 'policy':
      return {
        how: `Routing gave it to ${whom}.`,
        whyNotMe: record === null ? null : whyNot(record, me, desk.team),
        record,
      };
    case 'reply':
      return byHand(`${subject(whom)} took it by answering.`, assignee === me);
    case 'manual':
      return byHand(manualWords(entry, me, whom), assignee === me);
  }
}

function byHand(how: string, mine: boolean): Routing {
  const whyNotMe = mine ? null : 'It was not routed: a person decided.';
  return { how, whyNotMe, record: null };
}

function manualWords({ by }: Entry, me: AgentId, whom: string): string {
  if (by.kind !== 'agent') return `It was assigned to ${whom} by hand.`;
  const giver = by.id === me ? 'you' : by.name;
  return giver === whom
    ? `${subject(whom)} took it.`
    : `${subject(giver)} assigned it to ${whom}.`;
}

/** AS-41: nobody else is asked. */
function waitsForTeam(desk: DeskState, team: TeamId): Routing {
  const mine = desk.team.get(desk.session.agent);
  const reach = mine === undefined ? 'available' : reachOf(mine);
  const ifMember = 'Routing gives it to you if you are a main member.';
  const whyNotMe = reach === 'available' ? ifMember : whyNotYet(desk, 0);
  const name = teamWords(desk.teams, team);
  const how = `It was given by hand to ${name}, and waits for its main members.`;
  return { how, whyNotMe, record: null };
}

/** From what is known now: a record is written only when somebody is chosen. */
function waiting(desk: DeskState, row: Row): Routing {
  const team = teamOf(row);
  if (team !== null) return waitsForTeam(desk, team);
  const place = queueOf(desk.board, null).find(
    (each) => each.row.conversation === row.conversation,
  );
  const before = (place?.position ?? 1) - 1;
  const how =
    before === 0
      ? 'It is the next in its queue.'
      : `It waits: ${before === 1 ? 'one other has' : `${before} others have`} waited longer.`;
  return { how, whyNotMe: whyNotYet(desk, before), record: null };
}

function whyNotYet(desk: DeskState, before: number): string | null {
  const mine = desk.team.get(desk.session.agent);
  if (mine === undefined) return null;
  switch (reachOf(mine)) {
    case 'absent':
      return 'You are not connected.';
    case 'away':
      return 'You are Away: routing gives you nothing until you are Available.';
    case 'full':
      return `All your slots are taken: ${mine.active} of ${mine.capacity}.`;
    case 'available':
      return before > 0
        ? 'You are free; routing takes the longest wait first.'
        : 'You are free. If it passes you by, its rule does not name you, or you have no seat.';
  }
}

function subject(name: string): string {
  return name === 'you' ? 'You' : name;
}
