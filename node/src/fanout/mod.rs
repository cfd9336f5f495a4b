//! One entry to many sockets: frames built once, bounded outboxes, no data lost to a slow reader.

mod backlog;
mod frame;
mod outbox;
mod places;
#[cfg(test)]
mod tests;
mod writing;

pub(crate) use frame::{Frame, close_frame, close_with, encode, pong_frame};
pub(crate) use outbox::{
    AGENT_OUTBOX_BYTES_MAX, Delivery, Outbox, SocketId, VISITOR_OUTBOX_BYTES_MAX,
};
pub(crate) use places::Place;
pub(crate) use writing::{ClosedBy, Turn};
