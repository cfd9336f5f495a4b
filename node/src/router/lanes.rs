//! Those who wait, in lanes: who could go to the same people stands in the same one, so that of
//! each only the first has to be looked at. Pure.
//!
//! In a lane, and in the line of a chatflow that its lanes make together: first whoever was
//! promised an answer that is overdue by now, then everybody, promised or not, by how long they
//! wait. Between chatflows: the oldest of the first ones; but as soon as one of these is owed an
//! answer, the chatflows take turns, so that neither the many who were promised one keep others
//! waiting, nor others them (BY-15; `docs/decisions/0014-promises-take-turns.md`).

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Bound;
use std::sync::Arc;

use salotto_protocol::{AgentId, ChatflowId, ConversationId, InboxId, TeamId};
use uuid::Uuid;

use crate::store::{Case, Head};

/// Where somebody stands in a lane.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Place {
    rank: Rank,
    pub(super) since_ms: i64,
    pub(super) conversation: ConversationId,
    /// An answer was promised.
    pub(super) is_owed: bool,
}

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Rank {
    /// Since when.
    Overdue(i64),
    Waiting(i64),
}

/// What they have in common.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct Lane {
    pub(super) chatflow: ChatflowId,
    /// They stand in another inbox than the chatflow's own (AS-44).
    pub(super) moved_to: Option<InboxId>,
    /// Given to it by hand: nobody else is asked (AS-41).
    pub(super) team: Option<TeamId>,
    /// Who comes first, where owners do.
    pub(super) owner: Option<AgentId>,
    /// The places of the chatflow's rules that hold.
    pub(super) matching: Box<[u16]>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Waiting {
    pub(super) chatflow: ChatflowId,
    pub(super) since_ms: i64,
    pub(super) conversation: ConversationId,
    pub(super) inbox: InboxId,
    pub(super) team: Option<TeamId>,
    /// Of the promise, if there is one.
    due_at_ms: Option<i64>,
    pub(super) case: Arc<Case>,
}

#[derive(Default)]
pub(super) struct Lanes {
    lanes: HashMap<Arc<Lane>, BTreeSet<Place>>,
    /// All of a chatflow.
    lines: HashMap<ChatflowId, BTreeSet<Place>>,
    known: HashMap<ConversationId, (Waiting, Arc<Lane>)>,
    /// Owed an answer that is not overdue yet.
    dues: BTreeSet<(i64, ConversationId)>,
    now_ms: i64,
    /// Grows with every turn; a chatflow that is not here has had none.
    turn: u64,
    turns: HashMap<ChatflowId, u64>,
}

impl Waiting {
    pub(super) fn of(head: &Head) -> Waiting {
        Waiting {
            chatflow: head.chatflow,
            since_ms: head.waiting_since_ms.unwrap_or(head.started_at_ms),
            conversation: head.id,
            inbox: head.inbox,
            team: head.team,
            due_at_ms: head.due_at_ms,
            case: Arc::new(Case::of(head)),
        }
    }

    /// As the store orders them.
    pub(super) fn age(&self) -> (i64, ConversationId) {
        (self.since_ms, self.conversation)
    }

    fn place(&self, now_ms: i64) -> Place {
        let overdue = self.due_at_ms.filter(|due_at_ms| *due_at_ms <= now_ms);
        let rank = overdue.map_or(Rank::Waiting(self.since_ms), Rank::Overdue);
        let Waiting { conversation, since_ms, .. } = *self;
        Place { rank, since_ms, conversation, is_owed: self.due_at_ms.is_some() }
    }
}

impl Place {
    pub(super) fn age(&self) -> (i64, ConversationId) {
        (self.since_ms, self.conversation)
    }

    fn is_overdue(&self) -> bool {
        match self.rank {
            Rank::Overdue(_) => true,
            Rank::Waiting(_) => false,
        }
    }
}

impl Lanes {
    /// What has become overdue goes to the front.
    pub(super) fn look_at_clock(&mut self, now_ms: i64) {
        let now_ms = now_ms.max(self.now_ms);
        let later = self.dues.split_off(&(now_ms + 1, ConversationId(Uuid::nil())));
        let overdue = std::mem::replace(&mut self.dues, later);
        let overdue: Vec<(Waiting, Arc<Lane>)> =
            overdue.into_iter().filter_map(|(_, id)| self.take_out(id)).collect();
        self.now_ms = now_ms;
        overdue.into_iter().for_each(|(waiting, lane)| self.put_in(waiting, lane));
    }

    /// It replaces what was there of the same conversation.
    pub(super) fn put(&mut self, waiting: Waiting, lane: Lane) {
        self.remove(waiting.conversation);
        let lane = match self.lanes.get_key_value(&lane) {
            Some((known, _)) => known.clone(),
            None => Arc::new(lane),
        };
        self.put_in(waiting, lane);
    }

