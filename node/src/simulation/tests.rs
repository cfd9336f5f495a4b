//! The simulator itself: it finds what is wrong, says it shortly, and repeats it.

use super::{Random, World, simulate};

/// Wrong as soon as a 3 comes after a 5; stuck if it ends with a 7.
struct Counter {
    five: bool,
    last: usize,
}

impl World for Counter {
    type Step = usize;

    const STEPS_MAX: usize = 60;

    fn new(_: u64) -> Counter {
        Counter { five: false, last: 0 }
    }

    fn step(random: &mut Random) -> usize {
        random.below(6)
    }

    fn take(&mut self, step: &usize) -> Result<(), String> {
        self.last = *step;
        self.five |= *step == 5;
        if self.five && *step == 3 { Err("3 after 5".to_owned()) } else { Ok(()) }
    }

    fn heal(&mut self) -> Result<(), String> {
        assert_ne!(self.last, 7, "no step is a 7");
        Ok(())
    }

    fn sights(&self) -> u64 {
        1
    }
}

#[test]
fn a_failure_is_told_by_its_shortest_schedule_and_repeated_by_its_seed() {
    let failure = simulate::<Counter>(1, 1_000).expect_err("it comes within a thousand");
    assert_eq!(
        (failure.what.as_str(), &failure.steps[..]),
        ("3 after 5", &["5".into(), "3".into()][..])
    );

    let again = simulate::<Counter>(failure.seed, 1).expect_err("the same seed");
    assert_eq!(again.to_string(), failure.to_string());
    assert!(again.to_string().contains("   1. 5\n   2. 3\n"));
}
