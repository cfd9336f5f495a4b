//! The first frame: who it is, whether there is room, and the `welcome`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use salotto_protocol::limits::{HELLO_TIMEOUT_MS, PROTOCOL};
use salotto_protocol::{
    AgentId, ClientFrame, CloseCode, ConversationSummary, ErrorCode, Hello, Party, Refusal,
    ServerFrame, Welcome,
};
use tokio::time::timeout;

use super::admission::{Seat, Tier};
use super::decode::decode;
use super::jitter;
use super::line::Line;
use super::task::{self, Hold, Role, Socket, Stay};
use crate::clock;
use crate::fanout::encode;
use crate::gateway::App;
use crate::gateway::server::Connection;
use crate::limiter::AddressKey;
use crate::metrics;
use crate::session::Arrival;
use crate::store::{AgentRow, Head};

/// For whom there is no room: between this and twice as long. After a storm's refusal: between
/// this and the reconnect window more.
const BUSY_RETRY: Duration = Duration::from_secs(2);
/// To another node, while this one leaves: between this and twice as long.
const ELSEWHERE_RETRY: Duration = Duration::from_millis(500);

/// What the request of the upgrade told.
pub(super) struct Facts {
    pub(super) party: Party,
    /// No page of a foreign site opened it.
    pub(super) origin_is_ours: bool,
    /// It bore the load-test token.
    pub(super) exempt: bool,
    /// Whose neighbours share a limit with this caller.
    pub(super) address: AddressKey,
    pub(super) connection: Option<Arc<Connection>>,
    pub(super) since: Instant,
}

/// Somebody who may come in.
struct Guest {
    role: Role,
    hello: Hello,
    seat: Seat,
    /// A visitor's own conversations.
    heads: Vec<Head>,
}

/// A no: the frame that says why, and the close after it.
#[derive(Debug)]
struct Farewell {
    refusal: Option<Box<Refusal>>,
    code: CloseCode,
    reason: &'static str,
}

/// From the upgrade to a task of its own, or to a refusal.
pub(super) async fn greet(app: App, mut line: Line, facts: Facts) {
    let outcome = receive(&app, &mut line, &facts).await;
    metrics::handshake_ended(result(&outcome), facts.since.elapsed());
    match outcome {
        Ok(guest) => admit(&app, line, facts, guest),
        Err(farewell) => part(&mut line, farewell).await,
    }
}

async fn receive(app: &App, line: &mut Line, facts: &Facts) -> Result<Guest, Farewell> {
    let hello = read(line, facts.party).await?;
    let role = identify(app, facts, &hello)?;
    if app.sockets.is_draining() {
        return Err(elsewhere(CloseCode::Restart));
    }
    let (seat, heads) = take_seat(app, role, &hello).await?;
    Ok(Guest { role, hello, seat, heads })
}

/// A visitor's conversations are read once, for the seat and for the `welcome`. Without any,
/// cursors are made up, and both turn and seat are those of a visitor who only looks.
async fn take_seat(app: &App, role: Role, hello: &Hello) -> Result<(Seat, Vec<Head>), Farewell> {
    let tier = tier(role, hello);
    let held = (turn(app, tier)?, seat(app, tier)?);
    let heads = heads(app, role).await?;
    if tier == Tier::Resuming && heads.is_empty() {
        drop(held);
        let _turn = turn(app, Tier::Idle)?;
        return Ok((seat(app, Tier::Idle)?, heads));
    }
    Ok((held.1, heads))
}

fn seat(app: &App, tier: Tier) -> Result<Seat, Farewell> {
    app.sockets.seat(tier).ok_or_else(|| {
        metrics::hello_refused(tier.as_str(), "full");
        later(ErrorCode::Busy, "the node is full", BUSY_RETRY)
    })
}

/// A turn to be answered, held until the store has been read. Many hellos at once are a storm:
/// those who only look make room, and come back spread over the reconnect window.
fn turn(app: &App, tier: Tier) -> Result<Seat, Farewell> {
    stay_away_while_leaving(app, tier)?;
    app.sockets.hello(tier).ok_or_else(|| {
        metrics::hello_refused(tier.as_str(), "storm");
        let window = Duration::from_millis(app.settings.reconnect_window_ms);
        later(ErrorCode::Busy, "too many come at once", window)
    })
}

