//! Who had which conversation, from the logs at the end: I9, I10, I12, I13, I16, and L2.

use std::cmp::Reverse;
use std::collections::HashMap;

use salotto_protocol::{
    AgentId, AssignmentCause, Author, Candidate, ConversationId, ConversationState, DecisionRecord,
    Entry, EntryBody, Policy, Verdict,
};

use super::waiting::{self, Wait};
use super::{History, Standing, Terms, Truth};
use crate::checker::Violation;

pub(super) fn judge(history: &History, truth: &Truth, terms: &Terms) -> Vec<Violation> {
    let mut violations = Vec::new();
    let (mut turns, mut waits) = (Vec::new(), Vec::new());
    for (&conversation, log) in &truth.ledger.logs {
        let mut replay = Replay::new(conversation);
        for (at, entry) in log.iter().enumerate() {
            replay.entry(entry, log.get(at + 1));
        }
        if let Some(standing) = truth.standings.get(&conversation) {
            replay.end(*standing);
        }
        // Whoever still waits, waits to the end of the history.
        replay.waits_from(i64::MAX, false);
        replay.too_long(terms, &mut violations);
        violations.append(&mut replay.violations);
        turns.append(&mut replay.turns);
        waits.append(&mut replay.waits);
    }
    violations.extend(waiting::judge(&waits, &turns, (history, truth, terms)));
    violations.extend(over_capacity(turns, truth, terms));
    violations
}

/// A slot taken or given back.
#[derive(Clone, Copy)]
pub(super) struct Turn {
    pub(super) agent: AgentId,
    pub(super) at_ms: i64,
    pub(super) is_taken: bool,
    is_automatic: bool,
}

/// One conversation, entry by entry.
struct Replay {
    conversation: ConversationId,
    assignee: Option<AgentId>,
    is_closed: bool,
    has_message: bool,
    has_welcome: bool,
    waits_since_ms: Option<i64>,
    longest_wait_ms: i64,
    waits: Vec<Wait>,
    turns: Vec<Turn>,
    violations: Vec<Violation>,
}

impl Replay {
    fn new(conversation: ConversationId) -> Replay {
        Replay {
            conversation,
            assignee: None,
            is_closed: false,
            has_message: false,
            has_welcome: false,
            waits_since_ms: None,
            longest_wait_ms: 0,
            waits: Vec::new(),
            turns: Vec::new(),
            violations: Vec::new(),
        }
    }

    fn entry(&mut self, entry: &Entry, next: Option<&Entry>) {
        let (conversation, seq) = (self.conversation, entry.seq);
        match &entry.body {
            EntryBody::Welcome { .. } => {
                if self.has_welcome || self.has_message {
                    self.violations.push(Violation::TwoWelcomes { conversation, seq });
                }
                self.has_welcome = true;
            }
            EntryBody::Message { .. } => {
                if !self.has_message {
                    self.waits_since_ms = Some(entry.at_ms);
                }
                self.has_message = true;
            }
            EntryBody::Comment { .. } | EntryBody::InboxChange { .. } => {}
            EntryBody::Contact { .. } | EntryBody::Promised { .. } => {}
            EntryBody::Assignment { from, to, cause, .. } => {
                let (from, to) = (from.as_ref().map(|it| it.id), to.as_ref().map(|it| it.id));
                if from != self.assignee || self.is_closed {
                    self.violations.push(Violation::TwoOwners { conversation, seq });
                }
                let is_automatic = *cause == AssignmentCause::Policy && to.is_some();
                if is_automatic && !is_explained(to, next) {
                    self.violations.push(Violation::NotByTheRules { conversation, seq });
                }
                self.hand_over(to, entry.at_ms, is_automatic);
            }
            EntryBody::Decision { decision } => {
                if self.assignee != Some(decision.chosen) || !follows_the_rules(decision) {
                    self.violations.push(Violation::NotByTheRules { conversation, seq });
                }
            }
            EntryBody::Unknown(_) => {}
            EntryBody::Status { from, to } => {
                if (*from == ConversationState::Closed) != self.is_closed {
                    self.violations.push(Violation::Inconsistent { conversation });
                }
                self.change(entry, *to);
            }
        }
    }

    fn hand_over(&mut self, to: Option<AgentId>, at_ms: i64, is_automatic: bool) {
        self.take_or_free(at_ms, false, false);
        self.assignee = to;
        self.take_or_free(at_ms, true, is_automatic);
        if let (true, Some(since_ms)) = (is_automatic, self.waits_since_ms) {
            self.longest_wait_ms = self.longest_wait_ms.max(at_ms - since_ms);
        }
        self.waits_from(at_ms, to.is_none() && !self.is_closed);
    }

    /// A wait ends; perhaps another one begins.
    fn waits_from(&mut self, at_ms: i64, waits: bool) {
        let conversation = self.conversation;
        let ended = self.waits_since_ms.take();
        self.waits.extend(ended.map(|from_ms| Wait { conversation, from_ms, to_ms: at_ms }));
        self.waits_since_ms = waits.then_some(at_ms);
    }

