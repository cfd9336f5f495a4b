//! The lines of those who wait, one for each chatflow, and which of them is next. Pure.
//!
//! In a line: first whoever was promised an answer that is overdue by now, then everybody, promised
//! or not, by how long they wait. Between lines: the oldest of the first ones; but as soon as one of
//! these is owed an answer, the chatflows take turns, so that neither the many who were promised one
//! keep others waiting, nor others them (BY-15; `docs/decisions/0014-promises-take-turns.md`).

use std::collections::{BTreeSet, HashMap, HashSet};

use salotto_protocol::{ChatflowId, ConversationId};
use uuid::Uuid;

use crate::store::Head;

#[derive(Default)]
pub(super) struct Lines {
    lines: HashMap<ChatflowId, BTreeSet<Place>>,
    known: HashMap<ConversationId, Waiting>,
    /// Owed an answer that is not overdue yet.
    dues: BTreeSet<(i64, ConversationId)>,
    now_ms: i64,
    /// Grows with every turn; a chatflow that is not here has had none.
    turn: u64,
    turns: HashMap<ChatflowId, u64>,
}

#[derive(Clone, Copy)]
pub(super) struct Waiting {
    pub(super) chatflow: ChatflowId,
    pub(super) since_ms: i64,
    pub(super) conversation: ConversationId,
    /// Of the promise, if there is one.
    due_at_ms: Option<i64>,
}

/// In a line.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Place {
    rank: Rank,
    conversation: ConversationId,
    since_ms: i64,
    is_owed: bool,
}

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Rank {
    /// Since when.
    Overdue(i64),
    Waiting(i64),
}

impl Waiting {
    pub(super) fn of(head: &Head) -> Waiting {
        Waiting {
            chatflow: head.chatflow,
            since_ms: head.waiting_since_ms.unwrap_or(head.started_at_ms),
            conversation: head.id,
            due_at_ms: head.due_at_ms,
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
        Place { rank, conversation, since_ms, is_owed: self.due_at_ms.is_some() }
    }
}

impl Lines {
    /// What has become overdue goes to the front of its line.
    pub(super) fn look_at_clock(&mut self, now_ms: i64) {
        let now_ms = now_ms.max(self.now_ms);
        let later = self.dues.split_off(&(now_ms + 1, ConversationId(Uuid::nil())));
        let overdue = std::mem::replace(&mut self.dues, later);
        let overdue: Vec<Waiting> =
            overdue.iter().filter_map(|(_, id)| self.known.get(id).copied()).collect();
        overdue.iter().for_each(|it| self.remove(it.conversation));
        self.now_ms = now_ms;
        overdue.into_iter().for_each(|it| self.put(it));
    }

    pub(super) fn put(&mut self, waiting: Waiting) {
        self.remove(waiting.conversation);
        let place = waiting.place(self.now_ms);
        self.lines.entry(waiting.chatflow).or_default().insert(place);
        if let (Rank::Waiting(_), Some(due_at_ms)) = (place.rank, waiting.due_at_ms) {
            self.dues.insert((due_at_ms, waiting.conversation));
        }
        self.known.insert(waiting.conversation, waiting);
    }

    pub(super) fn remove(&mut self, id: ConversationId) {
        let Some(waiting) = self.known.remove(&id) else { return };
        if let Some(due_at_ms) = waiting.due_at_ms {
            self.dues.remove(&(due_at_ms, id));
        }
        if let Some(line) = self.lines.get_mut(&waiting.chatflow) {
            line.remove(&waiting.place(self.now_ms));
            if line.is_empty() {
                self.lines.remove(&waiting.chatflow);
            }
        }
    }

    pub(super) fn get(&self, id: ConversationId) -> Option<&Waiting> {
        self.known.get(&id)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Waiting> {
        self.known.values()
    }

    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    /// The first ones of a line, and how long it is.
    pub(super) fn line(&self, of: ChatflowId, max: usize) -> (Vec<ConversationId>, usize) {
        let Some(line) = self.lines.get(&of) else { return (Vec::new(), 0) };
        (line.iter().take(max).map(|place| place.conversation).collect(), line.len())
    }

    /// Who is next, of the lines that somebody can answer.
    pub(super) fn next(&self, is_answerable: impl Fn(ChatflowId) -> bool) -> Option<Waiting> {
        let first = |(chatflow, line): (&ChatflowId, &BTreeSet<Place>)| {
            let place = *line.first()?;
            Some((*chatflow, place))
        };
        let mut firsts: Vec<(ChatflowId, Place)> = self.lines.iter().filter_map(first).collect();
        let age = |place: &Place| (place.since_ms, place.conversation);
        if firsts.iter().any(|(chatflow, place)| place.is_owed && is_answerable(*chatflow)) {
            firsts.sort_unstable_by_key(|(chatflow, it)| (self.turn_of(*chatflow), age(it)));
        } else {
            firsts.sort_unstable_by_key(|(_, place)| age(place));
        }
        let (_, next) = firsts.into_iter().find(|(chatflow, _)| is_answerable(*chatflow))?;
        self.known.get(&next.conversation).copied()
    }

    /// For a metric: of overdue ones, the first of each line is looked at alone.
    pub(super) fn oldest_since_ms(&self) -> Option<i64> {
        let waiting = Place {
            rank: Rank::Waiting(i64::MIN),
            conversation: ConversationId(Uuid::nil()),
            since_ms: i64::MIN,
            is_owed: false,
        };
        let firsts = |line: &BTreeSet<Place>| {
            let places = [line.first(), line.range(waiting..).next()];
            places.into_iter().flatten().map(|place| place.since_ms).min()
        };
        self.lines.values().filter_map(firsts).min()
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

    fn turn_of(&self, chatflow: ChatflowId) -> u64 {
        self.turns.get(&chatflow).copied().unwrap_or(0)
    }
}

#[cfg(test)]
#[path = "lines_tests.rs"]
mod tests;
