// Who is on the table of colleagues (AV-34), and what it says of their hours.

import { expect, test } from 'vitest';
import type { AgentPresence } from '../../shared/protocol';
import { ANYBODY, colleagueRows, hoursWords, type ColleagueFilter } from './colleagues';

function agent(id: string, change: Partial<AgentPresence> = {}): [string, AgentPresence] {
  const line: AgentPresence = {
    id,
    name: id,
    status: 'available',
    present: true,
    active: 0,
    capacity: 3,
    ...change,
  };
  return [id, line];
}

const TEAM = new Map([
  agent('ana', { name: 'Ána Bianchi' }),
  agent('ben', { status: 'away' }),
  agent('cleo', { present: false }),
  agent('stranger'),
]);
const COLLEAGUES = [
  { id: 'ana', inboxes: ['sales', 'help'] },
  { id: 'ben', inboxes: ['sales'] },
  { id: 'cleo', inboxes: ['help'] },
  { id: 'unknown', inboxes: ['help'] },
];

function found(filter: Partial<ColleagueFilter>): string[] {
  const rows = colleagueRows(TEAM, COLLEAGUES, { ...ANYBODY, ...filter });
  return rows.map((row) => row.agent.id);
}

test('AV-34 the table has those with access, and is filtered by user, status and inbox', () => {
  expect(found({})).toEqual(['ana', 'ben', 'cleo']);
  expect(found({ words: ' ana ' })).toEqual(['ana']);
  expect(found({ status: 'away' })).toEqual(['ben']);
  expect(found({ status: 'available' })).toEqual(['ana', 'cleo']);
  expect(found({ status: 'absent' })).toEqual(['cleo']);
  expect(found({ inbox: 'help' })).toEqual(['ana', 'cleo']);
  expect(found({ inbox: 'help', status: 'away' })).toEqual([]);
});

test('hours of today are told on their own clock', () => {
  const rows = [
    { start: '09:00', end: '12:00' },
    { start: '13:00', end: '17:30' },
  ];
  const hours = { time_zone: 'America/New_York', rows };
  expect(hoursWords(hours, 'America/New_York')).toBe('09:00 – 12:00, 13:00 – 17:30');
  expect(hoursWords(hours, 'UTC')).toBe('09:00 – 12:00, 13:00 – 17:30 (New York)');
  expect(hoursWords({ time_zone: 'UTC', rows: [] }, 'UTC')).toBe('Not today');
  expect(hoursWords(null, 'UTC')).toBe('None set');
});

test('who is out of office is told with the day of return', () => {
  const out = (until: string) =>
    hoursWords({ time_zone: 'Asia/Tokyo', rows: [], out_until: until }, 'UTC');
  expect(out('2027-01-04T00:00')).toMatch(/^Out of office until \D*4\D*$/u);
  expect(out('2027-01-04T08:30')).toMatch(/4.*, 08:30$/u);
});
