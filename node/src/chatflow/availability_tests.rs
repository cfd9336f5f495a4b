//! The table of states, row by row, in every mode; and what the clock has to do with it.

use jiff::Timestamp;
use salotto_protocol::availability::{AvailabilityNow, Launcher, Notice, ReplyTime};
use salotto_protocol::people::{HeldSkills, InboxAccess, Seat};
use salotto_protocol::{AgentId, AgentStatus, Availability, ChatflowId, InboxId, SiteId, TeamId};
use serde_json::{Value, json};
use uuid::Uuid;

use super::availability::Rule;
use crate::store::{AgentRow, ChatflowRow, InboxRow, Settings, TeamRow};

const FREE: (AgentStatus, bool, u32) = (AgentStatus::Available, true, 2);
const FULL: (AgentStatus, bool, u32) = (AgentStatus::Available, true, 3);
const AWAY: (AgentStatus, bool, u32) = (AgentStatus::Away, true, 0);
const ABSENT: (AgentStatus, bool, u32) = (AgentStatus::Available, false, 0);

const MONDAY_NOON: &str = "2026-11-23T12:00:00+01:00";
const SUNDAY: &str = "2026-11-22T12:00:00+01:00";

fn at(text: &str) -> i64 {
    text.parse::<Timestamp>().expect("a time").as_millisecond()
}

fn id(number: u128) -> AgentId {
    AgentId(uuid::Uuid::from_u128(number))
}

/// Agents 1, 2 … with a status, a presence, and so many of three slots taken.
fn roster(agents: &[(AgentStatus, bool, u32)]) -> crate::presence::Roster {
    let agent = |(number, (status, present, active)): (u128, &(AgentStatus, bool, u32))| AgentRow {
        status: *status,
        capacity: 3,
        active: *active,
        present: *present,
        ..AgentRow::new(id(number), "", "")
    };
    (1..).zip(agents).map(agent).map(|agent| (agent.id, agent)).collect()
}

fn office_hours() -> Value {
    let weekly = [json!({"days": ["monday"], "start": "09:00", "end": "17:00"})];
    json!({"time_zone": "Europe/Berlin", "weekly": weekly})
}

fn rule(settings: Value) -> Rule {
    rule_among(&Settings::default(), settings)
}

fn rule_among(all: &Settings, settings: Value) -> Rule {
    let row = ChatflowRow {
        id: ChatflowId(Uuid::from_u128(1)),
        site: SiteId(Uuid::from_u128(1)),
        inbox: InboxId(Uuid::from_u128(1)),
        enabled: true,
        priority: 1,
        settings: serde_json::from_value(settings).expect("settings"),
    };
    Rule::new(all, &row)
}

/// AV-14, AS-8: whoever the router would give a conversation, and nobody else.
#[test]
fn as_8_teams_rules_seats_and_access_count_as_they_do_for_the_router() {
    let team = TeamRow {
        id: TeamId(Uuid::from_u128(1)),
        name: "Sales".to_owned(),
        main_members: vec![id(2)],
        extra_members: vec![id(1)],
        skills: HeldSkills::default(),
    };
    let inbox = |agents: &[u128]| InboxRow {
        id: InboxId(Uuid::from_u128(1)),
        name: "Shop".to_owned(),
        access: InboxAccess::Chosen {
            agents: agents.iter().map(|it| id(*it)).collect(),
            teams: Vec::new(),
        },
    };
    let all = Settings { teams: vec![team], ..Settings::default() };
    let chosen = Settings { inboxes: vec![inbox(&[1])], ..all.clone() };
    let assigned =
        |assignment: Value| json!({"name": "Shop", "assign": true, "assignment": assignment});
    let by_team = assigned(json!({"teams": [all.teams[0].id]}));
    let by_rule = assigned(json!({"agents": [id(3)], "rules": [{"name": "x", "agents": [id(2)]}]}));
    let owners = assigned(json!({"assign_to": "contact_owner"}));
    let late = assigned(json!({"agents": [id(3)], "overflow": {"after_ms": 1, "agents": [id(2)]}}));
    for (all, settings, expected) in [
        (&all, &by_team, Availability::Available),
        (&all, &by_rule, Availability::Available),
        (&all, &owners, Availability::Available),
        (&all, &late, Availability::Offline),
        (&chosen, &by_team, Availability::Offline),
    ] {
        let rule = rule_among(all, settings.clone());
        assert_eq!(state(&rule, &[AWAY, FREE], MONDAY_NOON), expected, "{settings}");
        assert_eq!(
            state(&rule, &[FREE, AWAY], MONDAY_NOON) == Availability::Available,
            *settings == owners,
            "{settings}"
        );
    }
    let mut roster = roster(&[AWAY, FREE]);
    roster.get_mut(&id(2)).expect("there").seat = Seat::None;
    let now = rule_among(&all, by_team).now(&roster, at(MONDAY_NOON), None);
    assert_eq!(now.availability, Availability::Offline, "without a seat");
}

