// What the settings pages ask of the node over HTTP: users, teams, skills, capacity, access.

import type { AgentId, AgentStatus, ChatflowId, InboxId } from '../../shared/protocol';
import type * as wire from '../../shared/people';
import type { RuleOf } from '../state/skills';
import { asked, type Answer } from './rest';

/** What every settings page needs to show names for ids. */
export interface Roster {
  readonly users: readonly wire.User[];
  readonly teams: readonly wire.Team[];
  readonly languages: readonly string[];
  readonly categories: readonly wire.SkillCategory[];
  readonly account: wire.AccountSettings;
}

export class PeopleRest {
  /** `csrfToken` of the session as it is now. */
  constructor(private readonly csrfToken: () => string) {}

  async roster(): Promise<Answer<Roster>> {
    const [users, teams, skills, account] = await Promise.all([
      asked<{ users: wire.User[] }>('GET', '/api/v1/users'),
      asked<{ teams: wire.Team[] }>('GET', '/api/v1/teams'),
      asked<wire.Skills>('GET', '/api/v1/skills'),
      asked<wire.AccountSettings>('GET', '/api/v1/account'),
    ]);
    if (users.kind !== 'ok') return users;
    if (teams.kind !== 'ok') return teams;
    if (skills.kind !== 'ok') return skills;
    if (account.kind !== 'ok') return account;
    const value = { ...users.value, ...teams.value, ...skills.value, account: account.value };
    return { kind: 'ok', value };
  }

  addUser(body: wire.NewUser): Promise<Answer<wire.User>> {
    return this.#change('POST', '/users', body);
  }

  changeUser(user: AgentId, body: wire.UserPatch): Promise<Answer<wire.User>> {
    return this.#change('PATCH', `/users/${user}`, body);
  }

  setStatus(user: AgentId, status: AgentStatus): Promise<Answer<wire.User>> {
    return this.#change('PUT', `/users/${user}/status`, { status });
  }

  setSkills(user: AgentId, body: wire.HeldSkills): Promise<Answer<wire.User>> {
    return this.#change('PUT', `/users/${user}/skills`, body);
  }

  hours(user: AgentId): Promise<Answer<wire.WorkingHours>> {
    return asked('GET', `/api/v1/users/${user}/hours`);
  }

  setHours(user: AgentId, body: wire.WorkingHours): Promise<Answer<wire.WorkingHours>> {
    return this.#change('PUT', `/users/${user}/hours`, body);
  }

  addTeam(body: wire.NewTeam): Promise<Answer<wire.Team>> {
    return this.#change('POST', '/teams', body);
  }

  changeTeam(team: wire.TeamId, body: wire.TeamPatch): Promise<Answer<wire.Team>> {
    return this.#change('PATCH', `/teams/${team}`, body);
  }

  deleteTeam(team: wire.TeamId): Promise<Answer<null>> {
    return this.#change('DELETE', `/teams/${team}`);
  }

  addSkills(category: string, names: string[]): Promise<Answer<wire.Skills>> {
    return this.#change('POST', '/skills', { category, names });
  }

  changeSkill(
    skill: wire.SkillId,
    body: { name?: string; category?: string },
  ): Promise<Answer<wire.Skills>> {
    return this.#change('PATCH', `/skills/${skill}`, body);
  }

  renameCategory(category: string, name: string): Promise<Answer<wire.Skills>> {
    return this.#change('PATCH', '/skills', { category, name });
  }

  deleteSkill(skill: wire.SkillId): Promise<Answer<null>> {
    return this.#change('DELETE', `/skills/${skill}`);
  }

  changeAccount(body: wire.AccountPatch): Promise<Answer<wire.AccountSettings>> {
    return this.#change('PUT', '/account', body);
  }

  /** The rules of all chatflows that one may see. */
  async rules(): Promise<RuleOf[]> {
    const answer = await asked<{ chatflows: Chatflow[] }>('GET', '/api/v1/chatflows');
    if (answer.kind !== 'ok') return [];
    const lists = await Promise.all(answer.value.chatflows.map((chatflow) => rulesOf(chatflow)));
    return lists.flat();
  }

  access(inbox: InboxId): Promise<Answer<wire.AccessAnswer>> {
    return asked('GET', `/api/v1/inboxes/${inbox}/access`);
  }

  setAccess(inbox: InboxId, body: wire.InboxAccess): Promise<Answer<wire.AccessAnswer>> {
    return this.#change('PUT', `/inboxes/${inbox}/access`, body);
  }

  kind(inbox: InboxId): Promise<Answer<wire.KindAnswer>> {
    return asked('GET', `/api/v1/inboxes/${inbox}/kind`);
  }

  setKind(inbox: InboxId, kind: wire.InboxKind): Promise<Answer<wire.KindAnswer>> {
    return this.#change('PUT', `/inboxes/${inbox}/kind`, { kind });
  }

  #change<T>(method: string, path: string, body?: unknown): Promise<Answer<T>> {
    return asked<T>(method, `/api/v1${path}`, { body, csrfToken: this.csrfToken() });
  }
}

interface Chatflow {
  readonly id: ChatflowId;
  readonly heading: string;
}

async function rulesOf({ id, heading }: Chatflow): Promise<RuleOf[]> {
  const answer = await asked<wire.RuleSkills>('GET', `/api/v1/chatflows/${id}/assignment`);
  const rules = answer.kind === 'ok' ? (answer.value.rules ?? []) : [];
  return rules.map(({ name, skills = [] }) => ({ name, chatflow: heading, skills }));
}
