//! The journal on real databases: every rule of the log, one test each.
//!
//! The cases that both engines must pass are in `on_sqlite` and, once more, in `on_postgres`.

mod cluster;
mod disk;
mod on_postgres;
mod on_sqlite;
mod outages;

use std::time::Duration;

use ractor::ActorCell;
use salotto_protocol::{
    AgentId, AgentStatus, Author, ChatflowId, ClientId, ConversationId, ConversationNumber,
    ConversationState, Entry, EntryBody, ErrorCode, InboxId, Page, Seq, SiteId, View, VisitorId,
};
use tokio::sync::{oneshot, watch};

use super::write::{Mails, Told};
use super::{
    Ack, Change, Changed, Decide, Decision, Journal, Locked, NewAgent, NewConversation, NewEntry,
    Outcome, Rejection, Slot, Target, Write,
};
use crate::store::{AgentRow, Head, NewMail, Store, Term, Turn};
use crate::supervisor;
use crate::test_support::Database;

/// Nothing here takes this long; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// A store in a database of its own, and a journal on it.
struct Desk {
    database: Database,
    store: Store,
    journal: Journal,
    failure: watch::Receiver<bool>,
    _root: ActorCell,
}

impl Desk {
    async fn on(database: Database) -> Desk {
        let store = Store::open(database.url()).await.unwrap();
        let (root, failure) = supervisor::root().await.unwrap();
        let journal = Journal::start(store.clone(), root.clone()).await.unwrap();
        Desk { database, store, journal, failure, _root: root }
    }

    /// The same database, opened once more.
    async fn reopened(self) -> Desk {
        self.journal.drain().await.expect("drained");
        Desk::on(self.database).await
    }

    async fn write(&self, write: NewWrite) -> Outcome {
        wait(self.submit(write)).await
    }

    fn submit(&self, write: NewWrite) -> oneshot::Receiver<Outcome> {
        let (write, outcome) = write.into_write();
        assert!(self.journal.submit(write).is_ok(), "the queue has room");
        outcome
    }

    /// A conversation with one message, as a visitor starts it.
    async fn conversation(&self) -> Head {
        let visitor = Visitor::new();
        let ack = committed(self.write(visitor.start(ClientId::fresh(), "hello")).await);
        self.head(ack.conversation).await
    }

    async fn head(&self, id: ConversationId) -> Head {
        self.store.head(id).await.unwrap().expect("it is there")
    }

    async fn entries(&self, id: ConversationId) -> Vec<Entry> {
        self.store.entries_after(id, View::Agent, Seq(0), 10_000).await.unwrap()
    }

    async fn agent(&self, email: &str, capacity: u32) -> AgentId {
        let new = new_agent(email, capacity);
        let id = new.id;
        let changed = self.journal.change(Change::AddAgent(new)).await.unwrap();
        assert_eq!(changed, Changed::Done);
        id
    }

    async fn agent_row(&self, id: AgentId) -> AgentRow {
        let agents = self.store.agents().await.unwrap();
        agents.into_iter().find(|agent| agent.id == id).expect("it is there")
    }
}

/// A write without its `done`.
struct NewWrite {
    target: Target,
    client_id: Option<ClientId>,
    agents: Vec<AgentId>,
    term: Option<Term>,
    unattended: bool,
    turn: Option<Turn>,
    decide: Decide,
    mails: Option<Mails>,
}

impl NewWrite {
    fn into_write(self) -> (Write, oneshot::Receiver<Outcome>) {
        let (answer, outcome) = oneshot::channel();
        let done = Box::new(move |outcome| answer.send(outcome).unwrap_or(()));
        let NewWrite { target, client_id, agents, term, unattended, turn, decide, mails } = self;
        (Write { target, client_id, agents, term, unattended, turn, decide, mails, done }, outcome)
    }
}

struct Visitor {
    id: VisitorId,
    inbox: InboxId,
}

impl Visitor {
    fn new() -> Visitor {
        Visitor { id: VisitorId::fresh(), inbox: InboxId::fresh() }
    }

    /// A start whose message has the client id of the start.
    fn start(&self, client_id: ClientId, text: &str) -> NewWrite {
        self.start_with(client_id, client_id, text)
    }