/// Assigned to the first two agents.
fn in_mode(mode: &str) -> Rule {
    let availability = json!({"mode": mode, "hours": office_hours()});
    let agents = [id(1), id(2)];
    rule(json!({"name": "Shop", "assign": true, "agents": agents, "availability": availability}))
}

fn state(rule: &Rule, agents: &[(AgentStatus, bool, u32)], time: &str) -> Availability {
    rule.now(&roster(agents), at(time), None).availability
}

/// AV-1, AV-10, AV-12, AV-13
#[test]
fn by_agents_the_clock_does_not_count_and_nobody_there_is_offline() {
    let rule = in_mode("agents");
    for time in [MONDAY_NOON, SUNDAY] {
        assert_eq!(state(&rule, &[AWAY, FREE], time), Availability::Available);
        assert_eq!(state(&rule, &[FULL, AWAY], time), Availability::AtCapacity);
        assert_eq!(state(&rule, &[AWAY, ABSENT], time), Availability::Offline);
    }
    assert_eq!(rule.next_turn_ms(at(SUNDAY)), None);
}

/// AV-2, AV-10 to AV-13
#[test]
fn by_hours_outside_of_them_is_offline_and_within_them_nobody_there_is_away() {
    let rule = in_mode("hours");
    assert_eq!(state(&rule, &[FREE, FREE], SUNDAY), Availability::Offline);
    assert_eq!(state(&rule, &[FULL, FULL], SUNDAY), Availability::Offline);
    assert_eq!(state(&rule, &[AWAY, ABSENT], MONDAY_NOON), Availability::Away);
    assert_eq!(state(&rule, &[FULL, FULL], MONDAY_NOON), Availability::AtCapacity);
    assert_eq!(state(&rule, &[FULL, FREE], MONDAY_NOON), Availability::Available);
}

/// AV-3, AV-10
#[test]
fn around_the_clock_is_never_offline_or_away() {
    let rule = in_mode("always");
    for time in [MONDAY_NOON, SUNDAY] {
        assert_eq!(state(&rule, &[AWAY, ABSENT], time), Availability::Available);
        assert_eq!(state(&rule, &[FULL, AWAY], time), Availability::AtCapacity);
        assert_eq!(state(&rule, &[FREE, AWAY], time), Availability::Available);
    }
    assert_eq!(state(&rule, &[], SUNDAY), Availability::Available);
}

#[test]
fn only_those_whom_the_rule_names_count() {
    let rule = in_mode("agents");
    assert_eq!(state(&rule, &[AWAY, AWAY, FREE], SUNDAY), Availability::Offline);
    assert_eq!(state(&rule, &[AWAY], SUNDAY), Availability::Offline, "the second one is nobody");
}

/// AV-14
#[test]
fn without_a_rule_everybody_counts() {
    for (assign, agents) in [(true, vec![]), (false, vec![id(1)])] {
        let rule = rule(json!({"name": "Shop", "assign": assign, "agents": agents}));
        assert_eq!(state(&rule, &[AWAY, FREE], SUNDAY), Availability::Available);
    }
}

