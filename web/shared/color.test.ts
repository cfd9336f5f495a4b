// Every accent colour stays readable.

import { expect, test } from 'vitest';

import { contrast, CONTRAST_MIN, inkOf, parseColor, textOn, type Rgb } from './color';

const WHITE: Rgb = [255, 255, 255];

function* allHues(): Generator<Rgb> {
  for (let r = 0; r <= 255; r += 51) {
    for (let g = 0; g <= 255; g += 51) {
      for (let b = 0; b <= 255; b += 51) yield [r, g, b];
    }
  }
}

test('black on white has the contrast that WCAG says', () => {
  expect(contrast([0, 0, 0], WHITE)).toBeCloseTo(21);
});

test('the text on any accent reads', () => {
  for (const accent of allHues()) {
    const text: Rgb = textOn(accent) === '#fff' ? WHITE : [0, 0, 0];
    expect(contrast(accent, text), accent.join()).toBeGreaterThanOrEqual(CONTRAST_MIN);
  }
});

test('the accent as text on white and grey reads, and a dark one stays as it is', () => {
  for (const accent of allHues()) {
    expect(contrast(inkOf(accent), [241, 243, 245])).toBeGreaterThanOrEqual(CONTRAST_MIN);
    expect(contrast(inkOf(accent), WHITE)).toBeGreaterThanOrEqual(CONTRAST_MIN);
  }
  expect(inkOf([11, 110, 79])).toEqual([11, 110, 79]);
});

test('a colour that is none becomes the usual one', () => {
  expect(parseColor('#0b6e4f')).toEqual([11, 110, 79]);
  expect(parseColor('url(evil)')).toEqual([11, 110, 79]);
});
