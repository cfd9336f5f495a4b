//! The commands of the `salotto` binary, one file each, and what their failures mean to a shell.

mod accounts;
mod backup;
mod check;
mod journal_bench;
mod mail_test;
mod migrate;
mod print;
mod restored;
#[cfg(feature = "sabotage")]
mod schedules;
mod serve;
mod verify;

pub(crate) use accounts::{NewAccount, add_user};
pub(crate) use backup::backup;
pub(crate) use check::check_config;
pub(crate) use journal_bench::bench_journal;
pub(crate) use mail_test::mail_test;
pub(crate) use migrate::migrate;
pub(crate) use print::print_config;
pub(crate) use restored::restored;
#[cfg(feature = "sabotage")]
pub(crate) use schedules::schedules;
pub(crate) use serve::serve;
pub(crate) use verify::verify;

use std::error::Error;
use std::process::ExitCode;

use crate::config::{Config, ConfigError};
use crate::journal::Journal;
use crate::node::NodeError;
use crate::store::{Store, StoreError};
use crate::supervisor;

/// `EX_CONFIG`: a setting must be changed before this can work.
const EXIT_CONFIG: u8 = 78;
const EXIT_FAILED: u8 = 1;

/// Told in one line on stderr.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failed {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Node(#[from] NodeError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{doing}: {source}")]
    Io { doing: String, source: std::io::Error },
    /// What was asked for cannot be; the text says why.
    #[error("{0}")]
    Refused(String),
}

impl Failed {
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Failed::Config(_)
            | Failed::Node(NodeError::Listen { .. } | NodeError::Store(_) | NodeError::Mail(_)) => {
                ExitCode::from(EXIT_CONFIG)
            }
            Failed::Node(_) | Failed::Store(_) | Failed::Io { .. } | Failed::Refused(_) => {
                ExitCode::from(EXIT_FAILED)
            }
        }
    }

    /// With its causes.
    pub(crate) fn line(&self) -> String {
        with_causes(self)
    }
}

/// On one line; a cause that its effect has named already is not named again.
fn with_causes(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !line.ends_with(&text) {
            line = format!("{line}: {text}");
        }
        cause = error.source();
    }
    line.replace('\n', " ")
}

/// Opening fails by the setting: wrong path, no permission, no database.
async fn open_store(config: &Config) -> Result<Store, Failed> {
    let store = Store::open(&config.store_url).await;
    store.map_err(|error| Failed::Config(config.complain("store.url", &because(&error))))
}

/// A store and its only writer, for commands that change something.
async fn open_journal(config: &Config) -> Result<(Store, Journal), Failed> {
    let store = open_store(config).await?;
    let no_actor = |error| Failed::Refused(format!("an actor could not be started: {error}"));
    let (root, _) = supervisor::root().await.map_err(no_actor)?;
    let journal = Journal::start(store.clone(), root).await.map_err(no_actor)?;
    Ok((store, journal))
}

fn because(error: &StoreError) -> String {
    format!("cannot be used: {}", with_causes(error))
}
