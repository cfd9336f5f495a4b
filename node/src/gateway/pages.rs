//! Which file an address names, and what a browser may do with the page that is in it.

use axum::http::HeaderValue;
use salotto_protocol::SiteId;

use super::{App, DEMO_SITE};

/// In the demo's pages: the place of the site's id.
const SITE_PLACE: &str = "__SALOTTO_SITE__";
/// Nothing from anywhere else, and no inline code or style.
const BASE: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
                    img-src 'self' data:; connect-src 'self'; base-uri 'none'";

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Area {
    Loader,
    Widget,
    Console,
    Demo,
}

#[derive(Debug, Eq, PartialEq)]
pub(super) enum Located {
    /// Below the web part's build.
    File {
        path: String,
        area: Area,
    },
    /// The same with a slash, so that relative addresses in the page are right.
    WithSlash(String),
    /// A node without the demo has nothing to show at its root but the console.
    Console,
    Nowhere,
}

pub(super) fn locate(path: &str, demo: bool) -> Located {
    let Some(path) = path.strip_prefix('/') else { return Located::Nowhere };
    if path.split('/').any(|part| part.starts_with('.')) || path.contains(['\\', '%', '\0']) {
        return Located::Nowhere;
    }
    let file = |path: String, area| Located::File { path: with_index(path), area };
    match path.split('/').next().unwrap_or("") {
        "loader.js" if path == "loader.js" => file(path.to_owned(), Area::Loader),
        "widget" | "console" if !path.contains('/') => Located::WithSlash(format!("/{path}/")),
        "widget" => file(path.to_owned(), Area::Widget),
        "console" => file(path.to_owned(), Area::Console),
        // Unknown addresses of these are never files of the demo.
        "api" | "ws" => Located::Nowhere,
        _ if demo => file(format!("demo/{path}"), Area::Demo),
        "" => Located::Console,
        _ => Located::Nowhere,
    }
}

fn with_index(path: String) -> String {
    if path.ends_with('/') { path + "index.html" } else { path }
}

/// The demo's pages load the chat of the demo's site.
pub(super) fn with_site(html: &str) -> String {
    html.replace(SITE_PLACE, &DEMO_SITE.to_string())
}

/// The Content-Security-Policy of a page. The widget may stand only on pages of its site.
pub(super) fn policy(area: Area, origins: &[String]) -> HeaderValue {
    let text = match area {
        Area::Widget => {
            let origins = origins.iter().filter(|origin| is_origin(origin));
            let origins: String = origins.map(|origin| format!(" {origin}")).collect();
            format!("{BASE}; form-action 'none'; frame-ancestors 'self'{origins}")
        }
        Area::Console => format!("{BASE}; form-action 'self'; frame-ancestors 'none'"),
        Area::Demo => {
            format!("{BASE}; form-action 'self'; frame-src 'self'; frame-ancestors 'none'")
        }
        Area::Loader => "default-src 'none'".to_owned(),
    };
    HeaderValue::from_str(&text).expect("origins were checked to be plain")
}

/// The origins of the site that the widget's address names: `/widget/?site=…`.
pub(super) fn origins_of_site(app: &App, query: Option<&str>) -> Vec<String> {
    let pairs = query.unwrap_or("").split('&').filter_map(|pair| pair.split_once('='));
    let mut sites = pairs.filter(|(name, _)| *name == "site");
    let id = sites.next().and_then(|(_, id)| id.parse::<SiteId>().ok());
    id.and_then(|id| app.chatflows.site(id)).map(|site| site.origins).unwrap_or_default()
}

/// `scheme://host[:port]` and nothing that could end a directive.
fn is_origin(origin: &str) -> bool {
    let Some((scheme, place)) = origin.split_once("://") else { return false };
    let plain = |letter: char| letter.is_ascii_alphanumeric() || ".-:[]".contains(letter);
    matches!(scheme, "http" | "https") && !place.is_empty() && place.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, area: Area) -> Located {
        Located::File { path: path.to_owned(), area }
    }

    #[test]
    fn addresses_lead_to_files() {
        assert_eq!(locate("/loader.js", false), file("loader.js", Area::Loader));
        assert_eq!(locate("/widget/", false), file("widget/index.html", Area::Widget));
        assert_eq!(locate("/console/a/b.js", false), file("console/a/b.js", Area::Console));
        assert_eq!(locate("/console", false), Located::WithSlash("/console/".into()));
        assert_eq!(locate("/", true), file("demo/index.html", Area::Demo));
        assert_eq!(locate("/contact.html", true), file("demo/contact.html", Area::Demo));
        assert_eq!(locate("/", false), Located::Console);
    }

    #[test]
    fn no_address_leads_out_of_the_build() {
        for path in ["/../Cargo.toml", "/widget/../../x", "/widget/.env", "/widget/%2e%2e/x", ""] {
            assert_eq!(locate(path, true), Located::Nowhere, "{path}");
        }
        assert_eq!(locate("/contact.html", false), Located::Nowhere);
        assert_eq!(locate("/api/v2/things", true), Located::Nowhere);
    }

    #[test]
    fn the_widget_may_stand_on_its_sites_pages_alone() {
        let origins = ["https://shop.example".to_owned(), "http://127.0.0.1:8080".to_owned()];
        let policy = policy(Area::Widget, &origins);
        let policy = policy.to_str().expect("ASCII");
        assert_eq!(
            policy,
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
             connect-src 'self'; base-uri 'none'; form-action 'none'; \
             frame-ancestors 'self' https://shop.example http://127.0.0.1:8080"
        );
    }

    #[test]
    fn an_origin_cannot_smuggle_a_directive() {
        let origins = ["https://a.example; script-src *".to_owned(), "*".to_owned()];
        let policy = policy(Area::Widget, &origins);
        assert!(policy.to_str().expect("ASCII").ends_with("frame-ancestors 'self'"));
    }

    #[test]
    fn the_console_stands_in_no_frame() {
        let policy = policy(Area::Console, &[]);
        assert!(policy.to_str().expect("ASCII").contains("frame-ancestors 'none'"));
    }
}
