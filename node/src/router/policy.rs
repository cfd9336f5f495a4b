//! Whom to choose: load balanced, the fewest chats first (AS-23). Pure, and repeatable (BY-3).

use std::cmp::Reverse;

use salotto_protocol::{AgentId, AgentStatus, Candidate, DecisionRecord, Policy, Verdict};

use crate::store::AgentRow;

/// Raised when the rule below changes.
const POLICY_VERSION: u32 = 1;
/// A record is an entry like any other and has to stay small. Left out are those who come last:
/// first those who are not eligible, then the busiest. The choice does not depend on them.
const CANDIDATES_MAX: usize = 50;

/// An agent as the router sees them: slots promised and not yet committed count as taken.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub(super) agent: AgentId,
    pub(super) status: AgentStatus,
    pub(super) present: bool,
    pub(super) active: u32,
    pub(super) capacity: u32,
}

impl Seen {
    pub(super) fn new(row: &AgentRow, promised: u32) -> Seen {
        Seen {
            agent: row.id,
            status: row.status,
            present: row.present,
            active: row.active + promised,
            capacity: row.capacity,
        }
    }

    pub(super) fn is_eligible(&self) -> bool {
        self.verdict() == Verdict::Passed
    }

    /// As if another one will be preferred.
    fn verdict(&self) -> Verdict {
        if !self.present {
            Verdict::Absent
        } else if self.status == AgentStatus::Away {
            Verdict::Away
        } else if self.active >= self.capacity {
            Verdict::AtCapacity
        } else {
            Verdict::Passed
        }
    }
}

/// The eligible one with the fewest slots taken; between equals the seed decides. `None` if
/// nobody is eligible.
pub(super) fn choose(team: impl Iterator<Item = Seen>, seed: u32) -> Option<DecisionRecord> {
    let mut ranked: Vec<_> = team.map(candidate).map(|it| (place(&it, seed), it)).collect();
    if ranked.len() > CANDIDATES_MAX {
        ranked.select_nth_unstable_by_key(CANDIDATES_MAX, |(place, _)| *place);
        ranked.truncate(CANDIDATES_MAX);
    }
    ranked.sort_unstable_by_key(|(place, _)| *place);
    let mut candidates: Vec<Candidate> = ranked.into_iter().map(|(_, it)| it).collect();
    let first = candidates.first_mut().filter(|first| is_eligible(first))?;
    first.verdict = Verdict::Chosen;
    let chosen = first.agent;
    let (policy, policy_version) = (Policy::LoadBalanced, POLICY_VERSION);
    Some(DecisionRecord { policy, policy_version, candidates, chosen, seed, term: None })
}

/// Whom the policy chooses from what a record says it saw. `None` if nobody was eligible, or the
/// record is of another version of the policy.
pub(super) fn replay(record: &DecisionRecord) -> Option<AgentId> {
    match record.policy {
        Policy::LoadBalanced if record.policy_version == POLICY_VERSION => {
            let eligible = record.candidates.iter().filter(|it| is_eligible(it));
            eligible.min_by_key(|it| rank(it, record.seed)).map(|it| it.agent)
        }
        Policy::LoadBalanced => None,
    }
}

fn candidate(seen: Seen) -> Candidate {
    let verdict = seen.verdict();
    Candidate { agent: seen.agent, active: seen.active, capacity: seen.capacity, verdict }
}

fn is_eligible(candidate: &Candidate) -> bool {
    match candidate.verdict {
        Verdict::Chosen | Verdict::Passed => true,
        Verdict::Away | Verdict::Absent | Verdict::AtCapacity => false,
    }
}

/// In a record: the eligible ones first.
fn place(candidate: &Candidate, seed: u32) -> (Reverse<bool>, (u32, u64, AgentId)) {
    (Reverse(is_eligible(candidate)), rank(candidate, seed))
}

