//! One signed-in agent: what their sockets follow, and what they ask for.

use std::collections::HashMap;
use std::time::Instant;

use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort};
use salotto_protocol::people::Permission;
use salotto_protocol::{
    AgentId, Author, ClientFrame, ClientId, CloseCode, ConversationId, Cursor, ErrorCode, InboxId,
    Refusal, limits,
};

use super::handle::Parts;
use crate::clock;
use crate::conversation::{Command, Done, Follower, Outcome, Request, answer, refuse};
use crate::fanout::{Outbox, SocketId};
use crate::metrics;
use crate::rate::{Bucket, Rate, Taken};
use crate::strikes::{Floods, Verdict};

const FRAMES: Rate =
    Rate { burst: limits::AGENT_FRAMES_BURST, per_second: limits::AGENT_FRAMES_PER_SECOND };

pub(super) struct AgentActor {
    pub(super) id: AgentId,
    pub(super) parts: Parts,
}

pub(super) enum Msg {
    Join(Outbox, Vec<Cursor>),
    Leave(SocketId),
    Frame { outbox: Outbox, frame: ClientFrame, exempt: bool, reply: RpcReplyPort<()> },
}

pub(super) struct State {
    sockets: HashMap<SocketId, Tab>,
    allowance: Bucket,
}

/// What one socket follows, and how it behaves.
struct Tab {
    attached: Vec<ConversationId>,
    boards: Vec<InboxId>,
    floods: Floods,
}

impl Tab {
    fn new() -> Tab {
        let floods = Floods::new(limits::FLOOD_FRAMES_MAX, Instant::now());
        Tab { attached: Vec::new(), boards: Vec::new(), floods }
    }
}

impl Actor for AgentActor {
    type Msg = Msg;
    type State = State;
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Msg>, (): ()) -> Result<State, ActorProcessingErr> {
        let allowance = Bucket::full(FRAMES, clock::now_ms());
        Ok(State { sockets: HashMap::new(), allowance })
    }

    async fn handle(
        &self,
        _: ActorRef<Msg>,
        message: Msg,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Msg::Join(outbox, cursors) => self.join(state, &outbox, cursors),
            Msg::Leave(socket) => self.leave(state, socket),
            Msg::Frame { outbox, frame, exempt, reply } => {
                self.frame(state, &outbox, frame, exempt);
                let _ = reply.send(());
            }
        }
        Ok(())
    }
}

impl AgentActor {
    fn join(&self, state: &mut State, outbox: &Outbox, cursors: Vec<Cursor>) {
        let tab = state.sockets.entry(outbox.id()).or_insert_with(Tab::new);
        for inbox in &tab.boards {
            self.parts.boards.watch(*inbox, outbox.clone());
        }
        for cursor in cursors {
            self.attach(tab, outbox, cursor);
        }
    }

    fn leave(&self, state: &mut State, socket: SocketId) {
        if let Some(tab) = state.sockets.remove(&socket) {
            for conversation in tab.attached {
                self.parts.conversations.detach(conversation, socket);
            }
            self.parts.boards.unwatch(socket);
        }
    }

    fn frame(&self, state: &mut State, outbox: &Outbox, frame: ClientFrame, exempt: bool) {
        let Some(tab) = state.sockets.get_mut(&outbox.id()) else { return };
        if !exempt
            && let Taken::Empty { retry_after_ms } = state.allowance.take(FRAMES, clock::now_ms())
        {
            metrics::rate_limited("agent");
            let refusal = Refusal::new(ErrorCode::RateLimited, "too many at once");
            let (client_id, conversation) = frame.subject();
            let wait_ms = retry_after_ms;
            let retry_after_ms = Some(retry_after_ms);
            refuse(outbox, Refusal { client_id, conversation, retry_after_ms, ..refusal });
            if tab.floods.refused(clock::now_ms(), wait_ms) == Verdict::Enough {
                outbox.close(CloseCode::RateLimited, "a flood of frames");
            }
            return;
        }
        self.dispatch(tab, outbox, frame);
    }

