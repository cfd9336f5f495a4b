//! What agents decide by hand: who has a conversation, and where it stands (AS-41 to AS-46). Pure.

use salotto_protocol::people::Permission;
use salotto_protocol::{
    AgentId, AssignmentCause, Author, ConversationState, EntryBody, ErrorCode, InboxId,
};

use super::state::{Asked, closed};
use crate::journal::{Decision, NewEntry, Rejection, Slot};
use crate::store::Settings;

impl Asked<'_> {
    /// Whatever the capacity (AS-43).
    pub(super) fn assign(&self, to: AgentId, note: Option<&str>) -> Result<Decision, Rejection> {
        let head = self.head();
        if head.state == ConversationState::Closed {
            return Err(closed());
        }
        if !self.locked.agents.contains_key(&to) {
            return Err(Rejection { code: ErrorCode::NotFound, message: "there is no such agent" });
        }
        if head.assignee == Some(to) {
            return Ok(self.unchanged(self.note(note).into_iter().collect()));
        }
        if !self.may_have(to, head.inbox) {
            return Err(NOT_A_MEMBER);
        }
        self.may_pick()?;
        let entry = self.assignment(Some(to), AssignmentCause::Manual, Some(self.client_id));
        let entries = [entry].into_iter().chain(self.note(note)).collect();
        let state = ConversationState::Assigned;
        Ok(Decision { entries, state, assignee: Some(to), slot: Slot::Take(to) })
    }

    pub(super) fn unassign(&self, note: Option<&str>) -> Result<Decision, Rejection> {
        match self.head().state {
            ConversationState::Closed => Err(closed()),
            ConversationState::Unassigned => {
                Ok(self.unchanged(self.note(note).into_iter().collect()))
            }
            ConversationState::Bot | ConversationState::Waiting | ConversationState::Assigned => {
                let entry = self.assignment(None, AssignmentCause::Manual, Some(self.client_id));
                let entries = [entry].into_iter().chain(self.note(note)).collect();
                let state = ConversationState::Unassigned;
                Ok(Decision { entries, state, assignee: None, slot: Slot::Free })
            }
        }
    }

    /// Whatever its state (AS-44). Whoever has it keeps it, if they may have it there.
    pub(super) fn move_to(&self, inbox: InboxId) -> Result<Decision, Rejection> {
        let (head, from) = (self.head(), self.head().inbox);
        let is_there = |settings: &Settings| settings.inboxes.iter().any(|row| row.id == inbox);
        if !self.settings.is_none_or(is_there) {
            return Err(NO_INBOX);
        }
        if from == inbox {
            return Ok(self.unchanged(Vec::new()));
        }
        let mut entries = vec![self.entry(EntryBody::InboxChange { from, to: inbox })];
        if head.assignee.is_none_or(|agent| self.may_have(agent, inbox)) {
            return Ok(self.unchanged(entries));
        }
        entries.push(self.assignment(None, AssignmentCause::Manual, None));
        let state = match head.state {
            ConversationState::Assigned => ConversationState::Unassigned,
            ConversationState::Bot
            | ConversationState::Waiting
            | ConversationState::Unassigned
            | ConversationState::Closed => head.state,
        };
        Ok(Decision { entries, state, assignee: None, slot: Slot::Free })
    }

    /// Before an older one of the same queue, only with the permission (REG-14). An answer is not
    /// refused: its words may have been on their way when the conversation went back to the queue.
    fn may_pick(&self) -> Result<(), Rejection> {
        let may = |id| {
            let row = self.locked.agents.get(id);
            row.is_some_and(|row| row.may(Permission::PickOutOfOrder))
        };
        match self.author {
            Author::Agent { id, .. } if self.locked.waited_longer == 0 || may(id) => Ok(()),
            Author::Agent { .. } | Author::Visitor { .. } | Author::System => Err(OUT_OF_TURN),
        }
    }

    /// Members alone: main or extra, where teams are named (PERM-6).
    fn may_have(&self, agent: AgentId, inbox: InboxId) -> bool {
        self.settings.is_none_or(|settings| settings.is_member(inbox, agent))
    }

    /// For whoever has it next. The client id stands on the assignment: this one has none, so that
    /// a repeat is known as one whoever has the conversation by then.
    fn note(&self, note: Option<&str>) -> Option<NewEntry> {
        let body = EntryBody::Comment { text: note?.to_owned() };
        Some(NewEntry { client_id: None, ..self.entry(body) })
    }
}

const OUT_OF_TURN: Rejection = Rejection {
    code: ErrorCode::Forbidden,
    message: "others have waited longer: this needs the permission to pick out of order",
};

const NOT_A_MEMBER: Rejection =
    Rejection { code: ErrorCode::Forbidden, message: "they are no member of this inbox" };

const NO_INBOX: Rejection =
    Rejection { code: ErrorCode::NotFound, message: "there is no such inbox" };
