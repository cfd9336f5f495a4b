// Skills and languages in words, and who has them. Pure.

import type { HeldSkills, Skill, SkillCategory, SkillId, Team, User } from '../../shared/people';
import { byName, type Named } from './choices';

export interface Holders {
  readonly users: readonly User[];
  readonly teams: readonly Team[];
}

/** "German" of `de`, as the browser's language says it. */
export function languageName(code: string): string {
  try {
    return new Intl.DisplayNames(undefined, { type: 'language' }).of(code) ?? code;
  } catch {
    return code;
  }
}

/** One is either a main or a secondary language. */
export function languageChoices(languages: readonly string[], taken: readonly string[]): Named[] {
  const left = languages.filter((code) => !taken.includes(code));
  return left.map((code) => ({ id: code, name: languageName(code) })).sort(byName);
}

export function skillChoices(categories: readonly SkillCategory[]): Named[] {
  return categories.flatMap(({ name: category, skills }) =>
    skills.map(({ id, name }) => ({ id, name, about: category })),
  );
}

/** Who has a skill of the account (SK-5). */
export function holdersOf(skill: Skill, { users, teams }: Holders): Holders {
  return {
    users: users.filter((user) => skill.users.includes(user.id)),
    teams: teams.filter((team) => skill.teams.includes(team.id)),
  };
}

/** A rule of a chatflow, with the skills that it asks for. */
export interface RuleOf {
  readonly name: string;
  /** What stands on top of its widget. */
  readonly chatflow: string;
  readonly skills: readonly SkillId[];
}

export function rulesWith(skill: SkillId, rules: readonly RuleOf[]): RuleOf[] {
  return rules.filter((rule) => rule.skills.includes(skill));
}

/** "2 users, 1 team, 1 rule"; "Nobody". */
export function holdersWords(users: number, teams: number, rules = 0): string {
  const count = (number: number, one: string): string =>
    number === 0 ? '' : number === 1 ? `1 ${one}` : `${number} ${one}s`;
  const parts = [count(users, 'user'), count(teams, 'team'), count(rules, 'rule')];
  return parts.filter((part) => part !== '').join(', ') || 'Nobody';
}

export interface LanguageLine {
  readonly code: string;
  readonly name: string;
  readonly main: Holders;
  readonly secondary: Holders;
}

/** The languages that somebody has, by name (SK-3). */
export function spokenLanguages(languages: readonly string[], holders: Holders): LanguageLine[] {
  const lines = languages.map((code) => ({
    code,
    name: languageName(code),
    main: having(holders, (held) => held.main_languages.includes(code)),
    secondary: having(holders, (held) => held.secondary_languages.includes(code)),
  }));
  return lines.filter(({ main, secondary }) => size(main) + size(secondary) > 0).sort(byName);
}

/** "Main for 2 users, secondary for 1 team". */
export function spokenWords(main: Holders, secondary: Holders): string {
  const count = ({ users, teams }: Holders): string => holdersWords(users.length, teams.length);
  const parts = [
    size(main) === 0 ? '' : `main for ${count(main)}`,
    size(secondary) === 0 ? '' : `secondary for ${count(secondary)}`,
  ].filter((part) => part !== '');
  const words = parts.join('; ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function size({ users, teams }: Holders): number {
  return users.length + teams.length;
}

export function heldWords(held: HeldSkills, categories: readonly SkillCategory[]): string {
  const names = new Map(skillChoices(categories).map(({ id, name }) => [id, name]));
  const languages = [...held.main_languages, ...held.secondary_languages].map(languageName);
  const skills = held.skills.map((id) => names.get(id) ?? 'Unknown');
  return [...languages, ...skills].join(', ');
}

function having({ users, teams }: Holders, has: (held: HeldSkills) => boolean): Holders {
  return {
    users: users.filter((user) => has(user.skills)),
    teams: teams.filter((team) => has(team.skills)),
  };
}
