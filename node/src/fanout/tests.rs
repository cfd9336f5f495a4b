//! Outboxes before real sockets whose readers are slow, gone or stubborn.

use std::future::poll_fn;
use std::time::{Duration, Instant};

use salotto_protocol::{CloseCode, ConversationId, ErrorCode, Refusal, Seq, ServerFrame};
use socket2::SockRef;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};

use super::{ClosedBy, Delivery, Frame, Outbox, Place, Turn, broadcast, encode};

/// An outbox and the reading end of its socket, with a small buffer in the kernel.
async fn outbox(budget_bytes: usize) -> (Outbox, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let peer = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (stream, _) = listener.accept().await.unwrap();
    SockRef::from(&stream).set_send_buffer_size(64 * 1024).unwrap();
    (Outbox::new(stream.into_split().1, budget_bytes), peer)
}

/// Recognisable: its number stands at the start, in the middle and at the end.
fn numbered(number: u32, filler: usize) -> Frame {
    let text = format!("{number} {} {number}", format!("{number} ").repeat(filler));
    encode(&ServerFrame::Refused(Refusal::new(ErrorCode::Busy, text)))
}

async fn turn(outbox: &Outbox) -> Turn {
    poll_fn(|context| outbox.poll(context)).await
}

/// Pushes frames until one is lost; how many were not.
fn overfill(outbox: &Outbox, conversation: ConversationId) -> u32 {
    for number in 1.. {
        let place = Place { conversation, seq: Seq(number) };
        match outbox.push(&numbered(number, 100), Some(place)) {
            Delivery::Queued => {}
            Delivery::Lost => return number - 1,
            Delivery::Gone => panic!("the socket is open"),
        }
    }
    unreachable!("a budget is finite")
}

#[tokio::test]
async fn everything_arrives_in_order_through_a_socket_that_is_too_narrow() {
    let (outbox, mut peer) = outbox(16 * 1024 * 1024).await;
    let mut sent = Vec::new();
    for number in 0..10_000 {
        let frame = numbered(number, 100);
        assert_eq!(outbox.push(&frame, None), Delivery::Queued);
        sent.extend_from_slice(&frame);
    }
    assert!(outbox.is_behind());
    let writer = outbox.clone();
    let writing = tokio::spawn(async move { turn(&writer).await });

    let mut received = vec![0; sent.len()];
    peer.read_exact(&mut received).await.unwrap();

    assert!(received == sent, "the bytes are the same");
    outbox.close(CloseCode::Normal, "");
    assert_eq!(writing.await.unwrap(), Turn::Closed);
}

#[tokio::test]
async fn a_slow_reader_loses_its_queue_but_no_frame_is_torn_and_the_place_is_true() {
    let (outbox, mut peer) = outbox(64 * 1024).await;
    let conversation = ConversationId::fresh();
    outbox.starts_at(Place { conversation, seq: Seq(0) });
    overfill(&outbox, conversation);
    let reading = tokio::spawn(async move {
        let mut received = Vec::new();
        peer.read_to_end(&mut received).await.unwrap();
        received
    });

    let refill = turn(&outbox).await;

    let Turn::Refill(places) = refill else { panic!("{refill:?}") };
    outbox.close(CloseCode::Normal, "");
    assert_eq!(turn(&outbox).await, Turn::Closed);
    let received = reading.await.unwrap();
    let written: Vec<u8> = (1..=places[0].seq.0).flat_map(|n| numbered(n, 100)).collect();
    let whole = [&written[..], &super::close_frame(CloseCode::Normal, "")].concat();
    assert_eq!(places[0].conversation, conversation);
    assert!(places[0].seq > Seq(0));
    assert!(received == whole, "whole frames up to the place, and no other");
}

