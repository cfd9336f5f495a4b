//! Every route of the document, tried from outside: without a session, without the proof that the
//! console asks, and, where it changes something, with each permission alone.

use std::collections::BTreeSet;

use axum::http::header::{AUTHORIZATION, COOKIE};
use salotto_protocol::VisitorId;
use uuid::Uuid;

use super::*;
use crate::gateway::test_support::asked;
use crate::session::Identity;

/// Whom a change is for.
#[derive(Clone, Copy, Debug)]
enum For {
    /// Who has signed in, and may see what it is about.
    Everybody,
    Holders(Permission),
    SuperAdmins,
}

impl For {
    fn includes(self, granted: Option<Permission>) -> bool {
        match (self, granted) {
            (For::Everybody, _) | (_, Some(Permission::SuperAdmin)) => true,
            (For::Holders(needed), granted) => granted == Some(needed),
            (For::SuperAdmins, _) => false,
        }
    }
}

/// A change that is right in every way; `{own}` and the like stand for ids.
struct Tried {
    method: Method,
    path: String,
    body: Value,
    whom: For,
}

fn tried(method: Method, path: &str, body: Value, whom: For) -> Tried {
    Tried { method, path: path.to_owned(), body, whom }
}

/// What somebody needs the permission `users` for, or to be a super admin.
fn about_users() -> Vec<Tried> {
    use Permission::{AvailabilityManagement, Users};
    let (post, put, patch) = (Method::POST, Method::PUT, Method::PATCH);
    let new = |name: &str, rest: Value| {
        let email = email(name);
        let mut user = json!({"email": email, "name": name, "password": "long enough"});
        let rest = rest.as_object().expect("an object").clone();
        user.as_object_mut().expect("an object").extend(rest);
        user
    };
    let admin = json!({"permissions": ["super_admin"]});
    let german = || json!({"main_languages": ["de"]});
    let users = For::Holders(Users);
    vec![
        tried(post.clone(), "users", new("Eve", json!({})), users),
        tried(post.clone(), "users", new("Fay", json!({"capacity_override": 3})), For::SuperAdmins),
        tried(
            post.clone(),
            "users",
            new("Gus", json!({"permissions": ["routing"]})),
            For::SuperAdmins,
        ),
        tried(post, "users", new("Hal", admin), For::SuperAdmins),
        tried(patch.clone(), "users/{other}", json!({"name": "Benjamin"}), users),
        tried(patch.clone(), "users/{other}", json!({"seat": "none"}), users),
        tried(patch.clone(), "users/{other}", json!({"seat": "service"}), users),
        tried(patch.clone(), "users/{other}", json!({"deactivated": false}), users),
        tried(patch.clone(), "users/{other}", json!({"ticket_capacity_override": 3}), users),
        tried(patch.clone(), "users/{other}", json!({"capacity_override": 3}), For::SuperAdmins),
        tried(patch.clone(), "users/{own}", json!({"capacity_override": null}), For::SuperAdmins),
        tried(
            patch.clone(),
            "users/{other}",
            json!({"permissions": ["routing"]}),
            For::SuperAdmins,
        ),
        tried(patch.clone(), "users/{root}", json!({"name": "Nobody"}), For::SuperAdmins),
        tried(patch, "users/{root}", json!({"deactivated": false}), For::SuperAdmins),
        tried(
            put.clone(),
            "users/{other}/status",
            json!({"status": "away"}),
            For::Holders(AvailabilityManagement),
        ),
        tried(put.clone(), "users/{own}/status", json!({"status": "away"}), For::Everybody),
        tried(put.clone(), "users/{other}/skills", german(), For::SuperAdmins),
        tried(put.clone(), "users/{own}/skills", german(), For::SuperAdmins),
        tried(put.clone(), "users/{other}/hours", json!({}), For::SuperAdmins),
        tried(put, "users/{own}/hours", json!({}), For::Everybody),
    ]
}

