//! What tests of several folders need: a real store, and a socket whose other end can be read.

use salotto_protocol::ServerFrame;
use tempfile::TempDir;
use tokio::io::AsyncReadExt;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

use crate::fanout::Outbox;
use crate::store::Store;

/// More than any of these tests leaves unread.
const BUDGET_BYTES: usize = 256 * 1024;

/// A fresh SQLite store; it lives as long as its folder.
pub(crate) async fn store() -> (TempDir, Store) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = format!("sqlite:{}", folder.path().join("salotto.db").display());
    let store = Store::open(&url).await.expect("a fresh store");
    (folder, store)
}

/// The browser's end of an outbox.
pub(crate) struct Browser {
    read: OwnedReadHalf,
    _write: OwnedWriteHalf,
}

/// A real loopback socket: the node's outbox, and the browser's end of it.
pub(crate) async fn socket() -> (Outbox, Browser) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    let (ours, theirs) = tokio::join!(TcpStream::connect(address), listener.accept());
    let (read, write) = ours.expect("connected").into_split();
    let (theirs, _) = theirs.expect("accepted");
    let (unread, outbox) = theirs.into_split();
    std::mem::forget(unread);
    (Outbox::new(outbox, BUDGET_BYTES), Browser { read, _write: write })
}

impl Browser {
    /// The next frame, whenever it comes.
    pub(crate) async fn next(&mut self) -> ServerFrame {
        let mut start = [0_u8; 2];
        self.read.read_exact(&mut start).await.expect("a frame's start");
        let length = match start[1] {
            126 => usize::from(self.read.read_u16().await.expect("a length")),
            127 => usize::try_from(self.read.read_u64().await.expect("a length")).expect("small"),
            short => usize::from(short),
        };
        let mut payload = vec![0; length];
        self.read.read_exact(&mut payload).await.expect("a payload");
        serde_json::from_slice(&payload).expect("a server frame")
    }

    /// Reads on until a frame is the wanted one.
    pub(crate) async fn until<T>(&mut self, wanted: impl Fn(ServerFrame) -> Option<T>) -> T {
        loop {
            if let Some(found) = wanted(self.next().await) {
                return found;
            }
        }
    }
}
