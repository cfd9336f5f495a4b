//! What must hold after every commit, and of every lease.

use std::collections::{BTreeMap, HashMap};

use salotto_protocol::{
    AgentId, AgentStatus, AssignmentCause, ConversationId, ConversationState, EntryBody,
};

use super::LeaseAndRouter;
use super::people::is_of_team;
use crate::journal::{Committed, Write};
use crate::store::{AgentRow, Head};

type Agents = HashMap<AgentId, AgentRow>;
type Heads = BTreeMap<ConversationId, Head>;

/// Made by the router.
pub(super) fn is_automatic(committed: &Committed) -> bool {
    committed.entries.iter().any(|entry| matches!(entry.body, EntryBody::Decision { .. }))
}

/// `before` is the head as it was, unless it is new.
pub(super) fn committed(
    write: &Write,
    committed: &Committed,
    before: Option<&Head>,
    agents: &Agents,
) -> Result<(), String> {
    let head = &committed.head;
    let assignee = head.assignee.and_then(|id| agents.get(&id));
    if is_automatic(committed) {
        let agent = assignee.ok_or("I10: assigned to nobody")?;
        if agent.active > agent.capacity {
            let AgentRow { active, capacity, .. } = agent;
            return Err(format!("I9: {active} slots taken of {capacity}, by the router"));
        }
        if !agent.present || agent.status != AgentStatus::Available {
            return Err("I13: assigned to somebody who is not there".to_owned());
        }
        let team = before.and_then(|before| before.team);
        if team.is_some() && !is_of_team(agent.id) {
            return Err("AS-41: assigned to somebody who is not of the team".to_owned());
        }
        if before.is_none_or(|before| before.state != ConversationState::Waiting) {
            return Err("I10: assigned, and did not wait".to_owned());
        }
    }
    if write.term.is_some() && is_requeued(committed) {
        let had = before.and_then(|before| before.assignee).and_then(|id| agents.get(&id));
        let answered = before.is_none_or(|before| before.answered);
        if answered || had.is_none_or(|agent| agent.present) {
            return Err("taken from somebody who answered, or is there".to_owned());
        }
    }
    let Some(before) = before else { return Ok(()) };
    if before.assignee != head.assignee && head.assignment <= before.assignment {
        return Err("I10: another owner under the same number".to_owned());
    }
    if committed.entries.iter().any(|entry| entry.at_ms < before.last_at_ms) {
        return Err("F35: time in the log goes back".to_owned());
    }
    Ok(())
}

fn is_requeued(committed: &Committed) -> bool {
    committed.entries.iter().any(|entry| {
        let EntryBody::Assignment { to: None, cause, .. } = &entry.body else { return false };
        *cause == AssignmentCause::Policy
    })
}

/// I9, I12: what is counted is what is there, and nobody is forgotten.
pub(super) fn counts(agents: &Agents, heads: &Heads) -> Result<(), String> {
    for agent in agents.values() {
        let held = heads.values().filter(|head| head.slot_agent == Some(agent.id)).count();
        if held != agent.active as usize {
            return Err(format!("I9: {} slots counted, {held} held", agent.active));
        }
    }
    for head in heads.values() {
        if head.slot_excess {
            return Err("I9: the router took a slot above the limit".to_owned());
        }
        let (owner, slot) = (head.assignee.is_some(), head.slot_agent.is_some());
        let is_sound = match head.state {
            ConversationState::Waiting => !owner && !slot && head.waiting_since_ms.is_some(),
            ConversationState::Assigned => owner,
            ConversationState::Closed => !slot,
            ConversationState::Bot | ConversationState::Unassigned => false,
        };
        if !is_sound {
            return Err(format!("I12: {:?} with owner {owner} and slot {slot}", head.state));
        }
    }
    Ok(())
}

impl LeaseAndRouter {
    /// Never longer than the store says, by whatever clock.
    pub(super) fn check_leases(&self) -> Result<(), String> {
        for (at, node) in self.nodes.iter().enumerate() {
            let Some(term) = node.tenure.term(self.local(at)) else { continue };
            let is_granted = self.truth.lease.is_some_and(|lease| {
                lease.holder == node.id
                    && lease.term == term
                    && self.truth.clock_ms < lease.expires_at_ms
            });
            if !is_granted {
                return Err(format!("I11: node {at} believes in {term:?}, and the store does not"));
            }
        }
        Ok(())
    }
}
