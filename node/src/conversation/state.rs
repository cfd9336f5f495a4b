//! What a conversation is and what it allows. No I/O, no clock, no async.

use std::sync::Arc;

use salotto_protocol::{
    AgentId, AgentRef, AssignmentCause, Author, ClientId, ConversationState, EntryBody, ErrorCode,
    Seq,
};

use super::{Command, Request, StartRequest};
use crate::journal::{Decision, Locked, NewEntry, Rejection, Slot};
use crate::sabotage::{self, Switch};
use crate::store::{AgentRow, Assignees, AssigneesOf, Case, Head, Settings, SlotKind};

/// How an entry relates to what this node has already seen.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Arrival {
    Next,
    Duplicate,
    /// Entries before this one are missing: read them from the store first.
    Gap,
}

pub(super) fn arrival(last: Seq, seq: Seq) -> Arrival {
    if seq <= last {
        if sabotage::on(Switch::AcceptDuplicates) { Arrival::Next } else { Arrival::Duplicate }
    } else if seq == last.next() || sabotage::on(Switch::SkipGapCheck) {
        Arrival::Next
    } else {
        Arrival::Gap
    }
}

/// What a request adds to the log, on the locked head.
pub(super) fn decide(
    locked: &Locked<'_>,
    request: &Request,
    settings: Option<&Settings>,
    now_ms: i64,
) -> Result<Decision, Rejection> {
    let Request { author, client_id, command, .. } = request;
    let asked = Asked { locked, author, client_id: *client_id, settings, now_ms };
    asked.may_answer()?;
    match command {
        Command::VisitorMessage { visitor, text, assigning } => {
            if locked.head.visitor != *visitor {
                return Err(not_found());
            }
            Ok(asked.visitor_message(text, &assignees(assigning, locked.head)))
        }
        Command::AgentMessage { text } => asked.agent_message(text),
        Command::Comment { text } => Ok(asked.comment(text)),
        Command::Assign { to: Some(agent), note } => asked.assign(*agent, note.as_deref()),
        Command::Assign { to: None, note } => asked.unassign(note.as_deref()),
        Command::AssignTeam { team, note } => asked.assign_team(*team, note.as_deref()),
        Command::Move { inbox } => asked.move_to(*inbox),
        Command::Close => Ok(asked.close()),
        Command::Reopen => asked.reopen(),
    }
}

/// What a start adds: to a new log the greeting and the message, to one that is there (two tabs
/// at once: REG-6) the message alone.
pub(super) fn decide_start(
    locked: &Locked<'_>,
    request: &StartRequest,
    settings: Option<&Settings>,
    now_ms: i64,
) -> Result<Decision, Rejection> {
    let author = Author::Visitor { id: request.visitor };
    let client_id = request.message_client_id;
    let asked = Asked { locked, author: &author, client_id, settings, now_ms };
    if locked.head.seq != Seq(0) {
        let assignees = assignees(&request.assigning, locked.head);
        return Ok(asked.visitor_message(&request.text, &assignees));
    }
    let assigns = request.chatflow.settings.assign;
    let welcome = &request.chatflow.settings.welcome;
    let mut entries = Vec::with_capacity(2);
    if !welcome.is_empty() {
        let body = EntryBody::Welcome { text: welcome.clone() };
        entries.push(NewEntry { by: Author::System, client_id: None, body });
    }
    entries.push(asked.entry(EntryBody::Message { text: request.text.clone() }));
    Ok(Decision { entries, state: unowned(assigns), assignee: None, slot: Slot::Keep })
}

/// What the return of a visitor adds, once.
pub(super) fn wait_again(locked: &Locked<'_>) -> Result<Decision, Rejection> {
    let (author, client_id, settings) = (&Author::System, ClientId::fresh(), None);
    let asked = Asked { locked, author, client_id, settings, now_ms: locked.head.last_at_ms };
    match locked.head.missed_at_ms {
        Some(_) => Ok(asked.waits_again(Vec::new())),
        None => Ok(asked.unchanged(Vec::new())),
    }
}

pub(super) struct Asked<'a> {
    pub(super) locked: &'a Locked<'a>,
    pub(super) author: &'a Author,
    pub(super) client_id: ClientId,
    /// For what asks who may have it.
    pub(super) settings: Option<&'a Settings>,
    /// About: how old a ticket is.
    pub(super) now_ms: i64,
}

