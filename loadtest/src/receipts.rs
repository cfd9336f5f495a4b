//! Receipts for `salotto verify --receipts`: what these clients saw, JSON, one a line.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use salotto_protocol::api::Receipt;
use salotto_protocol::{ClientId, ConversationId, Epoch, Seq, ViewedEntry};

/// Receipts before the writer's thread. When the disk cannot keep up, the readers of sockets
/// wait, and that shows as the generator's own lag.
const QUEUE_MAX: usize = 64 * 1024;

pub struct Receipts(SyncSender<Option<Receipt>>);

/// The thread that writes, until `Receipts::end`.
pub struct Writer(JoinHandle<std::io::Result<()>>);

impl Receipts {
    pub fn create(path: &Path) -> std::io::Result<(Receipts, Writer)> {
        let file = BufWriter::new(File::create(path)?);
        let (sender, receiver) = sync_channel(QUEUE_MAX);
        let thread = std::thread::Builder::new()
            .name("receipts".to_owned())
            .spawn(move || write_all(file, &receiver))?;
        Ok((Receipts(sender), Writer(thread)))
    }

    /// An `ack` was read, or the own entry that counts as one.
    pub fn acked(
        &self,
        conversation: ConversationId,
        (epoch, seq): (Epoch, Seq),
        client_id: ClientId,
        text: String,
    ) {
        self.put(Some(Receipt::Acked { conversation, epoch, seq, client_id, text }));
    }

    /// `log` tells one attached log from another.
    pub fn received(
        &self,
        log: u64,
        conversation: ConversationId,
        epoch: Epoch,
        viewed: &ViewedEntry,
    ) {
        self.put(Some(Receipt::Received {
            socket: log,
            conversation,
            epoch,
            seq: viewed.entry.seq,
            after: viewed.after,
            client_id: viewed.entry.client_id,
        }));
    }

    /// Nothing comes any more.
    pub fn end(&self) {
        self.put(None);
    }

    fn put(&self, receipt: Option<Receipt>) {
        // The writer ends early only on an error, which `finish` reports.
        let _ended = self.0.send(receipt).is_err();
    }
}

impl Writer {
    /// Waits until all is written.
    pub fn finish(self) -> std::io::Result<()> {
        self.0.join().expect("the writer does not panic")
    }
}

type Queue = Receiver<Option<Receipt>>;

fn write_all(mut file: BufWriter<File>, receipts: &Queue) -> std::io::Result<()> {
    for receipt in receipts.iter().map_while(|it| it) {
        serde_json::to_writer(&mut file, &receipt)?;
        file.write_all(b"\n")?;
    }
    file.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_receipt_is_a_line_that_can_be_read_back() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("receipts.jsonl");
        let (receipts, writer) = Receipts::create(&path).expect("a new file");
        let (conversation, epoch) = (ConversationId::fresh(), Epoch::fresh());

        receipts.acked(conversation, (epoch, Seq(3)), ClientId::fresh(), "hello".to_owned());
        receipts.end();
        writer.finish().expect("all is written");

        let text = std::fs::read_to_string(&path).expect("the file is there");
        let read: Receipt = serde_json::from_str(text.trim_end()).expect("one line of JSON");
        assert!(matches!(read, Receipt::Acked { seq: Seq(3), .. }), "{read:?}");
    }
}
