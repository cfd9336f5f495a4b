// Limits in bytes, and words that depend on a time.

import { expect, test } from 'vitest';

import { byteLength, cutBytes, fitPage } from './page';
import { bytesLeft, dayWords, initials } from './words';

test('a text is cut between characters', () => {
  expect(cutBytes('añb', 2)).toBe('a');
  expect(cutBytes('añb', 3)).toBe('añ');
  expect(cutBytes('👍👍', 7)).toBe('👍');
  expect(cutBytes('a\0b', 9)).toBe('ab');
});

test('a page fits into hello, whatever the site is called', () => {
  const long = `https://a.example/${'x'.repeat(9_000)}`;
  const page = fitPage({ url: long, title: '😀'.repeat(500), referrer: long });
  expect(byteLength(JSON.stringify(page))).toBeLessThan(3_200);
});

test('initials are those of the first and the last name', () => {
  expect(initials('Ada')).toBe('A');
  expect(initials('ada king lovelace')).toBe('AL');
  expect(initials('  ')).toBe('?');
  expect(initials('👩‍🔬 Ö')).toBe('👩Ö');
});

test('days are called by their distance', () => {
  const now = new Date(2026, 10, 22, 12).getTime();
  const at = (year: number, month: number, day: number) => new Date(year, month, day).getTime();
  expect(dayWords(at(2026, 10, 22), now)).toBe('Today');
  expect(dayWords(at(2026, 10, 21), now)).toBe('Yesterday');
  expect(dayWords(at(2026, 10, 1), now)).toBe('Sunday, November 1');
  expect(dayWords(at(2025, 10, 1), now)).toBe('November 1, 2025');
});

test('too long a text says by how much', () => {
  expect(bytesLeft(12)).toBe('12 bytes left');
  expect(bytesLeft(-3)).toBe('3 bytes too long');
});
