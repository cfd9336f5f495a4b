//! Lines over real sockets: hostile bytes, silence, floods, losses, and the registry above them.

use std::future::poll_fn;
use std::time::{Duration, Instant};

use salotto_protocol::limits::FRAME_BYTES_MAX;
use salotto_protocol::{
    ClientFrame, CloseCode, ConversationId, ErrorCode, Party, Refusal, Seq, ServerFrame,
};
use socket2::SockRef;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::line::{Event, Line};
use super::reader::Reader;
use super::registry::Sockets;
use super::task::{self, Socket};
use super::test_peer::{hear, hear_close, hear_frame, masked, refused_code, say};
use crate::fanout::{ClosedBy, Delivery, Outbox, Place, encode};

const LONG: Duration = Duration::from_secs(60);

/// A line and its peer's bare stream.
async fn line(period: Duration) -> (Line, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let peer = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (stream, _) = listener.accept().await.unwrap();
    SockRef::from(&stream).set_send_buffer_size(64 * 1024).unwrap();
    let (read, write) = stream.into_split();
    let outbox = Outbox::for_party(write, Party::Visitor);
    let mut line = Line::new(Reader::new(read, b""), outbox, period);
    line.welcome();
    (line, peer)
}

async fn next(line: &mut Line) -> Event {
    poll_fn(|context| line.poll(context)).await
}

/// Runs a line to its end, as the task does; returns the frames it gave and who closed it.
fn run(mut line: Line) -> JoinHandle<(Vec<ClientFrame>, ClosedBy)> {
    tokio::spawn(async move {
        let mut frames = Vec::new();
        loop {
            match next(&mut line).await {
                Event::Frame(frame) => frames.push(frame),
                Event::Refill(places) => panic!("nothing was lost: {places:?}"),
                Event::End => break,
            }
        }
        line.finish().await;
        (frames, line.outbox().closed_by())
    })
}

#[tokio::test]
async fn frames_pings_and_a_close_go_back_and_forth() {
    let (line, mut peer) = line(LONG).await;
    let running = run(line);
    let id = ConversationId::fresh();
    let bytes = [
        say(&format!("{{\"type\":\"detach\",\"conversation\":\"{id}\"}}")),
        masked(0x89, b"there?"),
        say("{\"type\":\"pong\"}"),
        masked(0x88, &3001u16.to_be_bytes()),
    ]
    .concat();

    peer.write_all(&bytes).await.unwrap();

    assert_eq!(hear(&mut peer).await, (10, b"there?".to_vec()));
    assert_eq!(hear_close(&mut peer).await, 3001);
    drop(peer);
    let (frames, closed_by) = running.await.unwrap();
    assert_eq!(frames, [ClientFrame::Detach { conversation: id }]);
    assert_eq!(closed_by, ClosedBy::Peer);
}

#[tokio::test]
async fn hostile_bytes_are_answered_with_the_right_close_code_and_an_end() {
    let huge = [&[0x81, 0xff][..], &(60u64 << 20).to_be_bytes(), &[0; 4]].concat();
    let flood = [huge.clone(), vec![0; 3 * FRAME_BYTES_MAX]].concat();
    let cases: [(&[u8], CloseCode); 6] = [
        (&[0x81, 0x02, b'h', b'i'], CloseCode::ProtocolError),
        (&masked(0xc1, b"{}"), CloseCode::ProtocolError),
        (&masked(0x81, b"\xff\xfe"), CloseCode::BadData),
        (&masked(0x82, b"{}"), CloseCode::BadData),
        (&huge, CloseCode::TooLarge),
        (&flood, CloseCode::TooLarge),
    ];
    for (bytes, code) in cases {
        let (line, mut peer) = line(LONG).await;
        let running = run(line);

        peer.write_all(bytes).await.unwrap();

        assert_eq!(hear_close(&mut peer).await, code.number());
        drop(peer);
        assert_eq!(running.await.unwrap().1, ClosedBy::Us(code));
    }
}

#[tokio::test]
async fn what_still_comes_after_a_close_does_not_reset_the_connection() {
    let (line, mut peer) = line(LONG).await;
    let running = run(line);
    peer.write_all(&[0x81, 0x02, b'h', b'i']).await.unwrap();
    assert_eq!(hear_close(&mut peer).await, 1002);

    for _ in 0..20 {
        peer.write_all(&[0; 1024]).await.expect("not reset");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }

    drop(peer);
    assert_eq!(running.await.unwrap().1, ClosedBy::Us(CloseCode::ProtocolError));
}

#[tokio::test]
async fn frames_of_bad_form_are_refused_one_by_one_until_it_is_enough() {
    let (line, mut peer) = line(LONG).await;
    let running = run(line);

    for number in 1..=20 {
        let (text, code) = match number % 3 {
            0 => ("{\"type\":\"dance\"}", ErrorCode::UnknownFrame),
            1 => ("no json", ErrorCode::BadJson),
            _ => ("{\"type\":\"page\"}", ErrorCode::BadField),
        };
        peer.write_all(&say(text)).await.unwrap();
        assert_eq!(refused_code(hear_frame(&mut peer).await), code);
    }

    assert_eq!(hear_close(&mut peer).await, 4029);
    drop(peer);
    assert_eq!(running.await.unwrap().1, ClosedBy::Us(CloseCode::RateLimited));
}

