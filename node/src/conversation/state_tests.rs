//! What a conversation allows, decided on made-up heads.

#[path = "by_hand_tests.rs"]
mod by_hand;
#[path = "telling_tests.rs"]
mod telling;
#[path = "to_team_tests.rs"]
mod to_team;

use std::collections::HashMap;

use salotto_protocol::chatflow::ChatflowSettings;
use salotto_protocol::people::{InboxAccess, InboxKind, Seat};
use salotto_protocol::{
    ChatflowId, ConversationId, ConversationNumber, InboxId, Page, SiteId, VisitorId,
};

use super::*;
use crate::store::{ChatflowRow, InboxRow};

/// Everything begins at 0.
const NOW_MS: i64 = 40 * 24 * 3_600_000;

struct World {
    head: Head,
    agents: HashMap<AgentId, AgentRow>,
    waited_longer: u32,
    settings: Settings,
    assignees: Arc<Assignees>,
}

impl World {
    fn new() -> World {
        let head = Head {
            id: ConversationId::fresh(),
            number: ConversationNumber(1),
            site: SiteId::fresh(),
            inbox: InboxId::fresh(),
            chatflow: ChatflowId::fresh(),
            visitor: VisitorId::fresh(),
            seq: Seq(2),
            visitor_seq: Seq(2),
            state: ConversationState::Waiting,
            assignee: None,
            slot_agent: None,
            slot_excess: false,
            slot_ticket: false,
            active_at_ms: 0,
            assignment: 0,
            answered: false,
            beside: false,
            started_at_ms: 0,
            last_at_ms: 0,
            waiting_since_ms: Some(0),
            missed_at_ms: None,
            email: None,
            due_at_ms: None,
            started_on: Page::default(),
            preview: String::new(),
            preview_by: None,
            facts: Default::default(),
            team: None,
        };
        let row = InboxRow {
            id: head.inbox,
            name: "Main".to_owned(),
            access: InboxAccess::Everyone,
            kind: InboxKind::Inbox,
        };
        let settings = Settings { inboxes: vec![row], ..Settings::default() };
        let mut assignees = Assignees::default();
        assignees.assigns = true;
        let assignees = Arc::new(assignees);
        World { head, agents: HashMap::new(), waited_longer: 0, settings, assignees }
    }

    fn assigned_by(&mut self, assignment: &serde_json::Value) {
        let json = serde_json::json!({"name": "Chat", "assign": true, "assignment": assignment});
        let Head { chatflow: id, site, inbox, .. } = self.head;
        let settings = serde_json::from_value(json).expect("settings");
        let row = ChatflowRow { id, site, inbox, enabled: true, priority: 1, settings };
        self.assignees = Arc::new(Assignees::of(&self.settings, &row));
    }

    fn inbox(&mut self, access: InboxAccess) -> InboxId {
        let id = InboxId::fresh();
        self.settings.inboxes.push(InboxRow {
            id,
            name: "Other".to_owned(),
            access,
            kind: InboxKind::Inbox,
        });
        id
    }

    fn hire(&mut self, name: &str) -> AgentId {
        let id = AgentId::fresh();
        let email = format!("{name}@example.test");
        let row = AgentRow { capacity: 1, present: true, ..AgentRow::new(id, &email, name) };
        self.agents.insert(id, row);
        id
    }

    fn assigned_to(mut self, agent: AgentId) -> World {
        self.head.state = ConversationState::Assigned;
        self.head.assignee = Some(agent);
        self.head.slot_agent = Some(agent);
        self
    }

    fn closed(mut self) -> World {
        self.head.state = ConversationState::Closed;
        self.head.slot_agent = None;
        self
    }

    fn decide(&self, author: &Author, command: &Command) -> Result<Decision, Rejection> {
        let World { head, agents, waited_longer, settings, .. } = self;
        let locked = Locked { head, agents, waited_longer: *waited_longer };
        let request = Request {
            conversation: self.head.id,
            author: author.clone(),
            client_id: ClientId::fresh(),
            command: command.clone(),
        };
        decide(&locked, &request, Some(settings), NOW_MS)
    }

    fn says(&self, visitor: VisitorId) -> Result<Decision, Rejection> {
        let assigning = vec![(self.head.chatflow, self.assignees.clone())];
        let command = Command::VisitorMessage { visitor, text: "hi".to_owned(), assigning };
        self.decide(&Author::Visitor { id: visitor }, &command)
    }
}

