// A conversation's window, marks, typing and history.

import { expect, test } from 'vitest';
import * as it from './conversation';
import { EPOCH, message, messages } from './samples';

const PERSON = { kind: 'visitor', id: 'visitor' } as const;

test('a long log is attached near its head', () => {
  const opened = it.opened('c', EPOCH, 460);
  expect(it.cursorIn(opened)).toEqual({ conversation: 'c', epoch: EPOCH, seq: 360 });
  expect(opened.floor).toBe(360);
});

test('a short log, or one of unknown length, is attached from its first entry', () => {
  expect(it.cursorIn(it.opened('c', EPOCH, 40))).toEqual({ conversation: 'c', seq: 0 });
  expect(it.cursorIn(it.opened('c', null, 460))).toEqual({ conversation: 'c', seq: 0 });
});

test('entries after a gap are left, and the gap is told', () => {
  const first = it.withEntries(it.opened('c', EPOCH, 2), EPOCH, messages(1, 2));
  const gap = it.withEntries(first.conversation, EPOCH, [message(5, 'visitor')]);
  expect(first.gap).toBe(false);
  expect(gap.gap).toBe(true);
  expect(gap.conversation.log.last).toBe(2);
});

test('an entry that comes twice is shown once', () => {
  const first = it.withEntries(it.opened('c', EPOCH, 2), EPOCH, messages(1, 2));
  const again = it.withEntries(first.conversation, EPOCH, messages(2, 3));
  expect(again.fresh.map((entry) => entry.seq)).toEqual([3]);
  expect(again.conversation.log.entries).toHaveLength(3);
});

test('a page of history is put above the window, and the first one ends it', () => {
  let window = it.opened('c', EPOCH, 150);
  window = it.withEntries(window, EPOCH, messages(51, 150)).conversation;
  expect(it.olderFrom(window)).toBe(0);
  const page = { epoch: EPOCH, entries: messages(1, 50), more: true, head: 150 };
  window = it.withOlder(window, page);
  expect(window.floor).toBe(0);
  expect(window.log.entries.map((entry) => entry.seq)).toEqual(
    messages(1, 150).map((entry) => entry.seq),
  );
});

test('a page that overlaps the window adds nothing twice', () => {
  let window = it.opened('c', EPOCH, 250);
  window = it.withEntries(window, EPOCH, messages(151, 250)).conversation;
  const page = { epoch: EPOCH, entries: messages(52, 153), more: true, head: 250 };
  window = it.withOlder(window, page);
  expect(window.floor).toBe(51);
  expect(window.log.entries[0]?.seq).toBe(52);
  expect(window.log.entries).toHaveLength(199);
});

test('a page of another store is not mixed in', () => {
  let window = it.opened('c', EPOCH, 150);
  window = it.withEntries(window, EPOCH, messages(51, 150)).conversation;
  const page = { epoch: 'other', entries: messages(1, 50), more: true, head: 150 };
  expect(it.withOlder(window, page).log.entries).toHaveLength(100);
});

test('after a reset the old log is gone and the window starts over', () => {
  const old = it.withEntries(it.opened('c', EPOCH, 2), EPOCH, messages(1, 2)).conversation;
  const fresh = it.restarted(old, 'other', 0);
  expect(it.cursorIn(fresh)).toEqual({ conversation: 'c', seq: 0 });
  expect(it.withEntries(fresh, 'other', messages(1, 1)).fresh).toHaveLength(1);
});

test('marks never go back', () => {
  const opened = it.opened('c', EPOCH, 0);
  const ahead = it.withMarks(opened, { party: 'visitor', delivered: 5, read: 3 });
  const late = it.withMarks(ahead, { party: 'visitor', delivered: 4, read: 4 });
  expect(late.marks.visitor).toEqual({ delivered: 5, read: 4 });
});

test('typing lapses by itself', () => {
  const typing = it.withTyping(it.opened('c', EPOCH, 0), PERSON, true, 1_000);
  expect(it.withoutLapsed(typing, 6_999)).toBe(typing);
  expect(it.withoutLapsed(typing, 7_000).writers).toEqual([]);
});

test('typing ends with the message that was typed, not with that of another', () => {
  const typing = it.withTyping(it.opened('c', EPOCH, 0), PERSON, true, 0);
  const wrote = it.withEntries(typing, EPOCH, [message(1, 'visitor')]).conversation;
  expect(wrote.writers).toEqual([]);
  const other = it.withEntries(typing, EPOCH, [message(1, 'ana')]).conversation;
  expect(other.writers).toHaveLength(1);
});

test('a conversation is loaded when its entries are here, or when it has none', () => {
  const opened = it.opened('c', EPOCH, 0);
  expect(it.isLoaded(opened)).toBe(false);
  expect(it.isLoaded(it.withEntries(opened, EPOCH, messages(1, 1)).conversation)).toBe(true);
});
