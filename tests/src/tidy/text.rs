//! What a text file of ours may look like: its first line, its size, its words, its name.

use super::{Complaint, Source};

const FILE_LINES_MAX: usize = 400;
const LINE_CHARS_MAX: usize = 100;

/// Names that say nothing about what is inside.
const EMPTY_NAMES: &[&str] =
    &["utils", "util", "common", "helpers", "models", "services", "managers", "misc"];

/// What is left when somebody did not finish.
const UNFINISHED: &[&str] = &["todo!", "unimplemented!", "dbg!", "TODO", "FIXME", "XXX"];

/// Files of other programs, whose form is not ours.
const LOCK_FILES: &[&str] = &["Cargo.lock", "package-lock.json"];

/// What only the machine of whoever wrote it has. In pieces, for this file is checked as well.
const FOREIGN: &[&str] = &[
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
    concat!("sha", "red/design.md"),
    concat!("sha", "red/style.md"),
    concat!("sha", "red/spec/"),
    concat!("index.crates", ".io"),
    concat!("static.crates", ".io"),
    concat!("npmjs", ".org"),
    concat!("npmjs", ".com"),
    concat!("pypi", ".org"),
    concat!("deb.debian", ".org"),
    concat!("proxy.golang", ".org"),
];

/// Readers decide by the first line whether to read on.
pub fn without_first_line(source: &Source) -> Vec<Complaint> {
    let openings: &[&str] = match source.extension() {
        "rs" => &["//! "],
        "ts" | "tsx" | "mjs" | "js" => &["// ", "/** ", "/* "],
        "css" => &["/* "],
        "sql" => &["-- "],
        "toml" if source.path.ends_with("Cargo.toml") => return Vec::new(),
        "html" => &["<!doctype html>", "<!-- "],
        "md" => &["# "],
        _ => return Vec::new(),
    };
    if openings.iter().any(|opening| source.text.starts_with(opening)) {
        return Vec::new();
    }
    vec![format!("{}: the first line does not say what the file is", source.path)]
}

/// Files beyond a reader's patience.
pub fn outgrown(source: &Source) -> Vec<Complaint> {
    let lines = source.text.lines().count();
    if !is_code(source) || lines <= FILE_LINES_MAX {
        return Vec::new();
    }
    vec![format!("{}: {lines} lines, at most {FILE_LINES_MAX}", source.path)]
}

pub fn long_lines(source: &Source) -> Vec<Complaint> {
    if !is_code(source) {
        return Vec::new();
    }
    let too_long = |line: &str| line.chars().count() > LINE_CHARS_MAX;
    let lines = source.text.lines().enumerate().filter(|(_, line)| too_long(line));
    lines
        .map(|(at, _)| format!("{}:{}: more than {LINE_CHARS_MAX} letters", source.path, at + 1))
        .collect()
}

/// Work left undone, panics without a belief, tests that do not run.
pub fn unfinished(source: &Source) -> Vec<Complaint> {
    if !is_code(source) || source.path == "tests/src/tidy/text.rs" {
        return Vec::new();
    }
    let mut complaints = Vec::new();
    for word in UNFINISHED.iter().chain(&[concat!("#[igno", "re")]) {
        if source.text.contains(word) {
            complaints.push(format!("{}: `{word}`", source.path));
        }
    }
    let is_rust = source.extension() == "rs";
    if is_rust && !source.is_test() && source.code().contains(concat!(".unw", "rap()")) {
        complaints.push(format!("{}: `unwrap()` outside tests; say the belief", source.path));
    }
    complaints
}

/// Folders and files whose name could hold anything.
pub fn forbidden_names(source: &Source) -> Vec<Complaint> {
    let empty = |part: &&str| EMPTY_NAMES.contains(&part.split('.').next().unwrap_or(""));
    let parts = source.path.split('/').filter(empty);
    parts.map(|part| format!("{}: the name `{part}` says nothing", source.path)).collect()
}

/// Paths of one machine, hosts of a registry, or what stands outside of the project.
pub fn foreign_words(source: &Source) -> Vec<Complaint> {
    let name = source.path.rsplit('/').next().unwrap_or("");
    if LOCK_FILES.contains(&name) {
        return Vec::new();
    }
    let words = FOREIGN.iter().filter(|word| source.text.contains(**word));
    words.map(|word| format!("{}: says `{word}`", source.path)).collect()
}

fn is_code(source: &Source) -> bool {
    matches!(source.extension(), "rs" | "ts" | "tsx" | "mjs" | "js" | "css" | "sql")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_does_not_introduce_itself_is_seen() {
        assert_eq!(without_first_line(&Source::new("node/src/a.rs", "use b;\n")).len(), 1);
        assert_eq!(without_first_line(&Source::new("web/a.ts", "import b;\n")).len(), 1);
        assert!(without_first_line(&Source::new("node/src/a.rs", "//! A thing.\n")).is_empty());
        assert!(without_first_line(&Source::new("web/a.ts", "// A thing.\n")).is_empty());
    }

    #[test]
    fn a_long_file_and_a_long_line_are_seen() {
        let long = Source::new("node/src/a.rs", &"x\n".repeat(FILE_LINES_MAX + 1));
        assert_eq!(outgrown(&long).len(), 1);
        assert!(outgrown(&Source::new("node/src/a.rs", &"x\n".repeat(FILE_LINES_MAX))).is_empty());
        let wide = Source::new("web/a.ts", &"ü".repeat(LINE_CHARS_MAX + 1));
        assert_eq!(long_lines(&wide), ["web/a.ts:1: more than 100 letters"]);
        let fits = Source::new("web/a.ts", &"ü".repeat(LINE_CHARS_MAX));
        assert!(long_lines(&fits).is_empty());
    }

    #[test]
    fn unfinished_work_is_seen() {
        for text in ["todo!()", "// TODO: later", "dbg!(a)", concat!("#[igno", "re]")] {
            assert_eq!(unfinished(&Source::new("node/src/a.rs", text)).len(), 1, "{text}");
        }
    }

    #[test]
    fn an_unwrap_is_seen_outside_tests_only() {
        let text = concat!("fn a() {\n    b().unw", "rap();\n}\n");
        assert_eq!(unfinished(&Source::new("node/src/a.rs", text)).len(), 1);
        assert!(unfinished(&Source::new("node/src/a/tests.rs", text)).is_empty());
        let guarded = format!("#[cfg(test)]\nmod tests {{\n    {text}}}\n");
        assert!(unfinished(&Source::new("node/src/a.rs", &guarded)).is_empty());
    }

    #[test]
    fn an_empty_name_is_seen() {
        assert_eq!(forbidden_names(&Source::new("node/src/utils/mod.rs", "")).len(), 1);
        assert_eq!(forbidden_names(&Source::new("web/widget/helpers.ts", "")).len(), 1);
        assert!(forbidden_names(&Source::new("node/src/board/mod.rs", "")).is_empty());
    }

    #[test]
    fn a_path_of_one_machine_is_seen() {
        for word in FOREIGN {
            let text = format!("see {word}here");
            assert_eq!(foreign_words(&Source::new("docs/a.md", &text)).len(), 1, "{word}");
        }
        assert!(foreign_words(&Source::new("docs/a.md", "the network/link")).is_empty());
    }
}
