//! What the REST API takes and gives, against `golden/rest/`; and the codes that both sides know.

use salotto_protocol::api::{
    Agents, ConversationAnswer, EntryPage, InboxName, LoadTestAgent, LoadTestAgents, LoadTestDesk,
    NewVisitor, Problem, Receipt, Session, SignIn, SiteSettings, VisitorToken,
};
use salotto_protocol::assignment::{
    AssignTo, AssignmentAnswer, AssignmentSettings, ChatflowAssignment, Condition, Overflow,
    RoutingRule, SkipReason, Skipped, TextOperator,
};
use salotto_protocol::availability::{
    AvailabilityMode, AvailabilitySettings, Measured, ReplyTimeChoice, WhenAtCapacity,
    WhenAvailable, WhenAway, WhenOffline,
};
use salotto_protocol::chatflow::{ChatflowSettings, PublicChatflow};
use salotto_protocol::hours::{
    Absence, DayRow, Holiday, HoursRow, OperatingHours, Weekday, WorkingHours,
};
use salotto_protocol::people::{Permission, Permissions};
use salotto_protocol::people_api::{
    ChatflowName, Chatflows, Colleague, Colleagues, Contact, HoursToday,
};
use salotto_protocol::promise::Patience;
use salotto_protocol::{
    AgentStatus, Availability, CloseCode, ContactId, ErrorCode, Policy, Seq, ShowQueue, SkillId,
    TeamId,
};

use crate::{assert_no_others, entries, holds, holds_by_text, ids, server_frames};

#[test]
fn what_visitors_and_their_pages_ask_for_is_as_written_down() {
    holds("rest/problem", &problem());
    holds("rest/problem_busy", &busy());
    let chatflow = Some(public_chatflow(Availability::Available, None));
    holds("rest/site_settings", &SiteSettings { site: ids::site(), chatflow });
    let returning = Some(public_chatflow(Availability::Offline, Some(1_795_420_800_000)));
    let returning = SiteSettings { site: ids::site(), chatflow: returning };
    holds("rest/site_settings_returning", &returning);
    holds("rest/site_settings_none", &SiteSettings { site: ids::site(), chatflow: None });
    holds("rest/new_visitor", &NewVisitor { site: ids::site() });
    let token = "v1.a-visitor-token".to_owned();
    holds("rest/visitor_token", &VisitorToken { visitor: ids::visitor(), token });
    holds("rest/entry_page", &entry_page());
    holds("rest/conversation", &ConversationAnswer { conversation: server_frames::summary() });
}

#[test]
fn what_agents_ask_for_is_as_written_down() {
    holds_by_text("rest/sign_in", &sign_in());
    holds("rest/session", &session());
    holds("rest/colleagues", &Colleagues { colleagues: vec![colleague(), off()] });
    holds("rest/chatflows", &chatflows());
    holds("rest/agents", &Agents { agents: vec![server_frames::presence()] });
    holds("rest/chatflow_settings", &settings());
    holds("rest/chatflow_assignment", &chatflow_assignment());
    holds("rest/contact", &contact());
    holds("rest/working_hours", &working_hours());
    holds("rest/availability_settings", &*settings().availability);
}

#[test]
fn what_the_load_tester_asks_for_is_as_written_down() {
    holds("rest/loadtest_agents", &LoadTestAgents { count: 40, capacity: 100 });
    holds("rest/loadtest_desk", &desk());
    holds("rest/receipt_acked", &acked());
    holds("rest/receipt_received", &received());
}

#[test]
fn no_rest_file_is_without_a_test() {
    assert_no_others(
        "rest",
        &[
            "agents",
            "availability_settings",
            "chatflow_assignment",
            "chatflow_settings",
            "chatflows",
            "colleagues",
            "contact",
            "conversation",
            "entry_page",
            "loadtest_agents",
            "loadtest_desk",
            "new_visitor",
            "problem",
            "problem_busy",
            "receipt_acked",
            "receipt_received",
            "session",
            "sign_in",
            "site_settings",
            "site_settings_none",
            "site_settings_returning",
            "visitor_token",
            "working_hours",
        ],
    );
}

