//! `schedules`, of the sabotaged program alone: random schedules against one machine.

use super::Failed;
use crate::schedules::{Machine, run};

/// Fails if a schedule does what must never be.
pub(crate) fn schedules(machine: Machine, seed: u64, count: u64) -> Result<String, Failed> {
    match run(machine, seed, count) {
        Ok(figures) => Ok(format!("{machine}: {figures}")),
        Err(failure) => Err(Failed::Refused(format!("{machine}, {failure}"))),
    }
}
