// Why the router chose an agent (BY-3), as `protocol/src/decision.rs` has it.

import type { AgentId } from './protocol';

export interface DecisionRecord {
  policy: Policy;
  policy_version: number;
  candidates: Candidate[];
  chosen: AgentId;
  seed: number;
  term?: number;
  /** Older records have none. */
  rule?: { chatflow: string; settings_version: number };
  /** How far round robin had come. */
  round?: Round;
  tie_break?: TieBreak;
  /** Who was asked before, and why they were passed over; whose the candidates are comes last. */
  steps?: DecisionStep[];
  /** How long it had waited, where that counts. */
  waited_ms?: number;
}

/** One who was asked, and what came of it. */
export type DecisionStep = (
  | { target: 'contact_owner'; agent: AgentId }
  | { target: 'rule'; place: number; name: string }
  | { target: 'default' }
  | { target: 'overflow'; after_ms: number }
  /** By hand, and as the team was called then. */
  | { target: 'team'; team: string; name: string }
) &
  (
    | { outcome: 'chosen' }
    | { outcome: 'not_matched'; condition: number }
    | { outcome: 'nobody_eligible' }
    | { outcome: 'owner_skipped'; verdict: Verdict }
  );

export interface Round {
  cycle: number;
  turn: number;
}

export interface Candidate {
  agent: AgentId;
  active: number;
  capacity: number;
  verdict: Verdict;
  /** The latest turn in round robin. */
  had?: Round;
}

/** How the router chooses. */
export type Policy = 'load_balanced' | 'round_robin' | 'random';

export type TieBreak =
  | 'only_one'
  | 'fewest_chats'
  | 'only_turn_left'
  | 'longest_since_turn'
  | 'seed';

export type Verdict =
  | 'chosen'
  | 'passed'
  | 'had_turn'
  | 'away'
  | 'absent'
  | 'at_capacity'
  | 'no_seat'
  | 'no_access'
  | 'deactivated';
