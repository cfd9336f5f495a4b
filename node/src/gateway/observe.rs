//! Around every request: a time limit, a net for panics, headers for safety, and the metrics.

use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request};
use axum::http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;

use super::error::ApiError;
use super::routes::route_of;
use crate::metrics::{self, Route};

/// Longer than any healthy answer takes, shorter than a browser waits.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const NO_PERMISSIONS: &str = "camera=(), geolocation=(), microphone=(), payment=(), usb=()";
/// For what is no page; pages bring their own.
const NO_PAGE: &str = "default-src 'none'; frame-ancestors 'none'";

pub(super) async fn observed(request: Request, next: Next) -> Response {
    let began = Instant::now();
    let route = route_of(request.extensions().get::<MatchedPath>().map(MatchedPath::as_str));
    if !is_text(request.uri().path()) {
        return finished(route, began, ApiError::NotFound.into_response());
    }
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind();
    let response = match tokio::time::timeout(REQUEST_TIMEOUT, answer).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => ApiError::Panicked.into_response(),
        Err(_) => ApiError::TimedOut.into_response(),
    };
    finished(route, began, response)
}

fn finished(route: Route, began: Instant, mut response: Response) -> Response {
    secure(response.headers_mut());
    metrics::http_request_answered(route, response.status().as_u16(), began.elapsed());
    response
}

/// Bytes that are no UTF-8 name nothing here; axum would answer them in words of its own.
fn is_text(path: &str) -> bool {
    let mut rest = path.as_bytes();
    let mut bytes = Vec::with_capacity(rest.len());
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).filter(|_| *first == b'%');
        let digits = digits.and_then(|it| std::str::from_utf8(it).ok());
        match digits.and_then(|it| u8::from_str_radix(it, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    std::str::from_utf8(&bytes).is_ok()
}

pub(super) async fn not_found() -> ApiError {
    ApiError::NotFound
}

pub(super) async fn wrong_method(method: Method) -> ApiError {
    ApiError::WrongMethod(method.to_string())
}

fn secure(headers: &mut HeaderMap) {
    let defaults = [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (PERMISSIONS_POLICY, NO_PERMISSIONS),
        (CONTENT_SECURITY_POLICY, NO_PAGE),
    ];
    for (name, value) in defaults {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}
