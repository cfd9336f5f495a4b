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

/// CAP-20, CAP-21, PERM-9, PERM-10
#[tokio::test]
async fn who_edits_users_sets_the_limit_of_tickets_and_super_admins_alone_that_of_chats() {
    let harness = Harness::new().await;
    let admin = harness.admin().await;
    let editor = harness.caller("Ada", &[Permission::Users]).await;
    let nobody = harness.caller("Ben", &[]).await;
    let path = format!("users/{}", nobody.id);
    let limit = json!({"ticket_capacity_limit_on": true, "ticket_capacity_limit": 7});
    let own = json!({"ticket_capacity_override": 3});
    for (method, path, body) in
        [(Method::PUT, "account", &limit), (Method::PATCH, path.as_str(), &own)]
    {
        assert!(forbidden(&nobody.asks(method, path, body.clone()).await));
    }
    let refused = [
        (Method::PUT, "account", json!({"capacity_limit": 3})),
        (Method::PUT, "account", json!({"capacity_limit": 3, "ticket_capacity_limit": 3})),
        (Method::PATCH, path.as_str(), json!({"capacity_override": 3})),
        (Method::PATCH, path.as_str(), json!({"capacity_override": null})),
    ];
    for (method, path, body) in refused {
        assert!(forbidden(&editor.asks(method, path, body.clone()).await), "{body}");
    }

    editor.done(Method::PUT, "account", limit).await;
    let row = harness.row(nobody.id).await;
    assert_eq!((row.ticket_capacity, row.capacity), (7, 5), "of chats they have their own");
    let user = editor.done(Method::PATCH, &path, own).await;
    assert_eq!(
        (&user["ticket_capacity"], &user["ticket_capacity_override"]),
        (&json!(3), &json!(3))
    );
    let none = json!({"ticket_capacity_override": null});
    let user = editor.done(Method::PATCH, &path, none).await;
    assert_eq!((&user["tickets"], &user["ticket_capacity"]), (&json!(0), &json!(7)));
    for (path, field) in
        [("account", "ticket_capacity_limit"), (path.as_str(), "ticket_capacity_override")]
    {
        let method = if path == "account" { Method::PUT } else { Method::PATCH };
        assert_eq!(admin.blamed(method, path, json!({field: 0})).await, field);
    }
    admin.done(Method::PATCH, &path, json!({"capacity_override": 4})).await;
}

/// CAP-23, PERM-10
#[tokio::test]
async fn cap_23_the_age_up_to_which_tickets_count_is_set_and_taken_away() {
    let harness = Harness::new().await;
    harness.admin().await;
    let editor = harness.caller("Ada", &[Permission::Users]).await;
    let nobody = harness.caller("Ben", &[]).await;
    let field = "ticket_age_days_max";
    let of = |days: Value| json!({ field: days });
    assert!(forbidden(&nobody.asks(Method::PUT, "account", of(json!(30))).await));
    assert_eq!(editor.gets("account").await[field], Value::Null);
    for days in [json!(0), json!(3_651)] {
        assert_eq!(editor.blamed(Method::PUT, "account", of(days)).await, field);
    }
    editor.done(Method::PUT, "account", of(json!(30))).await;
    editor.done(Method::PUT, "account", json!({"ticket_capacity_limit": 7})).await;
    assert_eq!(editor.gets("account").await[field], 30, "what is left out stays");
    editor.done(Method::PUT, "account", of(Value::Null)).await;
    assert_eq!(editor.gets("account").await[field], Value::Null);
}

/// AS-20, CAP-3
#[tokio::test]
async fn an_inbox_becomes_a_help_desk_by_a_super_admin() {
    let harness = Harness::new().await;
    let admin = harness.admin().await;
    let editor = harness.caller("Ada", &[Permission::Users]).await;
    let path = format!("inboxes/{}/kind", harness.inbox().await);
    assert_eq!(admin.gets(&path).await["kind"], "inbox");
    let desk = json!({"kind": "help_desk"});
    assert!(forbidden(&editor.asks(Method::PUT, &path, desk.clone()).await));
    assert_eq!(editor.gets(&path).await["kind"], "inbox");

    assert_eq!(admin.done(Method::PUT, &path, desk).await["kind"], "help_desk");
    assert_eq!(editor.gets(&path).await["kind"], "help_desk");
    let wrong = admin.asks(Method::PUT, &path, json!({"kind": "garage"})).await;
    assert_eq!(wrong.status, 400, "{}", wrong.text);
    let unknown = format!("inboxes/{}/kind", InboxId::fresh());
    let answer = admin.asks(Method::PUT, &unknown, json!({"kind": "inbox"})).await;
    assert_eq!(answer.status, 404);
}
