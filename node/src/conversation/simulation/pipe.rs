//! One socket before a slow consumer: the outbox's own queue, and a kernel buffer of some bytes.

use std::io::IoSlice;
use std::sync::Arc;
use std::time::Instant;

use salotto_protocol::{CloseCode, ServerFrame};

use super::node::Sent;
use crate::fanout::{Frame, Offer, Place, Progress, Queue, WRITE_FRAMES_MAX};

/// A few frames, each with the 64 bytes that its place in the queue costs.
const BUDGET_BYTES: usize = 500;
/// What a frame costs beside its bytes.
const FRAME_COST_BYTES: usize = 64;
/// The number and the length of a frame.
const HEADER_BYTES: usize = 8;
const CLOSE: u32 = u32::MAX;

pub(super) struct Pipe {
    pub(super) queue: Queue,
    /// Bytes that can be written now.
    pub(super) room: usize,
    /// What each number on the wire stands for.
    sent: Vec<Arc<ServerFrame>>,
    wire: Vec<u8>,
    frame_bytes_max: usize,
}

pub(super) enum Pulled {
    Nothing,
    Refill(Vec<Place>),
    Closed,
}

impl Pipe {
    pub(super) fn new() -> Pipe {
        Pipe {
            queue: Queue::new(BUDGET_BYTES),
            room: 0,
            sent: Vec::new(),
            wire: Vec::new(),
            frame_bytes_max: 0,
        }
    }

    pub(super) fn push(&mut self, frame: Arc<ServerFrame>, place: Option<Place>, now: Instant) {
        let entries = match &*frame {
            ServerFrame::Entries { entries, .. } => entries.len(),
            _ => 1,
        };
        let number = u32::try_from(self.sent.len()).expect("a few frames");
        let bytes = frame_of(number, HEADER_BYTES + 20 * entries);
        self.frame_bytes_max = self.frame_bytes_max.max(bytes.len());
        match self.queue.offer(&bytes, place, now) {
            Offer::Write => {
                let written = bytes.len().min(self.room);
                self.write(&bytes[..written]);
                self.queue.began(&bytes, place, written, now);
            }
            Offer::Settled(_) => {}
        }
        self.sent.push(frame);
    }

    pub(super) fn close(&mut self, code: CloseCode, now: Instant) {
        self.queue.close(Some(code), &frame_of(CLOSE, HEADER_BYTES), now);
    }

    /// Writes as long as there is room.
    pub(super) fn pull(&mut self) -> Pulled {
        while self.room > 0 && self.queue.is_behind() {
            if self.queue.is_refill_due() {
                return Pulled::Refill(self.queue.refill());
            }
            let mut slices = [IoSlice::new(&[]); WRITE_FRAMES_MAX];
            let count = self.queue.fill(&mut slices);
            let bytes: Vec<u8> =
                slices[..count].iter().flat_map(|it| it.iter()).copied().take(self.room).collect();
            if bytes.is_empty() {
                break;
            }
            self.write(&bytes);
            match self.queue.advance(bytes.len()) {
                Progress::GoesOn => {}
                Progress::Finished => {
                    self.queue.end();
                    return Pulled::Closed;
                }
            }
        }
        Pulled::Nothing
    }

    fn write(&mut self, bytes: &[u8]) {
        self.room -= bytes.len();
        self.wire.extend_from_slice(bytes);
    }

    pub(super) fn is_behind(&self) -> bool {
        self.queue.is_behind()
    }

    /// Every whole frame on the wire.
    pub(super) fn frames(&mut self) -> Result<Vec<Sent>, String> {
        let mut frames = Vec::new();
        while let Some(header) = self.wire.first_chunk::<HEADER_BYTES>() {
            let number = u32::from_le_bytes([header[0], header[1], header[2], header[3]]);
            let length = u32::from_le_bytes([header[4], header[5], header[6], header[7]]) as usize;
            if self.wire.len() < length {
                break;
            }
            let rest = self.wire.split_off(length);
            let frame = std::mem::replace(&mut self.wire, rest);
            if number == CLOSE {
                continue;
            }
            let whole = frame[HEADER_BYTES..].iter().all(|byte| *byte == pad(number));
            let known = self.sent.get(number as usize).filter(|_| whole);
            let known = known.ok_or("half a frame, and then another")?;
            frames.push(Sent::Frame(known.clone(), None));
        }
        Ok(frames)
    }

    /// I14. One that is half out is in the queue whatever it costs.
    pub(super) fn assert_bounded(&self) -> Result<(), String> {
        let cost = self.queue.cost();
        let most = BUDGET_BYTES + 2 * (FRAME_COST_BYTES + self.frame_bytes_max);
        if cost > most { Err(format!("I14: {cost} of {most} bytes wait")) } else { Ok(()) }
    }
}

fn frame_of(number: u32, length: usize) -> Frame {
    let mut bytes = vec![pad(number); length];
    bytes[..4].copy_from_slice(&number.to_le_bytes());
    let length = u32::try_from(length).expect("a small frame");
    bytes[4..HEADER_BYTES].copy_from_slice(&length.to_le_bytes());
    Frame::from(bytes)
}

/// So that pieces of different frames are told apart.
fn pad(number: u32) -> u8 {
    number.to_le_bytes()[0]
}
