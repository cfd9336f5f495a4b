//! The shape of the code, held against the whole repository. The checks are in `src/tidy/`.

use salotto_tests::tidy::{self, Complaint, Source};

/// Holds one check against every file.
fn assert_all(check: fn(&Source) -> Vec<Complaint>) {
    let sources = tidy::sources(&tidy::repository());
    assert!(sources.len() > 20, "only {} files: looked in the wrong place", sources.len());
    let complaints: Vec<Complaint> = sources.iter().flat_map(check).collect();
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

#[test]
fn imports_follow_the_flow_of_data() {
    assert_all(tidy::forbidden_imports);
}

#[test]
fn every_part_of_the_node_stands_in_a_layer() {
    assert_all(tidy::unknown_parts);
}

#[test]
fn outside_crates_stay_at_home() {
    assert_all(tidy::foreign_crates);
}

#[test]
fn every_file_says_first_what_it_is() {
    assert_all(tidy::without_first_line);
}

#[test]
fn no_file_outgrows_a_readers_patience() {
    assert_all(tidy::outgrown);
}

#[test]
fn no_line_runs_off_the_page() {
    assert_all(tidy::long_lines);
}

#[test]
fn nothing_is_left_unfinished() {
    assert_all(tidy::unfinished);
}

#[test]
fn no_name_says_nothing() {
    assert_all(tidy::forbidden_names);
}

#[test]
fn the_project_stands_alone() {
    assert_all(tidy::foreign_words);
}
