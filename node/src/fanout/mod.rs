//! One entry to many sockets: frames built once, bounded outboxes, no data lost to a slow reader.

mod backlog;
mod broadcast;
mod frame;
mod outbox;
mod places;
mod queue;
#[cfg(test)]
mod tests;
mod writing;

#[cfg(any(test, feature = "sabotage"))]
pub(crate) use backlog::WRITE_FRAMES_MAX;
pub(crate) use broadcast::broadcast;
pub(crate) use frame::{Frame, close_frame, close_with, encode, pong_frame};
pub(crate) use outbox::{Delivery, Outbox, SocketId};
pub(crate) use places::Place;
#[cfg(any(test, feature = "sabotage"))]
pub(crate) use queue::{Offer, Progress, Queue};
pub(crate) use writing::{ClosedBy, Turn};
