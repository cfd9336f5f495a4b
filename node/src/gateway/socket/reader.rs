//! Reads a socket's messages. Holds no buffer while the client is silent.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use salotto_protocol::limits::HELLO_BYTES_MAX;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::tcp::OwnedReadHalf;

use super::codec::{Codec, Item};
use super::header::Violation;

/// Shared by all sockets of a thread: filled and emptied within one poll.
const SCRATCH_BYTES: usize = 8 * 1024;
/// What a closed peer may still have under way.
const LINGER_BYTES_MAX: usize = 1024 * 1024;

thread_local! {
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; SCRATCH_BYTES]);
}

pub(super) struct Reader {
    half: OwnedReadHalf,
    codec: Codec,
}

/// Why there is no message.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum NoItem {
    /// End of stream, or the connection failed.
    Gone,
    Broken(Violation),
}

impl Reader {
    /// `early` came together with the request of the upgrade.
    pub(super) fn new(half: OwnedReadHalf, early: &[u8]) -> Reader {
        let mut codec = Codec::new(HELLO_BYTES_MAX);
        codec.feed(early);
        Reader { half, codec }
    }

    /// The client has said who it is: longer messages are taken.
    pub(super) fn welcome(&mut self) {
        self.codec.welcome();
    }

    pub(super) fn is_in_pieces(&self) -> bool {
        self.codec.is_in_pieces()
    }

    /// Loses nothing when it is not polled again: bytes live in the codec, not in a future.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<Item, NoItem>> {
        loop {
            match self.codec.take() {
                Ok(Some(item)) => return Poll::Ready(Ok(item)),
                Ok(None) => {}
                Err(violation) => return Poll::Ready(Err(NoItem::Broken(violation))),
            }
            let codec = &mut self.codec;
            if ready!(receive(&mut self.half, context, |bytes| codec.feed(bytes))) == 0 {
                return Poll::Ready(Err(NoItem::Gone));
            }
        }
    }

    /// Drops what still comes until the peer ends: a socket closed over unread bytes would be
    /// reset, and the close frame lost on its way.
    pub(super) async fn linger(&mut self) {
        let mut left = LINGER_BYTES_MAX;
        while left > 0 {
            match poll_fn(|context| receive(&mut self.half, context, |_| {})).await {
                0 => return,
                bytes => left = left.saturating_sub(bytes),
            }
        }
    }
}

/// One read into the scratch. How many bytes; 0: the end, one way or another.
fn receive(
    half: &mut OwnedReadHalf,
    context: &mut Context<'_>,
    take: impl FnOnce(&[u8]),
) -> Poll<usize> {
    SCRATCH.with_borrow_mut(|scratch| {
        let mut buffer = ReadBuf::new(scratch);
        match ready!(Pin::new(half).poll_read(context, &mut buffer)) {
            Ok(()) => {
                take(buffer.filled());
                Poll::Ready(buffer.filled().len())
            }
            Err(_) => Poll::Ready(0),
        }
    })
}
