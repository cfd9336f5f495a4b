//! Those who wait, in lanes: who could go to the same people stands in the same one, so that of
//! each only the first has to be looked at. Pure.

use std::collections::{BTreeSet, HashMap};
use std::ops::Bound;
use std::sync::Arc;

use salotto_protocol::{AgentId, ChatflowId, ConversationId};

use crate::store::{Case, Head};

/// Oldest first.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Place {
    pub(super) since_ms: i64,
    pub(super) conversation: ConversationId,
}

/// What they have in common.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct Lane {
    pub(super) chatflow: ChatflowId,
    /// Who comes first, where owners do.
    pub(super) owner: Option<AgentId>,
    /// The places of the chatflow's rules that hold.
    pub(super) matching: Box<[u16]>,
}

#[derive(Clone)]
pub(super) struct Waiting {
    pub(super) place: Place,
    pub(super) chatflow: ChatflowId,
    pub(super) case: Arc<Case>,
}

#[derive(Default)]
pub(super) struct Lanes {
    lanes: HashMap<Arc<Lane>, BTreeSet<Place>>,
    /// All of a chatflow.
    lines: HashMap<ChatflowId, BTreeSet<Place>>,
    known: HashMap<ConversationId, (Waiting, Arc<Lane>)>,
}

impl Waiting {
    pub(super) fn of(head: &Head) -> Waiting {
        let place = place(head);
        Waiting { place, chatflow: head.chatflow, case: Arc::new(Case::of(head)) }
    }
}

impl Lanes {
    /// It replaces what was there of the same conversation.
    pub(super) fn put(&mut self, waiting: Waiting, lane: Lane) {
        let (place, chatflow) = (waiting.place, waiting.chatflow);
        self.remove(place.conversation);
        let lane = match self.lanes.get_key_value(&lane) {
            Some((known, _)) => known.clone(),
            None => Arc::new(lane),
        };
        self.lanes.entry(lane.clone()).or_default().insert(place);
        self.lines.entry(chatflow).or_default().insert(place);
        self.known.insert(place.conversation, (waiting, lane));
    }

    pub(super) fn remove(&mut self, id: ConversationId) -> Option<Waiting> {
        let (waiting, lane) = self.known.remove(&id)?;
        take_out(&mut self.lanes, &lane, waiting.place);
        take_out(&mut self.lines, &waiting.chatflow, waiting.place);
        Some(waiting)
    }

    pub(super) fn get(&self, id: ConversationId) -> Option<&Waiting> {
        self.known.get(&id).map(|(waiting, _)| waiting)
    }

    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Waiting> {
        self.known.values().map(|(waiting, _)| waiting)
    }

    /// Of each lane the oldest.
    pub(super) fn firsts(&self) -> impl Iterator<Item = (&Lane, Place)> {
        self.lanes.iter().filter_map(|(lane, places)| Some((&**lane, *places.first()?)))
    }

    /// Of a chatflow, oldest first.
    pub(super) fn line(&self, chatflow: ChatflowId) -> Option<&BTreeSet<Place>> {
        self.lines.get(&chatflow)
    }

    pub(super) fn oldest(&self) -> Option<Place> {
        self.lines.values().filter_map(BTreeSet::first).min().copied()
    }

    /// The oldest of a chatflow that has waited since after this.
    pub(super) fn first_after(&self, chatflow: ChatflowId, since_ms: i64) -> Option<i64> {
        let last = Place { since_ms, conversation: ConversationId(uuid::Uuid::max()) };
        let later = (Bound::Excluded(last), Bound::Unbounded);
        self.lines.get(&chatflow)?.range(later).next().map(|place| place.since_ms)
    }
}

pub(super) fn place(head: &Head) -> Place {
    let since_ms = head.waiting_since_ms.unwrap_or(head.started_at_ms);
    Place { since_ms, conversation: head.id }
}

fn take_out<K, Q>(sets: &mut HashMap<K, BTreeSet<Place>>, key: &Q, place: Place)
where
    K: std::borrow::Borrow<Q> + std::hash::Hash + Eq,
    Q: std::hash::Hash + Eq + ?Sized,
{
    if let Some(places) = sets.get_mut(key) {
        places.remove(&place);
        if places.is_empty() {
            sets.remove(key);
        }
    }
}
