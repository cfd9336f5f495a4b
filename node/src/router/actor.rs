//! Performs what the queue decides: follows the commits, writes assignments, reads what it missed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort};
use salotto_protocol::envelope::QueueHint;
use salotto_protocol::people::AccountSettings;
use salotto_protocol::{ConversationId, ConversationState};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::Patience;
use super::assignment;
use super::audit::Audit;
use super::departures::{self, Departures};
use super::digest::{Digests, TOLD_EVERY};
use super::lapses::Lapses;
use super::others::Held;
use super::routing::{Action, Depth, Fresh, Routing};
use super::state::{Queue, WAITING_MAX};
use crate::ask::ask;
use crate::journal::{Busy, Commit, CommitStream, Committed, Journal, Outcome, STALE_TERM};
use crate::mail::Letters;
use crate::presence::Roster;
use crate::store::{Head, Recount, Store, StoreError, Term};
use crate::{clock, metrics};

/// How often it is considered whether to read what no hint told.
const READ_CONSIDERED_EVERY: Duration = Duration::from_millis(500);
/// Reading takes no larger part of the time than one in so many ...
const READ_SHARE: u32 = 20;
/// ... but no pause is longer: a lost hint delays an assignment by two seconds at most.
const READ_PAUSE_MAX: Duration = Duration::from_millis(1_500);
/// The oldest are read again each time; the others when they are among the oldest.
const WINDOW_CONVERSATIONS: usize = 1_000;
const _: () = assert!(WINDOW_CONVERSATIONS <= WAITING_MAX);
/// After a guard or a full journal said no: long enough not to spin, too short to be noticed.
const BACK_OFF: Duration = Duration::from_millis(50);
/// A store that failed is not asked again at once.
const RETRY_PAUSE: Duration = Duration::from_millis(500);
/// What other nodes change in so long is read together.
const HEARD_PAUSE: Duration = Duration::from_millis(20);
const AUDIT_INTERVAL: Duration = Duration::from_secs(5);

pub(super) struct RouterActor {
    pub(super) term: Term,
    pub(super) patience: Patience,
    /// `None`: no mail goes out.
    pub(super) letters: Option<Letters>,
    pub(super) journal: Journal,
    pub(super) store: Store,
}

/// What the actor follows.
pub(super) struct Beginning {
    pub(super) commits: CommitStream,
    pub(super) roster: watch::Receiver<Arc<Roster>>,
}

pub(super) enum Msg {
    Read(Depth),
    /// Time to see whether a read is due.
    ConsiderReading,
    ReadDone(Result<Fresh, StoreError>),
    /// Answered when taken, so that a burst waits in the bounded stream.
    Committed(Commit, RpcReplyPort<()>),
    RosterChanged(RpcReplyPort<()>),
    Pass,
    Ended(ConversationId, Instant, Outcome),
    Audit,
    Audited(Result<Recount, StoreError>),
    /// Time to see who waits and is gone.
    LookForMissed,
    /// They were, when this was asked.
    Alone(Instant, Result<Vec<ConversationId>, StoreError>),
    /// Time to look for slots that have lapsed, unless another look comes.
    LookForLapsed(u64),
    TakenSlots(Result<Held, StoreError>),
    /// Assigned to agents who have long been gone, and unanswered.
    Unanswered(Result<Vec<Head>, StoreError>),
    /// An owner could not be told of this one.
    NotTold(ConversationId),
    /// Time to read what other nodes changed.
    ReadHeard,
    HeardRead(Result<Vec<Head>, StoreError>),
    /// Time to tell those who wait where they stand.
    TellQueue,
}

pub(super) struct State {
    pub(super) routing: Routing,
    /// Without a reason, not before.
    reads_at: Instant,
    roster: watch::Receiver<Arc<Roster>>,
    is_pass_due: bool,
    /// A pass is planned for then, for whoever has waited long.
    wakes_at_ms: Option<i64>,
    audit: Audit,
    pub(super) departures: Departures,
    pub(super) lapses: Lapses,
    /// Whose word it is which tickets count.
    pub(super) tickets_count: AccountSettings,
    digests: Digests,
    /// Digests told in this term.
    digest: u64,
    followers: [JoinHandle<()>; 2],
}

impl Actor for RouterActor {
    type Msg = Msg;
    type State = State;
    type Arguments = Beginning;

