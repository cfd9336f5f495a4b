// Our own typing, as the other side hears of it.

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { OwnTyping } from './own-typing';

let said: boolean[];
let typing: OwnTyping;

beforeEach(() => {
  vi.useFakeTimers();
  said = [];
  typing = new OwnTyping((on) => said.push(on));
});

afterEach(() => {
  vi.useRealTimers();
});

test('the first key is told at once, the next ones every three seconds', () => {
  for (let second = 0; second < 7; second += 1) {
    typing.key();
    vi.advanceTimersByTime(1_000);
  }
  expect(said).toEqual([true, true, true]);
});

test('a pause ends it, and so does sending, once', () => {
  typing.key();
  vi.advanceTimersByTime(10_000);
  expect(said).toEqual([true, false]);
  typing.end();
  expect(said).toEqual([true, false]);
  typing.key();
  typing.end();
  expect(said).toEqual([true, false, true, false]);
});