#[test]
fn close_codes_are_told_apart_by_their_numbers() {
    for code in CloseCode::ALL {
        assert_eq!(CloseCode::from_number(code.number()), Some(code));
    }
    assert_eq!(CloseCode::from_number(1005), None);
}

fn problem() -> Problem {
    Problem {
        code: ErrorCode::BadField,
        title: "`limit` is at most 200.".to_owned(),
        status: 400,
        field: Some("limit".to_owned()),
        retry_after_ms: None,
    }
}

fn busy() -> Problem {
    Problem {
        code: ErrorCode::Busy,
        title: "The node is full.".to_owned(),
        status: 503,
        field: None,
        retry_after_ms: Some(2_000),
    }
}

fn assignment() -> AssignmentSettings {
    let address = |operator, text: &str| Condition::PageUrl { operator, text: text.to_owned() };
    let rule = RoutingRule {
        name: "Prices".to_owned(),
        conditions: vec![
            address(TextOperator::StartsWith, "https://shop.example/"),
            address(TextOperator::Contains, "/prices"),
            Condition::ReturningVisitor { is: true },
            Condition::KnownContact { is: true },
            Condition::ContactOwner { is: false },
        ],
        skills: vec![SkillId(ids::agent().0)],
        languages: vec!["es".to_owned()],
        agents: vec![ids::agent()],
        teams: vec![TeamId(ids::agent().0)],
    };
    AssignmentSettings {
        assign_to: AssignTo::ContactOwner,
        distribution: Policy::RoundRobin,
        ignore_availability: true,
        agents: vec![ids::colleague()],
        teams: vec![TeamId(ids::agent().0)],
        rules: vec![rule],
        overflow: Some(Overflow {
            after_ms: 60_000,
            agents: vec![ids::agent()],
            teams: vec![TeamId(ids::agent().0)],
        }),
    }
}

fn chatflow_assignment() -> AssignmentAnswer {
    let assignment = ChatflowAssignment::of(true, &[ids::agent()], &assignment());
    let (field, reason) = ("rules[0].agents[0]".to_owned(), SkipReason::Deactivated);
    AssignmentAnswer { assignment, skipped: vec![Skipped { field, reason }] }
}

fn contact() -> Contact {
    Contact {
        id: ContactId(ids::agent().0),
        site: ids::site(),
        email: "eve@home.example".to_owned(),
        name: Some("Eve".to_owned()),
        owner: Some(ids::agent()),
    }
}

fn settings() -> ChatflowSettings {
    ChatflowSettings {
        name: "Sales".to_owned(),
        heading: "Ask us".to_owned(),
        accent_color: "#0b6e4f".to_owned(),
        welcome: "Got any questions?".to_owned(),
        away_message: "We are away.".to_owned(),
        wait_message: "All of us are busy.".to_owned(),
        assign: true,
        agents: vec![ids::agent()],
        assignment: assignment(),
        availability: Box::new(availability()),
        show_queue: ShowQueue { position: true, expected_wait: true },
        patience: Box::new(patience()),
    }
}

fn patience() -> Patience {
    let text = "May we write to you?".to_owned();
    Patience { wait_ms: Some(600_000), text, answer_within_ms: 28_800_000 }
}

fn availability() -> AvailabilitySettings {
    let text = "Everybody has a visitor. It takes a moment.".to_owned();
    AvailabilitySettings {
        mode: AvailabilityMode::Hours,
        hours: OperatingHours {
            time_zone: "Europe/Berlin".to_owned(),
            weekly: vec![weekdays()],
            holidays: vec![
                Holiday { date: "2026-12-24".to_owned(), rows: vec![morning()] },
                Holiday { date: "2026-12-25".to_owned(), rows: Vec::new() },
            ],
        },
        available: WhenAvailable { reply_time: ReplyTimeChoice::FewMinutes },
        away: WhenAway::NoLauncher,
        offline: WhenOffline::ReturnTime { text: "Back soon.".to_owned() },
        at_capacity: WhenAtCapacity::WaitMessage { text },
    }
}

