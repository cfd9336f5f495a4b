//! Decisions one after the other, over a queue as long as it gets.

use salotto_protocol::{ChatflowId, ConversationState, InboxId, Seq, SiteId, TeamId};
use serde_json::json;
use uuid::Uuid;

use super::state::{Ending, Queue, WAITING_MAX};
use super::test_support;
use crate::store::{ChatflowRow, Head, Settings, TeamRow};

const CHATFLOW: u128 = 1;
const CAPACITY: u32 = 5;

/// A queue that stays as it is: whoever is assigned makes room for another one who waits, and is
/// dealt with at once.
pub struct Decisions {
    queue: Queue,
    next: u128,
    /// Each of them for pages of its own.
    rules: u128,
}

impl Decisions {
    /// Of the agents every fifth has room; of those who wait the router knows the oldest 20,000.
    pub fn new(agents: u32, waiting: u32) -> Decisions {
        Decisions::with_rules(agents, waiting, 0, 0)
    }

    /// Everybody is in a team, and every rule names one, for pages of its own. Of most teams nobody
    /// has room: then it is whoever has.
    pub fn with_rules(agents: u32, waiting: u32, teams: u32, rules: u32) -> Decisions {
        let team = (1..=agents).map(|number| {
            let mut agent = test_support::agent(u128::from(number), CAPACITY);
            agent.active = if number % 5 == 0 { number % CAPACITY } else { CAPACITY };
            agent
        });
        let rules = u128::from(rules);
        let known = usize::try_from(waiting).unwrap_or(usize::MAX).min(WAITING_MAX);
        let heads: Vec<Head> = (1..).take(known).map(|number| waits(number, rules)).collect();
        let mut queue = Queue::default();
        if rules > 0 {
            queue.set_rules(&settings(agents, u128::from(teams), rules));
        }
        queue.read_begins();
        queue.read(team.collect(), &heads, WAITING_MAX);
        Decisions { queue, next: known as u128, rules }
    }

    /// Who gets the oldest one; with the record that says why. The next one begins to wait.
    pub fn decide(&mut self) -> usize {
        self.next += 1;
        let seed = u32::try_from(self.next % 1_000_003).expect("small");
        let plan = self.queue.next(seed, 0);
        let plan = plan.expect("somebody waits, and somebody has room");
        let mut head = waits(plan.conversation.0.as_u128(), self.rules);
        head.state = ConversationState::Assigned;
        head.seq = Seq(2);
        self.queue.ended(plan.conversation, Ending::Committed);
        self.queue.committed(&head);
        self.queue.committed(&waits(self.next, self.rules));
        plan.record.candidates.len()
    }
}

fn waits(number: u128, rules: u128) -> Head {
    let since_ms = i64::try_from(number).expect("a few thousand");
    let mut head = test_support::head(number, CHATFLOW, since_ms);
    if let Some(section) = number.checked_rem(rules) {
        head.started_on.url = format!("https://shop.example/section-{section}/things?page=2");
    }
    head
}

fn settings(agents: u32, teams: u128, rules: u128) -> Settings {
    let team = |number: u128| TeamRow {
        id: TeamId(Uuid::from_u128(number)),
        name: format!("Team {number}"),
        main_members: (1..=u128::from(agents))
            .filter(|agent| agent % teams == number)
            .map(|agent| test_support::agent(agent, CAPACITY).id)
            .collect(),
        extra_members: Vec::new(),
        skills: Default::default(),
    };
    let rule = |number: u128| {
        let text = format!("/section-{number}/");
        let address = json!({ "kind": "page_url", "operator": "contains", "text": text });
        let team = TeamId(Uuid::from_u128(number % teams));
        json!({ "name": format!("Rule {number}"), "conditions": [address], "teams": [team] })
    };
    let rules: Vec<_> = (0..rules).map(rule).collect();
    let chatflow = json!({ "name": "Shop", "assign": true, "assignment": { "rules": rules } });
    let chatflow = ChatflowRow {
        id: ChatflowId(Uuid::from_u128(CHATFLOW)),
        site: SiteId(Uuid::nil()),
        inbox: InboxId(Uuid::nil()),
        enabled: true,
        priority: 1,
        settings: serde_json::from_value(chatflow).expect("settings"),
    };
    let teams = (0..teams).map(team).collect();
    Settings { version: 1, chatflows: vec![chatflow], teams, ..Settings::default() }
}
