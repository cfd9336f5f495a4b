//! What tests of several folders need: a real store, and a socket whose other end can be read.

use std::path::Path;
use std::time::{Duration, Instant};

use salotto_protocol::promise::EmailAddress;
use salotto_protocol::{
    AgentId, AgentStatus, Author, ChatflowId, ClientId, ConversationId, ConversationNumber,
    ConversationState, EntryBody, InboxId, NodeId, Page, Seq, ServerFrame, SiteId, VisitorId,
};
use salotto_tests::postgres::Postgres;
use tempfile::TempDir;
use tokio::io::AsyncReadExt;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OnceCell, oneshot};

use crate::fanout::Outbox;
use crate::journal::{
    Change, Decision, Journal, Locked, NewAgent, NewConversation, NewEntry, Outcome, Slot, Target,
    Write,
};
use crate::store::{AgentRow, Head, Store, Term};
use crate::supervisor::{self, ActorCell};

/// More than any of these tests leaves unread.
const BUDGET_BYTES: usize = 256 * 1024;
/// Nothing here takes this long; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// A fresh database of either engine.
pub(crate) enum Database {
    File { folder: TempDir, url: String },
    Server { url: String },
}

/// One for all tests of this process: a database for each is enough.
static SERVER: OnceCell<Postgres> = OnceCell::const_new();

impl Database {
    /// Its file lives as long as this.
    pub(crate) fn sqlite() -> Database {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = format!("sqlite:{}", folder.path().join("chat.db").display());
        Database::File { folder, url }
    }

    pub(crate) async fn postgres() -> Database {
        let server = SERVER.get_or_init(Postgres::start).await;
        Database::Server { url: server.database().await }
    }

    /// One that is there already.
    pub(crate) fn at(url: &str) -> Database {
        Database::Server { url: url.to_owned() }
    }

    pub(crate) fn url(&self) -> &str {
        match self {
            Database::File { url, .. } | Database::Server { url } => url,
        }
    }

    pub(crate) fn folder(&self) -> &Path {
        match self {
            Database::File { folder, .. } => folder.path(),
            Database::Server { .. } => panic!("a server's files are its own"),
        }
    }
}

/// A fresh SQLite store; it lives as long as its folder.
pub(crate) async fn store() -> (TempDir, Store) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = format!("sqlite:{}", folder.path().join("salotto.db").display());
    let store = Store::open(&url).await.expect("a fresh store");
    (folder, store)
}

/// The browser's end of an outbox.
pub(crate) struct Browser {
    read: OwnedReadHalf,
    _write: OwnedWriteHalf,
}

/// A real loopback socket: the node's outbox, and the browser's end of it.
pub(crate) async fn socket() -> (Outbox, Browser) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    let (ours, theirs) = tokio::join!(TcpStream::connect(address), listener.accept());
    let (read, write) = ours.expect("connected").into_split();
    let (theirs, _) = theirs.expect("accepted");
    let (unread, outbox) = theirs.into_split();
    std::mem::forget(unread);
    (Outbox::new(outbox, BUDGET_BYTES), Browser { read, _write: write })
}

impl Browser {
    /// The next frame; none in good time is a failure.
    pub(crate) async fn next(&mut self) -> ServerFrame {
        tokio::time::timeout(PATIENCE, self.frame()).await.expect("a frame in time")
    }

    async fn frame(&mut self) -> ServerFrame {
        let mut start = [0_u8; 2];
        self.read.read_exact(&mut start).await.expect("a frame's start");
        let length = match start[1] {
            126 => usize::from(self.read.read_u16().await.expect("a length")),
            127 => usize::try_from(self.read.read_u64().await.expect("a length")).expect("small"),
            short => usize::from(short),
        };
        let mut payload = vec![0; length];
        self.read.read_exact(&mut payload).await.expect("a payload");
        serde_json::from_slice(&payload).expect("a server frame")
    }

    /// Reads on until a frame is the wanted one.
    pub(crate) async fn until<T>(&mut self, wanted: impl Fn(ServerFrame) -> Option<T>) -> T {
        loop {
            if let Some(found) = wanted(self.next().await) {
                return found;
            }
        }
    }
}

