//! Chatflows on a real store, told to real sockets.

use std::time::Duration;

use salotto_protocol::availability::ReplyTime;
use salotto_protocol::{
    AgentId, AgentStatus, Availability, ChatflowId, NodeId, ServerFrame, SiteId,
};

use super::{Chatflows, Msg};
use crate::fanout::Outbox;
use crate::journal::Change;
use crate::presence::Presence;
use crate::test_support::{Browser, Desk, eventually, socket};

async fn chatflows(desk: &Desk) -> Chatflows {
    let (journal, store) = (desk.journal.clone(), desk.store.clone());
    let root = desk.root.clone();
    let presence = Presence::start(NodeId::fresh(), journal, store.clone(), root.clone());
    Chatflows::start(store, presence.await.expect("presence"), root).await.expect("chatflows")
}

async fn told(browser: &mut Browser) -> (ChatflowId, Availability) {
    match tokio::time::timeout(Duration::from_secs(20), browser.next()).await.expect("in time") {
        ServerFrame::Availability { chatflow, now } => (chatflow, now.availability),
        frame => panic!("nothing else is sent: {frame:?}"),
    }
}

/// Reads on until it is told so: what still holds may be told twice.
async fn hears(browser: &mut Browser, chatflow: ChatflowId, availability: Availability) {
    while told(browser).await != (chatflow, availability) {}
}

async fn parked(chatflows: &Chatflows, site: SiteId) -> (Outbox, Browser) {
    let (outbox, browser) = socket().await;
    chatflows.join(site, &outbox);
    (outbox, browser)
}

