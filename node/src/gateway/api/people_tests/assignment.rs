//! Assignment rules over the API: what is taken, what is refused, what is shown as skipped.

use salotto_protocol::assignment::{
    CONDITION_TEXT_BYTES_MAX, CONDITIONS_MAX, RULE_MEMBERS_MAX, RULE_SKILLS_MAX, RULES_MAX,
};
use salotto_protocol::people::MEMBERS_MAX;

use super::*;

fn path(harness: &Harness) -> String {
    format!("chatflows/{}/assignment", harness.chatflow)
}

fn unknown() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// AS-1, AS-2, AS-9, AS-20, AS-21, SK-9
#[tokio::test]
async fn as_21_what_is_put_is_in_force_and_who_is_deactivated_later_is_shown_as_skipped() {
    let harness = Harness::new().await;
    let admin = harness.admin().await;
    let (ada, ben) = (harness.hire("Ada", &[]).await, harness.hire("Ben", &[]).await);
    let team = admin.team("Sales", &[ben], &[]).await;
    let skill = admin.skill("Product", "Bikes").await;
    let path = path(&harness);
    let before = admin.gets(&path).await;
    assert_eq!((&before["assign"], &before["assign_to"]), (&json!(false), &json!("named")));
    assert_eq!((&before["rules"], &before["skipped"]), (&json!([]), &json!([])));
    let conditions = json!([
        {"kind": "page_url", "operator": "contains", "text": "/bikes"},
        {"kind": "returning_visitor", "is": true},
        {"kind": "known_contact", "is": true},
        {"kind": "contact_owner", "is": false},
    ]);
    let rule = json!({"name": "Bikes", "conditions": conditions, "skills": [skill],
        "languages": ["es"], "agents": [ada], "teams": [team]});
    let put = json!({"assign": true, "assign_to": "contact_owner", "distribution": "random",
        "ignore_availability": true, "agents": [ada], "teams": [team], "rules": [rule],
        "overflow": {"after_ms": 60_000, "agents": [ben], "teams": []}});

    let answer = admin.done(Method::PUT, &path, put.clone()).await;

    let nobody = json!([{"field": "rules[0]", "reason": "nobody"}]);
    assert_eq!(answer["skipped"], nobody, "who has no such skill");
    for (name, value) in put.as_object().expect("an object") {
        assert_eq!(&answer[name], value, "{name}");
    }
    assert_eq!(admin.gets(&path).await, answer);
    admin.done(Method::PATCH, &format!("users/{ada}"), json!({"deactivated": true})).await;
    admin.done(Method::PATCH, &format!("users/{ben}"), json!({"seat": "none"})).await;
    admin.done(Method::PATCH, &format!("teams/{team}"), json!({"main_members": []})).await;
    let skipped = admin.gets(&path).await["skipped"].clone();
    let reasons: Vec<_> = skipped.as_array().expect("a list").iter().collect();
    let reasons = reasons.iter().map(|it| (it["field"].as_str(), it["reason"].as_str()));
    let expected = [
        ("agents[0]", "deactivated"),
        ("teams[0]", "empty_team"),
        ("rules[0].agents[0]", "deactivated"),
        ("rules[0].teams[0]", "empty_team"),
        ("rules[0]", "nobody"),
        ("overflow.agents[0]", "no_seat"),
    ];
    assert!(reasons.eq(expected.map(|(field, why)| (Some(field), Some(why)))), "{skipped}");
    for path in [format!("teams/{team}"), format!("skills/{skill}")] {
        let answer = admin.asks(Method::DELETE, &path, Value::Null).await;
        assert_eq!(answer.problem(), (400, "bad_field".to_owned()), "a rule names it");
    }
}

/// AS-8
#[tokio::test]
async fn as_8_who_may_not_see_the_inbox_is_shown_as_skipped() {
    let harness = Harness::new().await;
    let admin = harness.admin().await;
    let (ada, ben) = (harness.hire("Ada", &[]).await, harness.hire("Ben", &[]).await);
    let access = json!({"to": "chosen", "agents": [ben], "teams": []});
    admin.done(Method::PUT, &format!("inboxes/{}/access", harness.inbox().await), access).await;
    let put = json!({"assign": true, "agents": [ada, ben]});
    let answer = admin.done(Method::PUT, &path(&harness), put).await;
    assert_eq!(answer["skipped"], json!([{"field": "agents[0]", "reason": "no_access"}]));
}

