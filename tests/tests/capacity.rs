//! How many conversations an agent has at once: what counts, what does not, and who sees it.

use std::time::Duration;

use salotto_protocol::assignment::ChatflowAssignment;
use salotto_protocol::availability::Notice;
use salotto_protocol::people::{InboxKind, Seat};
use salotto_protocol::people_api::{AccountPatch, KindChoice, NewTeam, Team, UserPatch, Users};
use salotto_protocol::{
    AgentId, Availability, ClientFrame, ClientId, ConversationId, ConversationState, ServerFrame,
};
use salotto_tests::desk::{Desk, SignedIn, acked, say};
use salotto_tests::node::Node;
use salotto_tests::patience;
use salotto_tests::rest::Ask;
use salotto_tests::socket::Socket;

/// Who has it, once somebody has.
async fn owner(socket: &mut Socket, of: ConversationId) -> AgentId {
    socket
        .until("an agent", |frame| match frame {
            ServerFrame::Conversation { conversation } if conversation.id == of => {
                conversation.assignee
            }
            _ => None,
        })
        .await
}

async fn guest(desk: &Desk, node: &Node) -> (Socket, ConversationId) {
    let (mut socket, _) = desk.visitor_socket(node).await;
    let id = desk.begin(&mut socket, "hello").await;
    (socket, id)
}

async fn active(node: &Node, admin: &SignedIn, agent: AgentId) -> u32 {
    taken(node, admin, agent).await.0
}

/// Chats and tickets.
async fn taken(node: &Node, admin: &SignedIn, agent: AgentId) -> (u32, u32) {
    let Users { users } = admin.get(node, "/api/v1/users").send().await.json();
    let user = users.into_iter().find(|it| it.id == agent).expect("known");
    (user.active, user.tickets)
}

/// CAP-8, AV-12, AV-23: others first; then it waits, and the next visitor hears that all are busy.
#[tokio::test]
async fn when_one_is_full_others_are_asked_and_when_all_are_visitors_hear_of_it_and_wait() {
    let node = Node::start().await;
    let desk = Desk::with_capacity(&node, 2, 1).await;
    let mut agents = [desk.agent_socket(&node, 0).await, desk.agent_socket(&node, 1).await];
    let (mut one, first) = guest(&desk, &node).await;
    let (mut two, second) = guest(&desk, &node).await;
    let owners = [owner(&mut one, first).await, owner(&mut two, second).await];
    assert_ne!(owners[0], owners[1], "the other one has room");

    let (mut next, _) = desk.visitor_socket(&node).await;
    let notice = next
        .until("to hear that all are busy", |frame| match frame {
            ServerFrame::Availability { now, .. } => {
                (now.availability == Availability::AtCapacity).then_some(now.notice)
            }
            _ => None,
        })
        .await;
    assert!(matches!(notice, Some(Notice::WaitMessage { .. })), "{notice:?}");
    let third = desk.begin(&mut next, "hello").await;
    let admin = SignedIn::as_demo_agent(&node).await;
    let waiting = admin.conversation(&node, third).await.conversation;
    assert_eq!((waiting.state, waiting.assignee), (ConversationState::Waiting, None));

    let client_id = ClientId::fresh();
    let which = usize::from(owners[1] == desk.agents[1].0);
    agents[which].send(&ClientFrame::Close { conversation: second, client_id }).await;
    acked(&mut agents[which], client_id).await;
    assert_eq!(owner(&mut next, third).await, owners[1], "as soon as a slot is free");
}

/// AS-20, AS-22
#[tokio::test]
async fn tickets_stay_unassigned_at_first_and_go_to_the_users_and_teams_that_are_named() {
    let node = Node::start().await;
    let (desk, admin) = (Desk::open(&node, 3).await, SignedIn::as_demo_agent(&node).await);
    let [ada, ben] = [desk.agents[0].0, desk.agents[1].0];
    let help_desk = KindChoice { kind: InboxKind::HelpDesk };
    let kind = format!("/api/v1/inboxes/{}/kind", desk.inbox);
    let answer = admin.put(&node, &kind).json(&help_desk).send().await;
    assert!(answer.status.is_success(), "{}", answer.text());
    let path = format!("/api/v1/chatflows/{}/assignment", desk.chatflow);
    let assignment = async |body: ChatflowAssignment| {
        let answer = admin.put(&node, &path).json(&body).send().await;
        assert!(answer.status.is_success(), "{}", answer.text());
    };
    let mut _sockets = Vec::new();
    for which in 0..3 {
        _sockets.push(desk.agent_socket(&node, which).await);
    }

    assignment(ChatflowAssignment::default()).await;
    let (_first, left) = guest(&desk, &node).await;
    let new = admin.changing(&node, Ask::post(node.public, "/api/v1/teams"));
    let members = NewTeam { name: "Desk".into(), main_members: vec![ben], extra_members: vec![] };
    let team: Team = new.json(&members).send().await.json();
    let named = ChatflowAssignment { assign: true, ..ChatflowAssignment::default() };
    for (agents, teams, whose) in [(vec![], vec![team.id], ben), (vec![ada], vec![], ada)] {
        assignment(ChatflowAssignment { agents, teams, ..named.clone() }).await;
        for had in 1..3 {
            let (mut visitor, id) = guest(&desk, &node).await;
            assert_eq!(owner(&mut visitor, id).await, whose, "the others have fewer");
            assert_eq!(taken(&node, &admin, whose).await, (0, had));
        }
    }
    let summary = admin.conversation(&node, left).await.conversation;
    assert_eq!((summary.state, summary.assignee), (ConversationState::Unassigned, None));
}

