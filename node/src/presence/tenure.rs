//! When this node says that it lives, and in which term it is the router. Pure.

use std::time::Instant;

use super::lease::Lease;
use crate::journal::Candidacy;
use crate::store::Term;

/// What a node wants to be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Wish {
    /// Alive, and the router if nobody else is.
    Router,
    /// Alive only.
    Member,
    /// Gone.
    Nothing,
}

pub(crate) struct Tenure {
    lease: Lease,
    wish: Wish,
    /// A renewal is under way.
    asked: Option<Asked>,
}

struct Asked {
    at: Instant,
    candidacy: Candidacy,
}

/// When to renew next.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Next {
    /// With the next tick.
    InTime,
    /// What was asked for is not what the node wants by now.
    AtOnce,
}

impl Tenure {
    pub(crate) fn new() -> Tenure {
        Tenure { lease: Lease::default(), wish: Wish::Router, asked: None }
    }

    /// What to renew with, now. `None`: an answer is still waited for, or the node is gone.
    pub(crate) fn renewal(&mut self, now: Instant) -> Option<Candidacy> {
        if self.asked.is_some() {
            return None;
        }
        let candidacy = self.candidacy()?;
        self.asked = Some(Asked { at: now, candidacy });
        Some(candidacy)
    }

    /// The store has granted this, or nothing; or it failed (`Err`), and nobody knows.
    pub(crate) fn answered(&mut self, term: Result<Option<Term>, ()>) -> Next {
        let Some(Asked { at, candidacy }) = self.asked.take() else { return Next::InTime };
        let is_wanted = self.candidacy() == Some(candidacy);
        if let (Candidacy::Stands, true, Ok(term)) = (candidacy, is_wanted, term) {
            self.lease.answered(at, term);
        }
        if is_wanted { Next::InTime } else { Next::AtOnce }
    }

    /// From now on. The router ends before anybody else may begin.
    pub(crate) fn wishes(&mut self, wish: Wish) {
        self.wish = wish;
        match wish {
            Wish::Router => {}
            Wish::Member | Wish::Nothing => self.lease.give_up(),
        }
    }

    /// When `lapse` should be called, unless a renewal is answered before.
    pub(crate) fn lapses(&self) -> Option<Instant> {
        self.lease.ends()
    }

    pub(crate) fn lapse(&mut self) {
        self.lease.give_up();
    }

    pub(crate) fn term(&self, now: Instant) -> Option<Term> {
        self.lease.at(now)
    }

    fn candidacy(&self) -> Option<Candidacy> {
        match self.wish {
            Wish::Router => Some(Candidacy::Stands),
            Wish::Member => Some(Candidacy::Withdrawn),
            Wish::Nothing => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const TERM: Term = Term(7);

    fn router(now: Instant) -> Tenure {
        let mut tenure = Tenure::new();
        assert_eq!(tenure.renewal(now), Some(Candidacy::Stands));
        assert_eq!(tenure.answered(Ok(Some(TERM))), Next::InTime);
        assert_eq!(tenure.term(now), Some(TERM));
        tenure
    }

    #[test]
    fn one_renewal_at_a_time() {
        let (now, mut tenure) = (Instant::now(), Tenure::new());
        assert_eq!(tenure.renewal(now), Some(Candidacy::Stands));
        assert_eq!(tenure.renewal(now), None);
        tenure.answered(Err(()));
        assert_eq!(tenure.renewal(now), Some(Candidacy::Stands));
    }

    #[test]
    fn a_store_that_fails_takes_nothing_away_before_the_time() {
        let now = Instant::now();
        let mut tenure = router(now);
        tenure.renewal(now);
        tenure.answered(Err(()));
        assert_eq!(tenure.term(now), Some(TERM));
        assert_eq!(tenure.term(tenure.lapses().expect("held")), None);
    }

    #[test]
    fn who_withdraws_while_an_answer_is_on_its_way_does_not_become_the_router() {
        let now = Instant::now();
        let mut tenure = router(now);
        tenure.renewal(now);

        tenure.wishes(Wish::Member);

        assert_eq!(tenure.term(now), None, "at once");
        assert_eq!(tenure.answered(Ok(Some(TERM))), Next::AtOnce);
        assert_eq!(tenure.term(now + Duration::from_millis(1)), None);
        assert_eq!(tenure.renewal(now), Some(Candidacy::Withdrawn));
    }

    #[test]
    fn a_node_that_is_gone_says_no_more_that_it_lives() {
        let now = Instant::now();
        let mut tenure = router(now);
        tenure.wishes(Wish::Nothing);
        assert_eq!((tenure.renewal(now), tenure.term(now)), (None, None));
    }
}
