//! Checks what is stored against the rules of the log: offline, or beside a running node.

mod log;
mod receipts;
mod report;

#[cfg(test)]
pub(super) use receipts::BY_SEQ;
pub(crate) use receipts::verify_receipts;
pub(crate) use report::Report;

use futures_util::TryStreamExt;
use log::LogCheck;
use salotto_protocol::AgentId;
use sqlx::Connection as _;
use uuid::Uuid;

use super::dialect::{BEGIN_READ, Connection, INTEGRITY};
use super::entries::EntryRow;
use super::head::{HeadRow, select};
use super::{Store, StoreError, open};

/// Conversations read at once; their entries are streamed.
const PAGE_HEADS: i64 = 500;
/// Rows shown of each list that should be empty.
const SHOWN_MAX: usize = 100;

const PAGE: &str = "conversations WHERE id > $1 ORDER BY id LIMIT $2";

const LOGS: &str = "
    SELECT conversation, seq, at_ms, author, author_id, author_name, client_id, hidden, body
    FROM entries WHERE conversation BETWEEN $1 AND $2 ORDER BY conversation, seq";

const SLOTS: &str = "
    SELECT id, active, (SELECT COUNT(*) FROM conversations WHERE slot_agent = agents.id)
    FROM agents";

/// Each finds rows that should not be there.
const STRAYS: [(&str, &str, &str); 5] = [
    (
        "I3",
        "entries of no conversation",
        "
        SELECT DISTINCT conversation FROM entries
        WHERE conversation NOT IN (SELECT id FROM conversations)",
    ),
    (
        "I8",
        "a start that leads to no conversation",
        "
        SELECT conversation FROM starts
        WHERE conversation NOT IN (SELECT id FROM conversations)",
    ),
    (
        "I8",
        "two open conversations of one visitor in one inbox",
        "
        SELECT min(id) FROM conversations WHERE state <> 'closed' AND beside = 0
        GROUP BY visitor, inbox HAVING COUNT(*) > 1",
    ),
    (
        "I3",
        "a mark beyond the head, or of no conversation",
        "
        SELECT conversation FROM marks LEFT JOIN conversations ON id = conversation
        WHERE id IS NULL OR delivered_seq > seq OR read_seq > delivered_seq",
    ),
    (
        "I12",
        "a slot of an agent who does not exist",
        "
        SELECT id FROM conversations
        WHERE slot_agent IS NOT NULL AND slot_agent NOT IN (SELECT id FROM agents)",
    ),
];

/// Reads everything, as of one moment. Only a store that cannot be read at all is an error.
pub(crate) async fn verify(store: &Store) -> Result<Report, StoreError> {
    let mut report = Report::default();
    let mut connection = open::connect(store.path()).await?;
    let mut read = connection.begin_with(BEGIN_READ).await?;
    check_file(&mut read, &mut report).await?;
    check_logs(&mut read, &mut report).await?;
    check_slots(&mut read, &mut report).await?;
    for (invariant, what, sql) in STRAYS {
        let ids: Vec<(Uuid,)> = sqlx::query_as(sql).fetch_all(&mut *read).await?;
        for (id,) in ids.iter().take(SHOWN_MAX) {
            report.found(invariant, format!("{what}: {id}"));
        }
    }
    Ok(report)
}

/// The engine's own check: pages, indexes, constraints.
async fn check_file(read: &mut Connection, report: &mut Report) -> Result<(), StoreError> {
    let found: Vec<(String,)> = sqlx::query_as(INTEGRITY).fetch_all(read).await?;
    for (what,) in found.into_iter().filter(|(what,)| what != "ok") {
        report.found("file", what);
    }
    Ok(())
}

async fn check_logs(read: &mut Connection, report: &mut Report) -> Result<(), StoreError> {
    let mut after = Uuid::nil();
    loop {
        let heads: Vec<HeadRow> =
            sqlx::query_as(select(PAGE)).bind(after).bind(PAGE_HEADS).fetch_all(&mut *read).await?;
        let Some(last) = heads.last() else { return Ok(()) };
        after = last.id;
        check_page(read, heads, report).await?;
    }
}

/// Both are in the order of conversations: an entry belongs to the head at hand or to a later one.
async fn check_page(
    read: &mut Connection,
    heads: Vec<HeadRow>,
    report: &mut Report,
) -> Result<(), StoreError> {
    let (first, last) = (heads[0].id, heads[heads.len() - 1].id);
    let mut entries = sqlx::query_as::<_, LogRow>(LOGS).bind(first).bind(last).fetch(&mut *read);
    let mut next = entries.try_next().await?;
    for head in heads {
        let mut check = LogCheck::of(head, report);
        while let Some(row) = next.take_if(|row| row.entry.conversation <= check.id()) {
            if row.entry.conversation == check.id() {
                check.entry(row.entry, row.hidden != 0, report);
            }
            next = entries.try_next().await?;
        }
        check.end(report);
    }
    Ok(())
}

#[derive(sqlx::FromRow)]
struct LogRow {
    #[sqlx(flatten)]
    entry: EntryRow,
    hidden: i64,
}

/// I9: what is counted in the account equals what the conversations hold.
async fn check_slots(read: &mut Connection, report: &mut Report) -> Result<(), StoreError> {
    let rows: Vec<(Uuid, i64, i64)> = sqlx::query_as(SLOTS).fetch_all(read).await?;
    report.agents = rows.len() as u64;
    for (agent, active, held) in rows.into_iter().filter(|(_, active, held)| active != held) {
        let agent = AgentId(agent);
        report.found("I9", format!("agent {agent}: active is {active}, slots held are {held}"));
    }
    Ok(())
}
