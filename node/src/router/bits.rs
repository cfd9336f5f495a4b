//! Sets of the router's places, a bit for each: what many agents have in common is one `and`. Pure.

const WORD_BITS: usize = 64;

#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    pub(super) fn put(&mut self, place: usize, is_in: bool) {
        let (word, bit) = (place / WORD_BITS, 1 << (place % WORD_BITS));
        if word >= self.0.len() {
            self.0.resize(word + 1, 0);
        }
        if is_in {
            self.0[word] |= bit;
        } else {
            self.0[word] &= !bit;
        }
    }

    pub(super) fn has(&self, place: usize) -> bool {
        let word = self.0.get(place / WORD_BITS).copied().unwrap_or(0);
        word >> (place % WORD_BITS) & 1 == 1
    }

    /// Whether some place is in all three.
    pub(super) fn meets_both(&self, second: &Bits, third: &Bits) -> bool {
        let words = self.0.iter().zip(&second.0).zip(&third.0);
        words.into_iter().any(|((first, second), third)| first & second & third != 0)
    }

    /// Those of either.
    pub(super) fn add(&mut self, other: &Bits) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        self.0.iter_mut().zip(&other.0).for_each(|(mine, other)| *mine |= other);
    }

    /// Those of both, in order.
    pub(super) fn shared<'b>(&'b self, other: &'b Bits) -> impl Iterator<Item = usize> + 'b {
        let words = self.0.iter().zip(&other.0).enumerate();
        words.flat_map(|(word, (one, other))| Ones(one & other).map(move |bit| word * 64 + bit))
    }
}

/// The places of the ones in a word.
struct Ones(u64);

impl Iterator for Ones {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let lowest = self.0.trailing_zeros() as usize;
        self.0 &= self.0.checked_sub(1)?;
        Some(lowest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(places: &[usize]) -> Bits {
        let mut bits = Bits::default();
        places.iter().for_each(|place| bits.put(*place, true));
        bits
    }

    #[test]
    fn what_is_put_in_is_in_until_it_is_taken_out() {
        let mut set = bits(&[0, 63, 64, 200]);
        assert!([0, 63, 64, 200].iter().all(|place| set.has(*place)));
        assert!(![1, 65, 199, 201, 9_999].iter().any(|place| set.has(*place)));
        set.put(64, false);
        assert!(!set.has(64) && set.has(63));
    }

    #[test]
    fn shared_places_are_those_of_both_in_order_whatever_the_lengths() {
        let (short, long) = (bits(&[3, 63]), bits(&[3, 64, 63, 500]));
        assert_eq!(short.shared(&long).collect::<Vec<_>>(), [3, 63]);
        assert_eq!(long.shared(&long).collect::<Vec<_>>(), [3, 63, 64, 500]);
        assert!(short.meets_both(&long, &bits(&[63])));
        assert!(!short.meets_both(&long, &bits(&[64])));
        let mut sum = short.clone();
        sum.add(&long);
        assert_eq!(sum, bits(&[3, 63, 64, 500]));
    }
}
