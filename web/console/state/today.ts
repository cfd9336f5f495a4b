// Working hours as forms and in words: today's for the head of a user's record (AV-35). Pure.

import type { Absence, HoursRow, Weekday, WorkingHours } from '../../shared/people';
import { WEEKDAYS } from '../../shared/people';

/** The date, the weekday and the time that a clock in a zone shows. */
export interface Reading {
  readonly day: Weekday;
  /** `YYYY-MM-DDTHH:MM`. */
  readonly minute: string;
}

/** "Today 09:00 to 17:30 (Europe/Berlin)", "Not working today", "Out of office until …". */
export function todayWords(hours: WorkingHours, nowMs: number): string {
  const now = reading(nowMs, hours.time_zone);
  if (now === null) return 'Working hours';
  const absence = absenceAt(hours.out_of_office, now.minute);
  if (absence !== undefined) return `Out of office until ${minuteWords(absence.until)}`;
  if (hours.weekly.length === 0) return 'No working hours';
  const spans = spansOf(hours.weekly, now.day);
  if (spans.length === 0) return 'Not working today';
  return `Today ${spans.join(' and ')} (${hours.time_zone.replaceAll('_', ' ')})`;
}

export function reading(atMs: number, timeZone: string): Reading | null {
  try {
    const format = new Intl.DateTimeFormat('en-GB', {
      timeZone,
      weekday: 'long',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
    const parts = new Map(format.formatToParts(atMs).map(({ type, value }) => [type, value]));
    const part = (name: Intl.DateTimeFormatPartTypes): string => parts.get(name) ?? '';
    const day = WEEKDAYS.find((each) => each === part('weekday').toLowerCase());
    if (day === undefined) return null;
    const date = `${part('year')}-${part('month')}-${part('day')}`;
    return { day, minute: `${date}T${part('hour')}:${part('minute')}` };
  } catch {
    // A zone that this browser does not know.
    return null;
  }
}

/** What is left of yesterday's night comes first. */
function spansOf(weekly: readonly HoursRow[], today: Weekday): string[] {
  const yesterday = dayBefore(today);
  const nights = weekly.filter((row) => row.days.includes(yesterday) && isOverNight(row));
  const rows = weekly.filter((row) => row.days.includes(today));
  const sorted = [...rows].sort((one, other) => (one.start < other.start ? -1 : 1));
  return [
    ...nights.map((row) => `until ${row.end}`),
    ...sorted.map((row) => `${row.start} to ${shownEnd(row)}`),
  ];
}

/** Ends on the next day, later than at its midnight. */
export function isOverNight({ start, end }: HoursRow): boolean {
  return end !== '24:00' && end !== '00:00' && end !== '' && end <= start;
}

function shownEnd(row: HoursRow): string {
  if (isOverNight(row)) return `${row.end} tomorrow`;
  return row.end === '24:00' || row.end === '00:00' ? 'midnight' : row.end;
}

function absenceAt(absences: readonly Absence[], minute: string): Absence | undefined {
  return absences.find(({ from, until }) => from <= minute && minute < until);
}

function dayBefore(day: Weekday): Weekday {
  const at = WEEKDAYS.indexOf(day);
  return WEEKDAYS[(at + WEEKDAYS.length - 1) % WEEKDAYS.length] ?? day;
}

/** "4 Jan 2027, 09:00": on its own clock, whatever the browser's is. */
export function minuteWords(minute: string): string {
  const at = Date.parse(`${minute}:00Z`);
  if (Number.isNaN(at)) return minute;
  return new Date(at).toLocaleString(undefined, {
    timeZone: 'UTC',
    dateStyle: 'medium',
    timeStyle: 'short',
  });
}