fn working_hours() -> WorkingHours {
    WorkingHours {
        time_zone: "Europe/Berlin".to_owned(),
        weekly: vec![weekdays()],
        out_of_office: vec![Absence {
            from: "2026-12-21T12:00".to_owned(),
            until: "2027-01-04T00:00".to_owned(),
        }],
    }
}

fn weekdays() -> HoursRow {
    let days = vec![Weekday::Monday, Weekday::Tuesday];
    HoursRow { days, start: "09:00".to_owned(), end: "17:30".to_owned() }
}

fn morning() -> DayRow {
    DayRow { start: "09:00".to_owned(), end: "12:00".to_owned() }
}

fn public_chatflow(state: Availability, returns_at_ms: Option<i64>) -> PublicChatflow {
    settings().public(
        ids::chatflow(),
        settings().now(state, Measured { returns_at_ms, reply_time: None }),
    )
}

fn entry_page() -> EntryPage {
    let entries = entries::samples().into_iter().take(1).map(|(_, entry)| entry).collect();
    EntryPage { epoch: ids::epoch(), entries, more: true, head: Seq(7) }
}

fn sign_in() -> SignIn {
    SignIn { email: "ada@shop.example".to_owned(), password: "correct horse".to_owned() }
}

fn chatflows() -> Chatflows {
    let heading = "Ask us".to_owned();
    let chatflow = ChatflowName { id: ids::chatflow(), heading, inbox: ids::inbox() };
    Chatflows { chatflows: vec![chatflow] }
}

fn colleague() -> Colleague {
    let rows = vec![DayRow { start: "09:00".to_owned(), end: "17:30".to_owned() }];
    let time_zone = "Europe/Berlin".to_owned();
    let hours = Some(HoursToday { time_zone, rows, out_until: None });
    Colleague { id: ids::agent(), inboxes: vec![ids::inbox()], hours }
}

fn off() -> Colleague {
    let out_until = Some("2027-01-04T00:00".to_owned());
    let hours = HoursToday { time_zone: "UTC".to_owned(), rows: Vec::new(), out_until };
    Colleague { id: ids::colleague(), inboxes: Vec::new(), hours: Some(hours) }
}

fn session() -> Session {
    Session {
        agent: ids::agent(),
        name: "Ada".to_owned(),
        email: "ada@shop.example".to_owned(),
        status: AgentStatus::Available,
        permissions: Permissions::of(&[Permission::AvailabilityManagement]),
        inboxes: vec![InboxName { id: ids::inbox(), name: "Inbox".to_owned() }],
        socket_token: "a1.an-agent-token".to_owned(),
        csrf_token: "c1.a-csrf-token".to_owned(),
    }
}

fn desk() -> LoadTestDesk {
    let socket_token = "a1.an-agent-token".to_owned();
    LoadTestDesk {
        site: ids::site(),
        chatflow: public_chatflow(Availability::Offline, None),
        inbox: ids::inbox(),
        agents: vec![LoadTestAgent { id: ids::agent(), socket_token }],
    }
}

fn acked() -> Receipt {
    Receipt::Acked {
        conversation: ids::conversation(),
        epoch: ids::epoch(),
        seq: Seq(7),
        client_id: ids::client(),
        text: "Is it in stock?".to_owned(),
    }
}

fn received() -> Receipt {
    Receipt::Received {
        socket: 3,
        conversation: ids::conversation(),
        epoch: ids::epoch(),
        seq: Seq(7),
        after: Seq(6),
        client_id: None,
    }
}
