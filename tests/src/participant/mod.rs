//! A visitor or an agent who keeps the client's half of the promise: remembers cursors, sends one
//! message at a time, repeats it until it is done, comes back after every loss to whichever node is
//! next, and records what it did and saw.

mod line;

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use line::LineFacts;
pub use line::Nodes;
use salotto_protocol::{
    Author, ChatflowId, ClientFrame, ClientId, ConversationId, Cursor, EntryBody, Epoch, InboxId,
    Seq, ServerFrame, Start, ViewedEntry, Welcome,
};
use tokio::sync::watch;
use tokio::time::{Instant, interval, sleep, timeout};

use crate::desk::{AS_AGENT, AS_VISITOR};
pub use crate::history::Recorder;
use crate::history::{Pen, What, Who};
use crate::socket::{Heard, Socket, hello};

/// Without an answer for so long, a message is sent again. Shorter than a browser's 5 s: a test
/// that kills nodes wants many repeats.
const REPEAT_AFTER: Duration = Duration::from_secs(1);
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// To be connected and upgraded; a black hole answers never.
const OPEN_WITHIN: Duration = Duration::from_secs(2);

pub struct Participant {
    nodes: Nodes,
    token: String,
    role: Role,
    pen: Pen,
    /// How far each log was taken.
    logs: HashMap<ConversationId, (Epoch, Seq)>,
    /// What is not done yet: of the conversation to be begun (`None`), and of each known one.
    outbox: HashMap<Option<ConversationId>, VecDeque<Unsent>>,
    epoch: Epoch,
    /// Messages of the other side that were taken.
    answers: usize,
    resets: usize,
    /// Since the last `hello`.
    line: LineFacts,
}

enum Role {
    /// Begins a conversation, and wants each of its messages answered.
    Visitor { start: ClientId, chatflow: ChatflowId, messages: usize },
    /// Follows every conversation of an inbox and answers each message of a visitor.
    Agent { inbox: InboxId },
}

struct Unsent {
    client_id: ClientId,
    text: String,
    sent_at: Option<Instant>,
}

/// How it ended for a participant.
pub struct Story {
    pub answers: usize,
    pub resets: usize,
    pub logs: HashMap<ConversationId, (Epoch, Seq)>,
}

impl Participant {
    pub fn visitor(
        nodes: impl Into<Nodes>,
        token: &str,
        chatflow: ChatflowId,
        texts: Vec<String>,
        recorder: &Recorder,
    ) -> Participant {
        let start = ClientId::fresh();
        let role = Role::Visitor { start, chatflow, messages: texts.len() };
        let mut visitor = Participant::new(nodes.into(), token, role, recorder);
        visitor.outbox.insert(None, texts.into_iter().map(Unsent::new).collect());
        visitor
    }

    pub fn agent(
        nodes: impl Into<Nodes>,
        token: &str,
        inbox: InboxId,
        recorder: &Recorder,
    ) -> Participant {
        Participant::new(nodes.into(), token, Role::Agent { inbox }, recorder)
    }

    fn new(nodes: Nodes, token: &str, role: Role, recorder: &Recorder) -> Participant {
        Participant {
            nodes,
            token: token.to_owned(),
            role,
            pen: recorder.pen(),
            logs: HashMap::new(),
            outbox: HashMap::new(),
            epoch: Epoch::fresh(),
            answers: 0,
            resets: 0,
            line: LineFacts::new(),
        }
    }

