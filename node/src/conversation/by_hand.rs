//! What agents decide by hand: who has a conversation, and where it stands (AS-41 to AS-46). Pure.

use salotto_protocol::people::Permission;
use salotto_protocol::{
    AgentId, AssignmentCause, Author, ConversationState, EntryBody, ErrorCode, InboxId, TeamId,
    TeamRef,
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
        Ok(Decision { entries, state, assignee: Some(to), slot: self.slot_of(to) })
    }

    /// It is taken from whoever has it, and waits for the main members of that team (AS-41,
    /// PERM-4). Whoever waits already keeps their place in the queue.
    pub(super) fn assign_team(
        &self,
        team: TeamId,
        note: Option<&str>,
    ) -> Result<Decision, Rejection> {
        let head = self.head();
        if head.state == ConversationState::Closed {
            return Err(closed());
        }
        let Some((settings, row)) = self.settings.and_then(|it| Some((it, it.team(team)?))) else {
            return Err(NO_TEAM);
        };
        let state = ConversationState::Waiting;
        if (head.state, head.team) == (state, Some(team)) {
            return Ok(self.unchanged(self.note(note).into_iter().collect()));
        }
        if row.main_members.is_empty() {
            return Err(EMPTY_TEAM);
        }
        if !settings.is_open_to(head.inbox, row) {
            return Err(NOT_A_TEAM_OF_IT);
        }
        let mut entry = self.assignment(None, AssignmentCause::Manual, Some(self.client_id));
        if let EntryBody::Assignment { team, .. } = &mut entry.body {
            *team = Some(TeamRef { id: row.id, name: row.name.clone() });
        }
        let entries = [entry].into_iter().chain(self.note(note)).collect();
        Ok(Decision { entries, state, assignee: None, slot: Slot::Free })
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
            let slot = self.slot_in(inbox);
            return Ok(Decision { slot, ..self.unchanged(entries) });
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

    /// A chat becomes a ticket, or the other way round: it counts for what it is there.
    fn slot_in(&self, inbox: InboxId) -> Slot {
        let (head, kind) = (self.head(), self.settings.map(|it| it.slot_kind(inbox)));
        match (head.state, head.assignee, kind) {
            (ConversationState::Assigned, Some(owner), Some(kind)) if kind != self.kind() => {
                Slot::of(kind, owner)
            }
            _ => Slot::Keep,
        }
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

const NO_AGENT: Rejection = Rejection::of(ErrorCode::NotFound, "to", "there is no such agent");

const DEACTIVATED: Rejection = Rejection::new(ErrorCode::Forbidden, "their account is deactivated");

const OUT_OF_TURN: Rejection = Rejection::new(
    ErrorCode::Forbidden,
    "others have waited longer: this needs the permission to pick out of order",
);

const NOT_A_MEMBER: Rejection =
    Rejection::new(ErrorCode::Forbidden, "they are no member of this inbox");

const NO_INBOX: Rejection = Rejection::of(ErrorCode::NotFound, "inbox", "there is no such inbox");

const NO_TEAM: Rejection = Rejection::of(ErrorCode::NotFound, "team", "there is no such team");

const EMPTY_TEAM: Rejection =
    Rejection::of(ErrorCode::BadField, "team", "this team has no main members");

const NOT_A_TEAM_OF_IT: Rejection =
    Rejection::of(ErrorCode::Forbidden, "team", "this inbox is for others");