    fn put_in(&mut self, waiting: Waiting, lane: Arc<Lane>) {
        let place = waiting.place(self.now_ms);
        self.lanes.entry(lane.clone()).or_default().insert(place);
        self.lines.entry(waiting.chatflow).or_default().insert(place);
        if let (Some(due_at_ms), false) = (waiting.due_at_ms, place.is_overdue()) {
            self.dues.insert((due_at_ms, waiting.conversation));
        }
        self.known.insert(waiting.conversation, (waiting, lane));
    }

    pub(super) fn remove(&mut self, id: ConversationId) -> Option<Waiting> {
        self.take_out(id).map(|(waiting, _)| waiting)
    }

    fn take_out(&mut self, id: ConversationId) -> Option<(Waiting, Arc<Lane>)> {
        let (waiting, lane) = self.known.remove(&id)?;
        if let Some(due_at_ms) = waiting.due_at_ms {
            self.dues.remove(&(due_at_ms, id));
        }
        let place = waiting.place(self.now_ms);
        take_place(&mut self.lanes, &lane, place);
        take_place(&mut self.lines, &waiting.chatflow, place);
        Some((waiting, lane))
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

    /// Whose contact waits, with those of them who do.
    pub(super) fn of_owners(
        &self,
    ) -> impl Iterator<Item = (&Lane, AgentId, impl Iterator<Item = ConversationId>)> {
        self.lanes.iter().filter_map(|(lane, places)| {
            Some((&**lane, lane.owner?, places.iter().map(|place| place.conversation)))
        })
    }

    /// Who is next, and what `answer` says of them, of those whom it says anything of.
    pub(super) fn next<T>(
        &self,
        answer: impl Fn(&Lane, Place) -> Option<T>,
    ) -> Option<(&Lane, Place, T)> {
        let mut firsts: HashMap<ChatflowId, (&Lane, Place, T)> = HashMap::new();
        for (lane, places) in &self.lanes {
            let Some(place) = places.first().copied() else { continue };
            let first = firsts.get(&lane.chatflow);
            if first.is_none_or(|(_, other, _)| place < *other)
                && let Some(answer) = answer(lane, place)
            {
                firsts.insert(lane.chatflow, (lane, place, answer));
            }
        }
        let take_turns = firsts.values().any(|(_, place, _)| place.is_owed);
        let turn = |lane: &Lane| if take_turns { self.turn_of(lane.chatflow) } else { 0 };
        firsts.into_values().min_by_key(|(lane, place, _)| (turn(lane), place.age()))
    }

    /// The first ones of a chatflow, and how many wait.
    pub(super) fn line(&self, of: ChatflowId, max: usize) -> (Vec<ConversationId>, usize) {
        let Some(line) = self.lines.get(&of) else { return (Vec::new(), 0) };
        (line.iter().take(max).map(|place| place.conversation).collect(), line.len())
    }

    /// For a metric: of overdue ones, the first of each chatflow is looked at alone.
    pub(super) fn oldest_since_ms(&self) -> Option<i64> {
        let firsts = |line: &BTreeSet<Place>| {
            let waiting = line.range(waiting_since(i64::MIN)..).next();
            let places = [line.first(), waiting];
            places.into_iter().flatten().map(|place| place.since_ms).min()
        };
        self.lines.values().filter_map(firsts).min()
    }

    /// The oldest of a chatflow that has waited since after this.
    pub(super) fn first_after(&self, chatflow: ChatflowId, since_ms: i64) -> Option<i64> {
        let line = self.lines.get(&chatflow)?;
        let last = Place {
            conversation: ConversationId(Uuid::max()),
            is_owed: true,
            ..waiting_since(since_ms)
        };
        let waiting = line.range((Bound::Excluded(last), Bound::Unbounded)).next();
        let overdue = line.iter().take_while(|place| place.is_overdue());
        let all = waiting.into_iter().chain(overdue).map(|place| place.since_ms);
        all.filter(|since| *since > since_ms).min()
    }

    /// Somebody of this chatflow is assigned.
    pub(super) fn takes_turn(&mut self, chatflow: ChatflowId) {
        self.turn += 1;
        self.turns.insert(chatflow, self.turn);
    }

    /// Chatflows that are no more have no turns.
    pub(super) fn keep_turns_of(&mut self, chatflows: &HashSet<ChatflowId>) {
        self.turns.retain(|chatflow, _| chatflows.contains(chatflow));
    }

    /// Whoever has not had one for longest comes first.
    fn turn_of(&self, chatflow: ChatflowId) -> u64 {
        self.turns.get(&chatflow).copied().unwrap_or(0)
    }
}

/// Before everybody who is not overdue and has waited since then.
fn waiting_since(since_ms: i64) -> Place {
    let (rank, conversation) = (Rank::Waiting(since_ms), ConversationId(Uuid::nil()));
    Place { rank, since_ms, conversation, is_owed: false }
}

fn take_place<K, Q>(sets: &mut HashMap<K, BTreeSet<Place>>, key: &Q, place: Place)
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

#[cfg(test)]
#[path = "lanes_tests.rs"]
mod tests;
