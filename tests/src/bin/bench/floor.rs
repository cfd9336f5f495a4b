//! The floors: a bare loop of `write(2)`, and a bare hyper upgrade. Servers of no use at all, in
//! processes of their own, so that their cost is read in the same way as the node's.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Instant;

use bytes::Bytes;
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;

/// `floor-fanout COUNT`: accepts COUNT sockets, then for `write BYTES ROUNDS` writes BYTES to
/// each, ROUNDS times over, and answers with the seconds it took.
pub(crate) async fn fan_out(arguments: &[&str]) {
    let count: usize = arguments[0].parse().expect("a number");
    tokio::task::spawn_blocking(move || fan_out_blocking(count)).await.expect("no panic");
}

fn fan_out_blocking(count: usize) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    println!("{}", listener.local_addr().expect("bound"));
    let mut sockets: Vec<TcpStream> = Vec::with_capacity(count);
    for _ in 0..count {
        let (mut socket, _) = listener.accept().expect("a client");
        socket.set_nodelay(true).expect("set");
        let mut request = [0_u8; 2_048];
        let _ = socket.read(&mut request).expect("a request");
        socket.write_all(b"HTTP/1.1 101 Switching Protocols\r\n\r\n").expect("written");
        sockets.push(socket);
    }
    println!("accepted");
    for line in std::io::stdin().lines() {
        let line = line.expect("readable");
        let words: Vec<&str> = line.split(' ').collect();
        let [_, bytes, rounds] = words[..] else { panic!("write BYTES ROUNDS") };
        let frame = text_frame(bytes.parse().expect("a number"));
        let rounds: usize = rounds.parse().expect("a number");
        let began = Instant::now();
        for _ in 0..rounds {
            for socket in &mut sockets {
                socket.write_all(&frame).expect("written");
            }
        }
        println!("{:.6}", began.elapsed().as_secs_f64());
    }
}

/// A whole server frame of so many bytes.
fn text_frame(bytes: usize) -> Vec<u8> {
    let payload = bytes.saturating_sub(4).max(126);
    let length = u16::try_from(payload).expect("a short frame").to_be_bytes();
    let mut frame = vec![0x81, 126, length[0], length[1]];
    frame.resize(4 + payload, b'x');
    frame
}

/// `floor-upgrade`: hyper and fastwebsockets' upgrade, and nothing after it.
pub(crate) async fn upgrade(_: &[&str]) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    println!("{}", listener.local_addr().expect("bound"));
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let _ = stream.set_nodelay(true);
        tokio::spawn(async move {
            let service = service_fn(answer);
            let connection = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service);
            let _ = connection.with_upgrades().await;
        });
    }
}

async fn answer(
    mut request: Request<Incoming>,
) -> Result<Response<Empty<Bytes>>, fastwebsockets::WebSocketError> {
    let (response, socket) = fastwebsockets::upgrade::upgrade(&mut request)?;
    tokio::spawn(async move {
        if let Ok(mut socket) = socket.await {
            // The greeting is read, and answered as shortly as can be.
            let _ = socket.read_frame().await;
            let welcome = fastwebsockets::Payload::Borrowed(b"{}");
            let _ = socket.write_frame(fastwebsockets::Frame::text(welcome)).await;
            std::future::pending::<()>().await;
        }
    });
    Ok(response)
}
