//! Users, teams, access, capacity and skills over the API: what works, and what is refused.

mod account;
mod assignment;
mod careless;
mod colleagues;
mod contacts;
mod every_route;
mod skills;
mod trail;

use axum::body::Body;
use axum::http::Method;
use axum::http::header::{CONTENT_TYPE, ORIGIN};
use salotto_protocol::people::{Permission, Permissions};
use salotto_protocol::{AgentId, AgentStatus, InboxId};
use serde_json::{Value, json};

use crate::gateway::test_support::{Answer, Harness, OWN_ORIGIN, PASSWORD, sign_in, with_cookie};
use crate::journal::{Asked, Change, Changed, NewAccount, Request};
use crate::store::AgentRow;

/// Somebody signed in.
struct Caller<'h> {
    harness: &'h Harness,
    id: AgentId,
    cookie: String,
    csrf: String,
}

impl Harness {
    /// An account with these permissions, added on the command line.
    async fn hire(&self, name: &str, granted: &[Permission]) -> AgentId {
        let mut row = AgentRow::new(AgentId::fresh(), &email(name), name);
        row.permissions = Permissions::of(granted);
        row.capacity = 5;
        let id = row.id;
        let password_hash = crate::gateway::hash_password(PASSWORD).expect("hashed");
        let new = NewAccount { row, password_hash, first_is_super_admin: false };
        let request = Request { by: None, asked: Asked::AddUser(new) };
        let changed = self.app.journal.change(Change::People(request)).await.expect("changed");
        assert_eq!(changed, Changed::Done);
        id
    }

    async fn caller(&self, name: &str, granted: &[Permission]) -> Caller<'_> {
        let id = self.hire(name, granted).await;
        let answer = self.send(sign_in(&email(name), PASSWORD)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let line = answer.header("set-cookie").expect("a cookie");
        let cookie = line.split(';').next().expect("a pair").to_owned();
        let csrf = answer.json()["csrf_token"].as_str().expect("a token").to_owned();
        Caller { harness: self, id, cookie, csrf }
    }

    async fn admin(&self) -> Caller<'_> {
        self.caller("Root", &[Permission::SuperAdmin]).await
    }

    async fn inbox(&self) -> InboxId {
        self.app.store.settings().await.expect("read").inboxes[0].id
    }

    async fn row(&self, id: AgentId) -> AgentRow {
        let rows = self.app.store.agents().await.expect("read");
        rows.into_iter().find(|row| row.id == id).expect("there")
    }
}

impl Caller<'_> {
    async fn asks(&self, method: Method, path: &str, body: Value) -> Answer {
        let request = with_cookie(method, &format!("/api/v1/{path}"), &self.cookie)
            .header("x-salotto-csrf", &self.csrf)
            .header(ORIGIN, OWN_ORIGIN)
            .header(CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()));
        self.harness.send(request.expect("a request")).await
    }

    async fn gets(&self, path: &str) -> Value {
        let answer = self.asks(Method::GET, path, Value::Null).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }

    async fn done(&self, method: Method, path: &str, body: Value) -> Value {
        let answer = self.asks(method, path, body).await;
        assert!(answer.status < 300, "{path}: {}", answer.text);
        if answer.text.is_empty() { Value::Null } else { answer.json() }
    }

    /// The field that is to blame.
    async fn blamed(&self, method: Method, path: &str, body: Value) -> String {
        let answer = self.asks(method, path, body).await;
        assert_eq!(answer.problem(), (400, "bad_field".to_owned()), "{path}: {}", answer.text);
        answer.json()["field"].as_str().expect("a field").to_owned()
    }

    async fn team(&self, name: &str, main: &[AgentId], extra: &[AgentId]) -> String {
        let body = json!({ "name": name, "main_members": main, "extra_members": extra });
        let team = self.done(Method::POST, "teams", body).await;
        team["id"].as_str().expect("an id").to_owned()
    }

    async fn skill(&self, category: &str, name: &str) -> String {
        let body = json!({ "category": category, "names": [name] });
        let skills = self.done(Method::POST, "skills", body).await;
        let all = skills["categories"].as_array().expect("categories").iter();
        let mut all = all.flat_map(|it| it["skills"].as_array().expect("skills"));
        let skill = all.find(|it| it["name"] == name).expect("the new one");
        skill["id"].as_str().expect("an id").to_owned()
    }
}

fn email(name: &str) -> String {
    format!("{}@shop.example", name.to_lowercase())
}

