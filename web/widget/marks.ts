// Delivered and read, of both sides: what is known, what to report, what is unread.

import type { Entry, MarkPair, Party, Seq } from '../shared/protocol';

export type Marks = Readonly<Record<Party, { readonly delivered: Seq; readonly read: Seq }>>;

const NOTHING = { delivered: 0, read: 0 };
export const NO_MARKS: Marks = { visitor: NOTHING, team: NOTHING };

/** Positions never go back. */
export function withMark(marks: Marks, mark: MarkPair): Marks {
  const old = marks[mark.party];
  const delivered = Math.max(old.delivered, mark.delivered);
  const read = Math.max(old.read, mark.read);
  if (delivered === old.delivered && read === old.read) return marks;
  return { ...marks, [mark.party]: { delivered, read } };
}

/** What the visitor's side should report now, if that is more than was known. */
export function owedMark(marks: Marks, last: Seq, looks: boolean): MarkPair | undefined {
  const delivered = last;
  const read = looks ? last : marks.visitor.read;
  const owed = withMark(marks, { party: 'visitor', delivered, read });
  return owed === marks ? undefined : { party: 'visitor', ...owed.visitor };
}

/** Messages of agents that the visitor has not seen in any tab. */
export function unreadOf(entries: readonly Entry[], marks: Marks): Entry[] {
  return entries.filter(
    (it) => it.type === 'message' && it.by.kind === 'agent' && it.seq > marks.visitor.read,
  );
}

export type Delivery = 'sent' | 'delivered' | 'read';

/** How far one of the visitor's own messages has come. */
export function deliveryOf(seq: Seq, marks: Marks): Delivery {
  if (seq <= marks.team.read) return 'read';
  return seq <= marks.team.delivered ? 'delivered' : 'sent';
}
