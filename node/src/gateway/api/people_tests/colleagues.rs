//! The table of colleagues: who is on it, and for whom.

use super::*;

fn of(answer: &Value, id: AgentId) -> Option<Value> {
    let all = answer["colleagues"].as_array().expect("colleagues").iter();
    all.clone().find(|it| it["id"] == json!(id)).cloned()
}

/// AV-34
#[tokio::test]
async fn colleagues_are_those_with_access_to_an_inbox_that_the_asker_may_see() {
    let harness = Harness::new().await;
    let admin = harness.admin().await;
    let ada = harness.caller("Ada", &[]).await;
    let (ben, inbox) = (harness.hire("Ben", &[]).await, harness.inbox().await);
    assert_eq!(of(&ada.gets("colleagues").await, ben).expect("one")["inboxes"], json!([inbox]));

    let access = json!({"to": "chosen", "agents": [ada.id], "teams": []});
    admin.done(Method::PUT, &format!("inboxes/{inbox}/access"), access).await;

    let answer = ada.gets("colleagues").await;
    assert!(of(&answer, ada.id).is_some() && of(&answer, ben).is_none());
    let answer = admin.gets("colleagues").await;
    assert!(of(&answer, ada.id).is_some(), "a super admin may look");
    assert!(of(&answer, admin.id).is_none(), "and is no member");
    let gone = json!({"deactivated": true});
    admin.done(Method::PATCH, &format!("users/{}", ada.id), gone).await;
    assert!(of(&admin.gets("colleagues").await, ada.id).is_none());
}

/// AV-34, AV-32, AV-33
#[tokio::test]
async fn a_colleague_shows_the_hours_of_today() {
    let harness = Harness::new().await;
    let ada = harness.caller("Ada", &[]).await;
    assert_eq!(of(&ada.gets("colleagues").await, ada.id).expect("one")["hours"], Value::Null);
    let days =
        ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"].to_vec();
    let row = json!({"days": days, "start": "09:00", "end": "17:30"});
    let out = json!({"from": "2026-01-01T00:00", "until": "2199-01-01T12:30"});
    let path = format!("users/{}/hours", ada.id);
    let hours = json!({"time_zone": "Asia/Tokyo", "weekly": [row]});

    ada.done(Method::PUT, &path, hours.clone()).await;

    let of_ada = of(&ada.gets("colleagues").await, ada.id).expect("one");
    let rows = json!([{"start": "09:00", "end": "17:30"}]);
    assert_eq!(of_ada["hours"], json!({"time_zone": "Asia/Tokyo", "rows": rows}));
    let mut away = hours;
    away["out_of_office"] = json!([out]);
    ada.done(Method::PUT, &path, away).await;
    let of_ada = of(&ada.gets("colleagues").await, ada.id).expect("one");
    assert_eq!(of_ada["hours"]["rows"], json!([]));
    assert_eq!(of_ada["hours"]["out_until"], "2199-01-01T12:30");
}

#[tokio::test]
async fn chatflows_are_called_by_their_headings_to_who_may_see_their_inbox() {
    let harness = Harness::new().await;
    let admin = harness.admin().await;
    let ada = harness.caller("Ada", &[]).await;
    let inbox = harness.inbox().await;
    let answer = ada.gets("chatflows").await;
    assert_eq!(answer["chatflows"][0]["id"], json!(harness.chatflow));
    assert!(answer["chatflows"][0]["heading"].is_string());

    let access = json!({"to": "chosen", "agents": [admin.id], "teams": []});
    admin.done(Method::PUT, &format!("inboxes/{inbox}/access"), access).await;

    let answer = ada.gets("chatflows").await;
    let all = answer["chatflows"].as_array().expect("a list");
    assert!(all.iter().all(|it| it["inbox"] != json!(inbox)), "{answer}");
}

/// PERM-8: the console knows what to offer.
#[tokio::test]
async fn a_session_says_what_one_may_do() {
    let harness = Harness::new().await;
    let chief = harness.caller("Cleo", &[Permission::AvailabilityManagement]).await;
    assert_eq!(chief.gets("session").await["permissions"], json!(["availability_management"]));
}
