//! A node in memory, for tests of the generator: it speaks the protocol, and can be told to lose,
//! double, reorder, refuse or hang up.

mod house;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use fastwebsockets::{Frame, OpCode, Payload, Role, WebSocket};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use salotto_protocol::api::{LoadTestAgents, NewVisitor};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

pub(crate) use house::Fault;
use house::{House, Out};

pub(crate) const TOKEN: &str = "a-token-for-tests";

type Shared = Arc<Mutex<House>>;

/// Serves until the test's runtime ends.
pub(crate) struct FakeNode {
    pub(crate) url: String,
    house: Shared,
}

impl FakeNode {
    /// Waits until so many messages have come in.
    pub(crate) async fn heard(&self, messages: u64) {
        while self.house.lock().expect("no test panics with it").messages() < messages {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

pub(crate) async fn start(fault: Fault) -> FakeNode {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let node: Shared = Arc::new(Mutex::new(House::new(fault)));
    let house = Arc::clone(&node);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.expect("the listener stays");
            stream.set_nodelay(true).expect("a live socket");
            let node = Arc::clone(&node);
            tokio::spawn(async move {
                let service = service_fn(|request| {
                    let node = Arc::clone(&node);
                    async move { Ok::<_, std::convert::Infallible>(answer(node, request).await) }
                });
                let http = hyper::server::conn::http1::Builder::new();
                drop(http.serve_connection(TokioIo::new(stream), service).with_upgrades().await);
            });
        }
    });
    FakeNode { url: format!("http://{address}"), house }
}

async fn answer(node: Shared, mut request: Request<Incoming>) -> Response<Full<Bytes>> {
    assert_eq!(request.headers()["x-salotto-loadtest"], TOKEN, "always with the token");
    let path = request.uri().path().to_owned();
    if path.starts_with("/ws/") {
        let (answer, upgrade) = fastwebsockets::upgrade::upgrade(&mut request).expect("a 101");
        tokio::spawn(async move {
            socket(node, upgrade.await.expect("the socket is there").into_inner()).await;
        });
        return answer.map(|_| Full::default());
    }
    let query = request.uri().query().unwrap_or_default().to_owned();
    let body = request.into_body().collect().await.expect("a body").to_bytes();
    let mut house = node.lock().expect("no test panics with it");
    let json = match path.split('/').nth(3).expect("a resource") {
        "loadtest" => {
            let team: LoadTestAgents = serde_json::from_slice(&body).expect("a team");
            serde_json::to_vec(&house.desk(team.count))
        }
        "visitors" => {
            let new: NewVisitor = serde_json::from_slice(&body).expect("a site");
            serde_json::to_vec(&house.visitor(new.site))
        }
        "conversations" => {
            let id = path.split('/').nth(4).expect("an id").parse().expect("a uuid");
            let after = query.split('&').find_map(|it| it.strip_prefix("after="));
            let after = after.expect("after").parse().expect("a seq");
            serde_json::to_vec(&house.page(id, after))
        }
        other => panic!("{other} is not asked for"),
    };
    Response::new(Full::new(Bytes::from(json.expect("plain data"))))
}

async fn socket<S>(node: Shared, stream: S)
where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    let (read, write) = tokio::io::split(stream);
    let (outbox, frames) = unbounded_channel();
    let number = node.lock().expect("no test panics with it").open(outbox);
    let mut socket =
        WebSocket::after_handshake(tokio::io::join(read, tokio::io::sink()), Role::Server);
    socket.set_auto_close(false);
    socket.set_auto_pong(false);
    let reading = async {
        while let Ok(frame) = socket.read_frame().await {
            if frame.opcode != OpCode::Text {
                break;
            }
            let frame = serde_json::from_slice(&frame.payload).expect("a client frame");
            node.lock().expect("no test panics with it").on_frame(number, frame);
        }
    };
    tokio::select! { () = reading => {}, () = write_all(write, frames) => {} }
    node.lock().expect("no test panics with it").gone(number);
}

async fn write_all(write: impl AsyncWrite + Unpin, mut frames: UnboundedReceiver<Out>) {
    let write = tokio::io::join(tokio::io::empty(), write);
    let mut socket = WebSocket::after_handshake(write, Role::Server);
    while let Some(out) = frames.recv().await {
        let frame = match out {
            Out::Frame(frame) => {
                Frame::text(Payload::Owned(serde_json::to_vec(&*frame).expect("plain data")))
            }
            Out::Close(code) => Frame::close(code, b""),
            Out::Cut => return,
        };
        if socket.write_frame(frame).await.is_err() {
            return;
        }
    }
}
