// Links, limits, times, places and what was seen: the small pure pieces.

import { expect, test } from 'vitest';
import { safeHref, textParts } from './linkify';
import { fragmentOf, placeOf, START } from './route';
import { boardRow, wholeBoard } from './samples';
import { isUnread, seenAfter, seenAfterBoard, seenFromText, seenToText } from './seen';
import { cleaned, fitOf } from './text-size';
import { dayName, duration, initials, promisedWords, shortAge } from './words';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function links(text: string): string[] {
  return textParts(text).flatMap((part) => (part.kind === 'link' ? [part.href] : []));
}

test.each([
  ['see https://a.example/x.', ['https://a.example/x']],
  ['(https://a.example/x)', ['https://a.example/x']],
  ['https://a.example/Rome_(city)', ['https://a.example/Rome_(city)']],
  ['HTTP://A.example and https://b.example', ['http://a.example/', 'https://b.example/']],
  ['javascript:alert(1) data:text/html,x //a.example', []],
  ['https://', []],
  ['<a href="https://a.example/">', ['https://a.example/']],
])('the links of %s are found', (text, expected) => {
  expect(links(text)).toEqual(expected);
});

test('the parts of a text joined are the text again', () => {
  const text = 'a https://a.example/x, <b>b</b> https:// (http://c.example).';
  expect(
    textParts(text)
      .map((part) => part.text)
      .join(''),
  ).toBe(text);
});

test('only web addresses may be followed', () => {
  expect(safeHref('https://a.example/p')).toBe('https://a.example/p');
  expect(safeHref('javascript:alert(1)')).toBeNull();
  expect(safeHref('file:///etc/passwd')).toBeNull();
  expect(safeHref('/relative')).toBeNull();
});

test('a text is measured in UTF-8 bytes', () => {
  expect(fitOf('  \n')).toEqual({ kind: 'empty' });
  expect(fitOf('a'.repeat(100))).toEqual({ kind: 'fits' });
  expect(fitOf('é'.repeat(4_096))).toEqual({ kind: 'near', left_bytes: 0 });
  expect(fitOf('é'.repeat(4_097))).toEqual({ kind: 'too_long', over_bytes: 2 });
});

test('what leaves has no empty ends and no NUL', () => {
  expect(cleaned('\n hello\u0000\nthere  ')).toBe('hello\nthere');
});

test('ages and durations are short words', () => {
  expect(shortAge(10 * MINUTE, 10 * MINUTE + 59_000)).toBe('now');
  expect(shortAge(10 * MINUTE, 5 * MINUTE)).toBe('now');
  expect(shortAge(0, 4 * MINUTE)).toBe('4 min');
  expect(shortAge(0, 3 * HOUR)).toBe('3 h');
  expect(duration(30_000)).toBe('under a minute');
  expect(duration(HOUR + 20 * MINUTE)).toBe('1 h 20 min');
  expect(duration(2 * DAY)).toBe('2 days');
});

test('days are named from today backwards', () => {
  const noon = new Date(2026, 10, 22, 12).getTime();
  expect(dayName(noon - HOUR, noon)).toBe('Today');
  expect(dayName(noon - 13 * HOUR, noon)).toBe('Yesterday');
  expect(dayName(noon - 3 * DAY, noon)).not.toBe('Yesterday');
});

test('initials are of the first and the last name', () => {
  expect(initials('Ana Maria Bianchi')).toBe('AB');
  expect(initials(' ben ')).toBe('B');
  expect(initials('')).toBe('?');
});

test('a place goes into the address and comes back', () => {
  const open = '018f3e6a-0000-7000-8000-0123456789ab';
  expect(placeOf(fragmentOf({ tab: 'mine', open }))).toEqual({ tab: 'mine', open });
  expect(placeOf(fragmentOf({ tab: 'closed', open: null }))).toEqual({ tab: 'closed', open: null });
});

test('an address that nobody made is the start', () => {
  expect(placeOf('')).toEqual(START);
  expect(placeOf('#/nowhere/x')).toEqual(START);
  expect(placeOf('#/mine/<script>')).toEqual({ tab: 'mine', open: null });
});

test('a row is unread until what the visitor wrote was shown', () => {
  const row = boardRow('c', { seq: 5 });
  const seen = seenAfter(new Map(), 'c', 5);
  expect(isUnread(new Map(), row)).toBe(true);
  expect(isUnread(seen, row)).toBe(false);
  expect(isUnread(seen, { ...row, seq: 6 })).toBe(true);
  expect(isUnread(seen, { ...row, seq: 6, preview_by: 'team' })).toBe(false);
});

test('an assignment moves a row and makes nothing unread, nor anything read', () => {
  const before = wholeBoard(boardRow('read', { seq: 5 }), boardRow('unread', { seq: 5 }));
  const moved = { seq: 6, state: 'assigned', assignee: 'me' } as const;
  const after = wholeBoard(boardRow('read', moved), boardRow('unread', moved));
  const seen = seenAfterBoard(new Map([['read', 5]]), before, after);
  expect(isUnread(seen, boardRow('read', moved))).toBe(false);
  expect(isUnread(seen, boardRow('unread', moved))).toBe(true);
});

test('what was seen survives the storage, and rubbish in it does not matter', () => {
  const seen = seenAfter(new Map(), 'c', 5);
  expect(seenFromText(seenToText(seen))).toEqual(seen);
  expect(seenFromText('{"not":"a list"}').size).toBe(0);
  expect(seenFromText('[[1,2],null,["c","x"]]').size).toBe(0);
  expect(seenFromText('[["c",1]').size).toBe(0);
  expect(seenFromText(null).size).toBe(0);
});

test('BY-15 a row says by when an answer is owed, until it is closed', () => {
  const due_at_ms = DAY;
  expect(promisedWords({ state: 'waiting' }, 0)).toBe('');
  expect(promisedWords({ state: 'waiting', due_at_ms }, DAY - 4 * MINUTE)).toBe(
    'E-mail answer due in 4 min',
  );
  expect(promisedWords({ state: 'assigned', due_at_ms }, DAY)).toBe('E-mail answer overdue');
  expect(promisedWords({ state: 'closed', due_at_ms }, 0)).toBe('');
});