/// AS-9, PERM-3
#[tokio::test]
async fn as_9_who_has_no_seat_for_tickets_is_shown_as_skipped_and_so_is_a_team_of_such() {
    let harness = Harness::new().await;
    let admin = harness.admin().await;
    let (ada, ben) = (harness.hire("Ada", &[]).await, harness.hire("Ben", &[]).await);
    let team = admin.team("Sales", &[ada], &[ben]).await;
    admin.done(Method::PATCH, &format!("users/{ada}"), json!({"seat": "sales"})).await;
    let rule = json!({"name": "Bikes", "agents": [ada]});
    let put = json!({"assign": true, "agents": [ada, ben], "teams": [team], "rules": [rule]});
    let path = path(&harness);
    assert_eq!(admin.done(Method::PUT, &path, put).await["skipped"], json!([]), "of chats");

    let kind = format!("inboxes/{}/kind", harness.inbox().await);
    admin.done(Method::PUT, &kind, json!({"kind": "help_desk"})).await;

    let skipped = json!([
        {"field": "agents[0]", "reason": "no_seat"},
        {"field": "teams[0]", "reason": "nobody"},
        {"field": "rules[0].agents[0]", "reason": "no_seat"},
        {"field": "rules[0]", "reason": "nobody"},
    ]);
    assert_eq!(admin.gets(&path).await["skipped"], skipped);
    admin.done(Method::PUT, &kind, json!({"kind": "inbox"})).await;
    admin.done(Method::PATCH, &format!("users/{ada}"), json!({"deactivated": true})).await;
    let team = json!({"field": "teams[0]", "reason": "nobody"});
    assert_eq!(admin.gets(&path).await["skipped"][1], team, "who is deactivated is nobody");
}

/// PERM-2
#[tokio::test]
async fn perm_2_rules_are_for_who_has_the_permission_and_a_seat() {
    let harness = Harness::new().await;
    let admin = harness.admin().await;
    let others = [Permission::Users, Permission::Chatflows, Permission::AvailabilityManagement];
    let nobody = harness.caller("Ada", &others).await;
    let router = harness.caller("Ben", &[Permission::Routing]).await;
    let (path, put) = (path(&harness), json!({"assign": true}));
    let answer = nobody.asks(Method::PUT, &path, put.clone()).await;
    assert!(forbidden(&answer), "{}", answer.text);
    admin.done(Method::PATCH, &format!("users/{}", router.id), json!({"seat": "none"})).await;
    let answer = router.asks(Method::PUT, &path, put.clone()).await;
    assert!(forbidden(&answer), "without a seat: {}", answer.text);
    assert_eq!(nobody.gets(&path).await["assign"], false);
    admin.done(Method::PATCH, &format!("users/{}", router.id), json!({"seat": "sales"})).await;
    assert_eq!(router.done(Method::PUT, &path, put).await["assign"], true);
    let trail = harness.app.store.people_changes().await;
    let line = trail.iter().find(|(_, kind, ..)| kind == "assignment").expect("in the trail");
    assert_eq!((line.0, line.2), (Some(router.id.0), Some(harness.chatflow.0)));
    let nowhere = format!("chatflows/{}/assignment", unknown());
    let answer = admin.asks(Method::PUT, &nowhere, json!({})).await;
    assert_eq!(answer.problem(), (404, "not_found".to_owned()));
}

/// AS-2, AS-9: users and teams, wherever they are named.
#[tokio::test]
async fn as_9_who_cannot_be_given_anything_is_refused_with_the_path() {
    let harness = Harness::new().await;
    let admin = harness.admin().await;
    let ada = harness.hire("Ada", &[]).await;
    let (gone, seatless) = (harness.hire("Ben", &[]).await, harness.hire("Cora", &[]).await);
    admin.done(Method::PATCH, &format!("users/{gone}"), json!({"deactivated": true})).await;
    admin.done(Method::PATCH, &format!("users/{seatless}"), json!({"seat": "none"})).await;
    let (team, empty) =
        (admin.team("Sales", &[ada], &[]).await, admin.team("Empty", &[], &[ada]).await);
    let many: Vec<String> = (0..=MEMBERS_MAX).map(|_| unknown()).collect();
    let path = path(&harness);
    for (named, field) in [
        (json!({"agents": [ada, unknown()]}), "agents[1]"),
        (json!({"agents": [gone]}), "agents[0]"),
        (json!({"agents": [ada, seatless]}), "agents[1]"),
        (json!({"agents": [ada, ada]}), "agents[1]"),
        (json!({"agents": ["nobody"]}), "agents[0]"),
        (json!({"teams": [unknown()]}), "teams[0]"),
        (json!({"teams": [team, empty]}), "teams[1]"),
        (json!({"teams": [team, team]}), "teams[1]"),
        (json!({"agents": many}), "agents"),
    ] {
        assert_eq!(admin.blamed(Method::PUT, &path, named.clone()).await, field, "{named}");
        let mut overflow = named.clone();
        overflow["after_ms"] = json!(60_000);
        let overflow = json!({"overflow": overflow});
        let blamed = admin.blamed(Method::PUT, &path, overflow).await;
        assert_eq!(blamed, format!("overflow.{field}"));
        let mut rule = named;
        rule["name"] = json!("Some");
        let blamed = admin.blamed(Method::PUT, &path, json!({"rules": [rule]})).await;
        assert_eq!(blamed, format!("rules[0].{field}"));
    }
    let many: Vec<String> = (0..=RULE_MEMBERS_MAX).map(|_| unknown()).collect();
    let rules = json!({"rules": [{"name": "Some", "agents": many}]});
    assert_eq!(admin.blamed(Method::PUT, &path, rules).await, "rules[0].agents");
    assert_eq!(admin.gets(&path).await["agents"], json!([]), "nothing of it was taken");
}

