//! The conversations as the rest of the node sees them.

use std::sync::Arc;

use ractor::{ActorCell, ActorRef, SpawnErr};
use salotto_protocol::{
    AgentId, Author, ClientId, ConversationId, ConversationNumber, Cursor, InboxId, Page, Party,
    Seq, SiteId, TeamId, View, VisitorId,
};

use super::access::{Access, STALE_ACCESS};
use super::promising::{Asked, PromiseRequest};
use super::queue_places::Promises;
use super::registry::{self, Msg};
use super::state::{decide, decide_start};
use super::telling::owner_if_away;
use crate::clock;
use crate::fanout::{Outbox, SocketId};
use crate::journal::{Busy, Done, Journal, Mails, NewConversation, Outcome, Target, Write};
use crate::link::Link;
use crate::mail::Letters;
use crate::store::{AssigneesOf, ChatflowRow, Settings, Store};

/// The conversations on this node. Cheap to clone; every call is a message, none waits.
#[derive(Clone)]
pub(crate) struct Conversations {
    registry: ActorRef<Msg>,
    journal: Journal,
    access: Access,
    letters: Option<Letters>,
}

/// Who follows a conversation through a socket, and so what they may see.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Follower {
    Visitor {
        id: VisitorId,
        site: SiteId,
    },
    /// A super admin `sees_all`; others the inboxes that they are members of (PERM-5).
    Agent {
        id: AgentId,
        sees_all: bool,
    },
}

/// A socket that wants to follow a conversation.
pub(super) struct Attach {
    pub(super) follower: Follower,
    pub(super) outbox: Outbox,
    pub(super) cursor: Cursor,
}

/// Somebody types in one of their sockets.
pub(super) struct Typing {
    pub(super) conversation: ConversationId,
    pub(super) socket: SocketId,
    pub(super) by: Author,
    pub(super) on: bool,
}

impl Follower {
    pub(super) fn view(self) -> View {
        match self {
            Follower::Visitor { .. } => View::Visitor,
            Follower::Agent { .. } => View::Agent,
        }
    }

    pub(super) fn party(self) -> Party {
        match self {
            Follower::Visitor { .. } => Party::Visitor,
            Follower::Agent { .. } => Party::Team,
        }
    }
}

/// What a participant asks for.
#[derive(Clone, Debug)]
pub(crate) enum Command {
    /// May reopen (IN-6); `assigning` says whom the router would give it then.
    VisitorMessage {
        visitor: VisitorId,
        text: String,
        assigning: AssigneesOf,
    },
    AgentMessage {
        text: String,
    },
    Comment {
        text: String,
    },
    /// To an agent, or to nobody; the note is a comment beside it.
    Assign {
        to: Option<AgentId>,
        note: Option<String>,
    },
    /// To a team: it waits for its main members (AS-41).
    AssignTeam {
        team: TeamId,
        note: Option<String>,
    },
    /// To another inbox, which there is.
    Move {
        inbox: InboxId,
    },
    Close,
    Reopen,
}

/// Who asks for what, and under which id.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) conversation: ConversationId,
    pub(crate) author: Author,
    pub(crate) client_id: ClientId,
    pub(crate) command: Command,
}

/// A start: the chatflow as the session knows it, and the first message.
#[derive(Clone, Debug)]
pub(crate) struct StartRequest {
    pub(crate) visitor: VisitorId,
    pub(crate) chatflow: ChatflowRow,
    /// Should it lead to a conversation that is closed.
    pub(crate) assigning: AssigneesOf,
    pub(crate) start_client_id: ClientId,
    pub(crate) message_client_id: ClientId,
    pub(crate) text: String,
    pub(crate) page: Page,
}

impl Conversations {
    pub(crate) async fn start(
        journal: Journal,
        link: Link,
        store: Store,
        promises: Promises,
        supervisor: ActorCell,
    ) -> Result<Conversations, SpawnErr> {
        let access = Access::new(store.clone());
        // A store that does not answer now is asked again by the first agent who says something.
        let _ = access.fresh().await;
        let (journal_too, access_too) = (journal.clone(), access.clone());
        let parts =
            registry::Parts { journal: journal_too, link, store, access: access_too, promises };
        let registry = registry::start(parts, supervisor).await?;
        Ok(Conversations { registry, journal, access, letters: None })
    }

