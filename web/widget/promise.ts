// The offer of an answer by e-mail, and what became of it. No I/O.

import type { Conversation } from './conversation';
import type { Item } from '../shared/outbox';

/** What the visitor sees of it. */
export type PromiseView =
  /** They may have the answer by e-mail. */
  | { state: 'offered'; text: string }
  /** On its way, or kept until the line is back. */
  | { state: 'sending'; email: string }
  /** Refused for good; once more with the same address, or another. */
  | { state: 'failed'; email: string; code: string; id: string; text: string }
  | { state: 'promised' };

export interface Offer {
  text: string;
}

/** The newest word counts: a promise in the log, else what is unsent, else the offer. */
export function promiseOf(
  conversation: Conversation | undefined,
  items: readonly Item[],
  offer: Offer | undefined,
): PromiseView | undefined {
  const summary = conversation?.summary;
  if (summary === undefined || summary.state === 'closed') return undefined;
  if (summary.due_at_ms !== undefined) return { state: 'promised' };
  if (summary.state !== 'waiting') return undefined;
  const item = items.findLast((it) => it.frame.type === 'promise' && it.lane === summary.id);
  if (item?.frame.type === 'promise') {
    const { email } = item.frame;
    if (item.state !== 'failed') return { state: 'sending', email };
    const text = offer?.text ?? '';
    return { state: 'failed', email, code: item.code ?? '', id: item.id, text };
  }
  return offer && { state: 'offered', text: offer.text };
}

const EMAIL_BYTES_MAX = 254;
const LOCAL_BYTES_MAX = 64;
const LOCAL = /^[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*$/u;
const DOMAIN = /^([a-z\d]([a-z\d-]{0,61}[a-z\d])?\.)+[a-z\d]([a-z\d-]{0,61}[a-z\d])?$/iu;

/** As the node takes addresses: ASCII, and a domain with a dot. */
export function isAddress(text: string): boolean {
  const address = text.trim();
  const at = address.indexOf('@');
  const [local, domain] = [address.slice(0, at), address.slice(at + 1)];
  const fits = address.length <= EMAIL_BYTES_MAX && at > 0 && at <= LOCAL_BYTES_MAX;
  return fits && LOCAL.test(local) && DOMAIN.test(domain) && !/\.\d+$/u.test(domain);
}
