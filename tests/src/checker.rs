//! Holds what clients recorded against what the store has: the safety invariants of delivery.
//!
//! Pure: receipts and logs in, violations out. A checker that never failed proves nothing, so the
//! tests below break every invariant once.

use std::collections::{HashMap, HashSet};

use salotto_protocol::api::Receipt;
use salotto_protocol::{AgentId, ClientId, ConversationId, Entry, Epoch, Seq, View};

/// The store at the end: every conversation's whole log, as agents see it, of one epoch.
pub struct Ledger {
    pub epoch: Epoch,
    pub logs: HashMap<ConversationId, Vec<Entry>>,
}

/// What must never happen. The numbers are those of the invariants.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Violation {
    /// I1: acknowledged, but not in the store at that seq with that text.
    Lost { conversation: ConversationId, seq: Seq, client_id: ClientId },
    /// I1: in the store more than once.
    Doubled { client_id: ClientId },
    /// I2: delivered, but not in the store.
    Ghost { conversation: ConversationId, seq: Seq },
    /// I3: the log is not 1, 2, 3 … with times that never go back.
    NotDense { conversation: ConversationId, seq: Seq },
    /// I4: a client took an entry out of order, twice, or with a gap before it.
    NotAPrefix { socket: u64, conversation: ConversationId, seq: Seq },
    /// I5: a client and the store, or two clients, have different entries at the same place.
    Disagreement { conversation: ConversationId, seq: Seq },
    /// I6: entries of another epoch came, and no reset before them.
    UntoldEpoch { client: u64, conversation: ConversationId },
    /// I6: a reset though the log was good.
    NeedlessReset { client: u64, conversation: ConversationId },
    /// I7: it was sent after one that stands behind it.
    Reordered { client: u64, conversation: ConversationId, seq: Seq },
    /// I7: it was acknowledged before somebody looked, and was not there.
    StaleRead { client: u64, conversation: ConversationId, seq: Seq },
    /// I8: one client id, two places.
    TwoAnswers { client_id: ClientId },
    /// I9: an automatic assignment above the agent's capacity.
    OverCapacity { agent: AgentId, at_ms: i64 },
    /// I10: assigned from somebody who did not have it, or while it was closed.
    TwoOwners { conversation: ConversationId, seq: Seq },
    /// I11: decided in a term that was over by then.
    OldTerm { conversation: ConversationId, seq: Seq, term: u64 },
    /// I12: the row and the log tell different stories.
    Inconsistent { conversation: ConversationId },
    /// I12: a client knows it, the store does not.
    Orphan { conversation: ConversationId },
    /// I13: not what the policy gives for what its record saw.
    NotByTheRules { conversation: ConversationId, seq: Seq },
    /// I15: a visitor was told what is not for them.
    Leaked { client: u64, conversation: ConversationId, seq: Seq },
    /// I16: the greeting took effect twice, or too late.
    TwoWelcomes { conversation: ConversationId, seq: Seq },
    /// I17: an entry came that nobody here can read.
    Unreadable { client: u64, conversation: ConversationId, seq: Seq },
    /// L1: followed the conversation and did not get the entry in time.
    LeftBehind { client: u64, conversation: ConversationId, seq: Seq },
    /// L2: somebody was free, and it was not assigned in time.
    Waited { conversation: ConversationId, ms: i64 },
    /// L3: lost its socket and was not welcome again in time.
    StayedAway { client: u64, us: u64 },
}

pub fn check(receipts: &[Receipt], ledger: &Ledger) -> Vec<Violation> {
    let mut violations = Vec::new();
    violations.extend(dense(ledger));
    violations.extend(doubled(ledger));
    violations.extend(acknowledged(receipts, ledger));
    violations.extend(delivered(receipts, ledger));
    violations.extend(prefixes(receipts, ledger));
    violations
}

