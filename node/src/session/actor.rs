//! A visitor who does something: checks what it alone can, and passes it on.

use std::time::Instant;

use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort};
use salotto_protocol::promise::EmailAddress;
use salotto_protocol::{
    Author, ClientFrame, ClientId, CloseCode, ConversationId, ErrorCode, Page, Refusal, Start,
    limits,
};

use super::handle::Identity;
use super::registry;
use super::state::{self, Allowance};
use crate::chatflow::{Chatflows, Found};
use crate::clock;
use crate::conversation::{
    Command, Conversations, Done, Outcome, PromiseRequest, Request, StartRequest, answer, refuse,
};
use crate::fanout::Outbox;
use crate::limiter::Shared;
use crate::metrics;
use crate::strikes::{Floods, Verdict};

pub(super) struct SessionActor {
    pub(super) who: Identity,
    pub(super) chatflows: Chatflows,
    pub(super) conversations: Conversations,
    pub(super) registry: ActorRef<registry::Msg>,
}

pub(super) enum Msg {
    Frame { outbox: Outbox, frame: ClientFrame, shared: Option<Shared>, reply: RpcReplyPort<()> },
}

pub(super) struct State {
    allowance: Allowance,
    floods: Floods,
    page: Page,
}

/// The store has just been asked for as long as anybody waits.
const UNCLEAR_RETRY_MS: u64 = 1_000;

impl Actor for SessionActor {
    type Msg = Msg;
    type State = State;
    type Arguments = Page;

    async fn pre_start(&self, _: ActorRef<Msg>, page: Page) -> Result<State, ActorProcessingErr> {
        let floods = Floods::new(limits::FLOOD_FRAMES_MAX, Instant::now());
        Ok(State { allowance: Allowance::full(clock::now_ms()), floods, page })
    }

    async fn handle(
        &self,
        _: ActorRef<Msg>,
        message: Msg,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Msg::Frame { outbox, frame, shared, reply } => {
                self.frame(state, &outbox, frame, shared).await;
                let _ = reply.send(());
            }
        }
        Ok(())
    }
}

impl State {
    /// First the visitor's own rates, so that nobody uses up what their neighbours have; then
    /// the rate that they have together (REG-17).
    fn admit(&mut self, frame: &ClientFrame, shared: &Shared) -> Result<(), Refusal> {
        let own = self.allowance.admit(frame, clock::now_ms());
        own.inspect_err(|_| metrics::rate_limited("visitor"))?;
        let neighbours = state::admit_shared(frame, shared, Instant::now());
        neighbours.inspect_err(|_| metrics::rate_limited("messages_per_address"))
    }
}

impl SessionActor {
    async fn frame(
        &self,
        state: &mut State,
        outbox: &Outbox,
        frame: ClientFrame,
        shared: Option<Shared>,
    ) {
        if let Some(shared) = shared
            && let Err(refusal) = state.admit(&frame, &shared)
        {
            let wait_ms = refusal.retry_after_ms.unwrap_or(0);
            refuse(outbox, refusal);
            if state.floods.refused(clock::now_ms(), wait_ms) == Verdict::Enough {
                outbox.close(CloseCode::RateLimited, "a flood of frames");
            }
            return;
        }
        let socket = outbox.id();
        match frame {
            ClientFrame::Start(start) => self.start(state, outbox, start).await,
            ClientFrame::Send { conversation, client_id, text } => {
                self.send(outbox, conversation, client_id, text);
            }
            ClientFrame::Promise { conversation, client_id, email } => {
                self.promise(outbox, conversation, client_id, &email);
            }
            ClientFrame::Attach(cursor) => {
                self.tell(registry::Msg::Attach(self.who, outbox.clone(), cursor));
            }
            ClientFrame::Detach { conversation } => {
                self.tell(registry::Msg::Detach(self.who, socket, conversation));
            }
            ClientFrame::Mark { conversation, delivered, read } => {
                self.conversations.mark(conversation, socket, delivered, read);
            }
            ClientFrame::Typing { conversation, on } => {
                let by = Author::Visitor { id: self.who.visitor };
                self.conversations.typing(conversation, socket, by, on);
            }
            ClientFrame::Page(page) => {
                state.page = page.clone();
                self.tell(registry::Msg::Looks(self.who, socket, page));
            }
            ClientFrame::Hello(_)
            | ClientFrame::Pong
            | ClientFrame::Comment { .. }
            | ClientFrame::Assign { .. }
            | ClientFrame::AssignTeam { .. }
            | ClientFrame::Move { .. }
            | ClientFrame::Close { .. }
            | ClientFrame::Reopen { .. }
            | ClientFrame::Board { .. }
            | ClientFrame::Status { .. } => not_a_visitors(outbox, &frame),
        }
    }

