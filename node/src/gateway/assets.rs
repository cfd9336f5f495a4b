//! The files of the web part, embedded: loader, widget, console and the demo's pages.

use std::borrow::Cow;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::{
    ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
    ETAG, IF_NONE_MATCH, LOCATION, REFERRER_POLICY, VARY,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

use super::App;
use super::error::ApiError;
use super::pages::{self, Area, Located, locate};

/// A debug build reads the files when asked; a release build holds them. Before the web part is
/// built there are none.
#[derive(RustEmbed)]
#[folder = "../web/dist/"]
#[allow_missing = true]
struct Files;

const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-resource-policy");
/// Encodings that the build may have prepared, the smallest first.
const ENCODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

/// One file as it is sent.
struct Content {
    bytes: Cow<'static, [u8]>,
    encoding: Option<&'static str>,
}

pub(super) async fn file(State(app): State<App>, request: Request) -> Response {
    let (path, area) = match locate(request.uri().path(), app.settings.demo) {
        Located::File { path, area } => (path, area),
        Located::WithSlash(path) => {
            let query = request.uri().query().map(|it| format!("?{it}")).unwrap_or_default();
            return redirect(&format!("{path}{query}"));
        }
        Located::Console => return redirect("/console/"),
        Located::Nowhere => return ApiError::NotFound.into_response(),
    };
    let Some(content) = content(&path, area, request.headers()) else {
        return ApiError::NotFound.into_response();
    };
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let error = ApiError::WrongMethod(request.method().to_string());
        return ([(ALLOW, "GET,HEAD")], error).into_response();
    }
    let mut response = answer(&path, area, content, request.headers());
    if is_page(&path) {
        let origins = match area {
            Area::Widget => pages::origins_of_site(&app, request.uri().query()),
            Area::Loader | Area::Console | Area::Demo => Vec::new(),
        };
        let policy = pages::policy(area, &origins);
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

fn content(path: &str, area: Area, headers: &HeaderMap) -> Option<Content> {
    if area == Area::Demo && is_page(path) {
        let html = Files::get(path)?;
        let html = pages::with_site(&String::from_utf8_lossy(&html.data));
        return Some(Content { bytes: html.into_bytes().into(), encoding: None });
    }
    let prepared = ENCODINGS.into_iter().filter(|(encoding, _)| accepts(headers, encoding));
    let mut prepared = prepared.filter_map(|(encoding, suffix)| {
        let bytes = Files::get(&format!("{path}{suffix}"))?.data;
        Some(Content { bytes, encoding: Some(encoding) })
    });
    prepared.next().or_else(|| Some(Content { bytes: Files::get(path)?.data, encoding: None }))
}

fn answer(path: &str, area: Area, content: Content, headers: &HeaderMap) -> Response {
    let etag = etag(&content);
    let is_known = headers.get_all(IF_NONE_MATCH).iter().any(|it| names(it, &etag));
    let mut response = match (is_known, content.bytes) {
        (true, _) => StatusCode::NOT_MODIFIED.into_response(),
        (false, Cow::Borrowed(bytes)) => Body::from(Bytes::from_static(bytes)).into_response(),
        (false, Cow::Owned(bytes)) => Body::from(bytes).into_response(),
    };
    let head = response.headers_mut();
    head.insert(ETAG, HeaderValue::from_str(&etag).expect("hexadecimal"));
    head.insert(CONTENT_TYPE, HeaderValue::from_static(media_type(path)));
    head.insert(CACHE_CONTROL, HeaderValue::from_static(lifetime(path, area)));
    head.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(encoding) = content.encoding {
        head.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    match area {
        // Runs on other people's pages, whatever they demand of what they load.
        Area::Loader => {
            let anywhere = HeaderValue::from_static("cross-origin");
            head.insert(CROSS_ORIGIN_RESOURCE_POLICY, anywhere);
        }
        Area::Demo => {
            let usual = HeaderValue::from_static("strict-origin-when-cross-origin");
            head.insert(REFERRER_POLICY, usual);
        }
        Area::Widget | Area::Console => {}
    }
    response
}

/// The name of an asset of the build holds a hash of its content.
fn lifetime(path: &str, area: Area) -> &'static str {
    match area {
        Area::Loader => "public, max-age=300",
        Area::Widget | Area::Console if path.contains("/assets/") => {
            "public, max-age=31536000, immutable"
        }
        _ if is_page(path) => "no-cache",
        Area::Widget | Area::Console | Area::Demo => "public, max-age=300",
    }
}

fn is_page(path: &str) -> bool {
    path.ends_with(".html")
}

fn etag(content: &Content) -> String {
    let hash = Sha256::digest(&content.bytes);
    let hex: String = hash[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("\"{hex}\"")
}

/// Whether an `If-None-Match` line names this tag, or any.
fn names(line: &HeaderValue, etag: &str) -> bool {
    let Ok(line) = line.to_str() else { return false };
    line.split(',').map(str::trim).any(|it| it == "*" || it.trim_start_matches("W/") == etag)
}

fn accepts(headers: &HeaderMap, encoding: &str) -> bool {
    let lines = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|item| {
        let mut parts = item.split(';').map(str::trim);
        parts.next() == Some(encoding) && !parts.any(|part| matches!(part, "q=0" | "q=0.0"))
    })
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or("") {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn redirect(to: &str) -> Response {
    (StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(path: &str, area: Area, headers: &[(HeaderName, &str)]) -> Response {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name.clone(), HeaderValue::from_str(value).expect("plain"));
        }
        let content = Content { bytes: Cow::Borrowed(b"hello"), encoding: None };
        answer(path, area, content, &map)
    }

    #[test]
    fn what_a_browser_has_is_not_sent_again() {
        let first = answered("loader.js", Area::Loader, &[]);
        assert_eq!(first.status(), 200);
        let etag = first.headers()[ETAG].to_str().expect("ASCII").to_owned();
        for known in [etag.clone(), format!("\"x\", W/{etag}"), "*".to_owned()] {
            let again = answered("loader.js", Area::Loader, &[(IF_NONE_MATCH, &known)]);
            assert_eq!(again.status(), 304, "{known}");
            assert_eq!(again.headers()[ETAG], etag.as_str());
        }
        let changed = answered("loader.js", Area::Loader, &[(IF_NONE_MATCH, "\"other\"")]);
        assert_eq!(changed.status(), 200);
    }

    #[test]
    fn hashed_names_are_kept_and_pages_are_asked_for_again() {
        let lifetime = |path, area| answered(path, area, &[]).headers()[CACHE_CONTROL].clone();
        let for_good = "public, max-age=31536000, immutable";
        assert_eq!(lifetime("widget/assets/index-abc.js", Area::Widget), for_good);
        assert_eq!(lifetime("console/index.html", Area::Console), "no-cache");
        assert_eq!(lifetime("loader.js", Area::Loader), "public, max-age=300");
    }

    #[test]
    fn an_encoding_is_used_only_if_the_browser_takes_it() {
        let map = |value| {
            let mut map = HeaderMap::new();
            map.insert(ACCEPT_ENCODING, HeaderValue::from_static(value));
            map
        };
        assert!(accepts(&map("gzip, deflate, br"), "br"));
        assert!(accepts(&map("br;q=0.5"), "br"));
        assert!(!accepts(&map("gzip, br;q=0"), "br"));
        assert!(!accepts(&HeaderMap::new(), "gzip"));
    }

    #[test]
    fn the_loader_may_be_loaded_by_any_page() {
        let response = answered("loader.js", Area::Loader, &[]);
        assert_eq!(response.headers()[CROSS_ORIGIN_RESOURCE_POLICY], "cross-origin");
        assert_eq!(response.headers()[CONTENT_TYPE], "text/javascript; charset=utf-8");
    }
}
