//! Holds a history against the store at its end: every invariant that can be seen from outside.
//!
//! Absent, because no client can see them: I14 (metrics show it), I17 (a frame that cannot be read
//! fails the client at once; an entry is here), L4 and L5.

use salotto_protocol::{EntryBody, Epoch};

use super::{History, Truth, What, assignments, delivery, liveness, terms};
use crate::checker::{self, Violation};

/// When things were broken, in the microseconds of the history: waits begin when they are over.
#[derive(Clone, Debug, Default)]
pub struct Faults(pub Vec<(u64, u64)>);

/// What was promised beside safety. `None` is not judged.
#[derive(Clone, Debug)]
pub struct Terms {
    pub faults: Faults,
    /// L1: from the first sight of an entry to everybody's.
    pub seen_within_us: Option<u64>,
    /// L2: from waiting to assigned, in the store's time. Only where somebody was free all along.
    pub assigned_within_ms: Option<i64>,
    /// L2: as `assigned_within_ms`, of the time in which an agent with a free slot was there and
    /// nothing was broken. Of agents whose capacity is known.
    pub free_within_ms: Option<i64>,
    /// L3: from a lost socket to the next welcome.
    pub back_within_us: Option<u64>,
    /// I9, I11: stamps of two nodes may be apart by so much from the order of their commits: a
    /// batch is stamped before it has its locks.
    pub stamps_apart_ms: i64,
    /// The history's microsecond 0, in the store's time.
    pub began_ms: i64,
}

impl Default for Terms {
    fn default() -> Terms {
        Terms {
            faults: Faults::default(),
            seen_within_us: None,
            assigned_within_ms: None,
            free_within_ms: None,
            back_within_us: None,
            stamps_apart_ms: 600,
            began_ms: 0,
        }
    }
}

pub fn judge(history: &History, truth: &Truth, terms: &Terms) -> Vec<Violation> {
    let mut violations = Vec::new();
    violations.extend(checker::dense(&truth.ledger));
    violations.extend(checker::doubled(&truth.ledger));
    let receipts: Vec<_> = history.receipts();
    let lasting: Vec<_> =
        receipts.iter().filter(|it| !truth.former.contains(&epoch_of(it))).cloned().collect();
    violations.extend(checker::acknowledged(&lasting, &truth.ledger));
    violations.extend(checker::delivered(&lasting, &truth.ledger));
    violations.extend(delivery::judge(history, truth));
    violations.extend(unreadable(history));
    violations.extend(assignments::judge(history, truth, terms));
    violations.extend(terms::judge(truth, terms.stamps_apart_ms));
    violations.extend(liveness::judge(history, truth, terms));
    violations
}

/// I17: all that is taken is of this release.
fn unreadable(history: &History) -> Vec<Violation> {
    let found = history.events.iter().filter_map(|event| match &event.what {
        What::Took { conversation, entry, .. } => match &entry.body {
            EntryBody::Unknown(_) => {
                let (client, conversation, seq) = (event.client, *conversation, entry.seq);
                Some(Violation::Unreadable { client, conversation, seq })
            }
            EntryBody::Welcome { .. }
            | EntryBody::Message { .. }
            | EntryBody::Comment { .. }
            | EntryBody::Assignment { .. }
            | EntryBody::InboxChange { .. }
            | EntryBody::Contact { .. }
            | EntryBody::Promised { .. }
            | EntryBody::Decision { .. }
            | EntryBody::Status { .. } => None,
        },
        What::Welcomed { .. }
        | What::Lost
        | What::Left
        | What::Attached { .. }
        | What::Head { .. }
        | What::Reset { .. }
        | What::Sent { .. }
        | What::Acked { .. }
        | What::Refused { .. } => None,
    });
    found.collect()
}

fn epoch_of(receipt: &salotto_protocol::api::Receipt) -> Epoch {
    use salotto_protocol::api::Receipt;
    match receipt {
        Receipt::Acked { epoch, .. } | Receipt::Received { epoch, .. } => *epoch,
    }
}

impl Faults {
    /// The first moment from `at` on from which nothing is broken for `calm_us`.
    pub(super) fn calm_from(&self, at: u64, calm_us: u64) -> u64 {
        let mut calm = at;
        let mut windows = self.0.clone();
        windows.sort_unstable();
        for (from, to) in windows {
            if from <= calm + calm_us && to > calm {
                calm = to;
            }
        }
        calm
    }
}
