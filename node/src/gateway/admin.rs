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

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Request;
    use http_body_util::BodyExt;
    use tower_service::Service;

    use super::*;
    use crate::test_support;

    async fn get(health: &Health, store: &Store, path: &str) -> (u16, String) {
        let request = Request::get(path).body(Body::empty()).expect("a request");
        let mut routes = admin_routes(health.clone(), store.clone());
        let response = routes.call(request).await.expect("infallible");
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.expect("a body").to_bytes();
        (status, String::from_utf8(body.to_vec()).expect("UTF-8"))
    }

    #[tokio::test]
    async fn a_node_is_ready_between_its_start_and_its_drain() {
        let (_folder, store) = test_support::store().await;
        let health = Health::new();
        assert_eq!(get(&health, &store, "/readyz").await, (503, "not ready\n".to_owned()));
        health.enter(Phase::Accepting);
        assert_eq!(get(&health, &store, "/readyz").await, (200, "ready\n".to_owned()));
        health.enter(Phase::Draining);
        let verbose = "[+] accepting\n[-] not draining\n[+] store\nnot ready\n".to_owned();
        assert_eq!(get(&health, &store, "/readyz?verbose").await, (503, verbose));
        assert_eq!(get(&health, &store, "/livez").await, (200, "ok\n".to_owned()));
    }

    #[tokio::test]
    async fn the_metrics_are_here_and_nothing_else() {
        let (_folder, store) = test_support::store().await;
        metrics::install();
        let (status, text) = get(&Health::new(), &store, "/metrics").await;
        assert_eq!(status, 200);
        assert!(text.contains("salotto_capacity_violations_total 0\n"), "{text}");
        assert_eq!(get(&Health::new(), &store, "/api/v1/session").await.0, 404);
    }
}
