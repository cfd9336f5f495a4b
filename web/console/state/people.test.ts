// Users and teams of the settings: who is shown, what is changed, what is said.

import { expect, test } from 'vitest';
import type { Team, User } from '../../shared/people';
import { accessOf, accessWords, draftOf } from './access';
import { matching } from './choices';
import {
  accountLimitWords,
  deactivationWords,
  hasPermission,
  namesWords,
  NO_FILTER,
  patchOf,
  shownUsers,
  statusWords,
  userChoices,
  withPresence,
  type UserDraft,
} from './people';
import { spokenLanguages, spokenWords } from './skills';
import { loadWords, shortLoad } from './team';

const NO_SKILLS = { main_languages: [], secondary_languages: [], skills: [] };

function user(name: string, change: Partial<User> = {}): User {
  return {
    id: name.toLowerCase(),
    email: `${name.toLowerCase()}@shop.example`,
    name,
    seat: 'service',
    permissions: [],
    status: 'available',
    status_by: null,
    present: true,
    active: 0,
    capacity: null,
    capacity_override: null,
    tickets: 0,
    ticket_capacity_override: null,
    skills: NO_SKILLS,
    deactivated_at_ms: null,
    ...change,
  };
}

const ADA = user('Ada', { permissions: ['super_admin'] });
const BEN = user('Ben', { seat: 'none', status: 'away', permissions: ['users'] });
const ZOE = user('Zoë', { deactivated_at_ms: 1 });
const USERS = [ZOE, BEN, ADA];
const NIGHTS: Team = {
  id: 'nights',
  name: 'Nights',
  main_members: ['ben'],
  extra_members: ['zoë'],
  skills: NO_SKILLS,
};

test('a super admin has every permission, and the others those that they were granted', () => {
  expect(hasPermission(ADA, 'routing')).toBe(true);
  expect(hasPermission(BEN, 'users')).toBe(true);
  expect(hasPermission(BEN, 'routing')).toBe(false);
});

test('users are shown by name, the active ones at first, and found in spite of accents', () => {
  const shown = (change: Partial<typeof NO_FILTER>) =>
    shownUsers(USERS, [NIGHTS], { ...NO_FILTER, ...change }).map((each) => each.name);
  expect(shown({})).toEqual(['Ada', 'Ben']);
  expect(shown({ state: 'any', words: 'zoe' })).toEqual(['Zoë']);
  expect(shown({ state: 'deactivated' })).toEqual(['Zoë']);
  expect(shown({ seat: 'none' })).toEqual(['Ben']);
  expect(shown({ status: 'available' })).toEqual(['Ada']);
  expect(shown({ state: 'any', team: 'nights' })).toEqual(['Ben', 'Zoë']);
  expect(shown({ words: '@shop' })).toEqual(['Ada', 'Ben']);
});

test('what the socket tells of somebody is newer than the list, but for the deactivated', () => {
  const live = { name: '', status: 'away', present: false, active: 2, capacity: 5 } as const;
  const team = new Map(['ada', 'zoë'].map((id) => [id, { ...live, id }]));
  const [zoe, ben, ada] = withPresence(USERS, team);
  expect([ada?.status, ada?.active, ada?.name]).toEqual(['away', 2, 'Ada']);
  expect([zoe, ben]).toEqual([ZOE, BEN]);
});

test('only what changed goes to the node', () => {
  const stored: UserDraft = {
    name: 'Ada',
    seat: 'service',
    permissions: ['users'],
    limits: 'account',
    limit: '5',
  };
  expect(patchOf(stored, { ...stored, name: ' Ada ' })).toEqual({});
  expect(patchOf(stored, { ...stored, limits: 'own', limit: '3' })).toEqual({
    capacity_override: 3,
  });
  const own: UserDraft = { ...stored, limits: 'own', limit: '3' };
  expect(patchOf(own, { ...own, limits: 'account' })).toEqual({ capacity_override: null });
  expect(patchOf(own, { ...own, limit: '0', seat: 'none', permissions: [] })).toEqual({
    capacity_override: 0,
    seat: 'none',
    permissions: [],
  });
});

