//! Presence on a real store: what is written when, and what the roster tells.

use std::time::{Duration, Instant};

use salotto_protocol::{AgentId, AgentStatus, NodeId};

use super::Presence;
use crate::journal::Change;
use crate::store::{AgentRow, Term};
use crate::test_support::{Desk, eventually};

async fn presence(desk: &Desk) -> Presence {
    let (journal, store) = (desk.journal.clone(), desk.store.clone());
    Presence::start(NodeId::fresh(), journal, store, desk.root.clone()).await.expect("presence")
}

fn row(presence: &Presence, agent: AgentId) -> Option<AgentRow> {
    presence.roster().borrow().get(&agent).cloned()
}

fn is_present(presence: &Presence, agent: AgentId) -> bool {
    row(presence, agent).is_some_and(|row| row.present)
}

/// Waits until the roster says so.
async fn until(presence: &Presence, agent: AgentId, is_so: impl Fn(&AgentRow) -> bool) {
    let mut roster = presence.roster();
    let told = roster.wait_for(|roster| roster.get(&agent).is_some_and(&is_so));
    let told = tokio::time::timeout(Duration::from_secs(20), told).await;
    told.expect("in time").expect("presence lives");
}

/// REG-9
#[tokio::test(flavor = "multi_thread")]
async fn who_is_only_on_a_node_that_is_dead_is_absent() {
    let desk = Desk::new().await;
    let (agent, other) = (desk.agent("anna", 3).await, desk.agent("ben", 3).await);
    desk.present(agent, true).await;
    let dead = NodeId::fresh();
    let id = dead.0.simple();
    desk.store.tamper(&format!("INSERT INTO nodes VALUES (x'{id}', 1)")).await;
    desk.change(Change::Presence { agent: other, node: dead, present: true }).await;

    let presence = presence(&desk).await;

    assert!(is_present(&presence, agent));
    assert!(!row(&presence, other).expect("known at once").present);
    desk.store.tamper("UPDATE nodes SET expires_at_ms = 9999999999999").await;
    until(&presence, other, |row| row.present).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_leaves_takes_its_agents_with_it() {
    let desk = Desk::new().await;
    let agent = desk.agent("anna", 3).await;
    let (leaving, staying) = (presence(&desk).await, presence(&desk).await);
    leaving.came(agent);
    until(&staying, agent, |row| row.present).await;

    leaving.leave().await.expect("the store is well");

    until(&staying, agent, |row| !row.present).await;
    assert_eq!(*leaving.term().borrow(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_the_store_has_forgotten_tells_it_everything_again() {
    let desk = Desk::new().await;
    let agent = desk.agent("anna", 3).await;
    let presence = presence(&desk).await;
    presence.came(agent);
    until(&presence, agent, |row| row.present).await;

    desk.store.tamper("DELETE FROM agent_presence; DELETE FROM nodes").await;

    eventually("it is told again", || async { desk.agent_row(agent).await.present }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_node_is_the_router_until_it_lets_another() {
    let desk = Desk::new().await;
    let (first, second) = (presence(&desk).await, presence(&desk).await);
    let term = first.term().borrow().expect("nobody else was");
    assert_eq!(*second.term().borrow(), None);

    first.withdraw();

    assert_eq!(becomes_router(&second).await, Term(term.0 + 1));
    assert_eq!(*first.term().borrow(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_router_that_falls_silent_is_replaced_within_five_seconds() {
    let desk = Desk::new().await;
    let (first, second) = (presence(&desk).await, presence(&desk).await);
    let term = first.term().borrow().expect("nobody else was");
    let silent = Instant::now();
    first.fall_silent();

    assert_eq!(becomes_router(&second).await, Term(term.0 + 1));
    let took = silent.elapsed();
    assert!(took >= Duration::from_secs(1), "the lease had not ended: {took:?}");
    assert!(took <= Duration::from_secs(5), "{took:?}");
}

async fn becomes_router(presence: &Presence) -> Term {
    let mut told = presence.term();
    let term = told.wait_for(Option::is_some);
    let term = tokio::time::timeout(Duration::from_secs(20), term).await.expect("in time");
    term.expect("presence lives").expect("waited for")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_socket_makes_present_and_the_last_one_absent_after_the_grace() {
    let desk = Desk::new().await;
    let agent = desk.agent("anna", 3).await;
    let presence = presence(&desk).await;

    presence.came(agent);
    presence.came(agent);
    until(&presence, agent, |row| row.present).await;
    assert!(desk.agent_row(agent).await.present);
    let version = desk.agent_row(agent).await.version;

    presence.left(agent);
    presence.left(agent);
    let left = Instant::now();
    until(&presence, agent, |row| !row.present).await;
    assert!(left.elapsed() >= Duration::from_secs(5), "not before the grace is over");
    assert_eq!(desk.agent_row(agent).await.version, version + 1, "written once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_is_no_absence() {
    let desk = Desk::new().await;
    let (agent, other) = (desk.agent("anna", 3).await, desk.agent("ben", 3).await);
    let presence = presence(&desk).await;
    presence.came(agent);
    presence.came(other);
    until(&presence, agent, |row| row.present).await;
    until(&presence, other, |row| row.present).await;
    let version = desk.agent_row(agent).await.version;

    presence.left(agent);
    presence.left(other);
    presence.came(agent);

    until(&presence, other, |row| !row.present).await;
    assert!(is_present(&presence, agent));
    assert_eq!(desk.agent_row(agent).await.version, version);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_choices_the_last_one_is_in_force() {
    let desk = Desk::new().await;
    let agent = desk.agent("anna", 3).await;
    let presence = presence(&desk).await;

    for _ in 0..20 {
        presence.set_status(agent, AgentStatus::Away);
        presence.set_status(agent, AgentStatus::Available);
    }
    presence.set_status(agent, AgentStatus::Away);
    eventually("the store has it", || async {
        desk.agent_row(agent).await.status == AgentStatus::Away
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_another_process_made_is_found() {
    let desk = Desk::new().await;
    let presence = presence(&desk).await;
    let agent = AgentId::fresh();

    let id = agent.0.simple();
    let columns = "email, email_key, name, password_hash, status, capacity, active, version";
    let values = "'a@example.com', 'a@example.com', 'Anna', '', 'available', 3, 0, 1";
    desk.store
        .tamper(&format!("INSERT INTO agents (id, {columns}) VALUES (x'{id}', {values})"))
        .await;

    until(&presence, agent, |row| row.capacity == 3).await;
}
