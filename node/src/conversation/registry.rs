//! Starts conversation actors for those who attach, hands them what is committed, buries them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use ractor::{
    Actor, ActorCell, ActorId, ActorProcessingErr, ActorRef, RpcReplyPort, SpawnErr,
    SupervisionEvent,
};
use salotto_protocol::envelope::{CommittedHint, Envelope, MarksHint, PageHint};
use salotto_protocol::{Author, CloseCode, ConversationId, Page, Seq, VisitorId};

use super::actor::{self, ConversationActor};
use super::handle::{Attach, Typing};
use crate::ask::ask;
use crate::fanout::{Outbox, SocketId};
use crate::journal::{Commit, CommitStream, Committed, Journal};
use crate::link::{Hint, HintStream, Link};
use crate::metrics;
use crate::store::Store;

pub(super) enum Msg {
    Attach(Attach),
    Detach(ConversationId, SocketId),
    Mark(ConversationId, SocketId, Seq, Seq),
    Typing(Typing),
    Page(ConversationId, VisitorId, Page),
    Commit(Commit, RpcReplyPort<()>),
    Hint(Hint, RpcReplyPort<()>),
    Alone(Alone),
    #[cfg(test)]
    Panic(ConversationId),
}

/// An actor has nobody left, after so many attaches.
pub(super) struct Alone {
    pub(super) id: ConversationId,
    pub(super) actor: ActorId,
    pub(super) attaches: u64,
}

pub(super) async fn start(
    journal: Journal,
    link: Link,
    store: Store,
    supervisor: ActorCell,
) -> Result<ActorRef<Msg>, SpawnErr> {
    let (commits, hints) = (journal.commits(), link.hints());
    let registry = Registry { store, journal, link };
    let (actor, _) = Actor::spawn_linked(None, registry, (), supervisor).await?;
    tokio::spawn(follow_commits(commits, actor.clone()));
    tokio::spawn(follow_hints(hints, actor.clone()));
    Ok(actor)
}

/// Asks, so that a registry that lags fills the bounded stream and not its own mailbox.
async fn follow_commits(mut commits: CommitStream, registry: ActorRef<Msg>) {
    while let Some(commit) = commits.next().await {
        let _ = ask(&registry, |reply| Msg::Commit(commit, reply)).await;
    }
}

async fn follow_hints(mut hints: HintStream, registry: ActorRef<Msg>) {
    while let Some(hint) = hints.next().await {
        let _ = ask(&registry, |reply| Msg::Hint(hint, reply)).await;
    }
}

struct Registry {
    store: Store,
    journal: Journal,
    link: Link,
}

/// A conversation's actor, and how many attaches were sent to it.
struct Line {
    actor: ActorRef<actor::Msg>,
    attaches: u64,
    /// Whoever attached and did not detach.
    sockets: HashMap<SocketId, Outbox>,
}

type State = HashMap<ConversationId, Line>;

impl Actor for Registry {
    type Msg = Msg;
    type State = State;
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Msg>, (): ()) -> Result<State, ActorProcessingErr> {
        Ok(State::new())
    }

    async fn handle(
        &self,
        myself: ActorRef<Msg>,
        message: Msg,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Msg::Attach(attach) => self.attach(&myself, state, attach).await?,
            Msg::Detach(id, socket) => {
                if let Some(line) = state.get_mut(&id) {
                    line.sockets.remove(&socket);
                }
                tell(state, id, actor::Msg::Detach(socket));
            }
            Msg::Mark(id, socket, delivered, read) => {
                tell(state, id, actor::Msg::Mark(socket, delivered, read));
            }
            Msg::Typing(typing) => type_in(state, typing),
            Msg::Page(id, visitor, page) => self.page(state, id, visitor, page),
            Msg::Commit(commit, reply) => {
                self.commit(state, commit);
                let _ = reply.send(());
            }
            Msg::Hint(hint, reply) => {
                take_hint(state, hint);
                let _ = reply.send(());
            }
            Msg::Alone(alone) => bury_if_alone(state, &alone),
            #[cfg(test)]
            Msg::Panic(id) => tell(state, id, actor::Msg::Panic),
        }
        Ok(())
    }

    /// A conversation that fails takes only itself down: its sockets come back and resume.
    async fn handle_supervisor_evt(
        &self,
        _: ActorRef<Msg>,
        event: SupervisionEvent,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match event {
            SupervisionEvent::ActorTerminated(ended, ..) => bury(state, &ended),
            SupervisionEvent::ActorFailed(ended, error) => {
                tracing::error!(error, "a conversation's actor failed");
                metrics::actor_failed("conversation");
                bury(state, &ended);
            }
            SupervisionEvent::ActorStarted(_) | SupervisionEvent::ProcessGroupChanged(_) => {}
        }
        metrics::actors_alive("conversation", state.len());
        Ok(())
    }
}

