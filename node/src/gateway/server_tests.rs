//! The HTTP side of the edge over real connections.

use axum::routing::get;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::*;

struct Running {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
}

fn start(router: Router, connections_max: usize) -> Running {
    open(router, Door { connections_max, proxies: None })
}

fn open(router: Router, door: Door) -> Running {
    let listener = listen(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = watch::channel(false);
    let serving = tokio::spawn(serve(listener, router, door, stopped));
    Running { address, stop, serving }
}

fn hello_router() -> Router {
    Router::new().route("/", get(|| async { "hello" })).route(
        "/peer",
        get(|ConnectInfo(address): ConnectInfo<SocketAddr>| async move { address.to_string() }),
    )
}

/// Everything that the server says until it closes.
async fn ask(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    listen_to(&mut stream).await
}

async fn listen_to(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

fn request(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
}

#[tokio::test]
async fn a_handler_knows_the_peers_address() {
    let running = start(hello_router(), 10);
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    let own = stream.local_addr().unwrap().to_string();

    stream.write_all(request("/peer").as_bytes()).await.unwrap();

    let answer = listen_to(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with(&own), "{answer}");
}

#[tokio::test]
async fn above_the_ceiling_a_connection_hears_503_and_below_it_again_200() {
    let running = start(hello_router(), 2);
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut stream = TcpStream::connect(running.address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
        held.push(stream);
    }
    // Answered, so both have been accepted before.
    let refused = ask(running.address, &request("/")).await;
    assert!(refused.starts_with("HTTP/1.1 503"), "{refused}");
    let wait = refused.split("Retry-After: ").nth(1).and_then(|rest| rest.split('\r').next());
    let wait: u64 = wait.expect("when to come again").parse().expect("in seconds");
    assert!((5..10).contains(&wait), "{wait}");

    held.clear();

    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    while !ask(running.address, &request("/")).await.starts_with("HTTP/1.1 200") {
        assert!(tokio::time::Instant::now() < deadline, "room again");
    }
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let running = start(hello_router(), 10);
    let cookie = "x".repeat(HEAD_BYTES_MAX);

    let request = format!("GET / HTTP/1.1\r\nHost: a\r\nCookie: {cookie}\r\n\r\n");

    let answer = ask(running.address, &request).await;

    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
}

#[tokio::test]
async fn stopping_finishes_the_running_request_and_takes_no_other() {
    let (began, mut has_begun) = mpsc::channel::<()>(1);
    let (finish, may_finish) = oneshot::channel::<()>();
    let may_finish = Arc::new(std::sync::Mutex::new(Some(may_finish)));
    let slow = get(move || {
        let wait = may_finish.lock().unwrap().take().expect("asked once");
        let began = began.clone();
        async move {
            began.send(()).await.unwrap();
            wait.await.unwrap();
            "done"
        }
    });
    let running = start(Router::new().route("/slow", slow), 10);
    let asking = tokio::spawn(async move { ask(running.address, &request("/slow")).await });
    has_begun.recv().await.unwrap();

    running.stop.send(true).unwrap();
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    while TcpStream::connect(running.address).await.is_ok() {
        assert!(tokio::time::Instant::now() < deadline, "the listener closes");
    }
    assert!(!running.serving.is_finished(), "a request is still running");
    finish.send(()).unwrap();

    assert!(asking.await.unwrap().ends_with("done"));
    running.serving.await.unwrap();
}

fn behind(proxies: &str) -> Running {
    let proxies = Some(vec![proxies.parse().expect("a range")]);
    open(hello_router(), Door { connections_max: 10, proxies })
}

fn led(header: &[u8], path: &str) -> Vec<u8> {
    [header, request(path).as_bytes()].concat()
}

#[tokio::test]
async fn behind_a_proxy_a_handler_knows_the_address_from_its_header() {
    let running = behind("127.0.0.0/8");
    let v2 = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c\xc0\x00\x02\x07\x0a\0\0\x01\xc3\x50\0\x50";
    for header in [&b"PROXY TCP4 192.0.2.7 10.0.0.1 50000 80\r\n"[..], v2] {
        let mut stream = TcpStream::connect(running.address).await.unwrap();

        stream.write_all(&led(header, "/peer")).await.unwrap();

        let answer = listen_to(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(answer.ends_with("192.0.2.7:50000"), "{answer}");
    }
}

#[tokio::test]
async fn behind_a_proxy_nobody_is_served_without_a_header_or_from_elsewhere() {
    let header = b"PROXY TCP4 192.0.2.7 10.0.0.1 50000 80\r\n";
    for (proxies, said) in [
        ("127.0.0.0/8", request("/")),
        ("10.0.0.0/8", String::from_utf8(led(header, "/")).unwrap()),
    ] {
        let running = behind(proxies);
        let mut stream = TcpStream::connect(running.address).await.unwrap();
        stream.write_all(said.as_bytes()).await.unwrap();

        let mut answer = Vec::new();
        // Closed, or reset over what it did not want to read.
        let _ended = stream.read_to_end(&mut answer).await.is_ok();

        assert_eq!(String::from_utf8_lossy(&answer), "", "{proxies}");
    }
}

#[tokio::test]
async fn a_connection_that_waits_with_its_header_gives_its_place_back_in_time() {
    let running = behind("127.0.0.0/8");
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    stream.write_all(b"PROXY TCP4 192.0.2.7 ").await.unwrap();
    let waiting = tokio::time::Instant::now();

    let mut answer = Vec::new();
    timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await.unwrap().unwrap();

    assert_eq!(answer, b"");
    assert!(waiting.elapsed() >= Duration::from_secs(3));
}