fn forbidden(answer: &Answer) -> bool {
    (answer.status, answer.json()["code"].as_str()) == (403, Some("forbidden"))
}

/// PERM-8, PERM-9, PERM-10, PERM-11
#[tokio::test]
async fn what_a_permission_forbids_is_refused_and_changes_nothing() {
    let harness = Harness::new().await;
    let admin = harness.admin().await;
    let nobody = harness.caller("Ada", &[]).await;
    let (other, inbox) = (harness.hire("Ben", &[]).await, harness.inbox().await);
    let team = admin.team("Sales", &[other], &[]).await;
    let skill = admin.skill("Product", "Bikes").await;
    let user = json!({"email": "eve@shop.example", "name": "Eve", "password": "long enough"});
    let (own, others) = (format!("users/{}", nobody.id), format!("users/{other}"));
    let forbidden_ones = [
        (Method::POST, "users".to_owned(), user),
        (Method::PATCH, others.clone(), json!({"name": "Benjamin"})),
        (Method::PATCH, own.clone(), json!({"permissions": ["super_admin"]})),
        (Method::PATCH, own, json!({"capacity_override": 100})),
        (Method::PUT, format!("{others}/status"), json!({"status": "away"})),
        (Method::PUT, format!("{others}/skills"), json!({"main_languages": ["de"]})),
        (Method::POST, "teams".to_owned(), json!({"name": "Support"})),
        (Method::PATCH, format!("teams/{team}"), json!({"name": "Support"})),
        (Method::DELETE, format!("teams/{team}"), json!(null)),
        (Method::PUT, format!("inboxes/{inbox}/access"), json!({"to":"chosen","agents":[other]})),
        (Method::PUT, "account".to_owned(), json!({"capacity_limit_on": true})),
        (Method::POST, "skills".to_owned(), json!({"category": "Product", "names": ["Cars"]})),
        (Method::PATCH, "skills".to_owned(), json!({"category": "Product", "name": "Things"})),
        (Method::PATCH, format!("skills/{skill}"), json!({"name": "Cars"})),
        (Method::DELETE, format!("skills/{skill}"), json!(null)),
    ];
    let before = everything(&admin).await;
    let trail = harness.app.store.people_changes().await;

    for (method, path, body) in forbidden_ones {
        let answer = nobody.asks(method.clone(), &path, body).await;
        assert!(forbidden(&answer), "{method} {path}: {}", answer.text);
    }

    assert_eq!(everything(&admin).await, before);
    assert_eq!(harness.app.store.people_changes().await, trail);
}

async fn everything(admin: &Caller<'_>) -> Vec<Value> {
    let inbox = admin.harness.inbox().await;
    let access = format!("inboxes/{inbox}/access");
    let mut all = Vec::new();
    for path in ["users", "teams", &access, "account", "skills"] {
        all.push(admin.gets(path).await);
    }
    all
}

#[tokio::test]
async fn nobody_changes_anything_without_a_session_and_its_token() {
    let harness = Harness::new().await;
    let admin = harness.admin().await;
    for path in ["users", "teams", "account", "skills"] {
        let answer = harness.get(&format!("/api/v1/{path}")).await;
        assert_eq!(answer.problem(), (401, "unauthenticated".to_owned()));
    }
    let forged = Caller { csrf: "forged".to_owned(), ..admin };
    let answer = forged.asks(Method::POST, "teams", json!({"name": "Support"})).await;
    assert!(forbidden(&answer), "{}", answer.text);
}

/// PERM-10: but not beyond what they may themselves.
#[tokio::test]
async fn who_may_edit_users_cannot_make_or_touch_a_super_admin() {
    let harness = Harness::new().await;
    let admin = harness.admin().await;
    let editor = harness.caller("Ada", &[Permission::Users]).await;
    let root = format!("users/{}", admin.id);
    let own = format!("users/{}", editor.id);
    let refused = [
        (root.clone(), json!({"deactivated": true})),
        (root, json!({"permissions": []})),
        (own.clone(), json!({"permissions": ["users", "super_admin"]})),
        (own.clone(), json!({"permissions": ["users", "routing"]})),
    ];
    for (path, body) in refused {
        let answer = editor.asks(Method::PATCH, &path, body).await;
        assert!(forbidden(&answer), "{}", answer.text);
    }
    let user = json!({"email": "eve@shop.example", "name": "Eve", "password": "long enough",
        "permissions": ["super_admin"]});
    assert!(forbidden(&editor.asks(Method::POST, "users", user).await));

    let user = json!({"email": "eve@shop.example", "name": "Eve", "password": "long enough",
        "seat": "sales", "permissions": ["users"]});
    let made = editor.done(Method::POST, "users", user).await;
    assert_eq!((&made["seat"], &made["permissions"]), (&json!("sales"), &json!(["users"])));
    assert_eq!(harness.send(sign_in("eve@shop.example", "long enough")).await.status, 200);
}

