//! Starts conversation actors for those who attach, hands them what is committed, buries them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::time::Instant;

use ractor::{
    Actor, ActorCell, ActorId, ActorProcessingErr, ActorRef, RpcReplyPort, SpawnErr,
    SupervisionEvent,
};
use salotto_protocol::envelope::{Envelope, PageHint, QueueHint};
use salotto_protocol::{Author, CloseCode, ConversationId, Page, Seq, VisitorId};

use super::access::Access;
use super::actor::{self, ConversationActor};
use super::anti_entropy::{CONSIDERED_EVERY, Found, Lookout, Reach, Scope, look};
use super::handle::{Attach, Typing};
use super::promising::{self, Asked};
use super::queue_places::{Moved, Promises, QueuePlaces};
use super::queueing::Offered;
use crate::ask::ask;
use crate::fanout::{Outbox, SocketId};
use crate::journal::{Commit, CommitStream, Journal};
use crate::link::{Hint, HintStream, Link};
use crate::metrics;
use crate::sabotage::{self, Switch};
use crate::store::{Settings, Store, StoreError, Subject};

pub(super) enum Msg {
    Attach(Attach),
    Detach(ConversationId, SocketId),
    Mark(ConversationId, SocketId, Seq, Seq),
    Typing(Typing),
    Page(ConversationId, VisitorId, Page),
    Commit(Commit, RpcReplyPort<()>),
    Hint(Hint, RpcReplyPort<()>),
    Alone(Alone),
    /// The router's word of the queue, with the settings that say what of it visitors hear.
    QueueTold(Arc<QueueHint>, Arc<Settings>),
    Promise(Box<Asked>),
    /// Time to consider whether something was missed.
    Consider,
    Looked(Result<Vec<(ConversationId, Seq)>, StoreError>),
    #[cfg(test)]
    Panic(ConversationId),
}

/// An actor has nobody left, after so many attaches.
pub(super) struct Alone {
    pub(super) id: ConversationId,
    pub(super) actor: ActorId,
    pub(super) attaches: u64,
}

/// What conversations need of the node.
pub(super) struct Parts {
    pub(super) journal: Journal,
    pub(super) link: Link,
    pub(super) store: Store,
    pub(super) access: Access,
    pub(super) promises: Promises,
}

pub(super) async fn start(parts: Parts, supervisor: ActorCell) -> Result<ActorRef<Msg>, SpawnErr> {
    let Parts { journal, link, store, access, promises } = parts;
    let (commits, hints) = (journal.commits(), link.hints());
    let places = Arc::new(QueuePlaces::new(promises));
    let registry = Registry { store, journal, link, access, places };
    let (actor, _) = Actor::spawn_linked(None, registry, (), supervisor).await?;
    actor.send_interval(CONSIDERED_EVERY, || Msg::Consider);
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
    access: Access,
    places: Arc<QueuePlaces>,
}

/// A conversation's actor, and how many attaches were sent to it.
struct Line {
    actor: ActorRef<actor::Msg>,
    attaches: u64,
    /// Whoever attached and did not detach.
    sockets: HashMap<SocketId, Outbox>,
    told: Reach,
    active_at: Instant,
}

pub(super) struct State {
    lines: Lines,
    lookout: Lookout,
}

type Lines = HashMap<ConversationId, Line>;

impl Actor for Registry {
    type Msg = Msg;
    type State = State;
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Msg>, (): ()) -> Result<State, ActorProcessingErr> {
        Ok(State { lines: Lines::new(), lookout: Lookout::new() })
    }

    async fn handle(
        &self,
        myself: ActorRef<Msg>,
        message: Msg,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Msg::Attach(attach) => self.attach(&myself, &mut state.lines, attach).await?,
            Msg::Detach(id, socket) => {
                if let Some(line) = state.lines.get_mut(&id) {
                    line.sockets.remove(&socket);
                }
                tell(&state.lines, id, actor::Msg::Detach(socket));
            }
            Msg::Mark(id, socket, delivered, read) => {
                tell(&state.lines, id, actor::Msg::Mark(socket, delivered, read));
            }
            Msg::Typing(typing) => type_in(&state.lines, typing),
            Msg::Page(id, visitor, page) => self.page(&state.lines, id, visitor, page),
            Msg::Commit(commit, reply) => {
                self.commit(&myself, state, commit);
                let _ = reply.send(());
            }
            Msg::Hint(hint, reply) => {
                take_hint(&state.lines, hint);
                let _ = reply.send(());
            }
            Msg::QueueTold(hint, settings) => self.queue_told(&state.lines, &hint, &settings),
            Msg::Promise(asked) => self.promise(&state.lines, asked),
            Msg::Alone(alone) => self.bury_if_alone(&mut state.lines, &alone),
            Msg::Consider => self.consider(&myself, state),
            Msg::Looked(result) => self.looked(&myself, state, result),
            #[cfg(test)]
            Msg::Panic(id) => tell(&state.lines, id, actor::Msg::Panic),
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
            SupervisionEvent::ActorTerminated(ended, ..) => self.bury(&mut state.lines, &ended),
            SupervisionEvent::ActorFailed(ended, error) => {
                tracing::error!(error, "a conversation's actor failed");
                metrics::actor_failed("conversation");
                self.bury(&mut state.lines, &ended);
            }
            SupervisionEvent::ActorStarted(_) | SupervisionEvent::ProcessGroupChanged(_) => {}
        }
        metrics::actors_alive("conversation", state.lines.len());
        Ok(())
    }
}

