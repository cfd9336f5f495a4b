//! The page, and what keeps it from being true.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write;

use super::{Row, Section, Shown, Spec, Tag};

const HEAD: &str = "# What of the specification is built

Written by `UPDATE_SPEC=1 cargo test --workspace --test all spec_status` from `docs/spec-rows.toml`
and from the tests: do not edit it by hand. A test shows a row when its name begins or ends with the
row's id, or when the comment above it cites it. Rows in **bold** are those of the article that
Salotto was commissioned from: in a section that is finished each of them needs a test, or `make
test` fails; every other row needs one, or says what is missing. Rows that are not named here are
not built yet.
";

const COLUMNS: &str = "| row | | shown by |\n| --- | --- | --- |\n";

/// Tests of one row that are named; the others are counted.
const NAMED_MAX: usize = 4;

type Tests<'a> = BTreeMap<&'a str, Vec<&'a Shown>>;

pub fn page(spec: &Spec, shown: &[Shown]) -> String {
    let tests = by_row(shown);
    let mut page = HEAD.to_owned();
    for section in &spec.sections {
        let state = if section.finished { "" } else { " (not finished)" };
        let _ = write!(page, "\n## {}{state}\n\n{COLUMNS}", section.title);
        for row in &section.rows {
            let _ = writeln!(page, "{}", line(row, &tests));
        }
    }
    page
}

fn line(row: &Row, tests: &Tests<'_>) -> String {
    let id = match row.tag {
        Tag::Seed => format!("**{}**", row.id),
        Tag::Doc | Tag::Own => row.id.clone(),
    };
    let shown = tests.get(row.id.as_str()).map(|tests| names(tests));
    let missing = row.missing.as_ref().map(|missing| format!("*{missing}*"));
    let cell: Vec<String> = shown.into_iter().chain(missing).collect();
    format!("| {id} | {} | {} |", row.what, cell.join("<br>"))
}

fn names(tests: &[&Shown]) -> String {
    let named = tests.iter().take(NAMED_MAX).map(|it| format!("`{}`: {}", it.file, it.test));
    let more = tests.len().saturating_sub(NAMED_MAX);
    let more = (more > 0).then(|| format!("and {more} more"));
    named.chain(more).collect::<Vec<_>>().join("<br>")
}

/// Rows without what their section asks of them, and tests of rows that nobody knows.
pub fn complaints(spec: &Spec, shown: &[Shown]) -> Vec<String> {
    let tests = by_row(shown);
    let known: HashSet<&str> = spec.rows().map(|row| row.id.as_str()).collect();
    let finished = spec.sections.iter().filter(|section| section.finished);
    let without = finished.flat_map(|section| unshown(section, &tests));
    let unknown = tests.iter().filter(|(row, _)| !known.contains(*row)).map(|(row, tests)| {
        format!("{row} is no row of docs/spec-rows.toml; {} cites it", tests[0].file)
    });
    without.chain(unknown).collect()
}

fn unshown(section: &Section, tests: &Tests<'_>) -> Vec<String> {
    let without = section.rows.iter().filter(|row| !tests.contains_key(row.id.as_str()));
    without
        .filter_map(|row| match (row.tag, &row.missing) {
            (Tag::Seed, _) => Some(format!("{} of the article has no test", row.id)),
            (Tag::Doc | Tag::Own, None) => {
                Some(format!("{} has no test and does not say what is missing", row.id))
            }
            (Tag::Doc | Tag::Own, Some(_)) => None,
        })
        .collect()
}

fn by_row(shown: &[Shown]) -> Tests<'_> {
    let mut tests = Tests::new();
    for shown in shown {
        for row in &shown.rows {
            tests.entry(row).or_default().push(shown);
        }
    }
    tests
}
