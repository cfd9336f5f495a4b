//! L2: who waited though somebody was free: from the logs, and from when agents were there.

use std::collections::{BTreeSet, HashMap, HashSet};

use salotto_protocol::{AgentId, ConversationId};

use super::assignments::Turn;
use super::{History, Terms, Truth, What, Who};
use crate::checker::Violation;

/// A conversation waited, in the store's time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wait {
    pub(super) conversation: ConversationId,
    pub(super) from_ms: i64,
    pub(super) to_ms: i64,
}

/// Each wait is looked at in one piece: a fault, an agent who comes, or a moment without a free
/// slot begins it anew.
pub(super) fn judge(
    waits: &[Wait],
    turns: &[Turn],
    (history, truth, terms): (&History, &Truth, &Terms),
) -> Vec<Violation> {
    let Some(limit_ms) = terms.free_within_ms else { return Vec::new() };
    let free = free_times(turns, history, truth, terms);
    let mut violations = Vec::new();
    for Wait { conversation, from_ms, to_ms } in waits {
        let longest = free.iter().map(|(from, to)| to.min(to_ms) - from.max(from_ms)).max();
        if let Some(ms) = longest.filter(|ms| *ms > limit_ms) {
            violations.push(Violation::Waited { conversation: *conversation, ms });
        }
    }
    violations
}

/// Pieces of time in which nothing was broken and one agent at least was there with a free slot.
fn free_times(turns: &[Turn], history: &History, truth: &Truth, terms: &Terms) -> Vec<(i64, i64)> {
    let ms = |us: u64| terms.began_ms + i64::try_from(us / 1_000).expect("a test ends");
    let faults: Vec<_> = terms.faults.0.iter().map(|(from, to)| (ms(*from), ms(*to))).collect();
    let mut changes = Vec::new();
    for turn in turns {
        changes.push((turn.at_ms, Change::Slots(turn.agent, if turn.is_taken { 1 } else { -1 })));
    }
    for (at_us, agent, is_there) in comings_and_goings(history) {
        changes.push((ms(at_us), Change::Presence(agent, is_there)));
    }
    changes.sort_by_key(|(at_ms, _)| *at_ms);
    let end_ms = ms(history.events.last().map_or(0, |event| event.at_us));
    let borders: BTreeSet<i64> = faults.iter().flat_map(|(from, to)| [*from, *to]).collect();
    let is_broken = |at: i64| faults.iter().any(|(from, to)| *from <= at && at < *to);

    let mut desk = DeskNow::default();
    let (mut times, mut since) = (Vec::new(), None);
    let mut moments: Vec<_> = changes.into_iter().map(|(at, change)| (at, Some(change))).collect();
    moments.extend(borders.into_iter().map(|at| (at, None)));
    moments.sort_by_key(|(at_ms, _)| *at_ms);
    for (at_ms, change) in moments {
        let comes = matches!(change, Some(Change::Presence(_, true)));
        change.into_iter().for_each(|change| desk.take(change));
        let is_free = desk.has_room(&truth.capacities) && !is_broken(at_ms);
        if !is_free || comes {
            times.extend(since.take().map(|since| (since, at_ms)));
        }
        if is_free {
            since.get_or_insert(at_ms);
        }
    }
    times.extend(since.map(|since| (since, end_ms)));
    times
}

#[derive(Clone, Copy)]
enum Change {
    Slots(AgentId, i64),
    Presence(AgentId, bool),
}

#[derive(Default)]
struct DeskNow {
    held: HashMap<AgentId, i64>,
    there: HashSet<AgentId>,
}

impl DeskNow {
    fn take(&mut self, change: Change) {
        match change {
            Change::Slots(agent, count) => *self.held.entry(agent).or_default() += count,
            Change::Presence(agent, true) => drop(self.there.insert(agent)),
            Change::Presence(agent, false) => drop(self.there.remove(&agent)),
        }
    }

    fn has_room(&self, capacities: &HashMap<AgentId, u32>) -> bool {
        self.there.iter().any(|agent| {
            let held = self.held.get(agent).copied().unwrap_or(0);
            capacities.get(agent).is_some_and(|capacity| held < i64::from(*capacity))
        })
    }
}

/// When agents were welcomed, and when their lines ended.
fn comings_and_goings(history: &History) -> Vec<(u64, AgentId, bool)> {
    let clients = history.clients();
    let agent = |client: u64| match clients.get(&client) {
        Some(Who::Agent(agent)) => Some(*agent),
        Some(Who::Visitor(_)) | None => None,
    };
    let change = |event: &super::Event| match event.what {
        What::Welcomed { .. } => Some((event.at_us, agent(event.client)?, true)),
        What::Lost | What::Left => Some((event.at_us, agent(event.client)?, false)),
        What::Attached { .. }
        | What::Head { .. }
        | What::Reset { .. }
        | What::Took { .. }
        | What::Sent { .. }
        | What::Acked { .. }
        | What::Refused { .. } => None,
    };
    history.events.iter().filter_map(change).collect()
}
