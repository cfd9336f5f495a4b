// Times, states and loads in words that a person reads. Pure; the clock is an argument.

import type { ConversationState } from '../../shared/protocol';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** "now", "4 min", "3 h", "Tue", "12 Mar": short enough for the edge of a row. */
export function shortAge(atMs: number, nowMs: number): string {
  const age = nowMs - atMs;
  if (age < MINUTE_MS) return 'now';
  if (age < HOUR_MS) return `${Math.floor(age / MINUTE_MS)} min`;
  if (age < DAY_MS) return `${Math.floor(age / HOUR_MS)} h`;
  const weekday: Intl.DateTimeFormatOptions = { weekday: 'short' };
  const date: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'short' };
  return new Date(atMs).toLocaleDateString(undefined, age < 6 * DAY_MS ? weekday : date);
}

/** From here on a wait is shown as one that somebody should end. */
const LONG_WAIT_MS = 2 * MINUTE_MS;

export function isLong(waitedMs: number): boolean {
  return waitedMs >= LONG_WAIT_MS;
}

/** "under a minute", "4 min", "1 h 20 min": how long something has lasted. */
export function duration(ms: number): string {
  if (ms < MINUTE_MS) return 'under a minute';
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)} min`;
  if (ms < DAY_MS) {
    const minutes = Math.floor((ms % HOUR_MS) / MINUTE_MS);
    return `${Math.floor(ms / HOUR_MS)} h${minutes === 0 ? '' : ` ${minutes} min`}`;
  }
  const days = Math.floor(ms / DAY_MS);
  return days === 1 ? '1 day' : `${days} days`;
}

export function clockTime(atMs: number): string {
  return new Date(atMs).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' });
}

export function fullTime(atMs: number): string {
  return new Date(atMs).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
}

/** "Today", "Yesterday", "Tuesday, 3 March": the heading above a day's entries. */
export function dayName(atMs: number, nowMs: number): string {
  const days = Math.round((midnight(nowMs) - midnight(atMs)) / DAY_MS);
  if (days <= 0) return 'Today';
  if (days === 1) return 'Yesterday';
  return new Date(atMs).toLocaleDateString(undefined, {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
  });
}

export function midnight(atMs: number): number {
  const day = new Date(atMs);
  day.setHours(0, 0, 0, 0);
  return day.getTime();
}

/** An answer by e-mail that is owed, and by when (BY-15): short enough for a row. */
export function promisedWords(
  { state, due_at_ms }: { state: ConversationState; due_at_ms?: number },
  nowMs: number,
): string {
  if (due_at_ms === undefined || state === 'closed') return '';
  const left = due_at_ms - nowMs;
  return left <= 0 ? 'E-mail answer overdue' : `E-mail answer due in ${duration(left)}`;
}

export function stateName(state: ConversationState): string {
  switch (state) {
    case 'bot':
      return 'With the bot';
    case 'waiting':
      return 'Waiting';
    case 'unassigned':
      return 'Unassigned';
    case 'assigned':
      return 'Assigned';
    case 'closed':
      return 'Closed';
  }
}

/** "AB" of "Ana Bianchi": what stands in for a picture. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/u);
  const first = [...(words[0] ?? '')][0] ?? '?';
  const last = words.length > 1 ? ([...(words[words.length - 1] ?? '')][0] ?? '') : '';
  return (first + last).toLocaleUpperCase();
}
