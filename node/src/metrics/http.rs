//! Requests over HTTP, and who asked too often.

use std::time::Duration;

use metrics::{counter, histogram};

/// A route, as a closed set: a visitor cannot make up new series.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Route {
    Sites,
    Visitors,
    Conversations,
    Entries,
    Session,
    Agents,
    Chatflows,
    /// Users, colleagues, teams, access to inboxes, the account, skills.
    People,
    LoadTest,
    OpenApi,
    Sockets,
    Files,
}

impl Route {
    fn word(self) -> &'static str {
        match self {
            Route::Sites => "sites",
            Route::Visitors => "visitors",
            Route::Conversations => "conversations",
            Route::Entries => "entries",
            Route::Session => "session",
            Route::Agents => "agents",
            Route::Chatflows => "chatflows",
            Route::People => "people",
            Route::LoadTest => "loadtest",
            Route::OpenApi => "openapi",
            Route::Sockets => "sockets",
            Route::Files => "files",
        }
    }
}

pub(crate) fn http_request_answered(route: Route, status: u16, time: Duration) {
    let code = match status {
        ..200 => "1xx",
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        500.. => "5xx",
    };
    counter!("salotto_http_requests_total", "route" => route.word(), "code" => code).increment(1);
    histogram!("salotto_http_request_duration_seconds", "route" => route.word()).record(time);
}

/// `scope` says whose limit it was; the list has them.
pub(crate) fn rate_limited(scope: &'static str) {
    counter!("salotto_rate_limited_total", "scope" => scope).increment(1);
}
