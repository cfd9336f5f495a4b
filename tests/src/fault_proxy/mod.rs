//! A TCP proxy before any server (a node, PostgreSQL, Redis) that can be told, while it runs, to
//! cut, delay, hold, swallow or throttle what leads through it.
//!
//! What is told to connections that exist and what new ones meet are two things: a test may cut
//! the old ones and let new ones in, or the other way round. Memory is bounded: a connection holds
//! `pump::QUEUE_BYTES_MAX` each way at most, and then takes no more.

mod conditions;
mod pump;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

pub use conditions::{Conditions, Cut, Entrance, Flow, Way};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

/// Connections at once; more are reset.
const LINES_MAX: usize = 4_096;
/// No descriptor left, for example: nothing gets better by asking at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);
/// For a peer to hang up after a FIN.
const FIN_PATIENCE: Duration = Duration::from_secs(5);

/// Ends its connections when dropped.
pub struct FaultProxy {
    address: SocketAddr,
    control: Arc<Control>,
    accepting: JoinHandle<()>,
}

struct Control {
    /// For connections to come.
    door: Mutex<Door>,
    lines: Mutex<HashMap<u64, watch::Sender<Orders>>>,
    accepted: AtomicU64,
    up_bytes: AtomicU64,
    down_bytes: AtomicU64,
}

#[derive(Clone)]
struct Door {
    server: SocketAddr,
    entrance: Entrance,
    conditions: Conditions,
    preamble: Vec<u8>,
}

/// What one connection is told.
#[derive(Clone, Copy)]
struct Orders {
    conditions: Conditions,
    cut: Option<Cut>,
}

impl FaultProxy {
    /// On a free port, and as if it were not there.
    pub async fn before(server: SocketAddr) -> FaultProxy {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("a bound address");
        let door = Door {
            server,
            entrance: Entrance::Open,
            conditions: Conditions::CLEAR,
            preamble: Vec::new(),
        };
        let control = Arc::new(Control::new(door));
        let accepting = tokio::spawn(accept(listener, control.clone()));
        FaultProxy { address, control, accepting }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Everything passes again, for connections that exist and for new ones.
    pub fn heal(&self) {
        self.control.door().entrance = Entrance::Open;
        self.set(Conditions::CLEAR);
    }

    /// For connections that exist and for new ones.
    pub fn set(&self, conditions: Conditions) {
        self.set_new(conditions);
        self.set_existing(conditions);
    }

    pub fn set_new(&self, conditions: Conditions) {
        self.control.door().conditions = conditions;
    }

    pub fn set_existing(&self, conditions: Conditions) {
        self.control.order(|orders| orders.conditions = conditions);
    }

    /// Whether new connections get in.
    pub fn set_entrance(&self, entrance: Entrance) {
        self.control.door().entrance = entrance;
    }

    /// Ends the connections that exist, whatever their conditions.
    pub fn cut(&self, cut: Cut) {
        self.control.order(|orders| orders.cut = Some(cut));
    }

    /// New connections lead to another server: a failover, or the wrong one altogether.
    pub fn lead_to(&self, server: SocketAddr) {
        self.control.door().server = server;
    }

    /// What the server hears first on every new connection, such as a header of the PROXY
    /// protocol.
    pub fn introduce(&self, preamble: impl Into<Vec<u8>>) {
        self.control.door().preamble = preamble.into();
    }

    /// Connections that exist now.
    pub fn connections(&self) -> usize {
        self.control.lines().len()
    }

    /// Connections there have been.
    pub fn accepted(&self) -> u64 {
        self.control.accepted.load(Ordering::Acquire)
    }

    /// Bytes that came out at the other end: up, and down.
    pub fn passed_bytes(&self) -> (u64, u64) {
        let read = |bytes: &AtomicU64| bytes.load(Ordering::Acquire);
        (read(&self.control.up_bytes), read(&self.control.down_bytes))
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.cut(Cut::Reset);
    }
}

impl Control {
    fn new(door: Door) -> Control {
        Control {
            door: Mutex::new(door),
            lines: Mutex::default(),
            accepted: AtomicU64::new(0),
            up_bytes: AtomicU64::new(0),
            down_bytes: AtomicU64::new(0),
        }
    }

    fn door(&self) -> MutexGuard<'_, Door> {
        self.door.lock().expect("nobody panics at the door")
    }

