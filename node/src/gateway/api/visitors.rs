//! `/api/v1/visitors`: a new visitor and their token, for pages of the site alone.

use axum::Json;
use axum::extract::FromRequest;
use axum::extract::{Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, CACHE_CONTROL, ORIGIN, VARY,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use salotto_protocol::VisitorId;
use salotto_protocol::api::{NewVisitor, VisitorToken};
use uuid::Uuid;

use crate::gateway::address::Caller;
use crate::gateway::auth::is_load_test;
use crate::gateway::body::JsonBody;
use crate::gateway::error::ApiError;
use crate::gateway::{App, DEMO_SITE};
use crate::session::Identity;
use crate::store::SiteRow;

/// What a browser asks before it posts JSON to another origin. Any page may try: whether its
/// origin is the site's is known only with the body.
pub(crate) async fn preflight() -> Response {
    let allowed = [
        (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (ACCESS_CONTROL_ALLOW_METHODS, "POST"),
        (ACCESS_CONTROL_ALLOW_HEADERS, "content-type"),
        (ACCESS_CONTROL_MAX_AGE, "600"),
    ];
    (StatusCode::NO_CONTENT, allowed).into_response()
}

pub(crate) async fn create(State(app): State<App>, caller: Caller, request: Request) -> Response {
    let headers = request.headers().clone();
    let mut response = match new_visitor(&app, &caller, &headers, request).await {
        Ok(token) => ([(CACHE_CONTROL, "no-store")], Json(token)).into_response(),
        Err(error) => {
            // Any page may read why not; nothing secret is in it.
            ([(ACCESS_CONTROL_ALLOW_ORIGIN, "*")], error).into_response()
        }
    };
    if let (true, Some(origin)) = (response.status().is_success(), headers.get(ORIGIN)) {
        response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    }
    response.headers_mut().insert(VARY, HeaderValue::from_static("origin"));
    response
}

async fn new_visitor(
    app: &App,
    caller: &Caller,
    headers: &HeaderMap,
    request: Request,
) -> Result<VisitorToken, ApiError> {
    let is_load_test = is_load_test(app, headers);
    if !is_load_test {
        app.guards.admit_visitor(caller)?;
    }
    let JsonBody(NewVisitor { site }) = JsonBody::from_request(request, &()).await?;
    let site = app.chatflows.find_site(site).await.ok_or(ApiError::UnknownSite)?;
    let origin = headers.get(ORIGIN).and_then(|origin| origin.to_str().ok());
    if !is_load_test && !origin.is_some_and(|origin| may_use(&site, origin, caller)) {
        return Err(ApiError::WrongOrigin);
    }
    let visitor = VisitorId(Uuid::from_bytes(random_bits()));
    let token = app.tokens.for_visitor(Identity { visitor, site: site.id });
    Ok(VisitorToken { visitor, token })
}

fn may_use(site: &SiteRow, origin: &str, caller: &Caller) -> bool {
    let is_listed = site.origins.iter().any(|listed| listed.eq_ignore_ascii_case(origin));
    is_listed || (site.id == DEMO_SITE && caller.is_own_origin(origin))
}

fn random_bits() -> [u8; 16] {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits).expect("the system has randomness");
    bits
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::{Method, Request};

    use super::*;
    use crate::gateway::test_support::{
        Answer, Harness, LOADTEST_TOKEN, OWN_ORIGIN, SHOP_ORIGIN, asked,
    };

    fn new_visitor(site: impl std::fmt::Display, headers: &[(&str, &str)]) -> Request<Body> {
        let mut request =
            asked(Method::POST, "/api/v1/visitors").header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = format!(r#"{{"site":"{site}"}}"#);
        request.body(Body::from(body)).expect("a request")
    }

    fn allowed_origin(answer: &Answer) -> Option<&str> {
        answer.header("access-control-allow-origin")
    }

    /// REG-12
    #[tokio::test]
    async fn a_page_of_the_site_gets_a_visitor_whose_token_is_bound_to_the_site() {
        let harness = Harness::new().await;
        let request = new_visitor(harness.site, &[("origin", SHOP_ORIGIN)]);
        let answer = harness.send(request).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(allowed_origin(&answer), Some(SHOP_ORIGIN));
        assert_eq!(answer.header("vary"), Some("origin"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let made: VisitorToken = serde_json::from_str(&answer.text).expect("a token");
        let who = harness.app.tokens.visitor(&made.token).expect("signed here");
        assert_eq!((who.visitor, who.site), (made.visitor, harness.site));
    }

    #[tokio::test]
    async fn pages_of_other_origins_get_none() {
        let harness = Harness::new().await;
        for origin in ["https://evil.example", "http://shop.example", "null", OWN_ORIGIN] {
            let request = new_visitor(harness.site, &[("origin", origin)]);
            let answer = harness.send(request).await;
            assert_eq!(answer.problem(), (403, "wrong_site".to_owned()), "{origin}");
        }
        let answer = harness.send(new_visitor(harness.site, &[])).await;
        assert_eq!(answer.problem(), (403, "wrong_site".to_owned()), "no origin at all");
    }

    #[tokio::test]
    async fn the_demos_site_may_be_used_from_the_nodes_own_pages() {
        let harness = Harness::new().await;
        let answer = harness.send(new_visitor(DEMO_SITE, &[("origin", OWN_ORIGIN)])).await;
        assert_eq!((answer.status, allowed_origin(&answer)), (200, Some(OWN_ORIGIN)));
    }

    #[tokio::test]
    async fn the_load_tester_needs_no_origin_but_its_token() {
        let harness = Harness::new().await;
        let with = |token| new_visitor(harness.site, &[("x-salotto-loadtest", token)]);
        assert_eq!(harness.send(with(LOADTEST_TOKEN)).await.status, 200);
        assert_eq!(harness.send(with("a load-test tokem")).await.status, 403);
    }

    #[tokio::test]
    async fn bad_bodies_are_named() {
        let harness = Harness::new().await;
        let answer = harness.send(new_visitor("nonsense", &[("origin", SHOP_ORIGIN)])).await;
        assert_eq!(answer.problem(), (400, "bad_field".to_owned()));
        assert_eq!(answer.json()["field"], "site");
        // The page that made the mistake can read what it was.
        assert_eq!(allowed_origin(&answer), Some("*"));
        let unknown = "019ac000-0000-7000-8000-00000000ffff";
        let answer = harness.send(new_visitor(unknown, &[("origin", SHOP_ORIGIN)])).await;
        assert_eq!(answer.problem(), (404, "wrong_site".to_owned()));
    }

    #[tokio::test]
    async fn the_limit_is_the_addresses_and_the_load_tester_has_none() {
        let harness = Harness::with(|it| it.visitors_per_address_per_minute = 2).await;
        let visitor = || new_visitor(harness.site, &[("origin", SHOP_ORIGIN)]);
        for _ in 0..2 {
            assert_eq!(harness.send(visitor()).await.status, 200);
        }
        let answer = harness.send(visitor()).await;
        assert_eq!(answer.problem(), (429, "rate_limited".to_owned()));
        let title = "new visitors from your network address: at most 2 a minute; wait a little";
        assert_eq!(answer.json()["title"], title);
        let wait_ms = answer.json()["retry_after_ms"].as_u64().expect("a wait");
        assert!((29_000..=30_000).contains(&wait_ms), "{wait_ms}");
        assert_eq!(answer.header("retry-after"), Some("30"));

        let headers = [("x-salotto-loadtest", LOADTEST_TOKEN)];
        assert_eq!(harness.send(new_visitor(harness.site, &headers)).await.status, 200);
    }

    #[tokio::test]
    async fn a_browser_may_ask_before_it_posts() {
        let harness = Harness::new().await;
        let preflight = asked(Method::OPTIONS, "/api/v1/visitors")
            .header("origin", SHOP_ORIGIN)
            .header("access-control-request-method", "POST")
            .body(Body::empty())
            .expect("a request");
        let answer = harness.send(preflight).await;
        assert_eq!((answer.status, allowed_origin(&answer)), (204, Some("*")));
        assert_eq!(answer.header("access-control-allow-headers"), Some("content-type"));
        assert_eq!(answer.header("access-control-allow-methods"), Some("POST"));
    }
}