/// I3
pub fn dense(ledger: &Ledger) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (&conversation, log) in &ledger.logs {
        let mut expected = Seq(1);
        let mut last_at_ms = i64::MIN;
        for entry in log {
            if entry.seq != expected || entry.at_ms < last_at_ms {
                violations.push(Violation::NotDense { conversation, seq: entry.seq });
            }
            expected = entry.seq.next();
            last_at_ms = entry.at_ms;
        }
    }
    violations
}

/// I1, second half
pub fn doubled(ledger: &Ledger) -> Vec<Violation> {
    let mut seen = HashSet::new();
    let ids = ledger.logs.values().flatten().filter_map(|entry| entry.client_id);
    let repeated = ids.filter(|client_id| !seen.insert(*client_id));
    repeated.map(|client_id| Violation::Doubled { client_id }).collect()
}

/// I1, first half
pub fn acknowledged(receipts: &[Receipt], ledger: &Ledger) -> Vec<Violation> {
    let mut violations = Vec::new();
    for receipt in receipts {
        let Receipt::Acked { conversation, epoch, seq, client_id, text } = receipt else {
            continue;
        };
        let is_there = *epoch == ledger.epoch
            && ledger.entry(*conversation, *seq).is_some_and(|entry| {
                entry.client_id == Some(*client_id) && entry.body.text() == Some(text)
            });
        if !is_there {
            let (conversation, seq, client_id) = (*conversation, *seq, *client_id);
            violations.push(Violation::Lost { conversation, seq, client_id });
        }
    }
    violations
}

/// I2 and I5
pub fn delivered(receipts: &[Receipt], ledger: &Ledger) -> Vec<Violation> {
    let mut violations = Vec::new();
    for receipt in receipts {
        let Receipt::Received { conversation, epoch, seq, client_id, .. } = receipt else {
            continue;
        };
        let (conversation, seq) = (*conversation, *seq);
        let stored = ledger.entry(conversation, seq).filter(|_| *epoch == ledger.epoch);
        match stored {
            None => violations.push(Violation::Ghost { conversation, seq }),
            Some(entry) if entry.client_id != *client_id => {
                violations.push(Violation::Disagreement { conversation, seq });
            }
            Some(_) => {}
        }
    }
    violations
}

/// I4: each log of each socket goes on where it stood, and `after` leaves out only what visitors
/// may not see.
fn prefixes(receipts: &[Receipt], ledger: &Ledger) -> Vec<Violation> {
    let mut last: HashMap<(u64, ConversationId), Seq> = HashMap::new();
    let mut violations = Vec::new();
    for receipt in receipts {
        let Receipt::Received { socket, conversation, seq, after, .. } = receipt else {
            continue;
        };
        let (socket, conversation, seq) = (*socket, *conversation, *seq);
        let before = last.insert((socket, conversation), seq);
        let goes_on = *after < seq && before.is_none_or(|last| *after <= last && last < seq);
        let from = before.map_or(*after, |last| last.max(*after));
        if !goes_on || ledger.has_visible_between(conversation, from, seq, View::Visitor) {
            violations.push(Violation::NotAPrefix { socket, conversation, seq });
        }
    }
    violations
}

impl Ledger {
    pub(crate) fn entry(&self, conversation: ConversationId, seq: Seq) -> Option<&Entry> {
        let log = self.logs.get(&conversation)?;
        // In a good log it stands at its place; a bad one is searched.
        let at_its_place = log.get((seq.0 as usize).wrapping_sub(1));
        let at_its_place = at_its_place.filter(|entry| entry.seq == seq);
        at_its_place.or_else(|| log.iter().find(|entry| entry.seq == seq))
    }

    pub(crate) fn has_visible_between(
        &self,
        conversation: ConversationId,
        after: Seq,
        before: Seq,
        view: View,
    ) -> bool {
        if after.next() >= before {
            return false;
        }
        let log = self.logs.get(&conversation).map_or(&[][..], Vec::as_slice);
        log.iter()
            .any(|entry| after < entry.seq && entry.seq < before && entry.body.visible_to(view))
    }
}

#[cfg(test)]
#[path = "checker_tests.rs"]
mod tests;
