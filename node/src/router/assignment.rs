//! The one write that assigns: guarded by the truth, so that two routers are wasteful, not wrong.

use salotto_protocol::{
    AgentRef, AgentStatus, AssignmentCause, Author, ConversationId, ConversationState,
    DecisionRecord, EntryBody, ErrorCode, InboxId, TeamId,
};

use crate::journal::{Decision, Done, Locked, NewEntry, Rejection, Slot, Target, Write};
use crate::sabotage::{self, Switch};
use crate::store::{AgentRow, Head, SlotKind, Term, Turn};

/// An assignment to be written.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) conversation: ConversationId,
    pub(super) agent_version: i64,
    pub(super) stands: Stands,
    /// Away is no reason to refuse it.
    pub(super) ignores_availability: bool,
    /// Round robin's.
    pub(super) turn: Option<Turn>,
    pub(super) record: DecisionRecord,
}

/// Where it was when it was decided, and for whom: what access was judged by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stands {
    pub(super) inbox: InboxId,
    pub(super) team: Option<TeamId>,
    /// By the kind of the inbox.
    pub(super) kind: SlotKind,
}

impl Stands {
    fn is_still_there(&self, head: &Head) -> bool {
        (head.inbox, head.team) == (self.inbox, self.team)
    }
}

/// The conversation was closed, taken by hand or assigned before.
pub(super) const NOT_WAITING: Rejection =
    Rejection::new(ErrorCode::Conflict, "The conversation no longer waits.");
/// Others may have it there.
pub(super) const MOVED: Rejection =
    Rejection::new(ErrorCode::Conflict, "The conversation was moved, or given to a team.");
/// The agent is not what the policy saw.
pub(super) const AGENT_CHANGED: Rejection =
    Rejection::new(ErrorCode::Conflict, "The agent's eligibility has changed.");
pub(super) const AT_CAPACITY: Rejection =
    Rejection::new(ErrorCode::Conflict, "The agent has no free slot.");

/// Slot, assignee and both entries at once, or nothing.
pub(super) fn write(plan: &Plan, term: Term, done: Done) -> Write {
    let mut decided = plan.clone();
    decided.record.term = u64::try_from(term.0).ok();
    Write {
        target: Target::Conversation(plan.conversation),
        client_id: None,
        agents: vec![plan.record.chosen],
        term: Some(term),
        unattended: false,
        mails: None,
        turn: plan.turn,
        decide: Box::new(move |locked| decide(&decided, locked)),
        done,
    }
}

fn decide(plan: &Plan, locked: &Locked<'_>) -> Result<Decision, Rejection> {
    let waits = locked.head.state == ConversationState::Waiting;
    if !waits && !sabotage::on(Switch::SkipWaiting) {
        return Err(NOT_WAITING);
    }
    if !plan.stands.is_still_there(locked.head) {
        return Err(MOVED);
    }
    let kind = plan.stands.kind;
    let agent = locked.agents.get(&plan.record.chosen).ok_or(AGENT_CHANGED)?;
    let is_available = agent.status == AgentStatus::Available || plan.ignores_availability;
    let is_eligible = agent.present && is_available && agent.has_seat_for(kind);
    let is_as_seen = agent.version == plan.agent_version && is_eligible;
    if !is_as_seen && !sabotage::on(Switch::SkipEligibility) {
        return Err(AGENT_CHANGED);
    }
    if !agent.has_room(kind) && !sabotage::on(Switch::SkipCapacity) {
        return Err(AT_CAPACITY);
    }
    let from = locked.head.assignee.and_then(|id| locked.agents.get(&id)).map(reference);
    Ok(Decision {
        entries: entries(from, reference(agent), plan.record.clone()),
        state: ConversationState::Assigned,
        assignee: Some(agent.id),
        slot: Slot::of(kind, agent.id),
    })
}

fn entries(from: Option<AgentRef>, to: AgentRef, decision: DecisionRecord) -> Vec<NewEntry> {
    let assignment = EntryBody::Assignment {
        from,
        to: Some(to),
        cause: AssignmentCause::Policy,
        out_of_order: 0,
        team: None,
    };
    [assignment, EntryBody::Decision { decision }]
        .map(|body| NewEntry { by: Author::System, client_id: None, body })
        .into()
}

