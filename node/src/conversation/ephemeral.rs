//! What passes by beside the log: marks that a socket reports, and typing.

use std::time::Instant;

use salotto_protocol::envelope::{Envelope, TypingHint};
use salotto_protocol::{AgentId, Author, Party, Seq, ServerFrame};

use super::actor::{ConversationActor, State};
use super::handle::Follower;
use crate::fanout::{Outbox, SocketId, encode};

impl ConversationActor {
    pub(super) fn mark(&self, state: &State, socket: SocketId, delivered: Seq, read: Seq) {
        if let Some(follower) = state.following.audience.follower(socket)
            && self.may_answer(state, follower)
        {
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
        let attached = socket.is_none_or(|socket| {
            let follower = state.following.audience.follower(socket);
            follower.is_some_and(|follower| self.may_answer(state, follower))
        });
        let (true, Some(known)) = (attached, &state.following.known) else { return };
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
        state.following.typists.heard(by.clone(), on, Instant::now());
        let frame = ServerFrame::Typing { conversation: self.id, by, on };
        state.following.tell(frame, side, socket);
    }

    /// Who may only look leaves no trace (PERM-5).
    fn may_answer(&self, state: &State, follower: Follower) -> bool {
        match (follower, &state.following.known) {
            (Follower::Visitor { .. }, _) => true,
            (Follower::Agent { .. }, None) => false,
            (Follower::Agent { id, .. }, Some(known)) => {
                self.access.may_answer(known.head.inbox, id)
            }
        }
    }

    /// To a socket that now has the history: who is typing.
    pub(super) fn tell_typists(&self, state: &State, follower: Follower, outbox: &Outbox) {
        for by in state.following.typists.shown_to(follower, Instant::now()) {
            let by = by.clone();
            let frame = ServerFrame::Typing { conversation: self.id, by, on: true };
            outbox.push(&encode(&frame), None);
        }
    }
}