fn about_the_rest() -> Vec<Tried> {
    use Permission::{Chatflows, Routing, Users};
    let (post, put, patch) = (Method::POST, Method::PUT, Method::PATCH);
    let skills = json!({"category": "Product", "names": ["Cars"]});
    let contact = json!({"email": "grace@home.example"});
    let users = For::Holders(Users);
    let chatflows = For::Holders(Chatflows);
    let admins = For::SuperAdmins;
    let both = json!({"capacity_limit": 3, "ticket_capacity_limit": 3});
    vec![
        tried(post.clone(), "teams", json!({"name": "Support"}), users),
        tried(patch.clone(), "teams/{team}", json!({"name": "Selling"}), users),
        tried(patch.clone(), "teams/{team}", json!({"skills": {"main_languages": ["de"]}}), admins),
        tried(Method::DELETE, "teams/{team}", Value::Null, users),
        tried(put.clone(), "inboxes/{inbox}/access", json!({"to": "everyone"}), admins),
        tried(put.clone(), "inboxes/{inbox}/kind", json!({"kind": "help_desk"}), admins),
        tried(put.clone(), "account", json!({"capacity_limit_on": true}), admins),
        tried(put.clone(), "account", json!({"active_chat_window_ms": 60_000}), admins),
        tried(put.clone(), "account", json!({"ticket_capacity_limit": 7}), users),
        tried(put.clone(), "account", both, admins),
        tried(post, "skills", skills, admins),
        tried(patch.clone(), "skills", json!({"category": "Product", "name": "Things"}), admins),
        tried(patch, "skills/{skill}", json!({"name": "Trucks"}), admins),
        tried(Method::DELETE, "skills/{skill}", Value::Null, admins),
        tried(
            put.clone(),
            "chatflows/{chatflow}/availability",
            json!({"mode": "always"}),
            chatflows,
        ),
        tried(put.clone(), "chatflows/{chatflow}/patience", json!({"wait_ms": 1_000}), chatflows),
        tried(
            put.clone(),
            "chatflows/{chatflow}/assignment",
            json!({"assign": true}),
            For::Holders(Routing),
        ),
        tried(put, "visitors/{visitor}/contact", contact, For::Everybody),
    ]
}

/// `put users/{}/hours` and the like: whatever the ids are called.
fn shape(method: &str, path: &str) -> String {
    let path = path.trim_start_matches("/api/v1/");
    let part = |part: &str| if part.starts_with('{') { "{}" } else { part }.to_owned();
    let parts: Vec<String> = path.split('/').map(part).collect();
    format!("{} {}", method.to_lowercase(), parts.join("/"))
}

/// A route of the document, for who has signed in.
struct Documented {
    method: Method,
    path: String,
    /// For visitors as well.
    is_shared: bool,
}

async fn routes_of_agents(harness: &Harness) -> Vec<Documented> {
    let document = harness.get("/openapi.json").await.json();
    let paths = document["paths"].as_object().expect("paths").clone();
    let mut routes = Vec::new();
    for (path, methods) in paths {
        for (method, operation) in methods.as_object().expect("methods") {
            let security = operation["security"].to_string();
            if security.contains("sessionCookie") {
                let method = method.to_uppercase().parse().expect("a method");
                let is_shared = security.contains("visitorToken");
                routes.push(Documented { method, path: path.clone(), is_shared });
            }
        }
    }
    assert!(routes.len() >= 30, "there are {} alone", routes.len());
    routes
}

/// The changes above, and those that a new part of a chatflow has: for who may change chatflows.
/// Beside them the routes that change something and do not stand above.
async fn changes(harness: &Harness) -> (Vec<Tried>, Vec<Documented>) {
    let mut all: Vec<Tried> = about_users().into_iter().chain(about_the_rest()).collect();
    let known: BTreeSet<String> =
        all.iter().map(|it| shape(it.method.as_str(), &it.path)).collect();
    let mut others = Vec::new();
    for route in routes_of_agents(harness).await {
        let shape = shape(route.method.as_str(), &route.path);
        if route.method.is_safe() || known.contains(&shape) || shape == "delete session" {
            continue;
        }
        match shape.strip_prefix("put chatflows/{}/") {
            Some(part) => {
                let path = format!("chatflows/{{chatflow}}/{part}");
                let whom = For::Holders(Permission::Chatflows);
                all.push(tried(route.method, &path, json!({}), whom));
            }
            None => others.push(route),
        }
    }
    (all, others)
}