async fn set_status(desk: &Desk, agent: AgentId, status: AgentStatus) {
    desk.change(Change::Status { agent, status }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parked_visitor_hears_what_holds_and_each_change_of_it() {
    let desk = Desk::new().await;
    let agent = desk.agent("anna", 3).await;
    let chatflows = chatflows(&desk).await;
    assert_eq!(chatflows.availability(desk.chatflow), Availability::Offline);

    let (_outbox, mut browser) = parked(&chatflows, desk.site).await;
    assert_eq!(told(&mut browser).await, (desk.chatflow, Availability::Offline));
    desk.present(agent, true).await;
    hears(&mut browser, desk.chatflow, Availability::Available).await;
    assert_eq!(chatflows.availability(desk.chatflow), Availability::Available);
    set_status(&desk, agent, AgentStatus::Away).await;
    assert_eq!(told(&mut browser).await, (desk.chatflow, Availability::Offline));
    let shown = chatflows.shown_on(desk.site).expect("a chatflow");
    assert_eq!((shown.id, shown.now.availability), (desk.chatflow, Availability::Offline));
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_in_force_when_refresh_returns() {
    let mut desk = Desk::new().await;
    let chatflows = chatflows(&desk).await;
    let first = desk.chatflow;
    assert!(chatflows.site(desk.site).is_some());
    assert_eq!(chatflows.inboxes_of(AgentId::fresh()).len(), 1);
    desk.chatflow = ChatflowId::fresh();
    desk.put_chatflow(desk.chatflow, &[], 0).await;

    chatflows.refresh().await;

    assert!(chatflows.get(desk.chatflow).is_some());
    assert_eq!(chatflows.shown_on(desk.site).expect("one").id, desk.chatflow);
    assert!(chatflows.get(first).is_some(), "the other one is still there");
    assert_eq!(chatflows.availability(ChatflowId::fresh()), Availability::Offline);
    assert!(chatflows.site(SiteId::fresh()).is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_nobody_told_is_in_force_soon_and_told_to_visitors() {
    let desk = Desk::new().await;
    let agent = desk.agent("anna", 3).await;
    let chatflows = chatflows(&desk).await;
    desk.present(agent, true).await;
    let (_outbox, mut browser) = parked(&chatflows, desk.site).await;
    hears(&mut browser, desk.chatflow, Availability::Available).await;

    let stranger = AgentId::fresh();
    desk.put_chatflow(desk.chatflow, &[stranger], 1).await;

    hears(&mut browser, desk.chatflow, Availability::Offline).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn visitors_hear_of_the_chatflow_that_takes_over_their_site() {
    let desk = Desk::new().await;
    let chatflows = chatflows(&desk).await;
    let (_outbox, mut browser) = parked(&chatflows, desk.site).await;
    assert_eq!(told(&mut browser).await.0, desk.chatflow);
    let next = ChatflowId::fresh();
    desk.put_chatflow(next, &[], 2).await;
    chatflows.refresh().await;

    desk.put_chatflow(next, &[], 0).await;
    chatflows.refresh().await;

    hears(&mut browser, next, Availability::Offline).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_left_hears_nothing_and_who_is_gone_is_forgotten() {
    let desk = Desk::new().await;
    let agent = desk.agent("anna", 3).await;
    let chatflows = chatflows(&desk).await;
    let (outbox, mut browser) = parked(&chatflows, desk.site).await;
    let (gone, _kept) = parked(&chatflows, desk.site).await;
    let (_stays, mut witness) = parked(&chatflows, desk.site).await;
    assert_eq!(told(&mut browser).await.1, Availability::Offline);
    assert_eq!(told(&mut witness).await.1, Availability::Offline);
    assert_eq!(chatflows.parked.count(desk.site), 3);

    chatflows.leave(desk.site, outbox.id());
    gone.cut();
    desk.present(agent, true).await;

    hears(&mut witness, desk.chatflow, Availability::Available).await;
    eventually("one is left", || async { chatflows.parked.count(desk.site) == 1 }).await;
    chatflows.join(desk.site, &outbox);
    set_status(&desk, agent, AgentStatus::Away).await;
    let mut heard = vec![told(&mut browser).await.1];
    while heard.last() != Some(&Availability::Offline) || heard.len() < 2 {
        heard.push(told(&mut browser).await.1);
    }
    let changes = heard.iter().filter(|it| **it == Availability::Available).count();
    assert_eq!(changes, 1, "{heard:?}: by joining again, and not while it was away");
}

#[tokio::test(flavor = "multi_thread")]
async fn hundreds_of_parked_visitors_all_hear_it() {
    let desk = Desk::new().await;
    let agent = desk.agent("anna", 3).await;
    let chatflows = chatflows(&desk).await;
    let mut visitors = Vec::new();
    for _ in 0..600 {
        visitors.push(parked(&chatflows, desk.site).await);
    }

    desk.present(agent, true).await;

    for (_, browser) in &mut visitors {
        hears(browser, desk.chatflow, Availability::Available).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chatflow_that_panics_is_made_again_keeps_its_visitors_and_disturbs_no_other() {
    let desk = Desk::new().await;
    let agent = desk.agent("anna", 3).await;
    let other = ChatflowId::fresh();
    desk.put_chatflow(other, &[agent], 2).await;
    let chatflows = chatflows(&desk).await;
    let (_outbox, mut browser) = parked(&chatflows, desk.site).await;
    assert_eq!(told(&mut browser).await.1, Availability::Offline);

    chatflows.registry.cast(Msg::Panic(desk.chatflow)).expect("the registry lives");
    desk.present(agent, true).await;

    eventually("the other one weighs on", || async {
        chatflows.availability(other) == Availability::Available
    })
    .await;
    hears(&mut browser, desk.chatflow, Availability::Available).await;
}

/// AV-20
#[tokio::test(flavor = "multi_thread")]
async fn how_soon_visitors_are_answered_is_measured_and_told_to_those_who_look() {
    let desk = Desk::new().await;
    let agent = desk.agent("anna", 30).await;
    desk.present(agent, true).await;
    let settings = serde_json::json!({
        "name": "Shop", "assign": true, "availability": {"available": {"reply_time": "computed"}},
    });
    let settings = serde_json::from_value(settings).expect("settings");
    let Desk { site, inbox, chatflow: id, .. } = desk;
    let (enabled, priority) = (true, 1);
    desk.change(Change::PutChatflow { id, site, inbox, enabled, priority, settings }).await;
    let chatflows = chatflows(&desk).await;
    let (_outbox, mut browser) = parked(&chatflows, site).await;
    let reply_time = || chatflows.shown_on(site).expect("a chatflow").now.reply_time;
    hears(&mut browser, id, Availability::Available).await;
    assert_eq!(reply_time(), None, "nobody was answered yet");

    for count in 0..5 {
        let conversation = desk.waits(id).await;
        desk.answers(conversation, agent).await;
        if count % 2 == 0 {
            desk.closes(conversation).await;
        }
    }
    chatflows.registry.cast(Msg::MeasureReplies).expect("the registry lives");

    // What was told before may come twice.
    while reply_time() != Some(ReplyTime::FewMinutes) {
        hears(&mut browser, id, Availability::Available).await;
    }
}
