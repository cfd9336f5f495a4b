//! `/api/v1/loadtest/agents`: a site, a chatflow and agents for `salotto-loadtest` alone.

use axum::Json;
use axum::extract::{FromRequest, Request, State};
use axum::http::HeaderName;
use axum::http::header::CACHE_CONTROL;
use salotto_protocol::api::{LoadTestAgent, LoadTestAgents, LoadTestDesk};
use salotto_protocol::assignment::AssignmentSettings;
use salotto_protocol::chatflow::ChatflowSettings;
use salotto_protocol::{AgentId, AgentStatus, ChatflowId, InboxId, ShowQueue, SiteId};
use uuid::uuid;

use crate::clock;
use crate::gateway::App;
use crate::gateway::auth::has_load_test_bearer;
use crate::gateway::body::JsonBody;
use crate::gateway::error::ApiError;
use crate::journal::{Change, NewAgent};

const SITE: SiteId = SiteId(uuid!("019ac000-0000-7000-8000-000000010ad1"));
const INBOX: InboxId = InboxId(uuid!("019ac000-0000-7000-8000-000000010ad2"));
const CHATFLOW: ChatflowId = ChatflowId(uuid!("019ac000-0000-7000-8000-000000010ad3"));
/// Behind every real chatflow.
const PRIORITY: i64 = 1_000;
const AGENTS_MAX: u32 = 1_000;
const CAPACITY_MAX: u32 = 10_000;
/// As long as a load test may take to connect them all.
const SOCKET_TOKEN_MS: i64 = 60 * 60 * 1_000;
/// No PHC string: no password matches it.
const NO_PASSWORD: &str = "!";

