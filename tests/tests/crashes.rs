//! F3: the process ends at named points of its work, and is started again: nothing that was
//! acknowledged is lost, doubled or reordered, and nothing is left half done.
//!
//! Needs the sabotaged binary, as `mutations` does.

use salotto_protocol::ConversationState;
use salotto_tests::desk::{Desk, SignedIn};
use salotto_tests::mutation::{Chat, Places, SABOTAGE, sabotaged_binary};
use salotto_tests::node::Node;
use salotto_tests::patience::{self, PATIENCE};
use salotto_tests::postgres::Postgres;

/// Each at another batch: some have starts in them, some assignments, some only messages.
const POINTS: [&str; 6] = [
    "crash_before_commit:3",
    "crash_after_commit:7",
    "crash_after_publish:5",
    "crash_in_batch:4",
    "crash_after_commit:2",
    "crash_in_batch:9",
];

/// Visitors and messages of each. When all of them write at once, a message of everybody is one
/// batch, and their answers are another: there must be many more of these than the points count.
const LONG_CHAT: (usize, usize) = (8, 64);

fn prepared(settings: &[(&str, &str)]) -> Node {
    let mut node = Node::prepare(settings);
    node.set_program(&sabotaged_binary());
    node
}

/// It ends by itself, at that point and nowhere else.
async fn crashes_at(node: &mut Node, point: &str) {
    node.set_variable(SABOTAGE, Some(point));
    node.launch();
    let status = node.exits_within(PATIENCE).await;
    let status = status.unwrap_or_else(|| panic!("{point} is not reached: {}", node.stderr()));
    node.set_variable(SABOTAGE, None);
    let name = point.split(':').next().expect("a split has a first part");
    let said = node.stderr();
    assert!(!status.success() && said.contains(&format!("{name} takes effect")), "{said}");
}

async fn starts(node: &mut Node) {
    node.launch();
    node.until_ready().await;
}

/// A chat, and a crash at each point in the middle of it.
async fn assert_bears_all(mut node: Node) {
    starts(&mut node).await;
    let desk = Desk::open(&node, 1).await;
    let places = Places { visitors: node.public, agent: node.public };
    let chat = Chat::begin(&node, places, &desk, LONG_CHAT).await;

    node.kill().await;
    for point in POINTS {
        crashes_at(&mut node, point).await;
    }
    starts(&mut node).await;

    let findings = chat.end(&node).await;
    assert!(findings.is_empty(), "{findings:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_ends_in_the_middle_of_a_batch_loses_and_doubles_nothing() {
    assert_bears_all(prepared(&[])).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgres_as_well_it_loses_and_doubles_nothing() {
    let postgres = Postgres::start().await;
    assert_bears_all(prepared(&[("STORE__URL", &postgres.database().await)])).await;
}

#[tokio::test]
async fn a_node_that_ends_as_it_takes_the_lease_over_leaves_nobody_waiting() {
    let postgres = Postgres::start().await;
    let store = postgres.database().await;
    let settings = [("STORE__URL", store.as_str()), ("LINK__URL", "redis://127.0.0.1:1")];
    let (mut router, mut heir) = (prepared(&settings), prepared(&settings));
    starts(&mut router).await;
    let desk = Desk::open(&router, 1).await;
    let (mut visitor, _) = desk.visitor_socket(&router).await;
    let conversation = desk.begin(&mut visitor, "anybody?").await;
    heir.set_variable(SABOTAGE, Some("crash_in_take_over"));
    starts(&mut heir).await;

    router.kill().await;
    let status = heir.exited().await;
    assert!(!status.success() && heir.stderr().contains("crash_in_take_over takes effect"));
    heir.set_variable(SABOTAGE, None);
    starts(&mut heir).await;
    let _agent = desk.agent_socket(&heir, 0).await;

    let reader = SignedIn::as_demo_agent(&heir).await;
    patience::until("an owner", || async {
        let summary = reader.conversation(&heir, conversation).await.conversation;
        (summary.state == ConversationState::Assigned).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_node_that_ends_between_two_steps_of_the_schema_takes_the_others_when_it_is_back() {
    let postgres = Postgres::start().await;
    let mut node = prepared(&[("STORE__URL", &postgres.database().await)]);

    crashes_at(&mut node, "crash_in_migration").await;
    starts(&mut node).await;

    let desk = Desk::open(&node, 1).await;
    let places = Places { visitors: node.public, agent: node.public };
    let chat = Chat::begin(&node, places, &desk, (2, 2)).await;
    let findings = chat.end(&node).await;
    assert!(findings.is_empty(), "{findings:#?}");
}
