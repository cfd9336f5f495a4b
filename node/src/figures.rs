//! Figures that nobody's work shows by itself: read from the store every few seconds.

use std::time::Duration;

use salotto_protocol::ConversationState;

use crate::metrics;
use crate::store::Store;

/// The counts read an index, and nobody decides anything by them.
const INTERVAL: Duration = Duration::from_secs(30);

/// Keeps the gauges current as long as the node runs.
pub(crate) async fn keep_current(store: Store) {
    loop {
        match store.counts().await {
            Ok(counts) => show(&counts),
            // Who works with the store reports its troubles.
            Err(error) => tracing::debug!(%error, "conversations were not counted"),
        }
        match store.mails_waiting().await {
            Ok(count) => metrics::mails_waiting(count),
            Err(error) => tracing::debug!(%error, "mails were not counted"),
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

/// The store leaves out what there is none of.
fn show(counts: &[(String, i64)]) {
    for state in ConversationState::ALL {
        let counted = counts.iter().find(|(word, _)| word == state.as_str());
        metrics::conversations(state, counted.map_or(0, |(_, count)| *count));
    }
}
