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
use uuid::Uuid;

use super::connection::Snapshot;
use super::dialect::{Engine, INTEGRITY};
use super::entries::EntryRow;
use super::head::select;
use super::head_row::HeadRow;
use super::query::query;
use super::row::{Row, Stored};
use super::{Store, StoreError};

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
const STRAYS: [(&str, &str, &str); 6] = [
    (
        "I3",
        "entries of no conversation",
        "
        SELECT DISTINCT conversation FROM entries
        WHERE NOT EXISTS (SELECT 1 FROM conversations WHERE id = conversation)",
    ),
    (
        "I8",
        "a start that leads to no conversation",
        "
        SELECT conversation FROM starts
        WHERE NOT EXISTS (SELECT 1 FROM conversations WHERE id = conversation)",
    ),
    (
        "I8",
        "two open conversations of one visitor in one inbox",
        "
        SELECT one.id FROM conversations AS one WHERE one.state <> 'closed' AND one.beside = 0
        AND EXISTS (SELECT 1 FROM conversations AS two
            WHERE two.visitor = one.visitor AND two.inbox = one.inbox
            AND two.state <> 'closed' AND two.beside = 0 AND two.id > one.id)",
    ),
    (
        "I3",
        "a mark beyond the head, or of no conversation",
        "
        SELECT conversation FROM marks LEFT JOIN conversations ON id = conversation
        WHERE id IS NULL OR delivered_seq > seq OR read_seq > delivered_seq",
    ),
    (
        "I9",
        "a slot that the router took above the limit",
        "
        SELECT id FROM conversations WHERE slot_agent IS NOT NULL AND slot_excess = 1",
    ),
    (
        "I12",
        "a slot of an agent who does not exist",
        "
        SELECT id FROM conversations
        WHERE slot_agent IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM agents WHERE agents.id = slot_agent)",
    ),
];

/// Reads everything, as of one moment. Only a store that cannot be read at all is an error.
pub(crate) async fn verify(store: &Store) -> Result<Report, StoreError> {
    let mut report = Report::default();
    let mut read = store.reads().snapshot().await?;
    match store.reads().engine() {
        Engine::Sqlite => check_file(&mut read, &mut report).await?,
        // The server checks what it reads: pages by their checksums, indexes with amcheck.
        Engine::Postgres => {}
    }
    check_logs(&mut read, &mut report).await?;
    check_slots(&mut read, &mut report).await?;
    for (invariant, what, sql) in STRAYS {
        let ids: Vec<(Uuid,)> = query(sql).all(read.connection()).await?;
        for (id,) in ids.iter().take(SHOWN_MAX) {
            report.found(invariant, format!("{what}: {id}"));
        }
    }
    Ok(report)
}

/// The engine's own check: pages, indexes, constraints.
async fn check_file(read: &mut Snapshot, report: &mut Report) -> Result<(), StoreError> {
    let found: Vec<(String,)> = query(INTEGRITY).all(read.connection()).await?;
    for (what,) in found.into_iter().filter(|(what,)| what != "ok") {
        report.found("file", what);
    }
    Ok(())
}

async fn check_logs(read: &mut Snapshot, report: &mut Report) -> Result<(), StoreError> {
    let mut after = Uuid::nil();
    loop {
        let page = query(select(PAGE)).bind(after).bind(PAGE_HEADS);
        let heads: Vec<HeadRow> = page.all(read.connection()).await?;
        let Some(last) = heads.last() else { return Ok(()) };
        after = last.id;
        check_page(read, heads, report).await?;
    }
}

/// Both are in the order of conversations: an entry belongs to the head at hand or to a later one.
async fn check_page(
    read: &mut Snapshot,
    heads: Vec<HeadRow>,
    report: &mut Report,
) -> Result<(), StoreError> {
    let (first, last) = (heads[0].id, heads[heads.len() - 1].id);
    let mut entries = query(LOGS).bind(first).bind(last).stream::<LogRow>(read.connection());
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

struct LogRow {
    entry: EntryRow,
    hidden: i64,
}

impl Stored for LogRow {
    fn read(row: &Row) -> Result<LogRow, sqlx::Error> {
        Ok(LogRow { entry: EntryRow::read(row)?, hidden: row.get("hidden")? })
    }
}

/// I9: what is counted in the account equals what the conversations hold.
async fn check_slots(read: &mut Snapshot, report: &mut Report) -> Result<(), StoreError> {
    let rows: Vec<(Uuid, i64, i64)> = query(SLOTS).all(read.connection()).await?;
    report.agents = rows.len() as u64;
    for (agent, active, held) in rows.into_iter().filter(|(_, active, held)| active != held) {
        let agent = AgentId(agent);
        report.found("I9", format!("agent {agent}: active is {active}, slots held are {held}"));
    }
    Ok(())
}
