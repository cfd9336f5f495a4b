// How far each side has read, in words. Pure.

import type { Party } from '../../shared/protocol';
import type { Conversation } from './conversation';
import { clockTime } from './words';

/** Measured against what the other side wrote: nobody has to read their own words. */
export function markWords(conversation: Conversation, party: Party): string {
  const other = party === 'visitor' ? 'agent' : 'visitor';
  const theirs = conversation.log.entries.filter(
    (entry) => entry.type === 'message' && entry.by.kind === other,
  );
  const newest = theirs.at(-1);
  if (newest === undefined) return 'Nothing to read yet';
  const { read, delivered } = conversation.marks[party];
  if (read >= newest.seq) return 'Everything';
  const upTo = theirs.findLast((entry) => entry.seq <= read);
  const rest = delivered >= newest.seq ? ', received everything' : '';
  if (upTo === undefined) return `Nothing${rest}`;
  return `Up to ${clockTime(upTo.at_ms)}${rest}`;
}
