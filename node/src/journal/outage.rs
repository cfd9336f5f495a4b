//! The server is away: writes wait, and are sent again when it is back.

use std::time::{Duration, Instant};

use crate::store::{StoreError, jittered};

/// A server that was only started again is back within moments.
const PAUSE_MIN: Duration = Duration::from_millis(50);
/// Nodes come back one after the other, and soon.
const PAUSE_MAX: Duration = Duration::from_secs(1);
/// How often a long outage is told of.
const REMINDER: Duration = Duration::from_secs(10);

#[derive(Default)]
pub(super) struct Outage {
    pauses: u32,
    since: Option<Instant>,
    told: Option<Instant>,
}

impl Outage {
    /// Whether something was sent of which nobody knows what became.
    pub(super) fn is_unsure(&self) -> bool {
        self.since.is_some()
    }

    /// Until the next try. Senders are told nothing meanwhile: the queue fills, and is busy.
    pub(super) async fn wait(&mut self, error: &StoreError) {
        self.since.get_or_insert_with(Instant::now);
        if self.told.is_none_or(|told| told.elapsed() >= REMINDER) {
            self.told = Some(Instant::now());
            tracing::warn!(?error, "the store cannot be reached; writes wait for it");
        }
        let pause = PAUSE_MIN * 2_u32.pow(self.pauses.min(10));
        self.pauses += 1;
        tokio::time::sleep(jittered(pause.min(PAUSE_MAX))).await;
    }

    /// Over, if there was one.
    pub(super) fn end(&mut self) {
        if let Some(since) = self.since {
            let seconds = since.elapsed().as_secs_f64();
            tracing::info!(seconds, "the store is back; what waited was written");
        }
        *self = Outage::default();
    }
}
