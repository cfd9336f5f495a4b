//! Performs what the queue decides: follows the commits, writes assignments, reads what it missed.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort};
use salotto_protocol::{ConversationId, ConversationState};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::Patience;
use super::absences::Absences;
use super::assignment::{self, AGENT_CHANGED, AT_CAPACITY};
use super::audit::Audit;
use super::departures::{self, Departures};
use super::state::{Ending, Queue, WAITING_MAX};
use crate::ask::ask;
use crate::journal::{Busy, Commit, CommitStream, Committed, Journal, Outcome, STALE_TERM};
use crate::presence::Roster;
use crate::sabotage::{self, Switch};
use crate::store::{AgentRow, Head, Recount, Settings, Store, StoreError, Term};
use crate::{clock, metrics};

/// What a lost hint delays an assignment by, at most.
const READ_INTERVAL: Duration = Duration::from_secs(2);
/// The oldest are read again each time; the others when they are among the oldest.
const WINDOW_CONVERSATIONS: usize = 1_000;
const _: () = assert!(WINDOW_CONVERSATIONS <= WAITING_MAX);
/// After a guard or a full journal said no: long enough not to spin, too short to be noticed.
const BACK_OFF: Duration = Duration::from_millis(50);
/// A store that failed is not asked again at once.
const RETRY_PAUSE: Duration = Duration::from_millis(500);
const AUDIT_INTERVAL: Duration = Duration::from_secs(5);

pub(super) struct RouterActor {
    pub(super) term: Term,
    pub(super) patience: Patience,
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
    /// Assigned to agents who have long been gone, and unanswered.
    Unanswered(Result<Vec<Head>, StoreError>),
    /// Time to read what other nodes changed.
    ReadHeard,
    HeardRead(Result<Vec<Head>, StoreError>),
}

/// How many of those who wait are read.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Depth {
    Window,
    Whole,
}

/// What a read brings.
pub(super) struct Fresh {
    /// `None`: as they were.
    settings: Option<Settings>,
    agents: Vec<AgentRow>,
    waiting: Vec<Head>,
    limit: usize,
    asked: Instant,
}

pub(super) struct State {
    pub(super) queue: Queue,
    settings_version: Option<i64>,
    roster: watch::Receiver<Arc<Roster>>,
    /// Nothing is assigned before the first read.
    is_loaded: bool,
    is_pass_due: bool,
    reading: Reading,
    /// Changed by other nodes, and not yet read.
    pub(super) heard: HashSet<ConversationId>,
    audit: Audit,
    pub(super) absences: Absences,
    pub(super) departures: Departures,
    /// A later term has begun: nothing that this router asks for is done any more.
    pub(super) is_over: bool,
    followers: [JoinHandle<()>; 2],
}

#[derive(Clone, Copy)]
enum Reading {
    No,
    Yes,
    /// Something was missed after the read under way began.
    YesAndAgain(Depth),
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
        myself.send_interval(READ_INTERVAL, || Msg::Read(Depth::Window));
        myself.send_interval(AUDIT_INTERVAL, || Msg::Audit);
        let look_interval = departures::look_interval(self.patience.missed_after);
        myself.send_interval(look_interval, || Msg::LookForMissed);
        let followers = [
            tokio::spawn(follow_commits(commits, myself.clone())),
            tokio::spawn(follow_roster(roster.clone(), myself)),
        ];
        Ok(State {
            queue: Queue::default(),
            settings_version: None,
            roster,
            is_loaded: false,
            is_pass_due: false,
            reading: Reading::No,
            heard: HashSet::new(),
            audit: Audit::default(),
            absences: Absences::default(),
            departures: Departures::seen_every(look_interval),
            is_over: false,
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
            Msg::Read(_) if state.is_loaded && sabotage::on(Switch::SkipReconciliation) => {}
            Msg::Read(depth) => self.read(&myself, state, depth),
            Msg::ReadDone(result) => self.read_done(&myself, state, result),
            Msg::Committed(commit, taken) => {
                self.committed(&myself, state, &commit);
                let _ = taken.send(());
            }
            Msg::RosterChanged(taken) => {
                let roster = state.roster.borrow_and_update().clone();
                state.queue.take_newer(&roster);
                state.pass_soon(&myself);
                let _ = taken.send(());
            }
            Msg::Pass => self.pass(&myself, state),
            Msg::Ended(conversation, since, outcome) => {
                ended(&myself, state, conversation, since, &outcome);
            }
            Msg::Audit => self.audit(&myself),
            Msg::Audited(result) => state.audit.take(result),
            Msg::ReadHeard => self.read_heard(&myself, state),
            Msg::HeardRead(result) => self.heard_read(&myself, state, result),
            Msg::LookForMissed => self.look_for_missed(&myself),
            Msg::Alone(asked, result) => self.miss(state, asked, result),
            Msg::Unanswered(result) => self.requeue(result),
        }
        Ok(())
    }
}

