//! What visitors and agents ask for, beside the router: writes like any other.

use salotto_protocol::{
    AgentId, AgentRef, AssignmentCause, Author, ChatflowId, ClientId, ConversationId,
    ConversationNumber, ConversationState, EntryBody, InboxId, Page, Seq, SiteId, TeamId, TeamRef,
    VisitorId,
};
use uuid::Uuid;

use super::truth::Truth;
use crate::journal::{Decision, Locked, NewConversation, NewEntry, Rejection, Slot, Target, Write};
use crate::simulation::Random;
use crate::store::Head;

pub(super) const AGENTS: usize = 3;
pub(super) const TEAM: TeamId = TeamId(Uuid::from_u128(9));
/// The first ones are its main members.
pub(super) const TEAM_MEMBERS: usize = 2;
/// More than all agents can answer.
const CONVERSATIONS: usize = 10;

/// By the number of the conversation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Said {
    /// Starts it, or writes in it: a closed one waits again.
    Visitor(usize),
    /// Whoever has it answers.
    Answer(usize),
    Close(usize),
    /// Given by hand, whatever the capacity.
    Give(usize, usize),
    /// Given to the one team, which only some agents are main members of (AS-41).
    GiveToTeam(usize),
}

impl Said {
    pub(super) fn any(random: &mut Random) -> Said {
        let conversation = random.below(CONVERSATIONS);
        let agent = random.below(AGENTS);
        random.weighted(&[
            (8, Said::Visitor(conversation)),
            (2, Said::Answer(conversation)),
            (4, Said::Close(conversation)),
            (1, Said::Give(conversation, agent)),
            (1, Said::GiveToTeam(conversation)),
        ])
    }
}

/// Whom the router may give what that team was given.
pub(super) fn is_of_team(agent: AgentId) -> bool {
    (0..TEAM_MEMBERS).map(agent_id).any(|member| member == agent)
}

pub(super) fn agent_id(agent: usize) -> AgentId {
    AgentId(Uuid::from_u128(agent as u128 + 1))
}

pub(super) fn conversation_id(number: usize) -> ConversationId {
    ConversationId(Uuid::from_u128(number as u128 + 1))
}

/// `None`: there is nothing to say it in.
pub(super) fn write(what: Said, truth: &Truth) -> Option<Write> {
    let (Said::Visitor(number)
    | Said::Answer(number)
    | Said::Close(number)
    | Said::Give(number, _)
    | Said::GiveToTeam(number)) = what;
    let id = conversation_id(number);
    let target = match (truth.heads.contains_key(&id), what) {
        (true, _) => Target::Conversation(id),
        (false, Said::Visitor(_)) => Target::Start(Box::new(new(number))),
        (false, Said::Answer(_) | Said::Close(_) | Said::Give(..) | Said::GiveToTeam(_)) => {
            return None;
        }
    };
    Some(Write {
        target,
        client_id: None,
        agents: Vec::new(),
        term: None,
        unattended: false,
        mails: None,
        turn: None,
        decide: Box::new(move |locked| decide(what, locked)),
        done: Box::new(|_| {}),
    })
}

fn decide(what: Said, locked: &Locked<'_>) -> Result<Decision, Rejection> {
    let head = locked.head;
    let closed = head.state == ConversationState::Closed;
    Ok(match what {
        Said::Visitor(_) if head.seq == Seq(0) || closed => {
            let (state, assignee, slot) = (ConversationState::Waiting, None, Slot::Free);
            Decision { entries: vec![message(visitor(head))], state, assignee, slot }
        }
        Said::Visitor(_) => {
            let slot = match (head.state, head.slot_agent, head.assignee) {
                (ConversationState::Assigned, None, Some(owner)) => Slot::Take(owner),
                _ => Slot::Keep,
            };
            Decision { slot, ..unchanged(head, vec![message(visitor(head))]) }
        }
        Said::Answer(_) => match head.assignee {
            Some(id) if !closed => {
                let by = Author::Agent { id, name: String::new() };
                unchanged(head, vec![message(by)])
            }
            Some(_) | None => unchanged(head, Vec::new()),
        },
        Said::Close(_) if closed => unchanged(head, Vec::new()),
        Said::Close(_) => {
            let to = ConversationState::Closed;
            let entries = vec![system(EntryBody::Status { from: head.state, to })];
            Decision { entries, state: to, assignee: head.assignee, slot: Slot::Free }
        }
        Said::Give(_, agent) if !closed && head.assignee != Some(agent_id(agent)) => {
            let (state, to) = (ConversationState::Assigned, agent_id(agent));
            let entries = vec![by_hand(head, Some(to), None)];
            Decision { entries, state, assignee: Some(to), slot: Slot::Take(to) }
        }
        Said::GiveToTeam(_) if !closed => {
            let (state, slot) = (ConversationState::Waiting, Slot::Free);
            let entries = vec![by_hand(head, None, Some(TEAM))];
            Decision { entries, state, assignee: None, slot }
        }
        Said::Give(..) | Said::GiveToTeam(_) => unchanged(head, Vec::new()),
    })
}

fn unchanged(head: &Head, entries: Vec<NewEntry>) -> Decision {
    Decision { entries, state: head.state, assignee: head.assignee, slot: Slot::Keep }
}

fn visitor(head: &Head) -> Author {
    Author::Visitor { id: head.visitor }
}

fn message(by: Author) -> NewEntry {
    NewEntry { by, client_id: None, body: EntryBody::Message { text: String::new() } }
}

fn system(body: EntryBody) -> NewEntry {
    NewEntry { by: Author::System, client_id: None, body }
}

fn by_hand(head: &Head, to: Option<AgentId>, team: Option<TeamId>) -> NewEntry {
    let named = |id| AgentRef { id, name: String::new() };
    let (from, to) = (head.assignee.map(named), to.map(named));
    let team = team.map(|id| TeamRef { id, name: String::new() });
    let cause = AssignmentCause::Manual;
    system(EntryBody::Assignment { from, to, cause, out_of_order: 0, team })
}

fn new(number: usize) -> NewConversation {
    let of = Uuid::from_u128(number as u128 + 1);
    NewConversation {
        id: conversation_id(number),
        number: ConversationNumber(1),
        site: SiteId(Uuid::nil()),
        inbox: InboxId(Uuid::nil()),
        chatflow: ChatflowId(Uuid::nil()),
        visitor: VisitorId(of),
        start_client_id: ClientId(of),
        started_on: Page::default(),
    }
}
