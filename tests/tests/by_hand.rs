//! What is given to a team or moved to another inbox by hand, and who gets it then, on two nodes.

use salotto_protocol::people::InboxAccess;
use salotto_protocol::people_api::{NewTeam, Team, TeamPatch};
use salotto_protocol::{
    AgentId, AgentStatus, ClientFrame, ClientId, ConversationId, ConversationState,
    ConversationSummary, DecisionRecord, Entry, EntryBody, ErrorCode, InboxId, ServerFrame, Step,
    StepOutcome, Target, TeamId,
};
use salotto_tests::desk::{Desk, SignedIn, acked, visitor_log};
use salotto_tests::node::Node;
use salotto_tests::patience;
use salotto_tests::postgres::Postgres;
use salotto_tests::redis::RedisServer;
use salotto_tests::rest::Ask;
use salotto_tests::socket::Socket;

/// The first one is the router.
struct Pair {
    nodes: [Node; 2],
    admin: SignedIn,
    desk: Desk,
    _servers: (Postgres, RedisServer),
}

impl Pair {
    /// So many agents, each with room for one.
    async fn with_agents(agents: u32) -> Pair {
        let (postgres, redis) = (Postgres::start().await, RedisServer::start().await);
        let (store, link) = (postgres.database().await, redis.url());
        let settings = [("STORE__URL", store.as_str()), ("LINK__URL", link.as_str())];
        let first = Node::start_with(&settings).await;
        until(&first, "salotto_router_leader", 1.0).await;
        let nodes = [first, Node::start_with(&settings).await];
        for node in &nodes {
            until(node, "salotto_link_up", 1.0).await;
        }
        let admin = SignedIn::as_demo_agent(&nodes[0]).await;
        let desk = Desk::with_capacity(&nodes[0], agents, 1).await;
        Pair { nodes, admin, desk, _servers: (postgres, redis) }
    }

    fn agent(&self, which: usize) -> AgentId {
        self.desk.agents[which].0
    }

    async fn socket(&self, agent: usize, node: usize) -> Socket {
        self.desk.agent_socket(&self.nodes[node], agent).await
    }

    async fn team(&self, name: &str, main: Vec<AgentId>, extra: Vec<AgentId>) -> TeamId {
        let new = NewTeam { name: name.to_owned(), main_members: main, extra_members: extra };
        let ask = Ask::post(self.nodes[0].public, "/api/v1/teams");
        let team: Team = self.admin.changing(&self.nodes[0], ask).json(&new).send().await.json();
        team.id
    }

    async fn open_to(&self, inbox: InboxId, access: &InboxAccess) {
        let path = format!("/api/v1/inboxes/{inbox}/access");
        let answer = self.admin.put(&self.nodes[0], &path).json(access).send().await;
        assert!(answer.status.is_success(), "{}", answer.text());
    }

    async fn summary(&self, id: ConversationId) -> ConversationSummary {
        self.admin.conversation(&self.nodes[1], id).await.conversation
    }

    async fn until_owned(&self, id: ConversationId, by: AgentId) {
        patience::until("it is theirs", || async {
            (self.summary(id).await.assignee == Some(by)).then_some(())
        })
        .await;
    }

    async fn log(&self, id: ConversationId) -> Vec<Entry> {
        self.admin.log(&self.nodes[1], id).await
    }
}

async fn until(node: &Node, metric: &str, value: f64) {
    patience::until(metric, || async { (node.metric(metric).await == value).then_some(()) }).await;
}

/// The latest one.
fn decision(log: &[Entry]) -> &DecisionRecord {
    let records = log.iter().rev().filter_map(|entry| match &entry.body {
        EntryBody::Decision { decision } => Some(decision),
        _ => None,
    });
    records.into_iter().next().expect("the router gave it to somebody")
}

async fn does(agent: &mut Socket, frame: ClientFrame) {
    agent.send(&frame).await;
    acked(agent, frame.subject().0.expect("of its own")).await;
}

fn to_team(conversation: ConversationId, team: TeamId, note: Option<&str>) -> ClientFrame {
    let (client_id, note) = (ClientId::fresh(), note.map(str::to_owned));
    ClientFrame::AssignTeam { conversation, client_id, team, note }
}

fn to_agent(conversation: ConversationId, to: AgentId) -> ClientFrame {
    let client_id = ClientId::fresh();
    ClientFrame::Assign { conversation, client_id, to: Some(to), note: None }
}

