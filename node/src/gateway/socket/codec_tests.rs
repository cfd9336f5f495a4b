//! Every rule of the guard, at every split of the bytes.

use super::*;

/// A small generator with a seed, so that a failure can be run again.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.below(256) as u8).collect()
    }
}

/// A masked client frame, as a browser builds it.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mask = [0x1f, 0x80, 0x00, 0xa7];
    let mut bytes = vec![first];
    match payload.len() {
        length @ 0..126 => bytes.push(0x80 | length as u8),
        length @ 126..65_536 => {
            bytes.push(0x80 | 126);
            bytes.extend_from_slice(&(length as u16).to_be_bytes());
        }
        length => {
            bytes.push(0x80 | 127);
            bytes.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    bytes.extend_from_slice(&mask);
    bytes.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    bytes
}

const TEXT: u8 = 0x81;
const TEXT_PIECE: u8 = 0x01;
const PIECE: u8 = 0x00;
const LAST_PIECE: u8 = 0x80;
const CLOSE: u8 = 0x88;
const PING: u8 = 0x89;
const PONG: u8 = 0x8a;

fn codec() -> Codec {
    Codec::new(MESSAGE_BYTES_MAX)
}

/// Everything that comes out, until it stops or breaks.
fn drain(codec: &mut Codec, items: &mut Vec<Item>) -> Option<Violation> {
    loop {
        match codec.take() {
            Ok(Some(item)) => items.push(item),
            Ok(None) => return None,
            Err(violation) => return Some(violation),
        }
    }
}

fn read(bytes: &[u8]) -> (Vec<Item>, Option<Violation>) {
    let (mut codec, mut items) = (codec(), Vec::new());
    codec.feed(bytes);
    let violation = drain(&mut codec, &mut items);
    (items, violation)
}

fn broken(bytes: &[u8]) -> CloseCode {
    read(bytes).1.expect("a violation").code
}

fn text(text: &str) -> Item {
    Item::Text(text.to_owned())
}

/// Control frames between the pieces of a message, and messages of all header sizes.
fn conversation() -> (Vec<u8>, Vec<Item>) {
    let long = "ü".repeat(70);
    let bytes = [
        frame(TEXT, b"one"),
        frame(TEXT_PIECE, "zw\u{f6}".as_bytes()),
        frame(PING, b"there?"),
        frame(PIECE, &long.as_bytes()[..71]),
        frame(PONG, b""),
        frame(PIECE, b""),
        frame(LAST_PIECE, &long.as_bytes()[71..]),
        frame(TEXT, b""),
        frame(TEXT, long.as_bytes()),
        frame(CLOSE, &1000u16.to_be_bytes()),
    ];
    let items = vec![
        text("one"),
        Item::Ping(b"there?".to_vec()),
        Item::Pong,
        text(&format!("zw\u{f6}{long}")),
        text(""),
        text(&long),
        Item::Close(Some(1000)),
    ];
    (bytes.concat(), items)
}

#[test]
fn the_same_items_come_out_at_every_split_of_the_bytes() {
    let (bytes, expected) = conversation();
    for split in 0..=bytes.len() {
        let (mut codec, mut items) = (codec(), Vec::new());
        for part in [&bytes[..split], &bytes[split..]] {
            codec.feed(part);
            assert_eq!(drain(&mut codec, &mut items), None);
        }
        assert_eq!(items, expected, "split at {split}");
    }
}

#[test]
fn the_same_items_come_out_byte_by_byte_and_nothing_is_held_at_the_end() {
    let (bytes, expected) = conversation();
    let (mut codec, mut items) = (codec(), Vec::new());
    for byte in &bytes {
        codec.feed(&[*byte]);
        assert_eq!(drain(&mut codec, &mut items), None);
    }
    assert_eq!(items, expected);
    assert_eq!(codec.partial.capacity(), 0);
    assert!(codec.pieces.is_none());
}

#[test]
fn random_messages_survive_random_cuts() {
    for seed in 1..300 {
        let mut dice = Dice(seed);
        let (mut bytes, mut expected) = (Vec::new(), Vec::new());
        for _ in 0..dice.below(6) + 1 {
            let length = dice.below(3_000);
            let message: String =
                (0..length).map(|_| ['a', 'ß', '語', '🦀'][dice.below(4) as usize]).collect();
            let raw = message.as_bytes();
            let pieces = dice.below(5) as usize + 1;
            for piece in 0..pieces {
                let from = raw.len() * piece / pieces;
                let to = raw.len() * (piece + 1) / pieces;
                let opcode = if piece == 0 { TEXT_PIECE } else { PIECE };
                let last = if piece + 1 == pieces { 0x80 } else { 0 };
                bytes.extend(frame(opcode | last, &raw[from..to]));
                if dice.below(3) == 0 && last == 0 {
                    let payload = dice.bytes(9);
                    bytes.extend(frame(PING, &payload));
                    expected.push(Item::Ping(payload));
                }
            }
            expected.push(Item::Text(message));
        }
        let (mut codec, mut items, mut at) = (codec(), Vec::new(), 0);
        while at < bytes.len() {
            let to = (at + dice.below(700) as usize + 1).min(bytes.len());
            codec.feed(&bytes[at..to]);
            assert_eq!(drain(&mut codec, &mut items), None, "seed {seed}");
            at = to;
        }
        assert_eq!(items, expected, "seed {seed}");
    }
}

#[test]
fn noise_never_panics_and_never_holds_more_than_its_limits() {
    for seed in 1..2_000 {
        let mut dice = Dice(seed);
        let (mut codec, mut items) = (codec(), Vec::new());
        let (mut bytes, _) = conversation();
        for _ in 0..dice.below(8) {
            let at = dice.below(bytes.len() as u64) as usize;
            bytes[at] = dice.below(256) as u8;
        }
        let tail = dice.below(200) as usize;
        bytes.extend(dice.bytes(tail));
        for chunk in bytes.chunks(dice.below(60) as usize + 1) {
            codec.feed(chunk);
            if drain(&mut codec, &mut items).is_some() {
                break;
            }
            assert!(codec.partial.len() <= FRAME_BYTES_MAX + 14);
        }
    }
}

#[test]
fn an_unmasked_frame_is_a_violation() {
    assert_eq!(broken(&[TEXT, 0x02, b'h', b'i']), CloseCode::ProtocolError);
    assert_eq!(broken(&[PING, 0x00]), CloseCode::ProtocolError);
}

#[test]
fn reserved_bits_and_opcodes_are_violations() {
    for bit in [0x10, 0x20, 0x40] {
        assert_eq!(broken(&frame(TEXT | bit, b"hi")), CloseCode::ProtocolError);
    }
    for opcode in [0x3, 0x4, 0x5, 0x6, 0x7, 0xb, 0xc, 0xd, 0xe, 0xf] {
        assert_eq!(broken(&frame(0x80 | opcode, b"hi")), CloseCode::ProtocolError);
    }
}

#[test]
fn control_frames_are_short_and_whole() {
    for control in [CLOSE, PING, PONG] {
        assert_eq!(broken(&frame(control & 0x7f, b"")), CloseCode::ProtocolError);
        assert_eq!(broken(&frame(control, &[b'x'; 126])), CloseCode::ProtocolError);
    }
    assert_eq!(read(&frame(PING, &[b'x'; 125])).0, [Item::Ping(vec![b'x'; 125])]);
}

#[test]
fn pieces_must_follow_a_beginning_and_end_before_the_next_message() {
    assert_eq!(broken(&frame(LAST_PIECE, b"x")), CloseCode::ProtocolError);
    assert_eq!(broken(&frame(PIECE, b"x")), CloseCode::ProtocolError);
    let interrupted = [frame(TEXT_PIECE, b"x"), frame(TEXT, b"y")].concat();
    assert_eq!(broken(&interrupted), CloseCode::ProtocolError);
}

#[test]
fn binary_messages_are_bad_data() {
    assert_eq!(broken(&frame(0x82, b"x")), CloseCode::BadData);
}

#[test]
fn a_length_written_too_long_is_a_violation() {
    assert_eq!(broken(&[TEXT, 0x80 | 126, 0, 125]), CloseCode::ProtocolError);
    assert_eq!(broken(&[TEXT, 0x80 | 127, 0, 0, 0, 0, 0, 0, 0xff, 0xff]), CloseCode::ProtocolError);
}

#[test]
fn a_claim_of_a_huge_frame_is_refused_before_its_payload_comes() {
    for claim in [FRAME_BYTES_MAX as u64 + 1, 60 << 20, u64::MAX] {
        let mut bytes = vec![TEXT, 0x80 | 127];
        bytes.extend_from_slice(&claim.to_be_bytes());
        assert_eq!(broken(&bytes), CloseCode::TooLarge);
    }
    let longest = "x".repeat(FRAME_BYTES_MAX);
    assert_eq!(read(&frame(TEXT, longest.as_bytes())).0, [text(&longest)]);
}

#[test]
fn a_message_is_bounded_over_all_its_pieces() {
    let piece = [b'x'; FRAME_BYTES_MAX];
    let mut bytes = frame(TEXT_PIECE, &piece);
    for _ in 1..MESSAGE_BYTES_MAX / FRAME_BYTES_MAX {
        bytes.extend(frame(PIECE, &piece));
    }
    assert_eq!(read(&bytes), (vec![], None));
    assert_eq!(read(&[bytes.clone(), frame(LAST_PIECE, b"")].concat()).0.len(), 1);
    assert_eq!(broken(&[bytes, frame(LAST_PIECE, b"x")].concat()), CloseCode::TooLarge);
}

#[test]
fn a_message_has_a_limited_number_of_pieces() {
    let mut bytes = frame(TEXT_PIECE, b"x");
    for _ in 1..FRAGMENTS_MAX {
        bytes.extend(frame(PIECE, b""));
    }
    assert_eq!(read(&bytes), (vec![], None));
    assert_eq!(broken(&[bytes, frame(LAST_PIECE, b"")].concat()), CloseCode::ProtocolError);
}

#[test]
fn bad_utf8_is_bad_data_in_one_piece_and_in_many() {
    assert_eq!(broken(&frame(TEXT, b"\xff")), CloseCode::BadData);
    assert_eq!(broken(&frame(TEXT, b"\xed\xa0\x80")), CloseCode::BadData);
    let pieces = [frame(TEXT_PIECE, b"\xc3"), frame(LAST_PIECE, b"(")].concat();
    assert_eq!(broken(&pieces), CloseCode::BadData);
    let across = [frame(TEXT_PIECE, b"\xc3"), frame(LAST_PIECE, b"\xbc")].concat();
    assert_eq!(read(&across).0, [text("ü")]);
}

#[test]
fn a_close_may_say_why_but_only_what_the_rfc_allows() {
    let close =
        |number: u16, reason: &[u8]| frame(CLOSE, &[&number.to_be_bytes()[..], reason].concat());
    assert_eq!(read(&frame(CLOSE, b"")).0, [Item::Close(None)]);
    for number in [1000, 1001, 1003, 1007, 1011, 3000, 4999] {
        assert_eq!(read(&close(number, b"bye")).0, [Item::Close(Some(number))]);
    }
    for number in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535] {
        assert_eq!(broken(&close(number, b"")), CloseCode::ProtocolError, "{number}");
    }
    assert_eq!(broken(&frame(CLOSE, b"\x03")), CloseCode::ProtocolError);
    assert_eq!(broken(&close(1000, b"\xff")), CloseCode::BadData);
}

#[test]
fn the_first_message_has_a_smaller_limit_that_welcome_lifts() {
    let message = frame(TEXT, &[b'x'; 5_000]);
    let mut guarded = Codec::new(4_096);
    guarded.feed(&message[..4]);
    assert_eq!(guarded.take().unwrap_err().code, CloseCode::TooLarge);

    let mut welcomed = Codec::new(4_096);
    welcomed.welcome();
    welcomed.feed(&message);
    assert!(matches!(welcomed.take(), Ok(Some(Item::Text(_)))));
}
