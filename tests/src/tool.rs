//! Programs of others that tests drive: what `scripts/need` keeps in `.tools/bin`, else the PATH's.

use std::path::PathBuf;
use std::process::{Command, Output};

use crate::tidy;

pub fn path(name: &str) -> PathBuf {
    let own = tidy::repository().join(".tools/bin").join(name);
    if own.exists() { own } else { PathBuf::from(name) }
}

/// What it says and how it ends.
pub fn run(name: &str, arguments: &[&str]) -> Output {
    let output = Command::new(path(name)).args(arguments).output();
    output.unwrap_or_else(|error| panic!("{name}: {error}; `make tools-test` installs it"))
}