    fn dispatch(&self, tab: &mut Tab, outbox: &Outbox, frame: ClientFrame) {
        let socket = outbox.id();
        let conversations = &self.parts.conversations;
        match frame {
            ClientFrame::Send { conversation, client_id, text } => {
                self.write(outbox, conversation, client_id, Command::AgentMessage { text });
            }
            ClientFrame::Comment { conversation, client_id, text } => {
                self.write(outbox, conversation, client_id, Command::Comment { text });
            }
            ClientFrame::Assign { conversation, client_id, to, note } => {
                self.write(outbox, conversation, client_id, Command::Assign { to, note });
            }
            ClientFrame::AssignTeam { conversation, client_id, team, note } => {
                self.write(outbox, conversation, client_id, Command::AssignTeam { team, note });
            }
            ClientFrame::Move { conversation, client_id, inbox } => {
                self.write(outbox, conversation, client_id, Command::Move { inbox });
            }
            ClientFrame::Close { conversation, client_id } => {
                self.write(outbox, conversation, client_id, Command::Close);
            }
            ClientFrame::Reopen { conversation, client_id } => {
                self.write(outbox, conversation, client_id, Command::Reopen);
            }
            ClientFrame::Attach(cursor) => self.attach(tab, outbox, cursor),
            ClientFrame::Detach { conversation } => {
                tab.attached.retain(|it| *it != conversation);
                outbox.forget(conversation);
                conversations.detach(conversation, socket);
            }
            ClientFrame::Mark { conversation, delivered, read } => {
                conversations.mark(conversation, socket, delivered, read);
            }
            ClientFrame::Typing { conversation, on } => {
                conversations.typing(conversation, socket, self.author(), on);
            }
            ClientFrame::Board { inbox } => self.watch(tab, outbox, inbox),
            ClientFrame::Status { status } => self.parts.presence.set_status(self.id, status),
            ClientFrame::Hello(_)
            | ClientFrame::Pong
            | ClientFrame::Start(_)
            | ClientFrame::Promise { .. }
            | ClientFrame::Page(_) => {
                let message = format!("an agent does not send `{}`", frame.kind());
                let (client_id, conversation) = frame.subject();
                let refusal = Refusal::new(ErrorCode::UnknownFrame, message);
                refuse(outbox, Refusal { client_id, conversation, ..refusal });
            }
        }
    }

    fn attach(&self, tab: &mut Tab, outbox: &Outbox, cursor: Cursor) {
        if !tab.attached.contains(&cursor.conversation) {
            if tab.attached.len() >= limits::ATTACHED_MAX {
                let message = "this socket follows too many conversations: detach one";
                let conversation = Some(cursor.conversation);
                let refusal = Refusal::new(ErrorCode::TooLarge, message);
                refuse(outbox, Refusal { conversation, ..refusal });
                return;
            }
            tab.attached.push(cursor.conversation);
        }
        let follower = Follower::Agent { id: self.id, sees_all: self.sees_all() };
        self.parts.conversations.attach(follower, outbox.clone(), cursor);
    }

    fn watch(&self, tab: &mut Tab, outbox: &Outbox, inbox: InboxId) {
        if !tab.boards.contains(&inbox) {
            if tab.boards.len() >= limits::BOARDS_MAX {
                let message = "this socket watches too many boards";
                refuse(outbox, Refusal::new(ErrorCode::TooLarge, message));
                return;
            }
            tab.boards.push(inbox);
        }
        self.parts.boards.watch(inbox, outbox.clone());
    }

    fn write(
        &self,
        outbox: &Outbox,
        conversation: ConversationId,
        client_id: ClientId,
        command: Command,
    ) {
        let to = outbox.clone();
        let asked_at = Instant::now();
        let spoken = matches!(command, Command::AgentMessage { .. });
        let done: Done = Box::new(move |outcome| {
            if let (true, Outcome::Committed(_)) = (spoken, &outcome) {
                metrics::agent_message_acked(asked_at.elapsed());
            }
            answer(&to, Some(conversation), client_id, outcome);
        });
        let author = self.author();
        let request = Request { conversation, author, client_id, command };
        if self.parts.conversations.write(request, done).is_err() {
            let (client_id, conversation) = (Some(client_id), Some(conversation));
            let refusal = Refusal::new(ErrorCode::Busy, "too much to write at once: send it again");
            refuse(outbox, Refusal { client_id, conversation, ..refusal });
        }
    }

    /// Super admins look at every inbox (PERM-5).
    fn sees_all(&self) -> bool {
        let roster = self.parts.presence.roster();
        let row = roster.borrow().get(&self.id).cloned();
        row.is_some_and(|row| row.may(Permission::SuperAdmin))
    }

    /// With the name that the roster has now.
    fn author(&self) -> Author {
        let roster = self.parts.presence.roster();
        let name = roster.borrow().get(&self.id).map_or_else(String::new, |row| row.name.clone());
        Author::Agent { id: self.id, name }
    }
}