test('a status says what else keeps new chats away', () => {
  expect(statusWords(ADA)).toBe('Available');
  expect(statusWords({ ...ADA, present: false })).toBe('Available, not signed in');
  expect(statusWords({ ...ADA, active: 3, capacity: 3 })).toBe('Available, all slots taken');
  expect(statusWords({ ...BEN, active: 3, capacity: 3 })).toBe('Away');
});

test('no limit is said in words, never as the number that stands for it', () => {
  expect(loadWords(2, 5)).toBe('2 of 5 chats');
  expect(loadWords(1, null)).toBe('1 chat, no limit');
  expect(loadWords(0, 4_294_967_295)).toBe('0 chats, no limit');
  expect(shortLoad(2, 4_294_967_295)).toBe('2');
  expect(shortLoad(2, 5)).toBe('2/5');
  const account = {
    capacity_limit_on: false,
    capacity_limit: 5,
    active_chat_window_ms: 1,
    ticket_capacity_limit_on: false,
    ticket_capacity_limit: 1,
  };
  expect(accountLimitWords(account)).toBe('There is no limit just now.');
  expect(accountLimitWords({ ...account, capacity_limit_on: true })).toMatch(/5 chats at once/);
});

test('deactivating tells of the chats in hand, if there are any', () => {
  expect(deactivationWords(ADA).join(' ')).toMatch(/no active chats/);
  const busy = deactivationWords({ ...ADA, active: 2 }).join(' ');
  expect(busy).toMatch(/2 active chats.*back into the queue.*stay with Ada/);
});

test('many names become few, and a count', () => {
  expect(namesWords([])).toBe('');
  expect(namesWords(['A'])).toBe('A');
  expect(namesWords(['A', 'B'])).toBe('A and B');
  expect(namesWords(['A', 'B', 'C'])).toBe('A, B and C');
  expect(namesWords(['A', 'B', 'C', 'D', 'E'])).toBe('A, B, C and 2 more');
});

test('picking by name: all words, whatever case and accents, the beginning first', () => {
  const options = ['Ben Zoe', 'Zoë Quist', 'Ada'].map((name) => ({ id: name, name }));
  expect(matching(options, 'zoe').map((it) => it.name)).toEqual(['Zoë Quist', 'Ben Zoe']);
  expect(matching(options, 'QUIST zo').map((it) => it.name)).toEqual(['Zoë Quist']);
  expect(matching(options, '').map((it) => it.name)).toEqual(['Ada', 'Ben Zoe', 'Zoë Quist']);
  expect(userChoices(USERS).map((it) => it.about)).toEqual([
    'ada@shop.example',
    'ben@shop.example',
    'deactivated',
  ]);
});

test('access in words, and as a form that keeps whom one had chosen', () => {
  const people = { users: USERS, teams: [NIGHTS] };
  const chosen = { to: 'chosen', agents: ['ada'], teams: ['nights'] } as const;
  const access = { ...chosen, agents: [...chosen.agents], teams: [...chosen.teams] };
  expect(accessWords(access, people)).toBe('Nights and Ada');
  expect(accessWords({ to: 'everyone' }, people)).toBe('Everyone');
  expect(accessWords({ to: 'chosen', agents: ['gone'], teams: [] }, people)).toMatch(/Nobody/);
  const draft = { ...draftOf(access), to: 'everyone' } as const;
  expect(accessOf(draft)).toEqual({ to: 'everyone' });
  expect(accessOf({ ...draft, to: 'chosen' })).toEqual(access);
});

test('languages that somebody has, with how many as main and as secondary ones', () => {
  const holders = {
    users: [user('Eve', { skills: { ...NO_SKILLS, main_languages: ['de'] } })],
    teams: [{ ...NIGHTS, skills: { ...NO_SKILLS, secondary_languages: ['de'] } }],
  };
  const [german, ...others] = spokenLanguages(['de', 'fr'], holders);
  expect([german?.code, others]).toEqual(['de', []]);
  if (german === undefined) throw new Error('German is spoken');
  expect(spokenWords(german.main, german.secondary)).toBe('Main for 1 user; secondary for 1 team');
});
