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
use crate::metrics;

/// Longer than any healthy answer takes, shorter than a browser waits.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const NO_PERMISSIONS: &str = "camera=(), geolocation=(), microphone=(), payment=(), usb=()";
/// For what is no page; pages bring their own.
const NO_PAGE: &str = "default-src 'none'; frame-ancestors 'none'";

pub(super) async fn observed(request: Request, next: Next) -> Response {
    let began = Instant::now();
    let route = route_of(request.extensions().get::<MatchedPath>().map(MatchedPath::as_str));
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind();
    let mut response = match tokio::time::timeout(REQUEST_TIMEOUT, answer).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => ApiError::Panicked.into_response(),
        Err(_) => ApiError::TimedOut.into_response(),
    };
    secure(response.headers_mut());
    metrics::http_request_answered(route, response.status().as_u16(), began.elapsed());
    response
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
