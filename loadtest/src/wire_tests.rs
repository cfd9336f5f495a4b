//! A socket against bare bytes: every length, every cut, control frames, a reader who sleeps.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::timeout;

use super::*;

const PATIENCE: Duration = Duration::from_secs(10);

/// A node's end as bare TCP, and ours.
async fn pair(early: &'static [u8]) -> (TcpStream, Reader, Arc<Line>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let ours = dial(address, None).await.expect("it listens");
    let (theirs, _) = listener.accept().await.expect("it was dialled");
    let (reader, line) = split(ours, Bytes::from_static(early));
    (theirs, reader, line)
}

fn frame(opcode: OpCode, fin: bool, payload: &[u8]) -> Vec<u8> {
    let mut buffer = Vec::new();
    let mut frame = Frame::new(fin, opcode, None, Payload::Borrowed(payload));
    frame.write(&mut buffer).to_vec()
}

/// One `read`, which must come back by itself.
async fn read(reader: &mut Reader) -> Result<Vec<Vec<u8>>, End> {
    let mut messages = Vec::new();
    let reading = reader.read(|message| messages.push(message.to_vec()));
    timeout(PATIENCE, reading).await.expect("nothing more is to come").map(|()| messages)
}

#[tokio::test]
async fn a_message_of_any_length_is_read_and_nothing_is_waited_for_after_it() {
    for length in [0, 1, 125, 126, 127, 65_535, 65_536, 300_000] {
        let (mut theirs, mut reader, _line) = pair(b"").await;
        let text = vec![b'x'; length];
        let bytes = frame(OpCode::Text, true, &text);

        let writing = tokio::spawn(async move {
            theirs.write_all(&bytes).await.expect("we read");
            theirs
        });
        let messages = read(&mut reader).await.expect("the line is up");

        assert!(messages == [text], "length {length}");
        drop(writing.await);
    }
}

#[tokio::test]
async fn a_message_may_come_in_any_pieces_and_with_its_neighbours() {
    let mut bytes = frame(OpCode::Text, true, b"first");
    bytes.extend(frame(OpCode::Text, true, &[b'y'; 200]));
    bytes.extend(frame(OpCode::Text, true, b"third"));
    for cut in 1..bytes.len() {
        let (mut theirs, mut reader, _line) = pair(b"").await;
        let (one, two) = (bytes[..cut].to_vec(), bytes[cut..].to_vec());

        theirs.write_all(&one).await.expect("we read");
        let later = tokio::spawn(async move {
            tokio::task::yield_now().await;
            theirs.write_all(&two).await.expect("we read");
            theirs
        });
        let mut messages = Vec::new();
        while messages.len() < 3 {
            messages.extend(read(&mut reader).await.expect("the line is up"));
        }

        let expected = [b"first".to_vec(), vec![b'y'; 200], b"third".to_vec()];
        assert_eq!(messages, expected, "cut at {cut}");
        drop(later.await);
    }
}

#[tokio::test]
async fn what_came_along_with_the_upgrade_is_read_first() {
    let (mut theirs, mut reader, _line) = pair(b"\x81\x02hi\x81\x03h").await;
    theirs.write_all(b"oy").await.expect("we read");

    let messages = read(&mut reader).await.expect("the line is up");

    assert_eq!(messages, [b"hi".to_vec(), b"hoy".to_vec()]);
}

#[tokio::test]
async fn fragments_are_joined() {
    let (mut theirs, mut reader, _line) = pair(b"").await;
    let mut bytes = frame(OpCode::Text, false, b"one ");
    bytes.extend(frame(OpCode::Continuation, false, b"two "));
    bytes.extend(frame(OpCode::Continuation, true, b"three"));
    theirs.write_all(&bytes).await.expect("we read");

    let mut messages = Vec::new();
    while messages.is_empty() {
        messages = read(&mut reader).await.expect("the line is up");
    }

    assert_eq!(messages, [b"one two three".to_vec()]);
}

#[tokio::test]
async fn a_ping_is_answered_with_a_masked_pong() {
    let (mut theirs, mut reader, _line) = pair(b"").await;
    theirs.write_all(&frame(OpCode::Ping, true, b"?")).await.expect("we read");

    read(&mut reader).await.expect("the line is up");

    let mut pong = [0; 7];
    theirs.read_exact(&mut pong).await.expect("a pong");
    assert_eq!((pong[0], pong[1]), (0x8a, 0x81));
    assert_eq!(pong[6] ^ pong[2], b'?');
}

#[tokio::test]
async fn an_end_says_how() {
    for (bytes, end) in [
        (frame(OpCode::Close, true, &1012u16.to_be_bytes()), End::Closed(Some(1012))),
        (frame(OpCode::Close, true, b""), End::Closed(None)),
        (Vec::new(), End::Lost),
        (b"\x81\x05he".to_vec(), End::Lost),
        (b"\xf1\x00".to_vec(), End::Garbled),
    ] {
        let (mut theirs, mut reader, _line) = pair(b"").await;
        theirs.write_all(&bytes).await.expect("we read");
        drop(theirs);

        assert_eq!(read(&mut reader).await, Err(end), "{bytes:?}");
    }
}

#[tokio::test]
async fn who_is_killed_sees_a_lost_line() {
    let (_theirs, mut reader, line) = pair(b"").await;

    line.kill();

    assert_eq!(read(&mut reader).await, Err(End::Lost));
}

#[tokio::test]
async fn what_the_kernel_does_not_take_goes_out_later_whole_and_in_order() {
    let (theirs, _reader, line) = pair(b"").await;
    let numbered = |number: u32| {
        let payload = Payload::Owned(number.to_be_bytes().repeat(30));
        Frame::new(true, OpCode::Binary, None, payload)
    };
    let is_full = || !line.backlog.lock().expect("nobody panics").is_empty();
    let mut sent = 0..;
    while !is_full() {
        line.put(numbered(sent.next().expect("there is no end")));
    }

    // Without an await nobody else runs: there is room in the kernel now, and a backlog.
    let mut theirs = theirs.into_std().expect("it is idle");
    theirs.set_nonblocking(false).expect("a live socket");
    let mut bytes = vec![0; 512 * 1024];
    let read = std::io::Read::read(&mut theirs, &mut bytes).expect("there is plenty");
    bytes.truncate(read);
    for number in sent.by_ref().take(100) {
        line.put(numbered(number));
    }
    let reading = tokio::task::spawn_blocking(move || {
        std::io::Read::read_to_end(&mut theirs, &mut bytes).expect("it ends");
        bytes
    });
    timeout(PATIENCE, async {
        while is_full() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("the rest goes out");
    line.kill();

    let bytes = reading.await.expect("no panic");
    let stream = tokio::io::join(&bytes[..], tokio::io::sink());
    let mut socket = WebSocket::after_handshake(stream, Role::Server);
    for number in 0..sent.start {
        let frame = socket.read_frame().await.expect("a whole frame");
        assert_eq!(frame.payload[..4], number.to_be_bytes());
    }
    assert!(socket.read_frame().await.is_err(), "nothing comes twice");
}

#[tokio::test]
async fn a_node_that_never_reads_is_given_up() {
    let (_theirs, mut reader, line) = pair(b"").await;
    let text = vec![b'x'; 60_000];

    for _ in 0..200 {
        line.put(Frame::new(true, OpCode::Text, None, Payload::Borrowed(&text)));
    }

    assert_eq!(read(&mut reader).await, Err(End::Lost));
}
