// A decision record in words: why this agent, and why not another (BY-3). Pure.

import type {
  Candidate,
  DecisionRecord,
  DecisionStep,
  Policy,
  Verdict,
} from '../../shared/decision';
import type { AgentId } from '../../shared/protocol';
import { nameOf, type Team } from './team';
import { duration } from './words';

/** So many candidates a record has at most: who comes last is left out. */
const CANDIDATES_MAX = 50;

export interface RecordWords {
  /** "Load balanced: whoever has the fewest chats." */
  readonly distribution: string;
  /** What decided between the chosen one and the next best; older records do not say. */
  readonly tieBreak: string | null;
  /** Who was asked in turn, where there are rules, owners or overflow. */
  readonly steps: readonly string[];
  /** Which settings and which code it followed. */
  readonly versions: string;
}

export function recordWords(
  record: DecisionRecord,
  team: Team,
  chatflow: string | null,
): RecordWords {
  return {
    distribution: distributionWords(record.policy),
    tieBreak: tieBreakWords(record, nameOf(team, record.chosen)),
    steps: (record.steps ?? []).map((step) => stepWords(step, team)),
    versions: versionWords(record, chatflow),
  };
}

export function distributionWords(policy: Policy): string {
  switch (policy) {
    case 'load_balanced':
      return 'Load balanced: to whoever has the fewest chats.';
    case 'round_robin':
      return 'Round robin: one to each before anybody gets a second.';
    case 'random':
      return 'At random among those who could take it.';
    default:
      return sentence(policy);
  }
}

function tieBreakWords(record: DecisionRecord, chosen: string): string | null {
  switch (record.tie_break) {
    case undefined:
      return null;
    case 'only_one':
      return `Nobody but ${chosen} could take it.`;
    case 'fewest_chats':
      return `${chosen} had fewer chats than everybody else who could take it.`;
    case 'only_turn_left':
      return `Everybody else who could take it has had a turn in this round.`;
    case 'longest_since_turn':
      return `${chosen}’s latest turn was the longest ago.`;
    case 'seed':
      return `${chosen} was equal to others; the draw decided (seed ${record.seed}).`;
    default:
      return sentence(record.tie_break);
  }
}

function versionWords(record: DecisionRecord, chatflow: string | null): string {
  const rule = record.rule;
  const of = chatflow === null ? 'the chatflow' : `“${chatflow}”`;
  const settings = rule === undefined ? [] : [`Rule of ${of}, settings ${rule.settings_version}`];
  const round = record.round === undefined ? [] : [`round ${record.round.cycle}`];
  const term = record.term === undefined ? [] : [`router’s term ${record.term}`];
  return [...settings, `policy version ${record.policy_version}`, ...round, ...term].join(', ');
}

/** "Rule 2, “VIP”: did not apply." */
function stepWords(step: DecisionStep, team: Team): string {
  return `${targetWords(step, team)}: ${outcomeWords(step)}.`;
}

function targetWords(step: DecisionStep, team: Team): string {
  switch (step.target) {
    case 'contact_owner':
      return `Contact owner ${nameOf(team, step.agent)}`;
    case 'rule':
      return `Rule ${step.place + 1}${step.name === '' ? '' : `, “${step.name}”`}`;
    case 'default':
      return 'The chatflow’s own agents and teams';
    case 'team':
      return `By hand to the team ${step.name}`;
    case 'overflow':
      return `Overflow after ${duration(step.after_ms)}`;
    default:
      return sentence((step as { target: string }).target);
  }
}

function outcomeWords(step: DecisionStep): string {
  switch (step.outcome) {
    case 'chosen':
      return 'the choice was among these';
    case 'not_matched':
      return 'did not apply';
    case 'nobody_eligible':
      return 'nobody could take it';
    case 'owner_skipped':
      return bareVerdict(step.verdict).toLocaleLowerCase();
    default:
      return sentence((step as { outcome: string }).outcome).toLocaleLowerCase();
  }
}

