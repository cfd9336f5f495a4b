// Decision records in words: why this agent, why not me (BY-3).

import { expect, test } from 'vitest';
import type { Candidate, DecisionRecord } from '../../shared/decision';
import type { AgentPresence, Entry } from '../../shared/protocol';
import { opened, withEntries, withSummary } from './conversation';
import { recordWords, verdictWords, whyNot } from './record';
import { routingOf } from './routing';
import { ANA, BEN, boardRow, deskState, entry, EPOCH, message, wholeBoard } from './samples';

function agent(id: string, name: string, change: Partial<AgentPresence> = {}): AgentPresence {
  return { id, name, status: 'available', present: true, active: 0, capacity: 3, ...change };
}

const TEAM = new Map([
  [ANA, agent(ANA, 'Ana')],
  [BEN, agent(BEN, 'Ben')],
]);

function candidate(who: string, verdict: Candidate['verdict'], active = 0): Candidate {
  return { agent: who, active, capacity: 3, verdict };
}

function record(mine: Candidate, change: Partial<DecisionRecord> = {}): DecisionRecord {
  return {
    policy: 'load_balanced',
    policy_version: 1,
    candidates: [candidate(BEN, 'chosen', 1), mine],
    chosen: BEN,
    seed: 42,
    term: 4,
    rule: { chatflow: 'flow', settings_version: 12 },
    tie_break: 'fewest_chats',
    ...change,
  };
}

test('BY-3 a record says the distribution, the tie-break, the rule and the versions', () => {
  const words = recordWords(record(candidate(ANA, 'passed', 2)), TEAM, 'Ask us');
  expect(words.distribution).toBe('Load balanced: to whoever has the fewest chats.');
  expect(words.tieBreak).toBe('Ben had fewer chats than everybody else who could take it.');
  expect(words.versions).toBe(
    'Rule of “Ask us”, settings 12, policy version 1, router’s term 4',
  );
});

test('BY-3 an older record says what it has', () => {
  const old = record(candidate(ANA, 'away'));
  delete old.tie_break;
  delete old.rule;
  delete old.term;
  const words = recordWords(old, TEAM, null);
  expect(words.tieBreak).toBeNull();
  expect(words.versions).toBe('policy version 1');
});

test('BY-3 why not me is answered by the verdict that I got', () => {
  const answer = (mine: Candidate, change: Partial<DecisionRecord> = {}) =>
    whyNot(record(mine, change), ANA, TEAM);
  expect(answer(candidate(ANA, 'away'))).toBe('You were Away.');
  expect(answer(candidate(ANA, 'absent'))).toBe('You were not signed in.');
  expect(answer(candidate(ANA, 'at_capacity', 3))).toBe('All your slots were taken: 3 of 3.');
  expect(answer(candidate(ANA, 'passed', 2))).toBe(
    'You were free, but had 2 chats already; Ben had 1.',
  );
  expect(answer(candidate(ANA, 'passed', 1), { tie_break: 'seed' })).toBe(
    'You were free, and equal to Ben: the draw decided.',
  );
  expect(answer(candidate(ANA, 'had_turn'), { policy: 'round_robin' })).toMatch(/your turn/u);
  expect(answer(candidate('other', 'away'))).toBe('The rule does not name you.');
  expect(whyNot(record(candidate(ANA, 'away')), BEN, TEAM)).toBeNull();
});

test('BY-3 who was asked before is told in turn, with what came of it', () => {
  const steps: DecisionRecord['steps'] = [
    { target: 'contact_owner', agent: ANA, outcome: 'owner_skipped', verdict: 'away' },
    { target: 'rule', place: 1, name: 'VIP', outcome: 'not_matched', condition: 0 },
    { target: 'overflow', after_ms: 300_000, outcome: 'nobody_eligible' },
    { target: 'default', outcome: 'chosen' },
  ];
  expect(recordWords(record(candidate(ANA, 'away'), { steps }), TEAM, null).steps).toEqual([
    'Contact owner Ana: away.',
    'Rule 2, “VIP”: did not apply.',
    'Overflow after 5 min: nobody could take it.',
    'The chatflow’s own agents and teams: the choice was among these.',
  ]);
});

