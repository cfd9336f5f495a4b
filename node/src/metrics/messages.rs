//! Messages: taken, refused, sent twice, delivered; and how long that took.

use std::sync::LazyLock;
use std::time::Duration;

use metrics::{Counter, Histogram, counter, histogram};
use salotto_protocol::ErrorCode;

static ACK_DURATION: LazyLock<Histogram> =
    LazyLock::new(|| histogram!("salotto_message_ack_duration_seconds"));
static DELIVERED_LOCAL: LazyLock<Delivered> = LazyLock::new(|| Delivered::by("local"));
static DELIVERED_LINK: LazyLock<Delivered> = LazyLock::new(|| Delivered::by("link"));
static DELIVERED_RESUME: LazyLock<Counter> =
    LazyLock::new(|| counter!("salotto_messages_delivered_total", "path" => "resume"));

struct Delivered {
    count: Counter,
    duration: Histogram,
}

impl Delivered {
    fn by(path: &'static str) -> Delivered {
        Delivered {
            count: counter!("salotto_messages_delivered_total", "path" => path),
            duration: histogram!("salotto_message_delivery_duration_seconds", "path" => path),
        }
    }

    fn record(&self, outboxes: usize, took: Duration) {
        self.count.increment(outboxes as u64);
        self.duration.record(took);
    }
}

/// Committed.
pub(crate) fn messages_accepted(sender: &'static str, count: u64) {
    counter!("salotto_messages_accepted_total", "sender" => sender).increment(count);
}

/// Sent again under a client id that was known.
pub(crate) fn messages_duplicate(count: u64) {
    counter!("salotto_messages_duplicate_total").increment(count);
}

pub(crate) fn visitor_message_acked(after: Duration) {
    ACK_DURATION.record(after);
}

pub(crate) fn agent_message_acked(after: Duration) {
    ACK_DURATION.record(after);
}

/// An entry was given to the outboxes of its audience on this node.
pub(crate) fn entry_delivered(outboxes: usize, since_commit: Duration) {
    DELIVERED_LOCAL.record(outboxes, since_commit);
}

/// The same, for an entry that another node committed.
pub(crate) fn entry_from_link_delivered(outboxes: usize, since_hint: Duration) {
    DELIVERED_LINK.record(outboxes, since_hint);
}

/// Entries that a socket had missed.
pub(crate) fn missed_entries_delivered(entries: usize) {
    DELIVERED_RESUME.increment(entries as u64);
}

/// A socket came back to a conversation with a cursor: resumed, or too far behind (gap), or with
/// a cursor of another epoch (expired) or from the future (unknown).
pub(crate) fn session_resumed(result: &'static str) {
    counter!("salotto_session_resumes_total", "result" => result).increment(1);
}

pub(crate) fn frame_refused(code: ErrorCode) {
    let reason = match code {
        ErrorCode::TooLarge => "too_large",
        ErrorCode::RateLimited => "rate_limited",
        ErrorCode::Unauthenticated
        | ErrorCode::Forbidden
        | ErrorCode::WrongSite
        | ErrorCode::NotFound => "forbidden",
        ErrorCode::Closed => "closed",
        ErrorCode::BadJson
        | ErrorCode::UnknownFrame
        | ErrorCode::BadField
        | ErrorCode::BadHello
        | ErrorCode::UnsupportedProtocol
        | ErrorCode::ClientIdReused
        | ErrorCode::Conflict => "invalid",
        ErrorCode::Busy | ErrorCode::Draining => "overload",
        ErrorCode::StoreFailed | ErrorCode::Internal => "store_error",
    };
    counter!("salotto_messages_rejected_total", "reason" => reason).increment(1);
}
