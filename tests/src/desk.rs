//! What nearly every test needs: agents who can sign in, a chatflow that is theirs, visitors.

use std::time::Duration;

use salotto_protocol::api::{
    ConversationAnswer, EntryPage, LoadTestAgents, LoadTestDesk, NewVisitor, Session, SignIn,
    VisitorToken,
};
use salotto_protocol::{
    AgentId, ChatflowId, ClientFrame, ClientId, ConversationId, ConversationSummary, Cursor, Entry,
    Epoch, ErrorCode, InboxId, Seq, ServerFrame, SiteId, Start,
};

use crate::node::{DEMO_PASSWORD, LOADTEST_TOKEN, Node};
use crate::patience;
use crate::rest::{Answer, Ask};
use crate::socket::Socket;

pub const AS_VISITOR: &str = "/ws/visitor";
pub const AS_AGENT: &str = "/ws/agent";

pub struct Desk {
    pub site: SiteId,
    pub chatflow: ChatflowId,
    pub inbox: InboxId,
    /// Each with a socket token that is good for an hour.
    pub agents: Vec<(AgentId, String)>,
}

impl Desk {
    /// So many agents, Available, each with room for a hundred conversations.
    pub async fn open(node: &Node, agents: u32) -> Desk {
        Desk::with_capacity(node, agents, 100).await
    }

    /// So many agents, Available, each with room for so many conversations.
    pub async fn with_capacity(node: &Node, agents: u32, capacity: u32) -> Desk {
        let ask = Ask::post(node.public, "/api/v1/loadtest/agents").bearer(LOADTEST_TOKEN);
        let wanted = LoadTestAgents { count: agents, capacity };
        let desk: LoadTestDesk = ask.json(&wanted).send().await.json();
        assert_eq!(desk.agents.len(), agents as usize);
        Desk {
            site: desk.site,
            chatflow: desk.chatflow.id,
            inbox: desk.inbox,
            agents: desk.agents.into_iter().map(|it| (it.id, it.socket_token)).collect(),
        }
    }

    pub async fn agent_socket(&self, node: &Node, which: usize) -> Socket {
        Socket::welcomed(node.public, AS_AGENT, &self.agents[which].1, Vec::new()).await.0
    }

    /// Of the load test's own site, which no page has: the token stands for the origin.
    pub async fn visitor(&self, node: &Node) -> VisitorToken {
        self.visitor_ask(node).send().await.json()
    }

    pub fn visitor_ask(&self, node: &Node) -> Ask {
        let ask = Ask::post(node.public, "/api/v1/visitors");
        let ask = ask.header("x-salotto-loadtest", LOADTEST_TOKEN);
        ask.json(&NewVisitor { site: self.site })
    }

    /// A visitor's socket, welcome.
    pub async fn visitor_socket(&self, node: &Node) -> (Socket, VisitorToken) {
        let token = self.visitor(node).await;
        let socket = Socket::welcomed(node.public, AS_VISITOR, &token.token, Vec::new()).await.0;
        (socket, token)
    }

    /// A conversation begun with this text.
    pub async fn begin(&self, socket: &mut Socket, text: &str) -> ConversationId {
        let start = self.start_frame(text);
        let ClientFrame::Start(Start { message_client_id, .. }) = &start else {
            unreachable!("made as a start")
        };
        socket.send(&start).await;
        acked(socket, *message_client_id).await.0
    }

    pub fn start_frame(&self, text: &str) -> ClientFrame {
        ClientFrame::Start(Start {
            client_id: ClientId::fresh(),
            chatflow: self.chatflow,
            message_client_id: ClientId::fresh(),
            text: text.to_owned(),
        })
    }
}

/// As a page of that origin asks.
pub async fn new_visitor(node: &Node, site: SiteId, origin: &str) -> Answer {
    let ask = Ask::post(node.public, "/api/v1/visitors").header("origin", origin);
    ask.json(&NewVisitor { site }).send().await
}

/// The site whose chat the demo's pages load.
pub async fn demo_site(node: &Node) -> SiteId {
    let page = node.get("/").await.text();
    let words = page.split(|c: char| !c.is_ascii_hexdigit() && c != '-');
    let mut ids = words.filter(|word| word.len() == 36).filter_map(|word| word.parse().ok());
    ids.next().expect("the demo's first page names its site")
}

/// Where the message with this client id stands in the log.
pub async fn acked(socket: &mut Socket, client_id: ClientId) -> (ConversationId, Seq) {
    socket
        .until("an ack", |frame| match frame {
            ServerFrame::Ack { client_id: of, conversation, seq, .. } if of == client_id => {
                Some((conversation, seq))
            }
            ServerFrame::Refused(refusal) if refusal.client_id == Some(client_id) => {
                panic!("{refusal:?}")
            }
            _ => None,
        })
        .await
}

/// As `acked`, and all these messages were received as entries: in whatever order that comes.
pub async fn acked_and_received(
    socket: &mut Socket,
    client_id: ClientId,
    entries_of: &[ClientId],
) -> (ConversationId, Seq) {
    let mut ack = None;
    let mut missing = entries_of.to_vec();
    socket
        .until("an ack and its entries", |frame| {
            match frame {
                ServerFrame::Ack { client_id: of, conversation, seq, .. } if of == client_id => {
                    ack = Some((conversation, seq));
                }
                ServerFrame::Entries { entries, .. } => {
                    missing.retain(|id| entries.iter().all(|it| it.entry.client_id != Some(*id)));
                }
                _ => {}
            }
            ack.filter(|_| missing.is_empty())
        })
        .await
}

