//! `/api/v1/chatflows`: what they are called; and for each, when it can be answered and what its
//! visitors get when it cannot.

use axum::extract::{Path, State};
use salotto_protocol::ChatflowId;
use salotto_protocol::availability::AvailabilitySettings;
use salotto_protocol::limits::NOTICE_BYTES_MAX;
use salotto_protocol::people_api::{ChatflowName, Chatflows};

use super::people::{Private, id, private, taken};
use crate::gateway::App;
use crate::gateway::auth::Agent;
use crate::gateway::body::StrictBody;
use crate::gateway::error::ApiError;
use crate::hours::Hours;
use crate::journal::Change;
use crate::store::ChatflowRow;

/// What agents call those of the inboxes that they may see; by priority.
pub(crate) async fn list(
    State(app): State<App>,
    agent: Agent,
) -> Result<Private<Chatflows>, ApiError> {
    let settings = app.store.settings().await?;
    let rows = settings.chatflows.into_iter();
    let seen = rows.filter(|row| app.chatflows.may_see(row.inbox, agent.id));
    let name = |row: ChatflowRow| ChatflowName {
        id: row.id,
        heading: row.settings.heading,
        inbox: row.inbox,
    };
    Ok(private(Chatflows { chatflows: seen.map(name).collect() }))
}

pub(crate) async fn availability(
    State(app): State<App>,
    _: Agent,
    Path(chatflow): Path<String>,
) -> Result<Private<AvailabilitySettings>, ApiError> {
    let chatflow = found(&app, &chatflow).await?;
    Ok(private(*chatflow.settings.availability))
}

/// For who may change chatflows (PERM-1). In force on this node when it is answered, and on the
/// others within 2 s.
pub(crate) async fn put_availability(
    State(app): State<App>,
    agent: Agent,
    Path(chatflow): Path<String>,
    StrictBody(availability): StrictBody<AvailabilitySettings>,
) -> Result<Private<AvailabilitySettings>, ApiError> {
    let chatflow = found(&app, &chatflow).await?.id;
    check(&availability)?;
    let change = Change::PutAvailability {
        by: agent.id,
        chatflow,
        availability: Box::new(availability.clone()),
    };
    taken(app.journal.change(change).await?)?;
    app.chatflows.refresh().await;
    Ok(private(availability))
}

pub(super) async fn found(app: &App, chatflow: &str) -> Result<ChatflowRow, ApiError> {
    let chatflow: ChatflowId = id(chatflow)?;
    app.chatflows.find(chatflow).await.ok_or(ApiError::NotFound)
}

