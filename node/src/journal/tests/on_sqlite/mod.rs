//! The cases on SQLite.

#![expect(clippy::duplicate_mod, reason = "the same cases on both engines")]

#[path = "../appends.rs"]
mod appends;
#[path = "../assignments.rs"]
mod assignments;
#[path = "../changes.rs"]
mod changes;
#[path = "../facts.rs"]
mod facts;
#[path = "../failures.rs"]
mod failures;
#[path = "../mails.rs"]
mod mails;
#[path = "../marks.rs"]
mod marks;
#[path = "../moves.rs"]
mod moves;
#[path = "../people.rs"]
mod people;
#[path = "../picks.rs"]
mod picks;
#[path = "../starts.rs"]
mod starts;
#[path = "../streams.rs"]
mod streams;
#[path = "../terms.rs"]
mod terms;
#[path = "../turns.rs"]
mod turns;

use super::*;

async fn desk() -> Desk {
    Desk::on(Database::sqlite()).await
}
