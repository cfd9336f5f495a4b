// What is said of a team that somebody gave a conversation to by hand.

import { expect, test } from 'vitest';

import { deskState, boardRow, wholeBoard } from './samples';
import { opened } from './conversation';
import { standingOf } from './actions';
import { givable, teamsFrom, teamWords } from './teams';

const skills = { main_languages: [], secondary_languages: [], skills: [] };
const team = (id: string, name: string, main: string[]) => ({
  id,
  name,
  main_members: main,
  extra_members: ['somebody'],
  skills,
});

test('AS-41 teams with main members are offered, by name', () => {
  const teams = teamsFrom([
    team('2', 'Service', ['ana']),
    team('3', 'Nobody', []),
    team('1', 'Sales', ['ben']),
  ]);
  expect(givable(teams).map(({ name }) => name)).toEqual(['Sales', 'Service']);
  expect(teamWords(teams, '3')).toBe('the team Nobody');
  expect(teamWords(teams, '4')).toBe('a team');
});

test('AS-41 a team has it while it waits, and no longer', () => {
  const standing = (change: object) => {
    const board = wholeBoard(boardRow('a', { team: '1', ...change }));
    return standingOf(deskState({ board }), opened('a', null, 1)).team;
  };
  expect(standing({ state: 'waiting' })).toBe('1');
  expect(standing({ state: 'assigned', assignee: 'ana' })).toBe(null);
});
