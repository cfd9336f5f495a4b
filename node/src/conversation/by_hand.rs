//! What agents decide by hand: who has a conversation, and where it stands (AS-41 to AS-46). Pure.

use salotto_protocol::people::Permission;
use salotto_protocol::{
    AgentId, AssignmentCause, Author, ConversationState, EntryBody, ErrorCode, InboxId,
};

use super::access::{NOT_AMONG_YOURS, STALE_ACCESS, is_stale};
use super::state::{Asked, closed};
use crate::journal::{Decision, NewEntry, Rejection, Slot};
use crate::store::{AgentRow, Settings};

impl Asked<'_> {
    /// Whatever the capacity (AS-43).
    pub(super) fn assign(&self, to: AgentId, note: Option<&str>) -> Result<Decision, Rejection> {
        let head = self.head();
        if head.state == ConversationState::Closed {
            return Err(closed());
        }
        let Some(row) = self.locked.agents.get(&to) else { return Err(NO_AGENT) };
        if head.assignee == Some(to) {
            return Ok(self.unchanged(self.note(note).into_iter().collect()));
        }
        if row.is_deactivated() {
            return Err(DEACTIVATED);
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

    /// Whatever an agent does is for members; a super admin who is none may look (PERM-5). Without
    /// a seat a member may do all of it by hand.
    pub(super) fn may_answer(&self) -> Result<(), Rejection> {
        let Author::Agent { id, .. } = self.author else { return Ok(()) };
        let row = self.locked.agents.get(id);
        if self.settings.zip(row).is_some_and(|(settings, row)| is_stale(settings, row)) {
            return Err(STALE_ACCESS);
        }
        if self.may_have(*id, self.head().inbox) { Ok(()) } else { Err(NOT_AMONG_YOURS) }
    }

    /// As far as these settings can say; newer ones may say no.
    pub(super) fn has_access(&self, row: &AgentRow) -> bool {
        let is_stale = self.settings.is_some_and(|settings| is_stale(settings, row));
        !is_stale && self.may_have(row.id, self.head().inbox)
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

const NO_AGENT: Rejection =
    Rejection { code: ErrorCode::NotFound, message: "there is no such agent" };

const DEACTIVATED: Rejection =
    Rejection { code: ErrorCode::Forbidden, message: "their account is deactivated" };

const OUT_OF_TURN: Rejection = Rejection {
    code: ErrorCode::Forbidden,
    message: "others have waited longer: this needs the permission to pick out of order",
};

const NOT_A_MEMBER: Rejection =
    Rejection { code: ErrorCode::Forbidden, message: "they are no member of this inbox" };

const NO_INBOX: Rejection =
    Rejection { code: ErrorCode::NotFound, message: "there is no such inbox" };