#[tokio::test]
async fn a_place_moves_with_frames_that_never_had_to_wait() {
    let (outbox, mut peer) = outbox(1024).await;
    let conversation = ConversationId::fresh();
    outbox.starts_at(Place { conversation, seq: Seq(4) });
    let frame = numbered(5, 0);
    // Until the runtime has seen that the socket is writable, even a first frame waits.
    assert_eq!(outbox.push(&numbered(0, 0), None), Delivery::Queued);
    while outbox.is_behind() {
        let nothing_to_tell = tokio::time::timeout(Duration::from_millis(1), turn(&outbox)).await;
        assert!(nothing_to_tell.is_err());
    }

    assert_eq!(outbox.push(&frame, Some(Place { conversation, seq: Seq(5) })), Delivery::Queued);
    assert!(!outbox.is_behind(), "written at once");

    while outbox.push(&numbered(0, 1_000), None) != Delivery::Lost {}
    let reading = tokio::spawn(async move { while peer.read(&mut [0; 65_536]).await.is_ok() {} });
    assert_eq!(turn(&outbox).await, Turn::Refill(vec![Place { conversation, seq: Seq(5) }]));
    reading.abort();
}

#[tokio::test]
async fn a_place_moves_with_frames_that_waited() {
    let (outbox, mut peer) = outbox(8 * 1024 * 1024).await;
    let conversation = ConversationId::fresh();
    outbox.starts_at(Place { conversation, seq: Seq(4) });
    assert_eq!(outbox.push(&numbered(0, 300_000), None), Delivery::Queued);
    let place = Place { conversation, seq: Seq(5) };
    assert_eq!(outbox.push(&numbered(5, 0), Some(place)), Delivery::Queued);
    assert!(outbox.is_behind());
    let reading = tokio::spawn(async move { while peer.read(&mut [0; 65_536]).await.is_ok() {} });
    while outbox.is_behind() {
        let nothing_to_tell = tokio::time::timeout(Duration::from_millis(1), turn(&outbox)).await;
        assert!(nothing_to_tell.is_err());
    }

    while outbox.push(&numbered(0, 1_000), None) != Delivery::Lost {}

    assert_eq!(turn(&outbox).await, Turn::Refill(vec![place]));
    reading.abort();
}

#[tokio::test]
async fn after_a_loss_a_conversation_is_silent_until_it_is_attached_again() {
    let (outbox, mut peer) = outbox(64 * 1024).await;
    let conversation = ConversationId::fresh();
    let place = |seq| Place { conversation, seq: Seq(seq) };
    outbox.starts_at(place(0));
    let first_lost = overfill(&outbox, conversation) + 1;
    assert_eq!(outbox.push(&numbered(0, 0), None), Delivery::Lost);
    let reading = tokio::spawn(async move {
        let mut received = Vec::new();
        peer.read_to_end(&mut received).await.unwrap();
        received
    });
    let Turn::Refill(places) = turn(&outbox).await else { panic!("it was lost") };

    assert_eq!(outbox.push(&numbered(first_lost, 100), Some(place(first_lost))), Delivery::Lost);
    assert_eq!(outbox.push(&numbered(0, 0), None), Delivery::Queued);
    outbox.starts_at(places[0]);
    let next = places[0].seq.next();
    assert_eq!(outbox.push(&numbered(next.0, 100), Some(place(next.0))), Delivery::Queued);

    outbox.close(CloseCode::Normal, "");
    assert_eq!(turn(&outbox).await, Turn::Closed);
    let received = reading.await.unwrap();
    let tail = [numbered(0, 0), numbered(next.0, 100)].concat();
    assert!(received.windows(tail.len()).any(|window| window == tail));
}

#[tokio::test]
async fn a_frame_larger_than_the_budget_still_gets_through() {
    let (outbox, mut peer) = outbox(1024).await;
    let frame = numbered(7, 200_000);
    assert_eq!(outbox.push(&frame, None), Delivery::Queued);
    let writer = outbox.clone();
    tokio::spawn(async move { turn(&writer).await });

    let mut received = vec![0; frame.len()];
    peer.read_exact(&mut received).await.unwrap();

    assert!(received == frame);
}

