// The thread: groups, delivery, lines, decision records, unsent messages.

import { expect, test } from 'vitest';
import type { DecisionRecord } from '../../shared/decision';
import type { Entry } from '../../shared/protocol';
import type { Item } from '../../shared/outbox';
import { ANA, BEN, entry, message } from './samples';
import { arrivedIds, pendingItems, thread, type ThreadItem, type Words } from './thread';

const VISITOR = { delivered: 0, read: 0 };
const RECORD: DecisionRecord = {
  policy: 'load_balanced',
  policy_version: 1,
  candidates: [{ agent: ANA, active: 0, capacity: 3, verdict: 'chosen' }],
  chosen: ANA,
  seed: 7,
};
const TO_ANA = {
  type: 'assignment',
  from: null,
  to: { id: ANA, name: 'Ana' },
  cause: 'policy',
} as const;

function shown(entries: Entry[], visitor = VISITOR): ThreadItem[] {
  const inboxes = [{ id: 'help', name: 'Help' }];
  return thread(entries, { me: ANA, visitor, inboxes }).filter((item) => item.kind !== 'day');
}

function lines(...entries: Entry[]): string[] {
  return shown(entries).flatMap((item) => (item.kind === 'line' ? [item.text] : []));
}

test('REG-14, AS-44, AS-46 a pick says whom it passed over, and a move where to', () => {
  const pick = { ...TO_ANA, cause: 'manual' } as const;
  expect(
    lines(
      entry(1, 'ana', { ...pick, out_of_order: 3 }),
      entry(2, 'ben', { ...pick, out_of_order: 1 }),
      entry(3, 'ben', { type: 'inbox_change', from: 'inbox', to: 'help' }),
      entry(4, 'ana', { type: 'inbox_change', from: 'help', to: 'secret' }),
    ),
  ).toEqual([
    'You took it, before 3 who had waited longer',
    'Ben assigned it to you, before one who had waited longer',
    'Ben moved it to “Help”',
    'You moved it to another inbox',
  ]);
});

test('an entry of a newer release is not shown, and harms no other', () => {
  const odd = { ...message(2, 'system'), type: 'survey', stars: 5 } as unknown as Entry;
  const items = shown([message(1, 'visitor'), odd, message(3, 'visitor')]);
  expect(items.filter((item) => item.kind === 'words')).toHaveLength(2);
});

test('messages of one author in a row are one group', () => {
  const items = shown([message(1, 'visitor'), message(2, 'visitor'), message(3, 'ana')]);
  const ends = (items as Words[]).map((item) => [item.first, item.last]);
  expect(ends).toEqual([
    [true, false],
    [false, true],
    [true, true],
  ]);
});

test('a comment never joins a group of messages', () => {
  const comment = entry(2, 'ana', { type: 'comment', text: 'psst' });
  const items = shown([message(1, 'ana'), comment, message(3, 'ana')]) as Words[];
  expect(items.map((item) => item.first && item.last)).toEqual([true, true, true]);
});

test('an own message is sent, then delivered, then read', () => {
  const entries = [message(1, 'ana'), message(2, 'ana'), message(3, 'ana')];
  const items = shown(entries, { delivered: 2, read: 1 }) as Words[];
  expect(items.map((item) => item.delivery)).toEqual(['read', 'delivered', 'sent']);
});

test('a comment and a message of the visitor have no delivery', () => {
  const comment = entry(1, 'ana', { type: 'comment', text: 'psst' });
  const items = shown([comment, message(2, 'visitor')]) as Words[];
  expect(items.map((item) => item.delivery)).toEqual([null, null]);
});

test.each([
  ['after', [entry(1, 'system', TO_ANA), entry(2, 'system', decision())]],
  ['before', [entry(1, 'system', decision()), entry(2, 'system', TO_ANA)]],
])('a decision record %s its assignment becomes one line with it', (_, entries) => {
  const items = shown(entries);
  expect(items).toHaveLength(1);
  expect(items[0]).toMatchObject({ text: 'Assigned to you by routing', why: RECORD });
});

test('a decision record without its assignment still shows', () => {
  expect(shown([entry(1, 'system', decision())])[0]).toMatchObject({ why: RECORD });
});

test('assignments say who did what', () => {
  const nobody = { type: 'assignment', from: null, to: null, cause: 'manual' } as const;
  const toBen = { ...TO_ANA, to: { id: BEN, name: 'Ben' }, cause: 'manual' } as const;
  expect(
    lines(
      entry(1, 'ana', { ...TO_ANA, cause: 'manual' }),
      entry(2, 'ana', toBen),
      entry(3, 'ben', toBen),
      entry(4, 'ben', { ...toBen, cause: 'reply' }),
      entry(5, 'ben', nobody),
    ),
  ).toEqual([
    'You took it',
    'You assigned it to Ben',
    'Ben took it',
    'Ben took it by answering',
    'Ben assigned it to nobody',
  ]);
});

test('AS-41, AS-46 what a team was given says by whom and to which', () => {
  const given = { type: 'assignment', from: null, to: null, cause: 'manual' } as const;
  const team = { id: '1', name: 'Sales' };
  expect(lines(entry(1, 'ana', { ...given, team }), entry(2, 'ben', { ...given, team }))).toEqual([
    'You gave it to the team Sales',
    'Ben gave it to the team Sales',
  ]);
});

test('changes of state are told once, in words', () => {
  expect(
    lines(
      entry(1, 'system', { type: 'status', from: 'waiting', to: 'assigned' }),
      entry(2, 'ana', { type: 'status', from: 'assigned', to: 'closed' }),
      entry(3, 'visitor', { type: 'status', from: 'closed', to: 'waiting' }),
    ),
  ).toEqual(['Closed by you', 'Reopened by the visitor']);
});

test('a visitor who was missed, and their return, are told', () => {
  expect(
    lines(
      entry(1, 'system', { type: 'status', from: 'waiting', to: 'unassigned' }),
      entry(2, 'system', { type: 'status', from: 'unassigned', to: 'waiting' }),
    ),
  ).toEqual(['Missed: the visitor has gone', 'The visitor is back and waits again']);
});

test('a day begins with a heading', () => {
  const day = 24 * 60 * 60_000;
  const next = { ...message(2, 'visitor'), at_ms: 3 * day };
  const items = thread([message(1, 'visitor'), next], { me: ANA, visitor: VISITOR, inboxes: [] });
  expect(items.map((item) => item.kind)).toEqual(['day', 'words', 'day', 'words']);
});

test('an unsent message is shown until its entry is in the log', () => {
  const outbox = [unsent('one'), unsent('two'), { ...unsent('three'), lane: 'elsewhere' }];
  const log = [{ ...message(1, 'ana'), client_id: 'one' }];
  const items = pendingItems(outbox, 'c', arrivedIds(log));
  expect(items.map((item) => item.id)).toEqual(['two']);
});

function decision() {
  return { type: 'decision', decision: RECORD } as const;
}

function unsent(id: string): Item {
  const frame = { type: 'send', conversation: 'c', client_id: id, text: 'hello' } as const;
  return { id, lane: 'c', frame, at_ms: 0, state: 'queued' };
}
