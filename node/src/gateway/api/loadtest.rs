//! `/api/v1/loadtest/agents`: a site, a chatflow and agents for `salotto-loadtest` alone.

use axum::Json;
use axum::extract::{FromRequest, Request, State};
use axum::http::HeaderName;
use axum::http::header::CACHE_CONTROL;
use salotto_protocol::api::{LoadTestAgent, LoadTestAgents, LoadTestDesk};
use salotto_protocol::chatflow::ChatflowSettings;
use salotto_protocol::{AgentId, AgentStatus, ChatflowId, InboxId, SiteId};
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
        let email = format!("loadtest-{number}-of-{}@loadtest.invalid", asked.capacity);
        let id = match known.iter().find(|row| row.email == email) {
            Some(row) => row.id,
            None => add(app, number, email, asked.capacity).await?,
        };
        let change = Change::Status { agent: id, status: AgentStatus::Available };
        app.journal.change(change).await?;
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
