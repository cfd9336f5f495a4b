//! A visitor or an agent who keeps the client's half of the promise: remembers cursors, sends one
//! message at a time, repeats it until it is done, comes back after every loss to whichever node is
//! next, and records what it did and saw.

mod caseload;
mod chapters;
mod line;
mod outbox;
mod role;

use std::collections::HashMap;
use std::time::Duration;

use caseload::Caseload;
use chapters::Chapters;
use line::LineFacts;
pub use line::Nodes;
use outbox::{Outbox, Saying};
use role::{Beginning, Role};
use salotto_protocol::{
    ChatflowId, ClientFrame, ClientId, ConversationId, Cursor, Epoch, InboxId, Refusal, Seq,
    ServerFrame, Start, ViewedEntry, Welcome,
};
use tokio::sync::watch;
use tokio::time::{Instant, interval, sleep, timeout};

pub use crate::history::Recorder;
use crate::history::{Pen, What, Who};
use crate::socket::{Heard, Socket, hello};

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
    outbox: Outbox,
    epoch: Epoch,
    /// Messages of the other side that were taken.
    answers: usize,
    resets: usize,
    /// Refused, and not to be sent again.
    refusals: Vec<Refusal>,
    is_told_to_stop: bool,
    /// Since the last `hello`.
    line: LineFacts,
}

/// How it ended for a participant.
pub struct Story {
    pub answers: usize,
    pub resets: usize,
    pub logs: HashMap<ConversationId, (Epoch, Seq)>,
    pub refusals: Vec<Refusal>,
}

impl Participant {
    pub fn visitor(
        nodes: impl Into<Nodes>,
        token: &str,
        chatflow: ChatflowId,
        texts: Vec<String>,
        recorder: &Recorder,
    ) -> Participant {
        let beginning = Beginning::of(chatflow);
        let role = Role::Visitor { beginning, messages: texts.len() };
        let mut visitor = Participant::new(nodes.into(), token, role, recorder);
        texts.into_iter().for_each(|text| visitor.outbox.push(None, Saying::Message(text)));
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

    /// A visitor who writes, is answered and comes back, until told to stop; `name` and `pause`
    /// tell one from the other.
    pub fn writer(
        nodes: impl Into<Nodes>,
        token: &str,
        chatflow: ChatflowId,
        (name, pause): (String, Duration),
        recorder: &Recorder,
    ) -> Participant {
        let beginning = Beginning::of(chatflow);
        let role = Role::Writer { beginning, chapters: Chapters::new(name, pause) };
        Participant::new(nodes.into(), token, role, recorder)
    }

    /// An agent who answers and closes what is theirs.
    pub fn owner(
        nodes: impl Into<Nodes>,
        token: &str,
        inbox: InboxId,
        recorder: &Recorder,
    ) -> Participant {
        let role = Role::Owner { inbox, caseload: Caseload::default() };
        Participant::new(nodes.into(), token, role, recorder)
    }

    fn new(nodes: Nodes, token: &str, role: Role, recorder: &Recorder) -> Participant {
        Participant {
            nodes,
            token: token.to_owned(),
            role,
            pen: recorder.pen(),
            logs: HashMap::new(),
            outbox: Outbox::default(),
            epoch: Epoch::fresh(),
            answers: 0,
            resets: 0,
            refusals: Vec::new(),
            is_told_to_stop: false,
            line: LineFacts::new(),
        }
    }

    /// A visitor runs until everything is sent and answered, an agent until `stop` turns true.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) -> Story {
        self.is_told_to_stop = *stop.borrow_and_update();
        while !self.wants_no_more() {
            let opening = Socket::try_open(self.nodes.take(), self.role.path());
            if let Some(socket) = timeout(OPEN_WITHIN, opening).await.ok().flatten() {
                self.converse(socket, &mut stop).await;
                let left = self.wants_no_more();
                self.pen.note(if left { What::Left } else { What::Lost });
            }
            sleep(LOOK_EVERY).await;
            self.is_told_to_stop = *stop.borrow();
        }
        let Participant { answers, resets, logs, refusals, .. } = self;
        Story { answers, resets, logs, refusals }
    }

    fn wants_no_more(&self) -> bool {
        let is_satisfied = self.role.is_satisfied(self.answers, self.is_told_to_stop);
        (self.is_told_to_stop && self.role.stops_at_once())
            || (is_satisfied && self.outbox.is_empty())
    }