    /// Tells those by e-mail who are not there to see what begins.
    pub(crate) fn told_by(self, letters: Option<Letters>) -> Conversations {
        Conversations { letters, ..self }
    }

    /// Sends the socket what came after `cursor`, then every new entry, without a hole. A
    /// conversation that is not the follower's is answered with `refused not_found`. Attaching
    /// again replaces the first attachment.
    pub(crate) fn attach(&self, follower: Follower, outbox: Outbox, cursor: Cursor) {
        self.tell(Msg::Attach(Attach { follower, outbox, cursor }));
    }

    pub(crate) fn detach(&self, conversation: ConversationId, socket: SocketId) {
        self.tell(Msg::Detach(conversation, socket));
    }

    /// Starts a conversation or joins the visitor's open one.
    pub(crate) fn begin(&self, request: StartRequest, done: Done) -> Result<(), Busy> {
        let new = NewConversation {
            id: ConversationId::fresh(),
            number: fresh_number(),
            site: request.chatflow.site,
            inbox: request.chatflow.inbox,
            chatflow: request.chatflow.id,
            visitor: request.visitor,
            start_client_id: request.start_client_id,
            started_on: request.page.clone(),
        };
        let (settings, now_ms) = (self.access.known(), clock::now_ms());
        self.journal.submit(Write {
            target: Target::Start(Box::new(new)),
            client_id: Some(request.message_client_id),
            agents: Vec::new(),
            term: None,
            unattended: false,
            mails: owner_if_away(self.letters.as_ref(), &request.assigning, settings.as_ref()),
            turn: None,
            decide: Box::new(move |locked| {
                decide_start(locked, &request, settings.as_deref(), now_ms)
            }),
            done,
        })
    }

    /// Hands a write to the journal. A visitor's command on a conversation of somebody else is
    /// rejected as `not_found`, that of an agent in an inbox of others as `forbidden`.
    pub(crate) fn write(&self, request: Request, done: Done) -> Result<(), Busy> {
        let newest_alone = match request.command {
            Command::Assign { to: Some(_), .. }
            | Command::AssignTeam { .. }
            | Command::Move { .. } => true,
            Command::VisitorMessage { .. }
            | Command::AgentMessage { .. }
            | Command::Comment { .. }
            | Command::Assign { to: None, .. }
            | Command::Close
            | Command::Reopen => false,
        };
        let known = self.access.known().filter(|_| !newest_alone);
        match (&request.author, known) {
            (Author::Visitor { .. } | Author::System, known) => self.submit(request, known, done),
            (Author::Agent { .. }, Some(known)) => self.submit_for_agent(request, known, done),
            (Author::Agent { .. }, None) => {
                tokio::spawn(self.clone().write_by_settings(request, done));
                Ok(())
            }
        }
    }

    /// Promises an answer by e-mail to a visitor who was offered it. Without an answer, the sender
    /// sends it again.
    pub(crate) fn promise(&self, request: PromiseRequest, done: Done) {
        let conversations = self.clone();
        tokio::spawn(async move {
            match conversations.access.fresh().await {
                Ok(settings) => {
                    let asked = Box::new(Asked { request, settings, done });
                    conversations.tell(Msg::Promise(asked));
                }
                Err(error) => {
                    tracing::warn!(%error, "what a chatflow promises could not be read");
                    done(Outcome::Failed);
                }
            }
        });
    }

    /// By the settings of now. Without an answer (the journal is full) the sender sends it again,
    /// as after every silence.
    async fn write_by_settings(self, request: Request, done: Done) {
        match self.access.fresh().await {
            Ok(settings) => drop(self.submit_for_agent(request, settings, done)),
            Err(error) => {
                tracing::warn!(%error, "who may have a conversation could not be read");
                done(Outcome::Failed);
            }
        }
    }

