//! Where everybody stands in the queue, as the router said last: shared by all conversations here.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use salotto_protocol::envelope::{QueueHint, QueueLine};
use salotto_protocol::promise::Patience;
use salotto_protocol::{ChatflowId, ConversationId, QueuePlace, ShowQueue};

use crate::store::Settings;

/// A router that lives says it every 10 s as long as somebody waits.
const STALE_AFTER: Duration = Duration::from_secs(30);

pub(super) struct QueuePlaces {
    said: RwLock<Option<Said>>,
    promises: Promises,
}

/// Whether this node promises answers by e-mail to those who would wait too long: it must be able
/// to send them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Promises {
    Made,
    Never,
}

struct Said {
    /// Of the router, and of its words.
    term: u64,
    number: u64,
    at: Instant,
    lines: HashMap<ChatflowId, Line>,
    places: HashMap<ConversationId, QueuePlace>,
    /// Of each chatflow: what it lets be said.
    rules: HashMap<ChatflowId, Rule>,
}

#[derive(Debug, Eq, PartialEq)]
struct Rule {
    show: ShowQueue,
    /// Only with an end.
    patience: Option<(u64, Arc<str>)>,
}

#[derive(Clone, Copy)]
struct Line {
    named: u32,
    waiting: u32,
    interval_ms: Option<u64>,
}

/// What is known of one who waits.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Stands {
    At(Standing),
    /// The chatflow does not tell it.
    Untold,
    /// Nothing new: the next word may say it.
    Unknown,
}

/// What may be said to whoever waits.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Standing {
    /// As far as the chatflow shows it.
    pub(super) place: Option<QueuePlace>,
    pub(super) terms: Option<Terms>,
}

/// When an answer by e-mail is offered.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Terms {
    /// The chatflow's patience.
    pub(super) wait_ms: u64,
    /// Shown or not; at least.
    pub(super) expected_wait_ms: Option<u64>,
    pub(super) text: Arc<str>,
}

/// Whose place may be another one now.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Moved {
    These(Vec<ConversationId>),
    Anybody,
}

impl QueuePlaces {
    pub(super) fn new(promises: Promises) -> QueuePlaces {
        QueuePlaces { said: RwLock::default(), promises }
    }

    pub(super) fn take(&self, hint: &QueueHint, settings: &Settings, now: Instant) -> Moved {
        let mut known = self.said.write().unwrap_or_else(PoisonError::into_inner);
        let is_old = |said: &Said| (hint.term, hint.number) <= (said.term, said.number);
        if known.as_ref().is_some_and(is_old) {
            return Moved::These(Vec::new());
        }
        let said = Said::new(hint, rules(hint, settings, self.promises), now);
        let before = known.replace(said);
        match (&before, &*known) {
            (Some(before), Some(said)) => said.moved_since(before),
            (None, _) | (_, None) => Moved::Anybody,
        }
    }

    pub(super) fn of(&self, id: ConversationId, chatflow: ChatflowId, now: Instant) -> Stands {
        let known = self.said.read().unwrap_or_else(PoisonError::into_inner);
        let fresh = known.as_ref().filter(|said| now < said.at + STALE_AFTER);
        fresh.map_or(Stands::Unknown, |said| said.of(id, chatflow))
    }
}

impl Said {
    fn new(hint: &QueueHint, rules: HashMap<ChatflowId, Rule>, at: Instant) -> Said {
        let QueueHint { term, number, .. } = *hint;
        let (lines, places) = (HashMap::new(), HashMap::new());
        let mut said = Said { term, number, at, lines, places, rules };
        for line in &hint.lines {
            let named = u32::try_from(line.first.len()).unwrap_or(u32::MAX);
            let (waiting, interval_ms) = (line.waiting, line.interval_ms);
            said.lines.insert(line.chatflow, Line { named, waiting, interval_ms });
            for (position, id) in (1..).zip(&line.first) {
                said.places.insert(*id, place(line, position));
            }
        }
        said
    }

    fn of(&self, id: ConversationId, chatflow: ChatflowId) -> Stands {
        let Some(rule) = self.rules.get(&chatflow) else { return Stands::Untold };
        let line = self.lines.get(&chatflow);
        match self.places.get(&id).copied().or_else(|| line.and_then(|it| it.behind())) {
            Some(place) => Stands::At(rule.standing(place, line.and_then(|it| it.interval_ms))),
            None => Stands::Unknown,
        }
    }

    fn moved_since(&self, before: &Said) -> Moved {
        let is_new = |(id, line): (&ChatflowId, &Line)| {
            let has_patience = self.rules.get(id).is_some_and(|rule| rule.patience.is_some());
            let said = |it: &Line| (it.behind(), it.interval_ms.filter(|_| has_patience));
            line.behind().is_some() && before.lines.get(id).map(said) != Some(said(line))
        };
        let is_gone = |id: &ChatflowId| !self.lines.contains_key(id);
        if self.rules != before.rules
            || self.lines.iter().any(is_new)
            || before.lines.keys().any(is_gone)
        {
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

impl Rule {
    fn standing(&self, place: QueuePlace, interval_ms: Option<u64>) -> Standing {
        let expected = interval_ms.map(|it| wait_ms(it, place.position));
        let expected_wait_ms = place.expected_wait_ms.filter(|_| self.show.expected_wait);
        let shown = QueuePlace { expected_wait_ms, ..place };
        let terms = self.patience.as_ref().map(|(wait_ms, text)| Terms {
            wait_ms: *wait_ms,
            expected_wait_ms: expected,
            text: Arc::clone(text),
        });
        Standing { place: self.show.position.then_some(shown), terms }
    }
}

/// Of the chatflows that the router told of.
fn rules(hint: &QueueHint, settings: &Settings, promises: Promises) -> HashMap<ChatflowId, Rule> {
    let patience = |of: &Patience| match promises {
        Promises::Made => of.wait_ms.map(|wait_ms| (wait_ms, Arc::from(of.text.as_str()))),
        Promises::Never => None,
    };
    let told: HashSet<ChatflowId> = hint.lines.iter().map(|line| line.chatflow).collect();
    let told = settings.chatflows.iter().filter(|row| told.contains(&row.id));
    told.map(|row| {
        let patience = patience(&row.settings.patience);
        (row.id, Rule { show: row.settings.show_queue, patience })
    })
    .collect()
}

fn wait_ms(interval_ms: u64, position: u32) -> u64 {
    interval_ms.saturating_mul(u64::from(position))
}

fn place(line: &QueueLine, position: u32) -> QueuePlace {
    let expected_wait_ms = line.interval_ms.map(|interval_ms| wait_ms(interval_ms, position));
    QueuePlace { position, at_least: false, expected_wait_ms }
}

#[cfg(test)]
#[path = "queue_places_tests.rs"]
mod tests;
