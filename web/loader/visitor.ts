// The visitor's token: made once, by the site's own page, because its origin is what is checked.

import type { Problem, VisitorToken } from '../shared/protocol';
import type { Keep } from './keep';

const TOKEN = 'token';

export interface TokenAnswer {
  token?: string;
  /** The node said no for good: this site or this page may not chat. */
  never?: boolean;
  /** The node said when to ask again. */
  afterMs?: number;
}

/** The kept token, or a new one if there is none or the kept one is `stale`. */
export async function visitorToken(
  node: string,
  site: string,
  keep: Keep,
  stale: string | undefined,
): Promise<TokenAnswer> {
  const kept = keep.get(TOKEN);
  if (kept !== null && kept !== stale) return { token: kept };
  try {
    const answer = await fetch(`${node}/api/v1/visitors`, {
      method: 'POST',
      credentials: 'omit',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ site }),
    });
    if (!answer.ok) return await no(answer);
    const { token } = (await answer.json()) as VisitorToken;
    // Another tab may have been quicker: one visitor, one token (REG-6).
    const other = keep.get(TOKEN);
    if (other !== null && other !== stale) return { token: other };
    keep.set(TOKEN, token);
    return { token };
  } catch {
    return {};
  }
}

async function no(answer: Response): Promise<TokenAnswer> {
  if (answer.status < 500 && answer.status !== 429) return { never: true };
  const { retry_after_ms } = (await answer.json()) as Problem;
  return retry_after_ms === undefined ? {} : { afterMs: retry_after_ms };
}

export function isKnownVisitor(keep: Keep): boolean {
  return keep.get(TOKEN) !== null;
}