impl Registry {
    async fn attach(
        &self,
        myself: &ActorRef<Msg>,
        state: &mut State,
        attach: Attach,
    ) -> Result<(), SpawnErr> {
        let id = attach.cursor.conversation;
        let line = match state.entry(id) {
            Entry::Occupied(line) => line.into_mut(),
            Entry::Vacant(place) => {
                let conversation = ConversationActor {
                    id,
                    store: self.store.clone(),
                    journal: self.journal.clone(),
                    registry: myself.clone(),
                    link: self.link.clone(),
                };
                let (actor, _) = myself.spawn_linked(None, conversation, ()).await?;
                metrics::actor_started("conversation");
                place.insert(Line { actor, attaches: 0, sockets: HashMap::new() })
            }
        };
        line.attaches += 1;
        line.sockets.insert(attach.outbox.id(), attach.outbox.clone());
        let _ = line.actor.cast(actor::Msg::Attach(attach));
        Ok(())
    }

    fn commit(&self, state: &State, commit: Commit) {
        match commit {
            Commit::Entries(committed) => {
                self.publish(&committed);
                tell(state, committed.head.id, actor::Msg::Committed(committed));
            }
            Commit::Marks { conversation, party, delivered, read } => {
                let hint = MarksHint { conversation, party, delivered, read };
                self.link.announce(&Envelope::Marks(hint));
                tell(state, conversation, actor::Msg::Marks(party, delivered, read));
            }
            Commit::Skipped(conversations) => {
                for id in conversations {
                    tell(state, id, actor::Msg::Reaches(Seq(u32::MAX)));
                }
            }
            Commit::Agents(_) | Commit::Settings => {}
        }
    }

    /// After the commit: a hint to the other nodes.
    fn publish(&self, committed: &Arc<Committed>) {
        if !self.link.has_peers() {
            return;
        }
        let entries_json = serde_json::to_vec(&committed.entries).expect("entries are plain data");
        self.link.announce(&Envelope::Committed(CommittedHint {
            epoch: self.store.epoch(),
            conversation: committed.head.id,
            head: committed.head.seq,
            entries_json,
        }));
    }

    fn page(&self, state: &State, id: ConversationId, visitor: VisitorId, page: Page) {
        if self.link.has_peers() {
            let page_json = serde_json::to_vec(&page).expect("a page is plain data");
            let hint = PageHint { conversation: id, visitor, page_json };
            self.link.announce(&Envelope::Page(hint));
        }
        tell(state, id, actor::Msg::Page(visitor, page));
    }
}

fn type_in(state: &State, typing: Typing) {
    let Typing { conversation, socket, by, on } = typing;
    let agent = match by {
        Author::Agent { id, name } => Some((id, name)),
        Author::Visitor { .. } | Author::System => None,
    };
    tell(state, conversation, actor::Msg::Typing(Some(socket), agent, on));
}

fn take_hint(state: &State, hint: Hint) {
    match hint {
        Hint::Envelope(Envelope::Committed(hint)) => {
            tell(state, hint.conversation, actor::Msg::Reaches(hint.head));
        }
        Hint::Envelope(Envelope::Marks(hint)) => {
            let message = actor::Msg::Marks(hint.party, hint.delivered, hint.read);
            tell(state, hint.conversation, message);
        }
        Hint::Envelope(Envelope::Typing(hint)) => {
            tell(state, hint.conversation, actor::Msg::Typing(None, hint.agent, hint.on));
        }
        Hint::Envelope(Envelope::Page(hint)) => {
            if let Ok(page) = serde_json::from_slice(&hint.page_json) {
                tell(state, hint.conversation, actor::Msg::Page(hint.visitor, page));
            }
        }
        Hint::Envelope(Envelope::Settings) => {}
        Hint::Lost => {
            for line in state.values() {
                let _ = line.actor.cast(actor::Msg::Reaches(Seq(u32::MAX)));
            }
        }
    }
}

/// Nobody here follows it: nothing to tell.
fn tell(state: &State, id: ConversationId, message: actor::Msg) {
    if let Some(line) = state.get(&id) {
        let _ = line.actor.cast(message);
    }
}

/// The handle goes first, then `drain`: an attach that is already on its way to the actor has
/// been counted here, and keeps it.
fn bury_if_alone(state: &mut State, alone: &Alone) {
    let is_it = |line: &Line| line.actor.get_id() == alone.actor && line.attaches == alone.attaches;
    if state.get(&alone.id).is_some_and(is_it) {
        let line = state.remove(&alone.id).expect("it was just seen");
        // Fails only if it has ended by itself.
        let _ = line.actor.drain();
        metrics::actor_stopped("conversation", "idle");
    }
}

/// Removes exactly this actor: its conversation may already have a successor. Sockets that it
/// had are told to come back and resume, or they would hear nothing for ever.
fn bury(state: &mut State, ended: &ActorCell) {
    state.retain(|_, line| {
        let keep = line.actor.get_id() != ended.get_id();
        if !keep {
            for outbox in line.sockets.values() {
                outbox.close(CloseCode::InternalError, "please come back");
            }
        }
        keep
    });
}
