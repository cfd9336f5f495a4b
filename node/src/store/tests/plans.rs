//! That SQLite finds rows by an index, and by which one.

use super::*;
use crate::store::attachments::{OF, WAITING_ALONE};
use crate::store::beginnings::BEGINNINGS;
use crate::store::contacts::{FACTS, WRITTEN};
use crate::store::dialect::{Engine, fill, values};
use crate::store::entries::KNOWN;
use crate::store::head::{
    ADVANCE, CLOSED_OF_INBOX, COUNTS, EXISTING, LOCK, LOCK_FREE, MOVE, OF_VISITOR, OPEN,
    OPEN_OF_INBOX, WAITING, select,
};
use crate::store::heads::{REACHED, THESE, UNANSWERED};
use crate::store::mails::{self, CLAIM, FORGET, NEXT};
use crate::store::marks::{self, RAISE};
use crate::store::query::query;
use crate::store::slots::{OLD_TICKETS, TAKEN};
use crate::store::standing::OF_VISITORS;
use crate::store::starts::FIND;
use crate::store::turns;
use crate::store::verify::BY_SEQ;
use crate::store::waiting::LONGER;

#[tokio::test]
async fn the_statements_of_a_batch_find_their_rows_by_an_index() {
    let desk = desk().await;
    for (sql, columns) in [
        (select(LOCK), 1),
        (select(LOCK_FREE), 1),
        (EXISTING.to_owned(), 1),
        (OPEN.to_owned(), 2),
        (ADVANCE.to_owned(), 7),
        (MOVE.to_owned(), 16),
        (FACTS.to_owned(), 1),
        (select(THESE), 1),
        (select(OF_VISITORS), 1),
        (marks::OF.to_owned(), 1),
        (select(UNANSWERED), 1),
        (REACHED.to_owned(), 1),
        (OF.to_owned(), 1),
        (KNOWN.to_owned(), 2),
        (BEGINNINGS.to_owned(), 1),
        (BY_SEQ.to_owned(), 2),
        (FIND.to_owned(), 2),
        (turns::LOCK.to_owned(), 1),
        (turns::ADVANCE.to_owned(), 2),
        (RAISE.to_owned(), 4),
    ] {
        let plan = desk.plan(&sql.replace("{rows}", &values(8, columns))).await;
        for step in plan.lines().filter(|step| step.starts_with("SCAN")) {
            assert!(step.contains("VALUES") || step.contains("CONSTANT"), "{sql}\n{plan}");
        }
        assert!(plan.contains("SEARCH"), "{sql}\n{plan}");
        assert!(!plan.contains("AUTOMATIC"), "{sql}\n{plan}");
    }
}

#[tokio::test]
async fn lists_are_read_from_the_index_that_is_made_for_them() {
    let desk = desk().await;
    for (rest, index) in [
        (OF_VISITOR, "conversations_of_visitor"),
        (OPEN_OF_INBOX, "conversations_open"),
        (CLOSED_OF_INBOX, "conversations_closed"),
        (WAITING, "conversations_waiting"),
    ] {
        let plan = desk.plan(&select(rest)).await;
        assert!(plan.contains(index), "{rest}\n{plan}");
    }
    let written = desk.plan(WRITTEN).await;
    assert!(written.contains("conversations_of_visitor"), "{written}");
    let alone = desk.plan(WAITING_ALONE).await;
    assert!(alone.contains("conversations_waiting"), "{alone}");
    assert!(!alone.contains("SCAN attachments") && !alone.contains("SCAN nodes"), "{alone}");
    let longer = desk.plan(LONGER).await;
    assert!(longer.contains("conversations_waiting"), "{longer}");
    for (sql, index) in [
        (CLAIM, "mails_due"),
        (NEXT, "mails_due"),
        (mails::WAITING, "mails_due"),
        (FORGET, "mails_by_age"),
    ] {
        let plan = desk.plan(sql).await;
        assert!(plan.contains(index) && !plan.contains("TEMP B-TREE"), "{sql}\n{plan}");
    }
    for slots in [TAKEN, OLD_TICKETS] {
        let taken = desk.plan(slots).await;
        assert!(taken.contains("conversations_with_slot"), "{taken}");
    }
    let counts = desk.plan(COUNTS).await;
    assert_eq!(counts.matches("COVERING INDEX").count(), 2, "{counts}");
}

impl Desk {
    async fn plan(&self, sql: &str) -> String {
        let sql = format!("EXPLAIN QUERY PLAN {}", fill(Engine::Sqlite, sql));
        let rows: Vec<(i64, i64, i64, String)> = self.store.reads().all(query(sql)).await.unwrap();
        rows.into_iter().map(|(_, _, _, detail)| detail).collect::<Vec<_>>().join("\n")
    }
}