    /// One socket, from `hello` to its end.
    async fn converse(&mut self, mut socket: Socket, stop: &mut watch::Receiver<bool>) {
        self.outbox.forget_sending();
        self.line = LineFacts::new();
        if !socket.try_send(&hello(&self.token, Vec::new())).await {
            return;
        }
        let mut look = interval(LOOK_EVERY);
        while !self.wants_no_more() && !self.line.is_dead() {
            let to_send = tokio::select! {
                heard = socket.next_or_ping() => match heard {
                    Heard::Frame(frame) => self.take(frame),
                    Heard::Closed(_) | Heard::Ended => return,
                },
                _ = look.tick() => self.look(),
                _ = stop.changed(), if !self.is_told_to_stop => {
                    self.is_told_to_stop = true;
                    Vec::new()
                }
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

    /// Now and then: what is due, and what could not be attached.
    fn look(&mut self) -> Vec<ClientFrame> {
        let again = std::mem::take(&mut self.line.refused);
        let mut frames: Vec<_> = again.into_iter().map(|id| self.attach(id)).collect();
        let conversation = self.logs.keys().next().copied();
        self.role.look(conversation, &mut self.outbox, self.is_told_to_stop);
        frames.extend(self.due());
        frames
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
            ClientFrame::Send { conversation, client_id, text }
            | ClientFrame::Comment { conversation, client_id, text } => {
                let (conversation, text) = (Some(*conversation), text.clone());
                self.pen.note(What::Sent { client_id: *client_id, conversation, text });
            }
            ClientFrame::Hello(_)
            | ClientFrame::Pong
            | ClientFrame::Assign { .. }
            | ClientFrame::AssignTeam { .. }
            | ClientFrame::Move { .. }
            | ClientFrame::Promise { .. }
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
                self.role.begin_anew(conversation);
                Vec::new()
            }
            ServerFrame::Ack { client_id, conversation, seq, .. } => {
                self.acknowledge(client_id, conversation, seq)
            }
            ServerFrame::Refused(refusal) => {
                self.refused(refusal);
                Vec::new()
            }
            ServerFrame::Board(board) => {
                let unknown =
                    board.rows.iter().filter(|row| !self.logs.contains_key(&row.conversation));
                let wanted =
                    unknown.filter_map(|row| Some((row.conversation, self.role.follows(row)?)));
                let wanted: Vec<_> = wanted.collect();
                wanted.into_iter().map(|(id, from)| self.follow(id, from)).collect()
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
            | ServerFrame::Queue { .. }
            | ServerFrame::Agents { .. }
            | ServerFrame::Ping
            | ServerFrame::Reconnect { .. } => Vec::new(),
        }
    }

    fn refused(&mut self, refusal: Refusal) {
        let (client_id, code) = (refusal.client_id, refusal.code);
        self.pen.note(What::Refused { client_id, code });
        if !code.is_temporary() {
            self.refusals.extend(self.role.refused(refusal, &mut self.outbox));
        } else if client_id.is_none() {
            self.line.refused.extend(refusal.conversation);
        }
    }

    fn welcomed(&mut self, welcome: &Welcome) -> Vec<ClientFrame> {
        self.epoch = welcome.epoch;
        self.line.silence_max = Duration::from_millis(2 * welcome.heartbeat_ms);
        let (node, epoch) = (welcome.node, welcome.epoch);
        let visitor = welcome.visitor.map(Who::Visitor);
        let who = visitor.or(welcome.agent.map(Who::Agent)).expect("a welcome says to whom");
        self.pen.note(What::Welcomed { node, epoch, who });
        let board = self.role.welcomed(welcome);
        let mut frames: Vec<_> = self.logs.keys().map(|id| self.attach(*id)).collect();
        frames.extend(board);
        frames.extend(self.due());
        frames
    }

    /// The answer to an attach. After a start the node attaches by itself, and nobody can tell
    /// whose answer it is.
    fn attached(&mut self, conversation: ConversationId, head: Seq) {
        self.role.reaches(conversation, head);
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
                self.outbox.done(client_id, conversation);
            }
            if self.role.take(conversation, &entry, &mut self.outbox) == role::Heard::Answer {
                self.answers += 1;
            }
        }
        to_send.extend(self.due());
        to_send
    }

    fn acknowledge(
        &mut self,
        client_id: ClientId,
        conversation: ConversationId,
        seq: Seq,
    ) -> Vec<ClientFrame> {
        let epoch = self.epoch;
        // The line may end before the first entry comes: the next one asks for it.
        self.logs.entry(conversation).or_insert((epoch, Seq(0)));
        self.outbox.done(client_id, conversation);
        // Begun, though no entry of it came before the line was lost: to be attached on the next.
        self.logs.entry(conversation).or_insert((epoch, Seq(0)));
        if self.outbox.is_message(client_id) {
            self.pen.note(What::Acked { client_id, conversation, epoch, seq });
        }
        self.due()
    }

    fn due(&mut self) -> Vec<ClientFrame> {
        self.outbox.due(self.role.beginning())
    }

    fn follow(&mut self, conversation: ConversationId, from: Seq) -> ClientFrame {
        self.logs.insert(conversation, (self.epoch, from));
        self.attach(conversation)
    }

    fn attach(&self, conversation: ConversationId) -> ClientFrame {
        let (epoch, seq) = self.logs[&conversation];
        let epoch = (seq > Seq(0)).then_some(epoch);
        ClientFrame::Attach(Cursor { conversation, epoch, seq })
    }
}
