//! Which machines can be put through random schedules, by name.

use std::fmt;
use std::str::FromStr;

use crate::conversation::{GapFiller, SlowConsumer};
use crate::gateway::Drain;
use crate::router::LeaseAndRouter;
use crate::simulation::{Failure, Figures, simulate};

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Machine {
    GapFiller,
    LeaseAndRouter,
    SlowConsumer,
    Drain,
}

impl Machine {
    pub(crate) const ALL: [Machine; 4] =
        [Machine::GapFiller, Machine::LeaseAndRouter, Machine::SlowConsumer, Machine::Drain];

    fn as_str(self) -> &'static str {
        match self {
            Machine::GapFiller => "gap-filler",
            Machine::LeaseAndRouter => "lease-and-router",
            Machine::SlowConsumer => "slow-consumer",
            Machine::Drain => "drain",
        }
    }
}

impl FromStr for Machine {
    type Err = String;

    fn from_str(word: &str) -> Result<Machine, String> {
        let known = Machine::ALL.into_iter().find(|machine| machine.as_str() == word);
        known.ok_or_else(|| {
            format!("no such machine; there are {:?}", Machine::ALL.map(Machine::as_str))
        })
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// Stops at the first schedule that does what must never be.
pub(crate) fn run(machine: Machine, seed: u64, count: u64) -> Result<Figures, Failure> {
    match machine {
        Machine::GapFiller => simulate::<GapFiller>(seed, count),
        Machine::LeaseAndRouter => simulate::<LeaseAndRouter>(seed, count),
        Machine::SlowConsumer => simulate::<SlowConsumer>(seed, count),
        Machine::Drain => simulate::<Drain>(seed, count),
    }
}

#[cfg(test)]
#[path = "schedules_tests.rs"]
mod tests;