impl RouterActor {
    /// Assigns as long as somebody waits whom somebody can answer.
    fn pass(&self, myself: &ActorRef<Msg>, state: &mut State) {
        state.is_pass_due = false;
        if !state.is_loaded || state.is_over {
            return;
        }
        while let Some(plan) = state.queue.next(seed()) {
            let (conversation, since, router) = (plan.conversation, Instant::now(), myself.clone());
            let done = Box::new(move |outcome| {
                let _ = router.cast(Msg::Ended(conversation, since, outcome));
            });
            if let Err(Busy) = self.journal.submit(assignment::write(&plan, self.term, done)) {
                state.queue.take_back(conversation);
                myself.send_after(BACK_OFF, || Msg::Pass);
                break;
            }
        }
        state.measure();
    }

    fn committed(&self, myself: &ActorRef<Msg>, state: &mut State, commit: &Commit) {
        match commit {
            Commit::Entries(committed) => {
                left_the_queue(&state.queue, committed);
                state.queue.committed(&committed.head);
                state.pass_soon(myself);
            }
            Commit::Agents(rows) => {
                state.queue.notice_agents(rows);
                state.pass_soon(myself);
            }
            Commit::Settings => self.read(myself, state, Depth::Window),
            Commit::Skipped(_) | Commit::Lost => self.read(myself, state, Depth::Whole),
            Commit::Elsewhere(hint) if !hint.is_talk() => self.hear(myself, state, hint),
            Commit::Elsewhere(_) | Commit::Attached(_) | Commit::Marks { .. } => {}
        }
    }

    pub(super) fn read(&self, myself: &ActorRef<Msg>, state: &mut State, depth: Depth) {
        match state.reading {
            Reading::No => {}
            Reading::Yes => return state.reading = Reading::YesAndAgain(depth),
            Reading::YesAndAgain(other) => {
                return state.reading = Reading::YesAndAgain(depth.max(other));
            }
        }
        state.reading = Reading::Yes;
        state.queue.read_begins();
        let depth = if state.is_loaded { depth } else { Depth::Whole };
        let (store, known, router) = (self.store.clone(), state.settings_version, myself.clone());
        tokio::spawn(async move {
            let _ = router.cast(Msg::ReadDone(read(&store, known, depth).await));
        });
    }

    fn read_done(
        &self,
        myself: &ActorRef<Msg>,
        state: &mut State,
        result: Result<Fresh, StoreError>,
    ) {
        let again = std::mem::replace(&mut state.reading, Reading::No);
        match result {
            Ok(fresh) => {
                state.take(fresh);
                self.look_for_unanswered(myself, state);
                state.pass_soon(myself);
                if let Reading::YesAndAgain(depth) = again {
                    self.read(myself, state, depth);
                }
            }
            Err(error) => {
                tracing::warn!(%error, "the router could not read the store");
                state.absences.unread();
                myself.send_after(RETRY_PAUSE, || Msg::Read(Depth::Whole));
            }
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

    fn take(&mut self, fresh: Fresh) {
        if let Some(settings) = fresh.settings {
            self.settings_version = Some(settings.version);
            self.queue.set_chatflows(&settings.chatflows);
        }
        self.absences.read(&fresh.agents, fresh.asked);
        self.queue.read(fresh.agents, &fresh.waiting, fresh.limit);
        self.is_loaded = true;
    }

    fn measure(&self) {
        let wait_ms = self.queue.oldest_since_ms().map_or(0, |since| clock::now_ms() - since);
        metrics::queue(self.queue.len(), as_duration(wait_ms));
    }
}

/// The actor may fail without `post_stop`.
impl Drop for State {
    fn drop(&mut self) {
        self.followers.iter().for_each(JoinHandle::abort);
    }
}

fn ended(
    myself: &ActorRef<Msg>,
    state: &mut State,
    conversation: ConversationId,
    since: Instant,
    outcome: &Outcome,
) {
    let (ending, word) = match outcome {
        Outcome::Rejected(STALE_TERM) => {
            state.is_over = true;
            (Ending::NotWaiting, "stale_term")
        }
        Outcome::Committed(_) => (Ending::Committed, "assigned"),
        Outcome::Rejected(AGENT_CHANGED | AT_CAPACITY) => (Ending::AgentChanged, "refused"),
        Outcome::Rejected(_) => (Ending::NotWaiting, "refused"),
        Outcome::Failed => (Ending::Unknown, "failed"),
    };
    metrics::routed(word, since.elapsed());
    state.queue.ended(conversation, ending);
    match ending {
        Ending::Committed | Ending::NotWaiting => {}
        Ending::AgentChanged | Ending::Unknown => {
            myself.send_after(BACK_OFF, || Msg::Read(Depth::Window));
        }
    }
    // A place among those under way is free again, or another agent can be tried.
    state.pass_soon(myself);
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
    Ok(Fresh { settings, agents, waiting, limit, asked })
}

/// How long it waited, once it no longer does.
fn left_the_queue(queue: &Queue, committed: &Committed) {
    let head = &committed.head;
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
