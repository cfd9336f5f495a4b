//! A wire to a server on loopback that is cut once a word was sent and its answer came.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// More than a COMMIT, or the answer to it.
const CHUNK_BYTES: usize = 64 * 1024;

pub struct CutAfter {
    address: SocketAddr,
    /// The word at which the next connection to say it is cut.
    word: Arc<Mutex<Option<String>>>,
}

impl CutAfter {
    pub async fn between(port: u16) -> CutAfter {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("a bound address");
        let word = Arc::new(Mutex::new(None));
        let cut_at = Arc::clone(&word);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await;
                if let Ok(server) = server {
                    tokio::spawn(carry(client, server, Arc::clone(&cut_at)));
                }
            }
        });
        CutAfter { address, word }
    }

    /// The URL of the same database by way of this wire.
    pub fn url(&self, of: &str) -> String {
        let (before, rest) = of.rsplit_once('@').expect("a user");
        let (_, database) = rest.split_once('/').expect("a database");
        format!("{before}@{}/{database}", self.address)
    }

    /// The server does what it is told in the next message with this word; the answer is lost.
    pub fn cut_after(&self, word: &str) {
        *self.word.lock().unwrap_or_else(PoisonError::into_inner) = Some(word.to_owned());
    }

    pub fn has_cut(&self) -> bool {
        self.word.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }
}

/// Until one side ends, or the wire is cut.
async fn carry(mut client: TcpStream, mut server: TcpStream, word: Arc<Mutex<Option<String>>>) {
    let (mut sent, mut answer) = (vec![0; CHUNK_BYTES], vec![0; CHUNK_BYTES]);
    loop {
        tokio::select! {
            read = client.read(&mut sent) => {
                let Ok(1..) = read else { return };
                let bytes = &sent[..read.expect("some bytes")];
                if server.write_all(bytes).await.is_err() {
                    return;
                }
                if is_said(bytes, &word) {
                    let _ = server.read(&mut answer).await;
                    return;
                }
            }
            read = server.read(&mut answer) => {
                let Ok(1..) = read else { return };
                if client.write_all(&answer[..read.expect("some bytes")]).await.is_err() {
                    return;
                }
            }
        }
    }
}

fn is_said(bytes: &[u8], word: &Mutex<Option<String>>) -> bool {
    let mut word = word.lock().unwrap_or_else(PoisonError::into_inner);
    let is_said =
        word.as_ref().is_some_and(|it| bytes.windows(it.len()).any(|at| at == it.as_bytes()));
    if is_said {
        *word = None;
    }
    is_said
}
