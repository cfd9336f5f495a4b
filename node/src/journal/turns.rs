//! Round robin's turns in a batch: each follows the one that the policy saw (AS-24). Pure.

use std::collections::BTreeMap;

use salotto_protocol::{AgentId, ChatflowId, ErrorCode, Round};

use super::write::Rejection;
use crate::store::{LastTurn, Turn};

/// Somebody has had a turn that the policy did not know of, or one that it counted with was not
/// taken.
pub(crate) const TURN_PASSED: Rejection =
    Rejection::new(ErrorCode::Conflict, "The turn is another one by now.");

/// How far the chatflows asked for have come, with what this batch adds.
#[derive(Default)]
pub(crate) struct Turns {
    last: BTreeMap<ChatflowId, Last>,
    taken: BTreeMap<(ChatflowId, AgentId), Round>,
}

struct Last {
    turn: u32,
    /// Before this batch.
    stored: Option<u32>,
}

impl Turns {
    /// `None`: nobody has had a turn yet.
    pub(crate) fn track(&mut self, chatflow: ChatflowId, stored: Option<u32>) {
        self.last.insert(chatflow, Last { turn: stored.unwrap_or(0), stored });
    }

    pub(super) fn is_next(&self, turn: &Turn) -> bool {
        self.last.get(&turn.chatflow).is_some_and(|last| last.turn + 1 == turn.at.turn)
    }

    pub(super) fn take(&mut self, turn: &Turn) {
        if let Some(last) = self.last.get_mut(&turn.chatflow) {
            last.turn = turn.at.turn;
            self.taken.insert((turn.chatflow, turn.agent), turn.at);
        }
    }

    /// The latest of each agent, in the order of their ids.
    pub(crate) fn taken(&self) -> Vec<Turn> {
        let turn = |(&(chatflow, agent), &at): (&(ChatflowId, AgentId), &Round)| Turn {
            chatflow,
            agent,
            at,
        };
        self.taken.iter().map(turn).collect()
    }

    /// Of chatflows that had none before.
    pub(crate) fn first(&self) -> Vec<LastTurn> {
        self.moved(|stored| stored.is_none())
    }

    pub(crate) fn later(&self) -> Vec<LastTurn> {
        self.moved(|stored| stored.is_some())
    }

    fn moved(&self, is_asked: impl Fn(Option<u32>) -> bool) -> Vec<LastTurn> {
        let moved = self.last.iter().filter(|(_, last)| last.turn > last.stored.unwrap_or(0));
        moved
            .filter(|(_, last)| is_asked(last.stored))
            .map(|(chatflow, last)| LastTurn { chatflow: *chatflow, turn: last.turn })
            .collect()
    }
}
