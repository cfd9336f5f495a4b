//! A JSON body: bounded, typed, and without NUL; what is wrong is named.

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::ApiError;

/// The longest request is far below; more is a mistake or an attack.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// Settings are for who has signed in, and may be long: two hundred routing rules.
const SETTINGS_BYTES_MAX: usize = 256 * 1024;

/// The body of a request, as a handler's argument.
pub(super) struct JsonBody<T>(pub(super) T);

/// As `JsonBody`, for settings: a field that they do not have is refused, for somebody misspelt it.
/// Every field of `T` must be written, also when it is empty.
pub(super) struct StrictBody<T>(pub(super) T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        typed(&value(request, BODY_BYTES_MAX).await?).map(JsonBody)
    }
}

impl<T: DeserializeOwned + Serialize, S: Sync> FromRequest<S> for StrictBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let given = value(request, SETTINGS_BYTES_MAX).await?;
        let settings: T = typed(&given)?;
        let taken = serde_json::to_value(&settings).expect("settings are plain data");
        match unknown(&given, &taken) {
            Some(field) => Err(ApiError::BadField { field, complaint: "is not known".to_owned() }),
            None => Ok(StrictBody(settings)),
        }
    }
}

async fn value(request: Request, bytes_max: usize) -> Result<Value, ApiError> {
    let (parts, body) = request.into_parts();
    let kind = parts.headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok()).unwrap_or("");
    // A form of another site can post anything but this without being asked first.
    let essence = kind.split(';').next().unwrap_or("").trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        return Err(ApiError::NotJson);
    }
    parse(&read(body, bytes_max).await?)
}

/// The path of a field that was given and is not among what was taken.
fn unknown(given: &Value, taken: &Value) -> Option<String> {
    match (given, taken) {
        (Value::Object(given), Value::Object(taken)) => given.iter().find_map(|(name, value)| {
            let Some(taken) = taken.get(name) else { return Some(name.clone()) };
            let inner = unknown(value, taken)?;
            let dot = if inner.starts_with('[') { "" } else { "." };
            Some(format!("{name}{dot}{inner}"))
        }),
        (Value::Array(given), Value::Array(taken)) => {
            given.iter().zip(taken).enumerate().find_map(|(at, (given, taken))| {
                unknown(given, taken).map(|inner| format!("[{at}].{inner}"))
            })
        }
        _ => None,
    }
}

async fn read(body: Body, bytes_max: usize) -> Result<Vec<u8>, ApiError> {
    match Limited::new(body, bytes_max).collect().await {
        Ok(collected) => Ok(collected.to_bytes().to_vec()),
        Err(error) if error.is::<LengthLimitError>() => Err(ApiError::TooLarge { max: bytes_max }),
        Err(error) => Err(ApiError::BadJson(error.to_string())),
    }
}

fn parse(bytes: &[u8]) -> Result<Value, ApiError> {
    let value: Value =
        serde_json::from_slice(bytes).map_err(|error| ApiError::BadJson(error.to_string()))?;
    if has_nul(&value) {
        return Err(ApiError::BadJson("NUL in a text".to_owned()));
    }
    Ok(value)
}

fn typed<T: DeserializeOwned>(value: &Value) -> Result<T, ApiError> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let complaint = error.inner().to_string();
        match complaint.strip_prefix("missing field `").and_then(|it| it.strip_suffix('`')) {
            Some(missing) => {
                let path = error.path().to_string();
                let field = if path == "." { missing.into() } else { format!("{path}.{missing}") };
                ApiError::BadField { field, complaint: "is missing".to_owned() }
            }
            None => ApiError::BadField { field: error.path().to_string(), complaint },
        }
    })
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(fields) => fields.iter().any(|(k, v)| k.contains('\0') || has_nul(v)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request as HttpRequest;
    use salotto_protocol::api::{LoadTestAgents, NewVisitor};

    use super::*;

    async fn refused<T: DeserializeOwned>(kind: &str, body: impl Into<Body>) -> ApiError {
        let request = HttpRequest::post("/").header(CONTENT_TYPE, kind).body(body.into());
        let request = request.expect("a request");
        match JsonBody::<T>::from_request(request, &()).await {
            Ok(_) => panic!("it was taken"),
            Err(error) => error,
        }
    }

    #[tokio::test]
    async fn what_is_wrong_is_named() {
        let field = |error| match error {
            ApiError::BadField { field, complaint } => format!("{field} {complaint}"),
            other => panic!("{other}"),
        };
        let json = "application/json; charset=utf-8";
        let error = refused::<NewVisitor>(json, "{}").await;
        assert_eq!(field(error), "site is missing");
        let error = refused::<LoadTestAgents>(json, r#"{"count":"two","capacity":1}"#).await;
        assert_eq!(field(error), r#"count invalid type: string "two", expected u32"#);
        let error = refused::<NewVisitor>(json, r#"{"site":"x"}"#).await;
        assert!(field(error).starts_with("site "));
    }

    #[tokio::test]
    async fn what_is_no_json_is_refused() {
        let json = "application/json";
        for body in ["", "{", "[1,", "\u{feff}{}"] {
            let error = refused::<NewVisitor>(json, body).await;
            assert!(matches!(error, ApiError::BadJson(_)), "{body:?}");
        }
        let error = refused::<NewVisitor>(json, vec![b'"', 0xff, b'"']).await;
        assert!(matches!(error, ApiError::BadJson(_)));
        let error = refused::<NewVisitor>("text/plain", r#"{"site":1}"#).await;
        assert!(matches!(error, ApiError::NotJson));
    }

    #[tokio::test]
    async fn nul_is_refused_wherever_it_stands() {
        for body in [r#"{"site":"\u0000"}"#, r#"{"a":[{"b\u0000":1}]}"#] {
            let error = refused::<NewVisitor>("application/json", body).await;
            assert!(matches!(error, ApiError::BadJson(_)), "{body}");
        }
    }

    #[tokio::test]
    async fn a_body_over_the_limit_is_refused() {
        let body = format!("\"{}\"", "x".repeat(BODY_BYTES_MAX));
        let error = refused::<NewVisitor>("application/json", body).await;
        assert!(matches!(error, ApiError::TooLarge { max: 65_536 }));
    }
}
