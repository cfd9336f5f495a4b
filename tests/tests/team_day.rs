//! A day of a team: three agents with different hours, skills and limits, thirty visitors at once,
//! a lunch break, a lost laptop, closing time; on one node and on three. Every assignment is
//! explained by its record.

use std::collections::HashMap;
use std::net::SocketAddr;

use salotto_protocol::api::{SiteSettings, VisitorToken};
use salotto_protocol::{
    AgentId, Author, Availability, ClientFrame, ClientId, ConversationId, ConversationState,
    DecisionRecord, Entry, EntryBody, Hello, Page, ServerFrame, SiteId, Verdict,
};
use salotto_tests::desk::{
    AS_AGENT, AS_VISITOR, Desk, SignedIn, acked, demo_site, new_visitor, say,
};
use salotto_tests::node::Node;
use salotto_tests::patience;
use salotto_tests::postgres::Postgres;
use salotto_tests::redis::RedisServer;
use salotto_tests::rest::Ask;
use salotto_tests::socket::{Heard, Socket};
use serde_json::{Value, json};
use tokio::task::JoinSet;

const PASSWORD: &str = "a-long-enough-password";
const VISITORS: usize = 30;
/// Of them so many ask in Spanish.
const SPANISH: usize = 6;
const SPANISH_PAGE: &str = "https://shop.example/es/precios";
/// A laptop is lost for good after a second here.
const GRACE: (&str, &str) = ("ROUTER__REQUEUE_GRACE_MS", "1000");

/// Whose limit is what.
const TEAM: [(&str, u32); 3] = [("Anna", 3), ("Ben", 5), ("Cleo", 8)];

struct Team {
    desk: Desk,
    /// The demo's, whose pages tell whether anybody is there.
    site: SiteId,
    admin: SignedIn,
    agents: Vec<AgentId>,
    nodes: Vec<Node>,
}

impl Team {
    /// Works on these nodes, which share a store: users, skills, limits and the rule, by REST.
    async fn open(nodes: Vec<Node>) -> Team {
        let desk = Desk::open(&nodes[0], 1).await;
        let admin = SignedIn::as_demo_agent(&nodes[0]).await;
        let site = demo_site(&nodes[0]).await;
        let mut team = Team { desk, site, admin, agents: Vec::new(), nodes };
        for (name, limit) in TEAM {
            let email = format!("{name}@shop.example");
            let body = json!({"email": email, "name": name, "password": PASSWORD,
                "capacity_override": limit});
            let user = team.changed(Ask::post, "/api/v1/users", &body).await;
            team.agents.push(id(&user["id"]));
        }
        let skills = json!({"main_languages": ["es"], "secondary_languages": [], "skills": []});
        team.changed(Ask::put, &team.of_user(0, "skills"), &skills).await;
        team.has_rule().await;
        team
    }

    /// Whoever asks in Spanish comes to who speaks it; if none can, to whoever is there.
    async fn has_rule(&self) {
        let path = format!("/api/v1/sites/{}", self.site);
        let settings = Ask::get(self.nodes[0].public, &path).send().await;
        let settings: SiteSettings = settings.json();
        let shown = settings.chatflow.expect("the demo has one").id;
        let page = json!({"kind": "page_url", "operator": "contains", "text": "/es/"});
        let rule = json!({"name": "Spanish", "conditions": [page], "languages": ["es"]});
        let body = json!({"assign": true, "agents": self.agents, "rules": [rule]});
        for chatflow in [self.desk.chatflow, shown] {
            let path = format!("/api/v1/chatflows/{chatflow}/assignment");
            self.changed(Ask::put, &path, &body).await;
        }
    }

    fn of_user(&self, which: usize, what: &str) -> String {
        format!("/api/v1/users/{}/{what}", self.agents[which])
    }

    async fn changed(&self, ask: fn(SocketAddr, &str) -> Ask, path: &str, body: &Value) -> Value {
        let node = &self.nodes[0];
        let answer = self.admin.changing(node, ask(node.public, path).json(body)).send().await;
        answer.json()
    }

    fn node(&self, which: usize) -> &Node {
        &self.nodes[which % self.nodes.len()]
    }

    async fn signs_in(&self, which: usize) -> Socket {
        let node = self.node(which);
        let email = format!("{}@shop.example", TEAM[which].0);
        let session = SignedIn::with(node, &email, PASSWORD).await.session;
        Socket::welcomed(node.public, AS_AGENT, &session.socket_token, Vec::new()).await.0
    }

    async fn log(&self, of: ConversationId) -> Vec<Entry> {
        self.admin.log(&self.nodes[0], of).await
    }

    async fn state(&self, of: ConversationId) -> (ConversationState, Option<AgentId>) {
        let it = self.admin.conversation(&self.nodes[0], of).await.conversation;
        (it.state, it.assignee)
    }

