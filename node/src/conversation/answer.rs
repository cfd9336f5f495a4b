//! What a participant is told about the frame they sent.

use salotto_protocol::{ClientId, ConversationId, ErrorCode, Refusal, ServerFrame};

use crate::fanout::{Outbox, encode};
use crate::journal::Outcome;
use crate::metrics;

/// Long enough for a full queue to empty, short enough not to be felt.
const BUSY_RETRY_MS: u64 = 500;
/// A store that failed takes its node with it; another try soon finds the next one.
const FAILED_RETRY_MS: u64 = 1_000;

/// Acknowledges, or says why not.
pub(crate) fn answer(
    outbox: &Outbox,
    conversation: Option<ConversationId>,
    client_id: ClientId,
    outcome: Outcome,
) {
    match outcome {
        Outcome::Committed(ack) => {
            let frame = ServerFrame::Ack {
                client_id,
                conversation: ack.conversation,
                seq: ack.seq,
                at_ms: ack.at_ms,
            };
            outbox.push(&encode(&frame), None);
        }
        Outcome::Rejected(rejection) => {
            let refusal = Refusal {
                client_id: Some(client_id),
                conversation,
                field: rejection.field.map(str::to_owned),
                ..Refusal::new(rejection.code, rejection.message)
            };
            refuse(outbox, refusal);
        }
        Outcome::Failed => {
            let message = "the store failed; send it again with the same client id";
            let refusal = Refusal {
                client_id: Some(client_id),
                conversation,
                retry_after_ms: Some(FAILED_RETRY_MS),
                ..Refusal::new(ErrorCode::StoreFailed, message)
            };
            refuse(outbox, refusal);
        }
    }
}

/// Sends a refusal and counts it.
pub(crate) fn refuse(outbox: &Outbox, mut refusal: Refusal) {
    if refusal.code == ErrorCode::Busy && refusal.retry_after_ms.is_none() {
        refusal.retry_after_ms = Some(BUSY_RETRY_MS);
    }
    metrics::frame_refused(refusal.code);
    outbox.push(&encode(&ServerFrame::Refused(refusal)), None);
}