    async fn start(&self, state: &State, outbox: &Outbox, start: Start) {
        let message_client_id = start.message_client_id;
        let chatflow = self.chatflows.find_published(self.who.site, start.chatflow).await;
        let chatflow = match chatflow {
            Found::Chatflow(row) => *row,
            Found::Nothing => return no_chatflow(outbox, message_client_id),
            Found::Unclear => return unclear(outbox, message_client_id),
        };
        self.chatflows.tell(chatflow.id, outbox);
        let request = StartRequest {
            visitor: self.who.visitor,
            chatflow,
            assigning: self.chatflows.assigning(self.who.site),
            start_client_id: start.client_id,
            message_client_id,
            text: start.text,
            page: state.page.clone(),
        };
        let done = self.started(outbox.clone(), message_client_id);
        if self.conversations.begin(request, done).is_err() {
            busy(outbox, None, message_client_id);
        }
    }

    /// Answers, and attaches every tab of the visitor (REG-6).
    fn started(&self, outbox: Outbox, client_id: ClientId) -> Done {
        let (registry, who) = (self.registry.clone(), self.who);
        let asked_at = Instant::now();
        Box::new(move |outcome| {
            if let Outcome::Committed(ack) = &outcome {
                metrics::visitor_message_acked(asked_at.elapsed());
                let _ = registry.cast(registry::Msg::Started(who, ack.conversation));
            }
            answer(&outbox, None, client_id, outcome);
        })
    }

    fn send(
        &self,
        outbox: &Outbox,
        conversation: ConversationId,
        client_id: ClientId,
        text: String,
    ) {
        let visitor = self.who.visitor;
        let assigning = self.chatflows.assigning(self.who.site);
        let command = Command::VisitorMessage { visitor, text, assigning };
        let author = Author::Visitor { id: visitor };
        let asked_at = Instant::now();
        let to = outbox.clone();
        let done: Done = Box::new(move |outcome| {
            if let Outcome::Committed(_) = &outcome {
                metrics::visitor_message_acked(asked_at.elapsed());
            }
            answer(&to, Some(conversation), client_id, outcome);
        });
        let request = Request { conversation, author, client_id, command };
        if self.conversations.write(request, done).is_err() {
            busy(outbox, Some(conversation), client_id);
        }
    }

    fn promise(
        &self,
        outbox: &Outbox,
        conversation: ConversationId,
        client_id: ClientId,
        email: &str,
    ) {
        let email = EmailAddress::parse(email).expect("it was looked at when it was decoded");
        let request = PromiseRequest { conversation, visitor: self.who.visitor, client_id, email };
        let to = outbox.clone();
        let done = move |outcome| answer(&to, Some(conversation), client_id, outcome);
        self.conversations.promise(request, Box::new(done));
    }

    fn tell(&self, message: registry::Msg) {
        let _ = self.registry.cast(message);
    }
}

fn busy(outbox: &Outbox, conversation: Option<ConversationId>, client_id: ClientId) {
    let refusal = Refusal {
        client_id: Some(client_id),
        conversation,
        ..Refusal::new(ErrorCode::Busy, "too much to write at once: send it again")
    };
    refuse(outbox, refusal);
}

fn no_chatflow(outbox: &Outbox, client_id: ClientId) {
    let refusal = Refusal {
        client_id: Some(client_id),
        field: Some("chatflow".to_owned()),
        ..Refusal::new(ErrorCode::NotFound, "this site has no such chatflow")
    };
    refuse(outbox, refusal);
}

/// It may be new, and the store does not say: the client asks again.
fn unclear(outbox: &Outbox, client_id: ClientId) {
    let refusal = Refusal {
        client_id: Some(client_id),
        retry_after_ms: Some(UNCLEAR_RETRY_MS),
        ..Refusal::new(ErrorCode::StoreFailed, "the chatflow could not be looked up")
    };
    refuse(outbox, refusal);
}

fn not_a_visitors(outbox: &Outbox, frame: &ClientFrame) {
    let (client_id, conversation) = frame.subject();
    let message = format!("a visitor does not send `{}`", frame.kind());
    let refusal =
        Refusal { client_id, conversation, ..Refusal::new(ErrorCode::UnknownFrame, message) };
    refuse(outbox, refusal);
}
