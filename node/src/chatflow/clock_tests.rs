//! Chatflows with operating hours, a moment before the clock changes something.

use jiff::Timestamp;
use salotto_protocol::availability::{AvailabilityNow, Launcher, Notice};
use salotto_protocol::{Availability, NodeId, ServerFrame};
use serde_json::{Value, json};

use super::{Chatflows, Msg};
use crate::clock::Clock;
use crate::journal::Change;
use crate::presence::Presence;
use crate::test_support::{Browser, Desk, eventually, socket};

fn at(text: &str) -> i64 {
    text.parse::<Timestamp>().expect("a time").as_millisecond()
}

/// One in Berlin, open on Mondays from 9 to 17, on a clock that shows `time` now.
async fn chatflows(desk: &Desk, time: &str) -> Chatflows {
    put(desk, "09:00").await;
    let (store, root) = (desk.store.clone(), desk.root.clone());
    let journal = desk.journal.clone();
    let presence = Presence::start(NodeId::fresh(), journal, store.clone(), root.clone());
    let presence = presence.await.expect("presence");
    let clock = Clock::showing(at(time));
    Chatflows::start_by(clock, store, presence, root).await.expect("chatflows")
}

async fn put(desk: &Desk, start: &str) {
    let weekly: Value = json!([{"days": ["monday"], "start": start, "end": "17:00"}]);
    let availability = json!({
        "mode": "hours",
        "hours": {"time_zone": "Europe/Berlin", "weekly": weekly},
        "offline": {"show": "return_time"},
        "away": {"show": "no_launcher"},
    });
    let settings = json!({"name": "Shop", "assign": true, "availability": availability});
    let Desk { site, inbox, chatflow, .. } = *desk;
    let change = Change::PutChatflow {
        id: chatflow,
        site,
        inbox,
        enabled: true,
        priority: 1,
        settings: serde_json::from_value(settings).expect("settings"),
    };
    desk.change(change).await;
}

/// Reads on until it is told so.
async fn hears(browser: &mut Browser, availability: Availability) -> AvailabilityNow {
    let wanted = |frame| match frame {
        ServerFrame::Availability { now, .. } if now.availability == availability => Some(now),
        _ => None,
    };
    browser.until(wanted).await
}

/// AV-2, AV-10
#[tokio::test(flavor = "multi_thread")]
async fn visitors_hear_that_the_hours_begin_when_they_begin() {
    let desk = Desk::new().await;
    let agent = desk.agent("anna", 3).await;
    desk.present(agent, true).await;
    let chatflows = chatflows(&desk, "2026-11-23T08:59:55+01:00").await;
    let (outbox, mut browser) = socket().await;

    chatflows.join(desk.site, &outbox);

    let before = hears(&mut browser, Availability::Offline).await;
    let returns_at_ms = at("2026-11-23T09:00:00+01:00");
    assert_eq!(before.notice, Some(Notice::ReturnTime { returns_at_ms }));
    let after = hears(&mut browser, Availability::Available).await;
    assert_eq!((after.launcher, after.notice), (Launcher::Shown, None));
    let shown = chatflows.shown_on(desk.site).expect("a chatflow").now;
    assert_eq!(shown.availability, Availability::Available);
}

/// AV-10, AV-11
#[tokio::test(flavor = "multi_thread")]
async fn visitors_hear_that_the_hours_end_when_they_end_also_after_the_night_of_a_change() {
    let desk = Desk::new().await;
    let chatflows = chatflows(&desk, "2026-10-26T16:59:55+01:00").await;
    let (outbox, mut browser) = socket().await;

    chatflows.join(desk.site, &outbox);

    let within = hears(&mut browser, Availability::Away).await;
    assert_eq!(within.launcher, Launcher::Hidden);
    let after = hears(&mut browser, Availability::Offline).await;
    let returns_at_ms = at("2026-11-02T09:00:00+01:00");
    assert_eq!(after.notice, Some(Notice::ReturnTime { returns_at_ms }));
}

#[tokio::test(flavor = "multi_thread")]
async fn other_hours_are_told_at_once_and_the_clock_is_looked_at_for_them() {
    let desk = Desk::new().await;
    let chatflows = chatflows(&desk, "2026-11-23T08:29:52+01:00").await;
    let (outbox, mut browser) = socket().await;
    chatflows.join(desk.site, &outbox);
    hears(&mut browser, Availability::Offline).await;

    put(&desk, "08:30").await;
    chatflows.refresh().await;

    // What holds may be told twice.
    let returns_at_ms = at("2026-11-23T08:30:00+01:00");
    let half_past_eight = Some(Notice::ReturnTime { returns_at_ms });
    while hears(&mut browser, Availability::Offline).await.notice != half_past_eight {}
    hears(&mut browser, Availability::Away).await;
}

/// REG-10
#[tokio::test(flavor = "multi_thread")]
async fn who_begins_a_conversation_is_told_what_holds_at_that_moment() {
    let desk = Desk::new().await;
    let agent = desk.agent("anna", 3).await;
    desk.present(agent, true).await;
    let chatflows = chatflows(&desk, "2026-11-23T12:00:00+01:00").await;
    let (outbox, mut browser) = socket().await;
    chatflows.join(desk.site, &outbox);
    hears(&mut browser, Availability::Available).await;
    // Its actor tells nobody of what happens now.
    chatflows.leave(desk.site, outbox.id());
    chatflows.registry.cast(Msg::Panic(desk.chatflow)).expect("the registry lives");

    desk.present(agent, false).await;
    eventually("the roster knows", || async {
        chatflows.roster.borrow().get(&agent).is_some_and(|row| !row.present)
    })
    .await;
    chatflows.tell(desk.chatflow, &outbox);

    hears(&mut browser, Availability::Away).await;
}