#[tokio::test]
async fn the_last_super_admin_stays_one() {
    let harness = Harness::new().await;
    let admin = harness.admin().await;
    let own = format!("users/{}", admin.id);
    let blamed = admin.blamed(Method::PATCH, &own, json!({"permissions": ["users"]})).await;
    assert_eq!(blamed, "permissions");
    let blamed = admin.blamed(Method::PATCH, &own, json!({"deactivated": true})).await;
    assert_eq!(blamed, "deactivated");

    let second = harness.hire("Zoe", &[Permission::SuperAdmin]).await;
    admin.done(Method::PATCH, &format!("users/{second}"), json!({"deactivated": true})).await;
    let blamed = admin.blamed(Method::PATCH, &own, json!({"permissions": []})).await;
    assert_eq!(blamed, "permissions", "a deactivated one is none");
    admin.done(Method::PATCH, &format!("users/{second}"), json!({"deactivated": false})).await;
    admin.done(Method::PATCH, &own, json!({"permissions": []})).await;
}

/// AS-8, AS-9
#[tokio::test]
async fn who_is_deactivated_is_signed_out_and_absent_until_reactivated() {
    let harness = Harness::new().await;
    let admin = harness.admin().await;
    let ada = harness.caller("Ada", &[]).await;
    let node = harness.app.node;
    let comes = Change::Presence { agent: ada.id, node, present: true };
    harness.app.journal.change(comes).await.expect("changed");
    let before = harness.row(ada.id).await;
    assert!(before.present);

    let path = format!("users/{}", ada.id);
    let answer = admin.done(Method::PATCH, &path, json!({"deactivated": true})).await;

    assert!(answer["deactivated_at_ms"].is_i64() && answer["present"] == false);
    let after = harness.row(ada.id).await;
    assert!(!after.present && after.version > before.version);
    let answer = ada.asks(Method::GET, "users", Value::Null).await;
    assert_eq!(answer.problem(), (401, "unauthenticated".to_owned()));
    let answer = harness.send(sign_in(&email("Ada"), PASSWORD)).await;
    assert_eq!(answer.problem(), (403, "forbidden".to_owned()));
    let answer = harness.send(sign_in(&email("Ada"), "another one")).await;
    assert_eq!(answer.problem(), (401, "unauthenticated".to_owned()));

    admin.done(Method::PATCH, &path, json!({"deactivated": false})).await;
    assert!(harness.row(ada.id).await.present);
    assert_eq!(harness.send(sign_in(&email("Ada"), PASSWORD)).await.status, 200);
}

/// PERM-8
#[tokio::test]
async fn another_ones_status_is_set_with_the_permission_and_says_by_whom() {
    let harness = Harness::new().await;
    let chief = harness.caller("Cleo", &[Permission::AvailabilityManagement]).await;
    let ada = harness.caller("Ada", &[]).await;
    let path = format!("users/{}/status", ada.id);

    let set = chief.done(Method::PUT, &path, json!({"status": "away"})).await;

    assert_eq!((&set["status"], &set["status_by"]), (&json!("away"), &json!(chief.id)));
    let mut roster = harness.app.presence.roster();
    let says = |row: &AgentRow| row.presence().status_by == Some(chief.id);
    roster.wait_for(|it| it.get(&ada.id).is_some_and(says)).await.expect("presence lives");
    let own = ada.done(Method::PUT, &path, json!({"status": "available"})).await;
    assert_eq!((&own["status"], &own["status_by"]), (&json!("available"), &Value::Null));
    assert_eq!(harness.row(ada.id).await.status, AgentStatus::Available);
}

