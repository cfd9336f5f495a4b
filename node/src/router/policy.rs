//! Whom to choose of those who could answer (AS-23, AS-24). Pure, and repeatable (BY-3).

use salotto_protocol::{
    AgentId, AgentStatus, Candidate, DecisionRecord, Policy, Round, RuleVersion, TieBreak, Verdict,
};

use crate::store::AgentRow;

/// Raised when a rule below changes; the policies' own code, not the settings.
const POLICY_VERSION: u32 = 1;
/// A record is an entry like any other and has to stay small. Left out are those who come last:
/// first those who are not eligible, then the least preferred. The choice does not depend on them.
const CANDIDATES_MAX: usize = 50;

/// An agent as the router sees them: slots promised and not yet committed count as taken.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub(super) agent: AgentId,
    pub(super) status: AgentStatus,
    pub(super) present: bool,
    /// Whatever the agent does: no seat, no access, deactivated.
    pub(super) barred: Option<Verdict>,
    pub(super) active: u32,
    pub(super) capacity: u32,
    /// The latest turn, promised ones included.
    pub(super) had: Option<Round>,
}

/// What is asked of a policy, beside the agents.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question {
    pub(super) policy: Policy,
    pub(super) rule: Option<RuleVersion>,
    /// Away is no reason to skip anybody (AS-6).
    pub(super) ignores_availability: bool,
    /// How far round robin has come.
    pub(super) round: Round,
    pub(super) seed: u32,
}

impl Seen {
    pub(super) fn new(row: &AgentRow, promised: u32) -> Seen {
        Seen {
            agent: row.id,
            status: row.status,
            present: row.present,
            barred: barred(row),
            active: row.active + promised,
            capacity: row.capacity,
            had: None,
        }
    }

    pub(super) fn is_eligible(&self, ignores_availability: bool) -> bool {
        self.verdict(ignores_availability).is_eligible()
    }

    /// As if another one will be preferred.
    pub(super) fn verdict(&self, ignores_availability: bool) -> Verdict {
        if let Some(verdict) = self.barred {
            verdict
        } else if !self.present {
            Verdict::Absent
        } else if self.status == AgentStatus::Away && !ignores_availability {
            Verdict::Away
        } else if self.active >= self.capacity {
            Verdict::AtCapacity
        } else {
            Verdict::Passed
        }
    }
}

/// By what the account is (AS-8).
fn barred(row: &AgentRow) -> Option<Verdict> {
    if row.deactivated_at_ms.is_some() {
        Some(Verdict::Deactivated)
    } else if !row.seat.is_paid() {
        Some(Verdict::NoSeat)
    } else {
        None
    }
}

/// The eligible one whom the policy prefers; between equals the seed decides. `None` if nobody is
/// eligible.
pub(super) fn choose(
    question: &Question,
    team: impl Iterator<Item = Seen>,
) -> Option<DecisionRecord> {
    let Question { policy, rule, round, seed, .. } = *question;
    let ranking = Ranking { policy, round, seed };
    let ranked = team.map(|seen| candidate(question, seen));
    let mut ranked: Vec<_> = ranked.map(|it| (ranking.place(&it), it)).collect();
    if ranked.len() > CANDIDATES_MAX {
        ranked.select_nth_unstable_by_key(CANDIDATES_MAX, |(place, _)| *place);
        ranked.truncate(CANDIDATES_MAX);
    }
    ranked.sort_unstable_by_key(|(place, _)| *place);
    let (first, others) = ranked.split_first_mut()?;
    if !first.1.verdict.is_eligible() {
        return None;
    }
    first.1.verdict = Verdict::Chosen;
    for (place, other) in others.iter_mut().filter(|(_, it)| it.verdict.is_eligible()) {
        if place.had_turn && !first.0.had_turn {
            other.verdict = Verdict::HadTurn;
        }
    }
    let tie_break = Some(ranking.tie_break(first.0, others.first()));
    let chosen = first.1.agent;
    Some(DecisionRecord {
        policy,
        policy_version: POLICY_VERSION,
        candidates: ranked.into_iter().map(|(_, it)| it).collect(),
        chosen,
        seed,
        term: None,
        rule,
        round: (policy == Policy::RoundRobin).then_some(round),
        tie_break,
        steps: Vec::new(),
        facts: None,
        waited_ms: None,
    })
}