    /// Decided anew if access has changed since those settings.
    fn submit_for_agent(
        &self,
        request: Request,
        settings: Arc<Settings>,
        done: Done,
    ) -> Result<(), Busy> {
        let (conversations, again) = (self.clone(), request.clone());
        let done = Box::new(move |outcome| match outcome {
            Outcome::Rejected(STALE_ACCESS) => {
                tokio::spawn(conversations.write_by_settings(again, done));
            }
            Outcome::Committed(_) | Outcome::Rejected(_) | Outcome::Failed => done(outcome),
        });
        self.submit(request, Some(settings), done)
    }

    fn submit(
        &self,
        request: Request,
        settings: Option<Arc<Settings>>,
        done: Done,
    ) -> Result<(), Busy> {
        let now_ms = clock::now_ms();
        self.journal.submit(Write {
            target: target(&request),
            client_id: Some(request.client_id),
            agents: agents_looked_at(&request),
            term: None,
            unattended: false,
            mails: self.mails_about(&request.command, settings.as_ref()),
            turn: None,
            decide: Box::new(move |locked| decide(locked, &request, settings.as_deref(), now_ms)),
            done,
        })
    }

    fn mails_about(&self, command: &Command, settings: Option<&Arc<Settings>>) -> Option<Mails> {
        match command {
            Command::VisitorMessage { assigning, .. } => {
                owner_if_away(self.letters.as_ref(), assigning, settings)
            }
            Command::AgentMessage { .. }
            | Command::Comment { .. }
            | Command::Assign { .. }
            | Command::AssignTeam { .. }
            | Command::Move { .. }
            | Command::Close
            | Command::Reopen => None,
        }
    }

    /// Raises the marks of the follower's side. Ignored if the socket is not attached.
    pub(crate) fn mark(
        &self,
        conversation: ConversationId,
        socket: SocketId,
        delivered: Seq,
        read: Seq,
    ) {
        self.tell(Msg::Mark(conversation, socket, delivered, read));
    }

    /// Tells the others that somebody types. Ignored if the socket is not attached.
    pub(crate) fn typing(
        &self,
        conversation: ConversationId,
        socket: SocketId,
        by: Author,
        on: bool,
    ) {
        self.tell(Msg::Typing(Typing { conversation, socket, by, on }));
    }

    /// Tells the agents which page the visitor looks at, if it is this visitor's conversation.
    pub(crate) fn page(&self, conversation: ConversationId, visitor: VisitorId, page: Page) {
        self.tell(Msg::Page(conversation, visitor, page));
    }

    #[cfg(test)]
    pub(super) fn panic(&self, conversation: ConversationId) {
        self.tell(Msg::Panic(conversation));
    }

    /// Lost only while the node goes down: clients resume elsewhere.
    fn tell(&self, message: Msg) {
        let _ = self.registry.cast(message);
    }
}

fn target(request: &Request) -> Target {
    match request.command {
        Command::AgentMessage { .. } | Command::Assign { to: Some(_), .. } => {
            Target::Picked(request.conversation)
        }
        Command::VisitorMessage { .. }
        | Command::Comment { .. }
        | Command::Assign { to: None, .. }
        | Command::AssignTeam { .. }
        | Command::Move { .. }
        | Command::Close
        | Command::Reopen => Target::Conversation(request.conversation),
    }
}

fn agents_looked_at(request: &Request) -> Vec<AgentId> {
    let mut agents = Vec::with_capacity(2);
    if let Author::Agent { id, .. } = &request.author {
        agents.push(*id);
    }
    if let Command::Assign { to: Some(agent), .. } = &request.command {
        agents.push(*agent);
    }
    agents
}

/// Random, positive, below 2^53: exact in every language's numbers.
fn fresh_number() -> ConversationNumber {
    let mut bytes = [0_u8; 8];
    getrandom::fill(&mut bytes).expect("the system has randomness");
    let number = i64::try_from(u64::from_le_bytes(bytes) >> 11).expect("53 bits fit");
    ConversationNumber(number.max(1))
}
