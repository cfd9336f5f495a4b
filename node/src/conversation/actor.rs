//! Gives committed entries to the audience, in order, and fetches what is missing.
//!
//! It reads the store in tasks beside it and never waits for one inside `handle`.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use ractor::{Actor, ActorProcessingErr, ActorRef};
use salotto_protocol::{AgentId, ConversationId, Page, Party, Seq, VisitorId};

use super::access::Access;
use super::attach::Missed;
use super::following::Following;
use super::handle::Attach;
use super::promising::Asked;
use super::queue_places::QueuePlaces;
use super::reading::CaughtUp;
use super::registry;
use crate::clock;
use crate::fanout::{Outbox, SocketId};
use crate::journal::{Committed, Elsewhere, Journal};
use crate::store::{Store, StoreError};

pub(super) struct ConversationActor {
    pub(super) id: ConversationId,
    pub(super) store: Store,
    pub(super) journal: Journal,
    pub(super) access: Access,
    pub(super) places: Arc<QueuePlaces>,
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
    /// The router has said where those who wait stand.
    QueueMoved,
    /// Who waits may have run out of patience.
    LookAgain,
    /// The visitor wants the answer by e-mail.
    Promise(Box<Asked>),
    /// Once more, after the journal could not.
    WelcomeBack,
    #[cfg(test)]
    Panic,
}

pub(super) struct State {
    pub(super) following: Following,
    /// Of everybody in the audience.
    pub(super) outboxes: HashMap<SocketId, Outbox>,
    /// Attaches handled: the registry compares, before it buries.
    attaches: u64,
}

impl Actor for ConversationActor {
    type Msg = Msg;
    type State = State;
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Msg>, (): ()) -> Result<State, ActorProcessingErr> {
        let following = Following::new(self.id, self.store.epoch());
        Ok(State { following, outboxes: HashMap::new(), attaches: 0 })
    }

    async fn handle(
        &self,
        myself: ActorRef<Msg>,
        message: Msg,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        let following = &mut state.following;
        match message {
            Msg::Attach(attach) => self.attach(state, attach),
            Msg::Missed(attempt, missed) => self.missed(&myself, state, attempt, missed),
            Msg::ReadAgain(attempt) => following.read_for(attempt),
            Msg::Detach(socket) => self.detach(&myself, state, socket),
            Msg::Committed(committed) => following.committed(&committed),
            Msg::Elsewhere(hint) => following.elsewhere(&hint),
            Msg::Reaches(seq) => following.reaches(seq),
            Msg::CaughtUp(Ok(read)) => following.caught_up(read),
            Msg::CaughtUp(Err(error)) => {
                tracing::error!(error = &error as &dyn std::error::Error, "log not read on");
                following.not_caught_up();
            }
            Msg::Marks(party, delivered, read) => following.marks(party, delivered, read),
            Msg::Mark(socket, delivered, read) => self.mark(state, socket, delivered, read),
            Msg::Typing(socket, by, on) => self.typing(state, socket, by, on),
            Msg::Page(visitor, page) => following.page(visitor, page),
            Msg::QueueMoved => {}
            Msg::LookAgain => following.looks_again(),
            Msg::Promise(asked) => self.promise(state, *asked),
            Msg::WelcomeBack => following.welcome_back(),
            #[cfg(test)]
            Msg::Panic => panic!("on purpose"),
        }
        self.look_at_queue(&mut state.following);
        self.perform(&myself, state);
        Ok(())
    }
}

impl ConversationActor {
    fn attach(&self, state: &mut State, attach: Attach) {
        let Attach { follower, outbox, cursor } = attach;
        state.attaches += 1;
        let socket = outbox.id();
        state.outboxes.insert(socket, outbox);
        state.following.attach(follower, socket, cursor);
    }

    fn missed(
        &self,
        myself: &ActorRef<Msg>,
        state: &mut State,
        attempt: u64,
        missed: Result<Option<Missed>, StoreError>,
    ) {
        match missed {
            Ok(missed) => state.following.missed(attempt, missed),
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "history not read");
                state.following.not_read(attempt);
            }
        }
        self.end_if_alone(myself, state);
    }

    fn detach(&self, myself: &ActorRef<Msg>, state: &mut State, socket: SocketId) {
        state.following.detach(socket);
        state.outboxes.remove(&socket);
        self.end_if_alone(myself, state);
    }

    /// After whatever happened: cheap, and most conversations do not wait.
    fn look_at_queue(&self, following: &mut Following) {
        match following.waiting().map(|head| head.chatflow) {
            Some(chatflow) => {
                let stands = self.places.of(self.id, chatflow, Instant::now());
                following.stands(stands, clock::now_ms());
            }
            None => following.waits_no_more(),
        }
    }

    fn end_if_alone(&self, myself: &ActorRef<Msg>, state: &State) {
        if state.following.audience.is_empty() {
            let alone =
                registry::Alone { id: self.id, actor: myself.get_id(), attaches: state.attaches };
            let _ = self.registry.cast(registry::Msg::Alone(alone));
        }
    }
}
