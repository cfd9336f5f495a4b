//! What the database may answer. Its own words are for the log, never for a participant.

use super::trouble;

#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error("the store failed")]
    Database(#[from] sqlx::Error),
    #[error("the store could not be brought up to date")]
    Migration(#[from] sqlx::migrate::MigrateError),
    #[error("something stored could not be read: {0}")]
    Undecodable(String),
    #[error("{0}")]
    BadUrl(String),
    /// The file or its folder cannot be used; the sentence names it.
    #[error("{0}")]
    CannotOpen(String),
    #[error("{0}")]
    Backup(String),
    /// Whether it was changed is unknown.
    #[error("the journal has ended or did not answer in time")]
    Unanswered,
}

/// What a failure means for whoever writes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Trouble {
    /// Disk full, an I/O error, a damaged file: nothing may be written any more.
    Fatal,
    /// Somebody else held the database for too long.
    Locked,
    /// Another node was in the way. Nothing was written; the same again may go through.
    Raced,
    /// The server, or the way to it, is gone. Whether it was written is unknown.
    Lost,
    /// This statement or this data was refused; others may go through.
    Refused,
}

impl Trouble {
    /// The label of the metric.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Trouble::Fatal | Trouble::Lost => "unavailable",
            Trouble::Locked | Trouble::Raced => "busy",
            Trouble::Refused => "constraint",
        }
    }
}

impl StoreError {
    pub(crate) fn trouble(&self) -> Trouble {
        match self {
            StoreError::Database(error) => trouble::trouble(error),
            StoreError::Migration(_) | StoreError::BadUrl(_) | StoreError::CannotOpen(_) => {
                Trouble::Fatal
            }
            StoreError::Undecodable(_) | StoreError::Backup(_) | StoreError::Unanswered => {
                Trouble::Refused
            }
        }
    }
}
