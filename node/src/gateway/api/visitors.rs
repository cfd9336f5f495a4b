//! `/api/v1/visitors`: a new visitor and their token, for pages of the site alone.

use axum::Json;
use axum::extract::FromRequest;
use axum::extract::{Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, CACHE_CONTROL, ORIGIN, VARY,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use salotto_protocol::VisitorId;
use salotto_protocol::api::{NewVisitor, VisitorToken};
use uuid::Uuid;

use crate::gateway::address::Caller;
use crate::gateway::auth::is_load_test;
use crate::gateway::body::JsonBody;
use crate::gateway::error::ApiError;
use crate::gateway::{App, DEMO_SITE};
use crate::session::Identity;
use crate::store::SiteRow;

/// What a browser asks before it posts JSON to another origin. Any page may try: whether its
/// origin is the site's is known only with the body.
pub(crate) async fn preflight() -> Response {
    let allowed = [
        (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (ACCESS_CONTROL_ALLOW_METHODS, "POST"),
        (ACCESS_CONTROL_ALLOW_HEADERS, "content-type"),
        (ACCESS_CONTROL_MAX_AGE, "600"),
    ];
    (StatusCode::NO_CONTENT, allowed).into_response()
}

pub(crate) async fn create(State(app): State<App>, caller: Caller, request: Request) -> Response {
    let headers = request.headers().clone();
    let mut response = match new_visitor(&app, &caller, &headers, request).await {
        Ok(token) => ([(CACHE_CONTROL, "no-store")], Json(token)).into_response(),
        Err(error) => {
            // Any page may read why not; nothing secret is in it.
            ([(ACCESS_CONTROL_ALLOW_ORIGIN, "*")], error).into_response()
        }
    };
    if let (true, Some(origin)) = (response.status().is_success(), headers.get(ORIGIN)) {
        response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    }
    response.headers_mut().insert(VARY, HeaderValue::from_static("origin"));
    response
}

async fn new_visitor(
    app: &App,
    caller: &Caller,
    headers: &HeaderMap,
    request: Request,
) -> Result<VisitorToken, ApiError> {
    let is_load_test = is_load_test(app, headers);
    if !is_load_test {
        app.guards.admit_visitor(caller)?;
    }
    let JsonBody(NewVisitor { site }) = JsonBody::from_request(request, &()).await?;
    let site = app.chatflows.site(site).ok_or(ApiError::UnknownSite)?;
    let origin = headers.get(ORIGIN).and_then(|origin| origin.to_str().ok());
    if !is_load_test && !origin.is_some_and(|origin| may_use(&site, origin, caller)) {
        return Err(ApiError::WrongOrigin);
    }
    let visitor = VisitorId(Uuid::from_bytes(random_bits()));
    let token = app.tokens.for_visitor(Identity { visitor, site: site.id });
    Ok(VisitorToken { visitor, token })
}

fn may_use(site: &SiteRow, origin: &str, caller: &Caller) -> bool {
    let is_listed = site.origins.iter().any(|listed| listed.eq_ignore_ascii_case(origin));
    is_listed || (site.id == DEMO_SITE && caller.is_own_origin(origin))
}

fn random_bits() -> [u8; 16] {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits).expect("the system has randomness");
    bits
}
