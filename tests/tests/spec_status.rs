//! `docs/spec-status.md` says which tests show which rows, and no finished row is without one.

use std::fs;
use std::path::Path;

use salotto_tests::spec::{Shown, Spec, complaints, javascript, page, rust};
use salotto_tests::tidy::{repository, sources};

const PAGE: &str = "docs/spec-status.md";

const UPDATE: &str = "UPDATE_SPEC=1 cargo test --workspace --test all spec_status";

fn spec(root: &Path) -> Spec {
    let text = fs::read_to_string(root.join("docs/spec-rows.toml")).expect("the rows can be read");
    Spec::parse(&text).unwrap_or_else(|error| panic!("docs/spec-rows.toml: {error}"))
}

fn shown(root: &Path) -> Vec<Shown> {
    let mut shown: Vec<Shown> = sources(root)
        .iter()
        .flat_map(|source| match source.path.rsplit('.').next() {
            Some("rs") => rust(&source.path, &source.text),
            Some("ts" | "tsx" | "mjs") => javascript(&source.path, &source.text),
            _ => Vec::new(),
        })
        .filter(|shown| !shown.file.starts_with("tests/src/spec/"))
        .collect();
    shown.sort_by(|one, other| (&one.file, &one.test).cmp(&(&other.file, &other.test)));
    shown
}

#[test]
fn every_row_of_a_finished_section_is_shown_by_a_test() {
    let root = repository();
    let found = complaints(&spec(&root), &shown(&root));
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn the_page_says_what_the_tests_show() {
    let root = repository();
    let page = page(&spec(&root), &shown(&root));
    if std::env::var_os("UPDATE_SPEC").is_some() {
        fs::write(root.join(PAGE), &page).expect("the page can be written");
    }
    let stands = fs::read_to_string(root.join(PAGE)).expect("the page can be read");
    assert!(stands == page, "{PAGE} is old: {UPDATE}");
}
