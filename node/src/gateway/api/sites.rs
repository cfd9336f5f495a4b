//! `/api/v1/sites/{site}`: all that the loader needs to know, from any page.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderName;
use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL};
use axum::response::{IntoResponse, Response};
use salotto_protocol::SiteId;
use salotto_protocol::api::SiteSettings;

use crate::gateway::App;
use crate::gateway::error::ApiError;

const ANY_PAGE: (HeaderName, &str) = (ACCESS_CONTROL_ALLOW_ORIGIN, "*");

pub(crate) async fn settings(State(app): State<App>, Path(site): Path<String>) -> Response {
    let known = site.parse::<SiteId>().ok().and_then(|id| app.chatflows.site(id));
    let Some(site) = known else {
        return ([ANY_PAGE], ApiError::UnknownSite).into_response();
    };
    let settings = SiteSettings { site: site.id, chatflow: app.chatflows.shown_on(site.id) };
    ([ANY_PAGE, (CACHE_CONTROL, "public, max-age=60")], Json(settings)).into_response()
}