/// SK-8, SK-9, AS-21
#[tokio::test]
async fn sk_9_bad_rules_are_refused_with_the_path_of_the_field() {
    let harness = Harness::new().await;
    let admin = harness.admin().await;
    let path = path(&harness);
    let spanish = || json!({"name": "Spanish", "languages": ["es"]});
    let with = |name: &str, value: Value| {
        let mut rule = spanish();
        rule[name] = value;
        json!({"rules": [rule]})
    };
    let url = |text: &str| json!({"kind": "page_url", "operator": "is", "text": text});
    let long = "x".repeat(CONDITION_TEXT_BYTES_MAX + 1);
    let skills: Vec<String> = (0..RULE_SKILLS_MAX).map(|_| unknown()).collect();
    let numbered = |n: usize| json!({"name": format!("Rule {n}"), "languages": ["es"]});
    let rules: Vec<Value> = (0..=RULES_MAX).map(numbered).collect();
    for (body, field) in [
        (json!({"distribution": "by_height"}), "distribution"),
        (json!({"assign_to": "the_moon"}), "assign_to"),
        (json!({"asign": true}), "asign"),
        (with("name", json!("")), "rules[0].name"),
        (with("name", json!("x".repeat(101))), "rules[0].name"),
        (json!({"rules": [{"languages": ["es"]}]}), "rules[0].name"),
        (json!({"rules": [spanish(), {"name": "SPANISH", "skills": []}]}), "rules[1].name"),
        (json!({"rules": [{"name": "Nobody"}]}), "rules[0].skills"),
        (with("skills", json!([unknown()])), "rules[0].skills[0]"),
        (with("skills", json!(skills)), "rules[0].skills"),
        (with("languages", json!(["es", "tlh"])), "rules[0].languages[1]"),
        (with("languages", json!(["es", "es"])), "rules[0].languages[1]"),
        (with("skill", json!([])), "rules[0].skill"),
        (with("conditions", json!([url(" ")])), "rules[0].conditions[0].text"),
        (with("conditions", json!([url(&long)])), "rules[0].conditions[0].text"),
        (with("conditions", json!([{"kind": "weather"}])), "rules[0].conditions[0].kind"),
        (with("conditions", json!([url("/"), {"kind": "page_url"}])), "rules[0].conditions[1]"),
        (with("conditions", json!(vec![url("/"); CONDITIONS_MAX + 1])), "rules[0].conditions"),
        (json!({"rules": rules}), "rules"),
        (json!({"overflow": {"after_ms": 60_000}}), "overflow.agents"),
        (json!({"overflow": {"after_ms": 999, "agents": [admin.id]}}), "overflow.after_ms"),
        (json!({"overflow": {"after_ms": 86_400_001, "teams": []}}), "overflow.after_ms"),
    ] {
        let blamed = admin.blamed(Method::PUT, &path, body.clone()).await;
        assert!(blamed == field || blamed == format!("{field}.operator"), "{blamed} of {body}");
    }
    let full: Vec<Value> = (0..RULES_MAX).map(numbered).collect();
    let answer = admin.done(Method::PUT, &path, json!({"rules": full})).await;
    assert_eq!(
        answer["rules"].as_array().map(Vec::len),
        Some(RULES_MAX),
        "as many as there may be"
    );
}
