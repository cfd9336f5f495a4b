// The table of colleagues: who has access to an inbox, filtered; their hours of today. Pure.

import type { Colleague, HoursToday } from '../../shared/people';
import type { AgentPresence, InboxId } from '../../shared/protocol';
import { plain } from './choices';
import { inOrder, type Team } from './team';

export type StatusFilter = 'any' | 'available' | 'away' | 'absent';

export interface ColleagueFilter {
  /** In the name; empty for any. */
  readonly words: string;
  readonly status: StatusFilter;
  readonly inbox: InboxId | null;
}

export const ANYBODY: ColleagueFilter = { words: '', status: 'any', inbox: null };

export interface ColleagueRow {
  readonly agent: AgentPresence;
  readonly inboxes: readonly InboxId[];
  readonly hours: HoursToday | null;
}

/** Status and load are as the frames say them now; who is on the list, as the node said last. */
export function colleagueRows(
  team: Team,
  colleagues: readonly Colleague[],
  filter: ColleagueFilter,
): ColleagueRow[] {
  const known = new Map(colleagues.map((each) => [each.id, each]));
  const words = plain(filter.words);
  return inOrder(team).flatMap((agent) => {
    const colleague = known.get(agent.id);
    if (colleague === undefined || !plain(agent.name).includes(words)) return [];
    if (!hasStatus(agent, filter.status)) return [];
    if (filter.inbox !== null && !colleague.inboxes.includes(filter.inbox)) return [];
    return [{ agent, inboxes: colleague.inboxes, hours: colleague.hours ?? null }];
  });
}

function hasStatus(agent: AgentPresence, status: StatusFilter): boolean {
  switch (status) {
    case 'any':
      return true;
    case 'absent':
      return !agent.present;
    case 'available':
    case 'away':
      return agent.status === status;
  }
}

/** "09:00 – 12:00, 13:00 – 17:30"; where they work on another clock than ours, it says which. */
export function hoursWords(hours: HoursToday | null, ownZone: string): string {
  if (hours === null) return 'None set';
  if (hours.out_until !== undefined) return `Out of office until ${untilWords(hours.out_until)}`;
  if (hours.rows.length === 0) return 'Not today';
  const rows = hours.rows.map(({ start, end }) => `${start} – ${end}`).join(', ');
  return hours.time_zone === ownZone ? rows : `${rows} (${cityOf(hours.time_zone)})`;
}

/** A reading of their clock: shown as it stands, without taking it to ours. */
function untilWords(text: string): string {
  const at = new Date(`${text}:00Z`);
  if (Number.isNaN(at.getTime())) return text;
  const day = at.toLocaleDateString(undefined, {
    timeZone: 'UTC',
    day: 'numeric',
    month: 'short',
  });
  return text.endsWith('T00:00') ? day : `${day}, ${text.slice(-5)}`;
}

/** "New York" of `America/New_York`. */
function cityOf(zone: string): string {
  return (zone.split('/').at(-1) ?? zone).replaceAll('_', ' ');
}
