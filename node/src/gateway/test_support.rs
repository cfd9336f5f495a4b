//! A whole node behind its routes, without a port: requests go straight to the router.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::header::{CONTENT_TYPE, COOKIE, HOST, ORIGIN, SET_COOKIE};
use axum::http::{HeaderMap, Method, Request, request};
use http_body_util::BodyExt;
use salotto_protocol::chatflow::ChatflowSettings;
use salotto_protocol::people::{Permission, Permissions};
use salotto_protocol::people_api::UserPatch;
use salotto_protocol::{AgentId, AgentStatus, ChatflowId, InboxId, NodeId, SiteId};
use serde_json::Value;
use tempfile::TempDir;
use tower_service::Service;

use super::{App, DEMO_SITE, GatewaySettings, Guards, Parts, Sockets, Tokens, public_routes};
use crate::agent::{self, Agents};
use crate::board::Boards;
use crate::chatflow::Chatflows;
use crate::conversation::{Conversations, Promises};
use crate::journal::{Asked, Change, Changed, Journal, NewAgent, Request as Asks};
use crate::link::{Link, LocalHub};
use crate::presence::Presence;
use crate::session::Sessions;
use crate::supervisor;
use crate::test_support;

pub(super) const LOADTEST_TOKEN: &str = "a load-test token";
pub(super) const PASSWORD: &str = "correct horse";
pub(super) const EMAIL: &str = "ada@shop.example";
/// How browsers call the node in these tests.
pub(super) const OWN_HOST: &str = "chat.example";
pub(super) const OWN_ORIGIN: &str = "http://chat.example";
pub(super) const SHOP_ORIGIN: &str = "https://shop.example";

pub(super) struct Harness {
    _folder: TempDir,
    pub(super) app: App,
    pub(super) conversations: Conversations,
    pub(super) site: SiteId,
    pub(super) chatflow: ChatflowId,
    pub(super) router: Router,
}

pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
}

impl Harness {
    pub(super) async fn new() -> Harness {
        Harness::with(|_| {}).await
    }

    /// A shop with a chatflow, the demo's site, and nobody else.
    pub(super) async fn with(change: impl FnOnce(&mut GatewaySettings)) -> Harness {
        let (folder, store) = test_support::store().await;
        let node = NodeId::fresh();
        let (root, _) = supervisor::root().await.expect("a root");
        let journal = Journal::start(store.clone(), root.clone()).await.expect("a journal");
        let (site, chatflow) = add_sites(&journal).await;
        let presence = Presence::start(node, journal.clone(), store.clone(), root.clone());
        let presence = presence.await.expect("presence");
        let chatflows = Chatflows::start(store.clone(), presence.clone(), root.clone());
        let chatflows = chatflows.await.expect("chatflows");
        let link = Link::Local(LocalHub::new().join(node));
        let conversations = Conversations::start(
            journal.clone(),
            link,
            store.clone(),
            Promises::Made,
            root.clone(),
        );
        let conversations = conversations.await.expect("conversations");
        let boards = Boards::start(journal.clone(), store.clone(), root.clone());
        let boards = boards.await.expect("boards");
        let sessions = Sessions::start(chatflows.clone(), conversations.clone(), root.clone());
        let sessions = sessions.await.expect("sessions");
        let parts = agent::Parts {
            presence: presence.clone(),
            conversations: conversations.clone(),
            boards,
        };
        let agents = Agents::start(parts, root).await.expect("agents");
        let mut settings = settings();
        change(&mut settings);
        let sockets = Sockets::new(settings.sockets_max, settings.hellos_max);
        let app = App(Arc::new(Parts {
            node,
            tokens: Tokens::new(store.secret()),
            guards: Guards::new(&settings),
            settings,
            store,
            journal,
            presence,
            chatflows,
            sessions,
            agents,
            sockets,
        }));
        let router = public_routes(app.clone());
        Harness { _folder: folder, router, app, conversations, site, chatflow }
    }