    fn start_with(&self, start: ClientId, message: ClientId, text: &str) -> NewWrite {
        let new = NewConversation {
            id: ConversationId::fresh(),
            number: ConversationNumber(number()),
            site: SiteId::fresh(),
            inbox: self.inbox,
            chatflow: ChatflowId::fresh(),
            visitor: self.id,
            start_client_id: start,
            started_on: Page { url: "https://shop.example/".to_owned(), ..Page::default() },
        };
        NewWrite {
            target: Target::Start(Box::new(new)),
            client_id: Some(message),
            agents: Vec::new(),
            term: None,
            unattended: false,
            mails: None,
            turn: None,
            decide: says(Author::Visitor { id: self.id }, message, text),
        }
    }

    fn says(&self, conversation: ConversationId, client_id: ClientId, text: &str) -> NewWrite {
        let decide = says(Author::Visitor { id: self.id }, client_id, text);
        on(conversation, Some(client_id), decide)
    }
}

fn on(conversation: ConversationId, client_id: Option<ClientId>, decide: Decide) -> NewWrite {
    let target = Target::Conversation(conversation);
    let (agents, term, turn) = (Vec::new(), None, None);
    let (unattended, mails) = (false, None);
    NewWrite { target, client_id, agents, term, unattended, turn, decide, mails }
}

/// A message of whoever; a visitor's reopens a closed conversation.
fn says(by: Author, client_id: ClientId, text: &str) -> Decide {
    let text = text.to_owned();
    Box::new(move |locked| {
        let is_closed = locked.head.state == ConversationState::Closed;
        if is_closed && !matches!(by, Author::Visitor { .. }) {
            return Err(CLOSED);
        }
        let state = if is_closed { ConversationState::Unassigned } else { locked.head.state };
        let assignee = if is_closed { None } else { locked.head.assignee };
        let body = EntryBody::Message { text: text.clone() };
        let entries = vec![NewEntry { by: by.clone(), client_id: Some(client_id), body }];
        Ok(Decision { entries, state, assignee, slot: Slot::Keep })
    })
}

fn comments(client_id: ClientId, text: &str) -> Decide {
    let text = text.to_owned();
    Box::new(move |locked| {
        let body = EntryBody::Comment { text: text.clone() };
        Ok(stay(locked, vec![NewEntry { by: anna(), client_id: Some(client_id), body }]))
    })
}

fn stay(locked: &Locked<'_>, entries: Vec<NewEntry>) -> Decision {
    let Head { state, assignee, .. } = *locked.head;
    Decision { entries, state, assignee, slot: Slot::Keep }
}

/// Moves to a state without an assignee; nothing if it is there already.
fn moves_to(to: ConversationState, client_id: Option<ClientId>) -> Decide {
    Box::new(move |locked| {
        let from = locked.head.state;
        if from == to {
            return Ok(stay(locked, Vec::new()));
        }
        let body = EntryBody::Status { from, to };
        let entries = vec![NewEntry { by: Author::System, client_id, body }];
        Ok(Decision { entries, state: to, assignee: None, slot: Slot::Free })
    })
}

const CLOSED: Rejection = Rejection::new(ErrorCode::Closed, "It is closed.");

fn anna() -> Author {
    Author::Agent { id: AgentId(uuid::Uuid::from_u128(7)), name: "Anna".to_owned() }
}

fn new_agent(email: &str, capacity: u32) -> NewAgent {
    NewAgent {
        id: AgentId::fresh(),
        email: email.to_owned(),
        name: "Anna".to_owned(),
        password_hash: "$argon2id$".to_owned(),
        status: AgentStatus::Available,
        capacity,
    }
}

fn number() -> i64 {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).unwrap();
    i64::from_le_bytes(bytes) & ((1 << 53) - 1)
}

async fn wait<T>(outcome: oneshot::Receiver<T>) -> T {
    tokio::time::timeout(PATIENCE, outcome).await.expect("in time").expect("it is answered")
}

#[track_caller]
fn committed(outcome: Outcome) -> Ack {
    match outcome {
        Outcome::Committed(ack) => ack,
        other @ (Outcome::Rejected(_) | Outcome::Failed) => panic!("{other:?}"),
    }
}

#[track_caller]
fn rejected(outcome: Outcome) -> ErrorCode {
    match outcome {
        Outcome::Rejected(rejection) => rejection.code,
        other @ (Outcome::Committed(_) | Outcome::Failed) => panic!("{other:?}"),
    }
}

async fn texts(desk: &Desk, id: ConversationId) -> Vec<String> {
    let entries = desk.entries(id).await;
    entries.iter().filter_map(|entry| entry.body.text()).map(str::to_owned).collect()
}
