//! `/api/v1/chatflows/{chatflow}/patience`: how long its visitors are to wait before they are
//! offered an answer by e-mail (BY-15).

use axum::extract::{Path, State};
use salotto_protocol::promise::Patience;

use super::chatflows::found;
use super::people::{Private, private, taken};
use crate::gateway::App;
use crate::gateway::auth::Agent;
use crate::gateway::body::StrictBody;
use crate::gateway::error::ApiError;
use crate::journal::{Change, PromiseChange};

pub(crate) async fn read(
    State(app): State<App>,
    _: Agent,
    Path(chatflow): Path<String>,
) -> Result<Private<Patience>, ApiError> {
    Ok(private(*found(&app, &chatflow).await?.settings.patience))
}

/// For who may change chatflows (PERM-1). In force as soon as the router speaks of the queue again:
/// within 10 s.
pub(crate) async fn put(
    State(app): State<App>,
    agent: Agent,
    Path(chatflow): Path<String>,
    StrictBody(patience): StrictBody<Patience>,
) -> Result<Private<Patience>, ApiError> {
    let chatflow = found(&app, &chatflow).await?.id;
    if let Some((field, complaint)) = patience.complaint() {
        return Err(ApiError::BadField { field: field.to_owned(), complaint });
    }
    let (by, wanted) = (agent.id, patience.clone());
    let change = PromiseChange::Patience { by, chatflow, patience: wanted };
    taken(app.journal.change(Change::Promise(Box::new(change))).await?)?;
    app.chatflows.refresh().await;
    Ok(private(patience))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Method;
    use axum::http::header::{CONTENT_TYPE, ORIGIN};
    use salotto_protocol::people::Permission;
    use serde_json::{Value, json};

    use crate::gateway::test_support::{Answer, Harness, OWN_ORIGIN, with_cookie};

    struct Desk {
        harness: Harness,
        cookie: String,
        csrf: String,
        path: String,
    }

    async fn desk(permissions: &[Permission]) -> Desk {
        let harness = Harness::new().await;
        let agent = harness.add_agent().await;
        harness.grant(agent, permissions).await;
        let (cookie, session) = harness.signed_in().await;
        let csrf = session["csrf_token"].as_str().expect("a token").to_owned();
        let path = format!("/api/v1/chatflows/{}/patience", harness.chatflow);
        Desk { harness, cookie, csrf, path }
    }

    impl Desk {
        async fn put(&self, body: &Value) -> Answer {
            let request = with_cookie(Method::PUT, &self.path, &self.cookie)
                .header("x-salotto-csrf", &self.csrf)
                .header(ORIGIN, OWN_ORIGIN)
                .header(CONTENT_TYPE, "application/json")
                .body(Body::from(body.to_string()));
            self.harness.send(request.expect("a request")).await
        }

        async fn get(&self) -> Value {
            let request = with_cookie(Method::GET, &self.path, &self.cookie).body(Body::empty());
            self.harness.send(request.expect("a request")).await.json()
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn by_15_what_is_put_is_in_force_and_what_is_left_out_takes_its_default() {
        let desk = desk(&[Permission::Chatflows]).await;
        let default = json!({"wait_ms": null, "text": "", "answer_within_ms": 86_400_000});
        assert_eq!(desk.get().await, default);

        let patience = json!({"wait_ms": 300_000, "text": "Shall we write to you?"});
        let answer = desk.put(&patience).await;

        assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")));
        let whole = json!({"answer_within_ms": 86_400_000, "wait_ms": 300_000,
            "text": "Shall we write to you?"});
        assert_eq!((answer.json(), desk.get().await), (whole.clone(), whole));
        let site = desk.harness.get(&format!("/api/v1/sites/{}", desk.harness.site)).await;
        assert_eq!(site.json()["chatflow"]["heading"], "Hello", "the rest of the settings stays");
        assert!(!site.text.contains("patience"));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn by_15_a_patience_that_cannot_be_is_refused_with_its_field() {
        let desk = desk(&[Permission::Chatflows]).await;
        for (body, field) in [
            (json!({"wait_ms": -1}), "wait_ms"),
            (json!({"wait_ms": "long"}), "wait_ms"),
            (json!({"wait_ms": 86_400_001}), "wait_ms"),
            (json!({"text": "x".repeat(2_049)}), "text"),
            (json!({"answer_within_ms": 59_999}), "answer_within_ms"),
            (json!({"answer_within_ms": 2_592_000_001_u64}), "answer_within_ms"),
            (json!({"wait": 1}), "wait"),
        ] {
            let answer = desk.put(&body).await;
            assert_eq!(answer.problem(), (400, "bad_field".to_owned()), "{body}");
            assert_eq!(answer.json()["field"], field);
        }
        assert_eq!(desk.get().await["wait_ms"], json!(null), "nothing of it was taken");
    }

    /// PERM-1
    #[tokio::test(flavor = "multi_thread")]
    async fn by_15_who_may_not_change_chatflows_changes_nobodys_patience() {
        let desk = desk(&[Permission::Users, Permission::Routing]).await;
        let answer = desk.put(&json!({"wait_ms": 1_000})).await;
        assert_eq!(answer.problem(), (403, "forbidden".to_owned()));
        assert_eq!(desk.get().await["wait_ms"], json!(null));
    }
}
