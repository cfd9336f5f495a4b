//! Starts a board when somebody looks, ends it when nobody does, and passes the commits on.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use ractor::{
    Actor, ActorCell, ActorProcessingErr, ActorRef, RpcReplyPort, SpawnErr, SupervisionEvent,
};
use salotto_protocol::{ConversationId, Entry, EntryBody, InboxId};
use tokio::task::JoinHandle;

use super::actor::{BoardActor, Msg as BoardMsg};
use super::watchers::{WatchNumber, Watchers};
use crate::ask::ask;
use crate::fanout::{Outbox, SocketId};
use crate::journal::{Commit, CommitStream, Journal};
use crate::metrics;
use crate::store::{Head, Store, StoreError, Subject};

/// A board whose actor failed is made again after so long, and never spins.
const RESTART_PAUSE: Duration = Duration::from_secs(1);
/// What other nodes change in so long is read together: a list is told no faster anyway.
const HEARD_PAUSE: Duration = Duration::from_millis(100);

pub(super) struct Registry {
    pub(super) store: Store,
    pub(super) journal: Journal,
}

pub(super) enum Msg {
    Watch(InboxId, Outbox),
    Unwatch(SocketId),
    /// Said by a board: this socket did not take its frame.
    Ended(InboxId, SocketId, WatchNumber),
    /// Answered when passed on, so that a burst waits in the bounded stream.
    Committed(Commit, RpcReplyPort<()>),
    Restart(InboxId),
    /// Time to read what other nodes changed.
    ReadHeard,
    HeardRead(Result<Vec<Head>, StoreError>),
    #[cfg(test)]
    Panic(InboxId),
    #[cfg(test)]
    Count(RpcReplyPort<usize>),
}

pub(super) struct State {
    boards: HashMap<InboxId, ActorRef<BoardMsg>>,
    /// The truth about who looks: only this actor adds and removes, so a board that ends and a
    /// watch that comes never cross.
    watchers: Watchers<Outbox>,
    /// Changed by other nodes, and not yet read.
    heard: HashSet<ConversationId>,
    follower: JoinHandle<()>,
}

impl Actor for Registry {
    type Msg = Msg;
    type State = State;
    type Arguments = CommitStream;

    async fn pre_start(
        &self,
        myself: ActorRef<Msg>,
        commits: CommitStream,
    ) -> Result<State, ActorProcessingErr> {
        Ok(State {
            boards: HashMap::new(),
            watchers: Watchers::new(),
            heard: HashSet::new(),
            follower: tokio::spawn(follow(commits, myself)),
        })
    }

    async fn handle(
        &self,
        myself: ActorRef<Msg>,
        message: Msg,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Msg::Watch(inbox, outbox) => self.watch(&myself, state, inbox, outbox).await?,
            Msg::Unwatch(socket) => self.unwatch(state, socket),
            Msg::Ended(inbox, socket, number) => self.ended(state, inbox, socket, number),
            Msg::Committed(commit, passed) => {
                state.pass_on(&myself, &commit);
                let _ = passed.send(());
            }
            Msg::ReadHeard => self.read_heard(&myself, state),
            Msg::HeardRead(result) => state.heard_read(result),
            Msg::Restart(inbox) => self.restart(&myself, state, inbox).await?,
            #[cfg(test)]
            Msg::Panic(inbox) => cast(&state.boards[&inbox], BoardMsg::Panic),
            #[cfg(test)]
            Msg::Count(reply) => drop(reply.send(state.boards.len())),
        }
        Ok(())
    }

    /// A board that fails takes only itself down and is made again for those who look at it.
    async fn handle_supervisor_evt(
        &self,
        myself: ActorRef<Msg>,
        event: SupervisionEvent,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match event {
            SupervisionEvent::ActorFailed(actor, error) => {
                tracing::error!(error, "a board's actor failed");
                metrics::actor_failed("board");
                state.bury(&myself, &actor);
            }
            SupervisionEvent::ActorTerminated(actor, ..) => state.bury(&myself, &actor),
            SupervisionEvent::ActorStarted(_) | SupervisionEvent::ProcessGroupChanged(_) => {}
        }
        metrics::actors_alive("board", state.boards.len());
        Ok(())
    }
}

impl Registry {
    async fn watch(
        &self,
        myself: &ActorRef<Msg>,
        state: &mut State,
        inbox: InboxId,
        outbox: Outbox,
    ) -> Result<(), SpawnErr> {
        let socket = outbox.id();
        let Some(watcher) = state.watchers.add(inbox, socket, outbox) else {
            tracing::warn!("a socket watches too many boards: it is not shown one more");
            return Ok(());
        };
        match state.boards.get(&inbox) {
            Some(board) => cast(board, BoardMsg::Watch(socket, watcher)),
            None => self.open(myself, state, inbox).await?,
        }
        Ok(())
    }

