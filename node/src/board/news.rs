//! What the watchers of a list have not yet been told, and how much of it comes next. Pure.

use std::collections::{BTreeSet, HashSet, VecDeque};

use salotto_protocol::ConversationId;

/// Why a row is told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    /// It came, or changed hands: told with the next delta.
    Turn,
    /// Another message: a busy inbox has more of them than anybody reads, times its watchers.
    Chatter,
}

#[derive(Debug, Default)]
pub(super) struct News {
    turns: BTreeSet<ConversationId>,
    /// Those that have waited longest come first.
    chatter: VecDeque<ConversationId>,
    chatting: HashSet<ConversationId>,
    gone: BTreeSet<ConversationId>,
}

impl News {
    pub(super) fn changed(&mut self, id: ConversationId, kind: Kind) {
        self.gone.remove(&id);
        match kind {
            Kind::Turn => {
                self.turns.insert(id);
            }
            Kind::Chatter => {
                if !self.turns.contains(&id) && self.chatting.insert(id) {
                    self.chatter.push_back(id);
                }
            }
        }
    }

    pub(super) fn went(&mut self, id: ConversationId) {
        self.turns.remove(&id);
        if self.chatting.remove(&id) {
            self.chatter.retain(|waiting| *waiting != id);
        }
        self.gone.insert(id);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.turns.is_empty() && self.chatting.is_empty() && self.gone.is_empty()
    }

    /// All turns, at most so many rows of chatter, and all that went.
    pub(super) fn take(
        &mut self,
        chatter_max: usize,
    ) -> (BTreeSet<ConversationId>, BTreeSet<ConversationId>) {
        let mut rows = std::mem::take(&mut self.turns);
        let mut room = chatter_max;
        while room > 0
            && let Some(id) = self.chatter.pop_front()
        {
            self.chatting.remove(&id);
            room -= usize::from(rows.insert(id));
        }
        (rows, std::mem::take(&mut self.gone))
    }
}