impl Registry {
    async fn attach(
        &self,
        myself: &ActorRef<Msg>,
        state: &mut Lines,
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
                    access: self.access.clone(),
                    places: self.places.clone(),
                    registry: myself.clone(),
                };
                let (actor, _) = myself.spawn_linked(None, conversation, ()).await?;
                metrics::actor_started("conversation");
                self.journal.attach(Subject::Conversation(id));
                let (sockets, told) = (HashMap::new(), Reach::default());
                let active_at = Instant::now();
                place.insert(Line { actor, attaches: 0, sockets, told, active_at })
            }
        };
        line.attaches += 1;
        line.active_at = Instant::now();
        line.sockets.insert(attach.outbox.id(), attach.outbox.clone());
        let _ = line.actor.cast(actor::Msg::Attach(attach));
        Ok(())
    }

    fn commit(&self, myself: &ActorRef<Msg>, state: &mut State, commit: Commit) {
        let lines = &mut state.lines;
        match commit {
            Commit::Entries(committed) => {
                let (id, seq) = (committed.head.id, committed.head.seq);
                pass(lines, id, seq, actor::Msg::Committed(committed));
            }
            Commit::Elsewhere(hint) => {
                pass(lines, hint.conversation, hint.head, actor::Msg::Elsewhere(hint));
            }
            Commit::Marks { conversation, party, delivered, read } => {
                tell(lines, conversation, actor::Msg::Marks(party, delivered, read));
            }
            Commit::Skipped(conversations) => {
                for id in conversations {
                    tell(lines, id, actor::Msg::Reaches(Seq(u32::MAX)));
                }
            }
            Commit::Attached(ids) => {
                let ids = ids.iter().copied().filter(|id| lines.contains_key(id)).collect();
                look(&self.store, ids, myself.clone());
            }
            Commit::Lost => {
                state.lookout.lost();
                self.consider(myself, state);
            }
            Commit::Queue(hint) => {
                let (access, registry) = (self.access.clone(), myself.clone());
                tokio::spawn(async move {
                    let _ = registry.cast(Msg::QueueTold(hint, access.latest().await));
                });
            }
            Commit::Agents(_) | Commit::Settings => {}
        }
    }

    fn queue_told(&self, lines: &Lines, hint: &QueueHint, settings: &Settings) {
        match self.places.take(hint, settings, Instant::now()) {
            Moved::These(ids) => {
                ids.into_iter().for_each(|id| tell(lines, id, actor::Msg::QueueMoved));
            }
            Moved::Anybody => {
                lines.keys().for_each(|id| tell(lines, *id, actor::Msg::QueueMoved));
            }
        }
    }

    /// Who does not follow it here was offered nothing here.
    fn promise(&self, lines: &Lines, asked: Box<Asked>) {
        match lines.get(&asked.request.conversation) {
            Some(line) => drop(line.actor.cast(actor::Msg::Promise(asked))),
            None => promising::submit(&self.journal, *asked, Offered::No),
        }
    }

    /// Alone, nothing can be missed: nobody else commits.
    fn consider(&self, myself: &ActorRef<Msg>, state: &mut State) {
        if !self.link.has_peers() {
            return;
        }
        let trust = *self.link.trust().borrow();
        let Some(scope) = state.lookout.next(trust, Instant::now()) else { return };
        let is_asked = |line: &Line| match scope {
            Scope::All => true,
            Scope::ActiveSince(since) => line.active_at >= since,
        };
        let asked = state.lines.iter().filter(|(_, line)| is_asked(line)).map(|(id, _)| *id);
        look(&self.store, asked.collect(), myself.clone());
    }

    fn looked(
        &self,
        myself: &ActorRef<Msg>,
        state: &mut State,
        result: Result<Vec<(ConversationId, Seq)>, StoreError>,
    ) {
        let is_more = state.lookout.ended(result.is_ok());
        match result {
            Ok(reached) => reached.into_iter().for_each(|(id, seq)| self.reaches(state, id, seq)),
            Err(error) => tracing::warn!(%error, "it was not read how far the logs reach"),
        }
        if is_more {
            self.consider(myself, state);
        }
    }

    fn reaches(&self, state: &mut State, id: ConversationId, seq: Seq) {
        let Some(line) = state.lines.get_mut(&id) else { return };
        match line.told.finds(seq) {
            Found::Known => return,
            Found::First => {}
            Found::Untold => {
                self.journal.doubt(Subject::Conversation(id));
                metrics::link_gap_found();
            }
        }
        if sabotage::on(Switch::TrustLink) {
            return;
        }
        line.active_at = Instant::now();
        let _ = line.actor.cast(actor::Msg::Reaches(seq));
    }

    fn page(&self, lines: &Lines, id: ConversationId, visitor: VisitorId, page: Page) {
        self.journal.pass(id, || {
            let page_json = serde_json::to_vec(&page).expect("a page is plain data");
            Envelope::Page(PageHint { conversation: id, visitor, page_json })
        });
        tell(lines, id, actor::Msg::Page(visitor, page));
    }

    /// The handle goes first, then `drain`: an attach that is already on its way to the actor has
    /// been counted here, and keeps it.
    fn bury_if_alone(&self, lines: &mut Lines, alone: &Alone) {
        let is_it =
            |line: &Line| line.actor.get_id() == alone.actor && line.attaches == alone.attaches;
        if lines.get(&alone.id).is_some_and(is_it) {
            let line = lines.remove(&alone.id).expect("it was just seen");
            // Fails only if it has ended by itself.
            let _ = line.actor.drain();
            self.journal.detach(Subject::Conversation(alone.id));
            metrics::actor_stopped("conversation", "idle");
        }
    }

    /// Removes exactly this actor: its conversation may already have a successor. Sockets that it
    /// had are told to come back and resume, or they would hear nothing for ever.
    fn bury(&self, lines: &mut Lines, ended: &ActorCell) {
        lines.retain(|id, line| {
            let keep = line.actor.get_id() != ended.get_id();
            if !keep {
                self.journal.detach(Subject::Conversation(*id));
                for outbox in line.sockets.values() {
                    outbox.close(CloseCode::InternalError, "please come back");
                }
            }
            keep
        });
    }
}