/// A store and a journal with one site, one inbox and one chatflow that assigns.
pub(crate) struct Desk {
    pub(crate) store: Store,
    pub(crate) journal: Journal,
    pub(crate) root: ActorCell,
    pub(crate) site: SiteId,
    pub(crate) inbox: InboxId,
    pub(crate) chatflow: ChatflowId,
    _folder: TempDir,
}

impl Desk {
    pub(crate) async fn new() -> Desk {
        let (folder, store) = store().await;
        let (root, _) = supervisor::root().await.expect("a root");
        let journal = Journal::start(store.clone(), root.clone()).await.expect("a journal");
        let (site, inbox, chatflow) = (SiteId::fresh(), InboxId::fresh(), ChatflowId::fresh());
        store.immortal(NodeId(uuid::Uuid::nil())).await;
        let desk = Desk { store, journal, root, site, inbox, chatflow, _folder: folder };
        let origins = vec!["https://shop.example".to_owned()];
        desk.change(Change::PutSite { id: site, name: "Shop".to_owned(), origins }).await;
        desk.change(Change::PutInbox { id: inbox, name: "Shop".to_owned() }).await;
        desk.put_chatflow(chatflow, &[], 1).await;
        desk
    }

    /// Enabled and assigning; to everybody if nobody is named.
    pub(crate) async fn put_chatflow(&self, id: ChatflowId, agents: &[AgentId], priority: i64) {
        let settings = serde_json::json!({ "name": "Shop", "assign": true, "agents": agents });
        let settings = serde_json::from_value(settings).expect("settings");
        let Desk { site, inbox, .. } = *self;
        let enabled = true;
        let change = Change::PutChatflow { id, site, inbox, enabled, priority, settings };
        self.change(change).await;
    }

    /// Available, and present only with `present`.
    pub(crate) async fn agent(&self, name: &str, capacity: u32) -> AgentId {
        let id = AgentId::fresh();
        let new = NewAgent {
            id,
            email: format!("{name}@example.com"),
            name: name.to_owned(),
            password_hash: String::new(),
            status: AgentStatus::Available,
            capacity,
        };
        self.change(Change::AddAgent(new)).await;
        id
    }

    pub(crate) async fn present(&self, agent: AgentId, present: bool) {
        self.change(Change::Presence { agent, node: NodeId(uuid::Uuid::nil()), present }).await;
    }

    pub(crate) async fn agent_row(&self, id: AgentId) -> AgentRow {
        let rows = self.store.agents().await.expect("read");
        rows.into_iter().find(|row| row.id == id).expect("it was added")
    }

    pub(crate) async fn head(&self, id: ConversationId) -> Head {
        self.store.head(id).await.expect("read").expect("it was started")
    }

    /// A conversation that waits for an agent.
    pub(crate) async fn waits(&self, chatflow: ChatflowId) -> ConversationId {
        let (visitor, client_id) = (VisitorId::fresh(), ClientId::fresh());
        let new = NewConversation {
            id: ConversationId::fresh(),
            number: ConversationNumber(number()),
            site: self.site,
            inbox: self.inbox,
            chatflow,
            visitor,
            start_client_id: client_id,
            started_on: Page::default(),
        };
        let by = Author::Visitor { id: visitor };
        let body = EntryBody::Message { text: "hello".to_owned() };
        let target = Target::Start(Box::new(new));
        self.moves(target, by, body, ConversationState::Waiting).await
    }

    pub(crate) async fn closes(&self, id: ConversationId) {
        let (from, to) = (self.head(id).await.state, ConversationState::Closed);
        let target = Target::Conversation(id);
        self.moves(target, Author::System, EntryBody::Status { from, to }, to).await;
    }

    /// An answer by e-mail is promised.
    pub(crate) async fn promises(&self, id: ConversationId, due_at_ms: i64) {
        let by = Author::Visitor { id: self.head(id).await.visitor };
        let email = EmailAddress::parse("grace@mail.example").expect("an address");
        for body in [EntryBody::Contact { email }, EntryBody::Promised { due_at_ms }] {
            let state = self.head(id).await.state;
            self.moves(Target::Conversation(id), by.clone(), body, state).await;
        }
    }

    /// A message of the system: nothing else changes.
    pub(crate) async fn says(&self, id: ConversationId, text: &str) {
        let state = self.head(id).await.state;
        let body = EntryBody::Message { text: text.to_owned() };
        self.moves(Target::Conversation(id), Author::System, body, state).await;
    }

