//! Conversations with a real store, a real journal and real sockets.

use salotto_protocol::chatflow::ChatflowSettings;
use salotto_protocol::{
    AgentId, AgentStatus, Author, ChatflowId, ClientId, ConversationId, Cursor, EntryBody, Epoch,
    ErrorCode, InboxId, NodeId, Page, Party, ResetReason, Seq, ServerFrame, SiteId, VisitorId,
};
use tokio::sync::oneshot;

use super::{Command, Conversations, Follower, Promises, Request, StartRequest};
use crate::fanout::Outbox;
use crate::journal::{
    Change, Decision, Journal, Locked, NewAgent, NewEntry, Outcome, Peers, Slot, Target, Write,
};
use crate::link::{Link, LocalHub};
use crate::store::{ChatflowRow, Store};
use crate::supervisor;
use crate::test_support::{Browser, Database, eventually, socket};

pub(super) struct World {
    _database: Database,
    pub(super) store: Store,
    journal: Journal,
    pub(super) conversations: Conversations,
    pub(super) chatflow: ChatflowRow,
    pub(super) visitor: VisitorId,
    pub(super) agent: AgentId,
}

impl World {
    async fn new() -> World {
        World::on(Database::sqlite(), &LocalHub::new()).await
    }

    pub(super) async fn on(database: Database, hub: &LocalHub) -> World {
        let store = Store::open(database.url()).await.expect("a fresh store");
        let (root, _) = supervisor::root().await.expect("a root");
        let node = NodeId::fresh();
        store.immortal(node).await;
        let link = Link::Local(hub.join(node));
        let peers = Peers { node, link: link.clone() };
        let journal = Journal::linked(store.clone(), peers, root.clone()).await.expect("a journal");
        let chatflow = chatflow(&journal).await;
        let agent = hire(&journal).await;
        let made = Promises::Made;
        let conversations =
            Conversations::start(journal.clone(), link, store.clone(), made, root).await;
        let conversations = conversations.expect("started");
        let visitor = VisitorId::fresh();
        World { _database: database, store, journal, conversations, chatflow, visitor, agent }
    }

    pub(super) async fn begin(&self, text: &str) -> ConversationId {
        let request = StartRequest {
            visitor: self.visitor,
            assigning: Vec::new(),
            chatflow: self.chatflow.clone(),
            start_client_id: ClientId::fresh(),
            message_client_id: ClientId::fresh(),
            text: text.to_owned(),
            page: Page::default(),
        };
        let (sender, done) = oneshot::channel();
        let answer = Box::new(move |outcome| sender.send(outcome).expect("awaited"));
        self.conversations.begin(request, answer).expect("not busy");
        committed(done).await
    }

    async fn say(&self, conversation: ConversationId, author: Author, command: Command) {
        let (sender, done) = oneshot::channel();
        let answer = Box::new(move |outcome| sender.send(outcome).expect("awaited"));
        let client_id = ClientId::fresh();
        let request = Request { conversation, author, client_id, command };
        self.conversations.write(request, answer).expect("not busy");
        committed(done).await;
    }

    pub(super) async fn visitor_says(&self, conversation: ConversationId, text: &str) {
        let visitor = self.visitor;
        let command =
            Command::VisitorMessage { visitor, text: text.to_owned(), assigning: Vec::new() };
        self.say(conversation, Author::Visitor { id: visitor }, command).await;
    }

    pub(super) async fn agent_comments(&self, conversation: ConversationId, text: &str) {
        let author = Author::Agent { id: self.agent, name: "Ada".to_owned() };
        self.say(conversation, author, Command::Comment { text: text.to_owned() }).await;
    }

    /// As no command of a participant could.
    pub(super) async fn system_writes(&self, conversation: ConversationId, body: EntryBody) {
        let (sender, done) = oneshot::channel();
        let decide = move |locked: &Locked<'_>| {
            let by = Author::System;
            let entries = vec![NewEntry { by, client_id: None, body: body.clone() }];
            let (state, assignee) = (locked.head.state, locked.head.assignee);
            Ok(Decision { entries, state, assignee, slot: Slot::Keep })
        };
        let write = Write {
            target: Target::Conversation(conversation),
            client_id: None,
            agents: Vec::new(),
            term: None,
            unattended: false,
            mails: None,
            turn: None,
            decide: Box::new(decide),
            done: Box::new(move |outcome| sender.send(outcome).expect("awaited")),
        };
        self.journal.submit(write).expect("not busy");
        committed(done).await;
    }

    pub(super) fn follow(&self, outbox: &Outbox, cursor: Cursor) {
        let follower = Follower::Visitor { id: self.visitor, site: self.chatflow.site };
        self.conversations.attach(follower, outbox.clone(), cursor);
    }

    pub(super) fn from(&self, conversation: ConversationId, seq: u32) -> Cursor {
        Cursor { conversation, epoch: Some(self.store.epoch()), seq: Seq(seq) }
    }
}

