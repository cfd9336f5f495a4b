// Teams, as conversations are given to them by hand (AS-41). Pure.

import type { Team, TeamId } from '../../shared/people';

export interface Named {
  readonly name: string;
  /** Without main members nobody of it would be given anything. */
  readonly empty: boolean;
}

export type Teams = ReadonlyMap<TeamId, Named>;

export const NO_TEAMS: Teams = new Map();

export function teamsFrom(teams: readonly Team[]): Teams {
  const named = ({ id, name, main_members: main }: Team): [TeamId, Named] => [
    id,
    { name, empty: main.length === 0 },
  ];
  return new Map(teams.map(named));
}

/** Those who can be given something, by name. */
export function givable(teams: Teams): { readonly id: TeamId; readonly name: string }[] {
  return [...teams]
    .filter(([, team]) => !team.empty)
    .map(([id, { name }]) => ({ id, name }))
    .sort((one, other) => one.name.localeCompare(other.name));
}

/** "the team Sales"; of one that is no more, or not known here yet, no name is said. */
export function teamWords(teams: Teams, id: TeamId): string {
  const name = teams.get(id)?.name;
  return name === undefined ? 'a team' : `the team ${name}`;
}