impl Asked<'_> {
    fn visitor_message(&self, text: &str, assignees: &Assignees) -> Decision {
        let message = self.entry(EntryBody::Message { text: text.to_owned() });
        let head = self.head();
        if head.missed_at_ms.is_some() {
            return self.waits_again(vec![message]);
        }
        if head.state != ConversationState::Closed {
            return Decision { slot: self.slot_for_traffic(), ..self.unchanged(vec![message]) };
        }
        match self.owner_still_eligible(assignees) {
            Some(owner) => {
                let state = ConversationState::Assigned;
                let entries = vec![self.status(state), message];
                let assignee = Some(owner.id);
                Decision { entries, state, assignee, slot: self.slot_of(owner.id) }
            }
            None => {
                let state = unowned(assignees.assigns);
                let mut entries = vec![self.status(state)];
                if let Some(from) = head.assignee {
                    let cause = AssignmentCause::Policy;
                    entries.push(self.system(EntryBody::Assignment {
                        from: Some(self.named(from)),
                        to: None,
                        cause,
                        out_of_order: 0,
                        team: None,
                    }));
                }
                entries.push(message);
                Decision { entries, state, assignee: None, slot: Slot::Free }
            }
        }
    }

    /// Whom nobody took before they had long been gone is back.
    fn waits_again(&self, rest: Vec<NewEntry>) -> Decision {
        let state = ConversationState::Waiting;
        let mut entries = vec![self.status(state)];
        entries.extend(rest);
        Decision { entries, state, assignee: None, slot: Slot::Keep }
    }

    fn agent_message(&self, text: &str) -> Result<Decision, Rejection> {
        let message = self.entry(EntryBody::Message { text: text.to_owned() });
        match self.head().state {
            ConversationState::Closed => Err(closed()),
            ConversationState::Assigned => {
                Ok(Decision { slot: self.slot_for_traffic(), ..self.unchanged(vec![message]) })
            }
            ConversationState::Bot | ConversationState::Waiting | ConversationState::Unassigned => {
                let me = self.myself()?;
                let taken = self.assignment(Some(me), AssignmentCause::Reply, None);
                Ok(Decision {
                    entries: vec![taken, message],
                    state: ConversationState::Assigned,
                    assignee: Some(me),
                    slot: self.slot_of(me),
                })
            }
        }
    }

    fn comment(&self, text: &str) -> Decision {
        self.unchanged(vec![self.entry(EntryBody::Comment { text: text.to_owned() })])
    }

    fn close(&self) -> Decision {
        let head = self.head();
        if head.state == ConversationState::Closed {
            return self.unchanged(Vec::new());
        }
        let state = ConversationState::Closed;
        let body = EntryBody::Status { from: head.state, to: state };
        let entries = vec![self.entry(body)];
        Decision { entries, state, assignee: head.assignee, slot: Slot::Free }
    }

    /// Whoever opens it again has it (REG-9: the former owner may be gone).
    fn reopen(&self) -> Result<Decision, Rejection> {
        let head = self.head();
        if head.state != ConversationState::Closed {
            return Ok(self.unchanged(Vec::new()));
        }
        let me = self.myself()?;
        let state = ConversationState::Assigned;
        let mut entries = vec![self.entry(EntryBody::Status { from: head.state, to: state })];
        if head.assignee != Some(me) {
            entries.push(self.assignment(Some(me), AssignmentCause::Manual, None));
        }
        Ok(Decision { entries, state, assignee: Some(me), slot: self.slot_of(me) })
    }

    /// The former owner of a closed conversation, if it could be assigned now: by the same
    /// checklist as that of the router (AS-8, AS-48), for the inbox where it stands now (AS-44).
    fn owner_still_eligible(&self, assignees: &Assignees) -> Option<&AgentRow> {
        let owner = self.locked.agents.get(&self.head().assignee?)?;
        let (kind, has_access) = match self.settings {
            Some(_) => (self.kind(), self.has_access(owner)),
            None => (assignees.kind, assignees.has_access(owner.id)),
        };
        let can_answer = assignees.can_answer(owner, kind, &Case::of(self.head()));
        (can_answer && has_access).then_some(owner)
    }

    /// A message in an assigned conversation without a slot takes one again, above the limit if
    /// need be.
    fn slot_for_traffic(&self) -> Slot {
        let head = self.head();
        match (head.state, head.slot_agent, head.assignee) {
            (ConversationState::Assigned, Some(_), Some(owner)) if self.is_of_other_kind() => {
                self.slot_of(owner)
            }
            (ConversationState::Assigned, None, Some(owner)) => self.slot_of(owner),
            _ => Slot::Keep,
        }
    }

    /// Of what the conversation takes a slot, by its inbox.
    pub(super) fn kind(&self) -> SlotKind {
        self.settings.map_or(SlotKind::Chat, |it| it.slot_kind(self.head().inbox))
    }

    /// None, where a ticket is too old to count (CAP-23).
    pub(super) fn slot_of(&self, agent: AgentId) -> Slot {
        let since = self.settings.and_then(|it| it.account.tickets_count_since_ms(self.now_ms));
        let is_too_old = since.is_some_and(|since_ms| self.head().started_at_ms < since_ms);
        match self.kind() {
            SlotKind::Ticket if is_too_old => Slot::Free,
            kind @ (SlotKind::Chat | SlotKind::Ticket) => Slot::of(kind, agent),
        }
    }

    /// It was taken before the inbox became what it is.
    fn is_of_other_kind(&self) -> bool {
        self.settings.is_some() && self.head().slot_ticket != (self.kind() == SlotKind::Ticket)
    }

    fn myself(&self) -> Result<AgentId, Rejection> {
        match self.author {
            Author::Agent { id, .. } if self.locked.agents.contains_key(id) => Ok(*id),
            Author::Agent { .. } | Author::Visitor { .. } | Author::System => Err(forbidden()),
        }
    }

    pub(super) fn unchanged(&self, entries: Vec<NewEntry>) -> Decision {
        let head = self.head();
        Decision { entries, state: head.state, assignee: head.assignee, slot: Slot::Keep }
    }

    pub(super) fn assignment(
        &self,
        to: Option<AgentId>,
        cause: AssignmentCause,
        client_id: Option<ClientId>,
    ) -> NewEntry {
        let from = self.head().assignee.map(|agent| self.named(agent));
        let to = to.map(|agent| self.named(agent));
        let out_of_order = if to.is_some() { self.locked.waited_longer } else { 0 };
        let body = EntryBody::Assignment { from, to, cause, out_of_order, team: None };
        NewEntry { by: self.author.clone(), client_id, body }
    }

    fn status(&self, to: ConversationState) -> NewEntry {
        self.system(EntryBody::Status { from: self.head().state, to })
    }

    pub(super) fn entry(&self, body: EntryBody) -> NewEntry {
        NewEntry { by: self.author.clone(), client_id: Some(self.client_id), body }
    }

    pub(super) fn system(&self, body: EntryBody) -> NewEntry {
        NewEntry { by: Author::System, client_id: None, body }
    }

    fn named(&self, id: AgentId) -> AgentRef {
        let name = self.locked.agents.get(&id).map_or_else(String::new, |row| row.name.clone());
        AgentRef { id, name }
    }

    pub(super) fn head(&self) -> &Head {
        self.locked.head
    }
}

/// Of the conversation's own chatflow; of one that is not known here whoever may see the inbox.
fn assignees(assigning: &AssigneesOf, head: &Head) -> Arc<Assignees> {
    let own = assigning.iter().find(|(chatflow, _)| *chatflow == head.chatflow);
    own.map(|(_, assignees)| assignees.clone()).unwrap_or_default()
}

/// The state of a conversation that nobody has.
fn unowned(assigns: bool) -> ConversationState {
    if assigns { ConversationState::Waiting } else { ConversationState::Unassigned }
}

pub(super) fn closed() -> Rejection {
    Rejection::new(ErrorCode::Closed, "the conversation is closed: reopen it first")
}

fn forbidden() -> Rejection {
    Rejection::new(ErrorCode::Forbidden, "only an agent may do this")
}

/// Also the answer about somebody else's conversation: that it exists is nobody's business.
pub(super) fn not_found() -> Rejection {
    Rejection::new(ErrorCode::NotFound, "there is no such conversation")
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