fn stay_away_while_leaving(app: &App, tier: Tier) -> Result<(), Farewell> {
    match tier {
        Tier::Idle if app.sockets.is_leaving() => {
            metrics::hello_refused(tier.as_str(), "draining");
            Err(elsewhere(CloseCode::TryLater))
        }
        Tier::Agent | Tier::Resuming | Tier::Idle => Ok(()),
    }
}

async fn read(line: &mut Line, party: Party) -> Result<Hello, Farewell> {
    let Ok(first) = timeout(Duration::from_millis(HELLO_TIMEOUT_MS), line.first()).await else {
        return Err(Farewell {
            refusal: None,
            code: CloseCode::HelloTimeout,
            reason: "no hello in time",
        });
    };
    let Some(text) = first else {
        return Err(Farewell { refusal: None, code: CloseCode::Normal, reason: "" });
    };
    let bad_hello = |refusal: Refusal| Farewell {
        refusal: Some(Box::new(refusal)),
        code: CloseCode::BadHello,
        reason: "the first frame must be a hello",
    };
    match decode(&text, party).map_err(bad_hello)? {
        ClientFrame::Hello(hello) if hello.protocol == PROTOCOL => Ok(hello),
        ClientFrame::Hello(_) => Err(bad_hello(Refusal::new(
            ErrorCode::UnsupportedProtocol,
            format!("this node speaks protocol {PROTOCOL}"),
        ))),
        ClientFrame::Pong
        | ClientFrame::Start(_)
        | ClientFrame::Promise { .. }
        | ClientFrame::Send { .. }
        | ClientFrame::Comment { .. }
        | ClientFrame::Assign { .. }
        | ClientFrame::AssignTeam { .. }
        | ClientFrame::Move { .. }
        | ClientFrame::Close { .. }
        | ClientFrame::Reopen { .. }
        | ClientFrame::Attach(_)
        | ClientFrame::Detach { .. }
        | ClientFrame::Mark { .. }
        | ClientFrame::Typing { .. }
        | ClientFrame::Page(_)
        | ClientFrame::Board { .. }
        | ClientFrame::Status { .. } => {
            Err(bad_hello(Refusal::new(ErrorCode::BadHello, "the first frame must be a hello")))
        }
    }
}

fn identify(app: &App, facts: &Facts, hello: &Hello) -> Result<Role, Farewell> {
    let role = match facts.party {
        Party::Team if !facts.origin_is_ours => {
            return Err(Farewell {
                refusal: refusal(ErrorCode::Forbidden, "opened by a foreign page"),
                code: CloseCode::Forbidden,
                reason: "a foreign origin",
            });
        }
        Party::Team => {
            let agent = app.tokens.socket(&hello.token, clock::now_ms());
            let is_deactivated = |id: &AgentId| {
                app.presence.roster().borrow().get(id).is_some_and(AgentRow::is_deactivated)
            };
            agent.filter(|id| !is_deactivated(id)).map(Role::Agent)
        }
        Party::Visitor => app.tokens.visitor(&hello.token).map(Role::Visitor),
    };
    role.ok_or_else(|| Farewell {
        refusal: refusal(ErrorCode::Unauthenticated, "the token is not valid"),
        code: CloseCode::Unauthenticated,
        reason: "the token is not valid",
    })
}

/// As far as the `hello` tells.
fn tier(role: Role, hello: &Hello) -> Tier {
    match role {
        Role::Agent(_) => Tier::Agent,
        Role::Visitor(_) if hello.cursors.is_empty() => Tier::Idle,
        Role::Visitor(_) => Tier::Resuming,
    }
}

fn admit(app: &App, mut line: Line, facts: Facts, guest: Guest) {
    let Guest { role, hello, seat, heads } = guest;
    let welcome = welcome(app, role, &heads);
    let outbox = line.outbox().clone();
    outbox.push(&encode(&ServerFrame::Welcome(welcome)), None);
    line.welcome();
    let Facts { connection, exempt, address, .. } = facts;
    let hold = Hold { seat, connection, exempt, address };
    let stay = Stay::begin(app.clone(), role, outbox.clone(), hold);
    match role {
        Role::Visitor(who) => {
            let Hello { cursors, page, .. } = hello;
            app.sessions.join(Arrival { who, outbox, cursors, page, exempt });
        }
        Role::Agent(agent) => app.agents.join(agent, outbox, hello.cursors),
    }
    tokio::spawn(task::run(Socket { line, stay }));
}