#[tokio::test]
async fn a_second_hello_is_refused() {
    let (line, mut peer) = line(LONG).await;
    run(line);

    peer.write_all(&say("{\"type\":\"hello\",\"protocol\":1,\"token\":\"t\"}")).await.unwrap();

    assert_eq!(refused_code(hear_frame(&mut peer).await), ErrorCode::BadHello);
}

#[tokio::test]
async fn a_flood_of_pings_is_ended() {
    let (line, mut peer) = line(LONG).await;
    let running = run(line);

    peer.write_all(&masked(0x89, b"").repeat(500)).await.unwrap();

    assert_eq!(hear_close(&mut peer).await, 4029);
    drop(peer);
    assert_eq!(running.await.unwrap().1, ClosedBy::Us(CloseCode::RateLimited));
}

#[tokio::test]
async fn a_client_that_answers_stays_and_one_that_falls_silent_is_closed() {
    let (line, mut peer) = line(Duration::from_millis(150)).await;
    let running = run(line);
    for _ in 0..5 {
        assert_eq!(hear_frame(&mut peer).await, ServerFrame::Ping);
        peer.write_all(&say("{\"type\":\"pong\"}")).await.unwrap();
    }

    let silent = Instant::now();
    assert_eq!(hear_close(&mut peer).await, 4009);

    assert!(silent.elapsed() >= Duration::from_millis(150), "two periods of grace");
    drop(peer);
    assert_eq!(running.await.unwrap().1, ClosedBy::Us(CloseCode::HeartbeatLost));
}

#[tokio::test]
async fn pings_do_not_keep_half_a_message_alive() {
    let (line, mut peer) = line(Duration::from_millis(100)).await;
    let running = run(line);
    peer.write_all(&masked(0x01, b"{\"type\"")).await.unwrap();
    let (mut reading, mut writing) = peer.into_split();
    let pinging = tokio::spawn(async move {
        while writing.write_all(&masked(0x89, b"")).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });

    let mut received = Vec::new();
    reading.read_to_end(&mut received).await.unwrap();

    assert!(received.windows(2).any(|bytes| bytes == 4009u16.to_be_bytes()));
    pinging.abort();
    assert_eq!(running.await.unwrap().1, ClosedBy::Us(CloseCode::HeartbeatLost));
}

#[tokio::test]
async fn a_lost_queue_is_told_with_the_places_and_only_once() {
    let (mut line, mut peer) = line(LONG).await;
    let outbox = line.outbox().clone();
    let place = |seq| Place { conversation: ConversationId(uuid::Uuid::nil()), seq: Seq(seq) };
    outbox.starts_at(place(0));
    let frame = encode(&ServerFrame::Refused(Refusal::new(ErrorCode::Busy, "x".repeat(4_000))));
    let lost = (1..).find(|seq| outbox.push(&frame, Some(place(*seq))) == Delivery::Lost);
    let reading = tokio::spawn(async move { while peer.read(&mut [0; 65_536]).await.is_ok() {} });
    // A frame that is being handed over lets the outbox write, and takes nothing of its news.
    line.meanwhile(Box::pin(tokio::time::sleep(Duration::from_millis(50)))).await;

    let Event::Refill(places) = next(&mut line).await else { panic!("it was lost") };

    assert!(Some(places[0].seq.0) < lost);
    let nothing = tokio::time::timeout(Duration::from_millis(50), next(&mut line)).await;
    assert!(nothing.is_err(), "told once");
    reading.abort();
}

#[tokio::test]
async fn a_peer_that_hangs_up_ends_the_line_at_once() {
    let (line, peer) = line(LONG).await;
    let running = run(line);

    drop(peer);

    assert_eq!(running.await.unwrap(), (vec![], ClosedBy::Nobody));
}

#[tokio::test]
async fn a_drain_sends_everybody_away_and_waits_until_they_are_gone() {
    let sockets = Sockets::new(100, 100);
    let mut peers = Vec::new();
    for _ in 0..20 {
        let (line, peer) = line(LONG).await;
        sockets.add(line.outbox());
        let (sockets, outbox) = (sockets.clone(), line.outbox().clone());
        let running = run(line);
        tokio::spawn(async move {
            running.await.unwrap();
            sockets.remove(&outbox);
        });
        peers.push(peer);
    }
    let draining = tokio::spawn({
        let sockets = sockets.clone();
        async move { sockets.drain(Duration::from_millis(300)).await }
    });

    for mut peer in peers {
        // The first ping comes at a time of its own choice.
        let mut heard = hear_frame(&mut peer).await;
        if heard == ServerFrame::Ping {
            heard = hear_frame(&mut peer).await;
        }
        assert!(matches!(heard, ServerFrame::Reconnect { .. }), "{heard:?}");
        assert_eq!(hear_close(&mut peer).await, 1012);
    }
    draining.await.unwrap();

    assert_eq!(sockets.count(Party::Visitor), 0);
    let (late, mut peer) = line(LONG).await;
    sockets.add(late.outbox());
    run(late);
    assert_eq!(hear_close(&mut peer).await, 1012);
}

/// The rest of a parked socket's memory (its outbox, its timer, the runtime's part) is fixed.
#[test]
fn a_silent_sockets_task_stays_small() {
    fn bytes_of<F>(_: fn(Socket) -> F) -> usize {
        size_of::<F>()
    }

    assert!(bytes_of(task::run) <= 384, "{}", bytes_of(task::run));
}