fn offline(hours: &Value) -> Rule {
    let availability = json!({"mode": "hours", "hours": hours, "offline": {"show": "return_time"}});
    rule(json!({"name": "Shop", "away_message": "Away.", "availability": availability}))
}

fn notice(rule: &Rule, time: &str) -> Option<Notice> {
    rule.now(&roster(&[]), at(time), None).notice
}

fn away_message() -> Option<Notice> {
    Some(Notice::AwayMessage { text: "Away.".to_owned() })
}

/// AV-24
#[test]
fn the_return_time_is_the_next_start_of_the_hours() {
    let opens = Some(Notice::ReturnTime { returns_at_ms: at("2026-11-23T09:00:00+01:00") });
    assert_eq!(notice(&offline(&office_hours()), SUNDAY), opens);
    let after_work = "2026-11-23T17:00:00+01:00";
    let next_week = Some(Notice::ReturnTime { returns_at_ms: at("2026-11-30T09:00:00+01:00") });
    assert_eq!(notice(&offline(&office_hours()), after_work), next_week);
}

/// AV-24
#[test]
fn without_a_return_time_there_is_the_away_message() {
    let past_midnight = json!([{"days": ["monday"], "start": "22:00", "end": "06:00"}]);
    for weekly in [json!([]), past_midnight] {
        let hours = json!({"time_zone": "Europe/Berlin", "weekly": weekly});
        assert_eq!(notice(&offline(&hours), SUNDAY), away_message());
    }
    let by_agents = json!({"offline": {"show": "return_time"}});
    let settings = json!({"name": "Shop", "away_message": "Away.", "availability": by_agents});
    assert_eq!(notice(&rule(settings), SUNDAY), away_message(), "no hours in this mode");
}

#[test]
fn hours_that_this_release_cannot_read_never_open_and_say_why() {
    let rule = offline(&json!({"time_zone": "Moon/Tycho", "weekly": office_hours()["weekly"]}));
    assert_eq!(rule.unreadable().map(|bad| bad.field.as_str()), Some("time_zone"));
    assert_eq!(state(&rule, &[FREE], MONDAY_NOON), Availability::Offline);
    assert_eq!(notice(&rule, MONDAY_NOON), away_message());
    assert_eq!(rule.next_turn_ms(at(SUNDAY)), None);
}

#[test]
fn the_clock_is_to_be_looked_at_when_the_hours_open_and_close() {
    let rule = in_mode("hours");
    let opens = at("2026-11-23T09:00:00+01:00");
    assert_eq!(rule.next_turn_ms(at(SUNDAY)), Some(opens));
    assert_eq!(rule.next_turn_ms(opens), Some(at("2026-11-23T17:00:00+01:00")));
}

/// AV-20 to AV-23
#[test]
fn the_browser_is_told_the_outcome_of_each_state() {
    let availability = json!({
        "mode": "hours",
        "hours": office_hours(),
        "available": {"reply_time": "few_minutes"},
        "away": {"show": "away_message", "text": "At lunch."},
        "offline": {"show": "no_launcher"},
        "at_capacity": {"show": "wait_message", "text": "Busy."},
    });
    let rule = rule(json!({"name": "Shop", "availability": availability}));
    let told = |agents: &[(AgentStatus, bool, u32)], time| -> AvailabilityNow {
        rule.now(&roster(agents), at(time), None)
    };
    assert_eq!(told(&[FREE], MONDAY_NOON).reply_time, Some(ReplyTime::FewMinutes));
    let lunch = Some(Notice::AwayMessage { text: "At lunch.".to_owned() });
    assert_eq!(told(&[AWAY], MONDAY_NOON).notice, lunch);
    assert_eq!(told(&[FREE], SUNDAY).launcher, Launcher::Hidden);
    let busy = Some(Notice::WaitMessage { text: "Busy.".to_owned() });
    assert_eq!(told(&[FULL], MONDAY_NOON).notice, busy);
}
