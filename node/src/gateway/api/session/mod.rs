//! `/api/v1/session`: an agent signs in, asks who they are, signs out.

use axum::Json;
use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, SET_COOKIE};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use salotto_protocol::AgentId;
use salotto_protocol::api::{InboxName, Session, SignIn};
use sha2::{Digest, Sha256};

use crate::clock;
use crate::gateway::App;
use crate::gateway::address::Caller;
use crate::gateway::auth::{Agent, SESSION_COOKIE, own_origin};
use crate::gateway::body::JsonBody;
use crate::gateway::error::ApiError;
use crate::gateway::password::{PASSWORD_BYTES_MAX, Verdict};
use crate::journal::Change;
use crate::store::AgentRow;

/// A working day and its overtime.
const SESSION_SECONDS: i64 = 12 * 60 * 60;
/// From asking for it to `hello`.
const SOCKET_TOKEN_MS: i64 = 60_000;
/// What SMTP allows.
const EMAIL_BYTES_MAX: usize = 254;

pub(crate) async fn sign_in(
    State(app): State<App>,
    caller: Caller,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    own_origin(&parts, &app)?;
    let request = Request::from_parts(parts, body);
    let JsonBody(SignIn { email, password }) = JsonBody::from_request(request, &()).await?;
    let email = email.trim().to_lowercase();
    bounded("email", &email, EMAIL_BYTES_MAX)?;
    bounded("password", &password, PASSWORD_BYTES_MAX)?;
    app.guards.admit_sign_in(&caller, &email)?;
    let agent = checked(&app, &email, password).await?;
    let cookie = random_cookie();
    let cookie_hash = Sha256::digest(&cookie).into();
    let expires_at_ms = clock::now_ms() + SESSION_SECONDS * 1_000;
    app.journal.change(Change::SignIn { cookie_hash, agent, expires_at_ms }).await?;
    let session = session_of(&app, agent, &cookie_hash).await?;
    let is_secure = caller.https || app.settings.https;
    let cookie = set_cookie(&cookie, SESSION_SECONDS, is_secure);
    Ok(([(SET_COOKIE, cookie)], private(session)).into_response())
}

pub(crate) async fn current(State(app): State<App>, agent: Agent) -> Result<Response, ApiError> {
    Ok(private(session_of(&app, agent.id, &agent.cookie_hash).await?))
}

pub(crate) async fn sign_out(
    State(app): State<App>,
    caller: Caller,
    agent: Agent,
) -> Result<Response, ApiError> {
    app.journal.change(Change::SignOut { cookie_hash: agent.cookie_hash }).await?;
    app.agents.signed_out(agent.id);
    let cookie = set_cookie("", 0, caller.https || app.settings.https);
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, cookie)]).into_response())
}

/// One answer, and one duration, for a wrong password and an unknown account.
async fn checked(app: &App, email: &str, password: String) -> Result<AgentId, ApiError> {
    let credentials = app.store.credentials(email).await?;
    let hash = credentials.as_ref().map(|it| it.password_hash.clone());
    let verdict = app.guards.passwords.check(password, hash).await?;
    match (verdict, credentials) {
        // Only to who knows the password.
        (Verdict::Right, Some(credentials)) if credentials.is_deactivated => {
            Err(ApiError::Forbidden("this account is deactivated"))
        }
        (Verdict::Right, Some(credentials)) => Ok(credentials.agent),
        (Verdict::Right | Verdict::Wrong, _) => Err(ApiError::WrongPassword),
    }
}

async fn session_of(
    app: &App,
    agent: AgentId,
    cookie_hash: &[u8; 32],
) -> Result<Session, ApiError> {
    let row = agent_row(app, agent).await?.ok_or(ApiError::Unauthenticated)?;
    let inboxes = app.chatflows.inboxes_of(agent).into_iter();
    Ok(Session {
        agent,
        name: row.name,
        email: row.email,
        status: row.status,
        permissions: row.permissions,
        inboxes: inboxes.map(|inbox| InboxName { id: inbox.id, name: inbox.name }).collect(),
        socket_token: app.tokens.for_socket(agent, clock::now_ms() + SOCKET_TOKEN_MS),
        csrf_token: app.tokens.for_csrf(cookie_hash),
    })
}

/// The roster is at hand; an account of the last moment is only in the store.
async fn agent_row(app: &App, agent: AgentId) -> Result<Option<AgentRow>, ApiError> {
    let known = app.presence.roster().borrow().get(&agent).cloned();
    match known {
        Some(row) => Ok(Some(row)),
        None => Ok(app.store.agents().await?.into_iter().find(|row| row.id == agent)),
    }
}

fn bounded(field: &str, text: &str, max: usize) -> Result<(), ApiError> {
    let complaint = match text.len() {
        0 => "is empty".to_owned(),
        length if length > max => format!("is longer than {max} bytes"),
        _ => return Ok(()),
    };
    Err(ApiError::BadField { field: field.to_owned(), complaint })
}

/// 256 random bits. The store keeps only their SHA-256.
fn random_cookie() -> String {
    let mut bits = [0; 32];
    getrandom::fill(&mut bits).expect("the system has randomness");
    URL_SAFE_NO_PAD.encode(bits)
}

fn set_cookie(value: &str, seconds: i64, is_secure: bool) -> String {
    let secure = if is_secure { "; Secure" } else { "" };
    format!(
        "{SESSION_COOKIE}={value}; HttpOnly; SameSite=Strict; Path=/; Max-Age={seconds}{secure}"
    )
}

fn private(session: Session) -> Response {
    ([(CACHE_CONTROL, "no-store")], Json(session)).into_response()
}

#[cfg(test)]
mod tests;