/// AS-41, PERM-4, AS-46, BY-3: from one node to the other, and beyond the router's death.
#[tokio::test]
async fn as_41_a_team_is_given_a_conversation_and_only_its_main_members_get_it() {
    let mut pair = Pair::with_agents(3).await;
    let (ada, ben, eve) = (pair.agent(0), pair.agent(1), pair.agent(2));
    let sales = pair.team("Sales", vec![ben], vec![eve]).await;
    let mut adas = pair.socket(0, 0).await;
    let (mut visitor, token) = pair.desk.visitor_socket(&pair.nodes[1]).await;
    let id = pair.desk.begin(&mut visitor, "hello").await;
    pair.until_owned(id, ada).await;
    let mut bens = pair.socket(1, 1).await;
    let mut eves = pair.socket(2, 1).await;
    adas.send(&ClientFrame::Status { status: AgentStatus::Away }).await;

    does(&mut adas, to_team(id, sales, Some("She asks for a price."))).await;
    pair.until_owned(id, ben).await;
    let log = pair.log(id).await;
    let given = log.iter().find_map(|entry| match &entry.body {
        EntryBody::Assignment { team: Some(team), from, to, .. } => Some((entry, team, from, to)),
        _ => None,
    });
    let (entry, team, from, to) = given.expect("it stands in the log");
    assert_eq!((team.id, team.name.as_str()), (sales, "Sales"));
    assert_eq!((from.as_ref().map(|from| from.id), to), (Some(ada), &None));
    assert!(matches!(&entry.by, salotto_protocol::Author::Agent { id, .. } if *id == ada));
    assert!(log.iter().any(|it| it.body.text() == Some("She asks for a price.")));
    let target = Target::Team { team: sales, name: "Sales".to_owned() };
    assert_eq!(decision(&log).steps, [Step { target, outcome: StepOutcome::Chosen }]);
    let shown = serde_json::to_string(&visitor_log(&pair.nodes[1], &token.token, id).await);
    assert!(!shown.expect("JSON").contains("Sales"), "no visitor reads the name of a team");

    // Ben is full now: the next one waits for him, though Eve is free, and the router dies.
    let (mut second, _) = pair.desk.visitor_socket(&pair.nodes[1]).await;
    let next = pair.desk.begin(&mut second, "hello?").await;
    pair.until_owned(next, eve).await;
    does(&mut eves, to_team(next, sales, None)).await;
    pair.nodes[0].kill().await;
    until(&pair.nodes[1], "salotto_router_leader", 1.0).await;
    let (mut third, _) = pair.desk.visitor_socket(&pair.nodes[1]).await;
    let later = pair.desk.begin(&mut third, "anybody?").await;
    pair.until_owned(later, eve).await;
    let waits = pair.summary(next).await;
    assert_eq!((waits.state, waits.team), (ConversationState::Waiting, Some(sales)));
    does(&mut bens, ClientFrame::Close { conversation: id, client_id: ClientId::fresh() }).await;
    pair.until_owned(next, ben).await;

    // By hand that ends, and so does it when it is closed.
    does(&mut bens, to_agent(next, eve)).await;
    assert_eq!(pair.summary(next).await.team, None);
    assert!(pair.nodes[1].run(&["verify"]).await.status.success());
}

/// AS-41, PERM-6: every node says no, and names the field.
#[tokio::test]
async fn as_41_a_team_that_cannot_have_it_is_refused_by_name() {
    let pair = Pair::with_agents(2).await;
    let (ada, ben) = (pair.agent(0), pair.agent(1));
    let (sales, other) = (
        pair.team("Sales", vec![ada, ben], Vec::new()).await,
        pair.team("Other", vec![ben], Vec::new()).await,
    );
    let removed = pair.team("Removed", vec![ben], Vec::new()).await;
    let path = |team| format!("/api/v1/teams/{team}");
    let ask = Ask::delete(pair.nodes[0].public, &path(removed));
    assert!(pair.admin.changing(&pair.nodes[0], ask).send().await.status.is_success());
    let teams = vec![sales];
    pair.open_to(pair.desk.inbox, &InboxAccess::Chosen { agents: Vec::new(), teams }).await;
    let mut socket = pair.socket(0, 1).await;
    let (mut visitor, _) = pair.desk.visitor_socket(&pair.nodes[0]).await;
    let id = pair.desk.begin(&mut visitor, "hello").await;

    let patch = TeamPatch { main_members: Some(Vec::new()), ..TeamPatch::default() };
    for (team, code) in [
        (other, ErrorCode::Forbidden),
        (removed, ErrorCode::NotFound),
        (TeamId::fresh(), ErrorCode::NotFound),
        (sales, ErrorCode::BadField),
    ] {
        if team == sales {
            let members = TeamPatch { extra_members: Some(vec![ada, ben]), ..patch.clone() };
            let ask = pair.admin.patch(&pair.nodes[0], &path(sales)).json(&members);
            assert!(ask.send().await.status.is_success());
        }
        socket.send(&to_team(id, team, None)).await;
        let refusal = socket.assert_refused(code).await;
        assert_eq!(refusal.field.as_deref(), Some("team"), "{refusal:?}");
    }
}

