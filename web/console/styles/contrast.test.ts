// Every colour that carries text or meaning stands out from its ground (WCAG 2.2 AA).

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { contrast, parseColor } from '../../shared/color';

const css = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8');
const [light = '', dark = ''] = css.split('@media (prefers-color-scheme: dark)');

const TEXT_MIN = 4.5;
const MEANING_MIN = 3;

/** A colour on each of its grounds. */
const TEXTS: [string, string[]][] = [
  ['ink', ['ground', 'surface', 'sunken', 'hover', 'accent-soft']],
  ['ink-soft', ['ground', 'surface', 'sunken', 'hover', 'accent-soft']],
  ['ink-faint', ['ground', 'surface', 'sunken', 'hover']],
  ['accent-text', ['ground', 'surface', 'hover', 'accent-soft']],
  ['accent-ink', ['accent', 'accent-hover']],
  ['own-ink', ['own']],
  ['note-ink', ['note']],
  ['warn', ['surface', 'hover', 'accent-soft']],
  ['danger', ['surface', 'danger-soft']],
];
const MEANINGS: [string, string[]][] = [
  ['line-strong', ['surface']],
  ['accent', ['ground', 'surface', 'note']],
  ['dot-available', ['ground', 'surface']],
  ['dot-full', ['ground', 'surface']],
  ['dot-away', ['ground', 'surface']],
];

for (const [scheme, block] of [
  ['light', light],
  ['dark', dark],
] as const) {
  const color = (name: string) => {
    const found = new RegExp(`--${name}: (#[0-9a-f]{6});`, 'u').exec(block)?.[1];
    if (found === undefined) throw new Error(`no colour is called ${name}`);
    return parseColor(found);
  };
  const check = (pairs: [string, string[]][], least: number) => {
    for (const [front, grounds] of pairs) {
      for (const ground of grounds) {
        const found = contrast(color(front), color(ground));
        expect(found, `${front} on ${ground}`).toBeGreaterThanOrEqual(least);
      }
    }
  };
  test(`every text reads on its ground in the ${scheme}`, () => check(TEXTS, TEXT_MIN));
  test(`every sign shows on its ground in the ${scheme}`, () => check(MEANINGS, MEANING_MIN));
}
