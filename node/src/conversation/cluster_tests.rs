//! One conversation on two nodes: two sets of actors on one database, and a link between them.

use std::time::{Duration, Instant};

use ractor::ActorCell;
use salotto_protocol::envelope::Envelope;
use salotto_protocol::{
    AgentId, Author, ConversationId, ConversationState, EntryBody, NodeId, Seq, ServerFrame,
    VisitorId,
};

use super::queue_places::Promises;
use super::tests::{World, entries, texts};
use super::{Conversations, Follower};
use crate::fanout::Outbox;
use crate::journal::{Journal, Peers};
use crate::link::{Hint, HintStream, Link, LocalHub};
use crate::store::{Store, Subject};
use crate::supervisor;
use crate::test_support::{Browser, Database, eventually, socket};

/// A node beside that of the `World`, on a connection of its own to the same database.
struct Node {
    id: NodeId,
    store: Store,
    journal: Journal,
    conversations: Conversations,
    link: Link,
    _root: ActorCell,
}

impl Node {
    async fn new(url: &str, hub: &LocalHub) -> Node {
        let id = NodeId::fresh();
        let store = Store::open(url).await.expect("the same database");
        store.immortal(id).await;
        let (root, _) = supervisor::root().await.expect("a root");
        let link = Link::Local(hub.join(id));
        let peers = Peers { node: id, link: link.clone() };
        let journal = Journal::linked(store.clone(), peers, root.clone()).await.expect("a journal");
        let conversations = Conversations::start(
            journal.clone(),
            link.clone(),
            store.clone(),
            Promises::Made,
            root.clone(),
        );
        let conversations = conversations.await.expect("started");
        Node { id, store, journal, conversations, link, _root: root }
    }

    async fn attached(&self, subject: Subject) {
        eventually("the store knows who is attached", || async {
            let attached = self.store.attached(&[subject]).await.expect("read");
            attached.nodes(&[subject], NodeId::fresh()).contains(&self.id)
        })
        .await;
    }
}

struct Cluster {
    here: World,
    there: Node,
    hub: LocalHub,
    url: String,
}

impl Cluster {
    async fn new() -> Cluster {
        Cluster::on(Database::sqlite()).await
    }

    async fn on(database: Database) -> Cluster {
        let url = database.url().to_owned();
        let hub = LocalHub::new();
        let here = World::on(database, &hub).await;
        let there = Node::new(&url, &hub).await;
        Cluster { here, there, hub, url }
    }

    fn visitor(&self) -> Follower {
        Follower::Visitor { id: self.here.visitor, site: self.here.chatflow.site }
    }

    /// A conversation begun here and followed there.
    async fn followed(&self) -> (ConversationId, Outbox, Browser) {
        let id = self.here.begin("one").await;
        let (outbox, mut browser) = socket().await;
        self.there.conversations.attach(self.visitor(), outbox.clone(), self.here.from(id, 0));
        entries(&mut browser, 2).await;
        self.there.attached(Subject::Conversation(id)).await;
        (id, outbox, browser)
    }
}

