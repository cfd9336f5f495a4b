// What the console asks over HTTP: the session, pages of a log; and how it asks anything.

import type { Team } from '../../shared/people';
import type { ConversationId, EntryPage, Problem, Seq, Session } from '../../shared/protocol';

/** No answer by then counts as unreachable. */
const ANSWER_TIMEOUT_MS = 15_000;

export type Answer<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'problem'; readonly problem: Problem }
  | { readonly kind: 'unreachable' };

export function currentSession(): Promise<Answer<Session>> {
  return asked<Session>('GET', '/api/v1/session');
}

export function signIn(email: string, password: string): Promise<Answer<Session>> {
  return asked<Session>('POST', '/api/v1/session', { body: { email, password } });
}

export function signOut(csrfToken: string): Promise<Answer<null>> {
  return asked<null>('DELETE', '/api/v1/session', { csrfToken });
}

export function entryPage(
  conversation: ConversationId,
  after: Seq,
  limit: number,
): Promise<Answer<EntryPage>> {
  const query = `after=${after}&limit=${limit}`;
  return asked<EntryPage>('GET', `/api/v1/conversations/${conversation}/entries?${query}`);
}

export function allTeams(): Promise<Answer<{ teams: Team[] }>> {
  return asked<{ teams: Team[] }>('GET', '/api/v1/teams');
}

interface Extras {
  readonly body?: unknown;
  readonly csrfToken?: string;
}

export async function asked<T>(
  method: string,
  path: string,
  extras: Extras = {},
): Promise<Answer<T>> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (extras.body !== undefined) headers['Content-Type'] = 'application/json';
  if (extras.csrfToken !== undefined) headers['X-Salotto-CSRF'] = extras.csrfToken;
  try {
    const response = await fetch(path, {
      method,
      headers,
      body: extras.body === undefined ? null : JSON.stringify(extras.body),
      credentials: 'same-origin',
      cache: 'no-store',
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    if (!response.ok) return { kind: 'problem', problem: await problemOf(response) };
    const value = response.status === 204 ? null : ((await response.json()) as unknown);
    return { kind: 'ok', value: value as T };
  } catch {
    return { kind: 'unreachable' };
  }
}

/** A balancer in between answers in HTML: then status and headers alone say what it was. */
async function problemOf(response: Response): Promise<Problem> {
  try {
    const body: unknown = await response.json();
    if (typeof body === 'object' && body !== null && 'code' in body) return body as Problem;
  } catch {
    // Not JSON.
  }
  const code = response.status === 401 ? 'unauthenticated' : 'internal';
  const title = `HTTP ${response.status}`;
  const seconds = Number(response.headers.get('Retry-After') ?? Number.NaN);
  const wait = seconds > 0 ? { retry_after_ms: seconds * 1_000 } : {};
  return { code, title, status: response.status, ...wait };
}
