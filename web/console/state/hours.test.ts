// Working hours as a form and in words, what the node blames, and the addresses of the pages.

import { expect, test } from 'vitest';
import type { Absence, HoursRow, WorkingHours } from '../../shared/people';
import { endFromField, endInField, timeZones, withAbsence, withoutRow, withRow } from './hours';
import { blames, complaintAt, complaintOf, complaintWithin } from './problems';
import { screenOf, settingsFragment } from './route';
import { isOverNight, reading, todayWords } from './today';

const NONE: WorkingHours = { time_zone: 'UTC', weekly: [], out_of_office: [] };
/** A Monday. */
const NOON_MS = Date.UTC(2026, 10, 23, 12);

test('the first row is a week as most have it, a further one asks for its days', () => {
  const one = withRow(NONE);
  expect(one.weekly[0]?.days).toHaveLength(5);
  const two = withRow(one);
  expect(two.weekly[1]?.days).toEqual([]);
  expect(withoutRow(two, 0).weekly).toEqual([two.weekly[1]]);
});

test('midnight at the end of a day is 00:00 in a field and 24:00 at the node', () => {
  expect(endInField('24:00')).toBe('00:00');
  expect(endFromField('00:00')).toBe('24:00');
  expect(endFromField('17:30')).toBe('17:30');
  expect(isOverNight({ days: [], start: '20:00', end: '24:00' })).toBe(false);
  expect(isOverNight({ days: [], start: '20:00', end: '02:00' })).toBe(true);
  expect(isOverNight({ days: [], start: '09:00', end: '17:00' })).toBe(false);
});

test('dates out of office begin as tomorrow, on the clock of the hours', () => {
  const auckland = { ...NONE, time_zone: 'Pacific/Auckland' };
  const [absence] = withAbsence(auckland, NOON_MS).out_of_office;
  expect(absence).toEqual({ from: '2026-11-25T00:00', until: '2026-11-26T00:00' });
});

test('a clock is read in its own zone, and a zone that nobody knows is no error', () => {
  expect(reading(NOON_MS, 'UTC')).toEqual({ day: 'monday', minute: '2026-11-23T12:00' });
  expect(reading(NOON_MS, 'Pacific/Auckland')?.day).toBe('tuesday');
  expect(reading(NOON_MS, 'Moon/Tycho')).toBeNull();
  expect(timeZones('Moon/Tycho')).toContain('Moon/Tycho');
  expect(timeZones('UTC').filter((zone) => zone === 'UTC')).toHaveLength(1);
});

test('today in words: rows in order, the night before, days off, absences', () => {
  const row = (day: 'sunday' | 'monday', start: string, end: string) => ({
    days: [day],
    start,
    end,
  });
  const words = (weekly: HoursRow[], out_of_office: Absence[] = []) =>
    todayWords({ ...NONE, weekly, out_of_office }, NOON_MS);
  expect(words([])).toBe('No working hours');
  expect(words([row('sunday', '09:00', '17:00')])).toBe('Not working today');
  expect(words([row('monday', '13:00', '24:00'), row('monday', '09:00', '12:00')])).toBe(
    'Today 09:00 to 12:00 and 13:00 to midnight (UTC)',
  );
  expect(words([row('sunday', '22:00', '06:00')])).toBe('Today until 06:00 (UTC)');
  expect(words([row('monday', '22:00', '06:00')])).toBe('Today 22:00 to 06:00 tomorrow (UTC)');
  const away = [{ from: '2026-11-23T12:00', until: '2026-11-24T00:00' }];
  expect(words([row('monday', '09:00', '17:00')], away)).toMatch(/^Out of office until .*24/);
  const over = [{ from: '2026-11-22T12:00', until: '2026-11-23T12:00' }];
  expect(words([row('monday', '09:00', '17:00')], over)).toMatch(/^Today/);
});

test('a complaint stands at the field that it blames, without its path', () => {
  const problem = {
    code: 'bad_field',
    title: 'weekly[1].end is not a time of day, as `09:30` is',
    status: 400,
    field: 'weekly[1].end',
  };
  const sentence = 'This is not a time of day, as 09:30 is.';
  expect(complaintAt(problem, 'weekly[1].end')).toBe(sentence);
  expect(complaintAt(problem, 'weekly[1]')).toBeNull();
  expect(complaintWithin(problem, 'weekly')).toBe(sentence);
  expect(blames(problem, 'week')).toBe(false);
  expect(blames(problem, 'weekly[10]')).toBe(false);
  expect(blames(null, 'weekly')).toBe(false);
  const { field: _, ...general } = { ...problem, title: 'only a super admin may do this' };
  expect(complaintOf(general)).toBe('Only a super admin may do this.');
  const empty = { title: 'agents and teams are empty: nobody could answer', field: 'agents' };
  expect(complaintOf({ ...problem, ...empty })).toMatch(/^Agents and teams are empty/);
  const seat = { title: 'skills need a Service seat', field: 'skills' };
  expect(complaintOf({ ...problem, ...seat })).toBe('Need a Service seat.');
});

test('an address says which page, and whatever it does not know is left out', () => {
  const id = '01997f00-0000-7000-8000-000000000004';
  const settings = { kind: 'settings', section: null, item: null };
  expect(screenOf('#/settings')).toEqual(settings);
  expect(screenOf('#/settings/nonsense/x')).toEqual(settings);
  expect(screenOf('#/settings/users/<b>')).toEqual({ ...settings, section: 'users' });
  for (const item of [id, 'new']) {
    const fragment = settingsFragment('teams', item);
    expect(screenOf(fragment)).toEqual({ kind: 'settings', section: 'teams', item });
  }
  expect(screenOf('#/live')).toEqual({ kind: 'live' });
  expect(screenOf('#/mine')).toEqual({ kind: 'desk' });
  expect(screenOf('')).toEqual({ kind: 'desk' });
});