    async fn pre_start(
        &self,
        myself: ActorRef<Msg>,
        beginning: Beginning,
    ) -> Result<State, ActorProcessingErr> {
        let Beginning { commits, roster } = beginning;
        myself.cast(Msg::Read(Depth::Whole))?;
        myself.send_interval(READ_CONSIDERED_EVERY, || Msg::ConsiderReading);
        myself.send_interval(AUDIT_INTERVAL, || Msg::Audit);
        myself.send_interval(TOLD_EVERY, || Msg::TellQueue);
        let look_interval = departures::look_interval(self.patience.missed_after);
        myself.send_interval(look_interval, || Msg::LookForMissed);
        let followers = [
            tokio::spawn(follow_commits(commits, myself.clone())),
            tokio::spawn(follow_roster(roster.clone(), myself)),
        ];
        let routing = Routing::new(self.patience.requeue_grace);
        Ok(State {
            routing,
            reads_at: Instant::now(),
            roster,
            is_pass_due: false,
            wakes_at_ms: None,
            audit: Audit::default(),
            departures: Departures::seen_every(look_interval),
            lapses: Lapses::default(),
            tickets_count: AccountSettings::default(),
            digests: Digests::default(),
            digest: 0,
            followers,
        })
    }

    async fn handle(
        &self,
        myself: ActorRef<Msg>,
        message: Msg,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Msg::Read(depth) => state.routing.read(depth),
            Msg::ConsiderReading if Instant::now() < state.reads_at => {}
            Msg::ConsiderReading => state.routing.read(Depth::Window),
            Msg::ReadDone(result) => {
                let fresh = unless_failed(result);
                state.reads_at = Instant::now() + fresh.as_ref().map_or(READ_PAUSE_MAX, pause);
                self.follow_window(&myself, state, fresh.as_ref());
                state.routing.read_done(fresh);
            }
            Msg::Committed(commit, taken) => {
                left_the_queue(&state.routing.queue, &commit);
                let leaving = Digests::leaving(&state.routing.queue, &commit);
                state.routing.committed(&commit);
                state.digests.left(&state.routing.queue, leaving, Instant::now());
                let _ = taken.send(());
            }
            Msg::RosterChanged(taken) => {
                let roster = state.roster.borrow_and_update().clone();
                state.routing.roster_changed(&roster);
                let _ = taken.send(());
            }
            Msg::Pass => self.pass(&myself, state),
            Msg::Ended(conversation, since, outcome) => {
                metrics::routed(word(&outcome), since.elapsed());
                state.routing.ended(conversation, &outcome);
            }
            Msg::Audit => self.audit(&myself),
            Msg::Audited(result) => state.audit.take(result),
            Msg::ReadHeard => state.routing.read_heard(),
            Msg::HeardRead(Ok(heads)) => {
                let leaving = Digests::leaving_by(&state.routing.queue, &heads);
                state.routing.heard_read(&heads);
                state.digests.left(&state.routing.queue, leaving, Instant::now());
            }
            Msg::HeardRead(Err(error)) => {
                tracing::warn!(%error, "what other nodes changed could not be read");
            }
            Msg::TellQueue => self.tell_queue(state),
            Msg::LookForMissed => self.look_for_missed(&myself),
            Msg::Alone(asked, result) => self.miss(state, asked, result),
            Msg::LookForLapsed(look) => self.look_for_lapsed(&myself, state, look),
            Msg::TakenSlots(result) => self.free_lapsed(&myself, state, result),
            Msg::Unanswered(result) => self.requeue(result),
            Msg::NotTold(conversation) => state.routing.owners.not_told(conversation),
        }
        self.perform(&myself, state);
        Ok(())
    }
}

impl RouterActor {
    fn perform(&self, myself: &ActorRef<Msg>, state: &mut State) {
        for action in state.routing.actions() {
            match action {
                Action::Read { depth, known } => self.read(myself, depth, known),
                Action::ReadSoon => {
                    myself.send_after(BACK_OFF, || Msg::Read(Depth::Window));
                }
                Action::ReadLater => {
                    myself.send_after(RETRY_PAUSE, || Msg::Read(Depth::Whole));
                }
                Action::ReadHeardSoon => {
                    myself.send_after(HEARD_PAUSE, || Msg::ReadHeard);
                }
                Action::ReadHeads(ids) => self.read_heads(myself, ids),
                Action::ReadUnanswered(gone) => self.read_unanswered(myself, gone),
                Action::TellOwners(waits) => self.tell_owners(myself, waits),
                Action::Pass => state.pass_soon(myself),
            }
        }
    }

    /// Assigns as long as somebody waits whom somebody can answer.
    fn pass(&self, myself: &ActorRef<Msg>, state: &mut State) {
        state.is_pass_due = false;
        if !state.routing.assigns() {
            return;
        }
        state.routing.queue.look_at_clock(clock::now_ms());
        while let Some(plan) = state.routing.next(seed, clock::now_ms()) {
            let (conversation, since, router) = (plan.conversation, Instant::now(), myself.clone());
            let done = Box::new(move |outcome| {
                let _ = router.cast(Msg::Ended(conversation, since, outcome));
            });
            if let Err(Busy) = self.journal.submit(assignment::write(&plan, self.term, done)) {
                state.routing.queue.take_back(conversation);
                myself.send_after(BACK_OFF, || Msg::Pass);
                break;
            }
        }
        measure(&state.routing.queue);
        self.wake_for_overflow(myself, state);
    }

