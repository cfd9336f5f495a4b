//! The frames that wait before one socket, in order. Pure: it never writes.

use std::collections::VecDeque;
use std::io::IoSlice;
use std::time::Instant;

use salotto_protocol::ConversationId;

use super::{Frame, Place};

/// Frames in one write: more gains nothing (measured: four already cost a third each).
pub(crate) const WRITE_FRAMES_MAX: usize = 64;
/// Bytes in one write, so that no reader holds its outbox's lock for long.
const WRITE_BYTES_MAX: usize = 64 * 1024;
/// What a waiting frame costs beside its bytes, so that many tiny ones are bounded too.
const FRAME_COST_BYTES: usize = 64;

#[derive(Debug)]
pub(super) struct Backlog {
    frames: VecDeque<Waiting>,
    /// So much of the first frame is out already: it must be finished, whatever happens.
    written: usize,
    cost: usize,
    /// Since when something has been waiting without a break.
    since: Instant,
}

#[derive(Debug)]
struct Waiting {
    frame: Frame,
    place: Option<Place>,
}

impl Backlog {
    pub(super) fn new(since: Instant) -> Backlog {
        Backlog { frames: VecDeque::new(), written: 0, cost: 0, since }
    }

    pub(super) fn add(&mut self, frame: Frame, place: Option<Place>) {
        self.cost += cost(&frame);
        self.frames.push_back(Waiting { frame, place });
    }

    /// The first frame was written up to here before it had to wait.
    pub(super) fn started(&mut self, written: usize) {
        self.written = written;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    pub(super) fn cost(&self) -> usize {
        self.cost
    }

    pub(super) fn cost_with(&self, frame: &Frame) -> usize {
        self.cost + cost(frame)
    }

    pub(super) fn since(&self) -> Instant {
        self.since
    }

    /// The next bytes to write; how many slices were filled.
    pub(super) fn fill<'a>(&'a self, slices: &mut [IoSlice<'a>; WRITE_FRAMES_MAX]) -> usize {
        let (mut count, mut bytes, mut skip) = (0, 0, self.written);
        for waiting in self.frames.iter().take(WRITE_FRAMES_MAX) {
            let left = &waiting.frame[skip..];
            if count > 0 && bytes + left.len() > WRITE_BYTES_MAX {
                break;
            }
            slices[count] = IoSlice::new(left);
            (count, bytes, skip) = (count + 1, bytes + left.len(), 0);
        }
        count
    }

    /// `bytes` more are out. Calls `reached` for every frame that is now fully written.
    pub(super) fn advance(&mut self, bytes: usize, mut reached: impl FnMut(Place)) {
        self.written += bytes;
        while let Some(first) = self.frames.front() {
            if self.written < first.frame.len() {
                return;
            }
            self.written -= first.frame.len();
            self.cost -= cost(&first.frame);
            if let Some(place) = first.place {
                reached(place);
            }
            self.frames.pop_front();
        }
    }

    /// Drops what waits, but for a frame that is half out: its rest must follow.
    pub(super) fn cut_short(&mut self) {
        self.frames.truncate(usize::from(self.written > 0));
        self.frames.shrink_to_fit();
        self.cost = self.frames.iter().map(|waiting| cost(&waiting.frame)).sum();
    }

    /// What waits of this conversation no longer moves its place.
    pub(super) fn unplace(&mut self, conversation: ConversationId) {
        for waiting in &mut self.frames {
            if waiting.place.is_some_and(|place| place.conversation == conversation) {
                waiting.place = None;
            }
        }
    }
}

fn cost(frame: &Frame) -> usize {
    frame.len() + FRAME_COST_BYTES
}

#[cfg(test)]
mod tests {
    use salotto_protocol::Seq;

    use super::*;

    fn backlog(lengths: &[usize]) -> Backlog {
        let mut backlog = Backlog::new(Instant::now());
        let conversation = ConversationId(uuid::Uuid::nil());
        for (index, length) in (1..).zip(lengths) {
            let place = Place { conversation, seq: Seq(index) };
            backlog.add(Frame::from(vec![0; *length]), Some(place));
        }
        backlog
    }

    fn next_write(backlog: &Backlog) -> Vec<usize> {
        let mut slices = [IoSlice::new(&[]); WRITE_FRAMES_MAX];
        let count = backlog.fill(&mut slices);
        slices[..count].iter().map(|slice| slice.len()).collect()
    }

    #[test]
    fn one_write_takes_at_most_64_frames() {
        assert_eq!(next_write(&backlog(&[10; 100])).len(), 64);
    }

    #[test]
    fn one_write_takes_at_most_64_kib_but_always_one_frame() {
        assert_eq!(next_write(&backlog(&[30_000; 5])), [30_000, 30_000]);
        assert_eq!(next_write(&backlog(&[300_000, 1])), [300_000]);
    }

    #[test]
    fn a_short_write_continues_in_the_middle_of_a_frame() {
        let mut backlog = backlog(&[10, 10, 10]);
        let mut reached = Vec::new();

        backlog.advance(14, |place| reached.push(place.seq));

        assert_eq!(reached, [Seq(1)]);
        assert_eq!(next_write(&backlog), [6, 10]);
    }

    #[test]
    fn cut_short_keeps_only_the_frame_that_is_half_out() {
        let mut half_out = backlog(&[10, 10]);
        half_out.advance(3, |_| panic!("nothing is fully out"));
        half_out.cut_short();
        assert_eq!(next_write(&half_out), [7]);

        let mut untouched = backlog(&[10, 10]);
        untouched.cut_short();
        assert!(untouched.is_empty());
        assert_eq!(untouched.cost(), 0);
    }

    #[test]
    fn the_cost_returns_to_nothing_however_the_bytes_go_out() {
        for step in 1..40 {
            let mut backlog = backlog(&[7, 1, 19, 3]);
            let mut left = 30;
            while left > 0 {
                let now = step.min(left);
                backlog.advance(now, |_| {});
                left -= now;
            }
            assert!(backlog.is_empty());
            assert_eq!(backlog.cost(), 0);
        }
    }
}
