//! Finds what a lost hint did not tell: how far the logs of attached conversations reach.

use std::time::{Duration, Instant};

use ractor::ActorRef;
use salotto_protocol::{ConversationId, Seq};

use super::registry::Msg;
use crate::link::Trust;
use crate::store::{Store, StoreError};

/// How often it is considered whether to look.
pub(super) const CONSIDERED_EVERY: Duration = Duration::from_millis(250);
/// Everything that is attached is looked at this often, hints or none.
const ALL_EVERY: Duration = Duration::from_secs(2);
/// Where something happened within so long, a suspect link is not waited for.
const RECENT: Duration = Duration::from_secs(60);

/// Which conversations to look at now.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Scope {
    All,
    /// Those attached or active since then.
    ActiveSince(Instant),
}

/// When to look. Pure.
pub(super) struct Lookout {
    all_at: Option<Instant>,
    /// Hints were lost since the last look at everything began.
    is_late: bool,
    looking: bool,
}

impl Lookout {
    pub(super) fn new() -> Lookout {
        Lookout { all_at: None, is_late: false, looking: false }
    }

    /// Hints were lost: everything is looked at, at once.
    pub(super) fn lost(&mut self) {
        self.is_late = true;
    }

    /// One look at a time: a store that is slow is not asked more.
    pub(super) fn next(&mut self, trust: Trust, now: Instant) -> Option<Scope> {
        if self.looking {
            return None;
        }
        let all_due = self.all_at.is_none_or(|at| now.duration_since(at) >= ALL_EVERY);
        let scope = match trust {
            _ if all_due || self.is_late => Scope::All,
            Trust::Sound => return None,
            Trust::Suspect { .. } => Scope::ActiveSince(now.checked_sub(RECENT).unwrap_or(now)),
        };
        if scope == Scope::All {
            self.all_at = Some(now);
            self.is_late = false;
        }
        self.looking = true;
        Some(scope)
    }

    /// Whether to look again at once: hints were lost after the look began. A look that failed is
    /// tried again when it is next considered, not before: the store is in trouble.
    pub(super) fn ended(&mut self, has_found: bool) -> bool {
        self.looking = false;
        let is_late = self.is_late;
        self.is_late |= !has_found;
        has_found && is_late
    }
}

/// How far an actor was told that its log reaches. Nothing while nobody knows. Pure.
#[derive(Clone, Copy, Default)]
pub(super) struct Reach(Seq);

/// What a look at a log brings.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Found {
    Known,
    /// The first word on it.
    First,
    /// Nobody told: the hint was lost, or the store does not know who is attached.
    Untold,
}

impl Reach {
    pub(super) fn hears(&mut self, seq: Seq) {
        self.0 = self.0.max(seq);
    }

    pub(super) fn finds(&mut self, seq: Seq) -> Found {
        let before = self.0;
        self.hears(seq);
        if seq <= before {
            Found::Known
        } else if before == Seq(0) {
            Found::First
        } else {
            Found::Untold
        }
    }
}

/// How far these logs reach, told to the registry.
pub(super) fn look(store: &Store, ids: Vec<ConversationId>, registry: ActorRef<Msg>) {
    let store = store.clone();
    tokio::spawn(async move {
        let reached: Result<Vec<(ConversationId, Seq)>, StoreError> = store.reached(&ids).await;
        let _ = registry.cast(Msg::Looked(reached));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suspect() -> Trust {
        Trust::Suspect { since: tokio::time::Instant::now() }
    }

    #[test]
    fn everything_is_looked_at_every_two_seconds_and_one_look_at_a_time() {
        let (start, mut lookout) = (Instant::now(), Lookout::new());
        assert_eq!(lookout.next(Trust::Sound, start), Some(Scope::All));
        assert_eq!(lookout.next(Trust::Sound, start + ALL_EVERY), None, "the first is under way");
        assert!(!lookout.ended(true));
        assert_eq!(lookout.next(Trust::Sound, start + ALL_EVERY / 2), None);
        assert_eq!(lookout.next(Trust::Sound, start + ALL_EVERY), Some(Scope::All));
    }

    #[test]
    fn what_a_look_finds_beyond_what_was_told_was_not_told() {
        let mut reach = Reach::default();
        assert_eq!(reach.finds(Seq(0)), Found::Known);
        assert_eq!(reach.finds(Seq(3)), Found::First);
        reach.hears(Seq(5));
        assert_eq!(reach.finds(Seq(5)), Found::Known);
        assert_eq!(reach.finds(Seq(6)), Found::Untold);
    }

    #[test]
    fn after_a_loss_it_looks_at_once_and_once() {
        let (start, mut lookout) = (Instant::now(), Lookout::new());
        lookout.next(Trust::Sound, start);
        lookout.lost();
        assert_eq!(lookout.next(Trust::Sound, start), None);
        assert!(lookout.ended(true));
        assert_eq!(lookout.next(Trust::Sound, start), Some(Scope::All));
        assert!(!lookout.ended(true));
        assert_eq!(lookout.next(Trust::Sound, start), None);
    }

    #[test]
    fn a_look_that_failed_is_repeated_but_not_at_once() {
        let (start, mut lookout) = (Instant::now(), Lookout::new());
        lookout.next(Trust::Sound, start);
        lookout.lost();
        assert!(!lookout.ended(false));
        assert_eq!(lookout.next(Trust::Sound, start), Some(Scope::All));
        assert!(!lookout.ended(false));
        assert_eq!(lookout.next(Trust::Sound, start), Some(Scope::All));
        assert!(!lookout.ended(true));
        assert_eq!(lookout.next(Trust::Sound, start), None);
    }

    #[test]
    fn while_the_link_is_suspect_the_lively_ones_are_looked_at_each_time() {
        let start = Instant::now() + RECENT * 2;
        let mut lookout = Lookout::new();
        lookout.next(suspect(), start);
        assert!(!lookout.ended(true));
        for step in 1..8 {
            let now = start + CONSIDERED_EVERY * step;
            assert_eq!(lookout.next(suspect(), now), Some(Scope::ActiveSince(now - RECENT)));
            assert!(!lookout.ended(true), "a suspect link is no reason to look without pause");
        }
        assert_eq!(lookout.next(suspect(), start + ALL_EVERY), Some(Scope::All));
    }
}