    /// A visitor runs until everything is sent and answered, an agent until `stop` turns true.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) -> Story {
        while !self.wants_no_more(&stop) {
            let opening = Socket::try_open(self.nodes.take(), self.path());
            match timeout(OPEN_WITHIN, opening).await.ok().flatten() {
                Some(socket) => {
                    self.converse(socket, &mut stop).await;
                    let left = self.wants_no_more(&stop);
                    self.pen.note(if left { What::Left } else { What::Lost });
                }
                None => sleep(LOOK_EVERY).await,
            }
        }
        Story { answers: self.answers, resets: self.resets, logs: self.logs }
    }

    /// Now and then: what is due, and what could not be attached.
    fn look(&mut self) -> Vec<ClientFrame> {
        let again = std::mem::take(&mut self.line.refused);
        let mut frames: Vec<_> = again.into_iter().map(|id| self.attach(id)).collect();
        frames.extend(self.due());
        frames
    }

    fn wants_no_more(&self, stop: &watch::Receiver<bool>) -> bool {
        self.is_satisfied() || *stop.borrow()
    }

    /// One socket, from `hello` to its end.
    async fn converse(&mut self, mut socket: Socket, stop: &mut watch::Receiver<bool>) {
        for unsent in self.outbox.values_mut().flatten() {
            unsent.sent_at = None;
        }
        self.line = LineFacts::new();
        if !socket.try_send(&hello(&self.token, Vec::new())).await {
            return;
        }
        let mut look = interval(LOOK_EVERY);
        while !self.wants_no_more(stop) && !self.line.is_dead() {
            let to_send = tokio::select! {
                heard = socket.next_or_ping() => match heard {
                    Heard::Frame(frame) => self.take(frame),
                    Heard::Closed(_) | Heard::Ended => return,
                },
                _ = look.tick() => self.look(),
                _ = stop.changed() => return,
            };
            for frame in to_send {
                self.note_sent(&frame);
                // A line that takes nothing is dead, and is not waited for.
                let sending = timeout(self.line.silence_max, socket.try_send(&frame));
                if !sending.await.unwrap_or(false) {
                    return;
                }
            }
        }
    }

    /// What a frame of our own means for the history.
    fn note_sent(&mut self, frame: &ClientFrame) {
        match frame {
            ClientFrame::Attach(Cursor { conversation, epoch, seq }) => {
                self.line.asked.insert(*conversation, self.pen.now_us());
                let (conversation, epoch, seq) = (*conversation, *epoch, *seq);
                self.pen.note(What::Attached { conversation, epoch, seq });
            }
            ClientFrame::Start(Start { message_client_id, text, .. }) => {
                self.line.has_started = true;
                let (client_id, text) = (*message_client_id, text.clone());
                self.pen.note(What::Sent { client_id, conversation: None, text });
            }
            ClientFrame::Send { conversation, client_id, text } => {
                let (conversation, text) = (Some(*conversation), text.clone());
                self.pen.note(What::Sent { client_id: *client_id, conversation, text });
            }
            ClientFrame::Hello(_)
            | ClientFrame::Pong
            | ClientFrame::Comment { .. }
            | ClientFrame::Assign { .. }
            | ClientFrame::Close { .. }
            | ClientFrame::Reopen { .. }
            | ClientFrame::Detach { .. }
            | ClientFrame::Mark { .. }
            | ClientFrame::Typing { .. }
            | ClientFrame::Page(_)
            | ClientFrame::Board { .. }
            | ClientFrame::Status { .. } => {}
        }
    }

    fn path(&self) -> &'static str {
        match self.role {
            Role::Visitor { .. } => AS_VISITOR,
            Role::Agent { .. } => AS_AGENT,
        }
    }

    fn is_satisfied(&self) -> bool {
        match self.role {
            Role::Visitor { messages, .. } => {
                self.answers == messages && self.outbox.values().all(VecDeque::is_empty)
            }
            Role::Agent { .. } => false,
        }
    }

    /// What a frame from the node makes this participant say.
    fn take(&mut self, frame: ServerFrame) -> Vec<ClientFrame> {
        self.line.heard_at = Instant::now();
        match frame {
            ServerFrame::Welcome(welcome) => self.welcomed(&welcome),
            ServerFrame::Entries { conversation, epoch, entries } => {
                self.take_entries(conversation, epoch, entries)
            }
            ServerFrame::Reset { conversation, epoch, .. } => {
                self.resets += 1;
                self.logs.insert(conversation, (epoch, Seq(0)));
                self.pen.note(What::Reset { conversation, epoch });
                Vec::new()
            }
            ServerFrame::Ack { client_id, conversation, seq, .. } => {
                self.acknowledge(client_id, conversation, seq)
            }
            ServerFrame::Refused(refusal) => {
                assert!(refusal.code.is_temporary(), "{refusal:?}");
                let (client_id, code) = (refusal.client_id, refusal.code);
                self.pen.note(What::Refused { client_id, code });
                let attach = client_id.is_none().then_some(refusal.conversation).flatten();
                self.line.refused.extend(attach);
                Vec::new()
            }
            ServerFrame::Board(board) => {
                let unknown = board.rows.iter().map(|row| row.conversation);
                let unknown = unknown.filter(|id| !self.logs.contains_key(id)).collect::<Vec<_>>();
                unknown.into_iter().map(|id| self.follow(id)).collect()
            }
            ServerFrame::Limited { .. } => panic!("no test leaves so many entries behind"),
            ServerFrame::Conversation { conversation } => {
                self.attached(conversation.id, conversation.head);
                Vec::new()
            }
            ServerFrame::Marks { .. }
            | ServerFrame::Typing { .. }
            | ServerFrame::Page { .. }
            | ServerFrame::Availability { .. }
            | ServerFrame::Agents { .. }
            | ServerFrame::Ping
            | ServerFrame::Reconnect { .. } => Vec::new(),
        }
    }

    fn welcomed(&mut self, welcome: &Welcome) -> Vec<ClientFrame> {
        self.epoch = welcome.epoch;
        self.line.silence_max = Duration::from_millis(2 * welcome.heartbeat_ms);
        let (node, epoch) = (welcome.node, welcome.epoch);
        let visitor = welcome.visitor.map(Who::Visitor);
        let who = visitor.or(welcome.agent.map(Who::Agent)).expect("a welcome says to whom");
        self.pen.note(What::Welcomed { node, epoch, who });
        let board = match self.role {
            Role::Agent { inbox } => Some(ClientFrame::Board { inbox }),
            Role::Visitor { .. } => None,
        };
        let mut frames: Vec<_> = self.logs.keys().map(|id| self.attach(*id)).collect();
        frames.extend(board);
        frames.extend(self.due());
        frames
    }

    /// The answer to an attach. After a start the node attaches by itself, and nobody can tell
    /// whose answer it is.
    fn attached(&mut self, conversation: ConversationId, head: Seq) {
        let asked = self.line.asked.remove(&conversation).filter(|_| !self.line.has_started);
        if let Some(asked_at_us) = asked {
            let epoch = self.epoch;
            self.pen.note(What::Head { conversation, epoch, head, asked_at_us });
        }
    }

    fn take_entries(
        &mut self,
        conversation: ConversationId,
        epoch: Epoch,
        entries: Vec<ViewedEntry>,
    ) -> Vec<ClientFrame> {
        let mut to_send = Vec::new();
        for ViewedEntry { after, entry } in entries {
            let (_, last) = *self.logs.entry(conversation).or_insert((epoch, Seq(0)));
            if after > last {
                to_send.push(self.attach(conversation));
                break;
            }
            if entry.seq <= last {
                continue;
            }
            self.logs.insert(conversation, (epoch, entry.seq));
            self.pen.note(What::Took { conversation, epoch, after, entry: entry.clone() });
            if let Some(client_id) = entry.client_id {
                self.done(client_id, conversation);
            }
            self.answer(conversation, &entry.by, &entry.body);
        }
        to_send.extend(self.due());
        to_send
    }

    /// Counts what the other side said; an agent also answers it.
    fn answer(&mut self, conversation: ConversationId, by: &Author, body: &EntryBody) {
        let EntryBody::Message { text } = body else { return };
        match (&self.role, by) {
            (Role::Visitor { .. }, Author::Agent { .. }) => self.answers += 1,
            (Role::Agent { .. }, Author::Visitor { .. }) => {
                self.answers += 1;
                let unsent = Unsent::new(format!("re: {text}"));
                self.outbox.entry(Some(conversation)).or_default().push_back(unsent);
            }
            (Role::Visitor { .. }, Author::Visitor { .. } | Author::System)
            | (Role::Agent { .. }, Author::Agent { .. } | Author::System) => {}
        }
    }

    fn acknowledge(
        &mut self,
        client_id: ClientId,
        conversation: ConversationId,
        seq: Seq,
    ) -> Vec<ClientFrame> {
        let epoch = self.epoch;
        self.pen.note(What::Acked { client_id, conversation, epoch, seq });
        self.done(client_id, conversation);
        self.due()
    }

    /// Takes a message out of the outbox. The first one tells which conversation was begun.
    fn done(&mut self, client_id: ClientId, conversation: ConversationId) {
        for lane in [None, Some(conversation)] {
            let Some(unsent) = self.outbox.get_mut(&lane) else { continue };
            if unsent.front().is_none_or(|first| first.client_id != client_id) {
                continue;
            }
            unsent.pop_front();
            if lane.is_none() {
                let rest = self.outbox.remove(&None).unwrap_or_default();
                self.outbox.insert(Some(conversation), rest);
            }
            return;
        }
    }

    /// What was never sent, or long ago: the first message of each conversation.
    fn due(&mut self) -> Vec<ClientFrame> {
        let now = Instant::now();
        let mut frames = Vec::new();
        for (lane, unsent) in &mut self.outbox {
            let Some(first) = unsent.front_mut() else { continue };
            if first.sent_at.is_some_and(|at| now - at < REPEAT_AFTER) {
                continue;
            }
            first.sent_at = Some(now);
            let (client_id, text) = (first.client_id, first.text.clone());
            frames.push(match (lane, &self.role) {
                (None, Role::Visitor { start, chatflow, .. }) => ClientFrame::Start(Start {
                    client_id: *start,
                    chatflow: *chatflow,
                    message_client_id: client_id,
                    text,
                }),
                (Some(conversation), _) => {
                    ClientFrame::Send { conversation: *conversation, client_id, text }
                }
                (None, Role::Agent { .. }) => unreachable!("an agent begins nothing"),
            });
        }
        frames
    }

    fn follow(&mut self, conversation: ConversationId) -> ClientFrame {
        self.logs.insert(conversation, (self.epoch, Seq(0)));
        self.attach(conversation)
    }

    fn attach(&self, conversation: ConversationId) -> ClientFrame {
        let (epoch, seq) = self.logs[&conversation];
        let epoch = (seq > Seq(0)).then_some(epoch);
        ClientFrame::Attach(Cursor { conversation, epoch, seq })
    }
}

impl Unsent {
    fn new(text: String) -> Unsent {
        Unsent { client_id: ClientId::fresh(), text, sent_at: None }
    }
}
