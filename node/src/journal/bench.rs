//! How many messages a second the journal acknowledges, beside the same rows written bare.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use salotto_protocol::{
    Author, ChatflowId, ClientId, ConversationId, ConversationNumber, Entry, EntryBody, InboxId,
    Page, Seq, SiteId, VisitorId,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Decision, Journal, Locked, NewConversation, NewEntry, Outcome, Slot, Target, Write};
use crate::store::{Floor, Store, StoreError};
use crate::{clock, supervisor};

/// Senders that wait for their acknowledgement at the same time: two full batches.
const IN_FLIGHT: u32 = 512;
/// Rows of a bare transaction: a full batch.
const FLOOR_ROWS: usize = 256;
/// A common message.
const TEXT: &str = "Hello! I ordered the blue one last week and have not heard anything since. \
    Could you look up where it is, and whether it can still be changed to the green one? The \
    number of the order ends in 4711. Thank you!";

#[derive(Clone, Debug)]
pub(crate) struct BenchReport {
    pub(crate) conversations: usize,
    pub(crate) acked: usize,
    pub(crate) acked_per_second: f64,
    /// From the submit to the acknowledgement, with `IN_FLIGHT` senders waiting.
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    /// Rows per second into one bare table, in transactions of `FLOOR_ROWS`.
    pub(crate) floor_per_second: f64,
}

/// Writes into a fresh store at full speed for so many seconds; then the floor.
pub(crate) async fn bench_journal(
    url: &str,
    conversations: usize,
    seconds: u64,
) -> Result<BenchReport, StoreError> {
    let store = Store::open(url).await?;
    let (root, _failure) = supervisor::root().await.map_err(|_| StoreError::Unanswered)?;
    let journal =
        Journal::start(store.clone(), root.clone()).await.map_err(|_| StoreError::Unanswered)?;
    let desks: Vec<Desk> = (0..conversations).map(|_| Desk::fresh()).collect();

    let starts = desks.len();
    run(&journal, starts, |n| desks[n].start()).await;
    let until = Instant::now() + Duration::from_secs(seconds);
    let started = Instant::now();
    let mut latencies = Vec::new();
    while Instant::now() < until {
        let round = |n: usize| desks[scattered(n, desks.len())].says();
        latencies.extend(run(&journal, desks.len(), round).await);
    }
    let took = started.elapsed().as_secs_f64();
    journal.drain().await.expect("a journal that works");
    root.stop(None);

    latencies.sort_unstable();
    Ok(BenchReport {
        conversations,
        acked: latencies.len(),
        acked_per_second: latencies.len() as f64 / took,
        p50_ms: quantile_ms(&latencies, 50),
        p99_ms: quantile_ms(&latencies, 99),
        floor_per_second: floor(&store, &desks, seconds).await?,
    })
}

struct Desk {
    visitor: VisitorId,
    conversation: ConversationId,
}

impl Desk {
    fn fresh() -> Desk {
        Desk { visitor: VisitorId::fresh(), conversation: ConversationId::fresh() }
    }

    fn start(&self) -> (Target, ClientId, VisitorId) {
        let start_client_id = ClientId::fresh();
        let new = NewConversation {
            id: self.conversation,
            number: ConversationNumber(i64::from_le_bytes(*last_half(self.visitor)) >> 11),
            site: SiteId::fresh(),
            inbox: InboxId::fresh(),
            chatflow: ChatflowId::fresh(),
            visitor: self.visitor,
            start_client_id,
            started_on: Page {
                url: "https://shop.example/products/blue?colour=blue".to_owned(),
                title: "Blue ones".to_owned(),
                referrer: None,
            },
        };
        (Target::Start(Box::new(new)), start_client_id, self.visitor)
    }

    fn says(&self) -> (Target, ClientId, VisitorId) {
        (Target::Conversation(self.conversation), ClientId::fresh(), self.visitor)
    }
}

fn last_half(visitor: VisitorId) -> Box<[u8; 8]> {
    let bytes = visitor.0.into_bytes();
    Box::new(bytes[8..].try_into().expect("half of sixteen"))
}

