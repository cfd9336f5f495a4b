//! Random schedules against the pure state machines that the node runs, each in a small world
//! that loses, delays, doubles, fails and dies. A seed repeats a schedule.
//!
//! Compiled for tests and for the mutation check, never into what is shipped.

mod random;
#[cfg(test)]
mod tests;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

pub(crate) use random::Random;

/// Tries at dropping steps from a schedule that failed.
const SHRINK_TRIES_MAX: u32 = 5_000;

/// A machine among virtual nodes, a model store and a model link.
///
/// A step that cannot be done as things are is left out, so that any selection of a schedule's
/// steps is a schedule too.
pub(crate) trait World: Sized {
    type Step: Clone + fmt::Debug;

    /// What can be told of a seed's world before anything happens.
    fn new(seed: u64) -> Self;

    fn step(random: &mut Random) -> Self::Step;

    /// Steps of the longest schedule.
    const STEPS_MAX: usize;

    /// `Err`: what must never be (I1 to I17).
    fn take(&mut self, step: &Self::Step) -> Result<(), String>;

    /// Nothing goes wrong any more. `Err`: what should be by now is not (L1 to L5).
    fn heal(&mut self) -> Result<(), String>;

    /// How often it came to what the schedules are about: a world in which nothing happens
    /// proves nothing.
    fn sights(&self) -> u64;
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Figures {
    pub(crate) schedules: u64,
    pub(crate) steps: u64,
    pub(crate) sights: u64,
    pub(crate) took: Duration,
}

/// The shortest schedule found that does what must never be.
#[derive(Debug)]
pub(crate) struct Failure {
    seed: u64,
    what: String,
    steps: Vec<String>,
}

/// Runs the schedules of `count` seeds, and stops at the first that fails.
pub(crate) fn simulate<W: World>(first_seed: u64, count: u64) -> Result<Figures, Failure> {
    let (began, mut figures) = (Instant::now(), Figures::default());
    for seed in (0..count).map(|more| first_seed.wrapping_add(more)) {
        let steps = schedule::<W>(seed);
        match run::<W>(seed, &steps) {
            Ok(sights) => figures.sights += sights,
            Err(what) => return Err(shortest::<W>(seed, steps, what)),
        }
        figures.schedules += 1;
        figures.steps += steps.len() as u64;
    }
    figures.took = began.elapsed();
    Ok(figures)
}

fn schedule<W: World>(seed: u64) -> Vec<W::Step> {
    let mut random = Random::new(seed);
    // Short ones too: what they find is easier to read.
    let length = 1 + random.below(W::STEPS_MAX);
    (0..length).map(|_| W::step(&mut random)).collect()
}

/// A broken belief of the machine is a failure like any other.
fn run<W: World>(seed: u64, steps: &[W::Step]) -> Result<u64, String> {
    let running = catch_unwind(AssertUnwindSafe(|| {
        let mut world = W::new(seed);
        for step in steps {
            world.take(step)?;
        }
        world.heal()?;
        Ok(world.sights())
    }));
    running.unwrap_or_else(|_| Err("the machine panicked".to_owned()))
}

/// Drops steps as long as it still fails: first many at once, then one at a time.
fn shortest<W: World>(seed: u64, mut steps: Vec<W::Step>, mut what: String) -> Failure {
    let (mut tries, mut size) = (0, steps.len().div_ceil(2));
    while size > 0 {
        let (mut at, mut dropped) = (0, false);
        while at < steps.len() && tries < SHRINK_TRIES_MAX {
            let end = (at + size).min(steps.len());
            let fewer = [&steps[..at], &steps[end..]].concat();
            tries += 1;
            match run::<W>(seed, &fewer) {
                Err(still) => (steps, what, dropped) = (fewer, still, true),
                Ok(_) => at = end,
            }
        }
        if size == 1 && !dropped {
            break;
        }
        size = if size == 1 { 1 } else { size / 2 };
        if tries >= SHRINK_TRIES_MAX {
            break;
        }
    }
    let steps = steps.iter().map(|step| format!("{step:?}")).collect();
    Failure { seed, what, steps }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "seed {}: {}", self.seed, self.what)?;
        for (number, step) in (1..).zip(&self.steps) {
            writeln!(out, "{number:>4}. {step}")?;
        }
        write!(out, "(again: SEED={} SCHEDULES=1)", self.seed)
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.took.as_secs_f64().max(0.001);
        let Figures { schedules, steps, sights, .. } = self;
        let pace = *schedules as f64 / seconds;
        write!(out, "{schedules} schedules, {steps} steps, {sights} sights in {seconds:.1} s")?;
        write!(out, " ({pace:.0} schedules/s)")
    }
}
