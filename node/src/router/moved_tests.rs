//! Whom the router gives what was moved to another inbox, or given to a team by hand.

use salotto_protocol::people::{HeldSkills, InboxAccess, InboxKind};
use salotto_protocol::{
    AgentId, AgentStatus, ChatflowId, InboxId, SiteId, Step, StepOutcome, Target, TeamId,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::assignment::Plan;
use super::state::{Ending, Queue, WAITING_MAX};
use super::test_support::{agent, head};
use crate::store::{AgentRow, ChatflowRow, Head, InboxRow, Settings, SlotKind, TeamRow};

const CHATFLOW: u128 = 1;
const OWN: InboxId = InboxId(Uuid::from_u128(60));
const OTHER: InboxId = InboxId(Uuid::from_u128(61));
const SALES: TeamId = TeamId(Uuid::from_u128(50));

fn id(number: u128) -> AgentId {
    AgentId(Uuid::from_u128(number))
}

/// Agents 1 to 3 may have what stands in the chatflow's own inbox, 3 and 4 what stands in the
/// other one. Of Sales, 2 and 4 are main members, 3 is an extra one.
fn settings(assignment: &Value, kind: InboxKind) -> Settings {
    let chatflow = json!({ "name": "Shop", "assign": true, "assignment": assignment });
    let chatflow = ChatflowRow {
        id: ChatflowId(Uuid::from_u128(CHATFLOW)),
        site: SiteId(Uuid::nil()),
        inbox: OWN,
        enabled: true,
        priority: 1,
        settings: serde_json::from_value(chatflow).expect("settings"),
    };
    let sales = TeamRow {
        id: SALES,
        name: "Sales".to_owned(),
        main_members: vec![id(2), id(4)],
        extra_members: vec![id(3)],
        skills: HeldSkills::default(),
    };
    let inbox = |inbox, numbers: &[u128], kind| {
        let agents = numbers.iter().map(|it| id(*it)).collect();
        let access = InboxAccess::Chosen { agents, teams: Vec::new() };
        InboxRow { id: inbox, name: String::new(), access, kind }
    };
    let inboxes = vec![inbox(OWN, &[1, 2, 3], InboxKind::Inbox), inbox(OTHER, &[3, 4], kind)];
    let (chatflows, teams) = (vec![chatflow], vec![sales]);
    Settings { version: 1, chatflows, teams, inboxes, ..Settings::default() }
}

fn queue(assignment: &Value, agents: Vec<AgentRow>, waiting: &[Head]) -> Queue {
    let mut queue = Queue::default();
    queue.set_rules(&settings(assignment, InboxKind::HelpDesk));
    queue.read_begins();
    queue.read(agents, waiting, WAITING_MAX);
    queue
}

fn all() -> Vec<AgentRow> {
    (1..=4).map(|number| agent(number, 3)).collect()
}

fn waits(number: u128, inbox: InboxId) -> Head {
    let since_ms = i64::try_from(number).expect("small");
    Head { inbox, ..head(number, CHATFLOW, since_ms) }
}

fn given_to(number: u128, team: TeamId) -> Head {
    Head { team: Some(team), ..waits(number, OWN) }
}

fn chosen(plan: Option<Plan>) -> Option<AgentId> {
    plan.map(|plan| plan.record.chosen)
}

/// AS-44
#[test]
fn as_44_what_was_moved_goes_to_those_who_have_access_where_it_stands_now() {
    let mut queue = queue(&json!({}), all(), &[waits(1, OTHER), waits(2, OWN)]);
    let busy = AgentRow { tickets: 1, ..agent(3, 3) };
    queue.notice_agents(&[busy]);
    let moved = queue.next(1, 9).expect("agent 4 has fewer tickets");
    assert_eq!(moved.record.chosen, id(4));
    assert_eq!((moved.stands.inbox, moved.stands.kind), (OTHER, SlotKind::Ticket));
    let own = queue.next(1, 9).expect("agents 1 to 3 may have it");
    assert!([1, 2, 3].map(id).contains(&own.record.chosen));
    assert_eq!((own.stands.inbox, own.stands.kind), (OWN, SlotKind::Chat));
}

/// AS-44
#[test]
fn as_44_without_anybody_of_the_rule_who_has_access_there_it_waits_for_a_pick() {
    let rule = json!({ "agents": [id(1), id(2)] });
    let mut queue = queue(&rule, all(), &[waits(1, OTHER), waits(2, OWN)]);
    assert_eq!(queue.next(1, 9).map(|it| it.conversation), Some(waits(2, OWN).id));
    assert!(queue.next(1, 9).is_none());
    assert_eq!(queue.len(), 2, "it waits, and the other one is under way");
    queue.committed(&waits(1, OWN));
    assert!(chosen(queue.next(1, 9)).is_some(), "moved back, it is theirs again");
}

/// AS-3, AS-44
#[test]
fn as_44_an_owner_without_access_there_is_passed_over() {
    let mut moved = waits(1, OTHER);
    moved.facts.owner = Some(id(1));
    let owners = json!({ "assign_to": "contact_owner", "agents": [id(4)] });
    let plan = queue(&owners, all(), &[moved]).next(1, 9).expect("agent 4 may have it there");
    let verdict = salotto_protocol::Verdict::NoAccess;
    assert_eq!(plan.record.chosen, id(4));
    assert_eq!(plan.record.steps[0].outcome, StepOutcome::OwnerSkipped { verdict });
}

/// AS-41, PERM-4
#[test]
fn as_41_what_a_team_was_given_goes_to_its_main_members_alone_and_the_record_says_so() {
    let rule = json!({ "agents": [id(1)], "overflow": { "after_ms": 1_000, "agents": [id(3)] } });
    let mut queue = queue(&rule, all(), &[given_to(1, SALES), given_to(2, SALES)]);
    queue.notice_agents(&[AgentRow { capacity: 1, ..agent(2, 3) }]);
    let plan = queue.next(1, 900_000).expect("agent 2, whatever the rule says");
    assert_eq!((plan.record.chosen, plan.stands.team), (id(2), Some(SALES)));
    let target = Target::Team { team: SALES, name: "Sales".to_owned() };
    assert_eq!(plan.record.steps, [Step { target, outcome: StepOutcome::Chosen }]);
    let asked: Vec<AgentId> = plan.record.candidates.iter().map(|it| it.agent).collect();
    assert_eq!(asked.len(), 2, "and agent 4, who has no access to this inbox");
    assert!(queue.next(1, 900_000).is_none(), "agent 2 is full, and nobody else is meant");
}

/// AS-8, AS-41
#[test]
fn as_41_a_member_who_is_away_gets_nothing_and_the_next_conversation_is_not_held_up() {
    let away = AgentRow { status: AgentStatus::Away, ..agent(2, 3) };
    let team = vec![agent(1, 3), away, agent(3, 3), agent(4, 3)];
    let mut queue = queue(&json!({}), team, &[given_to(1, SALES), waits(2, OWN)]);
    assert_eq!(queue.next(1, 9).map(|it| it.conversation), Some(waits(2, OWN).id));
    assert!(queue.next(1, 9).is_none());
    queue.notice_agents(&[AgentRow { version: 2, ..agent(2, 3) }]);
    assert_eq!(chosen(queue.next(1, 9)), Some(id(2)));
}

/// AS-41
#[test]
fn as_41_a_team_that_is_not_known_is_nobody_and_by_hand_it_is_routed_as_before() {
    let mut queue = queue(&json!({}), all(), &[given_to(1, TeamId(Uuid::from_u128(51)))]);
    assert!(queue.next(1, 9).is_none());
    queue.committed(&waits(1, OWN));
    assert!(chosen(queue.next(1, 9)).is_some());
}

/// AS-24, AS-41: the same distribution as that of the chatflow.
#[test]
fn as_41_members_take_turns_where_the_chatflow_says_so() {
    let rule = json!({ "distribution": "round_robin" });
    let mut settings = settings(&rule, InboxKind::Inbox);
    settings.inboxes.clear();
    let waiting: Vec<Head> = (1..=4).map(|number| given_to(number, SALES)).collect();
    let mut queue = Queue::default();
    queue.set_rules(&settings);
    queue.read_begins();
    queue.read(all(), &waiting, WAITING_MAX);
    let mut given = Vec::new();
    while let Some(plan) = queue.next(1, 9) {
        queue.ended(plan.conversation, Ending::Committed);
        given.push(plan.record.chosen);
    }
    assert_eq!(given.len(), 4);
    assert!(given.chunks(2).all(|turn| turn[0] != turn[1]), "{given:?}");
}
