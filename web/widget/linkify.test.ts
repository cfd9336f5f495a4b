// Addresses in a text.

import { expect, test } from 'vitest';

import { linkify } from './linkify';

const links = (text: string) => linkify(text).flatMap((it) => (it.href ? [it.href] : []));
const joined = (text: string) => linkify(text).map((it) => it.text).join('');

test('web addresses become links and the text stays whole', () => {
  const text = 'see https://a.example/x?y=1#z and http://b.example, please';
  expect(links(text)).toEqual(['https://a.example/x?y=1#z', 'http://b.example/']);
  expect(joined(text)).toBe(text);
});

test('an address without a scheme is taken as https', () => {
  expect(links('www.a.example/x')).toEqual(['https://www.a.example/x']);
});

test('the end of a sentence is not part of the address', () => {
  expect(links('Is it https://a.example/x?')).toEqual(['https://a.example/x']);
  expect(links('(https://a.example/x)')).toEqual(['https://a.example/x']);
  expect(links('https://a.example/x_(y)')).toEqual(['https://a.example/x_(y)']);
});

test.each([
  'javascript:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  'vbscript:x',
  'https:alert(1)',
  'file:///etc/passwd',
  '<img src=x onerror=alert(1)>',
])('%s is text', (text) => {
  expect(links(text)).toEqual([]);
  expect(joined(text)).toBe(text);
});

test('markup beside an address stays text', () => {
  const text = 'https://a.example/"><script>alert(1)</script>';
  expect(links(text)).toEqual(['https://a.example/']);
  expect(joined(text)).toBe(text);
});
