//! One entry to many sockets: frames built once, bounded outboxes, no data lost to a slow reader.

mod backlog;
mod broadcast;
mod frame;
mod outbox;
mod places;
#[cfg(test)]
mod tests;
mod writing;

pub(crate) use broadcast::broadcast;
pub(crate) use frame::{Frame, close_frame, close_with, encode, pong_frame};
pub(crate) use outbox::{Delivery, Outbox, SocketId};
pub(crate) use places::Place;
pub(crate) use writing::{ClosedBy, Turn};
