//! Who gets a conversation: an Available, present agent with room, oldest first, with a reason.

use std::collections::HashMap;

use salotto_protocol::api::{LoadTestAgents, LoadTestDesk};
use salotto_protocol::assignment::ChatflowAssignment;
use salotto_protocol::{
    AgentStatus, AssignmentCause, ClientFrame, ClientId, ConversationId, ConversationState,
    EntryBody, InboxId, ServerFrame, Verdict,
};
use salotto_tests::desk::{Desk, SignedIn, acked};
use salotto_tests::node::{LOADTEST_TOKEN, Node};
use salotto_tests::rest::Ask;
use salotto_tests::socket::Socket;

/// AS-23, BY-3
#[tokio::test]
async fn a_conversation_goes_to_the_agent_with_the_fewest_and_says_why() {
    let node = Node::start().await;
    let desk = with_capacity(&node, 2, 10).await;
    let mut agents = [desk.agent_socket(&node, 0).await, desk.agent_socket(&node, 1).await];
    let mut board = Board::of(&mut agents[0], desk.inbox).await;
    let mut visitors = Vec::new();
    let mut owners = Vec::new();
    for _ in 0..4 {
        let (mut visitor, _) = desk.visitor_socket(&node).await;
        let conversation = desk.begin(&mut visitor, "hello").await;
        owners.push(board.owner_of(&mut agents[0], conversation).await);
        visitors.push((visitor, conversation));
    }

    for (agent, _) in &desk.agents {
        assert_eq!(owners.iter().filter(|owner| *owner == agent).count(), 2, "{owners:?}");
    }
    let log = SignedIn::as_demo_agent(&node).await.log(&node, visitors[0].1).await;
    let decision = log.iter().find_map(|entry| match &entry.body {
        EntryBody::Decision { decision } => Some(decision),
        _ => None,
    });
    let decision = decision.expect("a decision record");
    assert_eq!(decision.chosen, owners[0]);
    let chosen = decision.candidates.iter().find(|it| it.agent == owners[0]);
    assert_eq!(chosen.expect("among the candidates").verdict, Verdict::Chosen);
    assert!(log.iter().any(|entry| matches!(
        &entry.body,
        EntryBody::Assignment { to: Some(to), cause: AssignmentCause::Policy, .. }
            if to.id == owners[0]
    )));
}

#[tokio::test]
async fn reg_8_a_full_agent_gets_no_more_and_then_the_oldest_first() {
    let node = Node::start().await;
    let desk = with_capacity(&node, 1, 1).await;
    let mut agent = desk.agent_socket(&node, 0).await;
    let mut board = Board::of(&mut agent, desk.inbox).await;
    let mut begun = Vec::new();
    for text in ["first", "second", "third"] {
        let (mut visitor, _) = desk.visitor_socket(&node).await;
        let conversation = desk.begin(&mut visitor, text).await;
        begun.push((visitor, conversation));
    }
    for turn in 0..3 {
        let conversation = begun[turn].1;
        board.owner_of(&mut agent, conversation).await;
        for (_, later) in &begun[turn + 1..] {
            assert_ne!(board.state_of(*later), Some(ConversationState::Assigned), "in turn {turn}");
        }
        let client_id = ClientId::fresh();
        agent.send(&ClientFrame::Close { conversation, client_id }).await;
        board.hear_until_acked(&mut agent, client_id).await;
    }
}

/// AV-30
#[tokio::test]
async fn an_agent_who_is_away_gets_nothing_until_available_again() {
    let node = Node::start().await;
    let desk = with_capacity(&node, 1, 5).await;
    let mut agent = desk.agent_socket(&node, 0).await;
    agent.send(&ClientFrame::Status { status: AgentStatus::Away }).await;
    agent
        .until("to be away", |frame| match frame {
            ServerFrame::Agents { agents, .. } => {
                agents.iter().any(|it| it.status == AgentStatus::Away).then_some(())
            }
            _ => None,
        })
        .await;
    let mut board = Board::of(&mut agent, desk.inbox).await;
    let (mut visitor, _) = desk.visitor_socket(&node).await;
    let conversation = desk.begin(&mut visitor, "anybody?").await;
    board.until(&mut agent, conversation, ConversationState::Waiting).await;

    agent.send(&ClientFrame::Status { status: AgentStatus::Available }).await;

    assert_eq!(board.owner_of(&mut agent, conversation).await, desk.agents[0].0);
}

#[tokio::test]
async fn waiting_conversations_are_assigned_after_a_crash() {
    let mut node = Node::start().await;
    let desk = with_capacity(&node, 1, 5).await;
    let (mut visitor, _) = desk.visitor_socket(&node).await;
    let conversation = desk.begin(&mut visitor, "anybody?").await;

    node.kill().await;
    node.start_again().await;
    let mut agent = desk.agent_socket(&node, 0).await;

    let mut board = Board::of(&mut agent, desk.inbox).await;
    assert_eq!(board.owner_of(&mut agent, conversation).await, desk.agents[0].0);
}

