//! How many sockets a node takes, and whose come first when it is nearly full.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Who asks to be let in. The later ones leave the last places to the earlier ones.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Tier {
    Agent,
    /// A visitor with a conversation to resume.
    Resuming,
    /// A visitor who only looks.
    Idle,
}

impl Tier {
    /// How far this tier may fill the node.
    fn percent(self) -> usize {
        match self {
            Tier::Agent => 100,
            Tier::Resuming => 97,
            Tier::Idle => 90,
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Admission(Arc<Seats>);

#[derive(Debug)]
struct Seats {
    taken: AtomicUsize,
    most: usize,
}

/// Given back when dropped.
#[derive(Debug)]
pub(super) struct Seat(Arc<Seats>);

impl Admission {
    pub(super) fn new(sockets_max: usize) -> Admission {
        Admission(Arc::new(Seats { taken: AtomicUsize::new(0), most: sockets_max }))
    }

    /// `None`: full, for this tier.
    pub(super) fn seat(&self, tier: Tier) -> Option<Seat> {
        let most = self.0.most * tier.percent() / 100;
        let next = |taken: usize| (taken < most).then_some(taken + 1);
        let taken = self.0.taken.fetch_update(Ordering::AcqRel, Ordering::Relaxed, next);
        taken.ok().map(|_| Seat(self.0.clone()))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.taken.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(admission: &Admission, tier: Tier) -> Vec<Seat> {
        std::iter::from_fn(|| admission.seat(tier)).collect()
    }

    #[test]
    fn each_tier_leaves_room_for_the_one_before_it() {
        let admission = Admission::new(100);

        let idle = fill(&admission, Tier::Idle);
        let resuming = fill(&admission, Tier::Resuming);
        let agents = fill(&admission, Tier::Agent);

        assert_eq!((idle.len(), resuming.len(), agents.len()), (90, 7, 3));
    }

    #[test]
    fn a_seat_that_is_left_can_be_taken_again() {
        let admission = Admission::new(10);
        let mut seats = fill(&admission, Tier::Agent);
        assert!(admission.seat(Tier::Agent).is_none());

        seats.pop();

        assert!(admission.seat(Tier::Agent).is_some());
    }
}