    /// Who has how many of them, and how many wait.
    async fn shares(&self, of: &[ConversationId]) -> (HashMap<AgentId, usize>, usize) {
        let (mut shares, mut waiting) = (HashMap::new(), 0);
        for id in of {
            match self.state(*id).await {
                (ConversationState::Assigned, Some(agent)) => {
                    *shares.entry(agent).or_default() += 1
                }
                (ConversationState::Waiting, _) => waiting += 1,
                (ConversationState::Closed, _) => {}
                other => panic!("{id} is {other:?}"),
            }
        }
        (shares, waiting)
    }

    async fn until_shares(&self, of: &[ConversationId], wanted: [usize; 3], waits: usize) {
        let agents = &self.agents;
        patience::until(&format!("{wanted:?} and {waits} who wait"), || async {
            let (shares, waiting) = self.shares(of).await;
            let of = |agent| shares.get(agent).copied().unwrap_or(0);
            (agents.iter().map(of).eq(wanted) && waiting == waits).then_some(())
        })
        .await;
    }
}

fn id<T: std::str::FromStr>(value: &Value) -> T {
    value.as_str().and_then(|text| text.parse().ok()).expect("an id")
}

/// All at once, each on one of the nodes. The first of them ask in Spanish.
async fn visitors_come(team: &Team) -> Vec<ConversationId> {
    let mut coming = JoinSet::new();
    for n in 0..VISITORS {
        let token = team.desk.visitor(team.node(n)).await.token;
        let (public, start) = (team.node(n).public, team.desk.start_frame("Good morning"));
        let url = if n < SPANISH { SPANISH_PAGE } else { "https://shop.example/" };
        let page = Some(Page { url: url.to_owned(), title: "Shop".to_owned(), referrer: None });
        let hello = ClientFrame::Hello(Hello { protocol: 1, token, cursors: Vec::new(), page });
        coming.spawn(async move {
            let mut socket = Socket::open(public, AS_VISITOR).await;
            socket.send(&hello).await;
            socket.welcome().await;
            socket.send(&start).await;
            let ClientFrame::Start(start) = start else { unreachable!("made as a start") };
            let conversation = acked(&mut socket, start.message_client_id).await.0;
            // It stays, and answers its pings.
            tokio::spawn(async move { while matches!(socket.next().await, Heard::Frame(_)) {} });
            conversation
        });
    }
    coming.join_all().await
}

async fn closes(agent: &mut Socket, conversation: ConversationId) {
    let client_id = ClientId::fresh();
    agent.send(&ClientFrame::Close { conversation, client_id }).await;
    acked(agent, client_id).await;
}

/// Each automatic assignment stands beside a record of it, which says why it is that agent and
/// why it is none of the others.
async fn assert_explained(team: &Team, conversations: &[ConversationId]) -> Vec<DecisionRecord> {
    let mut records = Vec::new();
    for conversation in conversations {
        let log = team.log(*conversation).await;
        for (at, entry) in log.iter().enumerate() {
            let (EntryBody::Assignment { to: Some(to), .. }, Author::System) =
                (&entry.body, &entry.by)
            else {
                continue;
            };
            let beside = [log.get(at.wrapping_sub(1)), log.get(at + 1)];
            let record = beside.into_iter().flatten().find_map(|entry| match &entry.body {
                EntryBody::Decision { decision } if decision.chosen == to.id => Some(decision),
                _ => None,
            });
            let record = record.unwrap_or_else(|| panic!("nothing explains {entry:?}"));
            let is_chosen = |verdict| verdict == Verdict::Chosen;
            let chosen: Vec<_> =
                record.candidates.iter().filter(|it| is_chosen(it.verdict)).collect();
            assert_eq!(chosen.len(), 1, "{record:?}");
            assert_eq!(chosen[0].agent, to.id);
            assert!(chosen[0].active < chosen[0].capacity, "{record:?}");
            assert!(record.rule.is_some() && record.tie_break.is_some(), "{record:?}");
            records.push(record.clone());
        }
    }
    records
}

/// How many of these were explained by the rule for those who ask in Spanish.
fn by_rule(records: &[DecisionRecord], chosen: AgentId) -> usize {
    let steps = |record: &DecisionRecord| serde_json::to_string(&record.steps).expect("it encodes");
    let is_by_rule = |it: &&DecisionRecord| {
        let steps = steps(it);
        steps.contains("\"name\":\"Spanish\"") && it.chosen == chosen
    };
    records.iter().filter(is_by_rule).count()
}