/// One indexed read for a visitor: history on return depends on it, cursors or not.
async fn heads(app: &App, role: Role) -> Result<Vec<Head>, Farewell> {
    let Role::Visitor(who) = role else { return Ok(Vec::new()) };
    let heads = app.store.latest_of(who.visitor).await;
    heads.map_err(|error| {
        tracing::warn!(error = &error as &dyn std::error::Error, "no welcome: the store");
        later(ErrorCode::StoreFailed, "the store failed", BUSY_RETRY)
    })
}

fn welcome(app: &App, role: Role, heads: &[Head]) -> Welcome {
    let mut welcome = Welcome {
        protocol: PROTOCOL,
        node: app.node,
        epoch: app.store.epoch(),
        heartbeat_ms: app.settings.heartbeat_ms,
        reconnect_window_ms: app.settings.reconnect_window_ms,
        visitor: None,
        conversations: Vec::new(),
        agent: None,
        inboxes: Vec::new(),
    };
    match role {
        Role::Visitor(who) => {
            welcome.visitor = Some(who.visitor);
            welcome.conversations = heads.iter().map(summary).collect();
        }
        Role::Agent(agent) => {
            welcome.agent = Some(agent);
            let inboxes = app.chatflows.inboxes_of(agent).into_iter();
            welcome.inboxes = inboxes.map(|inbox| inbox.id).collect();
        }
    }
    welcome
}

/// In the visitor's view. Marks come with the attach.
fn summary(head: &Head) -> ConversationSummary {
    ConversationSummary {
        id: head.id,
        number: head.number,
        chatflow: head.chatflow,
        state: head.state,
        assignee: head.assignee,
        head: head.visitor_seq,
        started_at_ms: head.started_at_ms,
        last_at_ms: head.last_at_ms,
        marks: Vec::new(),
        visitor: None,
        started_on: None,
        due_at_ms: head.due_at_ms,
        email: None,
        team: None,
    }
}

async fn part(line: &mut Line, farewell: Farewell) {
    if let Some(refusal) = farewell.refusal {
        line.outbox().push(&encode(&ServerFrame::Refused(*refusal)), None);
    }
    line.outbox().close(farewell.code, farewell.reason);
    line.finish().await;
}

fn refusal(code: ErrorCode, message: &str) -> Option<Box<Refusal>> {
    Some(Box::new(Refusal::new(code, message)))
}

/// Come back when it is quieter: after `BUSY_RETRY`, spread over `spread`.
fn later(code: ErrorCode, reason: &'static str, spread: Duration) -> Farewell {
    no_room(code, reason, CloseCode::TryLater, BUSY_RETRY + jitter::up_to(spread))
}

/// The node goes away: another one has room.
fn elsewhere(close: CloseCode) -> Farewell {
    let after = ELSEWHERE_RETRY + jitter::up_to(ELSEWHERE_RETRY);
    no_room(ErrorCode::Draining, "the node goes away", close, after)
}

fn no_room(code: ErrorCode, reason: &'static str, close: CloseCode, after: Duration) -> Farewell {
    let retry_after_ms = u64::try_from(after.as_millis()).ok();
    let refusal = Refusal { retry_after_ms, ..Refusal::new(code, reason) };
    Farewell { refusal: Some(Box::new(refusal)), code: close, reason }
}

/// The closed set of `salotto_handshakes_total`.
fn result<T>(outcome: &Result<T, Farewell>) -> &'static str {
    match outcome {
        Ok(_) => "ok",
        Err(farewell) => match farewell.code {
            CloseCode::Forbidden => "bad_origin",
            CloseCode::Unauthenticated => "unauthorized",
            CloseCode::TryLater | CloseCode::Restart => "over_limit",
            CloseCode::RateLimited => "rate_limited",
            CloseCode::InternalError => "error",
            CloseCode::Normal
            | CloseCode::GoingAway
            | CloseCode::ProtocolError
            | CloseCode::BadData
            | CloseCode::TooLarge
            | CloseCode::BadHello
            | CloseCode::HelloTimeout
            | CloseCode::SlowConsumer
            | CloseCode::HeartbeatLost => "bad_request",
        },
    }
}
