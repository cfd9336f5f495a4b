//! Gives committed entries to the audience, in order, and fetches what is missing.
//!
//! It reads the store in tasks beside it and never waits for one inside `handle`.

use std::sync::Arc;

use ractor::{Actor, ActorProcessingErr, ActorRef};
use salotto_protocol::{
    AgentId, ConversationId, Cursor, ErrorCode, Page, Party, Refusal, Seq, ServerFrame, View,
    VisitorId,
};

use super::answer::refuse;
use super::attach::{Missed, MissedEntries, read_missed};
use super::audience::{Audience, History, Log, Release, send_entries};
use super::handle::{Attach, Follower};
use super::keeping_up::CaughtUp;
use super::registry;
use super::state::not_found;
use super::view::{newest_seq, summary, viewed};
use crate::fanout::{Outbox, Place, SocketId};
use crate::journal::{Committed, Journal};
use crate::metrics;
use crate::store::{Head, Marks, Store, StoreError};

/// Why a socket is told to try again: a failed read says nothing about the next one.
const READ_RETRY_MS: u64 = 1_000;

pub(super) struct ConversationActor {
    pub(super) id: ConversationId,
    pub(super) store: Store,
    pub(super) journal: Journal,
    pub(super) registry: ActorRef<registry::Msg>,
}

pub(super) enum Msg {
    Attach(Attach),
    Missed(u64, Result<Option<Missed>, StoreError>),
    Detach(SocketId),
    Committed(Arc<Committed>),
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
}

#[derive(Default)]
pub(super) struct State {
    /// `None` until the first read.
    pub(super) known: Option<Known>,
    pub(super) audience: Audience,
    /// Believed only when the head says that it is this visitor's conversation.
    pub(super) page: Option<(VisitorId, Page)>,
    /// What came before the first read was done.
    pub(super) early: Option<Head>,
    pub(super) early_reach: Seq,
    /// Attaches handled: the registry compares, before it buries.
    attaches: u64,
    /// A read is under way, and whether another must follow it.
    pub(super) reading: Reading,
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
            Msg::Detach(socket) => self.detach(state, socket),
            Msg::Committed(committed) => self.committed(&myself, state, &committed),
            Msg::Reaches(seq) => self.reaches(&myself, state, seq),
            Msg::CaughtUp(read) => self.caught_up(&myself, state, read),
            Msg::Marks(party, delivered, read) => self.marks(state, party, delivered, read),
            Msg::Mark(socket, delivered, read) => self.mark(state, socket, delivered, read),
            Msg::Typing(socket, by, on) => self.typing(state, socket, by, on),
            Msg::Page(visitor, page) => self.page(state, visitor, page),
        }
        Ok(())
    }
}

impl ConversationActor {
    fn attach(&self, myself: &ActorRef<Msg>, state: &mut State, attach: Attach) {
        let Attach { follower, outbox, cursor } = attach;
        state.attaches += 1;
        let attempt = state.audience.admit(follower, outbox);
        self.read_for(myself, attempt, follower.view(), cursor);
    }

    fn read_for(&self, myself: &ActorRef<Msg>, attempt: u64, view: View, cursor: Cursor) {
        let (store, myself) = (self.store.clone(), myself.clone());
        tokio::spawn(async move {
            let missed = read_missed(&store, cursor, view).await;
            let _ = myself.cast(Msg::Missed(attempt, missed));
        });
    }

