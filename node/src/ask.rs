//! The one way to wait for an actor's answer.

use std::time::Duration;

use ractor::rpc::CallResult;
use ractor::{ActorRef, RpcReplyPort};

/// Longer than any healthy actor needs, shorter than a person's patience.
const ASK_TIMEOUT: Duration = Duration::from_secs(5);

/// The actor is gone or did not answer in time. Whether it acted is unknown.
#[derive(Debug, thiserror::Error)]
#[error("the actor did not answer")]
pub(crate) struct Unanswered;

/// Sends a message that carries a reply port and waits for the reply.
pub(crate) async fn ask<M, R>(
    actor: &ActorRef<M>,
    message: impl FnOnce(RpcReplyPort<R>) -> M,
) -> Result<R, Unanswered>
where
    M: ractor::Message,
    R: Send + 'static,
{
    match actor.call(message, Some(ASK_TIMEOUT)).await {
        Ok(CallResult::Success(reply)) => Ok(reply),
        Ok(CallResult::Timeout | CallResult::SenderError) | Err(_) => Err(Unanswered),
    }
}
