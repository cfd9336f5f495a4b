//! Where everybody stands in the queue, as the router said last: shared by all conversations here.

use std::collections::{HashMap, HashSet};
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

use salotto_protocol::envelope::{QueueHint, QueueLine};
use salotto_protocol::{ChatflowId, ConversationId, QueuePlace};

/// A router that lives says it every 10 s as long as somebody waits.
const STALE_AFTER: Duration = Duration::from_secs(30);

#[derive(Default)]
pub(super) struct QueuePlaces(RwLock<Option<Said>>);

struct Said {
    /// Of the router, and of its words.
    term: u64,
    number: u64,
    at: Instant,
    lines: HashMap<ChatflowId, Line>,
    places: HashMap<ConversationId, QueuePlace>,
}

#[derive(Clone, Copy)]
struct Line {
    named: u32,
    waiting: u32,
}

/// What is known of one who waits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Stands {
    At(QueuePlace),
    /// The chatflow does not tell it.
    Untold,
    /// Nothing new: the next word may say it.
    Unknown,
}

/// Whose place may be another one now.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Moved {
    These(Vec<ConversationId>),
    Anybody,
}

impl QueuePlaces {
    pub(super) fn take(&self, hint: &QueueHint, now: Instant) -> Moved {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let is_old = |said: &Said| (hint.term, hint.number) <= (said.term, said.number);
        if known.as_ref().is_some_and(is_old) {
            return Moved::These(Vec::new());
        }
        let said = Said::new(hint, now);
        let before = known.replace(said);
        match (&before, &*known) {
            (Some(before), Some(said)) => said.moved_since(before),
            (None, _) | (_, None) => Moved::Anybody,
        }
    }

    pub(super) fn of(&self, id: ConversationId, chatflow: ChatflowId, now: Instant) -> Stands {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let fresh = known.as_ref().filter(|said| now < said.at + STALE_AFTER);
        fresh.map_or(Stands::Unknown, |said| said.of(id, chatflow))
    }
}

impl Said {
    fn new(hint: &QueueHint, at: Instant) -> Said {
        let QueueHint { term, number, .. } = *hint;
        let mut said = Said { term, number, at, lines: HashMap::new(), places: HashMap::new() };
        for line in &hint.lines {
            let named = u32::try_from(line.first.len()).unwrap_or(u32::MAX);
            said.lines.insert(line.chatflow, Line { named, waiting: line.waiting });
            for (position, id) in (1..).zip(&line.first) {
                said.places.insert(*id, place(line, position));
            }
        }
        said
    }

    fn of(&self, id: ConversationId, chatflow: ChatflowId) -> Stands {
        if let Some(place) = self.places.get(&id) {
            return Stands::At(*place);
        }
        match self.lines.get(&chatflow) {
            Some(line) => line.behind().map_or(Stands::Unknown, Stands::At),
            None => Stands::Untold,
        }
    }

    fn moved_since(&self, before: &Said) -> Moved {
        let is_new = |(id, line): (&ChatflowId, &Line)| {
            let behind = line.behind();
            behind.is_some() && before.lines.get(id).and_then(|it| it.behind()) != behind
        };
        let is_gone = |id: &ChatflowId| !self.lines.contains_key(id);
        if self.lines.iter().any(is_new) || before.lines.keys().any(is_gone) {
            return Moved::Anybody;
        }
        let ids: HashSet<&ConversationId> =
            self.places.keys().chain(before.places.keys()).collect();
        let moved = ids.into_iter().filter(|id| self.places.get(id) != before.places.get(id));
        Moved::These(moved.copied().collect())
    }
}

impl Line {
    /// Where whoever is not named stands, if anybody is not.
    fn behind(self) -> Option<QueuePlace> {
        let position = self.named.saturating_add(1);
        let place = QueuePlace { position, at_least: true, expected_wait_ms: None };
        (self.waiting > self.named).then_some(place)
    }
}

fn place(line: &QueueLine, position: u32) -> QueuePlace {
    let wait_ms = |interval_ms: u64| interval_ms.saturating_mul(u64::from(position));
    let expected_wait_ms = line.interval_ms.map(wait_ms);
    QueuePlace { position, at_least: false, expected_wait_ms }
}