fn agent(id: AgentId) -> Author {
    Author::Agent { id, name: "Ada".to_owned() }
}

fn kinds(decision: &Decision) -> Vec<&'static str> {
    decision.entries.iter().map(|entry| entry.body.kind()).collect()
}

fn reply() -> Command {
    Command::AgentMessage { text: "hello".to_owned() }
}

#[test]
fn a_strangers_message_is_not_found() {
    let refused = World::new().says(VisitorId::fresh()).err().expect("refused");
    assert_eq!(refused.code, ErrorCode::NotFound);
}

#[test]
fn a_reply_takes_an_unassigned_conversation() {
    let mut world = World::new();
    let ada = world.hire("Ada");

    let decision = world.decide(&agent(ada), &reply()).expect("allowed");

    assert_eq!(kinds(&decision), ["assignment", "message"]);
    assert_eq!(decision.assignee, Some(ada));
    assert_eq!(decision.slot, Slot::Take(ada));
}

#[test]
fn a_colleagues_reply_leaves_the_owner_alone() {
    let mut world = World::new();
    let (ada, ben) = (world.hire("Ada"), world.hire("Ben"));
    let world = world.assigned_to(ada);

    let decision = world.decide(&agent(ben), &reply()).expect("allowed");

    assert_eq!(kinds(&decision), ["message"]);
    assert_eq!(decision.assignee, Some(ada));
    assert_eq!(decision.slot, Slot::Keep);
}

#[test]
fn an_agents_message_to_a_closed_conversation_is_refused() {
    let mut world = World::new();
    let ada = world.hire("Ada");
    let world = world.assigned_to(ada).closed();

    let refused = world.decide(&agent(ada), &reply()).err().expect("refused");

    assert_eq!(refused.code, ErrorCode::Closed);
}

#[test]
fn a_visitors_message_reopens_with_the_former_owner_if_still_eligible() {
    let mut world = World::new();
    let ada = world.hire("Ada");
    let world = world.assigned_to(ada).closed();

    let decision = world.says(world.head.visitor).expect("allowed");

    assert_eq!(kinds(&decision), ["status", "message"]);
    assert_eq!(decision.assignee, Some(ada));
    assert_eq!(decision.slot, Slot::Take(ada));
}

#[test]
fn a_reopened_conversation_waits_anew_when_the_former_owner_has_left_reg_9() {
    type Leaves = fn(&mut AgentRow);
    let leaves: [Leaves; 3] = [
        |row| row.present = false,
        |row| row.status = salotto_protocol::AgentStatus::Away,
        |row| row.active = 1,
    ];
    for leave in leaves {
        let mut world = World::new();
        let ada = world.hire("Ada");
        let mut world = world.assigned_to(ada).closed();
        leave(world.agents.get_mut(&ada).expect("hired"));

        let decision = world.says(world.head.visitor).expect("allowed");

        assert_eq!(kinds(&decision), ["status", "assignment", "message"]);
        assert_eq!(decision.state, ConversationState::Waiting);
        assert_eq!(decision.assignee, None);
    }
}

/// AS-48, AS-8: the whole checklist, as if it were routed anew.
#[test]
fn as_48_the_former_owner_keeps_it_only_if_the_rules_would_give_it_to_them_today() {
    type Leaves = fn(&mut World, AgentId);
    let leaves: [Leaves; 4] = [
        |world, ada| world.agents.get_mut(&ada).expect("hired").seat = Seat::None,
        |world, ada| world.agents.get_mut(&ada).expect("hired").deactivated_at_ms = Some(1),
        |world, _| {
            let agents = vec![AgentId::fresh()];
            world.settings.inboxes[0].access = InboxAccess::Chosen { agents, teams: Vec::new() };
            world.assigned_by(&serde_json::json!({}));
        },
        |world, _| world.assigned_by(&serde_json::json!({ "agents": [AgentId::fresh()] })),
    ];
    for (number, leave) in leaves.into_iter().enumerate() {
        let mut world = World::new();
        let ada = world.hire("Ada");
        let mut world = world.assigned_to(ada).closed();
        world.assigned_by(&serde_json::json!({ "agents": [ada] }));
        let kept = world.says(world.head.visitor).expect("allowed");
        assert_eq!(kept.assignee, Some(ada));
        leave(&mut world, ada);

        let decision = world.says(world.head.visitor).expect("allowed");

        assert_eq!(decision.state, ConversationState::Waiting, "case {number}");
        assert_eq!(decision.assignee, None);
    }
}

