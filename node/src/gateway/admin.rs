//! The admin listener: `/livez`, `/readyz`, `/metrics`. Not for the public.

use std::fmt::Write;
use std::time::Duration;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderName, StatusCode};
use axum::response::IntoResponse;
use axum::routing::get;

use super::health::{Health, Phase};
use super::observe;
use crate::metrics;
use crate::store::Store;

/// A store that answers later than this is of no use to visitors.
const STORE_TIMEOUT: Duration = Duration::from_secs(2);

const NOT_CACHED: (HeaderName, &str) = (CACHE_CONTROL, "no-store");

#[derive(Clone)]
struct Admin {
    health: Health,
    store: Store,
}

pub(crate) fn admin_routes(health: Health, store: Store) -> Router {
    Router::new()
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .route("/metrics", get(exposition))
        .fallback(observe::not_found)
        .method_not_allowed_fallback(observe::wrong_method)
        .with_state(Admin { health, store })
}

/// The runtime turns. Never asks the store: a sick database is no reason to kill the node.
async fn livez() -> impl IntoResponse {
    ([NOT_CACHED], "ok\n")
}

/// `?verbose` lists the checks.
async fn readyz(State(admin): State<Admin>, RawQuery(query): RawQuery) -> impl IntoResponse {
    let phase = admin.health.phase();
    let store = tokio::time::timeout(STORE_TIMEOUT, admin.store.settings_version()).await;
    let checks = [
        ("accepting", phase != Phase::Starting),
        ("not draining", phase != Phase::Draining),
        ("store", matches!(store, Ok(Ok(_)))),
    ];
    let is_ready = checks.iter().all(|(_, passed)| *passed);
    metrics::ready(is_ready);
    let mut text = String::new();
    if query.is_some_and(|query| query.split('&').any(|it| it.starts_with("verbose"))) {
        for (name, passed) in checks {
            let mark = if passed { "+" } else { "-" };
            writeln!(text, "[{mark}] {name}").expect("a string takes everything");
        }
    }
    text.push_str(if is_ready { "ready\n" } else { "not ready\n" });
    let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, [NOT_CACHED], text)
}

async fn exposition() -> impl IntoResponse {
    let kind = (CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");
    ([kind, NOT_CACHED], metrics::render())
}
