//! Holds what clients say they were told against what is stored: I1, I2, I4, I5.

use std::collections::{BTreeSet, HashMap};

use salotto_protocol::api::Receipt;
use salotto_protocol::{ClientId, ConversationId, Seq};
use uuid::Uuid;

use super::Report;
use crate::store::entries::{EntryRow, KNOWN};
use crate::store::query::Rows;
use crate::store::{Store, StoreError};

/// Receipts looked up with one statement.
const CHUNK: usize = 512;

pub(in crate::store) const BY_SEQ: &str = "
    SELECT conversation, seq, client_id
    FROM ({rows}) AS asked CROSS JOIN entries
    WHERE conversation = asked.column1 AND seq = asked.column2";

/// Takes receipts in the order in which each socket read them.
pub(crate) async fn verify_receipts(
    store: &Store,
    receipts: impl Iterator<Item = Receipt>,
) -> Result<Report, StoreError> {
    let epoch = store.epoch();
    let (mut report, mut order) = (Report::default(), Order::default());
    let mut chunk = Chunk::default();
    for receipt in receipts {
        order.check(&receipt, &mut report);
        let of = match &receipt {
            Receipt::Acked { epoch, .. } | Receipt::Received { epoch, .. } => *epoch,
        };
        if of == epoch {
            chunk.add(receipt);
        } else {
            report.receipts_of_other_epochs += 1;
        }
        if chunk.acked.len() + chunk.received.len() == CHUNK {
            std::mem::take(&mut chunk).check(store, &mut report).await?;
        }
    }
    chunk.check(store, &mut report).await?;
    Ok(report)
}

/// I4: the last seq that each socket took of each conversation.
#[derive(Default)]
struct Order(HashMap<(u64, ConversationId), Seq>);

impl Order {
    fn check(&mut self, receipt: &Receipt, report: &mut Report) {
        let Receipt::Received { socket, conversation, seq, after, .. } = receipt else { return };
        let last = self.0.insert((*socket, *conversation), *seq).unwrap_or(*after);
        if *after > last {
            report.found(
                "I4",
                format!(
                    "conversation {conversation}, socket {socket}: \
                nothing between seq {last} and seq {seq}, which follows {after}"
                ),
            );
        }
        if *seq <= last {
            report.found(
                "I4",
                format!(
                    "conversation {conversation}, socket {socket}: \
                seq {seq} after seq {last}"
                ),
            );
        }
    }
}

#[derive(Default)]
struct Chunk {
    acked: Vec<(ConversationId, Seq, ClientId, String)>,
    received: Vec<(ConversationId, Seq, Option<ClientId>)>,
}

impl Chunk {
    fn add(&mut self, receipt: Receipt) {
        match receipt {
            Receipt::Acked { conversation, seq, client_id, text, .. } => {
                self.acked.push((conversation, seq, client_id, text));
            }
            Receipt::Received { conversation, seq, client_id, .. } => {
                self.received.push((conversation, seq, client_id));
            }
        }
    }

    async fn check(self, store: &Store, report: &mut Report) -> Result<(), StoreError> {
        report.receipts += (self.acked.len() + self.received.len()) as u64;
        self.check_acked(store, report).await?;
        self.check_received(store, report).await
    }

    /// I1: stored exactly once, at the seq and with the text that were acknowledged.
    async fn check_acked(&self, store: &Store, report: &mut Report) -> Result<(), StoreError> {
        let asked: BTreeSet<_> =
            self.acked.iter().map(|(id, _, client, _)| (*id, *client)).collect();
        let mut rows = Rows::new(2);
        for (conversation, client_id) in asked {
            rows.cell(conversation.0).cell(client_id.0);
        }
        let stored: Vec<EntryRow> = store.reads().all(rows.into_query(KNOWN)).await?;
        let mut found: HashMap<(ConversationId, ClientId), Vec<_>> = HashMap::new();
        for row in stored {
            let conversation = ConversationId(row.conversation);
            let entry = row.into_entry()?;
            let client_id = entry.client_id.expect("it was found by its client id");
            found.entry((conversation, client_id)).or_default().push(entry);
        }
        for (conversation, seq, client_id, text) in &self.acked {
            let trouble = match found.get(&(*conversation, *client_id)).map(Vec::as_slice) {
                None | Some([]) => "is not in the store",
                Some([entry]) if entry.seq != *seq => "is stored under another seq",
                Some([entry]) if entry.body.text() != Some(text) => "is stored with another text",
                Some([_]) => continue,
                Some([_, ..]) => "is stored more than once",
            };
            report.found("I1", format!("conversation {conversation}, acked seq {seq}: {trouble}"));
        }
        Ok(())
    }

    /// I2: what was received is stored. I5: under one seq everybody got the same entry.
    async fn check_received(&self, store: &Store, report: &mut Report) -> Result<(), StoreError> {
        let asked: BTreeSet<_> = self.received.iter().map(|(id, seq, _)| (*id, *seq)).collect();
        let mut rows = Rows::new(2);
        for (conversation, seq) in asked {
            rows.cell(conversation.0).cell(i64::from(seq.0));
        }
        let stored: Vec<(Uuid, i64, Option<Uuid>)> =
            store.reads().all(rows.into_query(BY_SEQ)).await?;
        let stored: HashMap<(Uuid, i64), Option<Uuid>> =
            stored.into_iter().map(|(id, seq, client_id)| ((id, seq), client_id)).collect();
        for (conversation, seq, client_id) in &self.received {
            let (invariant, trouble) = match stored.get(&(conversation.0, i64::from(seq.0))) {
                None => ("I2", "is not in the store"),
                Some(stored) if *stored != client_id.map(|id| id.0) => {
                    ("I5", "is another entry in the store")
                }
                Some(_) => continue,
            };
            let what = format!("conversation {conversation}, received seq {seq}: {trouble}");
            report.found(invariant, what);
        }
        Ok(())
    }
}
