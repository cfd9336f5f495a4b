//! For how long this node may act as the router: never longer than the store says. Pure.

use std::time::{Duration, Instant};

use crate::sabotage::{self, Switch};
use crate::store::{LEASE_MS, Term};

/// Given up a little early: the clocks of node and store may run at different speeds.
const MARGIN: Duration = Duration::from_millis(200);

#[derive(Default)]
pub(super) struct Lease {
    held: Option<(Term, Instant)>,
}

impl Lease {
    /// The store has answered a renewal. It counts from before it was asked: the answer may have
    /// been long on its way.
    pub(super) fn answered(&mut self, asked: Instant, term: Option<Term>) {
        if term.is_none() {
            return self.give_up();
        }
        self.held = term.map(|term| (term, asked + length()));
    }

    /// Nothing is held any more.
    pub(super) fn give_up(&mut self) {
        if !sabotage::on(Switch::LeadAfterLease) {
            self.held = None;
        }
    }

    pub(super) fn at(&self, now: Instant) -> Option<Term> {
        let is_held = |ends: Instant| now < ends || sabotage::on(Switch::LeadAfterLease);
        self.held.filter(|(_, ends)| is_held(*ends)).map(|(term, _)| term)
    }

    /// When it lapses, unless it is renewed.
    pub(super) fn ends(&self) -> Option<Instant> {
        self.held.map(|(_, ends)| ends)
    }
}

fn length() -> Duration {
    Duration::from_millis(u64::from(LEASE_MS)) - MARGIN
}

#[cfg(test)]
mod tests {
    use super::*;

    const TERM: Term = Term(7);

    #[test]
    fn a_lease_counts_from_before_it_was_asked_for_and_ends_before_the_stores() {
        let (asked, mut lease) = (Instant::now(), Lease::default());
        assert_eq!(lease.at(asked), None);

        lease.answered(asked, Some(TERM));

        assert_eq!(lease.at(asked), Some(TERM));
        let stores_end = asked + Duration::from_millis(u64::from(LEASE_MS));
        assert!(lease.ends().is_some_and(|ends| ends < stores_end));
        assert_eq!(lease.at(lease.ends().expect("held")), None);
    }

    #[test]
    fn a_renewal_prolongs_it_and_a_refusal_ends_it_at_once() {
        let (asked, mut lease) = (Instant::now(), Lease::default());
        lease.answered(asked, Some(TERM));
        let later = asked + Duration::from_secs(2);

        lease.answered(later, Some(TERM));
        assert_eq!(lease.at(asked + Duration::from_secs(4)), Some(TERM));
        lease.answered(later, None);
        assert_eq!(lease.at(later), None);
    }
}
