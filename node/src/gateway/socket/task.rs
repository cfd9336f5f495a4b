//! The lean task of one socket, from `welcome` to the end.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use salotto_protocol::{AgentId, ClientFrame, CloseCode, Cursor, ErrorCode, Refusal, ServerFrame};

use super::admission::Seat;
use super::decode::about;
use super::line::{Event, Line};
use crate::ask::Unanswered;
use crate::fanout::{ClosedBy, Outbox, Place, encode};
use crate::gateway::App;
use crate::gateway::server::Connection;
use crate::limiter::{AddressKey, Shared};
use crate::metrics;
use crate::sabotage::{self, Switch};
use crate::session::{Arrival, Identity};

/// How long a client waits before it repeats what an actor left unanswered.
const UNANSWERED_RETRY_MS: u64 = 1_000;

/// Who is on the other end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Role {
    Visitor(Identity),
    Agent(AgentId),
}

pub(super) struct Socket {
    pub(super) line: Line,
    pub(super) stay: Stay,
}

/// A socket's stay on this node. Dropping it, even in a panic, takes it out everywhere.
pub(super) struct Stay {
    app: App,
    role: Role,
    outbox: Outbox,
    since: Instant,
    /// Of the load tester: no limits of rate.
    exempt: bool,
    address: AddressKey,
    _seat: Seat,
    _connection: Option<Arc<Connection>>,
}

/// What a stay holds on to besides the actors.
pub(super) struct Hold {
    pub(super) seat: Seat,
    pub(super) connection: Option<Arc<Connection>>,
    pub(super) exempt: bool,
    pub(super) address: AddressKey,
}

impl Stay {
    pub(super) fn begin(app: App, role: Role, outbox: Outbox, hold: Hold) -> Stay {
        app.sockets.add(&outbox);
        metrics::socket_opened(outbox.party());
        let Hold { seat, connection, exempt, address } = hold;
        let since = Instant::now();
        Stay { app, role, outbox, since, exempt, address, _seat: seat, _connection: connection }
    }
}

impl Drop for Stay {
    fn drop(&mut self) {
        let reason = reason(self.outbox.closed_by());
        // Nothing if it was closed in good order.
        self.outbox.cut();
        match self.role {
            Role::Visitor(who) => self.app.sessions.leave(who, self.outbox.id()),
            Role::Agent(agent) => self.app.agents.leave(agent, self.outbox.id()),
        }
        self.app.sockets.remove(&self.outbox);
        metrics::socket_closed(self.outbox.party(), reason, self.since.elapsed());
    }
}

/// A frame on its way through its actor; without one, nothing of it is in the task.
type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Whatever is large lives in a box while it is needed: a task keeps the size of its largest
/// state, and most sockets are silent.
#[expect(clippy::manual_async_fn, reason = "an async fn would hold its argument twice")]
pub(super) fn run(mut socket: Socket) -> impl Future<Output = ()> + Send {
    async move {
        while let Some(work) = poll_fn(|context| socket.poll_work(context)).await {
            // The next frame is read when this one was taken, so TCP pushes back on a flood.
            socket.line.meanwhile(work).await;
        }
        let finished: Pin<Box<dyn Future<Output = ()> + Send + '_>> =
            Box::pin(socket.line.finish());
        finished.await;
    }
}

impl Socket {
    /// The next frame's work. `None`: the line ends.
    fn poll_work(&mut self, context: &mut Context<'_>) -> Poll<Option<Work>> {
        loop {
            match ready!(self.line.poll(context)) {
                Event::Frame(frame) => return Poll::Ready(Some(self.work(frame))),
                Event::Refill(places) => self.refill(places),
                Event::End => return Poll::Ready(None),
            }
        }
    }

    fn work(&self, frame: ClientFrame) -> Work {
        let Stay { app, role, outbox, exempt, address, .. } = &self.stay;
        let shared = (!exempt).then(|| app.guards.messages_of(*address));
        Box::pin(hand_over(app.clone(), *role, outbox.clone(), frame, shared))
    }

    /// The queue was lost: everything is attached again, from what was written last.
    fn refill(&self, places: Vec<Place>) {
        if sabotage::on(Switch::SkipRefill) {
            return;
        }
        let epoch = Some(self.stay.app.store.epoch());
        let cursors = places
            .into_iter()
            .map(|place| Cursor { conversation: place.conversation, epoch, seq: place.seq })
            .collect();
        let outbox = self.stay.outbox.clone();
        let exempt = self.stay.exempt;
        match self.stay.role {
            Role::Visitor(who) => {
                let arrival = Arrival { who, outbox, cursors, page: None, exempt };
                self.stay.app.sessions.join(arrival);
            }
            Role::Agent(agent) => self.stay.app.agents.join(agent, outbox, cursors),
        }
    }
}

async fn hand_over(
    app: App,
    role: Role,
    outbox: Outbox,
    frame: ClientFrame,
    shared: Option<Shared>,
) {
    if let (Role::Agent(agent), ClientFrame::Board { inbox }) = (role, &frame)
        && !app.chatflows.may_see(*inbox, agent)
    {
        let refusal = Refusal::new(ErrorCode::Forbidden, "this inbox is not among yours");
        outbox.push(&encode(&ServerFrame::Refused(refusal)), None);
        return;
    }
    let unanswered = about(unanswered(), &frame);
    if let ClientFrame::Move { inbox, .. } = &frame
        && !app.chatflows.has_inbox(*inbox).await
    {
        let refusal = about(no_inbox(), &frame);
        outbox.push(&encode(&ServerFrame::Refused(refusal)), None);
        return;
    }
    let taken = match role {
        Role::Visitor(who) => app.sessions.frame(who, &outbox, frame, shared).await,
        Role::Agent(agent) => app.agents.frame(agent, &outbox, frame, shared.is_none()).await,
    };
    if let Err(Unanswered) = taken {
        outbox.push(&encode(&ServerFrame::Refused(unanswered)), None);
    }
}

fn no_inbox() -> Refusal {
    let field = Some("inbox".to_owned());
    Refusal { field, ..Refusal::new(ErrorCode::NotFound, "there is no such inbox") }
}

fn unanswered() -> Refusal {
    let retry_after_ms = Some(UNANSWERED_RETRY_MS);
    Refusal { retry_after_ms, ..Refusal::new(ErrorCode::Internal, "no answer: send it again") }
}

/// The closed set of `salotto_connections_closed_total`.
fn reason(closed_by: ClosedBy) -> &'static str {
    match closed_by {
        ClosedBy::Peer => "client_close",
        ClosedBy::Nobody => "client_gone",
        ClosedBy::Us(code) => match code {
            CloseCode::Normal => "client_close",
            CloseCode::GoingAway | CloseCode::Restart | CloseCode::TryLater => "server_drain",
            CloseCode::ProtocolError
            | CloseCode::BadData
            | CloseCode::TooLarge
            | CloseCode::BadHello
            | CloseCode::HelloTimeout => "protocol_error",
            CloseCode::InternalError => "server_error",
            CloseCode::Unauthenticated | CloseCode::Forbidden => "auth_expired",
            CloseCode::SlowConsumer => "slow_consumer",
            CloseCode::HeartbeatLost => "idle_timeout",
            CloseCode::RateLimited => "rate_limited",
        },
    }
}