/// What somebody is told who opens the demo's chat now.
async fn told(team: &Team) -> Availability {
    let node = team.node(1);
    let token: VisitorToken = new_visitor(node, team.site, &node.origin()).await.json();
    let (mut socket, _) = Socket::welcomed(node.public, AS_VISITOR, &token.token, vec![]).await;
    socket
        .until("what holds now", |frame| match frame {
            ServerFrame::Availability { now, .. } => Some(now.availability),
            _ => None,
        })
        .await
}

/// One that is on now.
fn absence() -> Value {
    json!([{"from": "2020-01-01T00:00", "until": "2099-01-01T00:00"}])
}

async fn assert_day_goes_well(nodes: Vec<Node>) {
    let team = Team::open(nodes).await;
    let mut sockets = Vec::new();
    for which in 0..TEAM.len() {
        sockets.push(Some(team.signs_in(which).await));
    }

    // Thirty at once: everybody is full, and the others wait.
    let conversations = visitors_come(&team).await;
    let limits = TEAM.map(|(_, limit)| usize::try_from(limit).expect("small"));
    let waits = VISITORS - limits.iter().sum::<usize>();
    team.until_shares(&conversations, limits, waits).await;
    let [anna, ben, cleo] = [0, 1, 2].map(|which| team.agents[which]);
    let records = assert_explained(&team, &conversations).await;
    assert_eq!(records.len(), VISITORS - waits);
    assert!(by_rule(&records, anna) > 0, "who speaks Spanish has those who ask in it");

    // Ben's lunch: he keeps what he has, and gets nothing that frees.
    let lunch = json!({"out_of_office": absence()});
    team.changed(Ask::put, &team.of_user(1, "hours"), &lunch).await;
    let bens = team.those_of(&conversations, ben).await;
    let socket = sockets[1].as_mut().expect("at the desk");
    closes(socket, bens[0]).await;
    team.until_shares(&conversations, [3, 4, 8], waits).await;

    // Cleo's laptop is gone: what she has answered stays hers, the rest waits again.
    let cleos = team.those_of(&conversations, cleo).await;
    let mut laptop = sockets[2].take().expect("at the desk");
    say(&mut laptop, cleos[0], "One moment, please.").await;
    drop(laptop);
    team.until_shares(&conversations, [3, 4, 1], waits + 7).await;

    // After lunch, and with another laptop, all of it is done in the end.
    team.changed(Ask::put, &team.of_user(1, "hours"), &json!({"out_of_office": []})).await;
    sockets[2] = Some(team.signs_in(2).await);
    team.until_shares(&conversations, limits, waits - 1).await;
    team.answer_all(&mut sockets, &conversations).await;

    // Closing time.
    assert_eq!(told(&team).await, Availability::Available);
    for which in 0..TEAM.len() {
        team.changed(Ask::put, &team.of_user(which, "status"), &json!({"status": "away"})).await;
    }
    let is_offline = || async { (told(&team).await == Availability::Offline).then_some(()) };
    patience::until("the team to be offline", is_offline).await;
    assert_explained(&team, &conversations).await;
    for node in &team.nodes {
        assert_eq!(node.metric("salotto_capacity_violations_total").await, 0.0);
    }
}

impl Team {
    async fn those_of(&self, of: &[ConversationId], agent: AgentId) -> Vec<ConversationId> {
        let mut those = Vec::new();
        for id in of {
            if self.state(*id).await == (ConversationState::Assigned, Some(agent)) {
                those.push(*id);
            }
        }
        those
    }

    /// Each agent closes what they have, until nobody waits.
    async fn answer_all(&self, sockets: &mut [Option<Socket>], of: &[ConversationId]) {
        loop {
            let mut is_done = true;
            for (which, agent) in self.agents.iter().enumerate() {
                let socket = sockets[which].as_mut().expect("at the desk");
                for conversation in self.those_of(of, *agent).await {
                    closes(socket, conversation).await;
                    is_done = false;
                }
            }
            let (_, waiting) = self.shares(of).await;
            if is_done && waiting == 0 {
                return;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn by_3_a_day_of_a_team_on_one_node_is_explained_by_its_records() {
    assert_day_goes_well(vec![Node::start_with(&[GRACE]).await]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_3_a_day_of_a_team_on_three_nodes_is_explained_by_its_records() {
    let (postgres, redis) = (Postgres::start().await, RedisServer::start().await);
    let (store, link) = (postgres.database().await, redis.url());
    let settings = [("STORE__URL", store.as_str()), ("LINK__URL", link.as_str()), GRACE];
    let mut nodes = Vec::new();
    for _ in 0..3 {
        nodes.push(Node::start_with(&settings).await);
    }
    for node in &nodes {
        let is_up = || async { (node.metric("salotto_link_up").await == 1.0).then_some(()) };
        patience::until("the link to stand", is_up).await;
    }
    assert_day_goes_well(nodes).await;
}