#[test]
fn a_message_in_a_slotless_assigned_conversation_takes_a_slot_again() {
    let mut world = World::new();
    let ada = world.hire("Ada");
    let mut world = world.assigned_to(ada);
    world.head.slot_agent = None;

    let decision = world.says(world.head.visitor).expect("allowed");

    assert_eq!(decision.slot, Slot::Take(ada));
}

#[test]
fn closing_frees_the_slot_and_closing_again_changes_nothing() {
    let mut world = World::new();
    let ada = world.hire("Ada");
    let world = world.assigned_to(ada);
    let decision = world.decide(&agent(ada), &Command::Close).expect("allowed");
    assert_eq!((decision.state, decision.slot), (ConversationState::Closed, Slot::Free));

    let again = world.closed().decide(&agent(ada), &Command::Close).expect("allowed");

    assert!(again.entries.is_empty());
}

#[test]
fn whoever_reopens_has_it() {
    let mut world = World::new();
    let (ada, ben) = (world.hire("Ada"), world.hire("Ben"));
    let world = world.assigned_to(ada).closed();

    let decision = world.decide(&agent(ben), &Command::Reopen).expect("allowed");

    assert_eq!(kinds(&decision), ["status", "assignment"]);
    assert_eq!(decision.assignee, Some(ben));
}

/// AS-46: the log says whatever was done by hand, and why.
#[test]
fn a_start_greets_and_a_second_one_joins_reg_6() {
    let mut world = World::new();
    let mut request = StartRequest {
        visitor: world.head.visitor,
        assigning: Vec::new(),
        chatflow: ChatflowRow {
            id: world.head.chatflow,
            site: world.head.site,
            inbox: world.head.inbox,
            enabled: true,
            priority: 1,
            settings: settings("Hello!"),
        },
        start_client_id: ClientId::fresh(),
        message_client_id: ClientId::fresh(),
        text: "hi".to_owned(),
        page: Page::default(),
    };
    let start = |world: &World, request: &StartRequest| {
        let locked = Locked { head: &world.head, agents: &world.agents, waited_longer: 0 };
        kinds(&decide_start(&locked, request, None, NOW_MS).expect("allowed"))
    };
    world.head.seq = Seq(0);
    assert_eq!(start(&world, &request), ["welcome", "message"]);
    world.head.seq = Seq(2);
    assert_eq!(start(&world, &request), ["message"]);
    world.head.seq = Seq(0);
    request.chatflow.settings = settings("");
    assert_eq!(start(&world, &request), ["message"]);
}

fn settings(welcome: &str) -> ChatflowSettings {
    let json = serde_json::json!({"name": "Chat", "welcome": welcome, "assign": true});
    serde_json::from_value(json).expect("settings")
}

#[test]
fn a_skipped_seq_is_a_gap() {
    assert_eq!(arrival(Seq(1), Seq(1)), Arrival::Duplicate);
    assert_eq!(arrival(Seq(1), Seq(2)), Arrival::Next);
    assert_eq!(arrival(Seq(1), Seq(3)), Arrival::Gap);
}

#[test]
fn a_visitor_whom_everybody_missed_waits_again_when_they_write_or_return() {
    let mut world = World::new();
    world.head.state = ConversationState::Unassigned;
    (world.head.waiting_since_ms, world.head.missed_at_ms) = (None, Some(7));

    let locked = Locked { head: &world.head, agents: &world.agents, waited_longer: 0 };
    let returned = wait_again(&locked).expect("they may");
    let (visitor, text) = (world.head.visitor, "hello?".to_owned());
    let command = Command::VisitorMessage { visitor, text, assigning: Vec::new() };
    let wrote = world.decide(&Author::Visitor { id: visitor }, &command).expect("they may");

    assert_eq!((returned.state, kinds(&returned)), (ConversationState::Waiting, vec!["status"]));
    assert_eq!(
        (wrote.state, kinds(&wrote)),
        (ConversationState::Waiting, vec!["status", "message"])
    );

    world.head.missed_at_ms = None;
    let locked = Locked { head: &world.head, agents: &world.agents, waited_longer: 0 };
    let nothing = wait_again(&locked).expect("they may");
    assert_eq!((nothing.state, kinds(&nothing)), (ConversationState::Unassigned, vec![]));
}
