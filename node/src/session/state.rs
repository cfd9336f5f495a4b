//! What a visitor may do, and how fast. No I/O, no clock, no async.

use std::time::Instant;

use salotto_protocol::{ClientFrame, ErrorCode, Refusal, limits};

use crate::limiter::{self, Shared};
use crate::rate::{Bucket, Rate, Taken};

const FRAMES: Rate =
    Rate { burst: limits::VISITOR_FRAMES_BURST, per_second: limits::VISITOR_FRAMES_PER_SECOND };
const MESSAGES: Rate =
    Rate { burst: limits::VISITOR_MESSAGES_BURST, per_second: limits::VISITOR_MESSAGES_PER_SECOND };

/// Kept beside the sockets, and not with the actor: `hello` attaches too.
pub(super) const ATTACHES: Rate =
    Rate { burst: limits::VISITOR_ATTACHES_BURST, per_second: limits::VISITOR_ATTACHES_PER_SECOND };

/// A visitor's allowance, over all of their tabs on this node.
pub(super) struct Allowance {
    frames: Bucket,
    messages: Bucket,
}

impl Allowance {
    pub(super) fn full(now_ms: i64) -> Allowance {
        Allowance { frames: Bucket::full(FRAMES, now_ms), messages: Bucket::full(MESSAGES, now_ms) }
    }

    /// Whether this frame may pass now. Per visitor, never per address (REG-17).
    pub(super) fn admit(&mut self, frame: &ClientFrame, now_ms: i64) -> Result<(), Refusal> {
        let taken = if is_message(frame) {
            self.messages.take(MESSAGES, now_ms)
        } else {
            self.frames.take(FRAMES, now_ms)
        };
        match taken {
            Taken::Granted => Ok(()),
            Taken::Empty { retry_after_ms } => {
                Err(refusal(frame, "too many at once from this visitor", retry_after_ms))
            }
        }
    }
}

/// Whether the neighbours leave room for this message. The refusal says that the limit is the
/// address', not the visitor's.
pub(super) fn admit_shared(
    frame: &ClientFrame,
    shared: &Shared,
    now: Instant,
) -> Result<(), Refusal> {
    if !is_message(frame) {
        return Ok(());
    }
    match shared.take(now) {
        limiter::Allowance::Granted => Ok(()),
        limiter::Allowance::Spent { retry_after } => {
            let message = format!(
                "too many messages from your network address: at most {} a minute",
                shared.limiter.per_minute()
            );
            let retry_after_ms = u64::try_from(retry_after.as_millis()).unwrap_or(u64::MAX) + 1;
            Err(refusal(frame, &message, retry_after_ms + spread_ms(frame)))
        }
    }
}

fn is_message(frame: &ClientFrame) -> bool {
    match frame {
        ClientFrame::Start(_) | ClientFrame::Send { .. } | ClientFrame::Promise { .. } => true,
        ClientFrame::Hello(_)
        | ClientFrame::Pong
        | ClientFrame::Comment { .. }
        | ClientFrame::Assign { .. }
        | ClientFrame::AssignTeam { .. }
        | ClientFrame::Move { .. }
        | ClientFrame::Close { .. }
        | ClientFrame::Reopen { .. }
        | ClientFrame::Attach(_)
        | ClientFrame::Detach { .. }
        | ClientFrame::Mark { .. }
        | ClientFrame::Typing { .. }
        | ClientFrame::Page(_)
        | ClientFrame::Board { .. }
        | ClientFrame::Status { .. } => false,
    }
}

/// Neighbours who are refused in one moment do not come back in one moment.
fn spread_ms(frame: &ClientFrame) -> u64 {
    const SPREAD_MS: u64 = 1_000;
    frame.subject().0.map_or(0, |client_id| client_id.0.as_u64_pair().1 % SPREAD_MS)
}

fn refusal(frame: &ClientFrame, message: &str, retry_after_ms: u64) -> Refusal {
    let (client_id, conversation) = frame.subject();
    Refusal {
        client_id,
        conversation,
        retry_after_ms: Some(retry_after_ms),
        ..Refusal::new(ErrorCode::RateLimited, message)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use salotto_protocol::{ClientId, ConversationId};

    use super::*;
    use crate::limiter::{AddressKey, Limiter};

    fn message() -> ClientFrame {
        let (conversation, client_id) = (ConversationId::fresh(), ClientId::fresh());
        ClientFrame::Send { conversation, client_id, text: "hi".to_owned() }
    }

    #[test]
    fn a_flood_of_messages_is_refused_with_the_time_to_wait() {
        let mut allowance = Allowance::full(0);
        for _ in 0..limits::VISITOR_MESSAGES_BURST {
            allowance.admit(&message(), 0).expect("within the burst");
        }

        let refused = allowance.admit(&message(), 0).expect_err("beyond the burst");

        assert_eq!(refused.code, ErrorCode::RateLimited);
        assert_eq!(refused.retry_after_ms, Some(250));
        assert!(refused.client_id.is_some());
        allowance.admit(&message(), 250).expect("one has come back");
    }

    /// REG-17
    #[test]
    fn what_neighbours_have_together_is_not_one_visitors_limit_and_the_refusal_says_so() {
        let limiter = Arc::new(Limiter::new(3));
        let of = |address: &str| Shared {
            limiter: limiter.clone(),
            key: AddressKey::of(address.parse().expect("an address")),
        };
        let now = Instant::now();
        let typing = ClientFrame::Typing { conversation: ConversationId::fresh(), on: true };
        for _ in 0..3 {
            admit_shared(&typing, &of("192.0.2.7"), now).expect("typing is not counted");
            admit_shared(&message(), &of("192.0.2.7"), now).expect("within what they share");
        }

        let refused = admit_shared(&message(), &of("192.0.2.7"), now).expect_err("beyond it");

        assert_eq!(refused.code, ErrorCode::RateLimited);
        assert!(refused.message.contains("your network address: at most 3 a minute"));
        let wait = refused.retry_after_ms.expect("when again");
        assert!((20_000..=21_001).contains(&wait), "{wait}");
        assert!(refused.client_id.is_some());
        admit_shared(&message(), &of("192.0.2.8"), now).expect("another address");
    }

    #[test]
    fn typing_does_not_use_up_messages() {
        let mut allowance = Allowance::full(0);
        let typing = ClientFrame::Typing { conversation: ConversationId::fresh(), on: true };
        while allowance.admit(&typing, 0).is_ok() {}
        allowance.admit(&message(), 0).expect("messages have an allowance of their own");
    }
}
