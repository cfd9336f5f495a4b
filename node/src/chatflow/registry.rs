//! Keeps the settings fresh, and one actor for each published chatflow.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use ractor::{
    Actor, ActorCell, ActorProcessingErr, ActorRef, RpcReplyPort, SpawnErr, SupervisionEvent,
};
use salotto_protocol::ChatflowId;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::actor::{ChatflowActor, Msg as ChatflowMsg};
use super::availability::Rule;
use super::known::Known;
use super::parked::Parked;
use super::reply_time::{self, ReplyTimes, is_computed};
use super::state::Snapshot;
use crate::ask::ask;
use crate::clock::Clock;
use crate::metrics;
use crate::presence::Roster;
use crate::store::{ChatflowRow, Settings, Store, StoreError};

/// Settings changed elsewhere, by another process or node, are in force after so long.
const CHECK_INTERVAL: Duration = Duration::from_secs(2);
/// How soon visitors are answered is the word of a week: it may be a few minutes old.
const MEASURE_INTERVAL: Duration = Duration::from_secs(5 * 60);
/// A store that failed is not asked again at once.
const RETRY_PAUSE: Duration = Duration::from_millis(500);
/// A chatflow whose actor failed keeps its last availability so long, and never spins.
const RESTART_PAUSE: Duration = Duration::from_secs(1);
/// Slots change a thousand times a second; a visitor sees one word of it.
const WEIGH_PAUSE: Duration = Duration::from_millis(50);

pub(super) struct Registry {
    pub(super) store: Store,
    pub(super) known: Arc<Known>,
    pub(super) parked: Arc<Parked>,
    pub(super) roster: watch::Receiver<Arc<Roster>>,
    pub(super) clock: Clock,
}

pub(super) enum Msg {
    /// Answered when settings read after this are in force.
    Refresh(RpcReplyPort<()>),
    CheckVersion,
    VersionRead(Result<i64, StoreError>),
    ReadAgain,
    SettingsRead(Result<Settings, StoreError>),
    MeasureReplies,
    RepliesMeasured(Result<ReplyTimes, StoreError>),
    /// Answered when passed on.
    RosterChanged(RpcReplyPort<()>),
    Restart(ChatflowId),
    #[cfg(test)]
    Panic(ChatflowId),
}

pub(super) struct State {
    actors: HashMap<ChatflowId, ActorRef<ChatflowMsg>>,
    reading: bool,
    /// Who waits for the read under way.
    waiting: Vec<RpcReplyPort<()>>,
    /// Who asked after it began, and so waits for the next.
    waiting_next: Vec<RpcReplyPort<()>>,
    follower: JoinHandle<()>,
}

impl Actor for Registry {
    type Msg = Msg;
    type State = State;
    type Arguments = Settings;

    async fn pre_start(
        &self,
        myself: ActorRef<Msg>,
        settings: Settings,
    ) -> Result<State, ActorProcessingErr> {
        myself.cast(Msg::SettingsRead(Ok(settings)))?;
        myself.send_interval(CHECK_INTERVAL, || Msg::CheckVersion);
        myself.send_interval(MEASURE_INTERVAL, || Msg::MeasureReplies);
        Ok(State {
            actors: HashMap::new(),
            reading: true,
            waiting: Vec::new(),
            waiting_next: Vec::new(),
            follower: tokio::spawn(follow(self.roster.clone(), myself)),
        })
    }

