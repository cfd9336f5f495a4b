//! `salotto user add`: an account for an agent. The password never stands on the command line.

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};

use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use salotto_protocol::AgentId;
use salotto_protocol::people::{Permission, Permissions};

use super::{Failed, open_journal};
use crate::config::Config;
use crate::gateway::{PASSWORD_BYTES_MAX, hash_password};
use crate::journal::{self, Asked, Change, Changed, Complaint, Request};
use crate::store::AgentRow;

/// What SMTP allows.
const EMAIL_BYTES_MAX: usize = 254;
const NAME_CHARS_MAX: usize = 100;
const PASSWORD_CHARS_MIN: usize = 8;
const CAPACITY_MAX: u32 = 1_000;
const _: () = assert!(CAPACITY_MAX <= salotto_protocol::people::CAPACITY_MAX);

pub(crate) struct NewAccount {
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) capacity: u32,
    /// The first account of a store is one in any case.
    pub(crate) super_admin: bool,
    /// Without one it is asked for, or read from standard input.
    pub(crate) password_file: Option<PathBuf>,
}

pub(crate) async fn add_user(config: &Config, account: NewAccount) -> Result<String, Failed> {
    let email = account.email.trim().to_lowercase();
    let name = account.name.trim().to_owned();
    check(&email, &name, account.capacity).map_err(Failed::Refused)?;
    let password = password(account.password_file.as_deref())?;
    check_password(&password).map_err(Failed::Refused)?;
    let password_hash =
        hash_password(&password).map_err(|error| Failed::Refused(error.to_string()))?;
    let (_, journal) = open_journal(config).await?;
    let mut row = AgentRow::new(AgentId::fresh(), &email, &name);
    row.capacity = account.capacity;
    if account.super_admin {
        row.permissions = Permissions::of(&[Permission::SuperAdmin]);
    }
    let new = journal::NewAccount { row, password_hash, first_is_super_admin: true };
    let request = Request { by: None, asked: Asked::AddUser(new) };
    match journal.change(Change::People(request)).await? {
        Changed::Done => Ok(format!("added {email}")),
        Changed::Unchanged => Err(Failed::Refused(format!("{email} has an account already"))),
        Changed::Refused(complaint) => Err(Failed::Refused(match complaint {
            Complaint::Field { field, .. } if field == "email" => {
                format!("{email} has an account already")
            }
            Complaint::Field { field, complaint } => format!("{field} {complaint}"),
            Complaint::Forbidden(needed) => needed.to_owned(),
            Complaint::NotFound => "there is nothing here".to_owned(),
        })),
    }
}

fn check(email: &str, name: &str, capacity: u32) -> Result<(), String> {
    let is_plain = |text: &str| !text.chars().any(|it| it.is_control() || it.is_whitespace());
    let has_two_parts =
        email.rsplit_once('@').is_some_and(|(who, host)| !who.is_empty() && !host.is_empty());
    if !has_two_parts || !is_plain(email) || email.len() > EMAIL_BYTES_MAX {
        return Err(format!("{email:?} is no e-mail address"));
    }
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || name.contains(char::is_control) {
        return Err(format!("a name has 1 to {NAME_CHARS_MAX} characters"));
    }
    if !(1..=CAPACITY_MAX).contains(&capacity) {
        return Err(format!("a capacity is from 1 to {CAPACITY_MAX}"));
    }
    Ok(())
}

fn check_password(password: &str) -> Result<(), String> {
    if password.chars().count() < PASSWORD_CHARS_MIN {
        return Err(format!("a password has at least {PASSWORD_CHARS_MIN} characters"));
    }
    if password.len() > PASSWORD_BYTES_MAX {
        return Err(format!("a password has at most {PASSWORD_BYTES_MAX} bytes"));
    }
    Ok(())
}

fn password(file: Option<&Path>) -> Result<String, Failed> {
    let read = match file {
        Some(path) => std::fs::read_to_string(path),
        None if io::stdin().is_terminal() => asked_twice()?,
        None => first_line(),
    };
    let text = read.map_err(|source| {
        let from = file.map_or("standard input".into(), |path| path.display().to_string());
        Failed::Io { doing: format!("cannot read the password from {from}"), source }
    })?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

fn asked_twice() -> Result<io::Result<String>, Failed> {
    let both = ask("Password: ").and_then(|first| Ok((first, ask("Once more: ")?)));
    match both {
        Ok((first, second)) if first == second => Ok(Ok(first)),
        Ok(_) => Err(Failed::Refused("the two passwords differ".to_owned())),
        Err(error) => Ok(Err(error)),
    }
}

/// Reads a line without showing it.
fn ask(question: &str) -> io::Result<String> {
    eprint!("{question}");
    io::stderr().flush()?;
    let terminal = io::stdin();
    let shown = tcgetattr(&terminal)?;
    let mut hidden = shown.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&terminal, OptionalActions::Flush, &hidden)?;
    let line = first_line();
    tcsetattr(&terminal, OptionalActions::Flush, &shown)?;
    eprintln!();
    line
}

fn first_line() -> io::Result<String> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_address_is_refused() {
        for email in ["", "ada", "@x", "ada@", "a da@x", "ada@x\n"] {
            assert!(check(email, "Ada", 5).is_err(), "{email:?}");
        }
        assert_eq!(check("ada@shop.example", "Ada", 5), Ok(()));
    }

    #[test]
    fn names_capacities_and_passwords_have_limits() {
        assert!(check("ada@x", "", 5).is_err());
        assert!(check("ada@x", &"a".repeat(101), 5).is_err());
        assert!(check("ada@x", "Ada", 1_001).is_err());
        assert!(check("ada@x", "Ada", 0).is_err());
        assert!(check_password("seven 7").is_err());
        assert!(check_password(&"x".repeat(1_025)).is_err());
        assert_eq!(check_password("long enough"), Ok(()));
    }

    #[test]
    fn a_password_file_loses_its_last_line_end() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("password");
        std::fs::write(&path, " long enough \r\n").expect("written");
        assert_eq!(password(Some(&path)).expect("read"), " long enough ");
    }
}
