//! The visitors' sockets on this node, parked or not, and the session actors of those who act.

use std::collections::HashMap;
use std::time::Duration;

use ractor::{
    Actor, ActorCell, ActorProcessingErr, ActorRef, RpcReplyPort, SpawnErr, SupervisionEvent,
};
use salotto_protocol::{
    ClientFrame, CloseCode, ConversationId, Cursor, ErrorCode, Page, Refusal, Seq, limits,
};

use super::actor::{self, SessionActor};
use super::handle::{Arrival, Identity};
use super::state::ATTACHES;
use crate::chatflow::Chatflows;
use crate::clock;
use crate::conversation::{Conversations, Follower, refuse};
use crate::fanout::{Outbox, SocketId};
use crate::limiter::Shared;
use crate::metrics;
use crate::rate::{Bucket, Taken};

/// A visitor silent for so long keeps a socket and loses the actor.
const PASSIVATE_AFTER_MS: i64 = 30_000;
const SWEEP_EVERY: Duration = Duration::from_secs(5);
/// For a visitor with too many tabs: one may be closed by then.
const TOO_MANY_RETRY_MS: u64 = 10_000;

pub(super) enum Msg {
    Join(Arrival),
    Leave(Identity, SocketId),
    Frame {
        who: Identity,
        outbox: Outbox,
        frame: ClientFrame,
        shared: Option<Shared>,
        reply: RpcReplyPort<()>,
    },
    Attach(Identity, Outbox, Cursor),
    Detach(Identity, SocketId, ConversationId),
    /// A conversation of this visitor began: all their tabs follow it.
    Started(Identity, ConversationId),
    Looks(Identity, SocketId, Page),
    Sweep,
}

pub(super) async fn start(
    chatflows: Chatflows,
    conversations: Conversations,
    supervisor: ActorCell,
) -> Result<ActorRef<Msg>, SpawnErr> {
    let registry = Registry { chatflows, conversations };
    let (actor, _) = Actor::spawn_linked(None, registry, (), supervisor).await?;
    actor.send_interval(SWEEP_EVERY, || Msg::Sweep);
    Ok(actor)
}

struct Registry {
    chatflows: Chatflows,
    conversations: Conversations,
}

#[derive(Default)]
struct State {
    visitors: HashMap<Identity, Line>,
    sessions: HashMap<Identity, Session>,
}

/// A visitor's sockets: the record of a parked one is this small.
struct Line {
    sockets: Vec<Tab>,
    /// Over all tabs; what the node attaches by itself is not counted.
    attaches: Bucket,
}

struct Tab {
    outbox: Outbox,
    attached: Vec<ConversationId>,
    page: Option<Box<Page>>,
    /// Of the load tester: no limits of number and rate.
    exempt: bool,
}

struct Session {
    actor: ActorRef<actor::Msg>,
    active_at_ms: i64,
}

impl Actor for Registry {
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
            Msg::Join(arrival) => self.join(state, arrival),
            Msg::Leave(who, socket) => self.leave(state, who, socket),
            Msg::Frame { who, outbox, frame, shared, reply } => {
                let session = self.session(&myself, state, who).await?;
                let _ = session.cast(actor::Msg::Frame { outbox, frame, shared, reply });
            }
            Msg::Attach(who, outbox, cursor) => self.asked(state, who, &outbox, cursor),
            Msg::Detach(who, socket, conversation) => {
                self.detach(state, who, socket, conversation);
            }
            Msg::Started(who, conversation) => self.started(state, who, conversation),
            Msg::Looks(who, socket, page) => self.looks(state, who, socket, page),
            Msg::Sweep => self.sweep(state),
        }
        Ok(())
    }

    /// A session that fails takes only itself down: the next frame makes a new one.
    async fn handle_supervisor_evt(
        &self,
        _: ActorRef<Msg>,
        event: SupervisionEvent,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match event {
            SupervisionEvent::ActorTerminated(ended, ..) => bury(state, &ended),
            SupervisionEvent::ActorFailed(ended, error) => {
                tracing::error!(error, "a visitor's session failed");
                metrics::actor_failed("session");
                bury(state, &ended);
            }
            SupervisionEvent::ActorStarted(_) | SupervisionEvent::ProcessGroupChanged(_) => {}
        }
        count(state);
        Ok(())
    }
}

