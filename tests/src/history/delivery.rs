//! What clients were told, and in which order: I4 to I8, and I15.

use std::collections::{BTreeSet, HashMap, HashSet};

use salotto_protocol::{ClientId, ConversationId, Entry, Epoch, Seq, View};

use super::{Event, History, Truth, What, Who};
use crate::checker::Violation;

pub(super) fn judge(history: &History, truth: &Truth) -> Vec<Violation> {
    let mut violations = logs(history, truth);
    violations.extend(agreements(history, truth));
    violations.extend(send_orders(history, truth));
    violations.extend(own_writes(history, truth));
    violations.extend(answers(history));
    violations.extend(leaks(history, truth));
    violations.extend(orphans(history, truth));
    violations
}

/// One client's log of one conversation.
struct Log {
    epoch: Epoch,
    last: Option<Seq>,
    /// A reset was told, and nothing came since.
    is_reset: bool,
}

/// I4 and I6: each log goes on where it stood; only a reset begins it anew, in a new epoch.
fn logs(history: &History, truth: &Truth) -> Vec<Violation> {
    let clients = history.clients();
    let mut logs: HashMap<(u64, ConversationId), Log> = HashMap::new();
    let mut violations = Vec::new();
    for Event { client, what, .. } in &history.events {
        match what {
            What::Reset { conversation, epoch } => {
                let fresh = Log { epoch: *epoch, last: None, is_reset: true };
                let before = logs.insert((*client, *conversation), fresh);
                if before.is_some_and(|log| log.epoch == *epoch && log.last.is_some()) {
                    let (client, conversation) = (*client, *conversation);
                    violations.push(Violation::NeedlessReset { client, conversation });
                }
            }
            What::Took { conversation, epoch, after, entry } => {
                let key = (*client, *conversation);
                let new = || Log { epoch: *epoch, last: None, is_reset: false };
                let log = logs.entry(key).or_insert_with(new);
                if log.epoch != *epoch {
                    let (client, conversation) = key;
                    violations.push(Violation::UntoldEpoch { client, conversation });
                }
                let view = clients.get(client).map_or(View::Visitor, |who| who.view());
                let starts = !log.is_reset || *after == Seq(0);
                let is_of_now = *epoch == truth.ledger.epoch;
                let goes_on = log.last.is_none_or(|last| *after <= last && last < entry.seq);
                let follows = *after < entry.seq && goes_on && starts;
                let from = log.last.unwrap_or(*after).max(*after);
                let hides = is_of_now
                    && truth.ledger.has_visible_between(*conversation, from, entry.seq, view);
                if !follows || hides {
                    let (socket, conversation) = key;
                    let seq = entry.seq;
                    violations.push(Violation::NotAPrefix { socket, conversation, seq });
                }
                *log = Log { epoch: *epoch, last: Some(entry.seq), is_reset: false };
            }
            What::Welcomed { .. }
            | What::Lost
            | What::Left
            | What::Attached { .. }
            | What::Head { .. }
            | What::Sent { .. }
            | What::Acked { .. }
            | What::Refused { .. } => {}
        }
    }
    violations
}

/// I5: the same place is the same entry for everybody, in epochs that are over as well, and what
/// clients saw is what the store has, to the letter.
fn agreements(history: &History, truth: &Truth) -> Vec<Violation> {
    let mut seen: HashMap<(ConversationId, Epoch, Seq), &Entry> = HashMap::new();
    let mut violations = Vec::new();
    for event in &history.events {
        let What::Took { conversation, epoch, entry, .. } = &event.what else { continue };
        let (conversation, seq) = (*conversation, entry.seq);
        let first = *seen.entry((conversation, *epoch, seq)).or_insert(entry);
        let stored = truth.ledger.entry(conversation, seq).filter(|_| *epoch == truth.ledger.epoch);
        let same = |other: &Entry| {
            other.client_id == entry.client_id
                && other.at_ms == entry.at_ms
                && other.body == entry.body
        };
        if !same(first) || stored.is_some_and(|stored| !same(stored)) {
            violations.push(Violation::Disagreement { conversation, seq });
        }
    }
    violations
}

