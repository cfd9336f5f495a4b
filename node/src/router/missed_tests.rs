//! Visitors who wait and leave, on a real store and journal.

use std::time::Duration;

use salotto_protocol::{ConversationId, ConversationState, EntryBody, NodeId, Seq, View};
use tokio::sync::oneshot;

use super::{Manners, Patience, Router, miss};
use crate::journal::{ATTENDED, Outcome};
use crate::presence::Presence;
use crate::store::{Head, Subject};
use crate::test_support::{Desk, eventually};

/// Of `Desk`, and for ever.
const NODE: NodeId = NodeId(uuid::Uuid::nil());
const PATIENCE: Patience =
    Patience { requeue_grace: Duration::from_secs(600), missed_after: Duration::from_millis(400) };

async fn presence(desk: &Desk) -> Presence {
    let (journal, store) = (desk.journal.clone(), desk.store.clone());
    Presence::start(NODE, journal, store, desk.root.clone()).await.expect("presence")
}

async fn routed(desk: &Desk, presence: &Presence) -> Router {
    let (journal, store) = (desk.journal.clone(), desk.store.clone());
    let manners = Manners { patience: PATIENCE, letters: None };
    let router = Router::start(presence.clone(), journal, store, manners, desk.root.clone());
    router.await.expect("a router")
}

/// A node has a socket in it.
async fn attend(desk: &Desk, id: ConversationId, node: NodeId) {
    let mut writer = desk.store.writer().await;
    let mut batch = writer.begin().await.expect("begun");
    batch.insert_attachments(node, &[Subject::Conversation(id)]).await.expect("written");
    batch.commit().await.expect("committed");
}

async fn until_missed(desk: &Desk, id: ConversationId) -> Head {
    eventually("it is missed", || async { desk.head(id).await.missed_at_ms.is_some() }).await;
    desk.head(id).await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waited_and_is_gone_is_missed_and_takes_no_slot() {
    let desk = Desk::new().await;
    let presence = presence(&desk).await;
    let _router = routed(&desk, &presence).await;
    let (here, gone) = (desk.waits(desk.chatflow).await, desk.waits(desk.chatflow).await);
    attend(&desk, here, NODE).await;

    let head = until_missed(&desk, gone).await;
    let agent = desk.agent("anna", 5).await;
    desk.present(agent, true).await;
    eventually("who is here is assigned", || async {
        desk.head(here).await.assignee == Some(agent)
    })
    .await;

    assert_eq!(head.state, ConversationState::Unassigned);
    let log = desk.store.entries_after(gone, View::Visitor, Seq(1), 10).await.expect("read");
    let (from, to) = (ConversationState::Waiting, ConversationState::Unassigned);
    assert_eq!(
        log.iter().map(|it| &it.body).collect::<Vec<_>>(),
        [&EntryBody::Status { from, to }]
    );
    assert_eq!(desk.head(gone).await.assignee, None, "nobody's slot is taken");
    assert_eq!(desk.agent_row(agent).await.active, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_only_a_dead_node_has_is_gone() {
    let desk = Desk::new().await;
    let presence = presence(&desk).await;
    let dead = NodeId::fresh();
    let waits = desk.waits(desk.chatflow).await;
    attend(&desk, waits, dead).await;

    let _router = routed(&desk, &presence).await;

    until_missed(&desk, waits).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_come_back_by_the_time_of_the_write_is_not_missed() {
    let desk = Desk::new().await;
    let presence = presence(&desk).await;
    let term = presence.term().borrow().expect("the only node has the lease");
    let id = desk.waits(desk.chatflow).await;
    attend(&desk, id, NODE).await;

    let (answer, outcome) = oneshot::channel();
    let done = Box::new(move |outcome| answer.send(outcome).expect("awaited"));
    desk.journal.submit(miss::write(id, &desk.journal, term, done)).expect("room");

    assert_eq!(outcome.await.expect("answered"), Outcome::Rejected(ATTENDED));
    assert_eq!(desk.head(id).await.state, ConversationState::Waiting);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missed_conversation_that_somebody_takes_or_closes_is_missed_no_more() {
    let desk = Desk::new().await;
    let presence = presence(&desk).await;
    let _router = routed(&desk, &presence).await;
    let id = desk.waits(desk.chatflow).await;
    until_missed(&desk, id).await;

    desk.closes(id).await;

    assert_eq!(desk.head(id).await.missed_at_ms, None);
    assert!(crate::store::verify(&desk.store).await.expect("read").is_sound());
}
