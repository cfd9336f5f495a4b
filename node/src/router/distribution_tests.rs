//! Round robin, random and the availability filter on a real store and journal.

use std::collections::{HashMap, HashSet};

use salotto_protocol::{
    AgentId, AgentStatus, ChatflowId, ConversationId, DecisionRecord, EntryBody, NodeId, Policy,
    Seq, View,
};
use serde_json::json;

use super::policy;
use super::tests::{presence_of, routed, until_assigned};
use crate::journal::Change;
use crate::test_support::{Desk, eventually};

impl Desk {
    async fn put_rule(&self, id: ChatflowId, assignment: serde_json::Value) {
        let settings = json!({ "name": "Shop", "assign": true, "assignment": assignment });
        let settings = serde_json::from_value(settings).expect("settings");
        let Desk { site, inbox, .. } = *self;
        let (enabled, priority) = (true, 1);
        let change = Change::PutChatflow { id, site, inbox, enabled, priority, settings };
        self.change(change).await;
    }

    async fn record(&self, id: ConversationId) -> DecisionRecord {
        let entries = self.store.entries_after(id, View::Agent, Seq(0), 10).await.expect("read");
        let record = entries.into_iter().find_map(|entry| match entry.body {
            EntryBody::Decision { decision } => Some(decision),
            EntryBody::Welcome { .. }
            | EntryBody::Message { .. }
            | EntryBody::Comment { .. }
            | EntryBody::Assignment { .. }
            | EntryBody::Status { .. }
            | EntryBody::InboxChange { .. }
            | EntryBody::Contact { .. }
            | EntryBody::Promised { .. }
            | EntryBody::Unknown(_) => None,
        });
        record.expect("the router assigned it")
    }
}

/// Each conversation's turn, in the order of the turns.
async fn in_turn(desk: &Desk, ids: &[ConversationId]) -> Vec<(u32, u32, AgentId)> {
    let mut turns = Vec::new();
    for id in ids {
        let record = desk.record(*id).await;
        assert_eq!(record.policy, Policy::RoundRobin);
        assert_eq!(policy::replay(&record), Some(record.chosen));
        let at = policy::turn(&record).expect("round robin");
        turns.push((at.turn, at.cycle, record.chosen));
    }
    turns.sort_unstable();
    turns
}

