//! Gives committed entries to the audience, in order, and fetches what is missing.
//!
//! It reads the store in tasks beside it and never waits for one inside `handle`.

use std::sync::Arc;

use ractor::{Actor, ActorProcessingErr, ActorRef};
use salotto_protocol::{
    AgentId, Author, ConversationId, Cursor, Entry, ErrorCode, Page, Party, Refusal, Seq,
    ServerFrame, View, VisitorId,
};

use super::answer::refuse;
use super::attach::{Missed, MissedEntries, read_missed};
use super::audience::{Audience, Before, History, Log, Release, send_entries};
use super::handle::Follower;
use super::registry;
use super::state::{Arrival, arrival, not_found};
use super::view::{newest_seq, pair, summary, viewed};
use crate::fanout::{Outbox, Place, SocketId};
use crate::journal::{Committed, Journal};
use crate::store::{Head, Marks, Store, StoreError};

/// Bounds the memory of one read while catching up with the log.
const CATCH_UP_ENTRIES_MAX: usize = 500;
/// Why a socket is told to try again: a failed read says nothing about the next one.
const READ_RETRY_MS: u64 = 1_000;

pub(super) struct ConversationActor {
    pub(super) id: ConversationId,
    pub(super) store: Store,
    pub(super) journal: Journal,
    pub(super) registry: ActorRef<registry::Msg>,
}

pub(super) enum Msg {
    Attach(Follower, Outbox, Cursor),
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

/// The log read on from where this actor stood.
pub(super) struct CaughtUp {
    head: Head,
    marks: Marks,
    entries: Vec<Entry>,
}

#[derive(Default)]
pub(super) struct State {
    /// `None` until the first read.
    known: Option<Known>,
    audience: Audience,
    /// Believed only when the head says that it is this visitor's conversation.
    page: Option<(VisitorId, Page)>,
    /// What came before the first read was done.
    early: Option<Head>,
    early_reach: Seq,
    /// Attaches handled: the registry compares, before it buries.
    attaches: u64,
    /// A read is under way, and whether another must follow it.
    reading: Reading,
}

struct Known {
    head: Head,
    marks: Marks,
}

#[derive(Clone, Copy, Default, Eq, PartialEq)]
enum Reading {
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
            Msg::Attach(follower, outbox, cursor) => {
                self.attach(&myself, state, follower, outbox, cursor);
            }
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
    fn attach(
        &self,
        myself: &ActorRef<Msg>,
        state: &mut State,
        follower: Follower,
        outbox: Outbox,
        cursor: Cursor,
    ) {
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
        if let Some(reason) = missed.reset {
            say(&outbox, &ServerFrame::Reset { conversation, epoch, head, reason });
        }
        let facts = summary(&missed.head, missed.marks, view);
        say(&outbox, &ServerFrame::Conversation { conversation: facts });
        if let (Follower::Agent { .. }, Some((visitor, page))) = (follower, &state.page)
            && *visitor == missed.head.visitor
        {
            say(&outbox, &ServerFrame::Page { conversation, page: page.clone() });
        }
        outbox.starts_at(Place { conversation, seq: missed.from });
        let entries = match missed.entries {
            MissedEntries::All(entries) => entries,
            MissedEntries::TooMany => {
                say(&outbox, &ServerFrame::Limited { conversation, epoch, head });
                state.audience.dismiss(attempt);
                return;
            }
        };
        let sent = entries.last().map_or(missed.from, |entry| entry.seq);
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

    fn committed(&self, myself: &ActorRef<Msg>, state: &mut State, committed: &Committed) {
        let Some(first) = committed.entries.first() else { return };
        let Some(known) = &mut state.known else {
            // The first read is under way; whoever is attached holds these back.
            let before = before(committed.visitor_seq_before, first.seq);
            state.audience.deliver(self.log(), &committed.entries, before);
            state.early = Some(committed.head.clone());
            return;
        };
        match arrival(known.head.seq, first.seq) {
            Arrival::Next => {
                let changed = facts_changed(&known.head, &committed.head);
                known.head = committed.head.clone();
                let before = before(committed.visitor_seq_before, first.seq);
                state.audience.deliver(self.log(), &committed.entries, before);
                if changed {
                    self.tell_facts(state);
                }
            }
            Arrival::Duplicate => {}
            Arrival::Gap => self.catch_up(myself, state),
        }
    }

    fn reaches(&self, myself: &ActorRef<Msg>, state: &mut State, seq: Seq) {
        match &state.known {
            None => state.early_reach = state.early_reach.max(seq),
            Some(known) if known.head.seq < seq => self.catch_up(myself, state),
            Some(_) => {}
        }
    }

    /// Reads on from the last entry known here. One read at a time.
    fn catch_up(&self, myself: &ActorRef<Msg>, state: &mut State) {
        if state.reading != Reading::Idle {
            state.reading = Reading::BusyAndStale;
            return;
        }
        let Some(known) = &state.known else { return };
        state.reading = Reading::Busy;
        let (store, id, after) = (self.store.clone(), self.id, known.head.seq);
        let myself = myself.clone();
        tokio::spawn(async move {
            let read = read_on(&store, id, after).await;
            let _ = myself.cast(Msg::CaughtUp(read));
        });
    }

    fn caught_up(
        &self,
        myself: &ActorRef<Msg>,
        state: &mut State,
        read: Result<Option<CaughtUp>, StoreError>,
    ) {
        let stale = state.reading == Reading::BusyAndStale;
        state.reading = Reading::Idle;
        let more = match read {
            Ok(Some(read)) => self.take_in(state, read),
            Ok(None) => false,
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "log not read on");
                false
            }
        };
        if stale || more {
            self.catch_up(myself, state);
        }
    }

