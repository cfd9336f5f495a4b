//! Performs what `state` decides: writes presence and status, keeps the roster and tells it.

use std::sync::Arc;
use std::time::Duration;

use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort};
use salotto_protocol::people::UNLIMITED;
use salotto_protocol::{AgentId, AgentStatus, NodeId};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::Roster;
use super::living::Living;
use super::state::{ChoiceStep, Choices, Sockets, Step};
use super::team::{Effect, Team};
use crate::ask::ask;
use crate::journal::{Change, Changed, Commit, CommitStream, Journal};
use crate::metrics;
use crate::store::{AgentRow, Store, StoreError, Subject};

/// A page that reloads is back within two or three seconds, also on a slow line.
const GRACE: Duration = Duration::from_secs(5);
/// A store that failed is not asked again at once.
const RETRY_PAUSE: Duration = Duration::from_millis(500);
/// The whole table is read this often, whether something was missed or not: it is small, and an
/// account added by another process (`salotto user add`) leaves no notice here.
const READ_INTERVAL: Duration = Duration::from_secs(2);
/// What other nodes change in so long is read together.
const READ_PAUSE: Duration = Duration::from_millis(50);
/// A busy router changes slots a thousand times a second; nobody needs to see each.
const TELL_PAUSE: Duration = Duration::from_millis(20);

pub(super) struct PresenceActor {
    pub(super) node: NodeId,
    pub(super) journal: Journal,
    pub(super) store: Store,
}

/// What the actor begins with.
pub(super) struct Beginning {
    pub(super) commits: CommitStream,
    pub(super) team: Team,
    pub(super) told: watch::Sender<Arc<Roster>>,
    pub(super) living: Living,
}

pub(super) enum Msg {
    Came(AgentId),
    Left(AgentId),
    GraceOver(AgentId, u64),
    PresenceWritten(AgentId, bool, Result<Changed, StoreError>),
    PresenceRetry(AgentId),
    Chose(AgentId, AgentStatus),
    StatusWritten(AgentId, AgentStatus, Result<Changed, StoreError>),
    StatusRetry(AgentId),
    /// The store has no row of this node any more, and so none of its agents.
    Forgotten,
    /// Answered when taken, so that a burst waits in the bounded stream.
    Committed(Commit, RpcReplyPort<()>),
    Read,
    ReadDone(Result<Vec<AgentRow>, StoreError>),
    TellAgain,
}

pub(super) struct State {
    sockets: Sockets,
    choices: Choices,
    team: Team,
    told: watch::Sender<Arc<Roster>>,
    telling: Telling,
    reading: Reading,
    is_read_due: bool,
    tasks: [JoinHandle<()>; 2],
}

/// Whether the roster may be told now.
#[derive(Clone, Copy)]
enum Telling {
    Now,
    /// Told a moment ago.
    Paused,
    /// Told a moment ago, and changed since.
    Due,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Reading {
    No,
    Yes,
    /// Something was missed after the read under way began.
    YesAndAgain,
}

impl Actor for PresenceActor {
    type Msg = Msg;
    type State = State;
    type Arguments = Beginning;

    async fn pre_start(
        &self,
        myself: ActorRef<Msg>,
        beginning: Beginning,
    ) -> Result<State, ActorProcessingErr> {
        let Beginning { commits, team, told, living } = beginning;
        myself.send_interval(READ_INTERVAL, || Msg::Read);
        count(team.rows());
        Ok(State {
            sockets: Sockets::default(),
            choices: Choices::default(),
            team,
            told,
            telling: Telling::Now,
            reading: Reading::No,
            is_read_due: false,
            tasks: [
                tokio::spawn(follow(commits, myself.clone())),
                tokio::spawn(living.keep(myself)),
            ],
        })
    }

    async fn handle(
        &self,
        myself: ActorRef<Msg>,
        message: Msg,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Msg::Came(agent) => self.perform(&myself, agent, state.sockets.came(agent)),
            Msg::Left(agent) => self.perform(&myself, agent, state.sockets.left(agent)),
            Msg::GraceOver(agent, number) => {
                self.perform(&myself, agent, state.sockets.grace_over(agent, number));
            }
            Msg::PresenceWritten(agent, present, result) => {
                let stored = is_stored(result, "an agent's presence was not written");
                self.perform(&myself, agent, state.sockets.written(agent, present, stored));
            }
            Msg::PresenceRetry(agent) => self.perform(&myself, agent, state.sockets.retry(agent)),
            Msg::Chose(agent, status) => {
                self.choose(&myself, agent, state.choices.chose(agent, status));
            }
            Msg::StatusWritten(agent, status, result) => {
                let stored = is_stored(result, "an agent's status was not written");
                self.choose(&myself, agent, state.choices.written(agent, status, stored));
            }
            Msg::StatusRetry(agent) => self.choose(&myself, agent, state.choices.retry(agent)),
            Msg::Forgotten => {
                self.journal.attachments_forgotten();
                for (agent, step) in state.sockets.forgotten() {
                    self.perform(&myself, agent, step);
                }
            }
            Msg::Committed(commit, taken) => {
                self.committed(&myself, state, &commit);
                let _ = taken.send(());
            }
            Msg::Read => self.read(&myself, state),
            Msg::ReadDone(result) => self.read_done(&myself, state, result),
            Msg::TellAgain => state.tell_again(&myself),
        }
        Ok(())
    }
}

impl PresenceActor {
    fn perform(&self, myself: &ActorRef<Msg>, agent: AgentId, step: Step) {
        match step {
            Step::Nothing => {}
            Step::Write { present } => {
                self.attach(agent, present);
                let change = Change::Presence { agent, node: self.node, present };
                self.change(myself, change, move |it| Msg::PresenceWritten(agent, present, it));
            }
            Step::Grace { number } => {
                myself.send_after(GRACE, move || Msg::GraceOver(agent, number));
            }
            Step::Retry => {
                myself.send_after(RETRY_PAUSE, move || Msg::PresenceRetry(agent));
            }
        }
    }