    fn lines(&self) -> MutexGuard<'_, HashMap<u64, watch::Sender<Orders>>> {
        self.lines.lock().expect("nobody panics with the lines in hand")
    }

    fn order(&self, change: impl Fn(&mut Orders)) {
        for line in self.lines().values() {
            line.send_modify(&change);
        }
    }
}

/// One connection; out of the list when dropped.
struct Line {
    number: u64,
    door: Door,
    orders: watch::Receiver<Orders>,
    control: Arc<Control>,
}

impl Drop for Line {
    fn drop(&mut self) {
        self.control.lines().remove(&self.number);
    }
}

async fn accept(listener: TcpListener, control: Arc<Control>) {
    loop {
        match listener.accept().await {
            Ok((client, _)) => match enter(&control) {
                Some(line) => drop(tokio::spawn(line.lead(client))),
                None => reset(client),
            },
            Err(_) => sleep(ACCEPT_PAUSE).await,
        }
    }
}

/// Under the lock of the lines, so that no order falls between the door and the list.
fn enter(control: &Arc<Control>) -> Option<Line> {
    let mut lines = control.lines();
    if lines.len() >= LINES_MAX {
        return None;
    }
    let number = control.accepted.fetch_add(1, Ordering::AcqRel);
    let door = control.door().clone();
    let (sender, orders) = watch::channel(Orders { conditions: door.conditions, cut: None });
    lines.insert(number, sender);
    Some(Line { number, door, orders, control: control.clone() })
}

impl Line {
    async fn lead(mut self, client: TcpStream) {
        // Small pieces are whole thoughts of either side: they are not to wait for each other.
        let _ = client.set_nodelay(true);
        match self.door.entrance {
            Entrance::Open => match self.connect().await {
                Some(server) => self.join(client, server).await,
                None => reset(client),
            },
            Entrance::Refuse => reset(client),
            Entrance::Nobody => self.ignore(client).await,
        }
    }

    async fn connect(&self) -> Option<TcpStream> {
        let mut server = TcpStream::connect(self.door.server).await.ok()?;
        server.set_nodelay(true).ok()?;
        server.write_all(&self.door.preamble).await.ok()?;
        Some(server)
    }

    async fn join(&mut self, mut client: TcpStream, mut server: TcpStream) {
        let cut = tokio::select! {
            cut = told_to_cut(self.orders.clone()) => cut,
            cut = pump::both(&mut client, &mut server, &self.orders, self) => cut,
        };
        match cut {
            Cut::Fin => drop(tokio::join!(finish(client), finish(server))),
            Cut::Reset => {
                reset(client);
                reset(server);
            }
        }
    }

    /// Takes everything and says nothing, until it is cut or told that all passes.
    async fn ignore(&mut self, mut client: TcpStream) {
        let mut healed = self.orders.clone();
        let mut lost = [0; 4096];
        let cut = tokio::select! {
            cut = told_to_cut(self.orders.clone()) => cut,
            // At the door all may pass: an order counts that comes later.
            _ = async {
                while healed.changed().await.is_ok() && !healed.borrow().conditions.pass() {}
            } => Cut::Reset,
            () = async { while client.read(&mut lost).await.is_ok_and(|bytes| bytes > 0) {} } => {
                Cut::Fin
            }
        };
        match cut {
            Cut::Fin => finish(client).await,
            Cut::Reset => reset(client),
        }
    }

    fn count(&self, towards_server: bool, bytes: usize) {
        let counter =
            if towards_server { &self.control.up_bytes } else { &self.control.down_bytes };
        counter.fetch_add(bytes as u64, Ordering::AcqRel);
    }
}

async fn told_to_cut(mut orders: watch::Receiver<Orders>) -> Cut {
    match orders.wait_for(|orders| orders.cut.is_some()).await {
        Ok(orders) => orders.cut.expect("waited for"),
        Err(_) => Cut::Reset,
    }
}

/// Closing over unread bytes would be a reset.
async fn finish(mut stream: TcpStream) {
    let mut unread = [0; 4096];
    let _ = timeout(FIN_PATIENCE, async {
        stream.shutdown().await?;
        while stream.read(&mut unread).await? > 0 {}
        std::io::Result::Ok(())
    })
    .await;
}

fn reset(stream: TcpStream) {
    // It fails only when the connection is gone already.
    let _ = stream.set_zero_linger();
    drop(stream);
}
