// What axe-core finds wrong with a page, by the rules of WCAG 2.0 to 2.2, levels A and AA.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
/** As a statement: nothing of it is answered. */
const SOURCE = `${await readFile(AXE, 'utf8')};\n0`;

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa'];
/** Of 2.2, and off unless it is asked for by name. */
const ON = { 'target-size': { enabled: true } };

const LAPTOP = { width: 1280, height: 840 };
const POCKET = { width: 390, height: 844 };
const LOOKS = [
  { colorScheme: 'light', size: LAPTOP },
  { colorScheme: 'dark', size: LAPTOP },
  { colorScheme: 'dark', size: POCKET },
];

/**
 * As a laptop shows it in the light and in the dark, and as a phone does. `frames` are looked at
 * one by one; `picture` is told of each dark look. The page is left light, and as wide as it was.
 */
export async function assertAccessible(page, name, { frames, picture } = {}) {
  const found = [];
  const before = page.viewportSize();
  for (const { colorScheme, size } of LOOKS) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.setViewportSize(size);
    for (const frame of frames?.() ?? [page.mainFrame()]) {
      const faults = await faultsOf(frame);
      found.push(...faults.map((fault) => `${colorScheme}, ${size.width} wide: ${fault}`));
    }
    if (colorScheme === 'dark') await picture?.(`dark-${name}-${size.width}`);
  }
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await page.setViewportSize(before);
  assert.deepEqual(found, [], `${name} has faults`);
}

/** One line for each fault: the rule, where, and what is wrong. */
export async function faultsOf(frame) {
  // The devtools protocol evaluates it: the policy of the pages lets in no script but their own.
  if (!(await frame.evaluate(() => 'axe' in globalThis))) await frame.evaluate(SOURCE);
  const { faults, rules } = await frame.evaluate(look, { tags: TAGS, rules: ON });
  assert(rules.includes('target-size') && rules.includes('color-contrast'), rules.join());
  return faults;
}

/** In the page. */
async function look({ tags, rules }) {
  // The colours of another scheme are there when they have faded in.
  const fading = document.getAnimations().filter((it) => it instanceof CSSTransition);
  await Promise.allSettled(fading.map((it) => it.finished));
  const runOnly = { type: 'tag', values: tags };
  const { violations, passes, incomplete, inapplicable } = await globalThis.axe.run(document, {
    runOnly,
    rules,
    iframes: false,
  });
  const faults = violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => {
      const why = failureSummary.split('\n').slice(1).join(' ').trim();
      return `${id}: ${target.flat().join(' ')}: ${why}`;
    }),
  );
  const all = [...violations, ...passes, ...incomplete, ...inapplicable];
  return { faults, rules: all.map(({ id }) => id) };
}
