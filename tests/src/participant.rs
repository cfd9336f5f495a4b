//! A visitor or an agent who keeps the client's half of the promise: remembers cursors, sends one
//! message at a time, repeats it until it is done, comes back after every loss, and keeps receipts.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use salotto_protocol::api::Receipt;
use salotto_protocol::{
    Author, ChatflowId, ClientFrame, ClientId, ConversationId, Cursor, EntryBody, Epoch, InboxId,
    Seq, ServerFrame, Start, ViewedEntry,
};
use tokio::sync::watch;
use tokio::time::{Instant, interval, sleep};

use crate::desk::{AS_AGENT, AS_VISITOR};
use crate::socket::{Heard, Socket, hello};

/// Without an answer for so long, a message is sent again. Shorter than a browser's 5 s: a test
/// that kills nodes wants many repeats.
const REPEAT_AFTER: Duration = Duration::from_secs(1);
const LOOK_EVERY: Duration = Duration::from_millis(50);

static NEXT_NUMBER: AtomicU64 = AtomicU64::new(1);

/// What all participants of a test saw, in the order in which they saw it.
#[derive(Clone, Default)]
pub struct Recorder(Arc<Mutex<Vec<Receipt>>>);

impl Recorder {
    pub fn receipts(&self) -> Vec<Receipt> {
        self.0.lock().expect("no participant panics while it records").clone()
    }

    fn record(&self, receipt: Receipt) {
        self.0.lock().expect("no participant panics while it records").push(receipt);
    }
}

pub struct Participant {
    address: SocketAddr,
    token: String,
    role: Role,
    recorder: Recorder,
    number: u64,
    /// How far each log was taken.
    logs: HashMap<ConversationId, (Epoch, Seq)>,
    /// What is not done yet: of the conversation to be begun (`None`), and of each known one.
    outbox: HashMap<Option<ConversationId>, VecDeque<Unsent>>,
    epoch: Epoch,
    /// Messages of the other side that were taken.
    answers: usize,
    resets: usize,
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
        address: SocketAddr,
        token: &str,
        chatflow: ChatflowId,
        texts: Vec<String>,
        recorder: &Recorder,
    ) -> Participant {
        let start = ClientId::fresh();
        let role = Role::Visitor { start, chatflow, messages: texts.len() };
        let mut visitor = Participant::new(address, token, role, recorder);
        visitor.outbox.insert(None, texts.into_iter().map(Unsent::new).collect());
        visitor
    }

    pub fn agent(
        address: SocketAddr,
        token: &str,
        inbox: InboxId,
        recorder: &Recorder,
    ) -> Participant {
        Participant::new(address, token, Role::Agent { inbox }, recorder)
    }

    fn new(address: SocketAddr, token: &str, role: Role, recorder: &Recorder) -> Participant {
        Participant {
            address,
            token: token.to_owned(),
            role,
            recorder: recorder.clone(),
            number: NEXT_NUMBER.fetch_add(1, Ordering::Relaxed),
            logs: HashMap::new(),
            outbox: HashMap::new(),
            epoch: Epoch::fresh(),
            answers: 0,
            resets: 0,
        }
    }

    /// A visitor runs until everything is sent and answered, an agent until `stop` turns true.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) -> Story {
        while !self.is_satisfied() && !*stop.borrow() {
            match Socket::try_open(self.address, self.path()).await {
                Some(socket) => self.converse(socket, &mut stop).await,
                None => sleep(LOOK_EVERY).await,
            }
        }
        Story { answers: self.answers, resets: self.resets, logs: self.logs }
    }

    /// One socket, from `hello` to its end.
    async fn converse(&mut self, mut socket: Socket, stop: &mut watch::Receiver<bool>) {
        for unsent in self.outbox.values_mut().flatten() {
            unsent.sent_at = None;
        }
        if !socket.try_send(&hello(&self.token, Vec::new())).await {
            return;
        }
        let mut look = interval(LOOK_EVERY);
        while !self.is_satisfied() && !*stop.borrow() {
            let to_send = tokio::select! {
                heard = socket.next() => match heard {
                    Heard::Frame(frame) => self.take(frame),
                    Heard::Closed(_) | Heard::Ended => return,
                },
                _ = look.tick() => self.due(),
                _ = stop.changed() => return,
            };
            for frame in to_send {
                if !socket.try_send(&frame).await {
                    return;
                }
            }
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
        match frame {
            ServerFrame::Welcome(welcome) => {
                self.epoch = welcome.epoch;
                let board = match self.role {
                    Role::Agent { inbox } => Some(ClientFrame::Board { inbox }),
                    Role::Visitor { .. } => None,
                };
                let mut frames: Vec<_> = self.logs.keys().map(|id| self.attach(*id)).collect();
                frames.extend(board);
                frames.extend(self.due());
                frames
            }
            ServerFrame::Entries { conversation, epoch, entries } => {
                self.take_entries(conversation, epoch, entries)
            }
            ServerFrame::Reset { conversation, epoch, .. } => {
                self.resets += 1;
                self.logs.insert(conversation, (epoch, Seq(0)));
                Vec::new()
            }
            ServerFrame::Ack { client_id, conversation, seq, .. } => {
                self.acknowledge(client_id, conversation, seq)
            }
            ServerFrame::Refused(refusal) => {
                assert!(refusal.code.is_temporary(), "{refusal:?}");
                Vec::new()
            }
            ServerFrame::Board(board) => {
                let unknown = board.rows.iter().map(|row| row.conversation);
                let unknown = unknown.filter(|id| !self.logs.contains_key(id)).collect::<Vec<_>>();
                unknown.into_iter().map(|id| self.follow(id)).collect()
            }
            ServerFrame::Limited { .. } => panic!("no test leaves so many entries behind"),
            ServerFrame::Marks { .. }
            | ServerFrame::Typing { .. }
            | ServerFrame::Conversation { .. }
            | ServerFrame::Page { .. }
            | ServerFrame::Availability { .. }
            | ServerFrame::Agents { .. }
            | ServerFrame::Ping
            | ServerFrame::Reconnect { .. } => Vec::new(),
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
            self.recorder.record(Receipt::Received {
                socket: self.number,
                conversation,
                epoch,
                seq: entry.seq,
                after,
                client_id: entry.client_id,
            });
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
        if let Some(unsent) = self.done(client_id, conversation) {
            let (epoch, text) = (self.epoch, unsent.text);
            self.recorder.record(Receipt::Acked { conversation, epoch, seq, client_id, text });
        }
        self.due()
    }

    /// Takes a message out of the outbox. The first one tells which conversation was begun.
    fn done(&mut self, client_id: ClientId, conversation: ConversationId) -> Option<Unsent> {
        for lane in [None, Some(conversation)] {
            let Some(unsent) = self.outbox.get_mut(&lane) else { continue };
            if unsent.front().is_none_or(|first| first.client_id != client_id) {
                continue;
            }
            let first = unsent.pop_front();
            if lane.is_none() {
                let rest = self.outbox.remove(&None).unwrap_or_default();
                self.outbox.insert(Some(conversation), rest);
            }
            return first;
        }
        None
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
