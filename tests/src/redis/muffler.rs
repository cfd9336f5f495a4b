//! A door before a Redis server that can keep from subscribers what it says to them, or some of
//! it: connected, and deaf.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::RedisServer;

pub struct Muffler {
    address: SocketAddr,
    /// Of what subscribers are told, every so many is lost; 0 is nothing.
    loses: Arc<AtomicU32>,
    _tasks: JoinSet<()>,
}

impl Muffler {
    pub async fn before(server: &RedisServer) -> Muffler {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("a bound address");
        let loses = Arc::new(AtomicU32::new(0));
        let mut tasks = JoinSet::new();
        tasks.spawn(accept_all(listener, server.port, loses.clone()));
        Muffler { address, loses, _tasks: tasks }
    }

    /// From now on subscribers hear nothing; everything else passes.
    pub fn muffle(&self) {
        self.lose_every(1);
    }

    /// From now on subscribers miss every so many things that they are told.
    pub fn lose_every(&self, count: u32) {
        self.loses.store(count, Ordering::SeqCst);
    }

    pub fn unmuffle(&self) {
        self.lose_every(0);
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn url(&self) -> String {
        format!("redis://{}", self.address)
    }
}

async fn accept_all(listener: TcpListener, port: u16, loses: Arc<AtomicU32>) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await else { continue };
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        let subscribes = Arc::new(AtomicBool::new(false));
        connections.spawn(carry_up(from_client, to_server, subscribes.clone()));
        connections.spawn(carry_down(from_server, to_client, (subscribes, loses.clone())));
    }
}

async fn carry_up(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, subscribes: Arc<AtomicBool>) {
    let mut bytes = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut bytes).await {
        if bytes[..read].windows(9).any(|it| it == b"SUBSCRIBE") {
            subscribes.store(true, Ordering::SeqCst);
        }
        if to.write_all(&bytes[..read]).await.is_err() {
            return;
        }
    }
}

async fn carry_down(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    (subscribes, loses): (Arc<AtomicBool>, Arc<AtomicU32>),
) {
    let mut bytes = vec![0; 64 * 1024];
    // Redis says whole things, and so they arrive, but for very many at once.
    let mut told: u32 = 0;
    while let Ok(read @ 1..) = from.read(&mut bytes).await {
        let every = loses.load(Ordering::SeqCst);
        told = told.wrapping_add(1);
        let is_due = every > 0 && told.is_multiple_of(every);
        let is_kept = subscribes.load(Ordering::SeqCst) && is_due;
        if !is_kept && to.write_all(&bytes[..read]).await.is_err() {
            return;
        }
    }
}
