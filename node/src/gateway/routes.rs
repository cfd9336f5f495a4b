//! Every address this node answers the public.

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::{get, post};

use super::api::{agents, conversations, loadtest, openapi, session, sites, visitors};
use super::{App, assets, observe, socket};
use crate::metrics::Route;

pub(crate) fn public_routes(app: App) -> Router {
    Router::new()
        .route("/api/v1/sites/{site}", get(sites::settings))
        .route("/api/v1/visitors", post(visitors::create).options(visitors::preflight))
        .route("/api/v1/conversations/{conversation}", get(conversations::summary))
        .route("/api/v1/conversations/{conversation}/entries", get(conversations::entries))
        .route(
            "/api/v1/session",
            get(session::current).post(session::sign_in).delete(session::sign_out),
        )
        .route("/api/v1/agents", get(agents::list))
        .route("/api/v1/loadtest/agents", post(loadtest::prepare))
        .route("/openapi.json", get(openapi::document))
        .route("/ws/visitor", get(socket::visitor))
        .route("/ws/agent", get(socket::agent))
        // Everything else is a file of the web part, or nothing.
        .fallback(assets::file)
        .method_not_allowed_fallback(observe::wrong_method)
        .layer(from_fn(observe::observed))
        .with_state(app)
}

/// The metrics' word for a route. Nobody can make up a new one.
pub(super) fn route_of(matched: Option<&str>) -> Route {
    match matched {
        Some("/api/v1/sites/{site}") => Route::Sites,
        Some("/api/v1/visitors") => Route::Visitors,
        Some("/api/v1/conversations/{conversation}") => Route::Conversations,
        Some("/api/v1/conversations/{conversation}/entries") => Route::Entries,
        Some("/api/v1/session") => Route::Session,
        Some("/api/v1/agents") => Route::Agents,
        Some("/api/v1/loadtest/agents") => Route::LoadTest,
        Some("/openapi.json") => Route::OpenApi,
        Some("/ws/visitor" | "/ws/agent") => Route::Sockets,
        Some(_) | None => Route::Files,
    }
}
