//! What the specification asks, which tests show it, and the page that says so.
//!
//! The rows stand in `docs/spec-rows.toml`. A test shows a row when its name begins or ends with
//! the row's id (`fn as_44_…`, `test('AV-22, AV-24: …')`), or when the comment right above it cites
//! it (`/// CAP-5, CAP-7`). `docs/spec-status.md` is written from both.

mod page;
mod rows;
mod scan;
#[cfg(test)]
mod tests;

pub use page::{complaints, page};
pub use rows::{Row, Section, Spec, Tag};
pub use scan::{Shown, javascript, rust};