#[tokio::test]
async fn a_close_lets_the_queue_out_first_then_ends_the_stream() {
    let (outbox, mut peer) = outbox(1024 * 1024).await;
    let frames: Vec<Frame> = (0..100).map(|number| numbered(number, 100)).collect();
    for frame in &frames {
        assert_eq!(outbox.push(frame, None), Delivery::Queued);
    }
    outbox.close(CloseCode::Restart, "going");
    assert_eq!(outbox.push(&frames[0], None), Delivery::Gone);
    let writer = outbox.clone();
    let writing = tokio::spawn(async move { turn(&writer).await });

    let mut received = Vec::new();
    peer.read_to_end(&mut received).await.unwrap();

    let close = super::close_frame(CloseCode::Restart, "going");
    assert!(received == [frames.concat(), close.to_vec()].concat());
    assert_eq!(writing.await.unwrap(), Turn::Closed);
    assert_eq!(outbox.closed_by(), ClosedBy::Us(CloseCode::Restart));
}

#[tokio::test]
async fn a_reader_that_takes_nothing_is_closed_and_then_cut_off() {
    let (outbox, mut peer) = outbox(64 * 1024).await;
    let pushed = Instant::now();
    overfill(&outbox, ConversationId::fresh());
    let stuck = outbox.deadline().expect("something waits");
    assert!(stuck >= pushed + Duration::from_secs(30));

    outbox.expire(stuck);
    assert_eq!(outbox.closed_by(), ClosedBy::Us(CloseCode::SlowConsumer));
    outbox.expire(outbox.deadline().expect("closing takes only so long"));

    assert_eq!(turn(&outbox).await, Turn::Gone);
    let mut received = Vec::new();
    let end = peer.read_to_end(&mut received).await;
    assert!(end.is_err() || !received.is_empty());
}

#[tokio::test]
async fn a_peer_that_is_gone_is_noticed_by_the_next_pushes() {
    let (outbox, peer) = outbox(64 * 1024).await;
    SockRef::from(&peer).set_linger(Some(Duration::ZERO)).unwrap();
    drop(peer);

    let deadline = Instant::now() + Duration::from_secs(10);
    while outbox.push(&numbered(1, 10), None) != Delivery::Gone {
        assert!(Instant::now() < deadline, "a reset connection takes no frame");
        tokio::task::yield_now().await;
    }

    assert_eq!(turn(&outbox).await, Turn::Gone);
}

#[tokio::test]
async fn an_outbox_before_a_quick_reader_holds_nothing() {
    let (outbox, mut peer) = outbox(64 * 1024).await;
    let frame = numbered(1, 10);
    let mut received = vec![0; frame.len()];
    for _ in 0..100 {
        assert_eq!(outbox.push(&frame, None), Delivery::Queued);
        if outbox.is_behind() {
            // The runtime has not seen the socket become writable yet.
            let writer = outbox.clone();
            let writing = tokio::spawn(async move { turn(&writer).await });
            peer.read_exact(&mut received).await.unwrap();
            writing.abort();
        } else {
            peer.read_exact(&mut received).await.unwrap();
        }
        assert!(received == frame);
    }
    assert!(!outbox.is_behind());
}

#[tokio::test]
async fn a_broadcast_reaches_everybody_and_names_who_is_gone() {
    let mut sockets = Vec::new();
    for _ in 0..700 {
        sockets.push(outbox(64 * 1024).await);
    }
    sockets[7].0.cut();
    sockets[600].0.cut();
    let outboxes: Vec<Outbox> = sockets.iter().map(|(outbox, _)| outbox.clone()).collect();
    let frame = numbered(1, 3);

    let gone = broadcast(outboxes, &frame).await;

    assert_eq!(gone, [sockets[7].0.id(), sockets[600].0.id()]);
    for (index, (outbox, peer)) in sockets.iter_mut().enumerate() {
        if index == 7 || index == 600 {
            continue;
        }
        let outbox = outbox.clone();
        // A socket that the runtime has not yet seen writable lets its task write.
        let writing = tokio::spawn(async move { turn(&outbox).await });
        let mut received = vec![0; frame.len()];
        peer.read_exact(&mut received).await.unwrap();
        assert!(received == frame);
        writing.abort();
    }
}