/// AS-40
#[tokio::test]
async fn answering_what_nobody_has_takes_it() {
    let node = Node::start().await;
    let desk = with_capacity(&node, 1, 5).await;
    let (mut visitor, _) = desk.visitor_socket(&node).await;
    let conversation = desk.begin(&mut visitor, "anybody?").await;
    let mut agent = desk.agent_socket(&node, 0).await;
    let client_id = ClientId::fresh();
    let to = None;
    agent.send(&ClientFrame::Assign { conversation, client_id, to, note: None }).await;
    acked(&mut agent, client_id).await;

    salotto_tests::desk::say(&mut agent, conversation, "I am here.").await;

    let reader = SignedIn::as_demo_agent(&node).await;
    let summary = reader.conversation(&node, conversation).await.conversation;
    assert_eq!(summary.assignee, Some(desk.agents[0].0));
    assert_eq!(summary.state, ConversationState::Assigned);
}

/// AS-1
#[tokio::test]
async fn with_assignment_off_a_conversation_is_left_to_be_sorted_by_hand() {
    let node = Node::start().await;
    let desk = with_capacity(&node, 1, 5).await;
    let mut agent = desk.agent_socket(&node, 0).await;
    let mut board = Board::of(&mut agent, desk.inbox).await;
    let (mut one, _) = desk.visitor_socket(&node).await;
    let (mut two, _) = desk.visitor_socket(&node).await;
    let admin = SignedIn::as_demo_agent(&node).await;
    let assignment = async |body| {
        let path = format!("/api/v1/chatflows/{}/assignment", desk.chatflow);
        let answer = admin.put(&node, &path).json(&body).send().await;
        assert!(answer.status.is_success(), "{}", answer.text());
    };

    assignment(ChatflowAssignment::default()).await;
    let left = desk.begin(&mut one, "anybody?").await;
    let agents = vec![desk.agents[0].0];
    assignment(ChatflowAssignment { assign: true, agents, ..ChatflowAssignment::default() }).await;
    let given = desk.begin(&mut two, "and now?").await;

    assert_eq!(board.owner_of(&mut agent, given).await, desk.agents[0].0, "is Available");
    let summary = admin.conversation(&node, left).await.conversation;
    assert_eq!((summary.state, summary.assignee), (ConversationState::Unassigned, None));
}

async fn with_capacity(node: &Node, count: u32, capacity: u32) -> Desk {
    let ask = Ask::post(node.public, "/api/v1/loadtest/agents").bearer(LOADTEST_TOKEN);
    let desk: LoadTestDesk = ask.json(&LoadTestAgents { count, capacity }).send().await.json();
    let agents = desk.agents.into_iter().map(|it| (it.id, it.socket_token)).collect();
    Desk { site: desk.site, chatflow: desk.chatflow.id, inbox: desk.inbox, agents }
}

/// An inbox as its live list tells it.
struct Board {
    inbox: InboxId,
    rows: HashMap<ConversationId, (ConversationState, Option<salotto_protocol::AgentId>)>,
}

impl Board {
    async fn of(socket: &mut Socket, inbox: InboxId) -> Board {
        let mut board = Board { inbox, rows: HashMap::new() };
        socket.send(&ClientFrame::Board { inbox }).await;
        board.hear(socket, "the whole board", |_, whole| whole.then_some(())).await;
        board
    }

    async fn owner_of(
        &mut self,
        socket: &mut Socket,
        conversation: ConversationId,
    ) -> salotto_protocol::AgentId {
        let owner = |board: &Board| match board.rows.get(&conversation) {
            Some((ConversationState::Assigned, owner)) => *owner,
            _ => None,
        };
        match owner(self) {
            Some(owner) => owner,
            None => self.hear(socket, "an owner", |board, _| owner(board)).await,
        }
    }

    async fn until(
        &mut self,
        socket: &mut Socket,
        conversation: ConversationId,
        state: ConversationState,
    ) {
        let what = format!("the state {}", state.as_str());
        let reached =
            |board: &Board, _| (board.state_of(conversation) == Some(state)).then_some(());
        self.hear(socket, &what, reached).await;
    }

    fn state_of(&self, conversation: ConversationId) -> Option<ConversationState> {
        self.rows.get(&conversation).map(|(state, _)| *state)
    }

    async fn hear<T>(
        &mut self,
        socket: &mut Socket,
        what: &str,
        mut wanted: impl FnMut(&Board, bool) -> Option<T>,
    ) -> T {
        socket
            .until(what, |frame| {
                let whole = self.take(frame)?;
                wanted(self, whole)
            })
            .await
    }

    async fn hear_until_acked(&mut self, socket: &mut Socket, client_id: ClientId) {
        socket
            .until("an ack", |frame| match frame {
                ServerFrame::Ack { client_id: of, .. } => (of == client_id).then_some(()),
                other => {
                    self.take(other);
                    None
                }
            })
            .await;
    }

    /// Whether the board came whole; `None` for what is no board of this inbox.
    fn take(&mut self, frame: ServerFrame) -> Option<bool> {
        let ServerFrame::Board(update) = frame else { return None };
        if update.inbox != self.inbox {
            return None;
        }
        if update.whole {
            self.rows.clear();
        }
        for row in update.rows {
            self.rows.insert(row.conversation, (row.state, row.assignee));
        }
        for gone in update.gone {
            self.rows.remove(&gone);
        }
        Some(update.whole)
    }
}