impl Registry {
    fn join(&self, state: &mut State, arrival: Arrival) {
        let Arrival { who, outbox, cursors, page, exempt } = arrival;
        let line = state.visitors.entry(who).or_insert_with(Line::new);
        let is_known = line.tab(outbox.id()).is_some();
        if !is_known && !exempt && line.sockets.len() >= limits::VISITOR_SOCKETS_MAX {
            send_away(&outbox);
            return;
        }
        // After a lost queue as well: it may have held what told the availability.
        self.chatflows.join(who.site, &outbox);
        if !is_known {
            let (outbox, page) = (outbox.clone(), page.map(Box::new));
            line.sockets.push(Tab { outbox, attached: Vec::new(), page, exempt });
        }
        for cursor in last_of_each(cursors) {
            if is_known {
                self.attach(state, who, &outbox, cursor);
            } else {
                self.asked(state, who, &outbox, cursor);
            }
        }
    }

    fn leave(&self, state: &mut State, who: Identity, socket: SocketId) {
        let Some(line) = state.visitors.get_mut(&who) else { return };
        let Some(place) = line.sockets.iter().position(|tab| tab.outbox.id() == socket) else {
            return;
        };
        let tab = line.sockets.swap_remove(place);
        for conversation in tab.attached {
            self.conversations.detach(conversation, socket);
        }
        self.chatflows.leave(who.site, socket);
        if line.sockets.is_empty() {
            state.visitors.remove(&who);
        }
    }

    /// The visitor asks for it: within their rate.
    fn asked(&self, state: &mut State, who: Identity, outbox: &Outbox, cursor: Cursor) {
        let Some(line) = state.visitors.get_mut(&who) else { return };
        match line.admit(outbox.id()) {
            Taken::Granted => self.attach(state, who, outbox, cursor),
            Taken::Empty { retry_after_ms } => {
                metrics::rate_limited("visitor");
                let conversation = Some(cursor.conversation);
                let refusal = Refusal::new(ErrorCode::RateLimited, "too many attached at once");
                let retry_after_ms = Some(retry_after_ms);
                refuse(outbox, Refusal { conversation, retry_after_ms, ..refusal });
            }
        }
    }

    fn attach(&self, state: &mut State, who: Identity, outbox: &Outbox, cursor: Cursor) {
        let Some(tab) = state.visitors.get_mut(&who).and_then(|line| line.tab(outbox.id())) else {
            return;
        };
        if !tab.attached.contains(&cursor.conversation) {
            if tab.attached.len() >= limits::ATTACHED_MAX {
                let message = "this socket follows too many conversations: detach one";
                let conversation = Some(cursor.conversation);
                let refusal = Refusal::new(ErrorCode::TooLarge, message);
                refuse(outbox, Refusal { conversation, ..refusal });
                return;
            }
            tab.attached.push(cursor.conversation);
        }
        let follower = Follower::Visitor { id: who.visitor, site: who.site };
        self.conversations.attach(follower, outbox.clone(), cursor);
        if let Some(page) = &tab.page {
            self.conversations.page(cursor.conversation, who.visitor, (**page).clone());
        }
    }

    fn detach(
        &self,
        state: &mut State,
        who: Identity,
        socket: SocketId,
        conversation: ConversationId,
    ) {
        if let Some(tab) = state.visitors.get_mut(&who).and_then(|line| line.tab(socket)) {
            tab.attached.retain(|it| *it != conversation);
            tab.outbox.forget(conversation);
            self.conversations.detach(conversation, socket);
        }
    }

    fn started(&self, state: &mut State, who: Identity, conversation: ConversationId) {
        let Some(line) = state.visitors.get(&who) else { return };
        let fresh: Vec<Outbox> = line
            .sockets
            .iter()
            .filter(|tab| !tab.attached.contains(&conversation))
            .map(|tab| tab.outbox.clone())
            .collect();
        let cursor = Cursor { conversation, epoch: None, seq: Seq(0) };
        for outbox in fresh {
            self.attach(state, who, &outbox, cursor);
        }
    }