/** Why this candidate was skipped, or taken, for the table. */
export function verdictWords(candidate: Candidate, record: DecisionRecord): string {
  return candidate.verdict === 'passed' ? passedWords(record) : bareVerdict(candidate.verdict);
}

function bareVerdict(verdict: Verdict): string {
  switch (verdict) {
    case 'chosen':
      return 'Chosen';
    case 'passed':
      return 'Free, but another was preferred';
    case 'had_turn':
      return 'Free, but had a turn in this round';
    case 'away':
      return 'Away';
    case 'absent':
      return 'Not signed in';
    case 'at_capacity':
      return 'All slots taken';
    case 'no_seat':
      return 'Has no seat';
    case 'no_access':
      return 'No member of the inbox';
    case 'deactivated':
      return 'Deactivated';
    default:
      return sentence(verdict);
  }
}

function passedWords(record: DecisionRecord): string {
  switch (record.tie_break) {
    case 'fewest_chats':
      return 'Free, but had more chats';
    case 'longest_since_turn':
      return 'Free, but had a turn more lately';
    case 'seed':
      return record.policy === 'random' ? 'Free, not drawn' : 'Free, but stood behind in the draw';
    default:
      return bareVerdict('passed');
  }
}

/** "You were Away." Null for the one who was chosen. */
export function whyNot(record: DecisionRecord, me: AgentId, team: Team): string | null {
  if (record.chosen === me) return null;
  const mine = record.candidates.find((each) => each.agent === me);
  const given = (record.steps ?? []).find((step) => step.target === 'team');
  if (mine === undefined && given?.target === 'team') {
    return `You are no main member of the team ${given.name}.`;
  }
  if (mine === undefined) {
    return record.candidates.length < CANDIDATES_MAX
      ? 'The rule does not name you.'
      : 'The rule does not name you, or many others came before you.';
  }
  return whyNotWords(mine.verdict, mine, record, nameOf(team, record.chosen));
}

function whyNotWords(
  verdict: Verdict,
  mine: Candidate,
  record: DecisionRecord,
  chosen: string,
): string {
  switch (verdict) {
    case 'chosen':
    case 'passed':
      return preferredWords(mine, record, chosen);
    case 'had_turn':
      return 'You were free, but have had your turn in this round; others have not.';
    case 'away':
      return 'You were Away.';
    case 'absent':
      return 'You were not signed in.';
    case 'at_capacity':
      return `All your slots were taken: ${mine.active} of ${mine.capacity}.`;
    case 'no_seat':
      return 'Your account has no seat: only those with one are given chats.';
    case 'no_access':
      return 'You were no member of its inbox.';
    case 'deactivated':
      return 'Your account was deactivated.';
    default:
      return sentence(verdict);
  }
}

function preferredWords(mine: Candidate, record: DecisionRecord, chosen: string): string {
  const active = record.candidates.find((each) => each.agent === record.chosen)?.active;
  switch (record.tie_break) {
    case 'fewest_chats':
      return busierWords(mine.active, chosen, active);
    case 'longest_since_turn':
      return `You were free, but ${chosen} had waited longer for a turn.`;
    case 'seed':
      return mine.active !== active && record.policy === 'load_balanced'
        ? busierWords(mine.active, chosen, active)
        : `You were free, and equal to ${chosen}: the draw decided.`;
    default:
      return `You were free, but ${chosen} was preferred.`;
  }
}

function busierWords(mine: number, chosen: string, theirs: number | undefined): string {
  const chats = mine === 1 ? '1 chat' : `${mine} chats`;
  return `You were free, but had ${chats} already; ${chosen} had ${theirs ?? 'fewer'}.`;
}

/** A word of a newer release, as it is: better than nothing. */
function sentence(word: string): string {
  const text = word.replaceAll('_', ' ');
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}