fn type_in(lines: &Lines, typing: Typing) {
    let Typing { conversation, socket, by, on } = typing;
    let agent = match by {
        Author::Agent { id, name } => Some((id, name)),
        Author::Visitor { .. } | Author::System => None,
    };
    tell(lines, conversation, actor::Msg::Typing(Some(socket), agent, on));
}

/// The journal tells of the rest.
fn take_hint(lines: &Lines, hint: Hint) {
    match hint {
        Hint::Envelope(Envelope::Typing(hint)) => {
            tell(lines, hint.conversation, actor::Msg::Typing(None, hint.agent, hint.on));
        }
        Hint::Envelope(Envelope::Page(hint)) => {
            if let Ok(page) = serde_json::from_slice(&hint.page_json) {
                tell(lines, hint.conversation, actor::Msg::Page(hint.visitor, page));
            }
        }
        Hint::Envelope(
            Envelope::Committed(_) | Envelope::Marks(_) | Envelope::Settings | Envelope::Queue(_),
        )
        | Hint::Lost => {}
    }
}

/// Entries, up to this seq.
fn pass(lines: &mut Lines, id: ConversationId, seq: Seq, message: actor::Msg) {
    if let Some(line) = lines.get_mut(&id) {
        line.told.hears(seq);
        line.active_at = Instant::now();
        let _ = line.actor.cast(message);
    }
}

/// Nobody here follows it: nothing to tell.
fn tell(lines: &Lines, id: ConversationId, message: actor::Msg) {
    if let Some(line) = lines.get(&id) {
        let _ = line.actor.cast(message);
    }
}
