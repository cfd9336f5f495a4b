//! Gives committed entries to the audience, in order, and fetches what is missing.
//!
//! It reads the store in tasks beside it and never waits for one inside `handle`.

use std::sync::Arc;

use ractor::{Actor, ActorProcessingErr, ActorRef};
use salotto_protocol::{AgentId, ConversationId, Page, Party, Seq, VisitorId};

use super::attach::Missed;
use super::audience::{Audience, Log};
use super::handle::Attach;
use super::joining::may_follow;
use super::keeping_up::CaughtUp;
use super::registry;
use super::typists::Typists;
use crate::fanout::SocketId;
use crate::journal::{Committed, Elsewhere, Journal};
use crate::store::{Head, Marks, Store, StoreError};

pub(super) struct ConversationActor {
    pub(super) id: ConversationId,
    pub(super) store: Store,
    pub(super) journal: Journal,
    pub(super) registry: ActorRef<registry::Msg>,
}

pub(super) enum Msg {
    Attach(Attach),
    Missed(u64, Result<Option<Missed>, StoreError>),
    /// Reads once more for an attach whose read failed.
    ReadAgain(u64),
    Detach(SocketId),
    Committed(Arc<Committed>),
    /// Another node committed it.
    Elsewhere(Arc<Elsewhere>),
    /// The log has at least this many entries; some may have been missed here.
    Reaches(Seq),
    CaughtUp(Result<Option<CaughtUp>, StoreError>),
    Marks(Party, Seq, Seq),
    Mark(SocketId, Seq, Seq),
    /// From a socket of this node, or (`None`) from another node; by an agent, or (`None`) by the
    /// visitor.
    Typing(Option<SocketId>, Option<(AgentId, String)>, bool),
    /// A tab of this visitor looks at this page.
    Page(VisitorId, Page),
    /// Once more, after the journal could not.
    WelcomeBack,
    #[cfg(test)]
    Panic,
}

#[derive(Default)]
pub(super) struct State {
    /// `None` until the first read.
    pub(super) known: Option<Known>,
    pub(super) audience: Audience,
    pub(super) typists: Typists,
    /// Believed only when the head says that it is this visitor's conversation.
    pub(super) page: Option<(VisitorId, Page)>,
    pub(super) early: Early,
    /// Attaches handled: the registry compares, before it buries.
    attaches: u64,
    /// A read is under way, and whether another must follow it.
    pub(super) reading: Reading,
}

/// What came before the first read was done.
#[derive(Default)]
pub(super) struct Early {
    pub(super) head: Option<Head>,
    pub(super) reach: Seq,
    pub(super) marks: Marks,
}

pub(super) struct Known {
    pub(super) head: Head,
    pub(super) marks: Marks,
}

#[derive(Clone, Copy, Default, Eq, PartialEq)]
pub(super) enum Reading {
    #[default]
    Idle,
    Busy,
    BusyAndStale,
}

impl Actor for ConversationActor {
    type Msg = Msg;
    type State = State;
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Msg>, (): ()) -> Result<State, ActorProcessingErr> {
        Ok(State::default())
    }

    async fn handle(
        &self,
        myself: ActorRef<Msg>,
        message: Msg,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Msg::Attach(attach) => self.attach(&myself, state, attach),
            Msg::Missed(attempt, missed) => self.missed(&myself, state, attempt, missed),
            Msg::ReadAgain(attempt) => self.read_for(&myself, state, attempt),
            Msg::Detach(socket) => self.detach(&myself, state, socket),
            Msg::Committed(committed) => self.committed(&myself, state, &committed),
            Msg::Elsewhere(hint) => self.elsewhere(&myself, state, &hint),
            Msg::Reaches(seq) => self.reaches(&myself, state, seq),
            Msg::CaughtUp(read) => self.caught_up(&myself, state, read),
            Msg::Marks(party, delivered, read) => self.marks(state, party, delivered, read),
            Msg::Mark(socket, delivered, read) => self.mark(state, socket, delivered, read),
            Msg::Typing(socket, by, on) => self.typing(state, socket, by, on),
            Msg::Page(visitor, page) => self.page(state, visitor, page),
            Msg::WelcomeBack => self.welcome_back(&myself, state),
            #[cfg(test)]
            Msg::Panic => panic!("on purpose"),
        }
        Ok(())
    }
}

impl ConversationActor {
    fn attach(&self, myself: &ActorRef<Msg>, state: &mut State, attach: Attach) {
        let Attach { follower, outbox, cursor } = attach;
        state.attaches += 1;
        let attempt = state.audience.admit(follower, outbox, cursor);
        if let Some(known) = &state.known {
            state.audience.allow(|follower| may_follow(follower, &known.head));
        }
        self.read_for(myself, state, attempt);
    }

    fn detach(&self, myself: &ActorRef<Msg>, state: &mut State, socket: SocketId) {
        state.audience.leave(socket);
        self.end_if_alone(myself, state);
    }

    pub(super) fn end_if_alone(&self, myself: &ActorRef<Msg>, state: &State) {
        if state.audience.is_empty() {
            let alone =
                registry::Alone { id: self.id, actor: myself.get_id(), attaches: state.attaches };
            let _ = self.registry.cast(registry::Msg::Alone(alone));
        }
    }

    pub(super) fn log(&self) -> Log {
        Log { conversation: self.id, epoch: self.store.epoch() }
    }
}
