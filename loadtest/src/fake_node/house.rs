//! What the fake node knows and does, without sockets.

use std::collections::{HashMap, HashSet};

use salotto_protocol::api::{EntryPage, LoadTestAgent, LoadTestDesk, VisitorToken};
use salotto_protocol::availability::Measured;
use salotto_protocol::chatflow::ChatflowSettings;
use salotto_protocol::{
    AgentId, Author, Availability, BoardRow, BoardUpdate, ChatflowId, ClientFrame, ClientId,
    ConversationId, ConversationNumber, ConversationState, Cursor, Entry, EntryBody, Epoch,
    ErrorCode, Hello, InboxId, NodeId, Refusal, Seq, ServerFrame, SiteId, ViewedEntry, VisitorId,
    Welcome,
};
use tokio::sync::mpsc::UnboundedSender;

/// Every so many messages the fault happens.
const EVERY: u64 = 7;
/// More than this behind: `limited`. Low, so that tests come to it.
const CATCH_UP_MAX: usize = 20;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fault {
    None,
    /// Acknowledges a message that it does not keep.
    Lose,
    /// Keeps a message twice.
    Double,
    /// Gives agents a message behind its successor.
    Reorder,
    /// Keeps another text than the one that was sent.
    Alter,
    /// Announces its going, closes the sender's socket, and forgets to acknowledge.
    HangUp,
    /// Ends the sender's socket without a word, before it keeps the message.
    Cut,
    /// Refuses once, for a moment.
    Busy,
    /// Refuses for good.
    Forbid,
    /// Greets everybody the first time, then says nothing to them.
    Freeze,
    /// Never answers this message, however often it comes.
    Mute,
}

pub(crate) struct House {
    fault: Fault,
    epoch: Epoch,
    site: SiteId,
    inbox: InboxId,
    chatflow: ChatflowId,
    messages: u64,
    agents: Vec<(AgentId, String)>,
    visitors: HashMap<String, VisitorId>,
    conversations: HashMap<ConversationId, Conversation>,
    /// A resend gets the same answer.
    known: HashMap<ClientId, Seq>,
    sockets: HashMap<u64, Socket>,
    next_socket: u64,
    frozen: Vec<String>,
    muted: HashSet<ClientId>,
}

struct Socket {
    who: Option<Who>,
    outbox: UnboundedSender<Out>,
}

struct Conversation {
    visitor: VisitorId,
    agent: AgentId,
    is_closed: bool,
    head: u32,
    entries: Vec<ViewedEntry>,
    followers: Vec<u64>,
    /// The next entry is kept from agents until its successor has gone.
    hold: bool,
    held: Option<ViewedEntry>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Who {
    Visitor(VisitorId),
    Agent(AgentId),
}

pub(crate) enum Out {
    Frame(Box<ServerFrame>),
    Close(u16),
    Cut,
}

impl House {
    pub(crate) fn new(fault: Fault) -> House {
        House {
            fault,
            epoch: Epoch::fresh(),
            site: SiteId::fresh(),
            inbox: InboxId::fresh(),
            chatflow: ChatflowId::fresh(),
            messages: 0,
            agents: Vec::new(),
            visitors: HashMap::new(),
            conversations: HashMap::new(),
            known: HashMap::new(),
            sockets: HashMap::new(),
            next_socket: 0,
            frozen: Vec::new(),
            muted: HashSet::new(),
        }
    }

    pub(crate) fn messages(&self) -> u64 {
        self.messages
    }

