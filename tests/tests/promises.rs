//! Overload turned into a promise (BY-15): the offer, the promise, the pick-up in the visitor's
//! absence, the answer by mail through a real SMTP server, and fairness between two chatflows.

use salotto_protocol::{
    AgentId, ChatflowId, ClientFrame, ClientId, ConversationId, ConversationState, EntryBody,
    ErrorCode, InboxId, ServerFrame, SiteId,
};
use salotto_tests::desk::{
    AS_VISITOR, Desk, SignedIn, acked, demo_site, from_the_start, new_visitor, say, visitor_log,
};
use salotto_tests::node::Node;
use salotto_tests::rest::{Answer, Ask};
use salotto_tests::smtp::SmtpServer;
use salotto_tests::socket::Socket;
use serde_json::{Value, json};

const EMAIL: &str = "grace@mail.example";

async fn node_with_mail(server: &SmtpServer) -> Node {
    let settings = server.settings();
    let mut all: Vec<(&str, &str)> =
        settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    all.push(("MAIL__ANSWERS_AFTER_MS", "400"));
    Node::start_with(&all).await
}

async fn put(node: &Node, admin: &SignedIn, path: &str, body: &Value) -> Answer {
    let ask = Ask::put(node.public, path).header("cookie", &admin.cookie);
    let ask = ask.header("x-salotto-csrf", &admin.session.csrf_token);
    ask.header("origin", &node.origin()).json(body).send().await
}

/// Whoever waits at all is offered an answer.
async fn no_patience(node: &Node, admin: &SignedIn, chatflow: ChatflowId) {
    let path = format!("/api/v1/chatflows/{chatflow}/patience");
    let patience = json!({"wait_ms": 0, "text": "By mail?"});
    assert_eq!(put(node, admin, &path, &patience).await.status.as_u16(), 200);
}

async fn until_offered(socket: &mut Socket, of: ConversationId) {
    let text = socket
        .until("an offer", |frame| match frame {
            ServerFrame::Queue { conversation, offer: true, offer_text, .. } => {
                (conversation == of).then_some(offer_text)
            }
            _ => None,
        })
        .await;
    assert_eq!(text.as_deref(), Some("By mail?"));
}

async fn until_assigned(socket: &mut Socket, of: ConversationId) {
    socket
        .until("an agent", |frame| match frame {
            ServerFrame::Conversation { conversation } if conversation.id == of => {
                (conversation.state == ConversationState::Assigned).then_some(())
            }
            _ => None,
        })
        .await;
}

fn promise(conversation: ConversationId, email: &str) -> (ClientId, ClientFrame) {
    let client_id = ClientId::fresh();
    (client_id, ClientFrame::Promise { conversation, client_id, email: email.to_owned() })
}

async fn close(agent: &mut Socket, conversation: ConversationId) {
    let client_id = ClientId::fresh();
    agent.send(&ClientFrame::Close { conversation, client_id }).await;
    acked(agent, client_id).await;
}

/// Closed without a word, and its node knows.
async fn leave(mut socket: Socket) {
    socket.write(&[0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8]).await;
}

/// The next conversation on these boards that this agent has, and has not had.
async fn given(agent: &mut Socket, to: AgentId, had: &[ConversationId]) -> ConversationId {
    agent
        .until("the next one", |frame| match frame {
            ServerFrame::Board(update) => {
                let mut rows = update.rows.iter();
                let is_new = |id: ConversationId| !had.contains(&id);
                let row = rows.find(|row| row.assignee == Some(to) && is_new(row.conversation))?;
                (row.state == ConversationState::Assigned).then_some(row.conversation)
            }
            _ => None,
        })
        .await
}

