//! `salotto check-config`: whether a node would start with these settings. Changes nothing.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::path::Path;

use rustix::fs::{Access, access};

use super::Failed;
use crate::config::Config;
use crate::store;

/// How every SQLite database begins; an empty file becomes one.
const SQLITE_MAGIC: &[u8] = b"SQLite format 3\0";

/// The settings are valid already. This looks at what they name.
pub(crate) fn check_config(config: &Config) -> Result<(), Failed> {
    let checked = match config.store_file() {
        Some(file) => check_store(&file),
        // Whether the server can be reached is a matter of the moment, not of the settings.
        None => store::check_url(&config.store_url).map_err(|error| error.to_string()),
    };
    checked.map_err(|complaint| Failed::Config(config.complain("store.url", &complaint)))
}

fn check_store(file: &Path) -> Result<(), String> {
    match OpenOptions::new().read(true).write(true).open(file) {
        Ok(open) => check_content(open, file),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => check_folder(file),
        Err(error) => Err(format!("names {}: {error}", file.display())),
    }
}

fn check_content(mut open: File, file: &Path) -> Result<(), String> {
    let mut start = Vec::new();
    let wanted = SQLITE_MAGIC.len() as u64;
    let read = open.by_ref().take(wanted).read_to_end(&mut start);
    read.map_err(|error| format!("names {}: {error}", file.display()))?;
    if start.is_empty() || start == SQLITE_MAGIC {
        return Ok(());
    }
    Err(format!("names {}, which is no SQLite database", file.display()))
}

/// A file that is not there yet can be made, with the folders that lead to it.
fn check_folder(file: &Path) -> Result<(), String> {
    let mut folders = file.ancestors().skip(1).filter(|it| !it.as_os_str().is_empty());
    let folder = folders.find(|it| it.exists()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        return Err(format!("needs a folder where {} is a file", folder.display()));
    }
    access(folder, Access::WRITE_OK | Access::EXEC_OK).map_err(|error| {
        format!("needs to write in {}: {}", folder.display(), std::io::Error::from(error))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_file_in_a_writable_folder_is_fine() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["new.db", "with/folders/new.db"] {
            let file = folder.path().join(name);
            assert_eq!(check_store(&file), Ok(()));
            assert!(!file.exists(), "nothing is made");
        }
    }

    #[test]
    fn a_file_in_the_place_of_its_folder_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("letter.txt");
        std::fs::write(&file, "Dear visitor,").expect("written");
        let complaint = check_store(&file.join("new.db")).expect_err("refused");
        assert!(complaint.ends_with("Not a directory (os error 20)"), "{complaint}");
        let complaint = check_folder(&file.join("new.db")).expect_err("refused");
        assert_eq!(complaint, format!("needs a folder where {} is a file", file.display()));
    }

    #[test]
    fn a_file_that_is_no_database_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("letter.txt");
        std::fs::write(&file, "Dear visitor,").expect("written");
        let complaint = check_store(&file).expect_err("refused");
        assert!(complaint.ends_with("letter.txt, which is no SQLite database"), "{complaint}");
    }

    #[test]
    fn a_folder_in_place_of_the_file_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let complaint = check_store(folder.path()).expect_err("refused");
        assert!(complaint.contains("Is a directory"), "{complaint}");
    }
}