    /// At the moment from which others may have one who waits: nothing else need happen then.
    fn wake_for_overflow(&self, myself: &ActorRef<Msg>, state: &mut State) {
        let now_ms = clock::now_ms();
        let Some(at_ms) = state.routing.queue.overflows_at_ms(now_ms) else { return };
        if state.wakes_at_ms.is_none_or(|planned| at_ms < planned || planned <= now_ms) {
            state.wakes_at_ms = Some(at_ms);
            myself.send_after(as_duration(at_ms - now_ms), || Msg::Pass);
        }
    }

    fn read(&self, myself: &ActorRef<Msg>, depth: Depth, known: Option<i64>) {
        let (store, router) = (self.store.clone(), myself.clone());
        tokio::spawn(async move {
            let _ = router.cast(Msg::ReadDone(read(&store, known, depth).await));
        });
    }

    fn tell_queue(&self, state: &mut State) {
        if !state.routing.assigns() {
            return;
        }
        if let Some(lines) = state.digests.due(&state.routing.queue, Instant::now()) {
            state.digest += 1;
            let term = u64::try_from(self.term.0).expect("terms grow from 0");
            let epoch = self.store.epoch();
            self.journal.queue_stands(QueueHint { epoch, term, number: state.digest, lines });
        }
    }

    fn audit(&self, myself: &ActorRef<Msg>) {
        let (store, router) = (self.store.clone(), myself.clone());
        tokio::spawn(async move {
            let _ = router.cast(Msg::Audited(store.recount().await));
        });
    }
}

impl State {
    /// Once for whatever is in the mailbox already.
    pub(super) fn pass_soon(&mut self, myself: &ActorRef<Msg>) {
        if !self.is_pass_due {
            self.is_pass_due = myself.cast(Msg::Pass).is_ok();
        }
    }
}

/// The actor may fail without `post_stop`.
impl Drop for State {
    fn drop(&mut self) {
        self.followers.iter().for_each(JoinHandle::abort);
    }
}

/// A small desk is read often, a large one is not read all the time.
fn pause(fresh: &Fresh) -> Duration {
    (fresh.asked.elapsed() * READ_SHARE).min(READ_PAUSE_MAX)
}

fn unless_failed(read: Result<Fresh, StoreError>) -> Option<Fresh> {
    match read {
        Ok(fresh) => Some(fresh),
        Err(error) => {
            tracing::warn!(%error, "the router could not read the store");
            None
        }
    }
}

/// The closed set of `salotto_routing_decisions_total`.
fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Rejected(STALE_TERM) => "stale_term",
        Outcome::Committed(_) => "assigned",
        Outcome::Rejected(_) => "refused",
        Outcome::Failed => "failed",
    }
}

fn measure(queue: &Queue) {
    let wait_ms = queue.oldest_since_ms().map_or(0, |since| clock::now_ms() - since);
    metrics::queue(queue.len(), as_duration(wait_ms));
}

async fn read(store: &Store, known: Option<i64>, depth: Depth) -> Result<Fresh, StoreError> {
    let asked = Instant::now();
    let is_known = Some(store.settings_version().await?) == known;
    let settings = if is_known { None } else { Some(store.settings().await?) };
    let limit = match depth {
        Depth::Window => WINDOW_CONVERSATIONS,
        Depth::Whole => WAITING_MAX,
    };
    let (agents, waiting) = (store.agents().await?, store.waiting(limit).await?);
    let turns = store.turns().await?;
    Ok(Fresh { settings, agents, waiting, limit, turns, asked })
}

/// How long it waited, once it no longer does.
fn left_the_queue(queue: &Queue, commit: &Commit) {
    let Commit::Entries(committed) = commit else { return };
    let Committed { head, .. } = &**committed;
    let outcome = match head.state {
        ConversationState::Waiting => return,
        ConversationState::Assigned => "assigned",
        ConversationState::Closed | ConversationState::Unassigned | ConversationState::Bot => {
            "abandoned"
        }
    };
    if let Some(since_ms) = queue.waiting_since_ms(head.id) {
        metrics::waited(outcome, as_duration(head.last_at_ms - since_ms));
    }
}

async fn follow_commits(mut commits: CommitStream, router: ActorRef<Msg>) {
    while let Some(commit) = commits.next().await {
        // Not taken in time is taken later; not taken at all ends this task with the actor.
        let _ = ask(&router, |taken| Msg::Committed(commit, taken)).await;
    }
}

async fn follow_roster(mut roster: watch::Receiver<Arc<Roster>>, router: ActorRef<Msg>) {
    while roster.changed().await.is_ok() {
        let _ = ask(&router, Msg::RosterChanged).await;
    }
}

fn seed() -> u32 {
    getrandom::u32().expect("the system has random numbers")
}

fn as_duration(ms: i64) -> Duration {
    Duration::from_millis(u64::try_from(ms).unwrap_or(0))
}