#[tokio::test]
async fn by_15_who_takes_the_offer_may_leave_and_gets_the_answer_by_mail_once() {
    let server = SmtpServer::start().await;
    let node = node_with_mail(&server).await;
    let desk = Desk::with_capacity(&node, 1, 1).await;
    let admin = SignedIn::as_demo_agent(&node).await;
    no_patience(&node, &admin, desk.chatflow).await;
    let mut agent = desk.agent_socket(&node, 0).await;
    let (mut served, _) = desk.visitor_socket(&node).await;
    let first = desk.begin(&mut served, "I was first").await;
    until_assigned(&mut served, first).await;
    let (mut tab, token) = desk.visitor_socket(&node).await;
    let id = desk.begin(&mut tab, "Is the lamp still there?").await;
    until_offered(&mut tab, id).await;

    tab.send(&promise(id, "grace@localhost").1).await;
    assert_eq!(tab.assert_refused(ErrorCode::BadField).await.field.as_deref(), Some("email"));
    let (client_id, yes) = promise(id, EMAIL);
    tab.send(&yes).await;
    let (_, seq) = acked(&mut tab, client_id).await;
    tab.send(&yes).await;
    assert_eq!(acked(&mut tab, client_id).await.1, seq, "once more is the same");
    let log = visitor_log(&node, &token.token, id).await;
    let hidden = |body: &EntryBody| matches!(body, EntryBody::Contact { .. });
    assert!(!log.iter().any(|it| hidden(&it.body)), "the address is for agents");
    assert!(matches!(log.last().expect("one").body, EntryBody::Promised { .. }));
    assert_eq!(admin.log(&node, id).await.iter().filter(|it| hidden(&it.body)).count(), 1);
    leave(tab).await;

    close(&mut agent, first).await;
    agent.send(&ClientFrame::Attach(from_the_start(id))).await;
    until_assigned(&mut agent, id).await;
    say(&mut agent, id, "It is.").await;
    say(&mut agent, id, "Shall we keep it for you?").await;

    let mail = server.until_taken(1).await.remove(0);
    assert_eq!(mail.to, [EMAIL]);
    assert_eq!(mail.header("Subject"), "Re: Is the lamp still there?");
    for words in ["\n> Is the lamp still there?", "\nIt is.\n", "Shall we keep it for you?"] {
        assert!(mail.text.replace("\r\n", "\n").contains(words), "{}", mail.text);
    }

    let cursors = vec![from_the_start(id)];
    let (mut back, _) = Socket::welcomed(node.public, AS_VISITOR, &token.token, cursors).await;
    back.entry("the answer", id, |it| it.entry.body.text() == Some("It is.")).await;
    let seq = say(&mut agent, id, "Welcome back!").await;
    back.entry("the greeting", id, |it| it.entry.seq == seq).await;
    back.send(&ClientFrame::Mark { conversation: id, delivered: seq, read: seq }).await;
    close(&mut agent, id).await;
    // Whoever comes next shows that there was nothing more to be mailed.
    let (mut tab, _) = desk.visitor_socket(&node).await;
    let busy = desk.begin(&mut tab, "me now").await;
    until_assigned(&mut tab, busy).await;
    let (mut tab, _) = desk.visitor_socket(&node).await;
    let other = desk.begin(&mut tab, "And the chair?").await;
    until_offered(&mut tab, other).await;
    let (client_id, yes) = promise(other, "bob@mail.example");
    tab.send(&yes).await;
    acked(&mut tab, client_id).await;
    leave(tab).await;
    close(&mut agent, busy).await;
    agent.send(&ClientFrame::Attach(from_the_start(other))).await;
    until_assigned(&mut agent, other).await;
    say(&mut agent, other, "Sold.").await;
    let taken = server.until_taken(2).await;
    let to: Vec<&str> = taken.iter().map(|it| it.to[0].as_str()).collect();
    assert_eq!(to, [EMAIL, "bob@mail.example"], "what the browser had was not mailed");
}

