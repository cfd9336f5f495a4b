//! Random waits, so that many sockets do not act in the same moment.

use std::time::Duration;

/// Between nothing and `most`.
pub(super) fn up_to(most: Duration) -> Duration {
    let random = getrandom::u32().expect("the system has random numbers");
    most.mul_f64(f64::from(random) / f64::from(u32::MAX))
}
