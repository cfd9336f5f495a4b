//! The contract: what stands in `golden/` is what goes over the wire, in both directions.
//!
//! `UPDATE_GOLDEN=1 cargo test -p salotto-protocol --test golden -- --test-threads=1` writes the
//! files anew. A changed file is a changed protocol, and `docs/protocol.md` changes with it.

mod client_frames;
mod entries;
mod envelopes;
mod ids;
mod rest;
mod server_frames;

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::{env, fs};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Holds a value against `golden/{name}.json`: it encodes to this text and this text decodes
/// to it.
fn holds<T: Serialize + DeserializeOwned + PartialEq + Debug>(name: &str, value: &T) {
    encodes(name, value);
    let decoded: T = serde_json::from_str(&read(name)).expect("a golden file decodes");
    assert_eq!(&decoded, value, "golden/{name}.json decodes to something else");
}

/// As `holds`, for values that cannot be compared: what was decoded encodes to the file again.
fn holds_by_text<T: Serialize + DeserializeOwned>(name: &str, value: &T) {
    encodes(name, value);
    let decoded: T = serde_json::from_str(&read(name)).expect("a golden file decodes");
    assert_eq!(pretty(&decoded), read(name), "golden/{name}.json");
}

fn encodes<T: Serialize>(name: &str, value: &T) {
    let path = path(&format!("{name}.json"));
    if is_updating() {
        write(&path, pretty(value).as_bytes());
    }
    assert_eq!(pretty(value), read(name), "golden/{name}.json");
}

fn pretty<T: Serialize>(value: &T) -> String {
    serde_json::to_string_pretty(value).expect("our own types encode") + "\n"
}

fn read(name: &str) -> String {
    let path = path(&format!("{name}.json"));
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(name)
}

fn is_updating() -> bool {
    env::var_os("UPDATE_GOLDEN").is_some()
}

fn write(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().expect("below golden/")).expect("a folder can be made");
    fs::write(path, bytes).expect("a golden file can be written");
}

/// The names in `golden/{folder}`, without extension.
fn names_in(folder: &str) -> BTreeSet<String> {
    let files = fs::read_dir(path(folder)).expect("a golden folder");
    files
        .map(|file| {
            let path = file.expect("a golden file").path();
            path.file_stem().expect("a name").to_str().expect("in ASCII").to_owned()
        })
        .collect()
}

/// A file that no test holds is a promise that nobody keeps.
fn assert_no_others(folder: &str, expected: &[&str]) {
    let expected: BTreeSet<String> = expected.iter().map(|&it| it.to_owned()).collect();
    assert_eq!(names_in(folder), expected, "golden/{folder}");
}