    /// A closed conversation keeps its assignee and gives the slot back.
    fn change(&mut self, entry: &Entry, to: ConversationState) {
        let closes = to == ConversationState::Closed;
        if closes && !self.is_closed {
            self.take_or_free(entry.at_ms, false, false);
            self.is_closed = true;
        } else if !closes && self.is_closed {
            self.is_closed = false;
            if to == ConversationState::Assigned {
                // By the visitor's message: to the former owner, if there is room.
                self.take_or_free(entry.at_ms, true, entry.by == Author::System);
            }
        }
        self.waits_from(entry.at_ms, to == ConversationState::Waiting);
    }

    fn take_or_free(&mut self, at_ms: i64, is_taken: bool, is_automatic: bool) {
        let Some(agent) = self.assignee.filter(|_| !self.is_closed) else { return };
        self.turns.push(Turn { agent, at_ms, is_taken, is_automatic });
    }

    /// I12: the row says what the log says.
    fn end(&mut self, standing: Standing) {
        let is_assigned = self.assignee.is_some() && !self.is_closed;
        let fits = match standing.state {
            ConversationState::Closed => self.is_closed,
            ConversationState::Assigned => is_assigned,
            ConversationState::Bot | ConversationState::Waiting | ConversationState::Unassigned => {
                !self.is_closed && !is_assigned
            }
        };
        if !fits || standing.assignee != self.assignee {
            let conversation = self.conversation;
            self.violations.push(Violation::Inconsistent { conversation });
        }
    }

    /// L2, where somebody was free all along.
    fn too_long(&self, terms: &Terms, violations: &mut Vec<Violation>) {
        if terms.assigned_within_ms.is_some_and(|limit_ms| self.longest_wait_ms > limit_ms) {
            let (conversation, ms) = (self.conversation, self.longest_wait_ms);
            violations.push(Violation::Waited { conversation, ms });
        }
    }
}

/// An automatic assignment and its decision record are one write.
fn is_explained(to: Option<AgentId>, next: Option<&Entry>) -> bool {
    next.is_some_and(|next| match &next.body {
        EntryBody::Decision { decision } => Some(decision.chosen) == to,
        EntryBody::Welcome { .. }
        | EntryBody::Message { .. }
        | EntryBody::Comment { .. }
        | EntryBody::Assignment { .. }
        | EntryBody::InboxChange { .. }
        | EntryBody::Contact { .. }
        | EntryBody::Promised { .. }
        | EntryBody::Status { .. }
        | EntryBody::Unknown(_) => false,
    })
}

/// I13, as far as a record tells: one chosen, with room, and nobody eligible comes before them.
fn follows_the_rules(decision: &DecisionRecord) -> bool {
    let mut chosen = decision.candidates.iter().filter(|it| it.verdict == Verdict::Chosen);
    let (Some(one), None) = (chosen.next(), chosen.next()) else { return false };
    let cycle = |it: &Candidate| it.had.map_or(0, |had| had.cycle);
    let turn = |it: &Candidate| it.had.map_or(0, |had| had.turn);
    let is_behind = |it: &Candidate| match decision.policy {
        Policy::LoadBalanced => one.active <= it.active,
        Policy::RoundRobin => turn(one) <= turn(it),
        Policy::Random => true,
    };
    let verdicts_hold = decision.candidates.iter().all(|it| match it.verdict {
        Verdict::Chosen | Verdict::Passed => it.active < it.capacity && is_behind(it),
        Verdict::HadTurn => it.active < it.capacity && cycle(one) < cycle(it),
        Verdict::AtCapacity => it.active >= it.capacity,
        Verdict::Away
        | Verdict::Absent
        | Verdict::NoSeat
        | Verdict::NoAccess
        | Verdict::Deactivated => true,
    });
    one.agent == decision.chosen && verdicts_hold
}

/// I9: in the most favourable order that the stamps allow, slots are given back before they are
/// taken automatically, and automatically before by hand.
fn over_capacity(mut turns: Vec<Turn>, truth: &Truth, terms: &Terms) -> Vec<Violation> {
    for turn in &mut turns {
        if !turn.is_taken {
            turn.at_ms -= terms.stamps_apart_ms;
        }
    }
    turns.sort_by_key(|turn| (turn.at_ms, turn.is_taken, Reverse(turn.is_automatic)));
    let mut held: HashMap<AgentId, i64> = HashMap::new();
    let mut violations = Vec::new();
    for turn in turns {
        let slots = held.entry(turn.agent).or_default();
        *slots += if turn.is_taken { 1 } else { -1 };
        let capacity = truth.capacities.get(&turn.agent);
        if turn.is_automatic && capacity.is_some_and(|capacity| *slots > i64::from(*capacity)) {
            let (agent, at_ms) = (turn.agent, turn.at_ms);
            violations.push(Violation::OverCapacity { agent, at_ms });
        }
    }
    violations
}