#[cfg(test)]
mod tests {
    use salotto_protocol::Epoch;
    use uuid::Uuid;

    use super::*;

    const SHOP: ChatflowId = ChatflowId(Uuid::from_u128(1));

    fn id(number: u128) -> ConversationId {
        ConversationId(Uuid::from_u128(number))
    }

    fn line(first: &[u128], waiting: u32) -> QueueLine {
        let first = first.iter().copied().map(id).collect();
        QueueLine { chatflow: SHOP, first, waiting, interval_ms: Some(60_000) }
    }

    fn hint(number: u64, lines: Vec<QueueLine>) -> QueueHint {
        QueueHint { epoch: Epoch(Uuid::nil()), term: 1, number, lines }
    }

    fn these(moved: Moved) -> Vec<ConversationId> {
        let Moved::These(mut ids) = moved else { panic!("{moved:?}") };
        ids.sort_unstable();
        ids
    }

    #[test]
    fn each_is_told_how_many_wait_longer_and_how_long_that_takes() {
        let (places, now) = (QueuePlaces::default(), Instant::now());
        assert_eq!(places.of(id(3), SHOP, now), Stands::Unknown);
        assert_eq!(places.take(&hint(1, vec![line(&[5, 4, 3], 3)]), now), Moved::Anybody);

        let third = QueuePlace { position: 3, at_least: false, expected_wait_ms: Some(180_000) };
        assert_eq!(places.of(id(3), SHOP, now), Stands::At(third));
        assert_eq!(places.of(id(9), SHOP, now), Stands::Unknown, "it has just come");
        let other = ChatflowId(Uuid::from_u128(2));
        assert_eq!(places.of(id(9), other, now), Stands::Untold);
        assert_eq!(places.of(id(3), SHOP, now + STALE_AFTER), Stands::Unknown);
    }

    #[test]
    fn only_whose_number_changed_is_told() {
        let (places, now) = (QueuePlaces::default(), Instant::now());
        places.take(&hint(1, vec![line(&[1, 2, 3], 3)]), now);

        assert_eq!(these(places.take(&hint(2, vec![line(&[1, 2, 3], 3)]), now)), []);
        assert_eq!(these(places.take(&hint(3, vec![line(&[1, 2, 3, 4], 4)]), now)), [id(4)]);
        let gone = these(places.take(&hint(4, vec![line(&[1, 3, 4], 3)]), now));
        assert_eq!(gone, [id(2), id(3), id(4)]);
    }

    #[test]
    fn who_is_not_named_stands_behind_all_who_are() {
        let (places, now) = (QueuePlaces::default(), Instant::now());
        places.take(&hint(1, vec![line(&[1, 2], 2)]), now);
        assert_eq!(places.take(&hint(2, vec![line(&[1, 2], 900)]), now), Moved::Anybody);

        let behind = QueuePlace { position: 3, at_least: true, expected_wait_ms: None };
        assert_eq!(places.of(id(77), SHOP, now), Stands::At(behind));
        let next = these(places.take(&hint(3, vec![line(&[2, 3], 899)]), now));
        assert_eq!(next, [id(1), id(2), id(3)], "nothing is new to the others");
    }

    #[test]
    fn a_chatflow_that_tells_it_no_longer_takes_it_back() {
        let (places, now) = (QueuePlaces::default(), Instant::now());
        places.take(&hint(1, vec![line(&[1], 1)]), now);
        assert_eq!(places.take(&hint(2, Vec::new()), now), Moved::Anybody);
        assert_eq!(places.of(id(1), SHOP, now), Stands::Untold);
    }

    #[test]
    fn a_word_that_comes_late_or_of_a_router_that_was_is_not_believed() {
        let (places, now) = (QueuePlaces::default(), Instant::now());
        let later = QueueHint { term: 2, ..hint(1, vec![line(&[1], 1)]) };
        places.take(&later, now);
        for stale in [later, hint(9, vec![line(&[2, 1], 2)])] {
            assert_eq!(these(places.take(&stale, now)), []);
        }
        let first = QueuePlace { position: 1, at_least: false, expected_wait_ms: Some(60_000) };
        assert_eq!(places.of(id(1), SHOP, now), Stands::At(first));
    }
}
