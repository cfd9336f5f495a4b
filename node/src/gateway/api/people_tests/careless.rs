//! What a careless admin sends: each mistake is refused, and named.

use salotto_protocol::people::{HELD_SKILLS_MAX, MEMBERS_MAX};

use super::*;

/// Nothing that was meant is left undone without a word.
#[tokio::test]
async fn a_field_that_does_not_exist_is_refused_by_its_name() {
    let harness = Harness::new().await;
    let admin = harness.admin().await;
    let (inbox, team) = (harness.inbox().await, admin.team("Sales", &[], &[]).await);
    let skill = admin.skill("Product", "Bikes").await;
    let own = format!("users/{}", admin.id);
    for (method, path, body) in [
        (Method::POST, "users".to_owned(), json!({"email": "eve@shop.example", "naem": "Eve"})),
        (Method::PATCH, own.clone(), json!({"naem": "Eve"})),
        (Method::PUT, format!("{own}/status"), json!({"status": "away", "naem": 1})),
        (Method::PUT, format!("{own}/skills"), json!({"naem": []})),
        (Method::PUT, format!("{own}/hours"), json!({"naem": []})),
        (Method::POST, "teams".to_owned(), json!({"naem": "Support"})),
        (Method::PATCH, format!("teams/{team}"), json!({"naem": "Support"})),
        (Method::PUT, format!("inboxes/{inbox}/access"), json!({"to": "everyone", "naem": []})),
        (Method::PUT, format!("inboxes/{inbox}/access"), json!({"to": "chosen", "naem": []})),
        (Method::PUT, format!("inboxes/{inbox}/kind"), json!({"kind": "inbox", "naem": 1})),
        (Method::PUT, "account".to_owned(), json!({"naem": 3})),
        (Method::POST, "skills".to_owned(), json!({"category": "Product", "naem": []})),
        (Method::PATCH, "skills".to_owned(), json!({"category": "Product", "naem": "Things"})),
        (Method::PATCH, format!("skills/{skill}"), json!({"naem": "Cars"})),
    ] {
        assert_eq!(admin.blamed(method, &path, body.clone()).await, "naem", "{path}: {body}");
    }
    let body = json!({"skills": {"naem": []}});
    let blamed = admin.blamed(Method::PATCH, &format!("teams/{team}"), body).await;
    assert_eq!(blamed, "skills.naem");
}

/// PERM-5
#[tokio::test]
async fn perm_5_access_that_is_no_access_is_refused_with_the_path_of_the_field() {
    let harness = Harness::new().await;
    let admin = harness.admin().await;
    let (ada, gone) = (harness.hire("Ada", &[]).await, harness.hire("Ben", &[]).await);
    let empty = admin.team("Empty", &[], &[]).await;
    let left = admin.team("Left", &[gone], &[]).await;
    let extra = admin.team("Extra", &[], &[ada]).await;
    admin.done(Method::PATCH, &format!("users/{gone}"), json!({"deactivated": true})).await;
    let path = format!("inboxes/{}/access", harness.inbox().await);
    let many: Vec<String> = (0..=MEMBERS_MAX).map(|_| AgentId::fresh().to_string()).collect();
    for (body, field) in [
        (json!({}), "to"),
        (json!({"to": "nobody"}), "to"),
        (json!({"to": ["chosen"]}), "to"),
        (json!({"to": "everyone", "agents": [ada]}), "agents"),
        (json!({"to": "everyone", "teams": [extra]}), "teams"),
        (json!({"to": "chosen"}), "agents"),
        (json!({"to": "chosen", "agents": "Ada"}), "agents"),
        (json!({"to": "chosen", "agents": ["Ada"]}), "agents[0]"),
        (json!({"to": "chosen", "agents": [ada, AgentId::fresh()]}), "agents[1]"),
        (json!({"to": "chosen", "agents": [ada, ada]}), "agents[1]"),
        (json!({"to": "chosen", "agents": [ada], "teams": [extra, extra]}), "teams[1]"),
        (json!({"to": "chosen", "agents": many}), "agents"),
        (json!({"to": "chosen", "teams": [empty]}), "agents"),
        (json!({"to": "chosen", "agents": [gone], "teams": [empty, left]}), "agents"),
    ] {
        assert_eq!(admin.blamed(Method::PUT, &path, body.clone()).await, field, "{body}");
    }
    assert_eq!(admin.gets(&path).await["access"], json!({"to": "everyone"}), "nothing was taken");
    let both = json!({"to": "chosen", "agents": [gone], "teams": [extra]});
    assert_eq!(admin.done(Method::PUT, &path, both.clone()).await["access"], both);
}

