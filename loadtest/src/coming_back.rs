//! When to come back after a lost socket: as told by the node, spread, and slower with each try.

use std::time::Duration;

use crate::plan::Dice;

/// Full jitter: between nothing and `BACK_OFF_MS << tries`, at most `BACK_OFF_MAX_MS`.
const BACK_OFF_MS: u64 = 500;
const BACK_OFF_MAX_MS: u64 = 30_000;

pub struct ComingBack {
    /// Of the last `welcome`.
    window_ms: Option<u64>,
    told: Option<Told>,
    /// Since the last greeting.
    tries: u32,
}

#[derive(Clone, Copy)]
enum Told {
    /// By `reconnect`: each client is told a time of its own.
    Exactly { after_ms: u64 },
    /// By a refusal, perhaps to many alike: not before that, and spread.
    NotBefore { after_ms: u64 },
}

impl ComingBack {
    pub fn new() -> ComingBack {
        ComingBack { window_ms: None, told: None, tries: 0 }
    }

    pub fn welcomed(&mut self, reconnect_window_ms: u64) {
        *self = ComingBack { window_ms: Some(reconnect_window_ms), ..ComingBack::new() };
    }

    pub fn was_welcomed(&self) -> bool {
        self.window_ms.is_some()
    }

    pub fn sent_away(&mut self, after_ms: u64) {
        self.told = Some(Told::Exactly { after_ms });
    }

    pub fn refused(&mut self, retry_after_ms: Option<u64>) {
        self.told = retry_after_ms.map(|after_ms| Told::NotBefore { after_ms });
    }

    /// How long to stay away now.
    pub fn pause(&mut self, dice: &mut Dice) -> Duration {
        let back_off_ms = (BACK_OFF_MS << self.tries.min(6)).min(BACK_OFF_MAX_MS);
        let ms = match (self.told.take(), self.window_ms) {
            (Some(Told::Exactly { after_ms }), _) => after_ms,
            (Some(Told::NotBefore { after_ms }), _) => after_ms + dice.below(back_off_ms),
            (None, Some(window_ms)) if self.tries == 0 => dice.below(window_ms.max(1)),
            (None, _) => dice.below(back_off_ms),
        };
        self.tries += 1;
        Duration::from_millis(ms)
    }
}

impl Default for ComingBack {
    fn default() -> ComingBack {
        ComingBack::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a hundred clients do, in milliseconds.
    fn pauses(prepare: impl Fn(&mut ComingBack)) -> Vec<u128> {
        let pause = |seed| {
            let mut coming_back = ComingBack::new();
            prepare(&mut coming_back);
            coming_back.pause(&mut Dice::new(seed)).as_millis()
        };
        (0..100).map(pause).collect()
    }

    fn span(pauses: &[u128]) -> (u128, u128) {
        let least = pauses.iter().min().expect("a hundred");
        (*least, *pauses.iter().max().expect("a hundred"))
    }

    #[test]
    fn nobody_comes_before_a_refusal_allows_it_and_not_all_at_once() {
        let (least, most) = span(&pauses(|it| it.refused(Some(9_000))));
        assert!((9_000..9_100).contains(&least) && (9_400..9_500).contains(&most));
    }

    #[test]
    fn a_node_that_sends_its_clients_away_has_spread_them_already() {
        assert_eq!(span(&pauses(|it| it.sent_away(7_000))), (7_000, 7_000));
    }

    #[test]
    fn a_lost_line_comes_back_anywhere_inside_the_window_that_welcome_named() {
        let (least, most) = span(&pauses(|it| it.welcomed(4_000)));
        assert!(least < 200 && (3_800..4_000).contains(&most));
    }

    #[test]
    fn failed_tries_back_off_twofold_up_to_a_bound() {
        let after = |tries: usize| {
            let failed = |it: &mut ComingBack| {
                (0..tries).for_each(|_| _ = it.pause(&mut Dice::new(1)));
            };
            span(&pauses(failed)).1
        };
        assert!(after(0) < 500 && (800..1_000).contains(&after(1)));
        assert!((25_000..30_000).contains(&after(20)));
    }

    #[test]
    fn what_was_told_holds_once() {
        let mut coming_back = ComingBack::new();
        let mut dice = Dice::new(3);
        coming_back.refused(Some(9_000));
        coming_back.pause(&mut dice);
        assert!(coming_back.pause(&mut dice) < Duration::from_secs(1));
    }
}