    /// A message of this agent: nothing else changes.
    pub(crate) async fn answers(&self, id: ConversationId, agent: AgentId) {
        let state = self.head(id).await.state;
        let by = Author::Agent { id: agent, name: "Anna".to_owned() };
        let body = EntryBody::Message { text: "hello!".to_owned() };
        self.moves(Target::Conversation(id), by, body, state).await;
    }

    /// Frees the slot there is, and takes one of this agent: as the router if it is its term.
    pub(crate) async fn takes(&self, id: ConversationId, agent: AgentId, term: Option<Term>) {
        for slot in [Slot::Free, Slot::Take(agent)] {
            let (by, body) = (Author::System, EntryBody::Comment { text: String::new() });
            let decide = Box::new(move |locked: &Locked<'_>| {
                let entries =
                    vec![NewEntry { by: by.clone(), client_id: None, body: body.clone() }];
                let (state, assignee) = (locked.head.state, locked.head.assignee);
                Ok(Decision { entries, state, assignee, slot })
            });
            let (answer, outcome) = oneshot::channel();
            let done = Box::new(move |outcome| answer.send(outcome).expect("it is awaited"));
            let write = Write {
                target: Target::Conversation(id),
                client_id: None,
                agents: vec![agent],
                term,
                unattended: false,
                turn: None,
                mails: None,
                decide,
                done,
            };
            self.journal.submit(write).expect("the queue has room");
            let outcome = outcome.await.expect("it is answered");
            assert!(matches!(outcome, Outcome::Committed(_)), "{outcome:?}");
        }
    }

    async fn moves(
        &self,
        target: Target,
        by: Author,
        body: EntryBody,
        state: ConversationState,
    ) -> ConversationId {
        let client_id = Some(ClientId::fresh());
        let is_closed = state == ConversationState::Closed;
        let decide = Box::new(move |locked: &Locked<'_>| {
            let entries = vec![NewEntry { by: by.clone(), client_id, body: body.clone() }];
            let slot = if is_closed { Slot::Free } else { Slot::Keep };
            Ok(Decision { entries, state, assignee: locked.head.assignee, slot })
        });
        let (answer, outcome) = oneshot::channel();
        let done = Box::new(move |outcome| answer.send(outcome).expect("it is awaited"));
        let write = Write {
            target,
            client_id,
            agents: Vec::new(),
            term: None,
            unattended: false,
            mails: None,
            turn: None,
            decide,
            done,
        };
        self.journal.submit(write).expect("the queue has room");
        match outcome.await.expect("it is answered") {
            Outcome::Committed(ack) => ack.conversation,
            outcome @ (Outcome::Rejected(_) | Outcome::Failed) => panic!("{outcome:?}"),
        }
    }

    pub(crate) async fn change(&self, change: Change) {
        self.journal.change(change).await.expect("the store is well");
    }
}

fn number() -> i64 {
    i64::from(getrandom::u32().expect("random numbers"))
}

/// A head of one visitor alone, who waits.
pub(crate) fn waiting_head(since_ms: i64) -> Head {
    Head {
        id: ConversationId(uuid::Uuid::nil()),
        number: ConversationNumber(1),
        site: SiteId(uuid::Uuid::nil()),
        inbox: InboxId(uuid::Uuid::nil()),
        chatflow: ChatflowId(uuid::Uuid::nil()),
        visitor: VisitorId(uuid::Uuid::nil()),
        seq: Seq(1),
        visitor_seq: Seq(1),
        state: ConversationState::Waiting,
        assignee: None,
        slot_agent: None,
        assignment: 0,
        answered: false,
        beside: false,
        started_at_ms: since_ms,
        last_at_ms: since_ms,
        waiting_since_ms: Some(since_ms),
        missed_at_ms: None,
        slot_excess: false,
        slot_ticket: false,
        active_at_ms: since_ms,
        email: None,
        due_at_ms: None,
        started_on: Page::default(),
        preview: String::new(),
        preview_by: None,
        facts: Default::default(),
        team: None,
    }
}

/// Waits for it, and fails if it never comes.
pub(crate) async fn eventually<F: Future<Output = bool>>(what: &str, it: impl Fn() -> F) {
    let deadline = Instant::now() + PATIENCE;
    while !it().await {
        assert!(Instant::now() < deadline, "never: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