/// OBJ-11
#[tokio::test]
async fn a_team_has_main_and_extra_members_and_is_kept_while_an_inbox_or_a_rule_names_it() {
    let harness = Harness::new().await;
    let admin = harness.admin().await;
    let (ada, inbox) = (harness.hire("Ada", &[]).await, harness.inbox().await);
    let team = admin.team("Sales", &[admin.id], &[ada]).await;
    let path = format!("teams/{team}");
    let edited = admin.done(Method::PATCH, &path, json!({"main_members": []})).await;
    assert_eq!(edited["name"], "Sales");
    assert_eq!((&edited["main_members"], &edited["extra_members"]), (&json!([]), &json!([ada])));

    let access = format!("inboxes/{inbox}/access");
    let chosen = json!({"to": "chosen", "agents": [admin.id], "teams": [team]});
    let put = admin.done(Method::PUT, &access, chosen.clone()).await;
    assert_eq!(put["access"], chosen);
    assert_eq!(admin.blamed(Method::DELETE, &path, Value::Null).await, "team");
    admin.done(Method::PUT, &access, json!({"to": "everyone"})).await;
    name_in_a_rule(&harness, &team).await;
    assert_eq!(admin.blamed(Method::DELETE, &path, Value::Null).await, "team");
    harness.app.store.settings().await.expect("read");
    let free = admin.team("Support", &[], &[]).await;
    admin.done(Method::DELETE, &format!("teams/{free}"), Value::Null).await;
    let gone = admin.asks(Method::DELETE, &format!("teams/{free}"), Value::Null).await;
    assert_eq!(gone.status, 404);
}

/// Whatever a rule looks like, it names what it means by its id.
async fn name_in_a_rule(harness: &Harness, id: &str) {
    let row = harness.app.chatflows.get(harness.chatflow).expect("in force");
    let mut settings = row.settings;
    settings.agents.push(id.parse().expect("an id"));
    let (id, site, inbox, enabled, priority) = (row.id, row.site, row.inbox, true, 1);
    let change = Change::PutChatflow { id, site, inbox, enabled, priority, settings };
    harness.app.journal.change(change).await.expect("changed");
}

#[tokio::test]
async fn bad_input_is_refused_with_its_path() {
    let harness = Harness::new().await;
    let admin = harness.admin().await;
    let (ada, stranger) = (harness.hire("Ada", &[]).await, AgentId::fresh());
    let (long, inbox) = ("x".repeat(101), harness.inbox().await);
    admin.team("Sales", &[], &[]).await;
    admin.skill("Product", "Bikes").await;
    let (user, skills) = (format!("users/{ada}"), format!("users/{ada}/skills"));
    let access = format!("inboxes/{inbox}/access");
    let account = |email: &str, name: &str, password: &str| {
        let (email, name) = (email.to_owned(), name.to_owned());
        json!({"email": email, "name": name, "password": password})
    };
    let post = Method::POST;
    let cases = [
        (&post, "users", account("ADA@shop.example", "Ada", "long enough"), "email"),
        (&post, "users", account("nobody", "Ada", "long enough"), "email"),
        (&post, "users", account("eve@shop.example", "", "long enough"), "name"),
        (&post, "users", account("eve@shop.example", "Eve", "short"), "password"),
        (&Method::PATCH, &user, json!({"name": long}), "name"),
        (&Method::PATCH, &user, json!({"capacity_override": 0}), "capacity_override"),
        (&Method::PATCH, &user, json!({"permissions": ["users", "fly"]}), "permissions[1]"),
        (&Method::PUT, "account", json!({"capacity_limit": 0}), "capacity_limit"),
        (&post, "teams", json!({"name": "sales"}), "name"),
        (&post, "teams", json!({"name": "A", "main_members": [ada, ada]}), "main_members[1]"),
        (
            &post,
            "teams",
            json!({"name": "A", "main_members": [ada], "extra_members": [ada]}),
            "extra_members[0]",
        ),
        (&post, "teams", json!({"name": "A", "extra_members": [stranger]}), "extra_members[0]"),
        (&Method::PUT, &access, json!({"to": "chosen"}), "agents"),
        (&Method::PUT, &access, json!({"to": "chosen", "teams": [stranger]}), "teams[0]"),
        (&post, "skills", json!({"category": "Product", "names": ["bikes"]}), "names[0]"),
        (&post, "skills", json!({"category": "", "names": ["Cars"]}), "category"),
        (&post, "skills", json!({"category": "Product", "names": []}), "names"),
        (&Method::PATCH, "skills", json!({"category": "None", "name": "A"}), "category"),
        (&Method::PUT, &skills, json!({"main_languages": ["xx"]}), "main_languages[0]"),
        (&Method::PUT, &skills, json!({"skills": [stranger]}), "skills[0]"),
    ];
    for (method, path, body, field) in cases {
        assert_eq!(admin.blamed(method.clone(), path, body.clone()).await, field, "{body}");
    }
    for path in [format!("users/{stranger}"), "users/nobody".to_owned()] {
        assert_eq!(admin.asks(Method::PATCH, &path, json!({"name": "A"})).await.status, 404);
    }
}