    async fn handle(
        &self,
        myself: ActorRef<Msg>,
        message: Msg,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Msg::Refresh(reply) => {
                state.waiting_next.push(reply);
                self.read(&myself, state);
            }
            Msg::CheckVersion => self.check_version(&myself),
            Msg::VersionRead(result) => self.version_read(&myself, state, result),
            Msg::ReadAgain => self.read(&myself, state),
            Msg::SettingsRead(result) => self.settings_read(&myself, state, result).await?,
            Msg::MeasureReplies => self.measure_replies(&myself),
            Msg::RepliesMeasured(result) => self.replies_measured(state, result),
            Msg::RosterChanged(passed) => {
                state.actors.values().for_each(|actor| cast(actor, ChatflowMsg::Weigh));
                let _ = passed.send(());
            }
            Msg::Restart(id) => self.restart(&myself, state, id).await?,
            #[cfg(test)]
            Msg::Panic(id) => cast(&state.actors[&id], ChatflowMsg::Panic),
        }
        Ok(())
    }

    /// A chatflow that fails takes only itself down and is made again; the parked sockets and
    /// its last availability outlive it.
    async fn handle_supervisor_evt(
        &self,
        myself: ActorRef<Msg>,
        event: SupervisionEvent,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match event {
            SupervisionEvent::ActorFailed(actor, error) => {
                tracing::error!(error, "a chatflow's actor failed");
                metrics::actor_failed("chatflow");
                bury(&myself, state, &actor);
            }
            SupervisionEvent::ActorTerminated(actor, ..) => bury(&myself, state, &actor),
            SupervisionEvent::ActorStarted(_) | SupervisionEvent::ProcessGroupChanged(_) => {}
        }
        metrics::actors_alive("chatflow", state.actors.len());
        Ok(())
    }
}

impl Registry {
    fn read(&self, myself: &ActorRef<Msg>, state: &mut State) {
        if state.reading {
            return;
        }
        state.reading = true;
        state.waiting.append(&mut state.waiting_next);
        let (store, myself) = (self.store.clone(), myself.clone());
        tokio::spawn(async move {
            let _ = myself.cast(Msg::SettingsRead(store.settings().await));
        });
    }

    fn check_version(&self, myself: &ActorRef<Msg>) {
        let (store, myself) = (self.store.clone(), myself.clone());
        tokio::spawn(async move {
            let _ = myself.cast(Msg::VersionRead(store.settings_version().await));
        });
    }

    fn version_read(
        &self,
        myself: &ActorRef<Msg>,
        state: &mut State,
        result: Result<i64, StoreError>,
    ) {
        match result {
            Ok(version) if version == self.known.snapshot().version => {}
            Ok(_) => self.read(myself, state),
            Err(error) => tracing::warn!(%error, "the version of the settings was not read"),
        }
    }

    /// Nothing is read where no chatflow wants it.
    fn measure_replies(&self, myself: &ActorRef<Msg>) {
        let snapshot = self.known.snapshot();
        let wanted: Vec<ChatflowRow> = snapshot.published().filter(is_computed).cloned().collect();
        if wanted.is_empty() {
            return;
        }
        let (store, now_ms, myself) = (self.store.clone(), self.clock.now_ms(), myself.clone());
        tokio::spawn(async move {
            let found = reply_time::measure(&store, &wanted, now_ms).await;
            let _ = myself.cast(Msg::RepliesMeasured(found));
        });
    }

    fn replies_measured(&self, state: &State, result: Result<ReplyTimes, StoreError>) {
        match result {
            Ok(found) => {
                self.known.set_reply_times(found);
                state.actors.values().for_each(|actor| cast(actor, ChatflowMsg::Weigh));
            }
            Err(error) => tracing::warn!(%error, "how soon visitors are answered was not read"),
        }
    }

    async fn settings_read(
        &self,
        myself: &ActorRef<Msg>,
        state: &mut State,
        result: Result<Settings, StoreError>,
    ) -> Result<(), SpawnErr> {
        state.reading = false;
        match result {
            Ok(settings) => {
                self.put_in_force(myself, state, Snapshot::new(settings)).await?;
                for reply in state.waiting.drain(..) {
                    let _ = reply.send(());
                }
                if !state.waiting_next.is_empty() {
                    self.read(myself, state);
                }
            }
            Err(error) => {
                tracing::warn!(%error, "the settings could not be read");
                myself.send_after(RETRY_PAUSE, || Msg::ReadAgain);
            }
        }
        Ok(())
    }

