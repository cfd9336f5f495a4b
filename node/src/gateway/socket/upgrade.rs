//! From an HTTP request to a bare TCP stream that speaks WebSocket.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{CONTENT_TYPE, UPGRADE};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use fastwebsockets::WebSocket;
use fastwebsockets::upgrade::{UpgradeFut, is_upgrade_request};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use salotto_protocol::api::Problem;
use salotto_protocol::{ErrorCode, Party};
use tokio::net::TcpStream;

use super::hello::{self, Facts};
use super::line::Line;
use super::reader::Reader;
use crate::fanout::Outbox;
use crate::gateway::App;
use crate::gateway::address::Caller;
use crate::gateway::auth::{is_load_test, own_origin};
use crate::gateway::patient::Patient;
use crate::gateway::server::Connection;
use crate::metrics;

pub(super) fn upgrade(app: App, party: Party, request: Request) -> Response {
    if request.method() != Method::GET || !is_upgrade_request(&request) {
        return not_a_websocket();
    }
    let (parts, body) = request.into_parts();
    let facts = facts(&app, party, &parts);
    let mut request = Request::from_parts(parts, body);
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

fn facts(app: &App, party: Party, parts: &Parts) -> Facts {
    Facts {
        party,
        origin_is_ours: own_origin(parts, app).is_ok(),
        exempt: is_load_test(app, &parts.headers),
        address: Caller::of(parts, &app.settings.trusted_proxies).key(),
        connection: parts.extensions.get::<Arc<Connection>>().cloned(),
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
    let parts = upgraded.downcast::<TokioIo<Patient>>().ok()?;
    Some((parts.io.into_inner().into_inner(), parts.read_buf))
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
