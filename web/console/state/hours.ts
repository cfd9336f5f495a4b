// The form of working hours: rows to add and take out, and what goes to the node. Pure.

import type { Absence, HoursRow, Weekday, WorkingHours } from '../../shared/people';
import { reading } from './today';

const WORKDAYS: readonly Weekday[] = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday'];

/** The first row is a week as most have it; the days of a further one are to be chosen. */
export function withRow(hours: WorkingHours): WorkingHours {
  const days = hours.weekly.length === 0 ? [...WORKDAYS] : [];
  return { ...hours, weekly: [...hours.weekly, { days, start: '09:00', end: '17:00' }] };
}

export function withoutRow(hours: WorkingHours, at: number): WorkingHours {
  return { ...hours, weekly: without(hours.weekly, at) };
}

export function withRowChanged(
  hours: WorkingHours,
  at: number,
  change: Partial<HoursRow>,
): WorkingHours {
  const weekly = hours.weekly.map((row, index) => (index === at ? { ...row, ...change } : row));
  return { ...hours, weekly };
}

/** Tomorrow, the whole day, on the clock of the hours. */
export function withAbsence(hours: WorkingHours, nowMs: number): WorkingHours {
  const from = midnightAfter(nowMs, hours.time_zone, 1);
  const until = midnightAfter(nowMs, hours.time_zone, 2);
  return { ...hours, out_of_office: [...hours.out_of_office, { from, until }] };
}

export function withoutAbsence(hours: WorkingHours, at: number): WorkingHours {
  return { ...hours, out_of_office: without(hours.out_of_office, at) };
}

export function withAbsenceChanged(
  hours: WorkingHours,
  at: number,
  change: Partial<Absence>,
): WorkingHours {
  const out_of_office = hours.out_of_office.map((each, index) =>
    index === at ? { ...each, ...change } : each,
  );
  return { ...hours, out_of_office };
}

/** A clock's field has no 24:00: midnight stands there as 00:00. */
export function endInField(end: string): string {
  return end === '24:00' ? '00:00' : end;
}

export function endFromField(end: string): string {
  return end === '00:00' ? '24:00' : end;
}

/** All zones that the browser knows, and the one that is set. */
export function timeZones(chosen: string): string[] {
  const known = new Set(['UTC', ...Intl.supportedValuesOf('timeZone')]);
  return [...known.add(chosen)].sort();
}

function midnightAfter(nowMs: number, timeZone: string, days: number): string {
  const today = reading(nowMs, timeZone)?.minute ?? new Date(nowMs).toISOString();
  const date = new Date(`${today.slice(0, 10)}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + days);
  return date.toISOString().slice(0, 16);
}

function without<T>(list: readonly T[], at: number): T[] {
  return list.filter((_, index) => index !== at);
}
