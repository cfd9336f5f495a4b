//! Whom a node lets in first when it is nearly full, or when many come at once (BY-9).

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
    /// The closed set of `salotto_hellos_refused_total`.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Tier::Agent => "agent",
            Tier::Resuming => "resuming",
            Tier::Idle => "idle",
        }
    }

    /// How far this tier may fill the seats.
    fn seats_percent(self) -> usize {
        match self {
            Tier::Agent => 100,
            Tier::Resuming => 97,
            Tier::Idle => 90,
        }
    }

    /// How far this tier may fill the hellos that are answered at once. In a storm the idle are
    /// the crowd, and the others come through beside them.
    fn hellos_percent(self) -> usize {
        match self {
            Tier::Agent => 100,
            Tier::Resuming => 90,
            Tier::Idle => 50,
        }
    }
}

/// Sockets that stay, and hellos that are being answered.
#[derive(Debug)]
pub(super) struct Admission {
    seats: Places,
    hellos: Places,
}

impl Admission {
    pub(super) fn new(sockets_max: usize, hellos_max: usize) -> Admission {
        Admission { seats: Places::new(sockets_max), hellos: Places::new(hellos_max) }
    }

    /// For as long as the socket lives. `None`: full, for this tier.
    pub(super) fn seat(&self, tier: Tier) -> Option<Seat> {
        self.seats.take(tier.seats_percent())
    }

    /// While the hello is answered. `None`: too many at once, for this tier.
    pub(super) fn hello(&self, tier: Tier) -> Option<Seat> {
        self.hellos.take(tier.hellos_percent())
    }
}

#[derive(Debug)]
struct Places(Arc<Counted>);

#[derive(Debug)]
struct Counted {
    taken: AtomicUsize,
    most: usize,
}

/// Given back when dropped.
#[derive(Debug)]
pub(super) struct Seat(Arc<Counted>);

impl Places {
    fn new(most: usize) -> Places {
        Places(Arc::new(Counted { taken: AtomicUsize::new(0), most }))
    }

    fn take(&self, percent: usize) -> Option<Seat> {
        let most = self.0.most * percent / 100;
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

    const TIERS: [Tier; 3] = [Tier::Idle, Tier::Resuming, Tier::Agent];

    fn fill(take: impl Fn() -> Option<Seat>) -> Vec<Seat> {
        std::iter::from_fn(take).collect()
    }

    #[test]
    fn each_tier_leaves_seats_for_the_one_before_it() {
        let admission = Admission::new(100, 10);

        let held = TIERS.map(|tier| fill(|| admission.seat(tier)));

        assert_eq!(held.each_ref().map(Vec::len), [90, 7, 3]);
    }

    #[test]
    fn in_a_storm_of_hellos_each_tier_leaves_turns_for_the_one_before_it() {
        let admission = Admission::new(1_000, 100);

        let held = TIERS.map(|tier| fill(|| admission.hello(tier)));

        assert_eq!(held.each_ref().map(Vec::len), [50, 40, 10]);
    }

    #[test]
    fn a_seat_that_is_left_can_be_taken_again() {
        let admission = Admission::new(10, 10);
        let mut seats = fill(|| admission.seat(Tier::Agent));
        assert!(admission.seat(Tier::Agent).is_none());

        seats.pop();

        assert!(admission.seat(Tier::Agent).is_some());
    }
}