/// Whom the policy chooses from what a record says it saw. `None` if nobody was eligible, or the
/// record is of another version of the policy.
pub(super) fn replay(record: &DecisionRecord) -> Option<AgentId> {
    let round = match record.policy {
        _ if record.policy_version != POLICY_VERSION => return None,
        Policy::LoadBalanced | Policy::Random => Round::default(),
        Policy::RoundRobin => record.round?,
    };
    let ranking = Ranking { policy: record.policy, round, seed: record.seed };
    let eligible = record.candidates.iter().filter(|it| it.verdict.is_eligible());
    eligible.min_by_key(|it| ranking.place(it)).map(|it| it.agent)
}

/// The turn that the chosen one has by this, if the policy is round robin.
pub(super) fn turn(record: &DecisionRecord) -> Option<Round> {
    let round = record.round?;
    let chosen = record.candidates.iter().find(|it| it.agent == record.chosen)?;
    let begins = u32::from(had_turn(chosen, round));
    Some(Round { cycle: round.cycle + begins, turn: round.turn + 1 })
}

fn candidate(question: &Question, seen: Seen) -> Candidate {
    let verdict = seen.verdict(question.ignores_availability);
    let Seen { agent, active, capacity, had, .. } = seen;
    Candidate { agent, active, capacity, verdict, had }
}

/// In the present cycle. If that is so of everybody eligible, the next cycle begins; before the
/// first one it is so of all.
fn had_turn(candidate: &Candidate, round: Round) -> bool {
    candidate.had.map_or(0, |had| had.cycle) >= round.cycle
}

/// How candidates compare.
struct Ranking {
    policy: Policy,
    round: Round,
    seed: u32,
}

/// The lowest is preferred; whoever is not eligible comes last. Of each candidate by itself, so
/// that leaving others out changes nothing.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Place {
    skipped: bool,
    had_turn: bool,
    /// Chats, or the number of the latest turn.
    weight: u32,
    mix: u64,
    /// Two mixes may be equal.
    agent: AgentId,
}

impl Ranking {
    fn place(&self, candidate: &Candidate) -> Place {
        let (had_turn, weight) = match self.policy {
            Policy::LoadBalanced => (false, candidate.active),
            Policy::RoundRobin => {
                (had_turn(candidate, self.round), candidate.had.map_or(0, |had| had.turn))
            }
            Policy::Random => (false, 0),
        };
        let (agent, skipped) = (candidate.agent, !candidate.verdict.is_eligible());
        Place { skipped, had_turn, weight, mix: mixed(agent, self.seed), agent }
    }

    fn tie_break(&self, first: Place, second: Option<&(Place, Candidate)>) -> TieBreak {
        let Some((second, _)) = second.filter(|(place, _)| !place.skipped) else {
            return TieBreak::OnlyOne;
        };
        match self.policy {
            _ if first.had_turn != second.had_turn => TieBreak::OnlyTurnLeft,
            Policy::LoadBalanced if first.weight < second.weight => TieBreak::FewestChats,
            Policy::RoundRobin if first.weight < second.weight => TieBreak::LongestSinceTurn,
            Policy::LoadBalanced | Policy::RoundRobin | Policy::Random => TieBreak::Seed,
        }
    }
}

/// Spreads ids evenly, differently for every seed (the finalizer of SplitMix64).
fn mixed(agent: AgentId, seed: u32) -> u64 {
    let (high, low) = agent.0.as_u64_pair();
    [high, low].into_iter().fold(u64::from(seed), |mix, part| {
        let mut mix = (mix ^ part).wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix = (mix ^ (mix >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mix = (mix ^ (mix >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mix ^ (mix >> 31)
    })
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
