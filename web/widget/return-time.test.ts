// The return time on clocks and in languages of all kinds.

import { expect, test } from 'vitest';

import { returnWords } from './return-time';

/** A Monday. Local times: the zone is that of whoever runs this. */
const now = new Date(2026, 10, 23, 7, 30).getTime();
const at = (day: number, hour: number, minute = 0) =>
  new Date(2026, 10, day, hour, minute).getTime();
/** The space before AM is a narrow one. */
const plain = (words: string) => words.replaceAll('\u202f', ' ');

test('today needs no day', () => {
  expect(plain(returnWords(at(23, 9), now, 'en-US'))).toBe('Back at 9:00 AM');
  expect(returnWords(at(23, 9), now, 'de-DE')).toBe('Um 9:00 Uhr sind wir zurück');
});

test('within a week the weekday says it', () => {
  expect(plain(returnWords(at(24, 0, 30), now, 'en-US'))).toBe('Back at 12:30 AM on Tuesday');
  expect(returnWords(at(29, 9), now, 'en-GB')).toBe('Back at 9:00 on Sunday');
  expect(returnWords(at(27, 14, 30), now, 'fr')).toBe('De retour vendredi à 14:30');
});

test('a week later the date is needed as well', () => {
  expect(returnWords(at(30, 9), now, 'en-GB')).toBe('Back at 9:00 on Monday 30 November');
  expect(returnWords(at(30, 9), now, 'es')).toBe('Volvemos el lunes, 30 de noviembre a las 9:00');
});

test('a language without words of its own gets English ones throughout', () => {
  expect(plain(returnWords(at(24, 9), now, 'ja-JP'))).toBe('Back at 9:00 AM on Tuesday');
});

test('what is past is not said', () => {
  expect(returnWords(now, now, 'en')).toBe('');
});
