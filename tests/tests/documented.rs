//! `docs/operations.md` names every setting and every metric that a node has, and no others.

use std::collections::BTreeSet;

use salotto_tests::node::Node;
use salotto_tests::rest::Ask;
use salotto_tests::tidy;

const PAGE: &str = include_str!("../../docs/operations.md");

#[tokio::test]
async fn every_setting_is_documented() {
    let node = Node::prepare(&[]);
    let printed = node.run(&["print-config"]).await;
    let printed = String::from_utf8(printed.stdout).expect("UTF-8");

    let settings = keys(&printed);

    assert!(settings.len() > 15, "{printed}");
    let missing: Vec<_> = settings.iter().filter(|key| !is_named(key)).collect();
    assert!(missing.is_empty(), "docs/operations.md does not name {missing:?}");
}

#[tokio::test]
async fn every_metric_is_documented_and_every_documented_one_exists() {
    let node = Node::start().await;
    let page = Ask::get(node.admin, "/metrics").send().await.text();

    let types = page.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let exported: BTreeSet<&str> = types.filter_map(|line| line.split(' ').next()).collect();

    let ours = exported.iter().filter(|name| name.starts_with("salotto_"));
    let missing: Vec<_> = ours.filter(|name| !is_named(name)).collect();
    assert!(missing.is_empty(), "docs/operations.md does not name {missing:?}");
    let named = PAGE
        .split('`')
        .filter(|word| word.starts_with("salotto_") && !word.contains(|c: char| c.is_whitespace()));
    let gone: Vec<_> =
        named.filter(|name| *name != "salotto_" && !exported.contains(name)).collect();
    assert!(gone.is_empty(), "docs/operations.md names {gone:?}, which no node exports");
}

/// Those of a node are held against `METRICS` above; what other pages name is among them.
#[tokio::test]
async fn every_metric_that_another_page_names_exists() {
    let pages = [
        include_str!("../../docs/failures.md"),
        include_str!("../../docs/kubernetes.md"),
        include_str!("../../README.md"),
        include_str!("../../ARCHITECTURE.md"),
    ];
    let node = Node::start().await;
    let exported = Ask::get(node.admin, "/metrics").send().await.text();

    let words = pages.iter().flat_map(|page| page.split('`').skip(1).step_by(2));
    let named: BTreeSet<&str> = words.filter(|it| it.starts_with("salotto_")).collect();
    let is_gone = |name: &&&str| !exported.contains(&format!("# TYPE {name} "));
    let gone: Vec<_> = named.iter().filter(is_gone).collect();

    assert!(named.len() > 4, "{named:?}");
    assert!(gone.is_empty(), "{gone:?} is exported by no node");
}

fn is_named(word: &str) -> bool {
    PAGE.contains(&format!("`{word}`"))
}

/// The first word of every line that is a key, of settings that are not set as well.
fn keys(printed: &str) -> BTreeSet<String> {
    let is_key = |word: &&str| {
        word.contains('.') && word.chars().all(|c| c.is_ascii_lowercase() || "._".contains(c))
    };
    let words = printed.lines().filter_map(|line| line.trim_start_matches("# ").split(' ').next());
    words.filter(is_key).map(str::to_owned).collect()
}

/// BY-11
#[test]
fn every_test_that_the_page_on_failures_names_exists() {
    let page = include_str!("../../docs/failures.md");
    let sources = tidy::sources(&tidy::repository());
    let rust: Vec<_> = sources.iter().filter(|source| source.extension() == "rs").collect();
    let exists = |name: &str| {
        let function = format!("fn {name}(");
        rust.iter().any(|source| source.text.contains(&function))
    };

    let names: Vec<_> = page.split('`').filter(|word| word.matches('_').count() > 3).collect();
    assert!(names.len() > 40, "{names:?}");
    let gone: Vec<_> = names.into_iter().filter(|name| !exists(name)).collect();

    assert!(gone.is_empty(), "docs/failures.md names {gone:?}, which no test is called");
}
