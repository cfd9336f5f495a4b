//! What passes by beside the log: marks, typing, the visitor's page.

use salotto_protocol::{AgentId, Author, Page, Party, Seq, ServerFrame, VisitorId};

use super::actor::{ConversationActor, State};
use super::view::pair;
use crate::fanout::SocketId;

impl ConversationActor {
    pub(super) fn marks(&self, state: &mut State, party: Party, delivered: Seq, read: Seq) {
        if let Some(known) = &mut state.known {
            match party {
                Party::Visitor => {
                    known.marks.visitor_delivered = known.marks.visitor_delivered.max(delivered);
                    known.marks.visitor_read = known.marks.visitor_read.max(read);
                }
                Party::Team => {
                    known.marks.team_delivered = known.marks.team_delivered.max(delivered);
                    known.marks.team_read = known.marks.team_read.max(read);
                }
            }
            let pair = pair(known.marks, party);
            let (delivered, read) = (pair.delivered, pair.read);
            let frame = ServerFrame::Marks { conversation: self.id, party, delivered, read };
            state.audience.tell(&frame, None, None);
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
        state: &State,
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
        let frame = ServerFrame::Typing { conversation: self.id, by, on };
        state.audience.tell(&frame, side, socket);
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