#[tokio::test]
async fn by_15_nothing_is_promised_without_an_offer_without_mail_or_once_somebody_has_it() {
    let server = SmtpServer::start().await;
    let plain = Node::start().await;
    let (patient, hasty) = (node_with_mail(&server).await, node_with_mail(&server).await);
    for (node, is_patient) in [(&plain, false), (&patient, true), (&hasty, false)] {
        let desk = Desk::with_capacity(node, 1, 1).await;
        let admin = SignedIn::as_demo_agent(node).await;
        if !is_patient {
            no_patience(node, &admin, desk.chatflow).await;
        }
        let _agent = desk.agent_socket(node, 0).await;
        let (mut served, _) = desk.visitor_socket(node).await;
        let id = desk.begin(&mut served, "hello").await;
        until_assigned(&mut served, id).await;
        served.send(&promise(id, EMAIL).1).await;
        served.assert_refused(ErrorCode::Conflict).await;
        let (mut waits, _) = desk.visitor_socket(node).await;
        let id = desk.begin(&mut waits, "hello?").await;
        if is_patient || node.public == plain.public {
            waits
                .until("a place", |frame| matches!(frame, ServerFrame::Queue { .. }).then_some(()))
                .await;
            waits.send(&promise(id, EMAIL).1).await;
            waits.assert_refused(ErrorCode::Conflict).await;
        } else {
            until_offered(&mut waits, id).await;
        }
    }
}

/// A visitor of the demo's own chatflow.
async fn demo_guest(node: &Node, site: SiteId, chatflow: ChatflowId) -> (Socket, ConversationId) {
    let visitor: Value = new_visitor(node, site, &node.origin()).await.json();
    let token = visitor["token"].as_str().expect("a token");
    let mut socket = Socket::welcomed(node.public, AS_VISITOR, token, Vec::new()).await.0;
    let (client_id, text) = (ClientId::fresh(), "live".to_owned());
    let start = salotto_protocol::Start {
        client_id: ClientId::fresh(),
        chatflow,
        message_client_id: client_id,
        text,
    };
    socket.send(&ClientFrame::Start(start)).await;
    let id = acked(&mut socket, client_id).await.0;
    (socket, id)
}

/// One agent with one slot answers both: promises of those who left, and live visitors.
#[tokio::test]
async fn by_15_promises_of_one_chatflow_and_live_chats_of_another_take_turns() {
    let server = SmtpServer::start().await;
    let node = node_with_mail(&server).await;
    let desk = Desk::with_capacity(&node, 1, 1).await;
    let admin = SignedIn::as_demo_agent(&node).await;
    no_patience(&node, &admin, desk.chatflow).await;
    let site = demo_site(&node).await;
    let public: Value = node.get(&format!("/api/v1/sites/{site}")).await.json();
    let demo: ChatflowId = serde_json::from_value(public["chatflow"]["id"].clone()).expect("one");
    let me = desk.agents[0].0;
    let assignment = json!({"assign": true, "agents": [me]});
    let path = format!("/api/v1/chatflows/{demo}/assignment");
    assert_eq!(put(&node, &admin, &path, &assignment).await.status.as_u16(), 200);
    let mut agent = desk.agent_socket(&node, 0).await;
    let (mut served, _) = desk.visitor_socket(&node).await;
    let first = desk.begin(&mut served, "I was first").await;
    until_assigned(&mut served, first).await;
    let mut promised = Vec::new();
    for _ in 0..3 {
        let (mut socket, _) = desk.visitor_socket(&node).await;
        let id = desk.begin(&mut socket, "an hour ago").await;
        until_offered(&mut socket, id).await;
        let (client_id, yes) = promise(id, EMAIL);
        socket.send(&yes).await;
        acked(&mut socket, client_id).await;
        leave(socket).await;
        promised.push(id);
    }
    let (mut live, mut sockets) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        let (socket, id) = demo_guest(&node, site, demo).await;
        sockets.push(socket);
        live.push(id);
    }

    let inboxes: Vec<InboxId> = admin.session.inboxes.iter().map(|it| it.id).collect();
    let mut had = vec![first];
    for _ in 0..6 {
        close(&mut agent, *had.last().expect("one")).await;
        for inbox in &inboxes {
            agent.send(&ClientFrame::Board { inbox: *inbox }).await;
        }
        had.push(given(&mut agent, me, &had).await);
    }

    let kinds: Vec<bool> = had[1..].iter().map(|id| promised.contains(id)).collect();
    for turns in kinds.chunks(2) {
        assert!(turns.contains(&true) && turns.contains(&false), "one of each: {kinds:?}");
    }
    let in_order = |these: &[ConversationId]| -> Vec<ConversationId> {
        had.iter().copied().filter(|id| these.contains(id)).collect()
    };
    assert_eq!((in_order(&promised), in_order(&live)), (promised.clone(), live.clone()));
}