fn reference(agent: &AgentRow) -> AgentRef {
    AgentRef { id: agent.id, name: agent.name.clone() }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use salotto_protocol::people::Seat;
    use salotto_protocol::{Policy, Round};

    use super::super::policy::{Question, Seen, choose};
    use super::super::test_support::{agent, head};
    use super::*;
    fn plan(agent: &AgentRow) -> Plan {
        let seen = Seen::new(agent, 0);
        let (policy, rule, round) = (Policy::LoadBalanced, None, Round::default());
        let ignores_availability = false;
        let question = Question { policy, rule, ignores_availability, round, seed: 1 };
        let record = choose(&question, [seen].into_iter()).expect("the agent is eligible");
        let (conversation, turn) = (ConversationId(uuid::Uuid::nil()), None);
        let agent_version = agent.version;
        let (inbox, kind) = (InboxId(uuid::Uuid::nil()), SlotKind::Chat);
        let stands = Stands { inbox, team: None, kind };
        Plan { conversation, agent_version, stands, ignores_availability, turn, record }
    }

    fn decided(plan: &Plan, head: &Head, row: AgentRow) -> Result<Decision, Rejection> {
        let agents = HashMap::from([(row.id, row)]);
        decide(plan, &Locked { head, agents: &agents, waited_longer: 0 })
    }

    #[test]
    fn it_takes_the_slot_and_says_who_and_why() {
        let anna = agent(1, 3);
        let plan = plan(&anna);

        let agents = HashMap::from([(anna.id, anna.clone())]);
        let write = write(&plan, Term(7), Box::new(|_| {}));
        let locked = Locked { head: &head(1, 1, 10), agents: &agents, waited_longer: 0 };
        let decision = (write.decide)(&locked).expect("all holds");

        assert_eq!(decision.state, ConversationState::Assigned);
        assert_eq!((decision.assignee, decision.slot), (Some(anna.id), Slot::Take(anna.id)));
        assert!(decision.entries.iter().all(|it| it.by == Author::System));
        let bodies: Vec<&EntryBody> = decision.entries.iter().map(|it| &it.body).collect();
        let to = Some(AgentRef { id: anna.id, name: anna.name });
        let assignment = EntryBody::Assignment {
            from: None,
            to,
            cause: AssignmentCause::Policy,
            out_of_order: 0,
            team: None,
        };
        let decision = DecisionRecord { term: Some(7), ..plan.record };
        assert_eq!(bodies, [&assignment, &EntryBody::Decision { decision }]);
    }

    #[test]
    fn a_conversation_that_no_longer_waits_is_left_alone() {
        let anna = agent(1, 3);
        for state in ConversationState::ALL {
            let head = Head { state, ..head(1, 1, 10) };
            let rejection = decided(&plan(&anna), &head, anna.clone()).err();
            let waits = state == ConversationState::Waiting;
            assert_eq!(rejection, (!waits).then_some(NOT_WAITING));
        }
    }

    #[test]
    fn an_agent_who_is_not_what_the_policy_saw_gets_nothing() {
        let anna = agent(1, 3);
        let changed = [
            AgentRow { version: anna.version + 1, ..anna.clone() },
            AgentRow { present: false, ..anna.clone() },
            AgentRow { status: AgentStatus::Away, ..anna.clone() },
            AgentRow { seat: Seat::None, ..anna.clone() },
            agent(2, 3),
        ];
        for row in changed {
            let rejection = decided(&plan(&anna), &head(1, 1, 10), row).err();
            assert_eq!(rejection, Some(AGENT_CHANGED));
        }
    }

    /// AS-41, AS-44
    #[test]
    fn as_44_who_may_have_it_was_decided_for_the_inbox_and_the_team_of_then() {
        let anna = agent(1, 3);
        let other = uuid::Uuid::from_u128(7);
        let (inbox, team) = (InboxId(other), Some(TeamId(other)));
        for head in [Head { inbox, ..head(1, 1, 10) }, Head { team, ..head(1, 1, 10) }] {
            assert_eq!(decided(&plan(&anna), &head, anna.clone()).err(), Some(MOVED));
        }
    }

    #[test]
    fn as_6_who_is_away_gets_it_if_the_rule_does_not_ask() {
        let anna = agent(1, 3);
        let away = AgentRow { status: AgentStatus::Away, ..anna.clone() };
        let plan = Plan { ignores_availability: true, ..plan(&anna) };
        assert!(decided(&plan, &head(1, 1, 10), away.clone()).is_ok());
        let absent = AgentRow { present: false, ..away };
        assert_eq!(decided(&plan, &head(1, 1, 10), absent).err(), Some(AGENT_CHANGED));
    }

    #[test]
    fn an_agent_without_a_free_slot_gets_nothing() {
        let anna = agent(1, 3);
        for (active, expected) in [(2, None), (3, Some(AT_CAPACITY)), (4, Some(AT_CAPACITY))] {
            let row = AgentRow { active, ..anna.clone() };
            assert_eq!(decided(&plan(&anna), &head(1, 1, 10), row).err(), expected);
        }
    }
}
