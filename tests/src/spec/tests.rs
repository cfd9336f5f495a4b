//! The checks on small inputs: each has to be able to complain.

use super::{Shown, Spec, complaints, javascript, page, rust};

const ROWS: &str = r#"
[[sections]]
title = "Availability"
finished = true
rows = [
    { id = "AV-1", tag = "seed", what = "by users" },
    { id = "AV-2", tag = "own", what = "by hours", missing = "no time zones" },
]
"#;

fn spec() -> Spec {
    Spec::parse(ROWS).expect("the rows are well formed")
}

fn rows(shown: &[Shown]) -> Vec<&str> {
    shown.iter().flat_map(|it| it.rows.iter().map(String::as_str)).collect()
}

#[test]
fn a_rust_test_shows_the_rows_of_its_name_and_of_the_comment_above() {
    let text = "
/// AV-1, AV-10 to AV-12: the first that holds.
#[tokio::test(flavor = \"multi_thread\")]
async fn the_states_are_these() {}

// no row AV-7 here

#[test]
fn as_8_perm_2_who_has_no_seat_is_skipped_reg_1() {}
";
    let shown = rust("a.rs", text);
    assert_eq!(rows(&shown[..1]), ["AV-1", "AV-10", "AV-11", "AV-12"]);
    assert_eq!(rows(&shown[1..]), ["AS-8", "PERM-2", "REG-1"]);
}

#[test]
fn a_script_test_shows_the_rows_before_its_colon_and_of_the_comment_above() {
    let text = "
  // PERM-8
  test(`AV-22, AV-24: as AV-20 on ${clock}`, async () => {
test('nothing to see', () => {
";
    let shown = javascript("a.mjs", text);
    assert_eq!(shown.len(), 1);
    assert_eq!(rows(&shown), ["AV-22", "AV-24", "PERM-8"]);
}

#[test]
fn a_row_of_the_article_without_a_test_is_complained_of_even_if_it_says_why() {
    let found = complaints(&spec(), &[]);
    assert_eq!(found, ["AV-1 of the article has no test"]);
    let shown = rust("a.rs", "#[test]\nfn av_1_by_users() {}");
    assert!(complaints(&spec(), &shown).is_empty());
}

#[test]
fn another_row_needs_a_test_or_a_word() {
    let silent = ROWS.replace(", missing = \"no time zones\"", "");
    let silent = Spec::parse(&silent).expect("well formed");
    assert!(complaints(&silent, &[])[1].starts_with("AV-2 has no test"));
}

#[test]
fn a_row_that_nobody_knows_is_complained_of() {
    let shown = rust("a.rs", "#[test]\nfn av_1_by_users_av_99() {}");
    assert_eq!(complaints(&spec(), &shown).len(), 1, "AV-99");
}

#[test]
fn a_row_that_stands_there_twice_is_refused() {
    let twice = ROWS.replace("AV-2", "AV-1");
    assert!(Spec::parse(&twice).is_err_and(|error| error.contains("AV-1")));
}

#[test]
fn the_page_says_what_shows_a_row_and_what_is_missing() {
    let shown = rust("a.rs", "#[test]\nfn av_1_by_users() {}");
    let page = page(&spec(), &shown);
    assert!(page.contains("| **AV-1** | by users | `a.rs`: av_1_by_users |"), "{page}");
    assert!(page.contains("| AV-2 | by hours | *no time zones* |"), "{page}");
}