    fn looks(&self, state: &mut State, who: Identity, socket: SocketId, page: Page) {
        if let Some(tab) = state.visitors.get_mut(&who).and_then(|line| line.tab(socket)) {
            for conversation in &tab.attached {
                self.conversations.page(*conversation, who.visitor, page.clone());
            }
            tab.page = Some(Box::new(page));
        }
    }

    async fn session<'a>(
        &self,
        myself: &ActorRef<Msg>,
        state: &'a mut State,
        who: Identity,
    ) -> Result<&'a ActorRef<actor::Msg>, SpawnErr> {
        let now_ms = clock::now_ms();
        if !state.sessions.contains_key(&who) {
            let session = SessionActor {
                who,
                chatflows: self.chatflows.clone(),
                conversations: self.conversations.clone(),
                registry: myself.clone(),
            };
            let page = state.visitors.get(&who).and_then(Line::page).unwrap_or_default();
            let (actor, _) = myself.spawn_linked(None, session, page).await?;
            metrics::actor_started("session");
            state.sessions.insert(who, Session { actor, active_at_ms: now_ms });
            count(state);
        }
        let session = state.sessions.get_mut(&who).expect("it was just put there");
        session.active_at_ms = now_ms;
        Ok(&session.actor)
    }

    /// The handle goes first, then `drain`: every frame goes through here, so none can follow.
    fn sweep(&self, state: &mut State) {
        let silent_since = clock::now_ms() - PASSIVATE_AFTER_MS;
        state.sessions.retain(|_, session| {
            let keep = session.active_at_ms > silent_since;
            if !keep {
                let _ = session.actor.drain();
                metrics::actor_stopped("session", "idle");
            }
            keep
        });
        count(state);
    }
}

fn count(state: &State) {
    metrics::actors_alive("session", state.sessions.len());
}

/// The last one of each conversation: every cursor costs a read of the log.
fn last_of_each(cursors: Vec<Cursor>) -> Vec<Cursor> {
    let mut kept: Vec<Cursor> = Vec::with_capacity(cursors.len());
    for cursor in cursors {
        kept.retain(|it| it.conversation != cursor.conversation);
        kept.push(cursor);
    }
    kept
}

fn send_away(outbox: &Outbox) {
    metrics::rate_limited("visitor");
    let retry_after_ms = Some(TOO_MANY_RETRY_MS);
    let refusal = Refusal::new(ErrorCode::RateLimited, "too many sockets of this visitor");
    refuse(outbox, Refusal { retry_after_ms, ..refusal });
    outbox.close(CloseCode::RateLimited, "too many sockets of this visitor");
}

impl Line {
    fn new() -> Line {
        Line { sockets: Vec::new(), attaches: Bucket::full(ATTACHES, clock::now_ms()) }
    }

    fn admit(&mut self, socket: SocketId) -> Taken {
        if self.tab(socket).is_some_and(|tab| tab.exempt) {
            return Taken::Granted;
        }
        self.attaches.take(ATTACHES, clock::now_ms())
    }

    fn tab(&mut self, socket: SocketId) -> Option<&mut Tab> {
        self.sockets.iter_mut().find(|tab| tab.outbox.id() == socket)
    }

    fn page(&self) -> Option<Page> {
        self.sockets.iter().rev().find_map(|tab| tab.page.as_deref().cloned())
    }
}

/// Removes exactly this actor: its visitor may already have a new one.
fn bury(state: &mut State, ended: &ActorCell) {
    state.sessions.retain(|_, session| session.actor.get_id() != ended.get_id());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_cursors_of_a_conversation_the_last_one_counts() {
        let (one, other) = (ConversationId::fresh(), ConversationId::fresh());
        let cursor = |conversation, seq| Cursor { conversation, epoch: None, seq: Seq(seq) };

        let kept = last_of_each(vec![cursor(one, 1), cursor(other, 2), cursor(one, 3)]);

        assert_eq!(kept, [cursor(other, 2), cursor(one, 3)]);
    }
}
