//! Who may see, answer and be given the conversations of an inbox that is for chosen ones.

use std::time::Duration;

use salotto_protocol::people::{InboxAccess, Seat};
use salotto_protocol::people_api::UserPatch;
use salotto_protocol::{
    AgentId, ClientFrame, ClientId, ConversationId, ConversationState, EntryBody, ErrorCode,
    InboxId, Party, Seq, ServerFrame, TeamId,
};
use salotto_tests::desk::{AS_AGENT, Desk, SignedIn, acked, from_the_start, visitor_log};
use salotto_tests::node::Node;
use salotto_tests::patience;
use salotto_tests::socket::Socket;
use serde::Serialize;

/// Everything that an agent can ask for in a conversation.
fn commands(conversation: ConversationId, to: AgentId, inbox: InboxId) -> Vec<ClientFrame> {
    let (client_id, team) = (ClientId::fresh, TeamId::fresh());
    let text = || "let me in".to_owned();
    vec![
        ClientFrame::Send { conversation, client_id: client_id(), text: text() },
        ClientFrame::Comment { conversation, client_id: client_id(), text: text() },
        ClientFrame::Assign { conversation, client_id: client_id(), to: Some(to), note: None },
        ClientFrame::Assign { conversation, client_id: client_id(), to: None, note: None },
        ClientFrame::AssignTeam { conversation, client_id: client_id(), team, note: None },
        ClientFrame::Move { conversation, client_id: client_id(), inbox },
        ClientFrame::Close { conversation, client_id: client_id() },
        ClientFrame::Reopen { conversation, client_id: client_id() },
    ]
}

/// As a super admin.
async fn set(node: &Node, admin: &SignedIn, path: &str, body: &impl Serialize) {
    let full = format!("/api/v1/{path}");
    let is_user = path.starts_with("users");
    let ask = if is_user { admin.patch(node, &full) } else { admin.put(node, &full) };
    let answer = ask.json(body).send().await;
    assert!(answer.status.is_success(), "{path}: {}", answer.text());
}

async fn only(node: &Node, admin: &SignedIn, inbox: InboxId, agents: Vec<AgentId>) {
    let access = InboxAccess::Chosen { agents, teams: Vec::new() };
    set(node, admin, &format!("inboxes/{inbox}/access"), &access).await;
}

async fn admin_socket(node: &Node, admin: &SignedIn) -> Socket {
    Socket::welcomed(node.public, AS_AGENT, &admin.session.socket_token, Vec::new()).await.0
}

async fn until_assigned(node: &Node, admin: &SignedIn, id: ConversationId) -> AgentId {
    patience::until("it is assigned", || async {
        admin.conversation(node, id).await.conversation.assignee
    })
    .await
}

/// PERM-5, PERM-6
#[tokio::test]
async fn who_is_no_member_of_an_inbox_neither_sees_nor_changes_anything_in_it() {
    let node = Node::start().await;
    let (desk, admin) = (Desk::open(&node, 2).await, SignedIn::as_demo_agent(&node).await);
    let (member, stranger) = (desk.agents[0].0, desk.agents[1].0);
    let (mut visitor, token) = desk.visitor_socket(&node).await;
    let id = desk.begin(&mut visitor, "hello").await;
    only(&node, &admin, desk.inbox, vec![member]).await;
    let mut socket = desk.agent_socket(&node, 1).await;

    socket.send(&ClientFrame::Attach(from_the_start(id))).await;
    let refusal = socket.assert_refused(ErrorCode::Forbidden).await;
    assert_eq!(refusal.conversation, Some(id));
    for command in commands(id, stranger, admin.session.inboxes[0].id) {
        socket.send(&command).await;
        let refusal = socket.assert_refused(ErrorCode::Forbidden).await;
        assert_eq!((refusal.client_id, refusal.conversation), command.subject());
    }
    let (delivered, read) = (Seq(1), Seq(1));
    socket.send(&ClientFrame::Mark { conversation: id, delivered, read }).await;
    socket.send(&ClientFrame::Typing { conversation: id, on: true }).await;

    // A member's word comes after all that was refused, and is the first one that is new.
    let mut members = desk.agent_socket(&node, 0).await;
    let assignee = until_assigned(&node, &admin, id).await;
    assert_eq!(assignee, member, "nobody else could be given it");
    members.send(&ClientFrame::Attach(from_the_start(id))).await;
    let client_id = ClientId::fresh();
    let text = "welcome".to_owned();
    members.send(&ClientFrame::Send { conversation: id, client_id, text }).await;
    acked(&mut members, client_id).await;
    let log = visitor_log(&node, &token.token, id).await;
    let texts: Vec<&str> = log.iter().filter_map(|it| it.body.text()).collect();
    assert_eq!(texts.last().copied(), Some("welcome"));
    assert!(!texts.contains(&"let me in"));
    let answer = admin.conversation(&node, id).await.conversation;
    assert_eq!(answer.state, ConversationState::Assigned);
    let teams = answer.marks.iter().filter(|it| it.party == Party::Team);
    assert!(teams.map(|it| it.read).all(|it| it == Seq(0)), "a stranger's mark is none");
}

