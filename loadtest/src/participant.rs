//! Keeps one visitor or agent on its socket like a real client does: greets, answers pings,
//! notices silence, comes back when and how it was told, and resumes.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use salotto_protocol::{ClientFrame, CloseCode, ComeBack, ServerFrame, Welcome};

use crate::agent::Agent;
use crate::books::{Errand, Turn};
use crate::coming_back::ComingBack;
use crate::latency::Measure;
use crate::pacer::Due;
use crate::plan::Dice;
use crate::visitor::Visitor;
use crate::wire::{self, ConnectError, End, Line, Reader};
use crate::world::{World, sentence};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// From the upgrade to `welcome`.
const GREETING_TIMEOUT_US: u64 = 10_000_000;
const ERRAND_PAUSE: Duration = Duration::from_secs(1);

pub struct Participant {
    source: Option<IpAddr>,
    inner: Mutex<Inner>,
}

pub enum Role {
    Visitor(Visitor),
    Agent(Agent),
}

struct Inner {
    role: Role,
    line: Option<Arc<Line>>,
    greeted: bool,
    connect_due_us: u64,
    connect_sent_us: u64,
    heard_us: u64,
    heartbeat_us: u64,
    coming_back: ComingBack,
    dice: Dice,
}

/// Why there is no socket any more.
enum Ended {
    NoSocket(ConnectError),
    TimedOut,
    Socket(End),
}

impl Participant {
    pub fn new(role: Role, source: Option<IpAddr>, seed: u64) -> Arc<Participant> {
        let inner = Inner {
            role,
            line: None,
            greeted: false,
            connect_due_us: 0,
            connect_sent_us: 0,
            heard_us: 0,
            heartbeat_us: 0,
            coming_back: ComingBack::new(),
            dice: Dice::new(seed),
        };
        Arc::new(Participant { source, inner: Mutex::new(inner) })
    }

    /// Connects, and connects again, until the run is over or the node says never.
    pub async fn live(self: Arc<Self>, world: Arc<World>, first_due_us: u64) {
        let mut due_us = first_due_us;
        loop {
            let ended = self.one_socket(&world, due_us).await;
            let Some(wait) = self.lost(&world, &ended) else { return };
            if !self.reauthenticated(&world, &ended).await {
                world.books.tally.gave_up.one();
                return;
            }
            due_us = world.books.clock.now_us() + wait.as_micros() as u64;
            // Boxed: a task keeps the size of its largest state, and most never come here.
            Box::pin(tokio::time::sleep(wait)).await;
        }
    }

    /// Something is due. Called by the pacer.
    pub fn due(self: &Arc<Self>, world: &Arc<World>, due: Due) {
        let mut turn = world.books.turn();
        let mut inner = self.inner();
        match (&mut inner.role, due) {
            (Role::Visitor(visitor), Due::Message { due_us, .. }) => {
                visitor.due(due_us, &mut turn);
            }
            (Role::Agent(agent), Due::Answer(reply)) => {
                agent.due(reply.conversation, reply.due_us, &mut turn);
            }
            (Role::Visitor(_), Due::Answer(_)) | (Role::Agent(_), Due::Message { .. }) => {}
        }
        self.perform(world, &inner, turn);
    }

    /// Now and then: silence, missing answers, and (`marks`) delivered positions.
    pub fn sweep(self: &Arc<Self>, world: &Arc<World>, marks: bool) {
        let mut turn = world.books.turn();
        let mut inner = self.inner();
        let Some(line) = &inner.line else { return };
        if inner.is_silent(turn.now_us) {
            world.books.tally.silences.one();
            line.kill();
            return;
        }
        match &mut inner.role {
            Role::Visitor(visitor) => visitor.tick(marks, &mut turn),
            Role::Agent(agent) => agent.tick(marks, &mut turn),
        }
        self.perform(world, &inner, turn);
    }