async fn committed(done: oneshot::Receiver<Outcome>) -> ConversationId {
    match done.await.expect("decided") {
        Outcome::Committed(ack) => ack.conversation,
        other @ (Outcome::Rejected(_) | Outcome::Failed) => panic!("{other:?}"),
    }
}

async fn chatflow(journal: &Journal) -> ChatflowRow {
    let json = serde_json::json!({"name": "Chat", "welcome": "Hello!"});
    let settings: ChatflowSettings = serde_json::from_value(json).expect("settings");
    let row = ChatflowRow {
        id: ChatflowId::fresh(),
        site: SiteId::fresh(),
        inbox: InboxId::fresh(),
        enabled: true,
        priority: 1,
        settings,
    };
    let changes = [
        Change::PutSite { id: row.site, name: "Site".to_owned(), origins: Vec::new() },
        Change::PutInbox { id: row.inbox, name: "Inbox".to_owned() },
        Change::PutChatflow {
            id: row.id,
            site: row.site,
            inbox: row.inbox,
            enabled: row.enabled,
            priority: row.priority,
            settings: row.settings.clone(),
        },
    ];
    for change in changes {
        journal.change(change).await.expect("changed");
    }
    row
}

async fn hire(journal: &Journal) -> AgentId {
    let id = AgentId::fresh();
    let agent = NewAgent {
        id,
        email: "ada@example.test".to_owned(),
        name: "Ada".to_owned(),
        password_hash: "x".to_owned(),
        status: AgentStatus::Available,
        capacity: 5,
    };
    journal.change(Change::AddAgent(agent)).await.expect("hired");
    id
}

/// The next `count` entries that the browser gets, as `(after, seq, text)`; the rule of every
/// receiver is held against each.
pub(super) async fn entries(browser: &mut Browser, count: usize) -> Vec<(u32, u32, String)> {
    let mut got = Vec::new();
    while got.len() < count {
        let more = browser
            .until(|frame| match frame {
                ServerFrame::Entries { entries, .. } => Some(entries),
                _ => None,
            })
            .await;
        for shown in more {
            let text = shown.entry.body.text().unwrap_or("-").to_owned();
            got.push((shown.after.0, shown.entry.seq.0, text));
        }
    }
    got
}

pub(super) fn texts(entries: &[(u32, u32, String)]) -> Vec<&str> {
    entries.iter().map(|(_, _, text)| text.as_str()).collect()
}

#[tokio::test]
async fn who_attaches_gets_the_history_and_then_what_is_new() {
    let world = World::new().await;
    let id = world.begin("one").await;
    let (outbox, mut browser) = socket().await;

    world.follow(&outbox, world.from(id, 0));
    let history = entries(&mut browser, 2).await;
    world.visitor_says(id, "two").await;
    let fresh = entries(&mut browser, 1).await;

    assert_eq!(texts(&history), ["Hello!", "one"]);
    assert_eq!(fresh, [(2, 3, "two".to_owned())]);
}

#[tokio::test]
async fn attaching_in_the_middle_of_a_flood_leaves_no_hole_and_no_double() {
    let world = World::new().await;
    let id = world.begin("0").await;
    let (outbox, mut browser) = socket().await;

    let flood = async {
        for n in 1..=60 {
            world.visitor_says(id, &n.to_string()).await;
        }
    };
    let attach = async {
        tokio::task::yield_now().await;
        world.follow(&outbox, world.from(id, 0));
    };
    tokio::join!(flood, attach);

    let got = entries(&mut browser, 62).await;
    let mut last = 0;
    for (after, seq, _) in &got {
        assert!(*after <= last && last < *seq, "{after} <= {last} < {seq}");
        last = *seq;
    }
    assert_eq!(last, 62);
}

#[tokio::test]
async fn a_comment_never_reaches_the_visitor_and_leaves_no_gap() {
    let world = World::new().await;
    let id = world.begin("one").await;
    let (outbox, mut browser) = socket().await;
    world.follow(&outbox, world.from(id, 0));
    entries(&mut browser, 2).await;

    world.agent_comments(id, "secret").await;
    world.visitor_says(id, "two").await;

    assert_eq!(entries(&mut browser, 1).await, [(2, 4, "two".to_owned())]);
}

#[tokio::test]
async fn somebody_elses_conversation_is_not_found() {
    let world = World::new().await;
    let id = world.begin("one").await;
    let (outbox, mut browser) = socket().await;
    let stranger = Follower::Visitor { id: VisitorId::fresh(), site: world.chatflow.site };

    world.conversations.attach(stranger, outbox, world.from(id, 0));

    let ServerFrame::Refused(refusal) = browser.next().await else { panic!("refused") };
    assert_eq!(refusal.code, ErrorCode::NotFound);
    assert_eq!(refusal.conversation, Some(id));
}

