// Users and teams for the settings: who may do what, who is shown, in which order. Pure.

import type { AgentId } from '../../shared/protocol';
import type {
  AccountSettings,
  Permission,
  Seat,
  Team,
  TeamId,
  User,
  UserPatch,
} from '../../shared/people';
import { byName, plain, type Named } from './choices';
import type { Team as Presences } from './team';

/** A super admin has every permission. */
export function hasPermission(user: User, permission: Permission): boolean {
  return user.permissions.includes('super_admin') || user.permissions.includes(permission);
}

export function isActive(user: User): boolean {
  return user.deactivated_at_ms === null;
}

export interface UserFilter {
  readonly words: string;
  readonly seat: Seat | 'any';
  readonly team: TeamId | 'any';
  readonly status: User['status'] | 'any';
  readonly state: 'active' | 'deactivated' | 'any';
}

export const NO_FILTER: UserFilter = {
  words: '',
  seat: 'any',
  team: 'any',
  status: 'any',
  state: 'active',
};

/** By name. The words may be part of the name or of the e-mail address. */
export function shownUsers(
  users: readonly User[],
  teams: readonly Team[],
  filter: UserFilter,
): User[] {
  const words = plain(filter.words);
  const members = membersOf(teams.find((team) => team.id === filter.team));
  const shown = users.filter(
    (user) =>
      (filter.seat === 'any' || user.seat === filter.seat) &&
      (filter.status === 'any' || user.status === filter.status) &&
      (filter.state === 'any' || isActive(user) === (filter.state === 'active')) &&
      (filter.team === 'any' || members.has(user.id)) &&
      (words === '' || plain(`${user.name} ${user.email}`).includes(words)),
  );
  return shown.sort(byName);
}

/** With what the socket has told since they were loaded. */
export function withPresence(users: readonly User[], presences: Presences): User[] {
  return users.map((user) => {
    const live = presences.get(user.id);
    if (live === undefined || !isActive(user)) return user;
    const { status, present, active } = live;
    return { ...user, status, present, active };
  });
}

export function teamsOf(user: AgentId, teams: readonly Team[]): Team[] {
  return teams.filter((team) => membersOf(team).has(user));
}

function membersOf(team: Team | undefined): ReadonlySet<AgentId> {
  return new Set(team === undefined ? [] : [...team.main_members, ...team.extra_members]);
}

/** For picking by name. Who is deactivated says so, and is offered last. */
export function userChoices(users: readonly User[]): Named[] {
  const active = users.filter(isActive).sort(byName);
  const gone = users.filter((user) => !isActive(user)).sort(byName);
  return [
    ...active.map(({ id, name, email }) => ({ id, name, about: email })),
    ...gone.map(({ id, name }) => ({ id, name, about: 'deactivated' })),
  ];
}

/** "Ada, Ben and 3 more". */
export function namesWords(names: readonly string[], max = 3): string {
  const shown = names.slice(0, max);
  const left = names.length - shown.length;
  if (left > 0) return `${shown.join(', ')} and ${left} more`;
  const last = shown.at(-1) ?? '';
  return shown.length > 1 ? `${shown.slice(0, -1).join(', ')} and ${last}` : last;
}

export function seatName(seat: Seat): string {
  switch (seat) {
    case 'none':
      return 'No seat';
    case 'sales':
      return 'Sales';
    case 'service':
      return 'Service';
  }
}

/** What a seat does (PERM-2, PERM-3, PERM-11). */
export function seatAbout(seat: Seat): string {
  switch (seat) {
    case 'none':
      return 'May look and answer in the inboxes they see. Is never given a chat automatically.';
    case 'sales':
      return 'Is given chats automatically and may be in routing rules. No tickets, no skills.';
    case 'service':
      return 'Is given chats and help-desk tickets automatically, may be in rules and have skills.';
  }
}

export function permissionName(permission: Permission): string {
  switch (permission) {
    case 'super_admin':
      return 'Super admin';
    case 'users':
      return 'Add and edit users';
    case 'availability_management':
      return 'Manage availability';
    case 'chatflows':
      return 'Chatflows';
    case 'routing':
      return 'Routing rules';
    case 'pick_out_of_order':
      return 'Pick out of order';
  }
}

export function permissionAbout(permission: Permission): string {
  switch (permission) {
    case 'super_admin':
      return 'Everything below, and alone: capacity limits, skills, inboxes, other super admins.';
    case 'users':
      return 'Adds users and teams, edits and deactivates them.';
    case 'availability_management':
      return 'Sets others Available or Away. They are told who did it.';
    case 'chatflows':
      return 'Creates and edits chatflows.';
    case 'routing':
      return 'Creates and edits routing rules. Needs a seat.';
    case 'pick_out_of_order':
      return 'Takes a waiting chat before one that has waited longer.';
  }
}

/** The status, and what else keeps new chats away. */
export function statusWords(user: User): string {
  const status = user.status === 'available' ? 'Available' : 'Away';
  if (!user.present) return `${status}, not signed in`;
  const full = user.capacity !== null && user.active >= user.capacity;
  return full && user.status === 'available' ? 'Available, all slots taken' : status;
}

export interface UserDraft {
  readonly name: string;
  readonly seat: Seat;
  readonly permissions: Permission[];
  readonly limits: 'account' | 'own';
  readonly limit: string;
}

/** Only what changed: what somebody else changed meanwhile stays. */
export function patchOf(stored: UserDraft, draft: UserDraft): UserPatch {
  const patch: UserPatch = {};
  if (draft.name.trim() !== stored.name) patch.name = draft.name.trim();
  if (draft.seat !== stored.seat) patch.seat = draft.seat;
  if (draft.permissions.join() !== stored.permissions.join()) {
    patch.permissions = draft.permissions;
  }
  const limit = limitOf(draft);
  if (limit !== limitOf(stored)) patch.capacity_override = limit;
  return patch;
}

function limitOf(draft: UserDraft): number | null {
  return draft.limits === 'own' ? Number(draft.limit) : null;
}

export function accountLimitWords(account: AccountSettings): string {
  if (!account.capacity_limit_on) return 'There is no limit just now.';
  return `That is ${account.capacity_limit} chats at once just now.`;
}

/** What happens to somebody's chats when the account is deactivated. */
export function deactivationWords({ name, active }: User): string[] {
  const words = ['They are signed out everywhere at once and cannot sign in any more.'];
  if (active === 0) return [...words, 'They have no active chats.'];
  const count = active === 1 ? '1 active chat' : `${active} active chats`;
  return [
    ...words,
    `They have ${count}. What they have not answered goes back into the queue; the others stay ` +
      `with ${name} until somebody takes them over.`,
  ];
}

export function namesOf(ids: readonly AgentId[], users: readonly User[]): string[] {
  const names = new Map(users.map((user) => [user.id, user.name]));
  return ids.map((id) => names.get(id) ?? 'Somebody unknown').sort((a, b) => a.localeCompare(b));
}
