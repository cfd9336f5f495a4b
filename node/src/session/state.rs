//! What a visitor may do, and how fast. No I/O, no clock, no async.

use salotto_protocol::{ClientFrame, ErrorCode, Refusal, limits};

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
        let taken = match frame {
            ClientFrame::Start(_) | ClientFrame::Send { .. } => {
                self.messages.take(MESSAGES, now_ms)
            }
            ClientFrame::Hello(_)
            | ClientFrame::Pong
            | ClientFrame::Comment { .. }
            | ClientFrame::Assign { .. }
            | ClientFrame::Close { .. }
            | ClientFrame::Reopen { .. }
            | ClientFrame::Attach(_)
            | ClientFrame::Detach { .. }
            | ClientFrame::Mark { .. }
            | ClientFrame::Typing { .. }
            | ClientFrame::Page(_)
            | ClientFrame::Board { .. }
            | ClientFrame::Status { .. } => self.frames.take(FRAMES, now_ms),
        };
        match taken {
            Taken::Granted => Ok(()),
            Taken::Empty { retry_after_ms } => {
                let (client_id, conversation) = frame.subject();
                let message = "too many at once from this visitor";
                Err(Refusal {
                    client_id,
                    conversation,
                    retry_after_ms: Some(retry_after_ms),
                    ..Refusal::new(ErrorCode::RateLimited, message)
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use salotto_protocol::{ClientId, ConversationId};

    use super::*;

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

    #[test]
    fn typing_does_not_use_up_messages() {
        let mut allowance = Allowance::full(0);
        let typing = ClientFrame::Typing { conversation: ConversationId::fresh(), on: true };
        while allowance.admit(&typing, 0).is_ok() {}
        allowance.admit(&message(), 0).expect("messages have an allowance of their own");
    }
}
