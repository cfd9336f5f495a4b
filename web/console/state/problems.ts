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

/** "This overlaps another row." of `weekly[1] overlaps another row`. */
export function complaintOf({ title, field }: Problem): string {
  const words = withoutPath(title, field).replaceAll('`', '');
  const sentence = words.charAt(0).toLocaleUpperCase() + words.slice(1);
  return /[.!?]$/u.test(sentence) ? sentence : `${sentence}.`;
}

/** The path is where the words stand, and so `This`; "… and teams are empty" needs its name. */
function withoutPath(title: string, field: string | undefined): string {
  if (field === undefined || !title.startsWith(`${field} `)) return title;
  const words = title.slice(field.length).trim();
  if (words.startsWith('and ')) return title.replaceAll('_', ' ');
  return /^(?:is|has|must|names|overlaps|would)\b/u.test(words) ? `This ${words}` : words;
}