    async fn restart(
        &self,
        myself: &ActorRef<Msg>,
        state: &mut State,
        inbox: InboxId,
    ) -> Result<(), SpawnErr> {
        if state.boards.contains_key(&inbox) || state.watchers.of(inbox).is_empty() {
            return Ok(());
        }
        self.open(myself, state, inbox).await
    }

    /// With everybody who looks at it.
    async fn open(
        &self,
        myself: &ActorRef<Msg>,
        state: &mut State,
        inbox: InboxId,
    ) -> Result<(), SpawnErr> {
        let board = BoardActor { inbox, store: self.store.clone(), registry: myself.clone() };
        let (board, _) = myself.spawn_linked(None, board, ()).await?;
        for (socket, watcher) in state.watchers.of(inbox) {
            cast(&board, BoardMsg::Watch(socket, watcher));
        }
        state.boards.insert(inbox, board);
        self.journal.attach(Subject::Inbox(inbox));
        Ok(())
    }

    fn unwatch(&self, state: &mut State, socket: SocketId) {
        for (inbox, nobody_looks) in state.watchers.remove_socket(socket) {
            if nobody_looks {
                self.end(state, inbox);
            } else if let Some(board) = state.boards.get(&inbox) {
                cast(board, BoardMsg::Unwatch(socket));
            }
        }
    }

    fn ended(&self, state: &mut State, inbox: InboxId, socket: SocketId, number: WatchNumber) {
        let nobody_looks = state.watchers.remove(inbox, socket, number);
        if nobody_looks {
            self.end(state, inbox);
        }
    }

    fn end(&self, state: &mut State, inbox: InboxId) {
        self.journal.detach(Subject::Inbox(inbox));
        if let Some(board) = state.boards.remove(&inbox) {
            board.stop(None);
        }
    }

    fn read_heard(&self, myself: &ActorRef<Msg>, state: &mut State) {
        let ids: Vec<ConversationId> = state.heard.drain().collect();
        let (store, myself) = (self.store.clone(), myself.clone());
        tokio::spawn(async move {
            let _ = myself.cast(Msg::HeardRead(store.heads_of(&ids).await));
        });
    }
}

impl State {
    fn pass_on(&mut self, myself: &ActorRef<Msg>, commit: &Commit) {
        match commit {
            Commit::Entries(committed) => {
                if let Some(board) = self.boards.get(&committed.head.inbox) {
                    cast(board, BoardMsg::Committed(Arc::clone(committed)));
                }
                self.left(committed.head.id, &committed.entries);
            }
            Commit::Elsewhere(hint) if !self.boards.is_empty() => {
                if self.heard.is_empty() {
                    myself.send_after(HEARD_PAUSE, || Msg::ReadHeard);
                }
                self.heard.insert(hint.conversation);
                self.left(hint.conversation, &hint.entries);
            }
            Commit::Skipped(_) | Commit::Lost => self.read_all(),
            Commit::Elsewhere(_)
            | Commit::Marks { .. }
            | Commit::Agents(_)
            | Commit::Settings
            | Commit::Attached(_)
            | Commit::Queue(_) => {}
        }
    }

    /// The boards that it was moved away from (AS-44).
    fn left(&self, id: ConversationId, entries: &[Entry]) {
        for entry in entries {
            if let EntryBody::InboxChange { from, .. } = &entry.body
                && let Some(board) = self.boards.get(from)
            {
                cast(board, BoardMsg::Left(id));
            }
        }
    }

    fn read_all(&self) {
        self.boards.values().for_each(|board| cast(board, BoardMsg::Read));
    }

    fn heard_read(&self, result: Result<Vec<Head>, StoreError>) {
        match result {
            Ok(heads) => {
                for head in heads {
                    if let Some(board) = self.boards.get(&head.inbox) {
                        cast(board, BoardMsg::Heard(head.into()));
                    }
                }
            }
            Err(error) => {
                tracing::warn!(%error, "what other nodes changed could not be read");
                self.read_all();
            }
        }
    }

    /// One that was ended on purpose is no longer in `boards`, and so stays buried.
    fn bury(&mut self, myself: &ActorRef<Msg>, ended: &ActorCell) {
        let of_ended =
            |(_, board): &(&InboxId, &ActorRef<BoardMsg>)| board.get_id() == ended.get_id();
        if let Some(inbox) = self.boards.iter().find(of_ended).map(|(inbox, _)| *inbox) {
            self.boards.remove(&inbox);
            myself.send_after(RESTART_PAUSE, move || Msg::Restart(inbox));
        }
    }
}

/// The actor may fail without `post_stop`.
impl Drop for State {
    fn drop(&mut self) {
        self.follower.abort();
    }
}

async fn follow(mut commits: CommitStream, boards: ActorRef<Msg>) {
    while let Some(commit) = commits.next().await {
        // Not taken in time is taken later; not taken at all ends this task with the actor.
        let _ = ask(&boards, |passed| Msg::Committed(commit, passed)).await;
    }
}

/// One that has just ended is buried and made again with everybody who looks.
fn cast(board: &ActorRef<BoardMsg>, message: BoardMsg) {
    let _ = board.cast(message);
}