/// Submits `count` writes with `IN_FLIGHT` of them waiting at a time, and gives their latencies
/// in microseconds once all are acknowledged.
async fn run(
    journal: &Journal,
    count: usize,
    write: impl Fn(usize) -> (Target, ClientId, VisitorId),
) -> Vec<u32> {
    let in_flight = Arc::new(Semaphore::new(IN_FLIGHT as usize));
    let latencies = Arc::new(Mutex::new(Vec::with_capacity(count)));
    for n in 0..count {
        let permit = Arc::clone(&in_flight).acquire_owned().await.expect("it is never closed");
        let write = message(write(n), permit, Arc::clone(&latencies));
        assert!(journal.submit(write).is_ok(), "fewer are in flight than the queue takes");
    }
    let _all_answered = in_flight.acquire_many(IN_FLIGHT).await.expect("it is never closed");
    std::mem::take(&mut latencies.lock().unwrap_or_else(PoisonError::into_inner))
}

fn message(
    (target, client_id, visitor): (Target, ClientId, VisitorId),
    permit: OwnedSemaphorePermit,
    latencies: Arc<Mutex<Vec<u32>>>,
) -> Write {
    let submitted = Instant::now();
    let decide = move |locked: &Locked<'_>| {
        let by = Author::Visitor { id: visitor };
        let body = EntryBody::Message { text: TEXT.to_owned() };
        let entries = vec![NewEntry { by, client_id: Some(client_id), body }];
        let (state, assignee) = (locked.head.state, locked.head.assignee);
        Ok(Decision { entries, state, assignee, slot: Slot::Keep })
    };
    let done = move |outcome: Outcome| {
        assert!(matches!(outcome, Outcome::Committed(_)), "{outcome:?}");
        let micros = u32::try_from(submitted.elapsed().as_micros()).unwrap_or(u32::MAX);
        latencies.lock().unwrap_or_else(PoisonError::into_inner).push(micros);
        drop(permit);
    };
    Write {
        target,
        client_id: Some(client_id),
        agents: Vec::new(),
        term: None,
        unattended: false,
        mails: None,
        turn: None,
        decide: Box::new(decide),
        done: Box::new(done),
    }
}

/// The same entries, numbered in memory, into one table.
async fn floor(store: &Store, desks: &[Desk], seconds: u64) -> Result<f64, StoreError> {
    let mut floor = Floor::create(store).await?;
    let mut seqs = vec![Seq(0); desks.len()];
    let (mut n, mut rows) = (0, 0_usize);
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(seconds) {
        let mut entries = Vec::with_capacity(FLOOR_ROWS);
        for _ in 0..FLOOR_ROWS {
            let at = scattered(n, desks.len());
            seqs[at] = seqs[at].next();
            let entry = Entry {
                seq: seqs[at],
                at_ms: clock::now_ms(),
                by: Author::Visitor { id: desks[at].visitor },
                client_id: Some(ClientId::fresh()),
                body: EntryBody::Message { text: TEXT.to_owned() },
            };
            entries.push((desks[at].conversation, entry));
            n += 1;
        }
        floor.insert(&entries).await?;
        rows += entries.len();
    }
    Ok(rows as f64 / started.elapsed().as_secs_f64())
}

/// Neighbours in time are no neighbours in the table.
fn scattered(n: usize, among: usize) -> usize {
    n.wrapping_mul(7_919) % among
}

fn quantile_ms(sorted_micros: &[u32], percent: usize) -> f64 {
    let at = (sorted_micros.len() * percent / 100).min(sorted_micros.len().saturating_sub(1));
    sorted_micros.get(at).map_or(0.0, |micros| f64::from(*micros) / 1_000.0)
}

impl fmt::Display for BenchReport {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let share = self.acked_per_second / self.floor_per_second;
        writeln!(out, "conversations      {:>10}", self.conversations)?;
        writeln!(out, "acknowledged       {:>10}", self.acked)?;
        writeln!(out, "acknowledged/s     {:>10.0}", self.acked_per_second)?;
        writeln!(out, "p50, p99 ms        {:>10.2} {:>10.2}", self.p50_ms, self.p99_ms)?;
        writeln!(out, "bare rows/s        {:>10.0}", self.floor_per_second)?;
        write!(out, "of the bare rows   {share:>10.2}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn journal_bench_acknowledges_and_reports() {
        let dir = tempfile::tempdir().unwrap();

        let url = format!("sqlite:{}", dir.path().join("bench.db").display());
        let report = bench_journal(&url, 500, 1).await.unwrap();

        println!("{report}");
        assert!(report.acked >= 500);
        assert!(report.p50_ms <= report.p99_ms);
        let store = Store::open(&url).await.unwrap();
        let checked = crate::store::verify(&store).await.unwrap();
        assert!(checked.is_sound(), "{:?}", checked.findings);
        assert_eq!(checked.entries as usize, 500 + report.acked);
    }
}