/// The lowest is preferred. Of each candidate by itself, so that leaving others out changes
/// nothing; the id comes last, for two mixes may be equal.
fn rank(candidate: &Candidate, seed: u32) -> (u32, u64, AgentId) {
    (candidate.active, mixed(candidate.agent, seed), candidate.agent)
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
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn id(number: u128) -> AgentId {
        AgentId(uuid::Uuid::from_u128(number))
    }

    fn seen(number: u128, active: u32) -> Seen {
        let status = AgentStatus::Available;
        Seen { agent: id(number), status, present: true, active, capacity: 3 }
    }

    fn chosen(team: &[Seen], seed: u32) -> Option<AgentId> {
        choose(team.iter().copied(), seed).map(|record| record.chosen)
    }

    #[test]
    fn the_one_with_the_fewest_chats_is_chosen_whatever_the_seed() {
        for seed in 0..100 {
            assert_eq!(chosen(&[seen(1, 2), seen(2, 1), seen(3, 2)], seed), Some(id(2)));
        }
    }

    #[test]
    fn between_equals_the_seed_decides_and_is_fair() {
        let team: Vec<Seen> = (1..=4).map(|number| seen(number, 1)).collect();
        let mut count: HashMap<AgentId, u32> = HashMap::new();
        for seed in 0..4_000 {
            *count.entry(chosen(&team, seed).expect("all are eligible")).or_default() += 1;
        }
        assert_eq!(count.len(), 4);
        assert!(count.values().all(|times| (850..1_150).contains(times)), "{count:?}");
    }

    #[test]
    fn everybody_gets_a_verdict() {
        let away = Seen { status: AgentStatus::Away, ..seen(2, 0) };
        let absent = Seen { present: false, ..seen(3, 0) };
        let team = [seen(1, 3), away, absent, seen(4, 1), seen(5, 2)];
        let record = choose(team.into_iter(), 7).expect("somebody is eligible");
        let verdicts: HashMap<AgentId, Verdict> =
            record.candidates.iter().map(|it| (it.agent, it.verdict)).collect();
        assert_eq!(verdicts[&id(1)], Verdict::AtCapacity);
        assert_eq!(verdicts[&id(2)], Verdict::Away);
        assert_eq!(verdicts[&id(3)], Verdict::Absent);
        assert_eq!(verdicts[&id(4)], Verdict::Chosen);
        assert_eq!(verdicts[&id(5)], Verdict::Passed);
        assert_eq!((record.chosen, record.seed), (id(4), 7));
    }

    #[test]
    fn nobody_eligible_is_nobody_chosen() {
        let away = Seen { status: AgentStatus::Away, ..seen(1, 0) };
        assert_eq!(chosen(&[away, seen(2, 3), seen(3, 4)], 1), None);
        assert_eq!(chosen(&[], 1), None);
    }

    #[test]
    fn a_record_replays_to_its_choice() {
        for seed in 0..500 {
            let team = (0..12).map(|number| {
                let mut seen = seen(u128::from(number), (seed ^ number) % 4);
                seen.present = (seed + number) % 3 > 0;
                seen
            });
            if let Some(record) = choose(team, seed) {
                assert_eq!(replay(&record), Some(record.chosen));
            }
        }
    }

    #[test]
    fn the_order_of_the_team_makes_no_difference() {
        let team: Vec<Seen> = (1..=9).map(|number| seen(number, 1)).collect();
        let turned: Vec<Seen> = team.iter().rev().copied().collect();
        for seed in 0..50 {
            assert_eq!(chosen(&team, seed), chosen(&turned, seed));
        }
    }

    #[test]
    fn a_record_of_a_large_team_is_cut_and_still_replays() {
        for seed in 0..50 {
            let mut team: Vec<Seen> = (0..300).map(|number| seen(number, 1)).collect();
            team.extend((300..600).map(|number| Seen { present: false, ..seen(number, 0) }));
            let record = choose(team.into_iter(), seed).expect("somebody is eligible");
            assert_eq!(record.candidates.len(), CANDIDATES_MAX);
            assert!(record.candidates.iter().all(is_eligible));
            assert_eq!(replay(&record), Some(record.chosen));
        }
    }

    #[test]
    fn a_record_of_another_policy_version_cannot_be_replayed() {
        let mut record = choose([seen(1, 0)].into_iter(), 1).expect("eligible");
        record.policy_version += 1;
        assert_eq!(replay(&record), None);
    }
}
