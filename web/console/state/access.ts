// Who an inbox is for, in words and as a form. Pure.

import type { InboxAccess, Team, User } from '../../shared/people';
import { namesWords } from './people';

interface People {
  readonly users: readonly User[];
  readonly teams: readonly Team[];
}

export interface AccessDraft {
  readonly to: InboxAccess['to'];
  readonly agents: string[];
  readonly teams: string[];
}

/** Choosing "everyone" for a moment does not lose whom one had chosen. */
export function draftOf(access: InboxAccess): AccessDraft {
  return access.to === 'everyone' ? { to: 'everyone', agents: [], teams: [] } : { ...access };
}

export function accessOf({ to, agents, teams }: AccessDraft): InboxAccess {
  return to === 'everyone' ? { to } : { to, agents, teams };
}

/** "Everyone", or "Sales, Ada and Ben". */
export function accessWords(access: InboxAccess | undefined, { users, teams }: People): string {
  if (access === undefined) return '';
  if (access.to === 'everyone') return 'Everyone';
  const names = [
    ...teams.filter((team) => access.teams.includes(team.id)),
    ...users.filter((user) => access.agents.includes(user.id)),
  ].map((each) => each.name);
  return names.length === 0 ? 'Nobody who is left' : namesWords(names, 4);
}
