//! One frame to very many sockets, without holding up everybody else.

use tokio::task::yield_now;

use super::{Delivery, Frame, Outbox, SocketId};

/// Sockets written to in a row before others get the processor: about a millisecond and a half.
const CHUNK_SOCKETS: usize = 256;

/// Pushes the frame to all of them, in two tasks: more than two gain nothing (measured). Which
/// of them are gone.
pub(crate) async fn broadcast(mut outboxes: Vec<Outbox>, frame: &Frame) -> Vec<SocketId> {
    if outboxes.len() <= CHUNK_SOCKETS {
        return push_to(outboxes, frame.clone()).await;
    }
    let half = outboxes.split_off(outboxes.len() / 2);
    let other = tokio::spawn(push_to(half, frame.clone()));
    let mut gone = push_to(outboxes, frame.clone()).await;
    gone.extend(other.await.unwrap_or_default());
    gone
}

async fn push_to(outboxes: Vec<Outbox>, frame: Frame) -> Vec<SocketId> {
    let mut gone = Vec::new();
    for chunk in outboxes.chunks(CHUNK_SOCKETS) {
        for outbox in chunk {
            match outbox.push(&frame, None) {
                Delivery::Queued | Delivery::Lost => {}
                Delivery::Gone => gone.push(outbox.id()),
            }
        }
        yield_now().await;
    }
    gone
}
