//! What a node says, against `golden/server/`.

use salotto_protocol::availability::{AvailabilityNow, Launcher, Notice};
use salotto_protocol::promise::EmailAddress;
use salotto_protocol::{
    AgentId, AgentPresence, AgentStatus, Author, Availability, BoardRow, BoardUpdate,
    ConversationNumber, ConversationState, ConversationSummary, ErrorCode, MarkPair, Page, Party,
    QueuePlace, Refusal, ResetReason, Seq, ServerFrame, Welcome,
};

use crate::{assert_no_others, entries, holds, ids};

#[test]
fn every_server_frame_is_as_written_down() {
    let samples = samples();
    for (name, frame) in &samples {
        holds(&format!("server/{name}"), frame);
        assert!(name.starts_with(kind(frame)), "{name} is named by its type");
    }
    let names: Vec<&str> = samples.iter().map(|(name, _)| *name).collect();
    assert_no_others("server", &names);
}

/// A new kind of frame does not compile here until it was thought of; add its sample too.
fn kind(frame: &ServerFrame) -> &'static str {
    match frame {
        ServerFrame::Welcome(_) => "welcome",
        ServerFrame::Entries { .. } => "entries",
        ServerFrame::Limited { .. } => "limited",
        ServerFrame::Reset { .. } => "reset",
        ServerFrame::Ack { .. } => "ack",
        ServerFrame::Refused(_) => "refused",
        ServerFrame::Marks { .. } => "marks",
        ServerFrame::Typing { .. } => "typing",
        ServerFrame::Conversation { .. } => "conversation",
        ServerFrame::Page { .. } => "page",
        ServerFrame::Availability { .. } => "availability",
        ServerFrame::Queue { .. } => "queue",
        ServerFrame::Board(_) => "board",
        ServerFrame::Agents { .. } => "agents",
        ServerFrame::Ping => "ping",
        ServerFrame::Reconnect { .. } => "reconnect",
    }
}

fn samples() -> Vec<(&'static str, ServerFrame)> {
    let mut samples = of_the_socket();
    samples.extend(of_a_log());
    samples.extend(beside_the_log());
    samples.extend(to_agents());
    samples
}

fn of_the_socket() -> Vec<(&'static str, ServerFrame)> {
    vec![
        ("welcome_visitor", ServerFrame::Welcome(visitor_welcome())),
        ("welcome_agent", ServerFrame::Welcome(agent_welcome())),
        ("refused", ServerFrame::Refused(refusal())),
        (
            "refused_hello",
            ServerFrame::Refused(Refusal::new(
                ErrorCode::Unauthenticated,
                "This token is not valid.",
            )),
        ),
        ("ping", ServerFrame::Ping),
        ("reconnect", ServerFrame::Reconnect { after_ms: 1_850 }),
    ]
}

fn of_a_log() -> Vec<(&'static str, ServerFrame)> {
    let (conversation, epoch) = (ids::conversation(), ids::epoch());
    let entries = entries::samples().into_iter().take(2).map(|(_, entry)| entry).collect();
    vec![
        ("entries", ServerFrame::Entries { conversation, epoch, entries }),
        ("limited", ServerFrame::Limited { conversation, epoch, head: Seq(731) }),
        (
            "reset_epoch",
            ServerFrame::Reset { conversation, epoch, head: Seq(4), reason: ResetReason::Epoch },
        ),
        (
            "reset_ahead",
            ServerFrame::Reset { conversation, epoch, head: Seq(4), reason: ResetReason::Ahead },
        ),
        (
            "ack",
            ServerFrame::Ack {
                client_id: ids::client(),
                conversation,
                seq: Seq(7),
                at_ms: ids::AT_MS,
            },
        ),
    ]
}

fn beside_the_log() -> Vec<(&'static str, ServerFrame)> {
    let conversation = ids::conversation();
    vec![
        (
            "marks",
            ServerFrame::Marks {
                conversation,
                party: Party::Team,
                delivered: Seq(7),
                read: Seq(5),
            },
        ),
        ("typing", ServerFrame::Typing { conversation, by: entries::agent(), on: true }),
        (
            "typing_visitor",
            ServerFrame::Typing {
                conversation,
                by: Author::Visitor { id: ids::visitor() },
                on: false,
            },
        ),
        ("conversation", ServerFrame::Conversation { conversation: summary() }),
        ("conversation_agent", ServerFrame::Conversation { conversation: agents_summary() }),
        ("conversation_promised", ServerFrame::Conversation { conversation: promised(None) }),
        ("conversation_promised_agent", ServerFrame::Conversation { conversation: to_write_to() }),
        ("availability", availability(Availability::AtCapacity, wait_message())),
        ("availability_returning", availability(Availability::Offline, return_time())),
        ("queue", queue(Some(third()), None)),
        ("queue_at_least", queue(Some(far_behind()), None)),
        ("queue_no_longer_shown", queue(None, None)),
        ("queue_offer", queue(Some(third()), Some("Shall we write to you?"))),
    ]
}

fn queue(place: Option<QueuePlace>, offer: Option<&str>) -> ServerFrame {
    let (offer, offer_text) = (offer.is_some(), offer.map(str::to_owned));
    ServerFrame::Queue { conversation: ids::conversation(), place, offer, offer_text }
}

fn availability(availability: Availability, notice: Notice) -> ServerFrame {
    let (launcher, reply_time) = (Launcher::Shown, None);
    let now = AvailabilityNow { availability, launcher, notice: Some(notice), reply_time };
    ServerFrame::Availability { chatflow: ids::chatflow(), now }
}

