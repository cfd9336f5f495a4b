//! Who asks: agents by the session cookie, visitors by their token, the load tester by its own.

use axum::extract::FromRequestParts;
use axum::http::header::{AUTHORIZATION, COOKIE, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, Method};
use salotto_protocol::AgentId;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::App;
use super::address::Caller;
use super::error::ApiError;
use crate::clock;
use crate::session::Identity;

pub(super) const SESSION_COOKIE: &str = "salotto_session";
/// Carries `Session.csrf_token` on every request that changes something.
pub(super) const CSRF_HEADER: HeaderName = HeaderName::from_static("x-salotto-csrf");
/// Carries `loadtest.token`.
pub(super) const LOADTEST_HEADER: HeaderName = HeaderName::from_static("x-salotto-loadtest");

/// An agent, signed in. On a method that changes something also proof that the console asks.
pub(super) struct Agent {
    pub(super) id: AgentId,
    /// Names the session; the cookie itself is known to the browser alone.
    pub(super) cookie_hash: [u8; 32],
}

/// Either side of a conversation.
pub(super) enum Reader {
    Visitor(Identity),
    Agent(AgentId),
}

impl FromRequestParts<App> for Agent {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let cookie = cookie(&parts.headers).ok_or(ApiError::Unauthenticated)?;
        let cookie_hash = Sha256::digest(cookie).into();
        let id = app.store.session(cookie_hash, clock::now_ms()).await?;
        let agent = Agent { id: id.ok_or(ApiError::Unauthenticated)?, cookie_hash };
        if changes_something(&parts.method) {
            own_origin(parts, app)?;
            let token = text(&parts.headers, &CSRF_HEADER);
            if !token.is_some_and(|token| app.tokens.is_csrf_of(token, &cookie_hash)) {
                return Err(ApiError::Forbidden("the X-Salotto-CSRF header is missing or wrong"));
            }
        }
        Ok(agent)
    }
}

impl FromRequestParts<App> for Reader {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        match bearer(&parts.headers) {
            Some(token) => {
                let who = app.tokens.visitor(token);
                who.map(Reader::Visitor).ok_or(ApiError::Unauthenticated)
            }
            None => Agent::from_request_parts(parts, app).await.map(|it| Reader::Agent(it.id)),
        }
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        Ok(Caller::of(parts, &app.settings.trusted_proxies))
    }
}

/// What a browser says of the page that asks must be that it is ours. Other clients say nothing.
pub(super) fn own_origin(parts: &Parts, app: &App) -> Result<(), ApiError> {
    let caller = Caller::of(parts, &app.settings.trusted_proxies);
    match parts.headers.get(ORIGIN) {
        None => Ok(()),
        Some(origin) if origin.to_str().is_ok_and(|it| caller.is_own_origin(it)) => Ok(()),
        Some(_) => Err(ApiError::Forbidden("not from a page of another origin")),
    }
}

/// Whether the header carries the load-test token, and there is one.
pub(super) fn is_load_test(app: &App, headers: &HeaderMap) -> bool {
    is_load_test_token(app, text(headers, &LOADTEST_HEADER))
}

pub(super) fn has_load_test_bearer(app: &App, headers: &HeaderMap) -> bool {
    is_load_test_token(app, bearer(headers))
}

fn is_load_test_token(app: &App, token: Option<&str>) -> bool {
    match (&app.settings.loadtest_token, token) {
        (Some(expected), Some(token)) => expected.as_bytes().ct_eq(token.as_bytes()).into(),
        (None, _) | (_, None) => false,
    }
}

fn changes_something(method: &Method) -> bool {
    !method.is_safe()
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = text(headers, &AUTHORIZATION)?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The first session cookie over all `Cookie` lines.
fn cookie(headers: &HeaderMap) -> Option<&str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    lines
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == SESSION_COOKIE)
        .map(|(_, value)| value)
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}