    /// Looks at the role, or asks it to do something outside its socket's course.
    pub fn with_role<T>(
        self: &Arc<Self>,
        world: &Arc<World>,
        look: impl FnOnce(&mut Role, &mut Turn<'_>) -> T,
    ) -> T {
        let mut turn = world.books.turn();
        let mut inner = self.inner();
        let seen = look(&mut inner.role, &mut turn);
        self.perform(world, &inner, turn);
        seen
    }

    /// Leaves in good order.
    pub fn leave(&self) {
        if let Some(line) = &self.inner().line {
            line.close(CloseCode::Normal.number());
        }
    }

    async fn one_socket(self: &Arc<Self>, world: &Arc<World>, due_us: u64) -> Ended {
        // Boxed, like the sleep above: the handshake's state is gone when it is done.
        let mut reader = match Box::pin(self.connect(world, due_us)).await {
            Ok(reader) => reader,
            Err(ended) => return ended,
        };
        loop {
            if let Err(end) = reader.read(|message| self.on_message(world, message)).await {
                return Ended::Socket(end);
            }
        }
    }

    async fn connect(&self, world: &Arc<World>, due_us: u64) -> Result<Reader, Ended> {
        let path = match self.inner().role {
            Role::Visitor(_) => "/ws/visitor",
            Role::Agent(_) => "/ws/agent",
        };
        let _place = world.handshakes.acquire().await.expect("nobody closes it");
        let sent_us = world.books.clock.now_us();
        let api = &world.api;
        let connecting = wire::connect(&api.target, path, self.source, api.loadtest_token());
        let connected = tokio::time::timeout(CONNECT_TIMEOUT, connecting).await;
        let (reader, line) = connected.map_err(|_| Ended::TimedOut)?.map_err(Ended::NoSocket)?;
        world.books.tally.opened.one();
        let mut inner = self.inner();
        inner.connect_due_us = due_us;
        inner.connect_sent_us = sent_us;
        inner.heard_us = world.books.clock.now_us();
        let hello = match &mut inner.role {
            Role::Visitor(visitor) => visitor.hello(),
            Role::Agent(agent) => agent.hello(),
        };
        line.send(&ClientFrame::Hello(hello));
        inner.line = Some(line);
        Ok(reader)
    }

    fn on_message(self: &Arc<Self>, world: &Arc<World>, message: &[u8]) {
        let Ok(frame) = serde_json::from_slice::<ServerFrame>(message) else {
            world.books.tally.unreadable.one();
            return;
        };
        let mut turn = world.books.turn();
        let mut inner = self.inner();
        inner.heard_us = turn.now_us;
        match &frame {
            ServerFrame::Welcome(welcome) => inner.greeted(welcome, &turn),
            ServerFrame::Ping => turn.frames.push(ClientFrame::Pong),
            ServerFrame::Reconnect { after_ms } => inner.coming_back.sent_away(*after_ms),
            ServerFrame::Refused(refusal) => {
                world.books.tally.refusal(refusal.code);
                if !inner.greeted {
                    inner.coming_back.refused(refusal.retry_after_ms);
                }
                world.trouble(|| format!("refused {:?}: {}", refusal.code, refusal.message));
            }
            ServerFrame::Entries { .. }
            | ServerFrame::Limited { .. }
            | ServerFrame::Reset { .. }
            | ServerFrame::Ack { .. }
            | ServerFrame::Marks { .. }
            | ServerFrame::Typing { .. }
            | ServerFrame::Conversation { .. }
            | ServerFrame::Page { .. }
            | ServerFrame::Availability { .. }
            | ServerFrame::Queue { .. }
            | ServerFrame::Board(_)
            | ServerFrame::Agents { .. } => {}
        }
        match &mut inner.role {
            Role::Visitor(visitor) => visitor.on_frame(frame, &mut turn),
            Role::Agent(agent) => agent.on_frame(frame, &mut turn),
        }
        self.perform(world, &inner, turn);
    }

    /// Does what a turn asked for. Under the lock, so that frames leave in order.
    fn perform(self: &Arc<Self>, world: &Arc<World>, inner: &Inner, turn: Turn<'_>) {
        for frame in turn.frames {
            if let Some(line) = &inner.line {
                line.send(&frame);
            }
        }
        for reply in turn.replies {
            // The pacer ends after the last reply was due.
            let _ended = world.replies.send(reply).is_err();
        }
        for errand in turn.errands {
            let (this, world) = (Arc::clone(self), Arc::clone(world));
            world.runtime.clone().spawn(this.read_pages(world, errand));
        }
    }

    async fn read_pages(self: Arc<Self>, world: Arc<World>, errand: Errand) {
        let page = loop {
            match world.fetch(errand).await {
                Ok(page) => break page,
                Err(error) => world.trouble(|| sentence(&error)),
            }
            if world.is_over() {
                return;
            }
            tokio::time::sleep(ERRAND_PAUSE).await;
        };
        let id = errand.conversation;
        self.with_role(&world, |role, turn| match role {
            Role::Visitor(visitor) => visitor.paged(id, page.epoch, &page.entries, turn),
            Role::Agent(agent) => agent.paged(id, page.epoch, &page.entries, turn),
        });
    }

    /// Counts the loss; how long to wait before the next try. `None`: stay away.
    fn lost(&self, world: &World, ended: &Ended) -> Option<Duration> {
        let mut inner = self.inner();
        inner.line = None;
        inner.greeted = false;
        match &mut inner.role {
            Role::Visitor(visitor) => visitor.lost_socket(),
            Role::Agent(agent) => agent.lost_socket(),
        }
        if world.is_over() {
            return None;
        }
        let tally = &world.books.tally;
        match ended {
            Ended::Socket(End::Closed(code)) => {
                tally.close(*code);
                if come_back(*code) == ComeBack::Never {
                    tally.gave_up.one();
                    return None;
                }
            }
            Ended::Socket(End::Lost | End::Garbled) => tally.close(None),
            Ended::TimedOut => tally.connect_failures.one(),
            Ended::NoSocket(error) => {
                tally.connect_failures.one();
                if is_own_fault(error) {
                    tally.own_faults.one();
                }
                if let ConnectError::Refused { retry_after_ms, .. } = error {
                    inner.coming_back.refused(*retry_after_ms);
                }
                world.trouble(|| sentence(error));
            }
        }
        let Inner { coming_back, dice, .. } = &mut *inner;
        Some(coming_back.pause(dice))
    }

    /// Draws a new token if the old one was refused; `false` if there is none to be had.
    async fn reauthenticated(&self, world: &World, ended: &Ended) -> bool {
        let Ended::Socket(End::Closed(code)) = ended else { return true };
        if come_back(*code) != ComeBack::Reauthenticate {
            return true;
        }
        let id = match &self.inner().role {
            Role::Agent(agent) => agent.id,
            // A new visitor would not be the one who holds the conversation.
            Role::Visitor(_) => return false,
        };
        let renewed = Box::pin(world.renew(id)).await;
        match (renewed, &mut self.inner().role) {
            (Ok(Some(token)), Role::Agent(agent)) => agent.token = token,
            (Ok(None), _) | (Ok(Some(_)), Role::Visitor(_)) => return false,
            (Err(error), _) => world.trouble(|| sentence(&error)),
        }
        true
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("nobody panics with a participant in hand")
    }
}

impl Inner {
    fn greeted(&mut self, welcome: &Welcome, turn: &Turn<'_>) {
        let books = turn.books;
        let measure = if self.coming_back.was_welcomed() {
            books.tally.reconnects.one();
            Measure::Resume
        } else {
            books.tally.greeted.one();
            Measure::Handshake
        };
        books.latency.record(measure, self.connect_due_us, self.connect_sent_us, turn.now_us);
        self.greeted = true;
        self.heartbeat_us = welcome.heartbeat_ms * 1_000;
        self.coming_back.welcomed(welcome.reconnect_window_ms);
    }

    /// Two heartbeats without a frame: the line is dead (REG-3).
    fn is_silent(&self, now_us: u64) -> bool {
        let limit_us = if self.greeted { 2 * self.heartbeat_us } else { GREETING_TIMEOUT_US };
        limit_us > 0 && now_us.saturating_sub(self.heard_us) > limit_us
    }
}

/// A code that this protocol does not have comes from something in between: try again.
fn come_back(code: Option<u16>) -> ComeBack {
    code.and_then(CloseCode::from_number).map_or(ComeBack::Resume, CloseCode::come_back)
}

/// No descriptor or no port left: the generator is too big for its machine.
fn is_own_fault(error: &ConnectError) -> bool {
    const EMFILE: i32 = 24;
    const ENFILE: i32 = 23;
    const EADDRNOTAVAIL: i32 = 99;
    match error {
        ConnectError::Io(error) => {
            matches!(error.raw_os_error(), Some(EMFILE | ENFILE | EADDRNOTAVAIL))
        }
        ConnectError::Http(_) | ConnectError::Refused { .. } => false,
    }
}
