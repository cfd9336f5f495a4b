//! Skills over the API.

use salotto_protocol::people::Seat;

use super::*;

/// SK-2 to SK-7
#[tokio::test]
async fn skills_are_made_renamed_given_and_kept_while_somebody_has_them() {
    let harness = Harness::new().await;
    let admin = harness.admin().await;
    let ada = harness.hire("Ada", &[]).await;
    let both = json!({"category": "Product", "names": ["Bikes", "Cars"]});
    let made = admin.done(Method::POST, "skills", both).await;
    let names = |skills: &Value, at: usize| {
        let of = skills["categories"][at]["skills"].as_array().expect("skills").iter();
        of.map(|it| it["name"].as_str().expect("a name").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&made, 0), ["Bikes", "Cars"]);
    assert!(made["languages"].as_array().expect("languages").contains(&json!("de")));
    let bikes = made["categories"][0]["skills"][0]["id"].clone();
    let path = format!("skills/{}", bikes.as_str().expect("an id"));
    admin.done(Method::PATCH, &path, json!({"name": "Bicycles"})).await;
    let renamed = json!({"category": "Product", "name": "Things"});
    let renamed = admin.done(Method::PATCH, "skills", renamed).await;
    assert_eq!(renamed["categories"][0]["name"], "Things");
    assert_eq!(names(&renamed, 0), ["Bicycles", "Cars"]);

    let held = json!({"main_languages": ["de"], "secondary_languages": ["en"], "skills": [bikes]});
    let version = harness.row(ada).await.version;
    let user = admin.done(Method::PUT, &format!("users/{ada}/skills"), held.clone()).await;
    assert_eq!(user["skills"], held);
    let row = harness.row(ada).await;
    assert!(row.skills.speaks("de") && row.version == version + 1);
    let team = admin.team("Sales", &[], &[]).await;
    admin.done(Method::PATCH, &format!("teams/{team}"), json!({"skills": held})).await;
    let listed = admin.gets("skills").await;
    let bicycles = &listed["categories"][0]["skills"][0];
    assert_eq!((&bicycles["users"], &bicycles["teams"]), (&json!([ada]), &json!([team])));
    assert_eq!(admin.blamed(Method::DELETE, &path, Value::Null).await, "skill");
    let seat = admin.blamed(Method::PATCH, &format!("users/{ada}"), json!({"seat": "none"})).await;
    assert_eq!(seat, "seat");

    admin.done(Method::PUT, &format!("users/{ada}/skills"), json!({})).await;
    admin.done(Method::PATCH, &format!("teams/{team}"), json!({"skills": {}})).await;
    admin.done(Method::DELETE, &path, Value::Null).await;
    assert_eq!(names(&admin.gets("skills").await, 0), ["Cars"]);
}

/// SK-1: SK-7, PERM-11
#[tokio::test]
async fn a_teams_skills_are_for_super_admins_and_users_with_skills_need_a_service_seat() {
    let harness = Harness::new().await;
    let admin = harness.admin().await;
    let editor = harness.caller("Ada", &[Permission::Users]).await;
    let team = admin.team("Sales", &[], &[]).await;
    let german = json!({"main_languages": ["de"]});
    let answer = editor
        .asks(Method::PATCH, &format!("teams/{team}"), json!({"skills": german.clone()}))
        .await;
    assert!(forbidden(&answer), "{}", answer.text);
    admin.done(Method::PATCH, &format!("users/{}", editor.id), json!({"seat": "sales"})).await;
    assert_eq!(harness.row(editor.id).await.seat, Seat::Sales);
    let path = format!("users/{}/skills", editor.id);
    assert_eq!(admin.blamed(Method::PUT, &path, german).await, "skills");
}
