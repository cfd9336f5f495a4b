// What a page hears of its visitor's place in the queue.

import { expect, test } from 'vitest';

import { QueueTeller } from './queue-event';
import type { ToLoader } from '../shared/bridge';

test('CAP-9 the page hears of each change once, and when there is nothing to say any more', () => {
  const told: ToLoader[] = [];
  const teller = new QueueTeller((message) => told.push(message));
  teller.look(undefined);
  teller.look({ position: 3, expected_wait_ms: 240_000 });
  teller.look({ position: 3, expected_wait_ms: 240_000 });
  teller.look({ position: 201, at_least: true });
  teller.look(undefined);
  expect(told.map((it) => it.type === 'queue' && it.detail)).toEqual([
    { position: 3, at_least: false, expected_wait_ms: 240_000 },
    { position: 201, at_least: true, expected_wait_ms: null },
    { position: null, at_least: false, expected_wait_ms: null },
  ]);
});
