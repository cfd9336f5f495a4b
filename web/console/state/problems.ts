// What the node says is wrong with a form, at the field that it blames. Pure.

import type { Problem } from '../../shared/protocol';

/** `weekly[1].end` blames `weekly[1]` and `weekly` too. */
export function blames(problem: Problem | null, path: string): boolean {
  const field = problem?.field;
  if (field === undefined) return false;
  if (field === path) return true;
  return field.startsWith(path) && /^[.[]/u.test(field.slice(path.length));
}

/** The sentence for exactly this field: the title without the path before it. */
export function complaintAt(problem: Problem | null, path: string): string | null {
  return problem !== null && problem.field === path ? complaintOf(problem) : null;
}

/** The same for what is below the field as well. */
export function complaintWithin(problem: Problem | null, path: string): string | null {
  return problem !== null && blames(problem, path) ? complaintOf(problem) : null;
}

/** "Overlaps another row." of `weekly[1] overlaps another row`. */
export function complaintOf({ title, field }: Problem): string {
  const words = field !== undefined && title.startsWith(field) ? title.slice(field.length) : title;
  const text = words.trim().replaceAll('`', '');
  const sentence = text.charAt(0).toLocaleUpperCase() + text.slice(1);
  return /[.!?]$/u.test(sentence) ? sentence : `${sentence}.`;
}
