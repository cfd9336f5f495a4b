//! From an HTTP request to a bare TCP stream that speaks WebSocket.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, ORIGIN, UPGRADE};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use fastwebsockets::WebSocket;
use fastwebsockets::upgrade::{UpgradeFut, is_upgrade_request};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use salotto_protocol::api::Problem;
use salotto_protocol::{ErrorCode, Party};
use subtle::ConstantTimeEq;
use tokio::net::TcpStream;

use super::hello::{self, Facts};
use super::line::Line;
use super::reader::Reader;
use crate::fanout::Outbox;
use crate::gateway::App;
use crate::gateway::server::Connection;
use crate::metrics;

pub(super) fn upgrade(app: App, party: Party, mut request: Request) -> Response {
    if request.method() != Method::GET || !is_upgrade_request(&request) {
        return not_a_websocket();
    }
    let facts = facts(&app, party, &request);
    match fastwebsockets::upgrade::upgrade(&mut request) {
        Ok((response, upgraded)) => {
            tokio::spawn(take_over(app, upgraded, facts));
            response.map(|_| Body::empty())
        }
        Err(_) => {
            metrics::handshake_ended("bad_request", facts.since.elapsed());
            not_a_websocket()
        }
    }
}

fn facts(app: &App, party: Party, request: &Request) -> Facts {
    Facts {
        party,
        origin_is_ours: origin_is_ours(request.headers()),
        exempt: bears(request.headers(), app.settings.loadtest_token.as_deref()),
        connection: request.extensions().get::<Arc<Connection>>().cloned(),
        since: Instant::now(),
    }
}

/// hyper's buffers, and the library's, end here: what stays is the bare stream.
async fn take_over(app: App, upgraded: UpgradeFut, facts: Facts) {
    let stream = upgraded.await.ok().and_then(bare);
    let Some((stream, early)) = stream else {
        metrics::handshake_ended("error", facts.since.elapsed());
        return;
    };
    let (read, write) = stream.into_split();
    let outbox = Outbox::for_party(write, facts.party);
    let period = Duration::from_millis(app.settings.heartbeat_ms);
    let line = Line::new(Reader::new(read, &early), outbox, period);
    // An empty `Bytes` would still hold hyper's read buffer.
    drop(early);
    hello::greet(app, line, facts).await;
}

fn bare(socket: WebSocket<TokioIo<Upgraded>>) -> Option<(TcpStream, Bytes)> {
    let upgraded = socket.into_inner().into_inner();
    let parts = upgraded.downcast::<TokioIo<TcpStream>>().ok()?;
    Some((parts.io.into_inner(), parts.read_buf))
}

/// Browsers always send an Origin with a WebSocket; whoever is no browser need not.
fn origin_is_ours(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(ORIGIN) else { return true };
    let (Some(origin), Some(host)) = (text(origin.as_bytes()), header(headers, HOST)) else {
        return false;
    };
    let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host))
}

/// Whether a request bears this token, compared in constant time.
fn bears(headers: &HeaderMap, token: Option<&str>) -> bool {
    let borne = header(headers, AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer "));
    match (borne, token) {
        (Some(borne), Some(token)) => borne.as_bytes().ct_eq(token.as_bytes()).into(),
        (None, _) | (Some(_), None) => false,
    }
}

fn header(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| text(value.as_bytes()))
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

fn not_a_websocket() -> Response {
    let status = StatusCode::UPGRADE_REQUIRED;
    let problem = Problem {
        code: ErrorCode::BadHello,
        title: "this address speaks WebSocket, version 13".to_owned(),
        status: status.as_u16(),
        field: None,
        retry_after_ms: None,
    };
    let body = serde_json::to_vec(&problem).expect("a problem is JSON");
    let headers = [(CONTENT_TYPE, "application/problem+json"), (UPGRADE, "websocket")];
    (status, headers, body).into_response()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(HeaderName, &'static str)]) -> HeaderMap {
        let pairs = pairs.iter();
        pairs.map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn an_origin_is_ours_if_it_names_our_host_or_is_absent() {
        let ours =
            |origin| origin_is_ours(&headers(&[(HOST, "chat.example:8080"), (ORIGIN, origin)]));

        assert!(ours("https://chat.example:8080"));
        assert!(ours("http://Chat.Example:8080"));
        assert!(!ours("https://chat.example"));
        assert!(!ours("https://evil.example"));
        assert!(!ours("https://chat.example:8080.evil.example"));
        assert!(!ours("null"));
        assert!(!origin_is_ours(&headers(&[(ORIGIN, "https://chat.example")])));
        assert!(origin_is_ours(&headers(&[(HOST, "chat.example")])));
    }

    #[test]
    fn only_the_whole_load_test_token_exempts() {
        let bearing = headers(&[(AUTHORIZATION, "Bearer long-enough")]);

        assert!(bears(&bearing, Some("long-enough")));
        assert!(!bears(&bearing, Some("long-enough-and-more")));
        assert!(!bears(&bearing, None));
        assert!(!bears(&headers(&[]), Some("long-enough")));
    }
}