pub(crate) async fn prepare(
    State(app): State<App>,
    request: Request,
) -> Result<([(HeaderName, &'static str); 1], Json<LoadTestDesk>), ApiError> {
    if app.settings.loadtest_token.is_none() {
        return Err(ApiError::NotFound);
    }
    if !has_load_test_bearer(&app, request.headers()) {
        return Err(ApiError::Unauthenticated);
    }
    let JsonBody(asked) = JsonBody::<LoadTestAgents>::from_request(request, &()).await?;
    at_most("count", asked.count, AGENTS_MAX)?;
    at_most("capacity", asked.capacity, CAPACITY_MAX)?;
    let agents = agents(&app, &asked).await?;
    publish(&app, &agents).await?;
    let shown = app.chatflows.shown_on(SITE).ok_or(ApiError::UnknownSite)?;
    let expires_at_ms = clock::now_ms() + SOCKET_TOKEN_MS;
    let signed_in =
        |id: AgentId| LoadTestAgent { id, socket_token: app.tokens.for_socket(id, expires_at_ms) };
    let agents = agents.into_iter().map(signed_in).collect();
    let desk = LoadTestDesk { site: SITE, chatflow: shown, inbox: INBOX, agents };
    Ok(([(CACHE_CONTROL, "no-store")], Json(desk)))
}

/// So many agents of that capacity, made where they are missing, all Available.
async fn agents(app: &App, asked: &LoadTestAgents) -> Result<Vec<AgentId>, ApiError> {
    let known = app.store.agents().await?;
    let mut agents = Vec::new();
    for number in 1..=asked.count {
        let email = format!("loadtest-{number}@loadtest.invalid");
        let id = match known.iter().find(|row| row.email == email) {
            Some(row) => row.id,
            None => add(app, number, email, asked.capacity).await?,
        };
        let capacity = Change::Capacity { agent: id, capacity: asked.capacity };
        app.journal.change(capacity).await?;
        let status = Change::Status { agent: id, status: AgentStatus::Available };
        app.journal.change(status).await?;
        agents.push(id);
    }
    Ok(agents)
}

async fn add(app: &App, number: u32, email: String, capacity: u32) -> Result<AgentId, ApiError> {
    let id = AgentId::fresh();
    let agent = NewAgent {
        id,
        email,
        name: format!("loadtest-{number}"),
        password_hash: NO_PASSWORD.to_owned(),
        status: AgentStatus::Available,
        capacity,
    };
    app.journal.change(Change::AddAgent(agent)).await?;
    Ok(id)
}

/// Puts the site, the inbox and the chatflow in force. No page is of this site's origins: only
/// the load-test token makes visitors of it.
async fn publish(app: &App, agents: &[AgentId]) -> Result<(), ApiError> {
    let name = || "Load test".to_owned();
    let settings = ChatflowSettings {
        name: name(),
        heading: name(),
        accent_color: "#0b6e4f".to_owned(),
        welcome: String::new(),
        away_message: String::new(),
        wait_message: String::new(),
        assign: true,
        agents: agents.to_vec(),
        assignment: AssignmentSettings::default(),
        availability: Box::default(),
        show_queue: ShowQueue { position: true, expected_wait: true },
        patience: Box::default(),
    };
    let changes = [
        Change::PutSite { id: SITE, name: name(), origins: Vec::new() },
        Change::PutInbox { id: INBOX, name: name() },
        Change::PutChatflow {
            id: CHATFLOW,
            site: SITE,
            inbox: INBOX,
            enabled: true,
            priority: PRIORITY,
            settings,
        },
    ];
    for change in changes {
        app.journal.change(change).await?;
    }
    app.chatflows.refresh().await;
    Ok(())
}

fn at_most(field: &str, number: u32, max: u32) -> Result<(), ApiError> {
    if (1..=max).contains(&number) {
        return Ok(());
    }
    let complaint = format!("must be a number from 1 to {max}");
    Err(ApiError::BadField { field: field.to_owned(), complaint })
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Method;

    use super::*;
    use crate::gateway::test_support::{Answer, Harness, LOADTEST_TOKEN, asked, sign_in};

    async fn prepare(harness: &Harness, token: &str, body: &str) -> Answer {
        let request = asked(Method::POST, "/api/v1/loadtest/agents")
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json")
            .body(Body::from(body.to_owned()));
        harness.send(request.expect("a request")).await
    }

    fn desk(answer: &Answer) -> LoadTestDesk {
        assert_eq!(answer.status, 200, "{}", answer.text);
        serde_json::from_str(&answer.text).expect("a desk")
    }

    #[tokio::test]
    async fn the_desk_has_agents_of_its_own_and_repeats_make_no_more() {
        let harness = Harness::new().await;
        let body = r#"{"count":2,"capacity":7}"#;
        let first = desk(&prepare(&harness, LOADTEST_TOKEN, body).await);
        let again = desk(&prepare(&harness, LOADTEST_TOKEN, body).await);
        assert_eq!(first.agents.len(), 2);
        let ids = |desk: &LoadTestDesk| desk.agents.iter().map(|it| it.id).collect::<Vec<_>>();
        assert_eq!(ids(&first), ids(&again));

        let rows = harness.app.store.agents().await.expect("read");
        let row = rows.iter().find(|row| row.id == first.agents[1].id).expect("there");
        assert_eq!((row.name.as_str(), row.capacity), ("loadtest-2", 7));
        assert_eq!(row.status, AgentStatus::Available);
        let chatflow = harness.app.chatflows.get(first.chatflow.id).expect("in force");
        assert!(chatflow.settings.assign && chatflow.enabled);
        assert_eq!(chatflow.settings.agents, ids(&first));
        let now = clock::now_ms();
        let signed_in = |at_ms| harness.app.tokens.socket(&first.agents[0].socket_token, at_ms);
        assert_eq!(signed_in(now + 59 * 60_000), Some(first.agents[0].id));
        assert_eq!(signed_in(now + 61 * 60_000), None);
    }

    #[tokio::test]
    async fn nobody_signs_in_as_one_of_them() {
        let harness = Harness::new().await;
        prepare(&harness, LOADTEST_TOKEN, r#"{"count":1,"capacity":1}"#).await;
        let answer = harness.send(sign_in("loadtest-1-of-1@loadtest.invalid", "!")).await;
        assert_eq!(answer.problem(), (401, "unauthenticated".to_owned()));
    }

    #[tokio::test]
    async fn without_the_setting_or_the_token_there_is_none() {
        let body = r#"{"count":1,"capacity":1}"#;
        let off = Harness::with(|it| it.loadtest_token = None).await;
        let answer = prepare(&off, LOADTEST_TOKEN, body).await;
        assert_eq!(answer.problem(), (404, "not_found".to_owned()));
        let answer = prepare(&Harness::new().await, "another token", body).await;
        assert_eq!(answer.problem(), (401, "unauthenticated".to_owned()));
    }

    #[tokio::test]
    async fn its_size_is_bounded() {
        let harness = Harness::new().await;
        let cases = [
            (r#"{"count":0,"capacity":1}"#, "count"),
            (r#"{"count":1001,"capacity":1}"#, "count"),
            (r#"{"count":1,"capacity":0}"#, "capacity"),
            (r#"{"count":-1,"capacity":1}"#, "count"),
        ];
        for (body, field) in cases {
            let answer = prepare(&harness, LOADTEST_TOKEN, body).await;
            assert_eq!(answer.problem(), (400, "bad_field".to_owned()));
            assert_eq!(answer.json()["field"], field);
        }
    }
}
