//! How far round robin has come in each chatflow, turns under way included. A cache. Pure.

use std::collections::{HashMap, HashSet};

use salotto_protocol::{AgentId, ChatflowId, Round};

use crate::store::Turn;

#[derive(Default)]
pub(super) struct Rounds {
    of: HashMap<ChatflowId, Turns>,
    /// Not what the store says, or maybe not. Nothing is assigned there until read again.
    doubted: HashSet<ChatflowId>,
    /// Those doubted when the read under way began.
    read: Option<HashSet<ChatflowId>>,
}

#[derive(Default)]
struct Turns {
    latest: Round,
    had: HashMap<AgentId, Round>,
}

/// A turn under way, and what it took the place of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taken {
    turn: Turn,
    had_before: Option<Round>,
    latest_before: Round,
}

impl Rounds {
    pub(super) fn latest(&self, chatflow: ChatflowId) -> Round {
        self.of.get(&chatflow).map_or_else(Round::default, |turns| turns.latest)
    }

    pub(super) fn had(&self, chatflow: ChatflowId, agent: AgentId) -> Option<Round> {
        self.of.get(&chatflow)?.had.get(&agent).copied()
    }

    pub(super) fn is_doubted(&self, chatflow: ChatflowId) -> bool {
        self.doubted.contains(&chatflow)
    }

    pub(super) fn take(&mut self, turn: Turn) -> Taken {
        let turns = self.of.entry(turn.chatflow).or_default();
        let latest_before = std::mem::replace(&mut turns.latest, turn.at);
        let had_before = turns.had.insert(turn.agent, turn.at);
        Taken { turn, had_before, latest_before }
    }

    /// It was not had after all. What was counted on after it will be refused.
    pub(super) fn take_back(&mut self, taken: &Taken) {
        let Taken { turn, had_before, latest_before } = *taken;
        let Some(turns) = self.of.get_mut(&turn.chatflow) else { return };
        if turns.latest != turn.at {
            return self.doubt(turn.chatflow);
        }
        turns.latest = latest_before;
        match had_before {
            Some(before) => turns.had.insert(turn.agent, before),
            None => turns.had.remove(&turn.agent),
        };
    }

    /// Whether the store has it is unknown, or another one.
    pub(super) fn doubt(&mut self, chatflow: ChatflowId) {
        self.doubted.insert(chatflow);
    }

    pub(super) fn read_begins(&mut self) {
        self.read = Some(self.doubted.clone());
    }

    /// What the store has: it counts where it was doubted, or is ahead.
    pub(super) fn read(&mut self, turns: &[Turn]) {
        let Some(doubted) = self.read.take() else { return };
        let mut stored: HashMap<ChatflowId, Turns> = HashMap::new();
        for Turn { chatflow, agent, at } in turns {
            let of = stored.entry(*chatflow).or_default();
            of.had.insert(*agent, *at);
            if at.turn > of.latest.turn {
                of.latest = *at;
            }
        }
        for chatflow in &doubted {
            self.doubted.remove(chatflow);
            self.of.remove(chatflow);
        }
        for (chatflow, turns) in stored {
            if turns.latest.turn > self.latest(chatflow).turn {
                self.of.insert(chatflow, turns);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const CHATFLOW: ChatflowId = ChatflowId(Uuid::from_u128(1));
    const ANNA: AgentId = AgentId(Uuid::from_u128(1));
    const BEN: AgentId = AgentId(Uuid::from_u128(2));

    fn at(cycle: u32, turn: u32) -> Round {
        Round { cycle, turn }
    }

    fn turn(agent: AgentId, cycle: u32, turn: u32) -> Turn {
        Turn { chatflow: CHATFLOW, agent, at: at(cycle, turn) }
    }

    fn read(turns: &[Turn]) -> Rounds {
        let mut rounds = Rounds::default();
        rounds.read_begins();
        rounds.read(turns);
        rounds
    }

    #[test]
    fn what_is_read_is_where_it_goes_on() {
        let rounds = read(&[turn(ANNA, 2, 4), turn(BEN, 2, 3)]);
        assert_eq!(rounds.latest(CHATFLOW), at(2, 4));
        assert_eq!(rounds.had(CHATFLOW, BEN), Some(at(2, 3)));
        assert_eq!(rounds.latest(ChatflowId(Uuid::nil())), Round::default());
    }

    #[test]
    fn the_last_turn_is_taken_back_as_if_it_had_not_been() {
        let mut rounds = read(&[turn(ANNA, 1, 1)]);
        let taken = rounds.take(turn(BEN, 1, 2));
        rounds.take_back(&taken);
        assert_eq!((rounds.latest(CHATFLOW), rounds.had(CHATFLOW, BEN)), (at(1, 1), None));
        assert!(!rounds.is_doubted(CHATFLOW));
    }

    #[test]
    fn an_earlier_one_leaves_doubt_until_a_later_read() {
        let mut rounds = read(&[]);
        let taken = rounds.take(turn(ANNA, 1, 1));
        rounds.take(turn(BEN, 1, 2));
        rounds.read_begins();
        rounds.take_back(&taken);
        rounds.read(&[]);
        assert!(rounds.is_doubted(CHATFLOW), "that read began before");
        rounds.read_begins();
        rounds.read(&[turn(BEN, 1, 1)]);
        assert!(!rounds.is_doubted(CHATFLOW));
        assert_eq!((rounds.latest(CHATFLOW), rounds.had(CHATFLOW, ANNA)), (at(1, 1), None));
    }

    #[test]
    fn a_read_that_is_behind_what_is_under_way_changes_nothing() {
        let mut rounds = read(&[turn(ANNA, 1, 1)]);
        rounds.take(turn(BEN, 1, 2));
        rounds.read_begins();
        rounds.read(&[turn(ANNA, 1, 1)]);
        assert_eq!(rounds.latest(CHATFLOW), at(1, 2));
        rounds.read_begins();
        rounds.read(&[turn(ANNA, 2, 3), turn(BEN, 1, 2)]);
        assert_eq!(rounds.latest(CHATFLOW), at(2, 3), "one that is ahead does");
    }
}