/// What a node heard before this was said to all.
async fn heard_before_the_end(cluster: &Cluster, hints: &mut HintStream) -> Vec<Envelope> {
    cluster.there.link.announce(&Envelope::Settings);
    let mut heard = Vec::new();
    loop {
        match hints.next().await.expect("the link stands") {
            Hint::Envelope(Envelope::Settings) => return heard,
            Hint::Envelope(envelope) => heard.push(envelope),
            Hint::Lost => panic!("nothing is lost"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_here_is_shown_there_in_order_and_once() {
    shows_there(Cluster::new().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_here_is_shown_there_on_postgres_too() {
    shows_there(Cluster::on(Database::postgres().await).await).await;
}

async fn shows_there(cluster: Cluster) {
    let (id, _outbox, mut browser) = cluster.followed().await;

    for n in 0..50 {
        cluster.here.visitor_says(id, &n.to_string()).await;
        if n % 10 == 0 {
            cluster.here.agent_comments(id, "secret").await;
        }
    }

    let got = entries(&mut browser, 50).await;
    let expected: Vec<String> = (0..50).map(|n| n.to_string()).collect();
    assert_eq!(texts(&got), expected);
    assert!(got.windows(2).all(|pair| pair[1].0 == pair[0].1), "each follows the one before");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_whom_everybody_missed_waits_again_on_whichever_node_they_return() {
    let cluster = Cluster::new().await;
    let id = cluster.here.begin("one").await;
    let sql = "UPDATE conversations SET missed_at_ms = 7";
    cluster.here.store.tamper(sql).await;
    let (desk, mut desks) = socket().await;
    let agent = Follower::Agent { id: cluster.here.agent, sees_all: false };
    cluster.there.conversations.attach(agent, desk.clone(), cluster.here.from(id, 0));
    entries(&mut desks, 2).await;
    let stranger = Follower::Visitor { id: VisitorId::fresh(), site: cluster.here.chatflow.site };
    let (other, mut others) = socket().await;
    cluster.there.conversations.attach(stranger, other.clone(), cluster.here.from(id, 0));
    others.until(|frame| matches!(frame, ServerFrame::Refused(_)).then_some(())).await;
    assert_eq!(cluster.here.store.reached(&[id]).await.expect("read"), [(id, Seq(2))]);

    let (outbox, _browser) = socket().await;
    cluster.there.conversations.attach(cluster.visitor(), outbox, cluster.here.from(id, 0));

    assert_eq!(entries(&mut desks, 1).await, [(2, 3, "-".to_owned())]);
    let head = cluster.here.store.head(id).await.expect("read").expect("there");
    assert_eq!((head.state, head.missed_at_ms), (ConversationState::Waiting, None));
}

/// I17: here is a newer node; there is one that does not know such entries.
#[tokio::test(flavor = "multi_thread")]
async fn what_only_a_newer_node_can_read_is_shown_there_in_its_place_to_whom_it_is_for() {
    let cluster = Cluster::new().await;
    let (id, _outbox, mut browser) = cluster.followed().await;

    for hidden in [false, true] {
        let json = serde_json::json!({"type": "survey", "stars": 4});
        let mut body = serde_json::from_value(json).expect("an entry of some kind");
        if let EntryBody::Unknown(unknown) = &mut body {
            unknown.hidden = hidden;
        }
        cluster.here.system_writes(id, body).await;
    }
    cluster.here.visitor_says(id, "two").await;

    let got = entries(&mut browser, 2).await;
    assert_eq!(got, [(2, 3, "-".to_owned()), (3, 5, "two".to_owned())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn reg_11_only_nodes_that_follow_a_conversation_hear_of_it() {
    let cluster = Cluster::new().await;
    let idle = Node::new(&cluster.url, &cluster.hub).await;
    let mut hints = idle.link.hints();
    for _ in 0..50 {
        idle.journal.attach(Subject::Agent(AgentId::fresh()));
    }
    idle.journal.attach(Subject::Agent(cluster.here.agent));
    idle.attached(Subject::Agent(cluster.here.agent)).await;
    let (id, outbox, mut browser) = cluster.followed().await;

    for n in 0..20 {
        cluster.here.visitor_says(id, &n.to_string()).await;
    }
    cluster.there.conversations.mark(id, outbox.id(), Seq(2), Seq(2));
    entries(&mut browser, 20).await;
    browser.until(|frame| matches!(frame, ServerFrame::Marks { .. }).then_some(())).await;

    assert_eq!(heard_before_the_end(&cluster, &mut hints).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_loses_everything_delays_and_loses_no_message() {
    let cluster = Cluster::new().await;
    let (id, _outbox, mut browser) = cluster.followed().await;
    cluster.hub.lose_everything();

    let began = Instant::now();
    for n in 0..30 {
        cluster.here.visitor_says(id, &n.to_string()).await;
    }
    let got = entries(&mut browser, 30).await;

    let expected: Vec<String> = (0..30).map(|n| n.to_string()).collect();
    assert_eq!(texts(&got), expected);
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_attachment_is_found_by_its_gap_and_written_again() {
    heals(Cluster::new().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_attachment_is_found_on_postgres_too() {
    heals(Cluster::on(Database::postgres().await).await).await;
}

async fn heals(cluster: Cluster) {
    let (id, _outbox, mut browser) = cluster.followed().await;
    cluster.here.visitor_says(id, "two").await;
    entries(&mut browser, 1).await;
    cluster.here.store.tamper("DELETE FROM attachments").await;

    cluster.here.visitor_says(id, "three").await;

    assert_eq!(texts(&entries(&mut browser, 1).await), ["three"]);
    cluster.there.attached(Subject::Conversation(id)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_resumes_on_another_node_without_any_hint() {
    let cluster = Cluster::new().await;
    cluster.hub.lose_everything();
    let id = cluster.here.begin("one").await;
    let (here, mut browser) = socket().await;
    cluster.here.follow(&here, cluster.here.from(id, 0));
    entries(&mut browser, 2).await;
    cluster.here.conversations.detach(id, here.id());
    cluster.here.visitor_says(id, "two").await;

    let (there, mut browser) = socket().await;
    cluster.there.conversations.attach(cluster.visitor(), there, cluster.here.from(id, 2));
    let missed = entries(&mut browser, 1).await;
    cluster.here.visitor_says(id, "three").await;

    assert_eq!(missed, [(2, 3, "two".to_owned())]);
    assert_eq!(entries(&mut browser, 1).await, [(3, 4, "three".to_owned())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_types_here_is_seen_there_and_nowhere_else() {
    let cluster = Cluster::new().await;
    let idle = Node::new(&cluster.url, &cluster.hub).await;
    let mut hints = idle.link.hints();
    let (id, _outbox, mut browser) = cluster.followed().await;
    let (desk, mut desks) = socket().await;
    let agent = Follower::Agent { id: cluster.here.agent, sees_all: false };
    cluster.here.conversations.attach(agent, desk.clone(), cluster.here.from(id, 0));
    entries(&mut desks, 2).await;
    let ada = Author::Agent { id: cluster.here.agent, name: "Ada".to_owned() };

    cluster.here.conversations.typing(id, desk.id(), ada.clone(), true);

    let by = browser
        .until(|frame| match frame {
            ServerFrame::Typing { by, on: true, .. } => Some(by),
            _ => None,
        })
        .await;
    assert_eq!(by, ada);
    assert_eq!(heard_before_the_end(&cluster, &mut hints).await, []);
}