/// AS-44: the access of the inbox where it stands now, on whichever node somebody is.
#[tokio::test]
async fn as_44_what_waits_in_another_inbox_goes_to_whoever_has_access_there() {
    let pair = Pair::with_agents(2).await;
    let (ada, ben) = (pair.agent(0), pair.agent(1));
    let other = pair.admin.session.inboxes.iter().map(|it| it.id).find(|it| *it != pair.desk.inbox);
    let other = other.expect("the demo's own");
    let chosen = |agents| InboxAccess::Chosen { agents, teams: Vec::new() };
    pair.open_to(pair.desk.inbox, &chosen(vec![ada])).await;
    pair.open_to(other, &chosen(vec![ben])).await;
    let mut adas = pair.socket(0, 0).await;
    let _bens = pair.socket(1, 1).await;
    let (mut visitors, mut begun) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        let (mut visitor, _) = pair.desk.visitor_socket(&pair.nodes[1]).await;
        begun.push(pair.desk.begin(&mut visitor, "hello").await);
        visitors.push(visitor);
    }
    pair.until_owned(begun[0], ada).await;
    let inbox = other;
    let moves =
        |conversation| ClientFrame::Move { conversation, client_id: ClientId::fresh(), inbox };

    does(&mut adas, moves(begun[2])).await;
    pair.until_owned(begun[2], ben).await;
    let asked = &decision(&pair.log(begun[2]).await).candidates.clone();
    assert!(asked.iter().any(|it| it.agent == ben));

    // Of the chatflow's own people nobody may have what stands there now: it waits for a pick.
    pair.open_to(other, &chosen(vec![pair.admin.session.agent])).await;
    does(&mut adas, moves(begun[1])).await;
    let close = ClientFrame::Close { conversation: begun[0], client_id: ClientId::fresh() };
    does(&mut adas, close).await;
    let (mut visitor, _) = pair.desk.visitor_socket(&pair.nodes[1]).await;
    let fourth = pair.desk.begin(&mut visitor, "hello").await;
    pair.until_owned(fourth, ada).await;
    let waits = pair.summary(begun[1]).await;
    assert_eq!((waits.state, waits.assignee), (ConversationState::Waiting, None));
    let token = &pair.admin.session.socket_token;
    let agents = salotto_tests::desk::AS_AGENT;
    let (mut admins, _) = Socket::welcomed(pair.nodes[1].public, agents, token, Vec::new()).await;
    does(&mut admins, to_agent(begun[1], pair.admin.session.agent)).await;
    pair.until_owned(begun[1], pair.admin.session.agent).await;
}

/// PERM-8: set on one node, felt on the other, with who did it; and over once they choose anew.
#[tokio::test]
async fn perm_8_a_status_set_on_one_node_alerts_the_agent_on_the_other() {
    let pair = Pair::with_agents(1).await;
    let (ada, admin) = (pair.agent(0), pair.admin.session.agent);
    let mut adas = pair.socket(0, 1).await;
    let path = format!("/api/v1/users/{ada}/status");
    let away = serde_json::json!({ "status": "away" });

    let answer = pair.admin.put(&pair.nodes[0], &path).json(&away).send().await;
    assert!(answer.status.is_success(), "{}", answer.text());

    hears_of_oneself(&mut adas, ada, (AgentStatus::Away, Some(admin))).await;
    adas.send(&ClientFrame::Status { status: AgentStatus::Available }).await;
    hears_of_oneself(&mut adas, ada, (AgentStatus::Available, None)).await;
    let users: salotto_protocol::people_api::Users =
        pair.admin.get(&pair.nodes[0], "/api/v1/users").send().await.json();
    let user = users.users.iter().find(|user| user.id == ada).expect("known");
    assert_eq!((user.status, user.status_by), (AgentStatus::Available, None));
}

async fn hears_of_oneself(
    socket: &mut Socket,
    who: AgentId,
    status: (AgentStatus, Option<AgentId>),
) {
    socket
        .until("the own line", |frame| match frame {
            ServerFrame::Agents { agents, .. } => agents
                .iter()
                .any(|it| it.id == who && (it.status, it.status_by) == status)
                .then_some(()),
            _ => None,
        })
        .await;
}
