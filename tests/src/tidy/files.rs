//! The repository's own text files, read once: nothing built, downloaded or generated.

use std::fs;
use std::path::{Path, PathBuf};

/// What a fresh clone does not have.
const NOT_OURS: &[&str] =
    &[".git", ".tools", "target", "node_modules", "dist", "data", "screenshots", "images"];

pub struct Source {
    /// From the repository's root, with `/`.
    pub path: String,
    pub text: String,
}

impl Source {
    pub fn new(path: &str, text: &str) -> Source {
        Source { path: path.to_owned(), text: text.to_owned() }
    }

    pub fn extension(&self) -> &str {
        Path::new(&self.path).extension().and_then(|it| it.to_str()).unwrap_or("")
    }

    /// Whether all of it is test code.
    pub fn is_test(&self) -> bool {
        let file = self.path.rsplit('/').next().unwrap_or("");
        self.path.split('/').any(|part| part == "tests")
            || file == "tests.rs"
            || file.starts_with("test_")
            || file.ends_with("_tests.rs")
            || file.contains(".test.")
    }

    /// The text without comments that fill a line, and without what `#[cfg(test)]` guards.
    /// Relies on rustfmt: an item ends at the `}` or `;` of its own indentation.
    pub fn code(&self) -> String {
        let mut kept = String::with_capacity(self.text.len());
        let mut lines = self.text.lines();
        while let Some(line) = lines.next() {
            let trimmed = line.trim_start();
            if trimmed.starts_with("#[cfg(test)]") {
                let indent = &line[..line.len() - trimmed.len()];
                skip_item(&mut lines, indent);
            } else if !trimmed.starts_with("//") {
                kept.push_str(line);
                kept.push('\n');
            }
        }
        kept
    }
}

fn skip_item<'a>(lines: &mut impl Iterator<Item = &'a str>, indent: &str) {
    for line in lines {
        let Some(rest) = line.strip_prefix(indent) else { continue };
        let is_own_indentation = !rest.starts_with(' ');
        if is_own_indentation && (rest.ends_with(';') || rest.starts_with('}')) {
            return;
        }
        if is_own_indentation && rest.ends_with("{}") {
            return;
        }
    }
}

/// The root of the repository that this crate stands in.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a member has a workspace").to_owned()
}

/// Every text file below `root`, sorted by path.
pub fn sources(root: &Path) -> Vec<Source> {
    let mut found = Vec::new();
    collect(root, root, &mut found);
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

fn collect(root: &Path, folder: &Path, found: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).expect("a folder of the repository can be listed") {
        let path = entry.expect("an entry of it can be read").path();
        let name = path.file_name().and_then(|it| it.to_str()).unwrap_or("");
        if NOT_OURS.contains(&name) {
            continue;
        }
        if path.is_symlink() {
            // The same text under another name.
        } else if path.is_dir() {
            collect(root, &path, found);
        } else if let Ok(text) = fs::read_to_string(&path) {
            let path = path.strip_prefix(root).expect("below the root").display().to_string();
            found.push(Source { path, text });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_leaves_out_comments_and_guarded_items() {
        let text = "//! About.\nuse a;\n#[cfg(test)]\nmod tests;\nfn b() {}\n\
            #[cfg(test)]\nmod more {\n    fn c() {\n    }\n}\nfn d() {}\n";
        let source = Source::new("node/src/ask.rs", text);
        assert_eq!(source.code(), "use a;\nfn b() {}\nfn d() {}\n");
    }

    #[test]
    fn test_files_are_known_by_their_names() {
        for path in ["tests/src/lib.rs", "node/src/board/tests.rs", "web/widget/outbox.test.ts"] {
            assert!(Source::new(path, "").is_test(), "{path}");
        }
        assert!(!Source::new("node/src/board/state.rs", "").is_test());
    }

    #[test]
    fn this_very_file_is_among_the_sources() {
        let paths: Vec<String> = sources(&repository()).into_iter().map(|it| it.path).collect();
        assert!(paths.contains(&"tests/src/tidy/files.rs".to_owned()));
    }
}