/// I7: what one client sent first stands first.
fn send_orders(history: &History, truth: &Truth) -> Vec<Violation> {
    let mut places: HashMap<ClientId, (ConversationId, Seq)> = HashMap::new();
    for (conversation, log) in &truth.ledger.logs {
        let sent = log.iter().filter_map(|entry| Some((entry.client_id?, entry.seq)));
        places.extend(sent.map(|(client_id, seq)| (client_id, (*conversation, seq))));
    }
    let mut known = HashSet::new();
    let mut last: HashMap<(u64, ConversationId), Seq> = HashMap::new();
    let mut violations = Vec::new();
    for event in &history.events {
        let What::Sent { client_id, .. } = &event.what else { continue };
        if !known.insert((event.client, *client_id)) {
            continue;
        }
        let Some(&(conversation, seq)) = places.get(client_id) else { continue };
        let before = last.insert((event.client, conversation), seq);
        if before.is_some_and(|before| before > seq) {
            violations.push(Violation::Reordered { client: event.client, conversation, seq });
        }
    }
    violations
}

/// I7: after an ack, whoever attaches or reads finds the message, if it is for their eyes.
fn own_writes(history: &History, truth: &Truth) -> Vec<Violation> {
    let clients = history.clients();
    let mut acked: HashMap<ConversationId, Vec<(u64, Seq)>> = HashMap::new();
    let mut violations = Vec::new();
    for event in &history.events {
        match &event.what {
            What::Acked { conversation, epoch, seq, .. } if *epoch == truth.ledger.epoch => {
                acked.entry(*conversation).or_default().push((event.at_us, *seq));
            }
            What::Head { conversation, epoch, head, asked_at_us }
                if *epoch == truth.ledger.epoch =>
            {
                let Some(who) = clients.get(&event.client) else { continue };
                let is_for_them = |seq: &Seq| {
                    let entry = truth.ledger.entry(*conversation, *seq);
                    entry.is_some_and(|entry| entry.body.visible_to(who.view()))
                };
                let before = acked.get(conversation).into_iter().flatten();
                let before = before.filter(|(at_us, _)| at_us < asked_at_us).map(|(_, seq)| *seq);
                if let Some(seq) = before.filter(is_for_them).max().filter(|seq| seq > head) {
                    let (client, conversation) = (event.client, *conversation);
                    violations.push(Violation::StaleRead { client, conversation, seq });
                }
            }
            What::Acked { .. }
            | What::Head { .. }
            | What::Welcomed { .. }
            | What::Lost
            | What::Left
            | What::Attached { .. }
            | What::Reset { .. }
            | What::Took { .. }
            | What::Sent { .. }
            | What::Refused { .. } => {}
        }
    }
    violations
}

/// I8: however often it is sent, a client id gets one answer.
fn answers(history: &History) -> Vec<Violation> {
    let mut first: HashMap<(ClientId, Epoch), (ConversationId, Seq)> = HashMap::new();
    let mut violations = Vec::new();
    for event in &history.events {
        let What::Acked { client_id, conversation, epoch, seq } = &event.what else { continue };
        let answer = (*conversation, *seq);
        if *first.entry((*client_id, *epoch)).or_insert(answer) != answer {
            violations.push(Violation::TwoAnswers { client_id: *client_id });
        }
    }
    violations
}

/// I15: a visitor hears of their own conversations alone, and never what is hidden from visitors.
fn leaks(history: &History, truth: &Truth) -> Vec<Violation> {
    let clients = history.clients();
    let mut violations = Vec::new();
    for event in &history.events {
        let What::Took { conversation, entry, .. } = &event.what else { continue };
        let Some(Who::Visitor(visitor)) = clients.get(&event.client) else { continue };
        let owner = truth.standings.get(conversation).and_then(|standing| standing.visitor);
        let is_theirs = owner.is_none_or(|owner| owner == *visitor);
        if !is_theirs || !entry.body.visible_to(View::Visitor) {
            let (client, conversation, seq) = (event.client, *conversation, entry.seq);
            violations.push(Violation::Leaked { client, conversation, seq });
        }
    }
    violations
}

/// I12: what a client has seen of this epoch, the store has.
fn orphans(history: &History, truth: &Truth) -> Vec<Violation> {
    let mut missing = BTreeSet::new();
    for event in &history.events {
        if let What::Acked { conversation, epoch, .. } | What::Took { conversation, epoch, .. } =
            &event.what
            && *epoch == truth.ledger.epoch
            && !truth.ledger.logs.contains_key(conversation)
        {
            missing.insert(*conversation);
        }
    }
    missing.into_iter().map(|conversation| Violation::Orphan { conversation }).collect()
}