/// AS-24: dense turns, and nobody twice in a cycle.
fn assert_fair(turns: &[(u32, u32, AgentId)]) {
    let numbers: Vec<u32> = turns.iter().map(|(turn, ..)| *turn).collect();
    let expected: Vec<u32> = (1..).take(turns.len()).collect();
    assert_eq!(numbers, expected);
    let mut had = HashSet::new();
    for (_, cycle, agent) in turns {
        assert!(had.insert((*cycle, *agent)), "{agent} twice in cycle {cycle}: {turns:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn as_24_the_cycle_survives_the_death_of_a_router() {
    let desk = Desk::new().await;
    desk.put_rule(desk.chatflow, json!({ "distribution": "round_robin" })).await;
    for name in ["anna", "ben", "cora"] {
        let agent = desk.agent(name, 50).await;
        desk.present(agent, true).await;
    }
    let first = presence_of(&desk, NodeId::fresh()).await;
    let router = routed(&desk, &first).await;
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(desk.waits(desk.chatflow).await);
    }
    until_assigned(&desk, &ids, 4).await;
    router.stop();
    eventually("it is not the router", || async { first.term().borrow().is_none() }).await;

    let second = presence_of(&desk, NodeId::fresh()).await;
    let _next = routed(&desk, &second).await;
    for _ in 0..5 {
        ids.push(desk.waits(desk.chatflow).await);
    }
    until_assigned(&desk, &ids, 9).await;

    let turns = in_turn(&desk, &ids).await;
    assert_fair(&turns);
    assert_eq!(turns.last().map(|(_, cycle, _)| *cycle), Some(3), "nine turns of three agents");
}

#[tokio::test(flavor = "multi_thread")]
async fn as_24_a_burst_goes_in_turn_though_visitors_give_up_and_agents_come_and_go() {
    let desk = Desk::new().await;
    desk.put_rule(desk.chatflow, json!({ "distribution": "round_robin" })).await;
    let presence = presence_of(&desk, NodeId::fresh()).await;
    let _router = routed(&desk, &presence).await;
    let mut team = Vec::new();
    for number in 0..5 {
        team.push(desk.agent(&format!("agent-{number}"), 50).await);
        desk.present(team[number], true).await;
    }
    let (mut ids, mut given_up) = (Vec::new(), 0);
    for round in 0..12 {
        for _ in 0..4 {
            ids.push(desk.waits(desk.chatflow).await);
        }
        desk.present(team[round % team.len()], round % 3 > 0).await;
        if desk.head(ids[ids.len() - 1]).await.assignee.is_none() {
            desk.closes(ids.pop().expect("just begun")).await;
            given_up += 1;
        }
    }
    for agent in &team {
        desk.present(*agent, true).await;
    }
    until_assigned(&desk, &ids, 48 - given_up).await;

    let mut all = desk.store.turns().await.expect("read");
    all.sort_unstable_by_key(|turn| turn.at.turn);
    let latest: HashMap<AgentId, u32> = all.iter().map(|it| (it.agent, it.at.turn)).collect();
    for (turn, _, agent) in in_turn(&desk, &ids).await {
        assert!(turn <= latest[&agent], "what is stored is the latest");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn as_6_a_rule_that_ignores_availability_assigns_to_those_who_are_away_and_here() {
    let desk = Desk::new().await;
    let rule = json!({ "distribution": "random", "ignore_availability": true });
    desk.put_rule(desk.chatflow, rule).await;
    let agent = desk.agent("anna", 5).await;
    desk.change(Change::Status { agent, status: AgentStatus::Away }).await;
    let presence = presence_of(&desk, NodeId::fresh()).await;
    let _router = routed(&desk, &presence).await;
    let strict = ChatflowId::fresh();
    desk.put_chatflow(strict, &[agent], 2).await;
    let id = desk.waits(desk.chatflow).await;
    let other = desk.waits(strict).await;
    desk.present(agent, true).await;

    until_assigned(&desk, &[id], 1).await;

    assert_eq!(desk.record(id).await.policy, Policy::Random);
    assert_eq!(desk.head(other).await.assignee, None, "its rule asks for somebody Available");
}

#[tokio::test(flavor = "multi_thread")]
async fn by_3_a_record_names_the_rule_and_its_version() {
    let desk = Desk::new().await;
    let agent = desk.agent("anna", 5).await;
    desk.present(agent, true).await;
    let presence = presence_of(&desk, NodeId::fresh()).await;
    let _router = routed(&desk, &presence).await;
    let before = desk.waits(desk.chatflow).await;
    until_assigned(&desk, &[before], 1).await;
    desk.put_rule(desk.chatflow, json!({ "distribution": "random" })).await;
    let mut policy = Policy::LoadBalanced;
    let mut after = before;
    while policy != Policy::Random {
        desk.closes(after).await;
        after = desk.waits(desk.chatflow).await;
        until_assigned(&desk, &[after], 1).await;
        policy = desk.record(after).await.policy;
    }

    let (first, second) = (desk.record(before).await, desk.record(after).await);
    let (first, second) = (first.rule.expect("a rule"), second.rule.expect("a rule"));
    assert_eq!((first.chatflow, second.chatflow), (desk.chatflow, desk.chatflow));
    assert!(first.settings_version < second.settings_version);
}

/// The router wakes by itself: nothing happens but that time passes.
#[tokio::test(flavor = "multi_thread")]
async fn overflow_comes_by_itself_and_after_a_take_over_as_well() {
    let desk = Desk::new().await;
    let (anna, ben) = (desk.agent("anna", 5).await, desk.agent("ben", 5).await);
    desk.present(ben, true).await;
    let overflow = json!({ "after_ms": 1_500, "agents": [ben] });
    desk.put_rule(desk.chatflow, json!({ "agents": [anna], "overflow": overflow })).await;
    let first = presence_of(&desk, NodeId::fresh()).await;
    let router = routed(&desk, &first).await;
    let id = desk.waits(desk.chatflow).await;
    until_assigned(&desk, &[id], 1).await;
    let record = desk.record(id).await;
    assert_eq!((record.chosen, record.steps.len()), (ben, 2));
    let waited_ms = record.waited_ms.expect("there is overflow");
    assert!((1_500..3_000).contains(&waited_ms), "after {waited_ms} ms, not with some later read");

    let second = desk.waits(desk.chatflow).await;
    router.stop();
    eventually("it is not the router", || async { first.term().borrow().is_none() }).await;
    let presence = presence_of(&desk, NodeId::fresh()).await;
    let _next = routed(&desk, &presence).await;
    until_assigned(&desk, &[second], 1).await;
    let record = desk.record(second).await;
    assert!(record.chosen == ben && record.waited_ms >= Some(1_500));
}
