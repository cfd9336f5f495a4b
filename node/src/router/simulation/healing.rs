//! The end of a schedule: nothing fails any more, and nobody waits whom somebody could answer.

use salotto_protocol::{AgentStatus, ConversationState, TeamId};

use super::node::Node;
use super::people::is_of_team;
use super::step::Fate;
use super::{LeaseAndRouter, NODES};

/// Of the store's clock.
const ROUND_MS: u64 = 250;
/// Until a lapsed lease is taken over (3 s), the grace is over and seen so (6 s), and all is
/// assigned (L2: 5 s).
const ROUNDS: u32 = 60;
/// A renewal each second, a read every two.
const ROUNDS_PER_TICK: u32 = 4;
const ROUNDS_PER_READ: u32 = 8;
/// Of one round: more than all that can be under way.
const MOVES_MAX: usize = 40;

impl LeaseAndRouter {
    pub(super) fn heal_all(&mut self) -> Result<(), String> {
        if self.loses_at_last {
            self.link.clear();
        }
        let leaving: Vec<usize> = (0..NODES).filter(|at| self.nodes[*at].is_leaving).collect();
        leaving.into_iter().for_each(|node| self.crash(node));
        for round in 0..ROUNDS {
            if round.is_multiple_of(ROUNDS_PER_TICK) {
                (0..NODES).for_each(|node| self.tick(node));
            }
            if round.is_multiple_of(ROUNDS_PER_READ) {
                (0..NODES).for_each(|node| self.nodes[node].reconcile());
            }
            self.settle()?;
            self.wait(ROUND_MS);
            (0..NODES).for_each(|node| self.lapse(node));
            self.check_leases()?;
        }
        self.assert_all_is_well()
    }

    /// So long without trouble.
    pub(super) fn round(&mut self, ms: u64) -> Result<(), String> {
        (0..NODES).for_each(|node| self.tick(node));
        self.settle()?;
        self.wait(ms);
        (0..NODES).for_each(|node| self.lapse(node));
        Ok(())
    }

    /// Everything under way comes to its end.
    fn settle(&mut self) -> Result<(), String> {
        for _ in 0..MOVES_MAX {
            for node in 0..NODES {
                self.renew(node, Fate::Well);
                self.answer(node);
                self.act();
                self.commit(node, usize::MAX, Fate::Well)?;
                let now = self.local(node);
                self.nodes[node].read(&mut self.truth, now, 0, Fate::Well);
                self.nodes[node].take_commit();
                self.nodes[node].ended();
                self.nodes[node].timer(0);
            }
            self.hear(0, Fate::Well);
            self.act();
            if self.link.is_empty() && self.nodes.iter().all(Node::is_quiet) {
                break;
            }
        }
        Ok(())
    }

    fn assert_all_is_well(&mut self) -> Result<(), String> {
        let routers = self.nodes.iter().filter(|node| node.router.is_some()).count();
        if routers != 1 {
            return Err(format!("L2: {routers} routers"));
        }
        self.truth.see_who_is_present();
        let is_free = |team: Option<TeamId>| {
            self.truth.agents.values().any(|agent| {
                let is_meant = team.is_none() || is_of_team(agent.id);
                let is_eligible = agent.present && agent.status == AgentStatus::Available;
                is_meant && is_eligible && agent.active < agent.capacity
            })
        };
        for head in self.truth.heads.values() {
            let owner = head.assignee.and_then(|id| self.truth.agents.get(&id));
            let is_left = owner.is_some_and(|agent| !agent.present) && !head.answered;
            match head.state {
                ConversationState::Waiting if is_free(head.team) => {
                    return Err(format!("L2: {} waits, and somebody is free", head.id));
                }
                ConversationState::Assigned if is_left => {
                    return Err(format!("L2: {} is left with somebody who is gone", head.id));
                }
                ConversationState::Waiting
                | ConversationState::Assigned
                | ConversationState::Bot
                | ConversationState::Unassigned
                | ConversationState::Closed => {}
            }
        }
        Ok(())
    }
}
