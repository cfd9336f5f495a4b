//! Numbers that look drawn and are the same for the same seed, for ever.

/// SplitMix64.
pub struct Seed(u64);

impl Seed {
    pub fn new(seed: u64) -> Seed {
        Seed(seed)
    }

    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0, below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).expect("a usize has 64 bits at most");
        usize::try_from(self.draw() % end).expect("below a usize")
    }

    /// Both ends included.
    pub fn between(&mut self, from: u64, to: u64) -> u64 {
        from + self.draw() % (to - from + 1)
    }

    pub fn one_of<T: Copy>(&mut self, things: &[T]) -> T {
        things[self.below(things.len())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_draws_the_same_numbers() {
        let four = |seed| {
            let mut seed = Seed::new(seed);
            [(); 4].map(|()| seed.draw())
        };
        assert_eq!(four(0)[0], 0xe220_a839_7b1d_cdaf);
        assert_eq!(four(7), four(7));
        assert_ne!(four(7), four(8));
    }

    #[test]
    fn what_is_drawn_stays_within_its_bounds() {
        let mut seed = Seed::new(3);
        let drawn: Vec<_> = (0..1_000).map(|_| seed.between(5, 7)).collect();
        assert!([5, 6, 7].iter().all(|it| drawn.contains(it)));
        assert!(drawn.iter().all(|it| (5..=7).contains(it)));
    }
}
