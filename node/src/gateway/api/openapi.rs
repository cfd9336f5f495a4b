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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::DOCUMENT;
    use crate::gateway::test_support::Harness;

    /// `method path` of everything in `routes.rs`, read from its source.
    fn routed() -> BTreeSet<String> {
        let source = include_str!("../routes.rs");
        let table = source.split(".fallback(").next().expect("the table");
        let routes = table.split(".route(").skip(1);
        routes
            .flat_map(|route| {
                let path = route.split('"').nth(1).expect("a path").to_owned();
                let methods = ["get", "post", "delete", "options", "put", "patch"];
                let named = methods.into_iter().filter(|it| route.contains(&format!("{it}(")));
                named.map(|method| format!("{method} {path}")).collect::<Vec<_>>()
            })
            .filter(|route| !route.contains(" /ws/"))
            .collect()
    }

    #[test]
    fn the_document_has_exactly_the_routes() {
        let document: Value = serde_json::from_str(DOCUMENT).expect("JSON");
        let paths = document["paths"].as_object().expect("paths");
        let documented: BTreeSet<String> = paths
            .iter()
            .flat_map(|(path, methods)| {
                let methods = methods.as_object().expect("methods").keys();
                methods.map(|method| format!("{method} {path}")).collect::<Vec<_>>()
            })
            .collect();
        assert!(documented.len() >= 11);
        assert_eq!(documented, routed());
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document: Value = serde_json::from_str(DOCUMENT).expect("JSON");
        let mut found = 0;
        for reference in DOCUMENT.split("\"$ref\": \"#").skip(1) {
            let pointer = reference.split('"').next().expect("a pointer");
            assert!(document.pointer(pointer).is_some(), "{pointer}");
            found += 1;
        }
        assert!(found > 50);
    }

    #[tokio::test]
    async fn the_document_is_served() {
        let answer = Harness::new().await.get("/openapi.json").await;
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(answer.json()["openapi"], "3.1.0");
    }
}
