//! Agents with working hours, a moment before these turn.

use jiff::Timestamp;
use salotto_protocol::hours::{Absence, HoursRow, Weekday, WorkingHours};
use salotto_protocol::{AgentId, AgentStatus};
use tokio::sync::watch;

use super::shifts::follow;
use crate::clock::{self, Clock};
use crate::journal::{Change, Changed};
use crate::store::Term;
use crate::test_support::{Desk, eventually};

fn at(text: &str) -> i64 {
    text.parse::<Timestamp>().expect("a time").as_millisecond()
}

fn office() -> WorkingHours {
    let (start, end) = ("09:00".to_owned(), "17:00".to_owned());
    let weekly = vec![HoursRow { days: Weekday::ALL.to_vec(), start, end }];
    let time_zone = "Europe/Berlin".to_owned();
    WorkingHours { time_zone, weekly, out_of_office: Vec::new() }
}

/// Anna, whose hours were set at a time of the clock that is to be followed.
async fn anna(desk: &Desk, hours: WorkingHours, followed: &str) -> AgentId {
    let anna = desk.agent("anna", 3).await;
    let put = Change::PutHours { by: anna, user: anna, hours: Box::new(hours) };
    let before = clock::now_ms();
    desk.change(put).await;
    let rows = desk.store.all_working_hours().await.expect("read");
    assert!((before..=clock::now_ms()).contains(&rows[0].followed_ms), "what was before is past");
    let status = AgentStatus::Available;
    let (agent, followed_ms, at_ms) = (anna, rows[0].followed_ms, at(followed));
    desk.change(Change::Turn { agent, status, followed_ms, at_ms }).await;
    anna
}

/// On a clock that shows `time` now; as long as the sender lives.
fn followed(desk: &Desk, time: &str) -> watch::Sender<Option<Term>> {
    let (lease, term) = watch::channel(Some(Term(1)));
    let clock = Clock::showing(at(time));
    tokio::spawn(follow(desk.store.clone(), desk.journal.clone(), term, clock));
    lease
}

async fn becomes(desk: &Desk, agent: AgentId, status: AgentStatus) {
    eventually("the status turns", || async { desk.agent_row(agent).await.status == status }).await;
}

/// AV-32
#[tokio::test(flavor = "multi_thread")]
async fn the_status_turns_when_the_hours_begin_and_when_they_end() {
    let desk = Desk::new().await;
    let anna = anna(&desk, office(), "2026-11-22T17:00:00+01:00").await;
    desk.change(Change::Status { agent: anna, status: AgentStatus::Away }).await;

    let morning = followed(&desk, "2026-11-23T08:59:59+01:00");
    becomes(&desk, anna, AgentStatus::Available).await;
    drop(morning);
    let _evening = followed(&desk, "2026-11-23T16:59:59+01:00");
    becomes(&desk, anna, AgentStatus::Away).await;
}

/// AV-32
#[tokio::test(flavor = "multi_thread")]
async fn what_was_set_by_hand_stays_until_the_next_turn() {
    let desk = Desk::new().await;
    let anna = anna(&desk, office(), "2026-11-22T17:00:00+01:00").await;
    let ben = desk.agent("ben", 3).await;
    desk.change(Change::PutHours { by: ben, user: ben, hours: Box::new(office()) }).await;
    let _day = followed(&desk, "2026-11-23T08:59:59+01:00");
    eventually("the hours begin", || async {
        let rows = desk.store.all_working_hours().await.expect("read");
        rows.iter().any(|row| row.followed_ms == at("2026-11-23T09:00:00+01:00"))
    })
    .await;

    desk.change(Change::Status { agent: anna, status: AgentStatus::Away }).await;
    let version = desk.agent_row(anna).await.version;
    // Two more looks have gone by when somebody else's turn has been taken.
    let followed_ms = at("2026-11-22T17:00:00+01:00");
    let rows = desk.store.all_working_hours().await.expect("read");
    let of_ben = rows.iter().find(|row| row.agent == ben).expect("he has hours").followed_ms;
    let status = AgentStatus::Away;
    let turn = Change::Turn { agent: ben, status, followed_ms: of_ben, at_ms: followed_ms };
    desk.change(turn).await;
    becomes(&desk, ben, AgentStatus::Available).await;

    let row = desk.agent_row(anna).await;
    assert_eq!((row.status, row.version), (AgentStatus::Away, version));
}

/// AV-33
#[tokio::test(flavor = "multi_thread")]
async fn out_of_office_is_away_from_its_beginning_and_available_from_its_end() {
    let desk = Desk::new().await;
    let absence = Absence { from: "2026-11-23T12:00".into(), until: "2026-11-24T12:00".into() };
    let hours = WorkingHours { out_of_office: vec![absence], ..office() };
    let anna = anna(&desk, hours, "2026-11-23T09:00:00+01:00").await;

    let noon = followed(&desk, "2026-11-23T11:59:59+01:00");
    becomes(&desk, anna, AgentStatus::Away).await;
    drop(noon);
    let _back = followed(&desk, "2026-11-24T11:59:59+01:00");
    becomes(&desk, anna, AgentStatus::Available).await;
    let rows = desk.store.all_working_hours().await.expect("read");
    assert_eq!(rows[0].followed_ms, at("2026-11-24T12:00:00+01:00"), "not at nine");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_that_follow_the_same_hours_one_turns_the_status() {
    let desk = Desk::new().await;
    let anna = anna(&desk, office(), "2026-11-22T17:00:00+01:00").await;
    let turn = Change::Turn {
        agent: anna,
        status: AgentStatus::Away,
        followed_ms: at("2026-11-22T17:00:00+01:00"),
        at_ms: at("2026-11-23T17:00:00+01:00"),
    };
    let first = desk.journal.change(turn.clone()).await.expect("changed");
    let second = desk.journal.change(turn).await.expect("answered");
    assert_eq!((first, second), (Changed::Done, Changed::Unchanged));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_without_the_lease_follows_nothing() {
    let desk = Desk::new().await;
    let anna = anna(&desk, office(), "2026-11-22T17:00:00+01:00").await;
    desk.change(Change::Status { agent: anna, status: AgentStatus::Away }).await;
    let (lease, term) = watch::channel(None);
    let clock = Clock::showing(at("2026-11-23T12:00:00+01:00"));
    let task = tokio::spawn(follow(desk.store.clone(), desk.journal.clone(), term, clock));

    drop(lease);
    task.await.expect("it ended");

    assert_eq!(desk.agent_row(anna).await.status, AgentStatus::Away);
}
