//! Every address this node answers the public.

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::{get, patch, post, put};

use super::api::{
    account, agents, assignments, chatflows, colleagues, contacts, conversations, hours, inboxes,
    loadtest, openapi, patience, session, sites, skills, teams, users, visitors,
};
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
        .route(
            "/api/v1/chatflows/{chatflow}/availability",
            get(chatflows::availability).put(chatflows::put_availability),
        )
        .route("/api/v1/chatflows", get(chatflows::list))
        .route("/api/v1/colleagues", get(colleagues::list))
        .route("/api/v1/chatflows/{chatflow}/patience", get(patience::read).put(patience::put))
        .route(
            "/api/v1/chatflows/{chatflow}/assignment",
            get(assignments::read).put(assignments::put),
        )
        .route("/api/v1/visitors/{visitor}/contact", get(contacts::read).put(contacts::put))
        .route("/api/v1/users/{user}/hours", get(hours::read).put(hours::put))
        .route("/api/v1/users", get(users::list).post(users::create))
        .route("/api/v1/users/{user}", patch(users::edit))
        .route("/api/v1/users/{user}/status", put(users::set_status))
        .route("/api/v1/users/{user}/skills", put(users::set_skills))
        .route("/api/v1/teams", get(teams::list).post(teams::create))
        .route("/api/v1/teams/{team}", patch(teams::edit).delete(teams::delete))
        .route("/api/v1/inboxes/{inbox}/access", get(inboxes::access).put(inboxes::set_access))
        .route("/api/v1/account", get(account::settings).put(account::set))
        .route(
            "/api/v1/skills",
            get(skills::list).post(skills::create).patch(skills::rename_category),
        )
        .route("/api/v1/skills/{skill}", patch(skills::edit).delete(skills::delete))
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
        Some(
            "/api/v1/chatflows"
            | "/api/v1/chatflows/{chatflow}/availability"
            | "/api/v1/chatflows/{chatflow}/assignment"
            | "/api/v1/chatflows/{chatflow}/patience",
        ) => Route::Chatflows,
        Some("/api/v1/visitors/{visitor}/contact") => Route::People,
        Some(path) if is_about_people(path) => Route::People,
        Some("/api/v1/loadtest/agents") => Route::LoadTest,
        Some("/openapi.json") => Route::OpenApi,
        Some("/ws/visitor" | "/ws/agent") => Route::Sockets,
        Some(_) | None => Route::Files,
    }
}

/// Rare, and few enough to be counted together.
fn is_about_people(path: &str) -> bool {
    let resource = path.strip_prefix("/api/v1/").and_then(|it| it.split('/').next());
    let of_people = ["users", "colleagues", "teams", "inboxes", "account", "skills"];
    resource.is_some_and(|it| of_people.contains(&it))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Method;

    use crate::gateway::test_support::{Harness, asked};

    #[tokio::test]
    async fn an_unknown_address_is_a_problem() {
        let harness = Harness::new().await;
        for path in ["/api/v1/nothing", "/api", "/ws/other", "/widget/none.js", "/none.html"] {
            let answer = harness.get(path).await;
            assert_eq!(answer.problem(), (404, "not_found".to_owned()), "{path}");
        }
    }

    #[tokio::test]
    async fn a_wrong_method_is_a_problem_that_names_the_right_ones() {
        let harness = Harness::new().await;
        let request = asked(Method::PUT, "/api/v1/session").body(Body::empty());
        let answer = harness.send(request.expect("a request")).await;
        assert_eq!(answer.problem(), (405, "not_found".to_owned()));
        assert_eq!(answer.json()["title"], "this address does not take PUT");
        let allowed = answer.header("allow").expect("the right ones");
        for method in ["GET", "HEAD", "POST", "DELETE"] {
            assert!(allowed.contains(method), "{allowed}");
        }
    }

    #[tokio::test]
    async fn every_answer_carries_the_headers_of_safety() {
        let harness = Harness::new().await;
        for path in ["/api/v1/session", "/openapi.json", "/none"] {
            let answer = harness.get(path).await;
            assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
            assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{path}");
            let policy = answer.header("content-security-policy");
            assert_eq!(policy, Some("default-src 'none'; frame-ancestors 'none'"), "{path}");
            assert!(answer.header("permissions-policy").expect("one").contains("camera=()"));
        }
    }

    #[tokio::test]
    async fn without_the_demo_the_root_leads_to_the_console() {
        let harness = Harness::with(|it| it.demo = false).await;
        let answer = harness.get("/").await;
        assert_eq!((answer.status, answer.header("location")), (303, Some("/console/")));
        let answer = harness.get("/widget?site=x").await;
        assert_eq!((answer.status, answer.header("location")), (303, Some("/widget/?site=x")));
    }
}
