//! `/api/v1/users/{user}/hours`: when a user works, and is out of office (AV-32, AV-33).

use axum::extract::{Path, State};
use salotto_protocol::hours::WorkingHours;

use super::people::{Private, id, private, taken};
use crate::gateway::App;
use crate::gateway::auth::Agent;
use crate::gateway::body::StrictBody;
use crate::gateway::error::ApiError;
use crate::hours::Hours;
use crate::journal::Change;

/// None were ever set: as if nothing had been written.
pub(crate) async fn read(
    State(app): State<App>,
    _: Agent,
    Path(user): Path<String>,
) -> Result<Private<WorkingHours>, ApiError> {
    let hours = app.store.working_hours(id(&user)?).await?;
    Ok(private(hours.unwrap_or_default()))
}

/// By oneself, or a super admin. The next turn of the hours changes the status; an absence that is
/// on already does so now.
pub(crate) async fn put(
    State(app): State<App>,
    agent: Agent,
    Path(user): Path<String>,
    StrictBody(hours): StrictBody<WorkingHours>,
) -> Result<Private<WorkingHours>, ApiError> {
    let user = id(&user)?;
    Hours::of_agent(&hours)
        .map_err(|bad| ApiError::BadField { field: bad.field, complaint: bad.complaint })?;
    let change = Change::PutHours { by: agent.id, user, hours: Box::new(hours.clone()) };
    taken(app.journal.change(change).await?)?;
    Ok(private(hours))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Method;
    use axum::http::header::{CONTENT_TYPE, ORIGIN};
    use salotto_protocol::people::Permission;
    use salotto_protocol::{AgentId, AgentStatus};
    use serde_json::{Value, json};

    use crate::gateway::test_support::{Answer, Harness, OWN_ORIGIN, with_cookie};
    use crate::journal::{Change, NewAgent};

    struct Desk {
        harness: Harness,
        agent: AgentId,
        colleague: AgentId,
        cookie: String,
        csrf: String,
    }

    async fn desk() -> Desk {
        let harness = Harness::new().await;
        let agent = harness.add_agent().await;
        let colleague = AgentId::fresh();
        let new = NewAgent {
            id: colleague,
            email: "ben@shop.example".to_owned(),
            name: "Ben".to_owned(),
            password_hash: String::new(),
            status: AgentStatus::Available,
            capacity: 5,
        };
        harness.app.journal.change(Change::AddAgent(new)).await.expect("added");
        let (cookie, session) = harness.signed_in().await;
        let csrf = session["csrf_token"].as_str().expect("a token").to_owned();
        Desk { harness, agent, colleague, cookie, csrf }
    }

    impl Desk {
        async fn put(&self, user: &str, body: &Value) -> Answer {
            let path = format!("/api/v1/users/{user}/hours");
            let request = with_cookie(Method::PUT, &path, &self.cookie)
                .header("x-salotto-csrf", &self.csrf)
                .header(ORIGIN, OWN_ORIGIN)
                .header(CONTENT_TYPE, "application/json")
                .body(Body::from(body.to_string()));
            self.harness.send(request.expect("a request")).await
        }

        async fn get(&self, user: AgentId) -> Value {
            self.read(&format!("/api/v1/users/{user}/hours")).await
        }

        async fn read(&self, path: &str) -> Value {
            let request = with_cookie(Method::GET, path, &self.cookie).body(Body::empty());
            self.harness.send(request.expect("a request")).await.json()
        }

        async fn own_status(&self) -> Value {
            let all = self.read("/api/v1/users").await;
            let users = all["users"].as_array().expect("a list");
            let own = users.iter().find(|user| user["id"] == json!(self.agent));
            own.expect("the one who asks")["status"].clone()
        }
    }

    fn hours() -> Value {
        json!({
            "time_zone": "Europe/Berlin",
            "weekly": [{"days": ["monday"], "start": "09:00", "end": "17:00"}],
            "out_of_office": [{"from": "2026-12-24T12:00", "until": "2027-01-04T00:00"}],
        })
    }

    /// AV-32, AV-33
    #[tokio::test(flavor = "multi_thread")]
    async fn a_user_sets_hours_of_their_own() {
        let desk = desk().await;
        let nothing = json!({"time_zone": "UTC", "weekly": [], "out_of_office": []});
        assert_eq!(desk.get(desk.agent).await, nothing);

        let answer = desk.put(&desk.agent.to_string(), &hours()).await;

        assert_eq!((answer.status, answer.json()), (200, hours()));
        assert_eq!(desk.get(desk.agent).await, hours());
        assert_eq!(desk.get(desk.colleague).await, nothing);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn av_33_an_absence_that_is_on_already_makes_away_until_it_is_taken_back() {
        let desk = desk().await;
        let own = desk.agent.to_string();
        let long = json!([{"from": "2020-01-01T00:00", "until": "2099-01-01T00:00"}]);
        assert_eq!(desk.own_status().await, "available");

        assert_eq!(desk.put(&own, &json!({"out_of_office": long})).await.status, 200);
        assert_eq!(desk.own_status().await, "away");
        assert_eq!(desk.put(&own, &json!({"out_of_office": []})).await.status, 200);
        assert_eq!(desk.own_status().await, "available");

        let weekly = hours()["weekly"].clone();
        assert_eq!(desk.put(&own, &json!({"weekly": weekly})).await.status, 200);
        assert_eq!(desk.own_status().await, "available", "rows wait for their next turn");
    }

    /// AV-32
    #[tokio::test(flavor = "multi_thread")]
    async fn the_hours_of_somebody_else_are_for_super_admins() {
        let desk = desk().await;
        let colleague = desk.colleague.to_string();
        desk.harness.grant(desk.agent, &[Permission::Users]).await;
        let answer = desk.put(&colleague, &hours()).await;
        assert_eq!(answer.problem(), (403, "forbidden".to_owned()));
        desk.harness.grant(desk.agent, &[Permission::SuperAdmin]).await;
        assert_eq!(desk.put(&colleague, &hours()).await.status, 200);
        assert_eq!(desk.get(desk.colleague).await, hours());
        let nobody = AgentId::fresh().to_string();
        assert_eq!(desk.put(&nobody, &hours()).await.problem(), (404, "not_found".to_owned()));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn bad_hours_are_refused_with_the_path_of_the_field() {
        let desk = desk().await;
        let overlap = json!([
            {"days": ["monday"], "start": "09:00", "end": "12:00"},
            {"days": ["monday"], "start": "11:00", "end": "13:00"},
        ]);
        let backwards = json!([{"from": "2026-12-24T12:00", "until": "2026-12-24T11:00"}]);
        for (body, field) in [
            (json!({"time_zone": "Moon/Tycho"}), "time_zone"),
            (json!({"weekly": overlap}), "weekly[1]"),
            (json!({"out_of_office": backwards}), "out_of_office[0].until"),
            (json!({"holidays": []}), "holidays"),
        ] {
            let answer = desk.put(&desk.agent.to_string(), &body).await;
            assert_eq!(answer.problem(), (400, "bad_field".to_owned()), "{body}");
            assert_eq!(answer.json()["field"], field);
        }
    }
}
