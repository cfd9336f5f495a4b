//! WebSocket frames (RFC 6455) byte by byte: also those that no honest client would write.

/// What a frame is; the numbers are those on the wire.
pub const CONTINUATION: u8 = 0;
pub const TEXT: u8 = 1;
pub const BINARY: u8 = 2;
pub const CLOSE: u8 = 8;
pub const PING: u8 = 9;
pub const PONG: u8 = 10;

/// Any key will do: it hides nothing from a test.
const MASK: [u8; 4] = [0x12, 0x34, 0x56, 0x78];

/// One frame to a node, honest by default.
#[derive(Clone, Copy)]
pub struct Out<'a> {
    pub opcode: u8,
    pub is_last: bool,
    pub is_masked: bool,
    /// The three bits that mean nothing without an extension, in their place (0x40, 0x20, 0x10).
    pub reserved: u8,
    pub payload: &'a [u8],
    /// What the header claims, when it lies.
    pub claimed_bytes: Option<u64>,
}

impl<'a> Out<'a> {
    pub fn new(opcode: u8, payload: &'a [u8]) -> Out<'a> {
        Out { opcode, is_last: true, is_masked: true, reserved: 0, payload, claimed_bytes: None }
    }

    pub fn text(payload: &'a [u8]) -> Out<'a> {
        Out::new(TEXT, payload)
    }

    pub fn encode(self) -> Vec<u8> {
        let first = self.opcode | self.reserved | if self.is_last { 0x80 } else { 0 };
        let mask_bit = if self.is_masked { 0x80 } else { 0 };
        let mut bytes = vec![first];
        let length = self.claimed_bytes.unwrap_or(self.payload.len() as u64);
        match (u8::try_from(length), u16::try_from(length)) {
            (Ok(short), _) if short < 126 => bytes.push(mask_bit | short),
            (_, Ok(middle)) => {
                bytes.push(mask_bit | 126);
                bytes.extend(middle.to_be_bytes());
            }
            (_, Err(_)) => {
                bytes.push(mask_bit | 127);
                bytes.extend(length.to_be_bytes());
            }
        }
        if self.is_masked {
            bytes.extend(MASK);
            let masked = self.payload.iter().zip(MASK.iter().cycle());
            bytes.extend(masked.map(|(byte, key)| byte ^ key));
        } else {
            bytes.extend(self.payload);
        }
        bytes
    }
}

/// One whole frame from a node.
#[derive(Debug, Eq, PartialEq)]
pub struct In {
    pub opcode: u8,
    pub payload: Vec<u8>,
}

impl In {
    /// The first whole frame in `buffer`, taken out of it; `None` when more must be read first.
    /// A node never masks, never fragments what this protocol sends, and uses no extension.
    pub fn take(buffer: &mut Vec<u8>) -> Option<In> {
        let (&first, &second) = (buffer.first()?, buffer.get(1)?);
        assert!(second & 0x80 == 0, "a node must not mask");
        assert!(first & 0x70 == 0, "a node must not use extensions");
        assert!(first & 0x80 != 0, "a node does not fragment");
        let (length, header) = match second {
            126 => (u64::from(u16::from_be_bytes(buffer.get(2..4)?.try_into().ok()?)), 4),
            127 => (u64::from_be_bytes(buffer.get(2..10)?.try_into().ok()?), 10),
            short => (u64::from(short), 2),
        };
        let end = header + usize::try_from(length).expect("a frame fits in memory");
        let payload = buffer.get(header..end)?.to_vec();
        buffer.drain(..end);
        Some(In { opcode: first & 0x0f, payload })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_text_is_written_as_the_rfc_shows_it() {
        let bytes = Out::text(b"Hi").encode();
        assert_eq!(bytes, [0x81, 0x82, 0x12, 0x34, 0x56, 0x78, b'H' ^ 0x12, b'i' ^ 0x34]);
    }

    #[test]
    fn lengths_take_the_shortest_form() {
        for (length, header) in [(125, 2), (126, 4), (65_535, 4), (65_536, 10)] {
            let payload = vec![0; length];
            let unmasked = Out { is_masked: false, ..Out::text(&payload) };
            assert_eq!(unmasked.encode().len(), header + length, "{length}");
        }
    }

    #[test]
    fn a_frame_in_pieces_is_taken_once_it_is_whole() {
        let payload = vec![b'x'; 300];
        let bytes = Out { is_masked: false, ..Out::text(&payload) }.encode();
        let mut buffer = Vec::new();
        for byte in &bytes[..bytes.len() - 1] {
            buffer.push(*byte);
            assert_eq!(In::take(&mut buffer), None);
        }
        buffer.push(bytes[bytes.len() - 1]);
        buffer.push(0x8a);
        assert_eq!(In::take(&mut buffer), Some(In { opcode: TEXT, payload }));
        assert_eq!(buffer, [0x8a]);
    }
}
