//! What passes by beside the log: marks, typing, the visitor's page.

use std::time::Instant;

use salotto_protocol::envelope::{Envelope, TypingHint};
use salotto_protocol::{AgentId, Author, Page, Party, Seq, ServerFrame, VisitorId};

use super::actor::{ConversationActor, State};
use super::handle::Follower;
use super::view::pair;
use crate::fanout::{Outbox, SocketId, encode};
use crate::store::Marks;

impl ConversationActor {
    pub(super) fn marks(&self, state: &mut State, party: Party, delivered: Seq, read: Seq) {
        let raised = match party {
            Party::Visitor => {
                Marks { visitor_delivered: delivered, visitor_read: read, ..Marks::default() }
            }
            Party::Team => Marks { team_delivered: delivered, team_read: read, ..Marks::default() },
        };
        self.marks_are(state, raised);
    }

    /// Raises what is known, and tells everybody what rose.
    pub(super) fn marks_are(&self, state: &mut State, marks: Marks) {
        let Some(known) = &mut state.known else {
            state.early.marks = state.early.marks.raised_by(marks);
            return;
        };
        let before = known.marks;
        known.marks = before.raised_by(marks);
        for party in [Party::Visitor, Party::Team] {
            let now = pair(known.marks, party);
            if now != pair(before, party) {
                let (delivered, read) = (now.delivered, now.read);
                let frame = ServerFrame::Marks { conversation: self.id, party, delivered, read };
                state.audience.tell(&frame, None, None);
            }
        }
    }

    pub(super) fn mark(&self, state: &State, socket: SocketId, delivered: Seq, read: Seq) {
        if let Some(follower) = state.audience.follower(socket) {
            let delivered = delivered.max(read);
            self.journal.mark(self.id, follower.party(), delivered, read);
        }
    }

    pub(super) fn typing(
        &self,
        state: &mut State,
        socket: Option<SocketId>,
        agent: Option<(AgentId, String)>,
        on: bool,
    ) {
        let attached = socket.is_none_or(|socket| state.audience.follower(socket).is_some());
        let (true, Some(known)) = (attached, &state.known) else { return };
        // The visitor's typing is the team's business; an agent's also the other agents'.
        let (by, side) = match agent {
            None => (Author::Visitor { id: known.head.visitor }, Some(Party::Team)),
            Some((id, name)) => (Author::Agent { id, name }, None),
        };
        if socket.is_some() {
            let agent = match &by {
                Author::Agent { id, name } => Some((*id, name.clone())),
                Author::Visitor { .. } | Author::System => None,
            };
            let hint = TypingHint { conversation: self.id, agent, on };
            self.journal.pass(self.id, || Envelope::Typing(hint));
        }
        state.typists.heard(by.clone(), on, Instant::now());
        let frame = ServerFrame::Typing { conversation: self.id, by, on };
        state.audience.tell(&frame, side, socket);
    }

    /// To a socket that now has the history: who is typing.
    pub(super) fn tell_typists(&self, state: &State, follower: Follower, outbox: &Outbox) {
        for by in state.typists.shown_to(follower, Instant::now()) {
            let by = by.clone();
            let frame = ServerFrame::Typing { conversation: self.id, by, on: true };
            outbox.push(&encode(&frame), None);
        }
    }

    pub(super) fn page(&self, state: &mut State, visitor: VisitorId, page: Page) {
        let owner = state.known.as_ref().map(|known| known.head.visitor);
        if owner.is_some_and(|owner| owner != visitor) {
            return;
        }
        if owner.is_some() {
            let frame = ServerFrame::Page { conversation: self.id, page: page.clone() };
            state.audience.tell(&frame, Some(Party::Team), None);
        }
        state.page = Some((visitor, page));
    }
}
