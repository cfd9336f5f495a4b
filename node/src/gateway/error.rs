//! The one place where a failure becomes an HTTP response, and is logged.

use std::error::Error;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use salotto_protocol::ErrorCode;
use salotto_protocol::api::Problem;

use super::password::PasswordError;
use crate::store::StoreError;

/// What to say when a client is to try again and nothing tells when.
const RETRY_SOON: Duration = Duration::from_secs(1);

#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    #[error("the body is not JSON: {0}")]
    BadJson(String),
    #[error("a body must be application/json")]
    NotJson,
    #[error("{field} {complaint}")]
    BadField { field: String, complaint: String },
    #[error("sign in, or send a valid token")]
    Unauthenticated,
    #[error("the e-mail address or the password is wrong")]
    WrongPassword,
    #[error("{0}")]
    Forbidden(&'static str),
    #[error("there is no such site")]
    UnknownSite,
    #[error("this site does not chat on pages of this origin")]
    WrongOrigin,
    #[error("there is nothing here")]
    NotFound,
    #[error("this address does not take {0}")]
    WrongMethod(String),
    #[error("the body is larger than {max} bytes")]
    TooLarge { max: usize },
    #[error("{what}: at most {per_minute} a minute; wait a little")]
    RateLimited { what: &'static str, per_minute: u32, retry_after: Duration },
    #[error("it took too long; try again")]
    TimedOut,
    #[error("the store failed; try again")]
    Store(#[from] StoreError),
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error("it failed on our side")]
    Panicked,
}

/// What the head of the response needs to know.
struct Facts {
    status: StatusCode,
    code: ErrorCode,
    retry_after: Option<Duration>,
}

impl ApiError {
    fn facts(&self) -> Facts {
        let no = |status, code| Facts { status, code, retry_after: None };
        let later = |status, code, wait| Facts { status, code, retry_after: Some(wait) };
        match self {
            ApiError::BadJson(_) => no(StatusCode::BAD_REQUEST, ErrorCode::BadJson),
            ApiError::NotJson => no(StatusCode::UNSUPPORTED_MEDIA_TYPE, ErrorCode::BadJson),
            ApiError::BadField { .. } => no(StatusCode::BAD_REQUEST, ErrorCode::BadField),
            ApiError::Unauthenticated | ApiError::WrongPassword => {
                no(StatusCode::UNAUTHORIZED, ErrorCode::Unauthenticated)
            }
            ApiError::Forbidden(_) => no(StatusCode::FORBIDDEN, ErrorCode::Forbidden),
            ApiError::UnknownSite => no(StatusCode::NOT_FOUND, ErrorCode::WrongSite),
            ApiError::WrongOrigin => no(StatusCode::FORBIDDEN, ErrorCode::WrongSite),
            ApiError::NotFound => no(StatusCode::NOT_FOUND, ErrorCode::NotFound),
            ApiError::WrongMethod(_) => no(StatusCode::METHOD_NOT_ALLOWED, ErrorCode::NotFound),
            ApiError::TooLarge { .. } => no(StatusCode::PAYLOAD_TOO_LARGE, ErrorCode::TooLarge),
            ApiError::RateLimited { retry_after, .. } => {
                later(StatusCode::TOO_MANY_REQUESTS, ErrorCode::RateLimited, *retry_after)
            }
            ApiError::TimedOut | ApiError::Password(PasswordError::Crowded) => {
                later(StatusCode::SERVICE_UNAVAILABLE, ErrorCode::Busy, RETRY_SOON)
            }
            ApiError::Store(_) => {
                later(StatusCode::SERVICE_UNAVAILABLE, ErrorCode::StoreFailed, RETRY_SOON)
            }
            ApiError::Password(PasswordError::Hash(_)) | ApiError::Panicked => {
                no(StatusCode::INTERNAL_SERVER_ERROR, ErrorCode::Internal)
            }
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let Facts { status, code, retry_after } = self.facts();
        if status.is_server_error() {
            tracing::error!(error = chain(&self), ?code, "a request failed");
        }
        let title = self.to_string();
        let field = if let ApiError::BadField { field, .. } = self { Some(field) } else { None };
        let problem = Problem {
            code,
            title,
            status: status.as_u16(),
            field,
            retry_after_ms: retry_after.map(millis_up),
        };
        let body = serde_json::to_vec(&problem).expect("plain data");
        let mut response = (status, Body::from(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(wait) = retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(millis_up(wait).div_ceil(1_000)));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

fn millis_up(wait: Duration) -> u64 {
    u64::try_from(wait.as_micros().div_ceil(1_000)).unwrap_or(u64::MAX)
}

/// An error and all its causes on one line.
fn chain(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line = format!("{line}: {error}");
        cause = error.source();
    }
    line
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    async fn answer(error: ApiError) -> (u16, String, Option<String>) {
        let response = error.into_response();
        assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
        let status = response.status().as_u16();
        let retry = response.headers().get(RETRY_AFTER);
        let retry = retry.map(|it| it.to_str().expect("ASCII").to_owned());
        let body = response.into_body().collect().await.expect("a body").to_bytes();
        (status, String::from_utf8(body.to_vec()).expect("UTF-8"), retry)
    }

    #[tokio::test]
    async fn a_bad_field_is_named() {
        let error = ApiError::BadField { field: "site".into(), complaint: "is missing".into() };
        let body = r#"{"code":"bad_field","title":"site is missing","status":400,"field":"site"}"#;
        assert_eq!(answer(error).await, (400, body.to_owned(), None));
    }

    #[tokio::test]
    async fn a_limit_says_what_it_is_and_when_to_come_back() {
        let error = ApiError::RateLimited {
            what: "new visitors from one address",
            per_minute: 600,
            retry_after: Duration::from_micros(1_500_100),
        };
        let body = concat!(
            r#"{"code":"rate_limited","title":"new visitors from one address: at most 600 a "#,
            r#"minute; wait a little","status":429,"retry_after_ms":1501}"#
        );
        assert_eq!(answer(error).await, (429, body.to_owned(), Some("2".to_owned())));
    }

    #[tokio::test]
    async fn the_stores_own_words_stay_with_us() {
        let error = ApiError::Store(StoreError::Undecodable("secret row".into()));
        let (status, body, retry) = answer(error).await;
        assert_eq!((status, retry.as_deref()), (503, Some("1")));
        assert!(body.contains("store_failed") && !body.contains("secret"), "{body}");
    }
}
