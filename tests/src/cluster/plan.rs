//! Which faults, in which order and for how long: data, drawn from a seed.

use std::fmt;

use super::{Damage, Fault, Place, Seed, Whom};

/// One seed, one plan.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Says which plan it is and how to run it again.
    pub name: String,
    pub seed: u64,
    pub steps: Vec<Step>,
}

/// Faults at once, and for how long; then all is healed.
#[derive(Clone, Debug)]
pub struct Step {
    pub faults: Vec<Fault>,
    pub lasts_ms: u64,
}

/// Steps of a plan that is drawn.
const STEPS: usize = 5;

impl Plan {
    /// These faults one after the other, for times drawn from the seed.
    pub fn of(name: &str, seed: u64, faults: &[Fault]) -> Plan {
        let mut drawn = Seed::new(seed);
        let steps = faults.iter().map(|fault| Step::of(vec![*fault], &mut drawn)).collect();
        Plan { name: name.to_owned(), seed, steps }
    }

    /// Pairs, each at once.
    pub fn of_pairs(name: &str, seed: u64, pairs: &[[Fault; 2]]) -> Plan {
        let mut drawn = Seed::new(seed);
        let steps = pairs.iter().map(|pair| Step::of(pair.to_vec(), &mut drawn)).collect();
        Plan { name: name.to_owned(), seed, steps }
    }

    /// Single faults and pairs of whatever kind.
    pub fn drawn(seed: u64) -> Plan {
        let mut drawn = Seed::new(seed);
        let steps = (0..STEPS).map(|_| {
            let faults = (0..1 + drawn.below(2)).map(|_| Fault::drawn(&mut drawn)).collect();
            Step::of(faults, &mut drawn)
        });
        let steps = steps.collect();
        Plan { name: format!("SEED={seed} make soak"), seed, steps }
    }

    /// Every kind of fault once, in `parts` plans of about the same length.
    pub fn every_single(seed: u64, parts: usize) -> Vec<Plan> {
        let every = Fault::every(&mut Seed::new(seed));
        let part = |at: usize| {
            let faults: Vec<_> = every.iter().copied().skip(at).step_by(parts).collect();
            Plan::of(&format!("single faults, part {at} of {parts}"), seed + at as u64, &faults)
        };
        (0..parts).map(part).collect()
    }

    /// F7: Redis dies and stays away for so long. Everything else is well.
    pub fn outage_of_redis(lasts_ms: u64) -> Plan {
        let step = Step { faults: vec![Fault::RedisKilled], lasts_ms };
        Plan { name: "Redis stays away".to_owned(), seed: 0, steps: vec![step] }
    }

    /// Pairs that hide each other's cure.
    pub fn pairs(seed: u64) -> Plan {
        let all = Whom::All;
        let pairs = [
            [Fault::Muffled(all), Fault::Killed(Whom::Router)],
            [Fault::Line(Place::Store, Whom::Node(0), Damage::BlackHole), Fault::RedisFlushed],
            [Fault::Frozen(Whom::Router), Fault::RedisKilled],
            [Fault::PostgresKilled, Fault::Line(Place::Clients, all, Damage::Cut)],
            [Fault::HintsRepeated, Fault::Killed(Whom::Node(1))],
        ];
        Plan::of_pairs("pairs of faults", seed, &pairs)
    }

    /// Stamps in the log may be so much older than their commit: a batch is stamped before it has
    /// its locks, and what stands still holds it up.
    pub fn held_up_ms(&self) -> i64 {
        let longest = self.steps.iter().map(Step::held_up_ms).max().unwrap_or(0);
        i64::try_from(longest).expect("seconds")
    }
}

impl Step {
    fn of(faults: Vec<Fault>, seed: &mut Seed) -> Step {
        let from = faults.iter().map(|fault| fault.lasts_ms().0).max().expect("a fault");
        let to = faults.iter().map(|fault| fault.lasts_ms().1).max().expect("a fault");
        // Rather short: two thirds of all times are in the lower half.
        let lasts_ms = seed.between(from, to).min(seed.between(from, to));
        Step { faults, lasts_ms }
    }

    pub fn excuses_delays(&self) -> bool {
        self.faults.iter().any(|fault| fault.excuses_delays())
    }

    fn held_up_ms(&self) -> u64 {
        if self.excuses_delays() { self.lasts_ms } else { 0 }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.faults.iter().map(Fault::to_string).collect();
        write!(f, "{} ({} ms)", names.join(" + "), self.lasts_ms)
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps: Vec<_> = self.steps.iter().map(Step::to_string).collect();
        write!(f, "{}, seed {}: {}", self.name, self.seed, steps.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_is_one_plan_and_another_seed_another() {
        let line = |seed| Plan::drawn(seed).to_string();
        assert_eq!(line(5), line(5));
        assert!(line(5).contains("SEED=5 make soak"), "{}", line(5));
        assert_ne!(line(5).split(": ").nth(1), line(6).split(": ").nth(1));
    }

    #[test]
    fn the_parts_together_have_every_kind_of_fault_once() {
        let every = Fault::every(&mut Seed::new(9));
        let parts = Plan::every_single(9, 4);
        let steps: Vec<_> = parts.iter().flat_map(|plan| &plan.steps).collect();
        assert_eq!(steps.len(), every.len());
        for fault in every {
            assert_eq!(steps.iter().filter(|step| step.faults == [fault]).count(), 1, "{fault}");
        }
    }

    #[test]
    fn a_fault_lasts_as_long_as_its_kind_says() {
        for seed in 0..200 {
            for Step { faults, lasts_ms } in Plan::drawn(seed).steps {
                let (least, most) = faults[0].lasts_ms();
                let alone = faults.len() == 1;
                assert!(!alone || (least..=most).contains(&lasts_ms), "{faults:?}: {lasts_ms}");
            }
        }
    }
}