/// CAP-3, CAP-21, CAP-22, CAP-24, CAP-25, PERM-3
#[tokio::test]
async fn tickets_of_a_help_desk_have_a_limit_of_their_own_and_do_not_lapse() {
    let node = Node::start().await;
    let (desk, admin) =
        (Desk::with_capacity(&node, 2, 1).await, SignedIn::as_demo_agent(&node).await);
    let (agent, seller) = (desk.agents[0].0, desk.agents[1].0);
    let patch = AccountPatch {
        active_chat_window_ms: Some(1_000),
        ticket_capacity_limit_on: Some(true),
        ticket_capacity_limit: Some(2),
        ..AccountPatch::default()
    };
    let sales = UserPatch { seat: Some(Seat::Sales), ..UserPatch::default() };
    let kind = KindChoice { kind: InboxKind::HelpDesk };
    for ask in [
        admin.put(&node, "/api/v1/account").json(&patch),
        admin.patch(&node, &format!("/api/v1/users/{seller}")).json(&sales),
        admin.put(&node, &format!("/api/v1/inboxes/{}/kind", desk.inbox)).json(&kind),
    ] {
        let answer = ask.send().await;
        assert!(answer.status.is_success(), "{}", answer.text());
    }
    let mut socket = desk.agent_socket(&node, 0).await;
    let _sellers = desk.agent_socket(&node, 1).await;
    let mut guests = Vec::new();
    for _ in 0..3 {
        guests.push(guest(&desk, &node).await);
    }

    for (visitor, id) in &mut guests[..2] {
        assert_eq!(owner(visitor, *id).await, agent, "whatever the limit of chats, of one");
    }
    // Longer than a chat's window.
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    let third = guests[2].1;
    let waiting = admin.conversation(&node, third).await.conversation;
    assert_eq!((waiting.state, waiting.assignee), (ConversationState::Waiting, None));
    assert_eq!(taken(&node, &admin, agent).await, (0, 2));

    let client_id = ClientId::fresh();
    let to = Some(agent);
    socket.send(&ClientFrame::Assign { conversation: third, client_id, to, note: None }).await;
    acked(&mut socket, client_id).await;
    assert_eq!(taken(&node, &admin, agent).await, (0, 3), "by hand");
    let (_fourth, fourth) = guest(&desk, &node).await;
    for (_, id) in &guests[..2] {
        let waiting = admin.conversation(&node, fourth).await.conversation;
        assert_eq!(waiting.assignee, None, "two or more are open");
        let client_id = ClientId::fresh();
        socket.send(&ClientFrame::Close { conversation: *id, client_id }).await;
        acked(&mut socket, client_id).await;
    }
    patience::until("the fourth to be assigned", || async {
        (admin.conversation(&node, fourth).await.conversation.assignee == Some(agent)).then_some(())
    })
    .await;
    assert_eq!(taken(&node, &admin, agent).await, (0, 2));
    assert!(node.run(&["verify"]).await.status.success());
}

/// CAP-5, CAP-6, CAP-7, AS-43: set over the API, seen from outside.
#[tokio::test]
async fn a_silent_conversation_makes_room_and_counts_again_when_somebody_writes() {
    let node = Node::start().await;
    let (desk, admin) =
        (Desk::with_capacity(&node, 1, 1).await, SignedIn::as_demo_agent(&node).await);
    let patch = AccountPatch { active_chat_window_ms: Some(1_000), ..AccountPatch::default() };
    let answer = admin.put(&node, "/api/v1/account").json(&patch).send().await;
    assert!(answer.status.is_success(), "{}", answer.text());
    let agent = desk.agents[0].0;
    let _agent = desk.agent_socket(&node, 0).await;
    let (mut one, first) = guest(&desk, &node).await;
    owner(&mut one, first).await;
    let (mut two, second) = guest(&desk, &node).await;

    assert_eq!(owner(&mut two, second).await, agent, "nothing was closed");
    let kept = admin.conversation(&node, first).await.conversation;
    assert_eq!((kept.state, kept.assignee), (ConversationState::Assigned, Some(agent)));
    let patch = AccountPatch { active_chat_window_ms: Some(60_000), ..patch };
    admin.put(&node, "/api/v1/account").json(&patch).send().await;
    say(&mut one, first, "are you still there?").await;
    say(&mut two, second, "hello?").await;

    patience::until("both to count", || async {
        (active(&node, &admin, agent).await == 2).then_some(())
    })
    .await;
    let above = || async { node.metric("salotto_router_agents_above_capacity").await };
    patience::until("the audit to see it", || async { (above().await == 1.0).then_some(()) }).await;
    assert_eq!(node.metric("salotto_capacity_violations_total").await, 0.0, "and not as a fault");
    assert!(node.metric("salotto_router_lapsed_total").await >= 1.0);
    assert!(node.run(&["verify"]).await.status.success());
    // Nothing more is given to who is above the limit.
    let (_three, third) = guest(&desk, &node).await;
    let waiting = admin.conversation(&node, third).await.conversation;
    assert_eq!((waiting.state, waiting.assignee), (ConversationState::Waiting, None));
}
