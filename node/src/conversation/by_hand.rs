//! What agents decide by hand: who has a conversation, and where it stands (AS-41 to AS-46). Pure.

use salotto_protocol::{
    AgentId, AssignmentCause, ConversationState, EntryBody, ErrorCode, InboxId,
};

use super::state::{Asked, closed};
use crate::journal::{Decision, NewEntry, Rejection, Slot};

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

    /// Whatever its state; whoever has it keeps it (AS-44).
    pub(super) fn move_to(&self, inbox: InboxId) -> Decision {
        let from = self.head().inbox;
        if from == inbox {
            return self.unchanged(Vec::new());
        }
        self.unchanged(vec![self.entry(EntryBody::InboxChange { from, to: inbox })])
    }

    /// For whoever has it next. The client id stands on the assignment: this one has none, so that
    /// a repeat is known as one whoever has the conversation by then.
    fn note(&self, note: Option<&str>) -> Option<NewEntry> {
        let body = EntryBody::Comment { text: note?.to_owned() };
        Some(NewEntry { client_id: None, ..self.entry(body) })
    }
}
