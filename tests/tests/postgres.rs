//! Nodes on PostgreSQL: start, talk, lose the server, verify.

use std::fs;

use salotto_protocol::ClientId;
use salotto_protocol::api::{Agents, SiteSettings};
use salotto_protocol::{ClientFrame, Seq};
use salotto_tests::desk::{Desk, SignedIn, acked, demo_site, say, visitor_log};
use salotto_tests::node::Node;
use salotto_tests::postgres::Postgres;

async fn node_on(store: &str) -> Node {
    Node::start_with(&[("STORE__URL", store)]).await
}

#[tokio::test]
async fn a_killed_node_started_again_on_postgres_has_what_it_acknowledged() {
    let server = Postgres::start().await;
    let mut node = node_on(&server.database().await).await;
    let desk = Desk::open(&node, 1).await;
    let (mut visitor, token) = desk.visitor_socket(&node).await;
    let conversation = desk.begin(&mut visitor, "one").await;
    let last = say(&mut visitor, conversation, "two").await;

    node.kill().await;
    node.start_again().await;

    let log = visitor_log(&node, &token.token, conversation).await;
    assert_eq!(log.last().map(|entry| entry.seq), Some(last));
    let verified = node.run(&["verify"]).await;
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
}

#[tokio::test]
async fn a_message_sent_while_the_server_is_away_is_acknowledged_when_it_is_back() {
    let mut server = Postgres::start().await;
    let node = node_on(&server.database().await).await;
    let desk = Desk::open(&node, 1).await;
    let (mut visitor, token) = desk.visitor_socket(&node).await;
    let conversation = desk.begin(&mut visitor, "one").await;

    server.kill();
    let client_id = ClientId::fresh();
    let text = "two".to_owned();
    visitor.send(&ClientFrame::Send { conversation, client_id, text }).await;
    server.start_again().await;
    let (_, seq) = acked(&mut visitor, client_id).await;

    assert_eq!(seq, Seq(2));
    assert_eq!(visitor_log(&node, &token.token, conversation).await.len(), 2);
}

#[tokio::test]
async fn nodes_that_start_at_once_on_a_new_database_make_one_demo() {
    let server = Postgres::start().await;
    let store = server.database().await;
    let mut nodes = [(); 3].map(|()| Node::prepare(&[("STORE__URL", &store)]));

    nodes.iter_mut().for_each(Node::launch);
    for node in &mut nodes {
        node.until_ready().await;
    }

    for node in &nodes {
        let signed_in = SignedIn::as_demo_agent(node).await;
        assert_eq!(signed_in.session.inboxes.len(), 1, "{:?}", signed_in.session.inboxes);
        let agents: Agents = signed_in.get(node, "/api/v1/agents").send().await.json();
        assert_eq!(agents.agents.len(), 2, "{agents:?}");
        let settings = node.get(&format!("/api/v1/sites/{}", demo_site(node).await)).await;
        let settings: SiteSettings = settings.json();
        assert!(settings.chatflow.is_some(), "{settings:?}");
        assert!(!node.stdout().contains("ERROR"), "{}", node.stdout());
    }
}

#[tokio::test]
async fn commands_say_what_they_can_do_on_postgres_and_repeat_no_password() {
    let server = Postgres::start().await;
    let url = server.database().await.replace("postgres@", "postgres:hunter2@");
    let node = Node::prepare(&[("STORE__URL", &url)]);

    for (command, is_fine, words) in [
        (vec!["check-config"], true, "ok"),
        (vec!["migrate"], true, "up to date"),
        (vec!["verify"], true, "sound"),
        (vec!["restored"], true, "a new epoch"),
        (vec!["print-config"], true, "postgres://postgres:********@127.0.0.1"),
        (vec!["backup", "copy.db"], false, "pg_dump"),
    ] {
        let output = node.run(&command).await;
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);

        assert_eq!(output.status.success(), is_fine, "{command:?}: {said}");
        assert!(said.contains(words), "{command:?}: {said}");
        assert!(!said.contains("hunter2"), "{command:?}: {said}");
    }
    assert!(!node.folder().join("copy.db").exists());
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_is_one_line_and_an_exit() {
    let url = "postgres://postgres:hunter2@127.0.0.1:1/chat";
    let mut node = Node::prepare(&[("STORE__URL", url)]);

    node.launch();
    let status = node.exited().await;

    assert!(!status.success());
    let said = fs::read_to_string(node.folder().join("stderr")).expect("it said something");
    assert!(said.contains("cannot be reached") && !said.contains("hunter2"), "{said}");
    assert_eq!(said.trim_end().lines().count(), 1, "{said}");
}
