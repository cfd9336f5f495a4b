// What the pages about the team ask over HTTP: colleagues, their status, names of chatflows.

import type { ChatflowName, Colleague } from '../../shared/people';
import type { AgentId, AgentStatus, ChatflowId } from '../../shared/protocol';
import { asked, type Answer } from './rest';

export function colleagues(): Promise<Answer<{ colleagues: Colleague[] }>> {
  return asked('GET', '/api/v1/colleagues');
}

/** Of somebody else: they are told by whom (PERM-8). */
export function setStatusOf(
  agent: AgentId,
  status: AgentStatus,
  csrfToken: string,
): Promise<Answer<unknown>> {
  return asked('PUT', `/api/v1/users/${agent}/status`, { body: { status }, csrfToken });
}

let names: Promise<ReadonlyMap<ChatflowId, string>> | null = null;

/** Asked for once; what could not be fetched is asked for again the next time. */
export function chatflowNames(): Promise<ReadonlyMap<ChatflowId, string>> {
  names ??= fetched();
  return names;
}

async function fetched(): Promise<ReadonlyMap<ChatflowId, string>> {
  const answer = await asked<{ chatflows: ChatflowName[] }>('GET', '/api/v1/chatflows');
  if (answer.kind === 'ok') {
    return new Map(answer.value.chatflows.map((each) => [each.id, each.heading]));
  }
  names = null;
  return new Map();
}