fn check(settings: &AvailabilitySettings) -> Result<(), ApiError> {
    if let Some(field) = settings.too_long() {
        let complaint = format!("is longer than {NOTICE_BYTES_MAX} bytes");
        return Err(ApiError::BadField { field: field.to_owned(), complaint });
    }
    Hours::of_chatflow(&settings.hours).map(drop).map_err(|bad| ApiError::BadField {
        field: format!("hours.{}", bad.field),
        complaint: bad.complaint,
    })
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Method;
    use axum::http::header::{CONTENT_TYPE, ORIGIN};
    use salotto_protocol::AgentId;
    use salotto_protocol::people::Permission;
    use serde_json::{Value, json};

    use crate::gateway::test_support::{Answer, Harness, OWN_ORIGIN, with_cookie};

    struct Desk {
        harness: Harness,
        agent: AgentId,
        cookie: String,
        csrf: String,
        path: String,
    }

    async fn desk() -> Desk {
        let harness = Harness::new().await;
        let agent = harness.add_agent().await;
        harness.grant(agent, &[Permission::Chatflows]).await;
        let (cookie, session) = harness.signed_in().await;
        let csrf = session["csrf_token"].as_str().expect("a token").to_owned();
        let path = format!("/api/v1/chatflows/{}/availability", harness.chatflow);
        Desk { harness, agent, cookie, csrf, path }
    }

    impl Desk {
        async fn put(&self, path: &str, csrf: &str, body: &Value) -> Answer {
            let request = with_cookie(Method::PUT, path, &self.cookie)
                .header("x-salotto-csrf", csrf)
                .header(ORIGIN, OWN_ORIGIN)
                .header(CONTENT_TYPE, "application/json")
                .body(Body::from(body.to_string()));
            self.harness.send(request.expect("a request")).await
        }

        async fn get(&self) -> Answer {
            let request = with_cookie(Method::GET, &self.path, &self.cookie).body(Body::empty());
            self.harness.send(request.expect("a request")).await
        }

        async fn refused(&self, body: Value) -> String {
            let answer = self.put(&self.path, &self.csrf, &body).await;
            assert_eq!(answer.problem(), (400, "bad_field".to_owned()), "{body}");
            answer.json()["field"].as_str().expect("a field").to_owned()
        }
    }

    fn weekly(start: &str, end: &str) -> Value {
        json!([{"days": ["monday", "friday"], "start": start, "end": end}])
    }

    /// AV-2, AV-22, AV-24
    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_put_is_in_force_and_the_browser_is_told_the_outcome_alone() {
        let desk = desk().await;
        assert_eq!(desk.get().await.json()["mode"], "agents");
        let holiday = json!({"date": "2026-12-25", "rows": []});
        let settings = json!({
            "mode": "hours",
            "hours": {"time_zone": "Asia/Tokyo", "weekly": [], "holidays": [holiday]},
            "offline": {"show": "away_message", "text": "Never here."},
        });

        let answer = desk.put(&desk.path, &desk.csrf, &settings).await;

        assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")));
        assert_eq!(answer.json()["available"]["reply_time"], "hidden", "by default");
        assert_eq!(desk.get().await.json(), answer.json());
        let site = desk.harness.get(&format!("/api/v1/sites/{}", desk.harness.site)).await;
        let chatflow = &site.json()["chatflow"];
        assert_eq!(
            (&chatflow["availability"], &chatflow["launcher"]),
            (&json!("offline"), &json!("shown"))
        );
        let notice = json!({"kind": "away_message", "text": "Never here."});
        assert_eq!(chatflow["notice"], notice);
        assert_eq!(chatflow["heading"], "Hello", "the rest of the settings stays");
        assert!(!site.text.contains("Tokyo") && !site.text.contains("away_message\":"));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn bad_settings_are_refused_with_the_path_of_the_field() {
        let desk = desk().await;
        let hours = |hours: Value| json!({"mode": "hours", "hours": hours});
        let overlap = json!([weekly("09:00", "12:00")[0], weekly("11:00", "13:00")[0]]);
        for (body, field) in [
            (json!({"mode": "moonlight"}), "mode"),
            (json!({"mood": "always"}), "mood"),
            (json!({"hours": {"zone": "UTC"}}), "hours.zone"),
            (hours(json!({"time_zone": "Moon/Tycho"})), "hours.time_zone"),
            (hours(json!({"weekly": [{"days": []}]})), "hours.weekly[0].start"),
            (hours(json!({"weekly": weekly("9", "17:00")})), "hours.weekly[0].start"),
            (hours(json!({"weekly": overlap})), "hours.weekly[1]"),
            (hours(json!({"holidays": [{"date": "25.12."}]})), "hours.holidays[0].date"),
            (json!({"away": {"show": "return_time"}}), "away.show"),
            (json!({"offline": {"show": "nothing", "text": "x"}}), "offline.text"),
            (json!({"away": {"show": "away_message", "text": "x".repeat(2_049)}}), "away.text"),
            (json!({"available": {"reply_time": "never"}}), "available.reply_time"),
        ] {
            assert_eq!(desk.refused(body).await, field);
        }
        assert_eq!(desk.get().await.json()["mode"], "agents", "nothing of it was taken");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn settings_are_for_agents_who_are_signed_in_and_for_chatflows_that_there_are() {
        let desk = desk().await;
        let stranger = desk.harness.get(&desk.path).await;
        assert_eq!(stranger.problem(), (401, "unauthenticated".to_owned()));
        let forged = desk.put(&desk.path, "nonsense", &json!({})).await;
        assert_eq!(forged.problem(), (403, "forbidden".to_owned()));
        for id in ["019ac000-0000-7000-8000-00000000ffff", "nonsense"] {
            let path = format!("/api/v1/chatflows/{id}/availability");
            let answer = desk.put(&path, &desk.csrf, &json!({})).await;
            assert_eq!(answer.problem(), (404, "not_found".to_owned()));
        }
    }

    /// PERM-1
    #[tokio::test(flavor = "multi_thread")]
    async fn who_may_not_change_chatflows_changes_no_availability() {
        let desk = desk().await;
        desk.harness.grant(desk.agent, &[Permission::Users, Permission::Routing]).await;
        let answer = desk.put(&desk.path, &desk.csrf, &json!({"mode": "always"})).await;
        assert_eq!(answer.problem(), (403, "forbidden".to_owned()));
        assert_eq!(desk.get().await.json()["mode"], "agents");
        desk.harness.grant(desk.agent, &[Permission::SuperAdmin]).await;
        let answer = desk.put(&desk.path, &desk.csrf, &json!({"mode": "always"})).await;
        assert_eq!(answer.json()["mode"], "always");
    }
}
