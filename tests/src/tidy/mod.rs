//! What the shape of the code must be: pure checks, each from a file's text to complaints.
//!
//! `tests/tidy.rs` holds them against the repository. Every check has tests of its own on small
//! bad inputs: a check that never failed proves nothing.

mod files;
mod layers;
mod text;

pub use files::{Source, repository, sources};
pub use layers::{forbidden_imports, foreign_crates, unknown_parts};
pub use text::{
    forbidden_names, foreign_words, long_lines, outgrown, unfinished, without_first_line,
};

/// What is wrong, in one sentence that names the file.
pub type Complaint = String;