    async fn put_in_force(
        &self,
        myself: &ActorRef<Msg>,
        state: &mut State,
        snapshot: Snapshot,
    ) -> Result<(), SpawnErr> {
        let before = self.known.snapshot();
        let snapshot = Arc::new(snapshot);
        self.known.replace(snapshot.clone());
        state.actors.retain(|id, actor| {
            let stays = snapshot.is_published(*id);
            if !stays {
                actor.stop(None);
            }
            stays
        });
        for row in snapshot.published() {
            warn_of(&snapshot, row.id);
            match state.actors.get(&row.id) {
                Some(actor) => cast(actor, ChatflowMsg::Settings(row.clone().into())),
                None => self.open(myself, state, row).await?,
            }
        }
        let is_new = |row: &ChatflowRow| is_computed(&row) && !self.known.has_reply_time(row.id);
        if snapshot.published().any(is_new) {
            myself
                .cast(Msg::MeasureReplies)
                .map_err(|error| SpawnErr::StartupFailed(error.into()))?;
        }
        for id in snapshot.newly_shown(&before) {
            state.actors.get(&id).into_iter().for_each(|it| cast(it, ChatflowMsg::Announce));
        }
        metrics::actors_alive("chatflow", state.actors.len());
        Ok(())
    }

    async fn restart(
        &self,
        myself: &ActorRef<Msg>,
        state: &mut State,
        id: ChatflowId,
    ) -> Result<(), SpawnErr> {
        let snapshot = self.known.snapshot();
        match snapshot.chatflow(id) {
            Some(row) if row.enabled && !state.actors.contains_key(&id) => {
                self.open(myself, state, row).await
            }
            Some(_) | None => Ok(()),
        }
    }

    async fn open(
        &self,
        myself: &ActorRef<Msg>,
        state: &mut State,
        row: &ChatflowRow,
    ) -> Result<(), SpawnErr> {
        let chatflow = ChatflowActor {
            known: self.known.clone(),
            parked: self.parked.clone(),
            roster: self.roster.clone(),
            clock: self.clock,
        };
        let (actor, _) = myself.spawn_linked(None, chatflow, row.clone()).await?;
        state.actors.insert(row.id, actor);
        Ok(())
    }
}

/// The actor may fail without `post_stop`.
impl Drop for State {
    fn drop(&mut self) {
        self.follower.abort();
    }
}

/// Once for each version of the settings: visitors of such a chatflow are told that it is closed.
fn warn_of(snapshot: &Snapshot, chatflow: ChatflowId) {
    if let Some(bad) = snapshot.rule(chatflow).and_then(Rule::unreadable) {
        tracing::warn!(%chatflow, error = %bad, "the hours of a chatflow cannot be read");
    }
}

async fn follow(mut roster: watch::Receiver<Arc<Roster>>, registry: ActorRef<Msg>) {
    while roster.changed().await.is_ok() {
        let _ = ask(&registry, Msg::RosterChanged).await;
        tokio::time::sleep(WEIGH_PAUSE).await;
    }
}

/// An actor that has just ended is buried and made again with the settings in force.
fn cast(actor: &ActorRef<ChatflowMsg>, message: ChatflowMsg) {
    let _ = actor.cast(message);
}

/// One that was stopped on purpose is no longer in `actors`, and so stays buried.
fn bury(myself: &ActorRef<Msg>, state: &mut State, ended: &ActorCell) {
    let of_ended =
        |(_, actor): &(&ChatflowId, &ActorRef<ChatflowMsg>)| actor.get_id() == ended.get_id();
    if let Some(id) = state.actors.iter().find(of_ended).map(|(id, _)| *id) {
        state.actors.remove(&id);
        myself.send_after(RESTART_PAUSE, move || Msg::Restart(id));
    }
}
