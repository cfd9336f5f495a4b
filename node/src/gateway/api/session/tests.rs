//! Signing in and out: cookies, CSRF, limits, and nothing said about who has an account.

use axum::body::Body;
use axum::http::{Method, Request};
use sha2::{Digest, Sha256};

use crate::clock;
use crate::gateway::test_support::{
    EMAIL, Harness, OWN_ORIGIN, PASSWORD, asked, sign_in, with_cookie,
};
use crate::gateway::token::Tokens;

const PATH: &str = "/api/v1/session";

fn empty(builder: axum::http::request::Builder) -> Request<Body> {
    builder.body(Body::empty()).expect("a request")
}

#[tokio::test]
async fn signing_in_sets_a_cookie_that_scripts_and_other_sites_cannot_use() {
    let harness = Harness::new().await;
    let id = harness.add_agent().await;
    let answer = harness.send(sign_in("  ADA@shop.example ", PASSWORD)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let cookie = answer.header("set-cookie").expect("a cookie");
    let (pair, flags) = cookie.split_once("; ").expect("flags");
    assert_eq!(flags, "HttpOnly; SameSite=Strict; Path=/; Max-Age=43200");
    assert_eq!(pair.len(), "salotto_session=".len() + 43, "256 bits");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let session = answer.json();
    assert_eq!(session["agent"], id.to_string());
    assert_eq!(session["inboxes"][0]["name"], "Main");
    let token = session["socket_token"].as_str().expect("a token");
    assert_eq!(harness.app.tokens.socket(token, clock::now_ms()), Some(id));
    assert_eq!(harness.app.tokens.socket(token, clock::now_ms() + 61_000), None);
}

#[tokio::test]
async fn over_https_the_cookie_is_secure() {
    let harness = Harness::with(|it| it.trusted_proxies = vec!["192.0.2.1/32".parse().unwrap()]);
    let harness = harness.await;
    harness.add_agent().await;
    let mut request = sign_in(EMAIL, PASSWORD);
    request.headers_mut().insert("x-forwarded-proto", "https".parse().unwrap());
    let answer = harness.send(request).await;
    assert!(answer.header("set-cookie").expect("a cookie").ends_with("; Secure"));

    let harness = Harness::with(|it| it.https = true).await;
    harness.add_agent().await;
    let answer = harness.send(sign_in(EMAIL, PASSWORD)).await;
    assert!(answer.header("set-cookie").expect("a cookie").ends_with("; Secure"));
}

#[tokio::test]
async fn the_store_knows_only_the_cookies_hash() {
    let harness = Harness::new().await;
    let id = harness.add_agent().await;
    let (cookie, _) = harness.signed_in().await;
    let value = cookie.split_once('=').expect("a pair").1;
    let hash = Sha256::digest(value).into();
    let known = harness.app.store.session(hash, clock::now_ms()).await.expect("read");
    assert_eq!(known, Some(id));
    let expired = clock::now_ms() + 12 * 60 * 60 * 1_000;
    let known = harness.app.store.session(hash, expired).await.expect("read");
    assert_eq!(known, None, "after twelve hours");
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_account_get_the_same_answer() {
    let harness = Harness::new().await;
    harness.add_agent().await;
    let wrong = harness.send(sign_in(EMAIL, "wrong horse")).await;
    let unknown = harness.send(sign_in("eve@shop.example", PASSWORD)).await;
    assert_eq!(wrong.problem(), (401, "unauthenticated".to_owned()));
    assert_eq!(wrong.text, unknown.text);
    assert_eq!(wrong.header("set-cookie"), None);
}

#[tokio::test]
async fn guessing_one_accounts_password_is_slowed_down_from_everywhere() {
    let harness = Harness::with(|it| it.sign_ins_per_account_per_minute = 2).await;
    harness.add_agent().await;
    for _ in 0..2 {
        assert_eq!(harness.send(sign_in(EMAIL, "wrong horse")).await.status, 401);
    }
    let answer = harness.send(sign_in(EMAIL, PASSWORD)).await;
    assert_eq!(answer.problem(), (429, "rate_limited".to_owned()));
    assert!(answer.json()["retry_after_ms"].as_u64().expect("a wait") > 29_000);
    assert_eq!(harness.send(sign_in("ben@shop.example", "x")).await.status, 401, "another");
}

#[tokio::test]
async fn one_address_may_not_try_many_accounts() {
    let harness = Harness::with(|it| it.sign_ins_per_address_per_minute = 2).await;
    for email in ["a@x", "b@x"] {
        assert_eq!(harness.send(sign_in(email, "wrong horse")).await.status, 401);
    }
    let answer = harness.send(sign_in("c@x", "wrong horse")).await;
    assert_eq!(answer.problem(), (429, "rate_limited".to_owned()));
    let title = answer.json()["title"].as_str().expect("a title").to_owned();
    assert!(title.starts_with("sign-ins from your network address"), "{title}");
}

#[tokio::test]
async fn a_page_of_another_origin_cannot_sign_anybody_in() {
    let harness = Harness::new().await;
    harness.add_agent().await;
    let mut request = sign_in(EMAIL, PASSWORD);
    request.headers_mut().insert("origin", "https://evil.example".parse().unwrap());
    assert_eq!(harness.send(request).await.problem(), (403, "forbidden".to_owned()));
    let mut form = sign_in(EMAIL, PASSWORD);
    form.headers_mut().insert("content-type", "text/plain".parse().unwrap());
    assert_eq!(harness.send(form).await.problem(), (415, "bad_json".to_owned()));
}

#[tokio::test]
async fn empty_and_endless_fields_are_refused() {
    let harness = Harness::new().await;
    let cases = [
        ("", PASSWORD, "email"),
        (EMAIL, "", "password"),
        (&*"x".repeat(255), PASSWORD, "email"),
        (EMAIL, &*"x".repeat(1_025), "password"),
    ];
    for (email, password, field) in cases {
        let answer = harness.send(sign_in(email, password)).await;
        assert_eq!(answer.problem(), (400, "bad_field".to_owned()));
        assert_eq!(answer.json()["field"], field);
    }
}

#[tokio::test]
async fn the_session_answers_until_it_is_signed_out() {
    let harness = Harness::new().await;
    let id = harness.add_agent().await;
    let (cookie, session) = harness.signed_in().await;
    let answer = harness.send(empty(with_cookie(Method::GET, PATH, &cookie))).await;
    assert_eq!((answer.status, answer.json()["agent"].clone()), (200, id.to_string().into()));

    let csrf = session["csrf_token"].as_str().expect("a token");
    let sign_out = with_cookie(Method::DELETE, PATH, &cookie)
        .header("x-salotto-csrf", csrf)
        .header("origin", OWN_ORIGIN);
    let answer = harness.send(empty(sign_out)).await;
    assert_eq!(answer.status, 204, "{}", answer.text);
    let gone = "salotto_session=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0";
    assert_eq!(answer.header("set-cookie"), Some(gone));

    let answer = harness.send(empty(with_cookie(Method::GET, PATH, &cookie))).await;
    assert_eq!(answer.problem(), (401, "unauthenticated".to_owned()));
}

#[tokio::test]
async fn nothing_changes_without_the_sessions_own_csrf_token() {
    let harness = Harness::new().await;
    harness.add_agent().await;
    let (cookie, session) = harness.signed_in().await;
    let (_, other_session) = harness.signed_in().await;
    let csrf = |session: &serde_json::Value| session["csrf_token"].as_str().unwrap().to_owned();
    let forged = Tokens::new([0; 32]).for_csrf(&[0; 32]);
    for wrong in ["", "c1.x.y", &forged, &csrf(&other_session)] {
        let request = with_cookie(Method::DELETE, PATH, &cookie).header("x-salotto-csrf", wrong);
        let answer = harness.send(empty(request)).await;
        assert_eq!(answer.problem(), (403, "forbidden".to_owned()), "{wrong}");
    }
    let none = harness.send(empty(with_cookie(Method::DELETE, PATH, &cookie))).await;
    assert_eq!(none.problem(), (403, "forbidden".to_owned()));
    let elsewhere = with_cookie(Method::DELETE, PATH, &cookie)
        .header("x-salotto-csrf", csrf(&session))
        .header("origin", "https://evil.example");
    assert_eq!(harness.send(empty(elsewhere)).await.problem(), (403, "forbidden".to_owned()));
    let still = harness.send(empty(with_cookie(Method::GET, PATH, &cookie))).await;
    assert_eq!(still.status, 200, "still signed in");
}

#[tokio::test]
async fn a_made_up_cookie_is_nobodys() {
    let harness = Harness::new().await;
    for cookie in ["salotto_session=", "salotto_session=AAAA", "session=x"] {
        let answer = harness.send(empty(with_cookie(Method::GET, PATH, cookie))).await;
        assert_eq!(answer.problem(), (401, "unauthenticated".to_owned()));
    }
    let answer = harness.send(empty(asked(Method::GET, PATH))).await;
    assert_eq!(answer.problem(), (401, "unauthenticated".to_owned()));
}