/// PERM-5
#[tokio::test]
async fn a_super_admin_who_is_no_member_may_look_and_nothing_else() {
    let node = Node::start().await;
    let (desk, admin) = (Desk::open(&node, 1).await, SignedIn::as_demo_agent(&node).await);
    let member = desk.agents[0].0;
    let (mut visitor, _) = desk.visitor_socket(&node).await;
    let id = desk.begin(&mut visitor, "hello").await;
    only(&node, &admin, desk.inbox, vec![member]).await;
    let mut socket = admin_socket(&node, &admin).await;

    socket.send(&ClientFrame::Attach(from_the_start(id))).await;
    let seen = socket.until("the history", |frame| match frame {
        ServerFrame::Entries { conversation, entries, .. } if conversation == id => Some(entries),
        _ => None,
    });
    assert!(!seen.await.is_empty());
    for command in commands(id, member, admin.session.inboxes[0].id) {
        socket.send(&command).await;
        let refusal = socket.assert_refused(ErrorCode::Forbidden).await;
        assert_eq!((refusal.client_id, refusal.conversation), command.subject());
    }
    socket.send(&ClientFrame::Typing { conversation: id, on: true }).await;
    let mut members = desk.agent_socket(&node, 0).await;
    let client_id = ClientId::fresh();
    let to = Some(admin.session.agent);
    members.send(&ClientFrame::Assign { conversation: id, client_id, to, note: None }).await;
    members.assert_refused(ErrorCode::Forbidden).await;

    // As a member the same person may.
    only(&node, &admin, desk.inbox, vec![member, admin.session.agent]).await;
    let client_id = ClientId::fresh();
    let text = "now I may".to_owned();
    socket.send(&ClientFrame::Send { conversation: id, client_id, text }).await;
    acked(&mut socket, client_id).await;
    let typing = visitor.until("the answer, and no typing before it", |frame| match frame {
        ServerFrame::Typing { on: true, .. } => Some(true),
        ServerFrame::Entries { entries, .. } => {
            entries.iter().any(|it| it.entry.body.text() == Some("now I may")).then_some(false)
        }
        _ => None,
    });
    assert!(!typing.await, "who may only look does not type");
}

/// PERM-5, PERM-2
#[tokio::test]
async fn without_a_seat_a_member_takes_and_answers_by_hand_and_is_never_assigned() {
    let node = Node::start().await;
    let (desk, admin) = (Desk::open(&node, 1).await, SignedIn::as_demo_agent(&node).await);
    let agent = desk.agents[0].0;
    let patch = UserPatch { seat: Some(Seat::None), ..UserPatch::default() };
    set(&node, &admin, &format!("users/{agent}"), &patch).await;
    let mut socket = desk.agent_socket(&node, 0).await;
    let (mut visitor, token) = desk.visitor_socket(&node).await;
    let id = desk.begin(&mut visitor, "hello").await;
    // The router has seen it by then, twice.
    tokio::time::sleep(Duration::from_millis(4_500)).await;
    let waiting = admin.conversation(&node, id).await.conversation;
    assert_eq!((waiting.state, waiting.assignee), (ConversationState::Waiting, None));

    let client_id = ClientId::fresh();
    let to = Some(agent);
    socket.send(&ClientFrame::Assign { conversation: id, client_id, to, note: None }).await;
    acked(&mut socket, client_id).await;
    let client_id = ClientId::fresh();
    let text = "here I am".to_owned();
    socket.send(&ClientFrame::Send { conversation: id, client_id, text }).await;
    acked(&mut socket, client_id).await;

    let log = visitor_log(&node, &token.token, id).await;
    let is_answer = |body: &EntryBody| body.text() == Some("here I am");
    assert!(log.iter().any(|entry| is_answer(&entry.body)));
}

/// PERM-5: by whatever a node believed a moment ago.
#[tokio::test]
async fn access_that_was_taken_away_is_gone_with_the_next_word() {
    let node = Node::start().await;
    let (desk, admin) = (Desk::open(&node, 2).await, SignedIn::as_demo_agent(&node).await);
    let (one, other) = (desk.agents[0].0, desk.agents[1].0);
    let mut socket = desk.agent_socket(&node, 0).await;
    let (mut visitor, _) = desk.visitor_socket(&node).await;
    let id = desk.begin(&mut visitor, "hello").await;
    for _ in 0..5 {
        only(&node, &admin, desk.inbox, vec![one]).await;
        let text = || "still here".to_owned();
        let client_id = ClientId::fresh();
        socket.send(&ClientFrame::Send { conversation: id, client_id, text: text() }).await;
        acked(&mut socket, client_id).await;

        only(&node, &admin, desk.inbox, vec![other]).await;
        let client_id = ClientId::fresh();
        socket.send(&ClientFrame::Send { conversation: id, client_id, text: text() }).await;
        let refusal = socket.assert_refused(ErrorCode::Forbidden).await;
        assert_eq!(refusal.client_id, Some(client_id));
    }
}
