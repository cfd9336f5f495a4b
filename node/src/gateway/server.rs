//! Listeners and HTTP connections: bounded in number, in header size and in patience.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use ipnet::IpNet;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::{sleep, timeout};
use tower_service::Service;

use super::patient::Patient;
use super::proxy;
use crate::metrics;

/// Connections beyond `sockets_max`, so that the API answers while sockets are refused.
pub(crate) const HTTP_CONNECTIONS_RESERVE: usize = 1_024;

/// A connect storm waits here instead of being turned away.
const BACKLOG: i32 = 4_096;
/// A request's line and headers together.
const HEAD_BYTES_MAX: usize = 16 * 1024;
const HEADERS_MAX: usize = 64;
/// To send a request's head; an idle connection is closed after as long.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// To answer a request, body included.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// For a client to take anything at all of what is written to it.
const WRITE_PATIENCE: Duration = Duration::from_secs(30);
/// For running requests, once the node stops.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);
/// Out of descriptors or memory: nothing gets better by asking at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Connections that are being told 503 at once; above it they are dropped.
const REFUSALS_MAX: usize = 64;
const REFUSAL_TIMEOUT: Duration = Duration::from_secs(1);
/// Told to wait so many seconds at least and fewer than twice as many: not all at once again.
const REFUSAL_RETRY_SECONDS: u64 = 5;

/// Who is let in by a listener.
#[derive(Clone, Debug)]
pub(crate) struct Door {
    pub(crate) connections_max: usize,
    /// If set, each connection comes from one of these and begins with a header of the PROXY
    /// protocol.
    pub(crate) proxies: Option<Vec<IpNet>>,
}

/// Counts a connection against the ceiling, as a request extension: who keeps the connection
/// beyond the request (a socket) keeps this too.
#[derive(Debug)]
pub(crate) struct Connection(Arc<AtomicUsize>);

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

pub(crate) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

/// Serves until `stop` turns true (or its sender is gone); then finishes running requests.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    door: Door,
    mut stop: watch::Receiver<bool>,
) {
    let server = Server::new(router, door, stop.clone());
    // Every connection holds a sender; when the last is dropped, all have ended.
    let (running, mut ended) = mpsc::channel::<Infallible>(1);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, address)) => server.take(stream, address, &running),
                Err(error) => pause_after(&error).await,
            },
            () = stopped(&mut stop) => break,
        }
    }
    drop((listener, running));
    if timeout(STOP_TIMEOUT, ended.recv()).await.is_err() {
        tracing::warn!("some requests were still running when their time was over");
    }
}

struct Server {
    router: Router,
    connections: Arc<AtomicUsize>,
    connections_max: usize,
    proxies: Option<Arc<[IpNet]>>,
    refusals: Arc<Semaphore>,
    stop: watch::Receiver<bool>,
}

impl Server {
    fn new(router: Router, door: Door, stop: watch::Receiver<bool>) -> Server {
        Server {
            router,
            connections: Arc::default(),
            connections_max: door.connections_max,
            proxies: door.proxies.map(Arc::from),
            refusals: Arc::new(Semaphore::new(REFUSALS_MAX)),
            stop,
        }
    }

    fn take(&self, stream: TcpStream, address: SocketAddr, running: &mpsc::Sender<Infallible>) {
        // Small frames are the rule, and each is a whole thought.
        let _ = stream.set_nodelay(true);
        let connection = Connection(self.connections.clone());
        if self.connections.fetch_add(1, Ordering::AcqRel) >= self.connections_max {
            self.refuse(stream, connection);
            return;
        }
        let newcomer = Newcomer { stream, address, connection: Arc::new(connection) };
        let (router, proxies) = (self.router.clone(), self.proxies.clone());
        let (stop, running) = (self.stop.clone(), running.clone());
        tokio::spawn(async move {
            if let Some(newcomer) = let_in(newcomer, proxies).await {
                talk(newcomer, router, stop).await;
            }
            drop(running);
        });
    }

    /// Says 503, and waits a moment until that is read.
    fn refuse(&self, mut stream: TcpStream, connection: Connection) {
        let Ok(permit) = self.refusals.clone().try_acquire_owned() else { return };
        tokio::spawn(async move {
            let _held = (permit, connection);
            let _ = timeout(REFUSAL_TIMEOUT, async {
                stream.write_all(refusal().as_bytes()).await?;
                stream.shutdown().await?;
                // Closing over unread bytes would reset the connection and lose the answer.
                let mut request = [0; 1024];
                while stream.read(&mut request).await? > 0 {}
                io::Result::Ok(())
            })
            .await;
        });
    }
}

/// A connection on its way in.
struct Newcomer {
    stream: TcpStream,
    /// The proxy's, until its header has been read.
    address: SocketAddr,
    connection: Arc<Connection>,
}

fn refusal() -> String {
    let seconds = REFUSAL_RETRY_SECONDS + getrandom::u64().unwrap_or(0) % REFUSAL_RETRY_SECONDS;
    format!(
        "HTTP/1.1 503 Service Unavailable\r\nRetry-After: {seconds}\r\n\
         Content-Length: 0\r\nConnection: close\r\n\r\n"
    )
}

/// `None`: whoever it is, no proxy of ours sent it. It is closed without an answer.
async fn let_in(mut newcomer: Newcomer, proxies: Option<Arc<[IpNet]>>) -> Option<Newcomer> {
    let Some(proxies) = proxies else { return Some(newcomer) };
    match proxy::led_by(&mut newcomer.stream, newcomer.address, &proxies).await {
        Ok(address) => Some(Newcomer { address, ..newcomer }),
        Err(not_led) => {
            metrics::proxy_header_refused(not_led.as_str());
            None
        }
    }
}

/// One HTTP connection, until it ends, is upgraded, or the node stops.
async fn talk(newcomer: Newcomer, router: Router, mut stop: watch::Receiver<bool>) {
    let Newcomer { stream, address, connection } = newcomer;
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(address));
        request.extensions_mut().insert(connection.clone());
        answer(router.clone(), request.map(Body::new))
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_BYTES_MAX)
        .max_headers(HEADERS_MAX);
    let stream = Patient::new(stream, WRITE_PATIENCE);
    let talking = http.serve_connection(TokioIo::new(stream), service).with_upgrades();
    tokio::pin!(talking);
    tokio::select! {
        // Errors are the client's: it hung up, was too slow, or speaks no HTTP.
        _ = talking.as_mut() => return,
        () = stopped(&mut stop) => talking.as_mut().graceful_shutdown(),
    }
    let _ = talking.await;
}

async fn answer(mut router: Router, request: Request) -> Result<Response, Infallible> {
    match timeout(REQUEST_TIMEOUT, router.call(request)).await {
        Ok(Ok(response)) => Ok(response),
        Err(_) => Ok(StatusCode::REQUEST_TIMEOUT.into_response()),
    }
}

/// Returns when `stop` turned true, or nobody can turn it any more.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stopped| *stopped).await;
}

/// A connection that failed before it was accepted costs nothing; anything else is ours.
async fn pause_after(error: &io::Error) {
    match error.kind() {
        io::ErrorKind::ConnectionAborted
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionRefused
        | io::ErrorKind::Interrupted => {}
        _ => {
            tracing::warn!(%error, "no connection can be accepted for a moment");
            sleep(ACCEPT_PAUSE).await;
        }
    }
}

#[cfg(test)]
#[path = "server_tests.rs"]
mod tests;