#[tokio::test]
async fn a_cursor_that_means_nothing_is_reset_and_everything_follows() {
    let world = World::new().await;
    let id = world.begin("one").await;
    let foreign = Cursor { conversation: id, epoch: Some(Epoch::fresh()), seq: Seq(1) };
    for (cursor, expected) in
        [(foreign, ResetReason::Epoch), (world.from(id, 99), ResetReason::Ahead)]
    {
        let (outbox, mut browser) = socket().await;
        world.follow(&outbox, cursor);
        let ServerFrame::Reset { reason, .. } = browser.next().await else { panic!("reset") };
        assert_eq!(reason, expected);
        assert_eq!(texts(&entries(&mut browser, 2).await), ["Hello!", "one"]);
    }
}

#[tokio::test]
async fn who_is_too_far_behind_is_sent_to_the_history() {
    let world = World::new().await;
    let id = world.begin("0").await;
    for n in 0..200 {
        world.visitor_says(id, &n.to_string()).await;
    }
    let (outbox, mut browser) = socket().await;

    world.follow(&outbox, world.from(id, 0));

    let head = browser
        .until(|frame| match frame {
            ServerFrame::Limited { head, .. } => Some(head),
            _ => None,
        })
        .await;
    assert_eq!(head, Seq(202));
}

#[tokio::test]
async fn marks_come_back_once_they_are_stored_and_never_fall() {
    let world = World::new().await;
    let id = world.begin("one").await;
    let (outbox, mut browser) = socket().await;
    world.follow(&outbox, world.from(id, 0));
    entries(&mut browser, 2).await;

    world.conversations.mark(id, outbox.id(), Seq(2), Seq(1));
    world.conversations.mark(id, outbox.id(), Seq(1), Seq(1));

    let marks = browser
        .until(|frame| match frame {
            ServerFrame::Marks { party, delivered, read, .. } => Some((party, delivered, read)),
            _ => None,
        })
        .await;
    assert_eq!(marks, (Party::Visitor, Seq(2), Seq(1)));
    let stored = world.store.marks(id).await.expect("read");
    assert_eq!((stored.visitor_delivered, stored.visitor_read), (Seq(2), Seq(1)));
}

#[tokio::test]
async fn a_conversation_that_fails_sends_its_sockets_away_to_resume() {
    let world = World::new().await;
    let id = world.begin("one").await;
    let (outbox, mut browser) = socket().await;
    world.follow(&outbox, world.from(id, 0));
    entries(&mut browser, 2).await;

    world.conversations.panic(id);
    eventually("the outbox closes", || async { outbox.is_closing() }).await;
    let (again, mut browser) = socket().await;
    world.follow(&again, world.from(id, 2));
    world.visitor_says(id, "two").await;

    assert_eq!(entries(&mut browser, 1).await, [(2, 3, "two".to_owned())]);
}

#[tokio::test]
async fn who_only_asked_for_a_foreign_conversation_raises_no_marks_in_it() {
    let world = World::new().await;
    let id = world.begin("one").await;
    let (outbox, mut browser) = socket().await;
    let stranger = Follower::Visitor { id: VisitorId::fresh(), site: world.chatflow.site };

    world.conversations.attach(stranger, outbox.clone(), world.from(id, 0));
    world.conversations.mark(id, outbox.id(), Seq(2), Seq(2));
    let ServerFrame::Refused(_) = browser.next().await else { panic!("refused") };
    let (owner, mut owners) = socket().await;
    world.follow(&owner, world.from(id, 0));
    entries(&mut owners, 2).await;
    world.conversations.mark(id, owner.id(), Seq(1), Seq(1));
    owners.until(|frame| matches!(frame, ServerFrame::Marks { .. }).then_some(())).await;

    let stored = world.store.marks(id).await.expect("read");
    assert_eq!((stored.visitor_delivered, stored.visitor_read), (Seq(1), Seq(1)));
}

#[tokio::test]
async fn who_joins_while_somebody_types_is_told_after_the_history() {
    let world = World::new().await;
    let id = world.begin("one").await;
    let (desk, mut desks) = socket().await;
    let agent = Follower::Agent { id: world.agent, sees_all: false };
    world.conversations.attach(agent, desk.clone(), world.from(id, 0));
    entries(&mut desks, 2).await;
    let ada = Author::Agent { id: world.agent, name: "Ada".to_owned() };

    world.conversations.typing(id, desk.id(), ada.clone(), true);
    let (outbox, mut browser) = socket().await;
    world.follow(&outbox, world.from(id, 0));
    entries(&mut browser, 2).await;

    let by = browser
        .until(|frame| match frame {
            ServerFrame::Typing { by, on: true, .. } => Some(by),
            _ => None,
        })
        .await;
    assert_eq!(by, ada);
}
