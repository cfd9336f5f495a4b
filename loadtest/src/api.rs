//! The node's REST API, as far as the load tester needs it.

use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use salotto_protocol::api::{
    EntryPage, LoadTestAgents, LoadTestDesk, NewVisitor, Problem, VisitorToken,
};
use salotto_protocol::{ConversationId, Seq, SiteId, ViewedEntry, limits};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::target::Target;
use crate::wire;

const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// A busy node is asked again so often, and waited for so long at most each time.
const TRIES_MAX: u32 = 20;
const WAIT_MAX: Duration = Duration::from_secs(2);

pub struct Api {
    pub target: Target,
    /// Sensitive: it never shows in a `Debug`.
    loadtest_token: HeaderValue,
    idle: Mutex<Vec<SendRequest<Full<Bytes>>>>,
}

#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    #[error("the target does not answer")]
    Io(#[from] std::io::Error),
    #[error("the target does not speak HTTP")]
    Http(#[from] hyper::Error),
    #[error("no answer within {} s", REQUEST_TIMEOUT.as_secs())]
    Timeout,
    #[error("{method} {path} was answered with {status}{reason}")]
    Refused { method: Method, path: String, status: StatusCode, reason: String },
    #[error("{path} was answered with something else than expected")]
    Unexpected { path: String, source: serde_json::Error },
}

impl ApiError {
    /// The node answered, and does not have it.
    pub fn is_not_found(&self) -> bool {
        match self {
            ApiError::Refused { status, .. } => *status == StatusCode::NOT_FOUND,
            ApiError::Io(_)
            | ApiError::Http(_)
            | ApiError::Timeout
            | ApiError::Unexpected { .. } => false,
        }
    }
}

impl Api {
    /// `None` if the token cannot stand in a header.
    pub fn new(target: Target, loadtest_token: &str) -> Option<Api> {
        let mut loadtest_token = HeaderValue::from_str(loadtest_token).ok()?;
        loadtest_token.set_sensitive(true);
        Some(Api { target, loadtest_token, idle: Mutex::default() })
    }

    pub fn loadtest_token(&self) -> &HeaderValue {
        &self.loadtest_token
    }

    pub async fn desk(&self, count: u32, capacity: u32) -> Result<LoadTestDesk, ApiError> {
        let mut bearer = b"Bearer ".to_vec();
        bearer.extend_from_slice(self.loadtest_token.as_bytes());
        let body = json(&LoadTestAgents { count, capacity });
        self.call(Method::POST, "/api/v1/loadtest/agents", &bearer, body).await
    }

    pub async fn visitor(&self, site: SiteId) -> Result<VisitorToken, ApiError> {
        self.call(Method::POST, "/api/v1/visitors", b"", json(&NewVisitor { site })).await
    }

    /// All entries of a conversation after `after`, page by page, as its visitor sees them.
    pub async fn entries(
        &self,
        conversation: ConversationId,
        after: Seq,
        visitor_token: &str,
    ) -> Result<EntryPage, ApiError> {
        let bearer = format!("Bearer {visitor_token}");
        let mut all: Vec<ViewedEntry> = Vec::new();
        loop {
            let from = all.last().map_or(after, |it| it.entry.seq);
            let limit = limits::PAGE_ENTRIES_MAX;
            let path =
                format!("/api/v1/conversations/{conversation}/entries?after={from}&limit={limit}");
            let page: EntryPage =
                self.call(Method::GET, &path, bearer.as_bytes(), Bytes::new()).await?;
            let is_last = !page.more || page.entries.is_empty();
            all.extend(page.entries);
            if is_last {
                return Ok(EntryPage { entries: all, more: false, ..page });
            }
        }
    }

    /// Asks, and asks again while the node says that it is busy.
    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        authorization: &[u8],
        body: Bytes,
    ) -> Result<T, ApiError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let once = self.once(&method, path, authorization, body.clone());
            let (status, body) = tokio::time::timeout(REQUEST_TIMEOUT, once)
                .await
                .map_err(|_| ApiError::Timeout)??;
            if status.is_success() {
                let unexpected = |source| ApiError::Unexpected { path: path.to_owned(), source };
                return serde_json::from_slice(&body).map_err(unexpected);
            }
            let problem: Option<Problem> = serde_json::from_slice(&body).ok();
            let is_temporary = problem.as_ref().is_some_and(|it| it.code.is_temporary());
            if !is_temporary || tries >= TRIES_MAX {
                let reason = problem.map_or(String::new(), |it| format!(": {}", it.title));
                return Err(ApiError::Refused { method, path: path.to_owned(), status, reason });
            }
            let wait_ms = problem.and_then(|it| it.retry_after_ms).unwrap_or(250);
            tokio::time::sleep(Duration::from_millis(wait_ms).min(WAIT_MAX)).await;
        }
    }

    async fn once(
        &self,
        method: &Method,
        path: &str,
        authorization: &[u8],
        body: Bytes,
    ) -> Result<(StatusCode, Bytes), ApiError> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, self.target.authority.as_str())
            .header("X-Salotto-LoadTest", &self.loadtest_token);
        if !authorization.is_empty() {
            request = request.header(AUTHORIZATION, authorization);
        }
        if !body.is_empty() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let request = request.body(Full::new(body)).expect("the path and the headers are sound");
        let mut http = self.connection().await?;
        let answer = http.send_request(request).await?;
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        self.idle.lock().expect("nobody panics with the idle ones in hand").push(http);
        Ok((status, body))
    }

    /// An idle one that still lives, or a new one.
    async fn connection(&self) -> Result<SendRequest<Full<Bytes>>, ApiError> {
        loop {
            let idle = self.idle.lock().expect("nobody panics with the idle ones in hand").pop();
            let Some(mut http) = idle else { break };
            if http.ready().await.is_ok() {
                return Ok(http);
            }
        }
        let stream = wire::dial(self.target.address, None).await?;
        let (http, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // Its errors reach the one whose request is under way.
        tokio::spawn(async move { drop(connection.await) });
        Ok(http)
    }
}

fn json<T: Serialize>(body: &T) -> Bytes {
    Bytes::from(serde_json::to_vec(body).expect("a request is plain data"))
}