    pub(super) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().call(request).await.expect("infallible");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.into_body().collect().await.expect("a body").to_bytes();
        let text = String::from_utf8(body.to_vec()).expect("UTF-8");
        Answer { status, headers, text }
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.send(asked(Method::GET, path).body(Body::empty()).expect("a request")).await
    }

    pub(super) async fn add_agent(&self) -> AgentId {
        let id = AgentId::fresh();
        let agent = NewAgent {
            id,
            email: EMAIL.to_owned(),
            name: "Ada".to_owned(),
            password_hash: super::hash_password(PASSWORD).expect("hashed"),
            status: AgentStatus::Available,
            capacity: 5,
        };
        self.app.journal.change(Change::AddAgent(agent)).await.expect("added");
        id
    }

    /// And nothing else.
    pub(super) async fn grant(&self, agent: AgentId, permissions: &[Permission]) {
        let permissions = Some(Permissions::of(permissions));
        let patch = UserPatch { permissions, ..UserPatch::default() };
        let asked = Asked::User { user: agent, patch };
        let change = Change::People(Asks { by: None, asked });
        let changed = self.app.journal.change(change).await.expect("changed");
        assert_eq!(changed, Changed::Done);
    }

    /// Signs in and out again.
    pub(super) async fn sign_out(&self) {
        let (cookie, session) = self.signed_in().await;
        let request = with_cookie(Method::DELETE, "/api/v1/session", &cookie)
            .header("x-salotto-csrf", session["csrf_token"].as_str().expect("a token"))
            .header(ORIGIN, OWN_ORIGIN)
            .body(Body::empty());
        assert_eq!(self.send(request.expect("a request")).await.status, 204);
    }

    /// The session cookie's pair and the session.
    pub(super) async fn signed_in(&self) -> (String, Value) {
        let answer = self.send(sign_in(EMAIL, PASSWORD)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        (cookie_pair(&answer), answer.json())
    }
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).expect("JSON")
    }

    /// The status, and the code of a problem.
    pub(super) fn problem(&self) -> (u16, String) {
        assert_eq!(self.headers[CONTENT_TYPE], "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["status"], self.status);
        (self.status, problem["code"].as_str().expect("a code").to_owned())
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("ASCII"))
    }
}

pub(super) fn asked(method: Method, path: &str) -> request::Builder {
    let peer: SocketAddr = "192.0.2.1:50000".parse().expect("an address");
    Request::builder().method(method).uri(path).header(HOST, OWN_HOST).extension(ConnectInfo(peer))
}

pub(super) fn sign_in(email: &str, password: &str) -> Request<Body> {
    let body = serde_json::json!({ "email": email, "password": password });
    asked(Method::POST, "/api/v1/session")
        .header(CONTENT_TYPE, "application/json")
        .header(ORIGIN, OWN_ORIGIN)
        .body(Body::from(body.to_string()))
        .expect("a request")
}

pub(super) fn with_cookie(method: Method, path: &str, cookie: &str) -> request::Builder {
    asked(method, path).header(COOKIE, format!("other=1; {cookie}"))
}

fn cookie_pair(answer: &Answer) -> String {
    let line = answer.header(SET_COOKIE.as_str()).expect("a cookie");
    line.split(';').next().expect("a pair").to_owned()
}

fn settings() -> GatewaySettings {
    GatewaySettings {
        listen: "127.0.0.1:8080".parse().expect("an address"),
        sockets_max: 100,
        hellos_max: 20,
        heartbeat_ms: 25_000,
        reconnect_window_ms: 10_000,
        loadtest_token: Some(LOADTEST_TOKEN.to_owned()),
        demo: true,
        trusted_proxies: vec!["10.0.0.0/8".parse().expect("a range")],
        https: false,
        visitors_per_address_per_minute: 600,
        messages_per_address_per_minute: 6_000,
        sign_ins_per_address_per_minute: 100,
        sign_ins_per_account_per_minute: 100,
    }
}

async fn add_sites(journal: &Journal) -> (SiteId, ChatflowId) {
    let (site, inbox, chatflow) = (SiteId::fresh(), InboxId::fresh(), ChatflowId::fresh());
    let settings = r#"{"name":"Shop chat","heading":"Hello","welcome":"Hi!"}"#;
    let settings: ChatflowSettings = serde_json::from_str(settings).expect("settings");
    let origins = vec![SHOP_ORIGIN.to_owned()];
    let changes = [
        Change::PutSite { id: site, name: "Shop".to_owned(), origins },
        Change::PutSite { id: DEMO_SITE, name: "Demo".to_owned(), origins: Vec::new() },
        Change::PutInbox { id: inbox, name: "Main".to_owned() },
        Change::PutChatflow { id: chatflow, site, inbox, enabled: true, priority: 1, settings },
    ];
    for change in changes {
        journal.change(change).await.expect("changed");
    }
    (site, chatflow)
}