test('a verdict of a newer release is shown as it is', () => {
  const odd = candidate(ANA, 'asleep_at_desk' as Candidate['verdict']);
  expect(verdictWords(odd, record(odd))).toBe('Asleep at desk');
});

function given(...entries: Entry[]) {
  const desk = deskState({ team: TEAM });
  const full = withEntries(opened('c', EPOCH, 0), EPOCH, entries).conversation;
  const summary = {
    id: 'c',
    number: 1,
    chatflow: 'flow',
    state: 'assigned' as const,
    assignee: BEN,
    head: entries.length,
    started_at_ms: 0,
    last_at_ms: 0,
    marks: [],
  };
  return routingOf(desk, withSummary(full, summary));
}

const TO_BEN = { type: 'assignment', from: null, to: { id: BEN, name: 'Ben' } } as const;

test('BY-3 a routed conversation says why it is not mine', () => {
  const decision = record(candidate(ANA, 'away'));
  const routing = given(
    message(1, 'visitor'),
    entry(2, 'system', { ...TO_BEN, cause: 'policy' }),
    entry(3, 'system', { type: 'decision', decision }),
  );
  expect(routing?.how).toBe('Routing gave it to Ben.');
  expect(routing?.whyNotMe).toBe('You were Away.');
  expect(routing?.record).toBe(decision);
});

test('BY-3 what a person decided was not routed', () => {
  const routing = given(
    message(1, 'visitor'),
    entry(2, 'ana', { ...TO_BEN, cause: 'manual' }),
  );
  expect(routing).toEqual({
    how: 'You assigned it to Ben.',
    whyNotMe: 'It was not routed: a person decided.',
    record: null,
  });
  expect(given(entry(1, 'ben', { ...TO_BEN, cause: 'reply' }))?.how).toBe(
    'Ben took it by answering.',
  );
});

test('BY-3 what still waits says why it is not mine yet', () => {
  const board = wholeBoard(
    boardRow('c', { waiting_since_ms: 200 }),
    boardRow('older', { waiting_since_ms: 100 }),
  );
  const asked = (mine: Partial<AgentPresence>, id = 'c') => {
    const team = new Map([[ANA, agent(ANA, 'Ana', mine)]]);
    return routingOf(deskState({ board, team }), opened(id, EPOCH, 0));
  };
  expect(asked({})?.how).toBe('It waits: one other has waited longer.');
  expect(asked({})?.whyNotMe).toMatch(/longest wait first/u);
  expect(asked({ status: 'away' })?.whyNotMe).toMatch(/^You are Away/u);
  expect(asked({ active: 3 })?.whyNotMe).toBe('All your slots are taken: 3 of 3.');
  expect(asked({}, 'older')?.how).toBe('It is the next in its queue.');
});

test('AS-41: what a team was given says so, in the record and while it waits', () => {
  const steps = [{ target: 'team', team: '1', name: 'Sales', outcome: 'chosen' } as const];
  const given = record(candidate(BEN, 'passed'), { steps });
  expect(whyNot(given, ANA, TEAM)).toBe('You are no main member of the team Sales.');
  const words = recordWords(given, TEAM, null);
  expect(words.steps).toEqual(['By hand to the team Sales: the choice was among these.']);

  const teams = new Map([['1', { name: 'Sales', empty: false }]]);
  const board = wholeBoard(boardRow('a', { state: 'waiting', team: '1' }));
  const routing = routingOf(deskState({ board, team: TEAM, teams }), opened('a', EPOCH, 0));
  expect(routing?.how).toMatch(/given by hand to the team Sales/);
  expect(routing?.whyNotMe).toMatch(/main member/);
});
