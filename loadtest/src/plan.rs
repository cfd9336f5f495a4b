//! When messages are due: a pure function of rate, shape and seed. It never waits for an answer.

use std::time::Duration;

/// How arrivals fall on the time line.
#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
pub enum Arrivals {
    /// Independent of each other, as people are.
    Poisson,
    /// Evenly spaced.
    Uniform,
}

/// The whole schedule in five numbers.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub rate_per_s: f64,
    /// The rate grows from nothing to `rate_per_s` over this time.
    pub ramp: Duration,
    /// Then it stays: warm-up and measured time together.
    pub steady: Duration,
    pub arrivals: Arrivals,
    pub seed: u64,
}

/// One message of one visitor.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Arrival {
    /// Microseconds after the start of the schedule.
    pub due_us: u64,
    pub slot: u32,
}

/// The arrivals in the order they are due. Visitors take turns in an order drawn from the seed.
pub struct Plan {
    shape: Shape,
    dice: Dice,
    order: Vec<u32>,
    turn: usize,
    /// Expected number of arrivals up to the last one: time on a scale where the rate is 1.
    passed: f64,
}

impl Plan {
    pub fn new(shape: Shape, visitors: u32) -> Plan {
        let mut dice = Dice::new(shape.seed);
        let mut order: Vec<u32> = (0..visitors).collect();
        for place in (1..order.len()).rev() {
            order.swap(place, dice.below(place as u64 + 1) as usize);
        }
        Plan { shape, dice, order, turn: 0, passed: 0.0 }
    }
}

impl Iterator for Plan {
    type Item = Arrival;

    fn next(&mut self) -> Option<Arrival> {
        if self.order.is_empty() || self.shape.rate_per_s <= 0.0 {
            return None;
        }
        self.passed += match self.shape.arrivals {
            Arrivals::Uniform => 1.0,
            Arrivals::Poisson => -(1.0 - self.dice.unit()).ln(),
        };
        let due_s = self.shape.time_of(self.passed);
        if due_s >= (self.shape.ramp + self.shape.steady).as_secs_f64() {
            return None;
        }
        let slot = self.order[self.turn % self.order.len()];
        self.turn += 1;
        Some(Arrival { due_us: (due_s * 1e6) as u64, slot })
    }
}

impl Shape {
    /// How many arrivals to expect.
    pub fn expected(&self) -> f64 {
        self.rate_per_s * (self.ramp.as_secs_f64() / 2.0 + self.steady.as_secs_f64())
    }

    /// The second by which `count` arrivals are expected: the inverse of the summed rate.
    fn time_of(&self, count: f64) -> f64 {
        let ramp_s = self.ramp.as_secs_f64();
        let in_ramp = self.rate_per_s * ramp_s / 2.0;
        if count < in_ramp {
            (2.0 * count * ramp_s / self.rate_per_s).sqrt()
        } else {
            ramp_s + (count - in_ramp) / self.rate_per_s
        }
    }
}

/// Repeatable chance (SplitMix64): the same seed gives the same run in every version.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// 0 up to, not with, `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        ((u128::from(self.draw()) * u128::from(end)) >> 64) as u64
    }

    /// 0 up to, not with, 1.
    pub fn unit(&mut self) -> f64 {
        (self.draw() >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(arrivals: Arrivals) -> Shape {
        Shape {
            rate_per_s: 1_000.0,
            ramp: Duration::from_secs(2),
            steady: Duration::from_secs(8),
            arrivals,
            seed: 7,
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_schedule_and_another_seed_another() {
        let first: Vec<Arrival> = Plan::new(shape(Arrivals::Poisson), 50).collect();
        let again: Vec<Arrival> = Plan::new(shape(Arrivals::Poisson), 50).collect();
        let other = Shape { seed: 8, ..shape(Arrivals::Poisson) };

        assert_eq!(first, again);
        assert_ne!(first, Plan::new(other, 50).collect::<Vec<_>>());
    }

    #[test]
    fn the_rate_is_met_after_a_ramp_of_half_the_rate() {
        for arrivals in [Arrivals::Uniform, Arrivals::Poisson] {
            let plan: Vec<Arrival> = Plan::new(shape(arrivals), 50).collect();
            let in_ramp = plan.iter().filter(|it| it.due_us < 2_000_000).count() as f64;
            let steady = plan.len() as f64 - in_ramp;

            assert!((in_ramp - 1_000.0).abs() < 120.0, "{arrivals:?} in the ramp: {in_ramp}");
            assert!((steady - 8_000.0).abs() < 350.0, "{arrivals:?} steady: {steady}");
            assert!(plan.is_sorted_by_key(|it| it.due_us));
        }
    }

    #[test]
    fn every_visitor_speaks_once_before_one_speaks_twice() {
        let mut first_round: Vec<u32> =
            Plan::new(shape(Arrivals::Uniform), 50).take(50).map(|it| it.slot).collect();
        assert!(!first_round.is_sorted(), "the order is drawn");
        first_round.sort_unstable();

        assert_eq!(first_round, (0..50).collect::<Vec<_>>());
    }

    #[test]
    fn no_rate_or_no_visitor_is_an_empty_schedule() {
        let silent = Shape { rate_per_s: 0.0, ..shape(Arrivals::Uniform) };

        assert_eq!(Plan::new(silent, 5).count(), 0);
        assert_eq!(Plan::new(shape(Arrivals::Uniform), 0).count(), 0);
    }
}
