//! `/openapi.json`: the REST API as an OpenAPI 3.1 document, kept by hand.

use axum::http::HeaderName;
use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE};

const DOCUMENT: &str = include_str!("openapi.json");

const HEAD: [(HeaderName, &str); 3] = [
    (CONTENT_TYPE, "application/json"),
    (CACHE_CONTROL, "public, max-age=300"),
    (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
];

pub(crate) async fn document() -> ([(HeaderName, &'static str); 3], &'static str) {
    (HEAD, DOCUMENT)
}
