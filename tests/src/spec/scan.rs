//! Finds tests in source text, and the rows that they cite.

use std::collections::BTreeSet;

/// A test, and the rows it shows.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Shown {
    /// From the root of the repository.
    pub file: String,
    pub test: String,
    pub rows: BTreeSet<String>,
}

/// What the ids of rows begin with.
const FAMILIES: [&str; 20] = [
    "OBJ", "PERM", "SET", "CF", "AV", "AS", "CAP", "SK", "WM", "EC", "CT", "DP", "TG", "PR", "IN",
    "EV", "BY", "REG", "TK", "SV",
];

/// The tests of a Rust file that cite a row.
pub fn rust(file: &str, text: &str) -> Vec<Shown> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let is_test = |line: &str| line == "#[test]" || line.starts_with("#[tokio::test");
    let tests = lines.iter().enumerate().filter(|(_, line)| is_test(line));
    tests
        .filter_map(|(at, _)| {
            let name = lines[at..].iter().find_map(|line| function(line))?;
            let mut rows = cited(&comment_above(&lines[..at]));
            rows.extend(of_function(name));
            shown(file, name, rows)
        })
        .collect()
}

/// The tests of a TypeScript or JavaScript file that cite a row.
pub fn javascript(file: &str, text: &str) -> Vec<Shown> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let tests = lines.iter().enumerate().filter_map(|(at, line)| Some((at, title(line)?)));
    tests
        .filter_map(|(at, title)| {
            let mut rows = cited(&comment_above(&lines[..at]));
            let ids = title.split(':').next().unwrap_or_default();
            rows.extend(cited(ids));
            shown(file, title, rows)
        })
        .collect()
}

fn shown(file: &str, test: &str, rows: BTreeSet<String>) -> Option<Shown> {
    let (file, test) = (file.to_owned(), test.to_owned());
    (!rows.is_empty()).then_some(Shown { file, test, rows })
}

fn function(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ")?;
    rest.split(['(', '<']).next()
}

/// `test('…'`, `it("…"`, and the same with a template.
fn title(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("test(").or_else(|| line.strip_prefix("it("))?;
    let quote = rest.chars().next().filter(|first| "'\"`".contains(*first))?;
    rest[1..].split(quote).next()
}

/// Comments and attributes that belong to what follows.
fn comment_above(lines: &[&str]) -> String {
    let belongs = |line: &&&str| line.starts_with("//") || line.starts_with("#[");
    let above: Vec<&str> = lines.iter().rev().take_while(belongs).copied().collect();
    above.into_iter().filter(|line| line.starts_with("//")).collect::<Vec<_>>().join(" ")
}

/// `AV-22`, and `AV-1 to AV-3` as the three of them.
fn cited(text: &str) -> BTreeSet<String> {
    let words: Vec<&str> = text
        .split(|it: char| !it.is_ascii_alphanumeric() && it != '-')
        .filter(|it| !it.is_empty())
        .collect();
    let mut found = BTreeSet::new();
    for (at, word) in words.iter().enumerate() {
        let Some((family, number)) = row(word) else { continue };
        found.insert(format!("{family}-{number}"));
        let end = words.get(at + 2).and_then(|word| row(word));
        if let (Some(&"to"), Some((_, end))) = (words.get(at + 1), end) {
            found.extend((number..=end).map(|number| format!("{family}-{number}")));
        }
    }
    found
}

fn row(word: &str) -> Option<(&str, u32)> {
    let (family, number) = word.split_once('-')?;
    let number = number.parse().ok()?;
    FAMILIES.contains(&family).then_some((family, number))
}

/// `as_8_perm_2_who_has_no_seat` and `who_has_no_seat_as_8`.
fn of_function(name: &str) -> BTreeSet<String> {
    let parts: Vec<&str> = name.split('_').collect();
    let first = parts.chunks(2).map_while(pair);
    let last = parts.rchunks(2).map_while(pair);
    first.chain(last).collect()
}

fn pair(parts: &[&str]) -> Option<String> {
    let [family, number] = parts else { return None };
    let family = family.to_uppercase();
    let number: u32 = number.parse().ok()?;
    FAMILIES.contains(&family.as_str()).then(|| format!("{family}-{number}"))
}
