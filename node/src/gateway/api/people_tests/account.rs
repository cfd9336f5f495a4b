//! Limits of chats and tickets: the account's, and each user's own.

use super::*;

/// CAP-1, CAP-2
#[tokio::test]
async fn the_accounts_capacity_is_everybodys_who_has_none_of_their_own() {
    let harness = Harness::new().await;
    let admin = harness.admin().await;
    let user = json!({"email": "eve@shop.example", "name": "Eve", "password": "long enough"});
    let eve = admin.done(Method::POST, "users", user).await;
    assert_eq!((&eve["capacity"], &eve["capacity_override"]), (&Value::Null, &Value::Null));
    let path = format!("users/{}", eve["id"].as_str().expect("an id"));
    let id: AgentId = eve["id"].as_str().expect("an id").parse().expect("an id");
    let version = harness.row(id).await.version;

    let limit = json!({"capacity_limit_on": true, "capacity_limit": 4});
    admin.done(Method::PUT, "account", limit.clone()).await;

    let account = admin.gets("account").await;
    assert_eq!(
        (&account["capacity_limit_on"], &account["capacity_limit"]),
        (&json!(true), &json!(4))
    );
    let row = harness.row(id).await;
    assert_eq!((row.capacity, row.version), (4, version + 1));
    assert_eq!(harness.row(admin.id).await.capacity, 5, "has one of their own");
    let own = admin.done(Method::PATCH, &path, json!({"capacity_override": 2})).await;
    assert_eq!((&own["capacity"], &own["capacity_override"]), (&json!(2), &json!(2)));
    let limit = json!({"capacity_limit_on": true, "capacity_limit": 6});
    admin.done(Method::PUT, "account", limit).await;
    assert_eq!(harness.row(id).await.capacity, 2);
    let none = admin.done(Method::PATCH, &path, json!({"capacity_override": null})).await;
    assert_eq!((&none["capacity"], &none["capacity_override"]), (&json!(6), &Value::Null));
}

/// CAP-6
#[tokio::test]
async fn the_window_of_active_chats_is_twelve_hours_and_can_be_set_within_limits() {
    let harness = Harness::new().await;
    let admin = harness.admin().await;
    assert_eq!(admin.gets("account").await["active_chat_window_ms"], 43_200_000);

    let set = admin.done(Method::PUT, "account", json!({"active_chat_window_ms": 1_000})).await;
    assert_eq!(set["active_chat_window_ms"], 1_000);
    let other = admin.done(Method::PUT, "account", json!({"capacity_limit": 9})).await;
    assert_eq!(other["active_chat_window_ms"], 1_000, "what is left out stays");
    for wrong in [0, 999, 2_592_000_001_u64] {
        let body = json!({"active_chat_window_ms": wrong});
        assert_eq!(admin.blamed(Method::PUT, "account", body).await, "active_chat_window_ms");
    }
    let ada = harness.caller("Ada", &[Permission::Users]).await;
    let body = json!({"active_chat_window_ms": 60_000});
    assert!(forbidden(&ada.asks(Method::PUT, "account", body).await));
    assert_eq!(admin.gets("account").await["active_chat_window_ms"], 1_000);
}