    /// Returns whether the log goes on beyond what was read.
    fn take_in(&self, state: &mut State, read: CaughtUp) -> bool {
        let Some(known) = &mut state.known else { return false };
        let fresh: Vec<Entry> =
            read.entries.into_iter().filter(|entry| entry.seq > known.head.seq).collect();
        let Some((first, last)) = fresh.first().zip(fresh.last()) else { return false };
        let before = before(known.head.visitor_seq, first.seq);
        let last = last.seq;
        let seen = fresh.iter().rev().find(|entry| entry.body.visible_to(View::Visitor));
        let visitor_seq = seen.map_or(known.head.visitor_seq, |entry| entry.seq);
        let more = last < read.head.seq;
        let changed = facts_changed(&known.head, &read.head);
        known.head = Head { seq: last, visitor_seq, ..read.head };
        known.marks = read.marks;
        state.audience.deliver(self.log(), &fresh, before);
        if changed {
            self.tell_facts(state);
        }
        more
    }

    fn tell_facts(&self, state: &State) {
        let Some(known) = &state.known else { return };
        for (view, side) in [(View::Visitor, Party::Visitor), (View::Agent, Party::Team)] {
            let conversation = summary(&known.head, known.marks, view);
            state.audience.tell(&ServerFrame::Conversation { conversation }, Some(side), None);
        }
    }

    fn marks(&self, state: &mut State, party: Party, delivered: Seq, read: Seq) {
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

    fn mark(&self, state: &State, socket: SocketId, delivered: Seq, read: Seq) {
        if let Some(follower) = state.audience.follower(socket) {
            let delivered = delivered.max(read);
            self.journal.mark(self.id, follower.party(), delivered, read);
        }
    }

    fn typing(
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

    fn page(&self, state: &mut State, visitor: VisitorId, page: Page) {
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

    fn end_if_alone(&self, state: &State) {
        if state.audience.is_empty() {
            let _ = self.registry.cast(registry::Msg::Alone(self.id, state.attaches));
        }
    }

    fn log(&self) -> Log {
        Log { conversation: self.id, epoch: self.store.epoch() }
    }
}

async fn read_on(
    store: &Store,
    id: ConversationId,
    after: Seq,
) -> Result<Option<CaughtUp>, StoreError> {
    let Some(head) = store.head(id).await? else { return Ok(None) };
    let marks = store.marks(id).await?;
    let entries = store.entries_after(id, View::Agent, after, CATCH_UP_ENTRIES_MAX).await?;
    Ok(Some(CaughtUp { head, marks, entries }))
}

fn may_follow(follower: Follower, head: &Head) -> bool {
    match follower {
        Follower::Visitor { id, site } => head.visitor == id && head.site == site,
        Follower::Agent { .. } => true,
    }
}

fn facts_changed(old: &Head, new: &Head) -> bool {
    old.state != new.state || old.assignee != new.assignee
}

fn before(visitor: Seq, first: Seq) -> Before {
    Before { visitor, agent: Seq(first.0 - 1) }
}

fn say(outbox: &Outbox, frame: &ServerFrame) {
    outbox.push(&crate::fanout::encode(frame), None);
}
