//! What a message's text says about itself, so that its receiver measures without another clock.

use std::fmt;
use std::fmt::Write as _;
use std::str::FromStr;

/// The longest header: `salotto`, five numbers at their widest and the spaces between.
pub const HEADER_BYTES_MAX: usize = 80;

const MARK: &str = "salotto";
const FILLER: &str = "and may I ask whether the blue one comes in a larger size as well ";

/// Who wrote a message. Several agents may answer in one conversation, after a handover.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Who {
    Visitor,
    Agent(u32),
}

/// The header of a text.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Stamp {
    /// Drawn for each run: texts of an earlier one are told apart.
    pub run: u32,
    /// The visitor in whose conversation it stands.
    pub slot: u32,
    pub who: Who,
    /// 0, 1, 2 … per sender and slot, in the order of sending.
    pub n: u32,
    /// When it was due, in microseconds of the run's clock.
    pub due_us: u64,
}

impl Stamp {
    /// The whole text, `bytes` long unless the header alone is longer. ASCII, no white space at
    /// the ends: no tidy-up on the way changes it.
    pub fn text(&self, bytes: usize) -> String {
        let mut text = String::with_capacity(bytes.max(HEADER_BYTES_MAX));
        let Stamp { run, slot, who, n, due_us } = self;
        write!(text, "{MARK} {run:x} {slot} {who} {n} {due_us}").expect("a string takes all");
        if text.len() + 2 <= bytes {
            text.push(' ');
            text.extend(FILLER.chars().cycle().take(bytes - text.len() - 1));
            text.push('.');
        }
        text
    }

    /// `None`: not a text of ours.
    pub fn parse(text: &str) -> Option<Stamp> {
        let mut words = text.split(' ');
        if words.next()? != MARK {
            return None;
        }
        Some(Stamp {
            run: u32::from_str_radix(words.next()?, 16).ok()?,
            slot: words.next()?.parse().ok()?,
            who: words.next()?.parse().ok()?,
            n: words.next()?.parse().ok()?,
            due_us: words.next()?.parse().ok()?,
        })
    }
}

impl fmt::Display for Who {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Who::Visitor => out.write_str("v"),
            Who::Agent(index) => write!(out, "a{index}"),
        }
    }
}

impl FromStr for Who {
    type Err = ();

    fn from_str(word: &str) -> Result<Who, ()> {
        match word.strip_prefix('a') {
            Some(index) => index.parse().map(Who::Agent).map_err(|_| ()),
            None if word == "v" => Ok(Who::Visitor),
            None => Err(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(who: Who) -> Stamp {
        Stamp { run: 0xcafe, slot: 17, who, n: 4, due_us: 1_234_567 }
    }

    #[test]
    fn a_text_has_the_length_asked_for_and_gives_its_stamp_back() {
        for who in [Who::Visitor, Who::Agent(39)] {
            for bytes in [HEADER_BYTES_MAX, 200, 8 * 1024] {
                let text = stamp(who).text(bytes);

                assert_eq!(text.len(), bytes);
                assert_eq!(text.trim(), text);
                assert_eq!(Stamp::parse(&text), Some(stamp(who)));
            }
        }
    }

    #[test]
    fn the_longest_header_fits() {
        let widest = Stamp {
            run: u32::MAX,
            slot: u32::MAX,
            who: Who::Agent(u32::MAX),
            n: u32::MAX,
            due_us: u64::MAX,
        };

        assert!(widest.text(0).len() <= HEADER_BYTES_MAX);
        assert_eq!(Stamp::parse(&widest.text(0)), Some(widest));
    }

    #[test]
    fn a_foreign_text_has_no_stamp() {
        for text in ["", "hello", "salotto", "salotto zz 1 v 2 3", "salotto 1 1 x 2 3"] {
            assert_eq!(Stamp::parse(text), None, "{text}");
        }
    }
}
