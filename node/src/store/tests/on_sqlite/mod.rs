//! The cases on SQLite.

#![expect(clippy::duplicate_mod, reason = "the same cases on both engines")]

#[path = "../mails.rs"]
mod mails;
#[path = "../reads.rs"]
mod reads;
#[path = "../receipts.rs"]
mod receipts;
#[path = "../verify.rs"]
mod verify;

use super::*;

async fn desk() -> Desk {
    Desk::on(Database::sqlite()).await
}
