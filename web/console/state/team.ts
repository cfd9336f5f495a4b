// The team: who is there, and how much each has in hand. Pure.

import { UNLIMITED } from '../../shared/people';
import type { AgentId, AgentPresence, ServerFrame } from '../../shared/protocol';

export type Team = ReadonlyMap<AgentId, AgentPresence>;

type AgentsFrame = Extract<ServerFrame, { type: 'agents' }>;

export const EMPTY_TEAM: Team = new Map();

/** A whole frame names all, others only those that changed or have left. */
export function teamAfter(team: Team, frame: AgentsFrame): Team {
  const next = new Map(frame.whole === true ? EMPTY_TEAM : team);
  for (const agent of frame.gone ?? []) next.delete(agent);
  for (const agent of frame.agents) next.set(agent.id, agent);
  return next;
}

/** Whether the router gives this one new conversations, and why not. */
export type Reach = 'available' | 'full' | 'away' | 'absent';

export function reachOf(agent: AgentPresence): Reach {
  if (!agent.present) return 'absent';
  if (agent.status === 'away') return 'away';
  return agent.active >= agent.capacity ? 'full' : 'available';
}

export function reachWords(reach: Reach): string {
  switch (reach) {
    case 'available':
      return 'Available';
    case 'full':
      return 'All slots taken';
    case 'away':
      return 'Away';
    case 'absent':
      return 'Not signed in';
  }
}

/** "2 of 5 chats"; without a limit "2 chats, no limit". */
export function loadWords(active: number, capacity: number | null): string {
  if (!isLimited(capacity)) return `${active} ${active === 1 ? 'chat' : 'chats'}, no limit`;
  return `${active} of ${capacity} chats`;
}

/** "2/5", where there is no room for words; without a limit "2". */
export function shortLoad(active: number, capacity: number | null): string {
  return isLimited(capacity) ? `${active}/${capacity}` : `${active}`;
}

function isLimited(capacity: number | null): capacity is number {
  return capacity !== null && capacity !== UNLIMITED;
}

/** Whoever can help first, then by name: the order of the rail and of "Assign to…". */
export function inOrder(team: Team): AgentPresence[] {
  const rank: Record<Reach, number> = { available: 0, full: 1, away: 2, absent: 3 };
  return [...team.values()].sort(
    (one, other) =>
      rank[reachOf(one)] - rank[reachOf(other)] ||
      one.name.localeCompare(other.name) ||
      (one.id < other.id ? -1 : 1),
  );
}

/** The name for an id. A deactivated colleague is in old logs, but no longer in the team. */
export function nameOf(team: Team, agent: AgentId): string {
  return team.get(agent)?.name ?? 'A former colleague';
}