/// CAP-1, CAP-2, CAP-20
#[tokio::test]
async fn a_limit_is_a_whole_number_from_one_on_wherever_it_is_set() {
    let harness = Harness::new().await;
    let admin = harness.admin().await;
    let own = format!("users/{}", admin.id);
    let before = (admin.gets("account").await, admin.gets("users").await);
    for wrong in [json!(0), json!(-1), json!(1.5), json!("5"), json!(10_001), json!(1e30)] {
        for field in ["capacity_limit", "ticket_capacity_limit"] {
            let blamed = admin.blamed(Method::PUT, "account", json!({field: wrong})).await;
            assert_eq!(blamed, field, "{wrong}");
        }
        for field in ["capacity_override", "ticket_capacity_override"] {
            let blamed = admin.blamed(Method::PATCH, &own, json!({field: wrong})).await;
            assert_eq!(blamed, field, "{wrong}");
        }
        let eve = json!({"email": "eve@shop.example", "name": "Eve", "password": "long enough",
            "capacity_override": wrong});
        assert_eq!(admin.blamed(Method::POST, "users", eve).await, "capacity_override");
    }
    assert_eq!((admin.gets("account").await, admin.gets("users").await), before);
}

#[tokio::test]
async fn names_and_lists_of_the_wrong_kind_are_named() {
    let harness = Harness::new().await;
    let admin = harness.admin().await;
    let own = format!("users/{}", admin.id);
    let (inbox, skills) = (harness.inbox().await, format!("users/{}/skills", admin.id));
    let team = format!("teams/{}", admin.team("Sales", &[], &[]).await);
    let other = admin.skill("Product", "Cars").await;
    let skill = format!("skills/{}", admin.skill("Product", "Bikes").await);
    let many: Vec<AgentId> = (0..=MEMBERS_MAX).map(|_| AgentId::fresh()).collect();
    let held = vec![other.clone(); HELD_SKILLS_MAX + 1];
    for name in [json!(""), json!(" "), json!(" Eve"), json!("E\tve"), json!("x".repeat(101))] {
        assert_eq!(admin.blamed(Method::PATCH, &own, json!({"name": name})).await, "name");
        assert_eq!(admin.blamed(Method::PATCH, &team, json!({"name": name})).await, "name");
        assert_eq!(admin.blamed(Method::PATCH, &skill, json!({"name": name})).await, "name");
        let names = json!({"category": "Product", "names": ["Vans", name]});
        assert_eq!(admin.blamed(Method::POST, "skills", names).await, "names[1]");
    }
    let put = Method::PUT;
    for (method, path, body, field) in [
        (put.clone(), format!("{own}/status"), json!({"status": "asleep"}), "status"),
        (put.clone(), format!("{own}/status"), json!({}), "status"),
        (put.clone(), format!("inboxes/{inbox}/kind"), json!({"kind": "garage"}), "kind"),
        (
            put.clone(),
            "account".to_owned(),
            json!({"capacity_limit_on": "yes"}),
            "capacity_limit_on",
        ),
        (put.clone(), skills.clone(), json!({"skills": [other, other]}), "skills[1]"),
        (put.clone(), skills.clone(), json!({"skills": held}), "skills"),
        (put.clone(), skills.clone(), json!({"skills": ["Cars"]}), "skills[0]"),
        (
            put,
            skills,
            json!({"main_languages": ["de"], "secondary_languages": ["de"]}),
            "secondary_languages[0]",
        ),
        (Method::PATCH, own, json!({"seat": "window"}), "seat"),
        (Method::PATCH, team.clone(), json!({"main_members": many}), "main_members"),
        (Method::PATCH, team, json!({"extra_members": [1]}), "extra_members[0]"),
        (Method::PATCH, skill, json!({"name": "CARS"}), "name"),
        (Method::PATCH, "skills".to_owned(), json!({"category": "Product"}), "name"),
    ] {
        assert_eq!(admin.blamed(method, &path, body.clone()).await, field, "{path}: {body}");
    }
}

#[tokio::test]
async fn what_is_no_text_in_an_address_leads_nowhere_and_says_so() {
    let harness = Harness::new().await;
    let admin = harness.admin().await;
    for path in ["users/%FF", "teams/%ff%fe", "skills/%C3%28"] {
        let answer = admin.asks(Method::PATCH, path, json!({"name": "Eve"})).await;
        assert_eq!(answer.problem(), (404, "not_found".to_owned()), "{path}");
    }
    for path in ["inboxes/%FF/access", "chatflows/%FF/assignment", "visitors/%FF/contact"] {
        let answer = admin.asks(Method::GET, path, Value::Null).await;
        assert_eq!(answer.problem(), (404, "not_found".to_owned()), "{path}");
    }
    let answer = harness.get("/api/v1/sites/%FF").await;
    assert_eq!(answer.problem(), (404, "not_found".to_owned()));
}
