//! In whose term the router decided, from the logs at the end: I11.

use salotto_protocol::{ConversationId, EntryBody, Seq};

use super::Truth;
use crate::checker::Violation;

/// A decision that says its term.
struct Decided {
    conversation: ConversationId,
    seq: Seq,
    at_ms: i64,
    term: u64,
}

/// In one log terms never fall. Over all logs none is decided in a term that is older than one of
/// which somebody has decided longer ago than stamps may be apart.
pub(super) fn judge(truth: &Truth, stamps_apart_ms: i64) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut all = Vec::new();
    for conversation in truth.ledger.logs.keys() {
        let log = decided(truth, *conversation);
        let falls = |pair: &&[Decided]| pair[1].term < pair[0].term;
        violations.extend(log.windows(2).filter(falls).map(|pair| violation(&pair[1])));
        all.extend(log);
    }
    all.sort_by_key(|it| (it.at_ms, it.term));
    let (mut newest, mut past) = (0, all.iter().peekable());
    for one in &all {
        while let Some(other) = past.next_if(|it| it.at_ms + stamps_apart_ms < one.at_ms) {
            newest = newest.max(other.term);
        }
        let found = violation(one);
        if one.term < newest && !violations.contains(&found) {
            violations.push(found);
        }
    }
    violations
}

fn decided(truth: &Truth, conversation: ConversationId) -> Vec<Decided> {
    let log = truth.ledger.logs.get(&conversation).map_or(&[][..], Vec::as_slice);
    let decided = log.iter().filter_map(|entry| match &entry.body {
        EntryBody::Decision { decision } => {
            let (seq, at_ms) = (entry.seq, entry.at_ms);
            decision.term.map(|term| Decided { conversation, seq, at_ms, term })
        }
        EntryBody::Welcome { .. }
        | EntryBody::Message { .. }
        | EntryBody::Comment { .. }
        | EntryBody::Assignment { .. }
        | EntryBody::InboxChange { .. }
        | EntryBody::Contact { .. }
        | EntryBody::Promised { .. }
        | EntryBody::Status { .. }
        | EntryBody::Unknown(_) => None,
    });
    decided.collect()
}

fn violation(of: &Decided) -> Violation {
    Violation::OldTerm { conversation: of.conversation, seq: of.seq, term: of.term }
}