/// What the paths above stand for, in one account.
struct Ids(Vec<(&'static str, String)>);

impl Ids {
    async fn of(harness: &Harness, admin: &Caller<'_>) -> Ids {
        let other = harness.hire("Ben", &[]).await;
        let visitor = VisitorId::fresh();
        harness.writes(visitor).await;
        Ids(vec![
            ("{other}", other.to_string()),
            ("{root}", admin.id.to_string()),
            ("{team}", admin.team("Sales", &[other], &[]).await),
            ("{skill}", admin.skill("Product", "Bikes").await),
            ("{inbox}", harness.inbox().await.to_string()),
            ("{chatflow}", harness.chatflow.to_string()),
            ("{visitor}", visitor.to_string()),
        ])
    }

    fn path(&self, path: &str, caller: &Caller<'_>) -> String {
        let path = path.replace("{own}", &caller.id.to_string());
        self.0.iter().fold(path, |path, (name, id)| path.replace(name, id))
    }
}

/// PERM-1, PERM-2, PERM-5, PERM-8, PERM-9, PERM-10, PERM-11
#[tokio::test(flavor = "multi_thread")]
async fn each_change_is_for_those_who_may_and_refused_to_everybody_else() {
    let harness = Harness::new().await;
    let admin = harness.admin().await;
    let ids = Ids::of(&harness, &admin).await;
    let mut callers = vec![(None, harness.caller("Nobody", &[]).await)];
    for granted in Permission::ALL {
        callers.push((Some(granted), harness.caller(granted.as_str(), &[granted]).await));
    }
    let (changes, others) = changes(&harness).await;
    let before = whole_account(&admin, &ids).await;
    let trail = harness.app.store.people_changes().await;

    for Tried { method, path, body, whom } in &changes {
        for (granted, caller) in callers.iter().filter(|(granted, _)| !whom.includes(*granted)) {
            let answer = caller.asks(method.clone(), &ids.path(path, caller), body.clone()).await;
            assert!(forbidden(&answer), "{method} {path} by {granted:?}: {}", answer.text);
        }
    }

    for Documented { method, path, .. } in others {
        let path = with_any_ids(&path);
        let path = path.strip_prefix("/api/v1/").expect("all begin so");
        let answer = callers[0].1.asks(method.clone(), path, json!({})).await;
        assert!(answer.status >= 400, "{method} {path} by nobody: {}", answer.text);
    }

    assert_eq!(whole_account(&admin, &ids).await, before, "nothing has changed");
    assert_eq!(harness.app.store.people_changes().await, trail);
    for Tried { method, path, body, whom } in &changes {
        let mut done = 0;
        for (granted, caller) in callers.iter().filter(|(granted, _)| whom.includes(*granted)) {
            let answer = caller.asks(method.clone(), &ids.path(path, caller), body.clone()).await;
            assert_ne!(answer.status, 403, "{method} {path} by {granted:?}: {}", answer.text);
            done += u32::from(answer.status < 300);
        }
        assert!(done > 0, "{method} {path} {body} could be done by nobody");
    }
}

/// All that the changes above are about.
async fn whole_account(admin: &Caller<'_>, ids: &Ids) -> Vec<Value> {
    let mut all = everything(admin).await;
    for path in [
        "inboxes/{inbox}/kind",
        "users/{other}/hours",
        "chatflows/{chatflow}/availability",
        "chatflows/{chatflow}/patience",
        "chatflows/{chatflow}/assignment",
    ] {
        all.push(admin.gets(&ids.path(path, admin)).await);
    }
    all
}

/// REG-12
#[tokio::test(flavor = "multi_thread")]
async fn no_route_of_agents_answers_who_has_not_signed_in() {
    let harness = Harness::new().await;
    let who = Identity { visitor: VisitorId::fresh(), site: harness.site };
    let visitor = harness.app.tokens.for_visitor(who);
    for Documented { method, path, is_shared } in routes_of_agents(&harness).await {
        let path = with_any_ids(&path);
        let strangers = [
            asked(method.clone(), &path),
            asked(method.clone(), &path).header(COOKIE, "salotto_session=made-up"),
            asked(method.clone(), &path).header(AUTHORIZATION, "Bearer made-up"),
            asked(method.clone(), &path).header(AUTHORIZATION, format!("Bearer {visitor}")),
        ];
        for (place, request) in strangers.into_iter().enumerate() {
            let request = request
                .header(ORIGIN, OWN_ORIGIN)
                .header(CONTENT_TYPE, "application/json")
                .body(Body::from("{}"));
            let answer = harness.send(request.expect("a request")).await;
            let (status, code) = answer.problem();
            if place == 3 && is_shared {
                // Of a conversation that is not theirs visitors hear nothing either.
                assert!([401, 404].contains(&status), "{method} {path}: {status}");
                continue;
            }
            let expected = (401, "unauthenticated");
            assert_eq!((status, code.as_str()), expected, "{method} {path}, stranger {place}");
        }
    }
}

/// REG-12
#[tokio::test(flavor = "multi_thread")]
async fn no_change_is_made_by_a_page_of_another_site_with_somebodys_cookie() {
    let harness = Harness::new().await;
    let admin = harness.admin().await;
    let ids = Ids::of(&harness, &admin).await;
    let before = whole_account(&admin, &ids).await;
    for Tried { method, path, body, .. } in changes(&harness).await.0 {
        let path = format!("/api/v1/{}", ids.path(&path, &admin));
        let with = |csrf: Option<&str>, origin: &'static str| {
            let request = with_cookie(method.clone(), &path, &admin.cookie).header(ORIGIN, origin);
            let request =
                csrf.into_iter().fold(request, |it, csrf| it.header("x-salotto-csrf", csrf));
            let request = request.header(CONTENT_TYPE, "application/json");
            request.body(Body::from(body.to_string())).expect("a request")
        };
        for request in [
            with(None, OWN_ORIGIN),
            with(Some("forged"), OWN_ORIGIN),
            with(Some(&admin.csrf), "https://evil.example"),
            with(Some(&admin.csrf), "null"),
        ] {
            let answer = harness.send(request).await;
            assert!(forbidden(&answer), "{method} {path}: {}", answer.text);
        }
    }
    assert_eq!(whole_account(&admin, &ids).await, before, "nothing has changed");
}

fn with_any_ids(path: &str) -> String {
    let part = |part: &str| {
        if part.starts_with('{') { Uuid::now_v7().to_string() } else { part.to_owned() }
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}
