//! Answers and notices, given out after the commit, in commit order, beside the next commit.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio::sync::{mpsc, oneshot};

use super::commits::{Commit, Streams};
use super::peers::Sending;
use super::write::{Done, Outcome};
use crate::sabotage::{self, Switch};

/// Batches that may wait to be given out. Full, the next commit waits: memory is bounded.
const DELIVERIES_MAX: usize = 16;

#[derive(Default)]
pub(super) struct Delivery {
    pub(super) notices: Vec<Commit>,
    /// All other nodes are told to read settings and agents again.
    pub(super) announced: bool,
    pub(super) answers: Vec<(Done, Outcome)>,
    /// Told when everything up to here has been given out.
    pub(super) delivered: Option<oneshot::Sender<()>>,
}

/// Gives out until the sender is dropped, then ends the streams.
pub(super) fn start(streams: Streams, sending: Sending) -> mpsc::Sender<Delivery> {
    let (sender, mut deliveries) = mpsc::channel::<Delivery>(DELIVERIES_MAX);
    tokio::spawn(async move {
        while let Some(delivery) = deliveries.recv().await {
            streams.publish(&delivery.notices);
            sending.committed(&delivery.notices);
            if delivery.announced {
                sending.changed();
            }
            if !delivery.answers.is_empty() {
                sabotage::crash(Switch::CrashAfterPublish);
            }
            for (done, outcome) in delivery.answers {
                answer(done, outcome);
            }
            if let Some(delivered) = delivery.delivered {
                let _ = delivered.send(());
            }
            tokio::task::yield_now().await;
        }
        streams.end();
    });
    sender
}

/// One sender's trouble must not keep the others waiting.
fn answer(done: Done, outcome: Outcome) {
    if catch_unwind(AssertUnwindSafe(|| done(outcome))).is_err() {
        tracing::error!("a sender could not be told what became of its write");
    }
}