    fn missed(
        &self,
        myself: &ActorRef<Msg>,
        state: &mut State,
        attempt: u64,
        missed: Result<Option<Missed>, StoreError>,
    ) {
        let Some(member) = state.audience.catching(attempt) else { return };
        match missed {
            Ok(Some(missed)) if may_follow(member.follower, &missed.head) => {
                self.send_missed(myself, state, attempt, missed);
            }
            Ok(_) => {
                let rejection = not_found();
                let refusal = Refusal {
                    conversation: Some(self.id),
                    ..Refusal::new(rejection.code, rejection.message)
                };
                refuse(&member.outbox, refusal);
                state.audience.dismiss(attempt);
            }
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "history not read");
                let refusal = Refusal {
                    conversation: Some(self.id),
                    retry_after_ms: Some(READ_RETRY_MS),
                    ..Refusal::new(ErrorCode::StoreFailed, "the history could not be read")
                };
                refuse(&member.outbox, refusal);
                state.audience.dismiss(attempt);
            }
        }
        self.end_if_alone(state);
    }

    fn send_missed(&self, myself: &ActorRef<Msg>, state: &mut State, attempt: u64, missed: Missed) {
        let Some(member) = state.audience.catching(attempt) else { return };
        let (outbox, follower) = (member.outbox.clone(), member.follower);
        let view = follower.view();
        let head = newest_seq(&missed.head, view);
        let (conversation, epoch) = (self.id, self.store.epoch());
        let start = Place { conversation, seq: missed.from };
        match missed.reset {
            Some(reason) => {
                // Until the reset is out, a refill must find a cursor that calls for it again.
                outbox.starts_at(Place { conversation, seq: Seq(u32::MAX) });
                let reset = ServerFrame::Reset { conversation, epoch, head, reason };
                outbox.push(&crate::fanout::encode(&reset), Some(start));
            }
            None => outbox.starts_at(start),
        }
        let facts = summary(&missed.head, missed.marks, view);
        say(&outbox, &ServerFrame::Conversation { conversation: facts });
        if let (Follower::Agent { .. }, Some((visitor, page))) = (follower, &state.page)
            && *visitor == missed.head.visitor
        {
            say(&outbox, &ServerFrame::Page { conversation, page: page.clone() });
        }
        let entries = match missed.entries {
            MissedEntries::All(entries) => entries,
            MissedEntries::TooMany => {
                say(&outbox, &ServerFrame::Limited { conversation, epoch, head });
                state.audience.dismiss(attempt);
                return;
            }
        };
        let sent = entries.last().map_or(missed.from, |entry| entry.seq);
        metrics::missed_entries_delivered(entries.len());
        let history = History { sent, covered: sent.max(missed.head.seq) };
        send_entries(&outbox, self.log(), &viewed(entries, view, missed.from));
        match state.audience.release(self.log(), attempt, history) {
            Release::Live | Release::Stale => {}
            Release::ReadOn(seq) => {
                let cursor = Cursor { conversation, epoch: Some(epoch), seq };
                self.read_for(myself, attempt, view, cursor);
            }
        }
        self.learn(myself, state, missed.head, missed.marks);
    }

    /// What a read for one socket says about the conversation: the first one makes it known, a
    /// later one may show that entries passed this actor by.
    fn learn(&self, myself: &ActorRef<Msg>, state: &mut State, head: Head, marks: Marks) {
        if state.known.is_some() {
            self.reaches(myself, state, head.seq);
            return;
        }
        // Commits that came during the read are with whoever held them back.
        let head = match state.early.take() {
            Some(early) if early.seq > head.seq => early,
            Some(_) | None => head,
        };
        state.known = Some(Known { head, marks });
        self.reaches(myself, state, state.early_reach);
    }

    fn detach(&self, state: &mut State, socket: SocketId) {
        state.audience.leave(socket);
        self.end_if_alone(state);
    }

    fn end_if_alone(&self, state: &State) {
        if state.audience.is_empty() {
            let _ = self.registry.cast(registry::Msg::Alone(self.id, state.attaches));
        }
    }

    pub(super) fn log(&self) -> Log {
        Log { conversation: self.id, epoch: self.store.epoch() }
    }
}

fn may_follow(follower: Follower, head: &Head) -> bool {
    match follower {
        Follower::Visitor { id, site } => head.visitor == id && head.site == site,
        Follower::Agent { .. } => true,
    }
}

fn say(outbox: &Outbox, frame: &ServerFrame) {
    outbox.push(&crate::fanout::encode(frame), None);
}