fn wait_message() -> Notice {
    Notice::WaitMessage { text: "All of us are busy.".to_owned() }
}

fn return_time() -> Notice {
    Notice::ReturnTime { returns_at_ms: 1_795_420_800_000 }
}

fn third() -> QueuePlace {
    QueuePlace { position: 3, at_least: false, expected_wait_ms: Some(240_000) }
}

fn far_behind() -> QueuePlace {
    QueuePlace { position: 201, at_least: true, expected_wait_ms: None }
}

fn to_agents() -> Vec<(&'static str, ServerFrame)> {
    let page = Page {
        url: "https://shop.example/contact.html".to_owned(),
        title: "Contact".to_owned(),
        referrer: None,
    };
    vec![
        ("page", ServerFrame::Page { conversation: ids::conversation(), page }),
        ("board_whole", ServerFrame::Board(whole_board())),
        ("board_change", ServerFrame::Board(board_change())),
        ("agents", agents(vec![presence()], false, Vec::new())),
        ("agents_whole", agents(vec![presence()], true, Vec::new())),
        ("agents_gone", agents(Vec::new(), false, vec![ids::colleague()])),
    ]
}

fn visitor_welcome() -> Welcome {
    Welcome {
        protocol: 1,
        node: ids::node(),
        epoch: ids::epoch(),
        heartbeat_ms: 25_000,
        reconnect_window_ms: 2_000,
        visitor: Some(ids::visitor()),
        conversations: vec![summary()],
        agent: None,
        inboxes: Vec::new(),
    }
}

fn agent_welcome() -> Welcome {
    Welcome {
        visitor: None,
        conversations: Vec::new(),
        agent: Some(ids::agent()),
        inboxes: vec![ids::inbox()],
        ..visitor_welcome()
    }
}

fn refusal() -> Refusal {
    Refusal {
        code: ErrorCode::RateLimited,
        message: "Too many messages at once.".to_owned(),
        client_id: Some(ids::client()),
        conversation: Some(ids::conversation()),
        field: Some("text".to_owned()),
        retry_after_ms: Some(250),
    }
}

pub(crate) fn summary() -> ConversationSummary {
    ConversationSummary {
        id: ids::conversation(),
        number: ConversationNumber(9_007_199_254_740_991),
        chatflow: ids::chatflow(),
        state: ConversationState::Assigned,
        assignee: Some(ids::agent()),
        head: Seq(7),
        started_at_ms: ids::AT_MS - 60_000,
        last_at_ms: ids::AT_MS,
        marks: vec![
            MarkPair { party: Party::Visitor, delivered: Seq(7), read: Seq(6) },
            MarkPair { party: Party::Team, delivered: Seq(7), read: Seq(7) },
        ],
        visitor: None,
        started_on: None,
        due_at_ms: None,
        team: None,
        email: None,
    }
}

fn agents_summary() -> ConversationSummary {
    let page = Page {
        url: "https://shop.example/products.html".to_owned(),
        title: "Products".to_owned(),
        referrer: None,
    };
    ConversationSummary {
        visitor: Some(ids::visitor()),
        started_on: Some(Box::new(page)),
        team: Some(ids::team()),
        ..summary()
    }
}

fn promised(email: Option<EmailAddress>) -> ConversationSummary {
    let due_at_ms = Some(ids::AT_MS + 86_400_000);
    ConversationSummary { due_at_ms, email, ..summary() }
}

fn to_write_to() -> ConversationSummary {
    promised(EmailAddress::parse("grace@mail.example"))
}

fn whole_board() -> BoardUpdate {
    let waiting = BoardRow {
        conversation: ids::conversation(),
        number: ConversationNumber(4_711),
        visitor: ids::visitor(),
        seq: Seq(2),
        state: ConversationState::Waiting,
        assignee: None,
        preview: "Is it in stock?".to_owned(),
        preview_by: Some(Party::Visitor),
        started_at_ms: ids::AT_MS,
        last_at_ms: ids::AT_MS,
        waiting_since_ms: Some(ids::AT_MS),
        missed_at_ms: None,
        chatflow: Some(ids::chatflow()),
        page: "Products".to_owned(),
        due_at_ms: None,
        team: None,
    };
    let missed = BoardRow {
        state: ConversationState::Unassigned,
        waiting_since_ms: None,
        missed_at_ms: Some(ids::AT_MS),
        ..waiting.clone()
    };
    let promised = BoardRow { due_at_ms: Some(ids::AT_MS + 86_400_000), ..waiting.clone() };
    let of_a_team = BoardRow { team: Some(ids::team()), ..waiting.clone() };
    let rows = vec![waiting, missed, promised, of_a_team];
    BoardUpdate { inbox: ids::inbox(), whole: true, rows, gone: Vec::new() }
}

fn board_change() -> BoardUpdate {
    let gone = vec![ids::conversation()];
    BoardUpdate { inbox: ids::inbox(), whole: false, rows: Vec::new(), gone }
}

fn agents(agents: Vec<AgentPresence>, whole: bool, gone: Vec<AgentId>) -> ServerFrame {
    ServerFrame::Agents { agents, whole, gone }
}

pub(crate) fn presence() -> AgentPresence {
    AgentPresence {
        id: ids::agent(),
        name: "Ada".to_owned(),
        status: AgentStatus::Available,
        present: true,
        active: 1,
        capacity: 3,
        status_by: None,
    }
}
