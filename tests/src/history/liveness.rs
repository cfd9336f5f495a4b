//! Who was left behind, and who came back too late: L1 and L3.

use std::collections::HashMap;

use salotto_protocol::{ConversationId, Epoch, Seq};

use super::{Event, History, Terms, Truth, What};
use crate::checker::Violation;

pub(super) fn judge(history: &History, truth: &Truth, terms: &Terms) -> Vec<Violation> {
    let mut violations = Vec::new();
    if let Some(limit_us) = terms.seen_within_us {
        violations.extend(left_behind(history, truth, terms, limit_us));
    }
    if let Some(limit_us) = terms.back_within_us {
        violations.extend(stayed_away(history, terms, limit_us));
    }
    violations
}

/// One client follows one conversation on one socket.
struct Following {
    client: u64,
    conversation: ConversationId,
    from_us: u64,
    to_us: u64,
}

/// L1: what somebody knew, everybody who followed knew soon after.
fn left_behind(history: &History, truth: &Truth, terms: &Terms, limit_us: u64) -> Vec<Violation> {
    let (known, taken) = sightings(history, truth.ledger.epoch);
    let clients = history.clients();
    let mut violations = Vec::new();
    for Following { client, conversation, from_us, to_us } in followings(history) {
        let Some(view) = clients.get(&client).map(|who| who.view()) else { continue };
        for (&seq, &known_us) in known.get(&conversation).into_iter().flatten() {
            let entry = truth.ledger.entry(conversation, seq);
            let is_visible = entry.is_some_and(|entry| entry.body.visible_to(view));
            let due_us = terms.faults.calm_from(known_us, limit_us) + limit_us;
            let taken_us = taken.get(&(client, conversation, seq));
            let is_late = taken_us.is_none_or(|taken_us| *taken_us > due_us);
            if is_visible && is_late && from_us <= known_us && due_us <= to_us {
                violations.push(Violation::LeftBehind { client, conversation, seq });
            }
        }
    }
    violations
}

type Known = HashMap<ConversationId, HashMap<Seq, u64>>;
type Taken = HashMap<(u64, ConversationId, Seq), u64>;

/// When each entry was first known to anybody, and when each client took it.
fn sightings(history: &History, now: Epoch) -> (Known, Taken) {
    let (mut known, mut taken) = (Known::new(), Taken::new());
    for Event { at_us, client, what } in &history.events {
        let sighting = match what {
            What::Acked { conversation, epoch, seq, .. } => Some((*conversation, *epoch, *seq)),
            What::Took { conversation, epoch, entry, .. } => {
                if *epoch == now {
                    taken.entry((*client, *conversation, entry.seq)).or_insert(*at_us);
                }
                Some((*conversation, *epoch, entry.seq))
            }
            What::Welcomed { .. }
            | What::Lost
            | What::Left
            | What::Attached { .. }
            | What::Head { .. }
            | What::Reset { .. }
            | What::Sent { .. }
            | What::Refused { .. } => None,
        };
        if let Some((conversation, _, seq)) = sighting.filter(|(_, epoch, _)| *epoch == now) {
            known.entry(conversation).or_default().entry(seq).or_insert(*at_us);
        }
    }
    (known, taken)
}

fn followings(history: &History) -> Vec<Following> {
    let end_us = history.events.last().map_or(0, |event| event.at_us);
    let mut open: HashMap<(u64, ConversationId), u64> = HashMap::new();
    let mut followings = Vec::new();
    for Event { at_us, client, what } in &history.events {
        match what {
            What::Attached { conversation, .. } | What::Took { conversation, .. } => {
                open.entry((*client, *conversation)).or_insert(*at_us);
            }
            What::Lost | What::Left => {
                let ended = open.extract_if(|(of, _), _| of == client);
                followings.extend(ended.map(|it| following(it, *at_us)));
            }
            What::Welcomed { .. }
            | What::Head { .. }
            | What::Reset { .. }
            | What::Sent { .. }
            | What::Acked { .. }
            | What::Refused { .. } => {}
        }
    }
    followings.extend(open.into_iter().map(|it| following(it, end_us)));
    followings
}

fn following(
    ((client, conversation), from_us): ((u64, ConversationId), u64),
    to_us: u64,
) -> Following {
    Following { client, conversation, from_us, to_us }
}

/// L3: whoever lost a socket is welcome again in time.
fn stayed_away(history: &History, terms: &Terms, limit_us: u64) -> Vec<Violation> {
    let end_us = history.events.last().map_or(0, |event| event.at_us);
    let mut away: HashMap<u64, u64> = HashMap::new();
    let mut violations = Vec::new();
    let mut returned = |client: u64, lost_us: u64, back_us: u64| {
        let due_us = terms.faults.calm_from(lost_us, limit_us) + limit_us;
        if back_us > due_us {
            violations.push(Violation::StayedAway { client, us: back_us - lost_us });
        }
    };
    for Event { at_us, client, what } in &history.events {
        match what {
            What::Lost => {
                away.entry(*client).or_insert(*at_us);
            }
            What::Welcomed { .. } | What::Left => {
                if let Some(lost_us) = away.remove(client) {
                    returned(*client, lost_us, *at_us);
                }
            }
            What::Attached { .. }
            | What::Head { .. }
            | What::Reset { .. }
            | What::Took { .. }
            | What::Sent { .. }
            | What::Acked { .. }
            | What::Refused { .. } => {}
        }
    }
    for (client, lost_us) in away {
        returned(client, lost_us, end_us);
    }
    violations
}