    pub(crate) fn desk(&mut self, count: u32) -> LoadTestDesk {
        while self.agents.len() < count as usize {
            let id = AgentId::fresh();
            self.agents.push((id, format!("agent-{id}")));
        }
        let settings: ChatflowSettings =
            serde_json::from_str(r#"{"name": "load test"}"#).expect("all has defaults");
        let agents = self.agents[..count as usize].iter();
        LoadTestDesk {
            site: self.site,
            chatflow: settings
                .public(self.chatflow, settings.now(Availability::Available, Measured::default())),
            inbox: self.inbox,
            agents: agents
                .map(|(id, token)| LoadTestAgent { id: *id, socket_token: token.clone() })
                .collect(),
        }
    }

    pub(crate) fn visitor(&mut self, site: SiteId) -> VisitorToken {
        assert_eq!(site, self.site);
        let visitor = VisitorId::fresh();
        let token = format!("visitor-{visitor}");
        self.visitors.insert(token.clone(), visitor);
        VisitorToken { visitor, token }
    }

    pub(crate) fn page(&self, id: ConversationId, after: u32) -> EntryPage {
        let conversation = &self.conversations[&id];
        let behind = conversation.entries.iter().filter(|it| it.entry.seq > Seq(after));
        let entries: Vec<ViewedEntry> = behind.take(CATCH_UP_MAX).cloned().collect();
        let head = Seq(conversation.head);
        let more = entries.last().is_some_and(|it| it.entry.seq < head);
        EntryPage { epoch: self.epoch, entries, more, head }
    }

    pub(crate) fn open(&mut self, outbox: UnboundedSender<Out>) -> u64 {
        self.next_socket += 1;
        self.sockets.insert(self.next_socket, Socket { who: None, outbox });
        self.next_socket
    }

    pub(crate) fn gone(&mut self, socket: u64) {
        self.sockets.remove(&socket);
    }

    pub(crate) fn on_frame(&mut self, socket: u64, frame: ClientFrame) {
        match frame {
            ClientFrame::Hello(hello) => self.hello(socket, hello),
            ClientFrame::Start(start) => {
                let Some(Who::Visitor(visitor)) = self.who(socket) else { return };
                let mut open = self.conversations.iter();
                let open = open.find(|it| it.1.visitor == visitor && !it.1.is_closed);
                let id = open.map(|it| *it.0).unwrap_or_else(|| self.begin(visitor));
                self.attach(socket, Cursor { conversation: id, epoch: None, seq: Seq(0) });
                self.message(socket, id, start.message_client_id, start.text);
            }
            ClientFrame::Send { conversation, client_id, text } => {
                self.message(socket, conversation, client_id, text);
            }
            ClientFrame::Close { conversation, client_id } => {
                let (from, to) = (ConversationState::Assigned, ConversationState::Closed);
                let status = EntryBody::Status { from, to };
                let seq = self.append(conversation, Author::System, None, status);
                self.conversation(conversation).is_closed = true;
                self.put(socket, ServerFrame::Ack { client_id, conversation, seq, at_ms: 0 });
            }
            ClientFrame::Attach(cursor) => self.attach(socket, cursor),
            ClientFrame::Detach { conversation } => {
                self.conversation(conversation).followers.retain(|it| *it != socket);
            }
            ClientFrame::Board { .. } => {
                let Some(Who::Agent(agent)) = self.who(socket) else { return };
                let rows = self.conversations.iter().filter(|it| it.1.agent == agent);
                let rows = rows.map(|(id, it)| row(*id, it)).collect();
                self.put(socket, self.board(rows, true));
            }
            ClientFrame::Mark { .. } | ClientFrame::Pong => {}
            other => panic!("{other:?} is not expected"),
        }
    }

    fn hello(&mut self, socket: u64, hello: Hello) {
        let agent = self.agents.iter().find(|it| it.1 == hello.token).map(|it| it.0);
        let visitor = self.visitors.get(&hello.token).copied();
        let who = agent.map(Who::Agent).or(visitor.map(Who::Visitor)).expect("a token");
        let welcome = Welcome {
            protocol: hello.protocol,
            node: NodeId::fresh(),
            epoch: self.epoch,
            heartbeat_ms: if self.fault == Fault::Freeze { 400 } else { 25_000 },
            reconnect_window_ms: 50,
            visitor,
            conversations: Vec::new(),
            agent,
            inboxes: Vec::new(),
        };
        self.put(socket, ServerFrame::Welcome(welcome));
        if self.fault == Fault::Freeze && !self.frozen.contains(&hello.token) {
            self.frozen.push(hello.token);
            return;
        }
        self.sockets.get_mut(&socket).expect("it is open").who = Some(who);
        for cursor in hello.cursors {
            self.attach(socket, cursor);
        }
    }

    fn begin(&mut self, visitor: VisitorId) -> ConversationId {
        let id = ConversationId::fresh();
        let (agent, _) = self.agents[self.conversations.len() % self.agents.len()];
        let conversation = Conversation {
            visitor,
            agent,
            is_closed: false,
            head: 0,
            entries: Vec::new(),
            followers: Vec::new(),
            hold: false,
            held: None,
        };
        self.conversations.insert(id, conversation);
        let welcome = EntryBody::Welcome { text: "Hello".to_owned() };
        self.append(id, Author::System, None, welcome);
        let rows = vec![row(id, &self.conversations[&id])];
        let board = self.board(rows, false);
        for socket in self.sockets.values().filter(|it| it.who == Some(Who::Agent(agent))) {
            drop(socket.outbox.send(Out::Frame(Box::new(board.clone()))));
        }
        id
    }

    fn message(&mut self, socket: u64, id: ConversationId, client_id: ClientId, text: String) {
        let who = self.who(socket).expect("it was greeted");
        if let Some(seq) = self.known.get(&client_id) {
            return self.put(socket, ack(client_id, id, *seq));
        }
        if self.muted.contains(&client_id) {
            return;
        }
        let fault = if self.messages % EVERY == 4 { self.fault } else { Fault::None };
        self.messages += 1;
        let text = if fault == Fault::Alter { text.replace("blue", "grey") } else { text };
        let body = EntryBody::Message { text };
        let by = match who {
            Who::Visitor(id) => Author::Visitor { id },
            Who::Agent(id) => Author::Agent { id, name: "Ada".to_owned() },
        };
        let seq = match fault {
            Fault::Busy => return self.refuse(socket, ErrorCode::Busy, client_id),
            Fault::Forbid => return self.refuse(socket, ErrorCode::Forbidden, client_id),
            Fault::Cut => return drop(self.sockets[&socket].outbox.send(Out::Cut)),
            Fault::Mute => {
                self.muted.insert(client_id);
                return;
            }
            Fault::Lose => {
                self.conversation(id).head += 1;
                Seq(self.conversation(id).head)
            }
            Fault::Double => {
                self.append(id, by.clone(), Some(client_id), body.clone());
                self.append(id, by, Some(client_id), body)
            }
            Fault::Reorder => {
                self.conversation(id).hold = true;
                self.append(id, by, Some(client_id), body)
            }
            Fault::None | Fault::Alter | Fault::HangUp | Fault::Freeze => {
                self.append(id, by, Some(client_id), body)
            }
        };
        self.known.insert(client_id, seq);
        if fault == Fault::HangUp {
            self.put(socket, ServerFrame::Reconnect { after_ms: 20 });
            drop(self.sockets[&socket].outbox.send(Out::Close(1012)));
        } else {
            self.put(socket, ack(client_id, id, seq));
        }
    }

    fn refuse(&self, socket: u64, code: ErrorCode, client_id: ClientId) {
        let retry_after_ms = code.is_temporary().then_some(50);
        let refusal = Refusal::new(code, "as the test wants");
        let refusal = Refusal { client_id: Some(client_id), retry_after_ms, ..refusal };
        self.put(socket, ServerFrame::Refused(refusal));
    }

    fn append(
        &mut self,
        id: ConversationId,
        by: Author,
        client_id: Option<ClientId>,
        body: EntryBody,
    ) -> Seq {
        let conversation = self.conversations.get_mut(&id).expect("it was begun");
        conversation.head += 1;
        let seq = Seq(conversation.head);
        let after = conversation.entries.last().map_or(Seq(0), |it| it.entry.seq);
        let viewed = ViewedEntry { after, entry: Entry { seq, at_ms: 0, by, client_id, body } };
        conversation.entries.push(viewed.clone());
        let hold = std::mem::take(&mut conversation.hold);
        let held = conversation.held.take();
        for follower in &conversation.followers {
            let Some(socket) = self.sockets.get(follower) else { continue };
            let to_agent = matches!(socket.who, Some(Who::Agent(_)));
            let mut entries = vec![viewed.clone()];
            if let Some(held) = held.as_ref().filter(|_| to_agent) {
                entries[0].after = held.after;
                entries.push(held.clone());
            }
            if !(hold && to_agent) {
                let frame = ServerFrame::Entries { conversation: id, epoch: self.epoch, entries };
                drop(socket.outbox.send(Out::Frame(Box::new(frame))));
            }
        }
        conversation.held = hold.then_some(viewed);
        seq
    }

    fn attach(&mut self, socket: u64, cursor: Cursor) {
        let id = cursor.conversation;
        let conversation = self.conversations.get_mut(&id).expect("it was begun");
        if !conversation.followers.contains(&socket) {
            conversation.followers.push(socket);
        }
        let behind = conversation.entries.iter().filter(|it| it.entry.seq > cursor.seq);
        let entries: Vec<ViewedEntry> = behind.cloned().collect();
        let (epoch, head) = (self.epoch, Seq(conversation.head));
        if entries.len() > CATCH_UP_MAX {
            conversation.followers.retain(|it| *it != socket);
            self.put(socket, ServerFrame::Limited { conversation: id, epoch, head });
        } else if !entries.is_empty() {
            self.put(socket, ServerFrame::Entries { conversation: id, epoch, entries });
        }
    }

    fn board(&self, rows: Vec<BoardRow>, whole: bool) -> ServerFrame {
        ServerFrame::Board(BoardUpdate { inbox: self.inbox, whole, rows, gone: Vec::new() })
    }

    fn conversation(&mut self, id: ConversationId) -> &mut Conversation {
        self.conversations.get_mut(&id).expect("it was begun")
    }

    fn who(&self, socket: u64) -> Option<Who> {
        self.sockets[&socket].who
    }

    fn put(&self, socket: u64, frame: ServerFrame) {
        drop(self.sockets[&socket].outbox.send(Out::Frame(Box::new(frame))));
    }
}

fn ack(client_id: ClientId, conversation: ConversationId, seq: Seq) -> ServerFrame {
    ServerFrame::Ack { client_id, conversation, seq, at_ms: 0 }
}

fn row(id: ConversationId, conversation: &Conversation) -> BoardRow {
    let closed = conversation.is_closed;
    BoardRow {
        conversation: id,
        number: ConversationNumber(1),
        visitor: conversation.visitor,
        seq: Seq(conversation.head),
        state: if closed { ConversationState::Closed } else { ConversationState::Assigned },
        assignee: Some(conversation.agent),
        preview: String::new(),
        preview_by: None,
        started_at_ms: 0,
        last_at_ms: 0,
        waiting_since_ms: None,
        missed_at_ms: None,
        chatflow: None,
        page: String::new(),
        due_at_ms: None,
        team: None,
    }
}