/// Sends a message and waits until it is committed; like every client, more slowly when told so.
pub async fn say(socket: &mut Socket, conversation: ConversationId, text: &str) -> Seq {
    let client_id = ClientId::fresh();
    loop {
        let text = text.to_owned();
        socket.send(&ClientFrame::Send { conversation, client_id, text }).await;
        let answer = socket.until("an answer", |frame| match frame {
            ServerFrame::Ack { client_id: of, seq, .. } if of == client_id => Some(Ok(seq)),
            ServerFrame::Refused(no) if no.client_id == Some(client_id) => Some(Err(no)),
            _ => None,
        });
        match answer.await {
            Ok(seq) => return seq,
            Err(no) if no.code == ErrorCode::RateLimited => {
                let wait = no.retry_after_ms.expect("it says when again");
                tokio::time::sleep(Duration::from_millis(wait)).await;
            }
            Err(no) => panic!("{no:?}"),
        }
    }
}

pub fn from_the_start(conversation: ConversationId) -> Cursor {
    Cursor { conversation, epoch: None, seq: Seq(0) }
}

/// The whole log in a visitor's view.
pub async fn visitor_log(node: &Node, token: &str, of: ConversationId) -> Vec<Entry> {
    let ask = |path: &str| Ask::get(node.public, path).bearer(token);
    whole_log(ask, of).await.1
}

/// The store's epoch, as a page of history says it.
pub async fn epoch_of(node: &Node, token: &str, conversation: ConversationId) -> Epoch {
    let path = format!("/api/v1/conversations/{conversation}/entries");
    let page: EntryPage = Ask::get(node.public, &path).bearer(token).send().await.json();
    page.epoch
}

/// The page that `ask` answers, and the next, to the end.
async fn whole_log(ask: impl Fn(&str) -> Ask, conversation: ConversationId) -> (Epoch, Vec<Entry>) {
    let mut log: Vec<Entry> = Vec::new();
    loop {
        let after = log.last().map_or(Seq(0), |entry| entry.seq);
        let path = format!("/api/v1/conversations/{conversation}/entries?after={after}");
        let page: EntryPage = ask(&path).send().await.json();
        log.extend(page.entries.into_iter().map(|viewed| viewed.entry));
        if !page.more {
            return (page.epoch, log);
        }
    }
}

/// A demo agent who is signed in over REST.
pub struct SignedIn {
    pub session: Session,
    /// As a `Cookie` header.
    pub cookie: String,
}

impl SignedIn {
    pub async fn as_demo_agent(node: &Node) -> SignedIn {
        let email = demo_email(node).await;
        let answer = sign_in(node, &email, DEMO_PASSWORD).await;
        let cookie = answer.header("set-cookie").split(';').next().unwrap_or("").to_owned();
        assert!(cookie.starts_with("salotto_session="), "{cookie}");
        SignedIn { session: answer.json(), cookie }
    }

    pub fn get(&self, node: &Node, path: &str) -> Ask {
        Ask::get(node.public, path).header("cookie", &self.cookie)
    }

    /// Of something that changes what stands there.
    pub fn put(&self, node: &Node, path: &str) -> Ask {
        let ask = Ask::put(node.public, path).header("cookie", &self.cookie);
        let ask = ask.header("origin", &node.origin());
        ask.header("x-salotto-csrf", &self.session.csrf_token)
    }

    /// The whole log in the agents' view.
    pub async fn log(&self, node: &Node, conversation: ConversationId) -> Vec<Entry> {
        self.log_and_epoch(node, conversation).await.1
    }

    pub async fn log_and_epoch(
        &self,
        node: &Node,
        conversation: ConversationId,
    ) -> (Epoch, Vec<Entry>) {
        whole_log(|path| self.get(node, path), conversation).await
    }

    /// `None`: the store does not have it.
    pub async fn try_conversation(
        &self,
        node: &Node,
        id: ConversationId,
    ) -> Option<ConversationSummary> {
        let answer = self.get(node, &format!("/api/v1/conversations/{id}")).send().await;
        let is_there = answer.status.as_u16() != 404;
        is_there.then(|| answer.json::<ConversationAnswer>().conversation)
    }

    pub async fn conversation(&self, node: &Node, id: ConversationId) -> ConversationAnswer {
        self.get(node, &format!("/api/v1/conversations/{id}")).send().await.json()
    }
}

pub async fn sign_in(node: &Node, email: &str, password: &str) -> Answer {
    let body = SignIn { email: email.to_owned(), password: password.to_owned() };
    let ask = Ask::post(node.public, "/api/v1/session").header("origin", &node.origin());
    ask.json(&body).send().await
}

/// The first address that the node printed with its demo sign-in.
pub async fn demo_email(node: &Node) -> String {
    patience::until("the demo sign-in to be printed", || async {
        let printed = node.stdout() + &node.stderr();
        let words = printed.split(|c: char| c.is_whitespace() || "\"'`,;()=".contains(c));
        words.map(str::to_owned).find(|word| word.contains('@'))
    })
    .await
}