    /// What concerns the agent is heard here while they are here.
    fn attach(&self, agent: AgentId, present: bool) {
        match present {
            true => self.journal.attach(Subject::Agent(agent)),
            false => self.journal.detach(Subject::Agent(agent)),
        }
    }

    fn choose(&self, myself: &ActorRef<Msg>, agent: AgentId, step: ChoiceStep) {
        match step {
            ChoiceStep::Nothing => {}
            ChoiceStep::Write(status) => {
                let change = Change::Status { agent, status };
                self.change(myself, change, move |it| Msg::StatusWritten(agent, status, it));
            }
            ChoiceStep::Retry => {
                myself.send_after(RETRY_PAUSE, move || Msg::StatusRetry(agent));
            }
        }
    }

    fn change(
        &self,
        myself: &ActorRef<Msg>,
        change: Change,
        answer: impl FnOnce(Result<Changed, StoreError>) -> Msg + Send + 'static,
    ) {
        let (journal, myself) = (self.journal.clone(), myself.clone());
        tokio::spawn(async move {
            let _ = myself.cast(answer(journal.change(change).await));
        });
    }

    fn committed(&self, myself: &ActorRef<Msg>, state: &mut State, commit: &Commit) {
        match commit {
            Commit::Agents(rows) => {
                let effect = state.team.notice(rows);
                state.tell_if(effect, myself);
            }
            Commit::Skipped(_) | Commit::Settings | Commit::Lost => self.read_soon(myself, state),
            Commit::Elsewhere(hint) if !hint.is_talk() => self.read_soon(myself, state),
            Commit::Entries(_)
            | Commit::Elsewhere(_)
            | Commit::Marks { .. }
            | Commit::Attached(_) => {}
        }
    }

    /// Other nodes tell of every change; a burst of them is one read.
    fn read_soon(&self, myself: &ActorRef<Msg>, state: &mut State) {
        if !state.is_read_due {
            state.is_read_due = true;
            myself.send_after(READ_PAUSE, || Msg::Read);
        }
    }

    fn read(&self, myself: &ActorRef<Msg>, state: &mut State) {
        state.is_read_due = false;
        if state.reading != Reading::No {
            state.reading = Reading::YesAndAgain;
            return;
        }
        state.reading = Reading::Yes;
        state.team.read_begins();
        let (store, myself) = (self.store.clone(), myself.clone());
        tokio::spawn(async move {
            let _ = myself.cast(Msg::ReadDone(store.agents().await));
        });
    }

    fn read_done(
        &self,
        myself: &ActorRef<Msg>,
        state: &mut State,
        result: Result<Vec<AgentRow>, StoreError>,
    ) {
        let again = state.reading == Reading::YesAndAgain;
        state.reading = Reading::No;
        match result {
            Ok(rows) => {
                let effect = state.team.read(rows);
                state.tell_if(effect, myself);
                if again {
                    self.read(myself, state);
                }
            }
            Err(error) => {
                tracing::warn!(%error, "the agents could not be read");
                myself.send_after(RETRY_PAUSE, || Msg::Read);
            }
        }
    }
}

impl State {
    fn tell_if(&mut self, effect: Effect, myself: &ActorRef<Msg>) {
        match (effect, self.telling) {
            (Effect::Unchanged, _) => {}
            (Effect::Changed, Telling::Now) => self.tell(myself),
            (Effect::Changed, Telling::Paused | Telling::Due) => self.telling = Telling::Due,
        }
    }

    fn tell_again(&mut self, myself: &ActorRef<Msg>) {
        match self.telling {
            Telling::Due => self.tell(myself),
            Telling::Now | Telling::Paused => self.telling = Telling::Now,
        }
    }

    fn tell(&mut self, myself: &ActorRef<Msg>) {
        count(self.team.rows());
        self.told.send_replace(Arc::new(self.team.rows().clone()));
        self.telling = Telling::Paused;
        myself.send_after(TELL_PAUSE, || Msg::TellAgain);
    }
}

/// The actor may fail without `post_stop`.
impl Drop for State {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

async fn follow(mut commits: CommitStream, presence: ActorRef<Msg>) {
    while let Some(commit) = commits.next().await {
        // Not taken in time is taken later; not taken at all ends this task with the actor.
        let _ = ask(&presence, |taken| Msg::Committed(commit, taken)).await;
    }
}

fn is_stored(result: Result<Changed, StoreError>, otherwise: &'static str) -> bool {
    match result {
        Ok(Changed::Done | Changed::Unchanged | Changed::Refused(_)) => true,
        Err(error) => {
            tracing::warn!(%error, "{otherwise}");
            false
        }
    }
}

fn count(roster: &Roster) {
    let available = |row: &&AgentRow| row.present && row.status == AgentStatus::Available;
    let away = |row: &&AgentRow| row.present && row.status == AgentStatus::Away;
    let absent = roster.values().filter(|row| !row.present).count();
    let away = roster.values().filter(away).count();
    metrics::agents(roster.len() - absent - away, away, absent);
    // Who has no limit is not counted: a sum with them would say nothing.
    let has_limit = |row: &&AgentRow| row.capacity != UNLIMITED;
    let free = |row: &AgentRow| row.capacity.saturating_sub(row.active);
    let taken = roster.values().map(|row| row.active).sum();
    let free = roster.values().filter(available).filter(has_limit).map(free);
    metrics::agent_slots(taken, free.fold(0, u32::saturating_add));
}
