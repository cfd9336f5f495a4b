//! What is kept of each change.

use super::*;

#[tokio::test]
async fn who_changed_what_stands_in_the_trail_without_any_password() {
    let harness = Harness::new().await;
    let admin = harness.admin().await;
    let user = json!({"email": "eve@shop.example", "name": "Eve", "password": "long enough"});
    let eve = admin.done(Method::POST, "users", user).await;
    let path = format!("users/{}", eve["id"].as_str().expect("an id"));
    admin.done(Method::PATCH, &path, json!({"seat": "none"})).await;
    admin.done(Method::PATCH, &path, json!({"seat": "none"})).await;

    let trail = harness.app.store.people_changes().await;

    let kinds: Vec<_> = trail.iter().map(|(by, kind, ..)| (*by, kind.as_str())).collect();
    let by = Some(admin.id.0);
    assert_eq!(kinds, [(None, "user_added"), (by, "user_added"), (by, "user")]);
    assert_eq!(trail[2].3, r#"{"seat":"none"}"#);
    assert!(trail.iter().all(|line| !line.3.contains("argon2") && !line.3.contains("enough")));
}
