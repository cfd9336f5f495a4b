// The visitor's token against a node that says what the test wants.

import { afterEach, expect, test, vi } from 'vitest';

import type { Keep } from './keep';
import { visitorToken } from './visitor';

function emptyKeep(): Keep {
  const kept = new Map<string, string>();
  return {
    get: (key: string) => kept.get(key) ?? null,
    set: (key: string, value: string) => kept.set(key, value),
  } as unknown as Keep;
}

function answering(status: number, body: string): void {
  vi.stubGlobal('fetch', async () => new Response(body, { status }));
}

afterEach(() => vi.unstubAllGlobals());

const ask = () => visitorToken('http://node', 'site', emptyKeep(), undefined);

test('a node that has no room says when to ask again', async () => {
  answering(429, JSON.stringify({ code: 'rate_limited', retry_after_ms: 30_000 }));
  expect(await ask()).toEqual({ afterMs: 30_000 });
});

test('a no for good is told as one', async () => {
  answering(403, JSON.stringify({ code: 'wrong_site' }));
  expect(await ask()).toEqual({ never: true });
});

test('a balancer that answers in HTML is a failed try like any other', async () => {
  answering(503, '<h1>Service Unavailable</h1>');
  expect(await ask()).toEqual({});
});

test('a token is kept', async () => {
  answering(200, JSON.stringify({ visitor: 'v', token: 'secret' }));
  expect(await ask()).toEqual({ token: 'secret' });
});
