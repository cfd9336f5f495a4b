//! The cases on PostgreSQL.

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
    Desk::on(Database::postgres().await).await
}
