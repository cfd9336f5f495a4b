//! `/api/v1/sites/{site}`: all that the loader needs to know, from any page.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderName;
use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL};
use axum::response::{IntoResponse, Response};
use salotto_protocol::SiteId;
use salotto_protocol::api::SiteSettings;

use crate::gateway::App;
use crate::gateway::error::ApiError;

const ANY_PAGE: (HeaderName, &str) = (ACCESS_CONTROL_ALLOW_ORIGIN, "*");

pub(crate) async fn settings(State(app): State<App>, Path(site): Path<String>) -> Response {
    let known = match site.parse::<SiteId>() {
        Ok(id) => app.chatflows.find_site(id).await,
        Err(_) => None,
    };
    let Some(site) = known else {
        return ([ANY_PAGE], ApiError::UnknownSite).into_response();
    };
    let settings = SiteSettings { site: site.id, chatflow: app.chatflows.shown_on(site.id) };
    ([ANY_PAGE, (CACHE_CONTROL, "public, max-age=60")], Json(settings)).into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Method;

    use crate::gateway::test_support::{Harness, asked};

    #[tokio::test]
    async fn every_page_may_read_what_the_loader_needs() {
        let harness = Harness::new().await;
        let answer = harness.get(&format!("/api/v1/sites/{}", harness.site)).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
        assert_eq!(answer.header("cache-control"), Some("public, max-age=60"));
        let settings = answer.json();
        assert_eq!(settings["chatflow"]["id"], harness.chatflow.to_string());
        assert_eq!(settings["chatflow"]["heading"], "Hello");
        // What an admin sets beside it is nobody's business.
        assert_eq!(settings["chatflow"]["agents"], serde_json::Value::Null);
    }

    #[tokio::test]
    async fn an_unknown_site_is_a_wrong_site() {
        let harness = Harness::new().await;
        for site in ["019ac000-0000-7000-8000-00000000ffff", "nonsense", "%00"] {
            let answer = harness.get(&format!("/api/v1/sites/{site}")).await;
            assert_eq!(answer.problem(), (404, "wrong_site".to_owned()), "{site}");
            assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
        }
    }

    #[tokio::test]
    async fn a_head_request_has_the_same_head_and_no_body() {
        let harness = Harness::new().await;
        let path = format!("/api/v1/sites/{}", harness.site);
        let head = asked(Method::HEAD, &path).body(Body::empty()).expect("a request");
        let answer = harness.send(head).await;
        assert_eq!((answer.status, answer.text.as_str()), (200, ""));
        assert_eq!(answer.header("cache-control"), Some("public, max-age=60"));
    }
}
