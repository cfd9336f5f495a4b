//! When slots lapse for want of messages, and when to look for them (CAP-5, CAP-6). Pure.

use std::time::Duration;

use salotto_protocol::people::AccountSettings;

use crate::store::TakenSlot;

/// Read at once. If more lapse in the same moment, the others do with the next look.
pub(super) const SLOTS_MAX: usize = 1_000;
/// The clocks of nodes that write may be behind this one's: what they wrote is seen by then.
const LOOK_INTERVAL_MAX_MS: i64 = 30_000;
/// What could not be freed, or is being freed, is looked at again so soon.
const AGAIN_MS: i64 = 500;
const LOOK_INTERVAL_MIN_MS: i64 = 20;

#[derive(Default)]
pub(super) struct Lapses {
    /// `None`: the account has not been read.
    window_ms: Option<i64>,
    /// Tickets that began longer ago do not count.
    ticket_age_days: Option<u32>,
    /// The number of the look that comes next.
    next: u64,
}

impl Lapses {
    /// As the account has it now. True if it was otherwise, and all slots must be looked at.
    pub(super) fn follow(&mut self, account: &AccountSettings) -> bool {
        let window_ms = i64::try_from(account.active_chat_window_ms).unwrap_or(i64::MAX);
        let age_days = account.ticket_age_days_max;
        let before = (self.window_ms, self.ticket_age_days);
        (self.window_ms, self.ticket_age_days) = (Some(window_ms), age_days);
        before != (Some(window_ms), age_days)
    }

    /// A look to come. Any earlier one that was still to come is void: there is one at a time.
    pub(super) fn expect_look(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    pub(super) fn is_due(&self, look: u64) -> bool {
        look == self.next
    }

    /// Which of these have lapsed, and how long until the next look. The slots come in the order in
    /// which they lapse; one that is taken from now on does not lapse sooner than in a window.
    pub(super) fn lapsed<'a>(
        &self,
        slots: &'a [TakenSlot],
        now_ms: i64,
    ) -> (&'a [TakenSlot], Duration) {
        let Some(window_ms) = self.window_ms else { return (&[], Lapses::retry_pause()) };
        let left_ms =
            |slot: &TakenSlot| window_ms.saturating_sub(now_ms.saturating_sub(slot.active_at_ms));
        let count = slots.partition_point(|slot| left_ms(slot) <= 0);
        let soonest_ms = slots.get(count).map_or(window_ms, left_ms).min(window_ms);
        let again_ms = if count > 0 { AGAIN_MS } else { LOOK_INTERVAL_MAX_MS };
        let wait_ms = soonest_ms.min(again_ms).clamp(LOOK_INTERVAL_MIN_MS, LOOK_INTERVAL_MAX_MS);
        (&slots[..count], Duration::from_millis(wait_ms.unsigned_abs()))
    }

    /// After a look that the store did not answer.
    pub(super) fn retry_pause() -> Duration {
        Duration::from_millis(AGAIN_MS.unsigned_abs())
    }
}

#[cfg(test)]
mod tests {
    use salotto_protocol::{AgentId, ConversationId};
    use uuid::Uuid;

    use super::*;

    const HOURS_12_MS: u64 = 12 * 3_600_000;

    fn slot(active_at_ms: i64) -> TakenSlot {
        let id = Uuid::from_u128(1);
        TakenSlot { conversation: ConversationId(id), agent: AgentId(id), active_at_ms }
    }

    fn lapses(window_ms: u64) -> Lapses {
        let mut lapses = Lapses::default();
        assert!(lapses.follow(&account(window_ms, None)), "it is new");
        lapses
    }

    fn account(active_chat_window_ms: u64, ticket_age_days_max: Option<u32>) -> AccountSettings {
        AccountSettings { active_chat_window_ms, ticket_age_days_max, ..Default::default() }
    }

    /// CAP-5, CAP-6
    #[test]
    fn a_slot_lapses_when_the_last_word_is_as_old_as_the_window_and_not_a_moment_before() {
        let lapses = lapses(HOURS_12_MS);
        let now_ms = 12 * 3_600_000 + 1_000;
        let slots = [slot(999), slot(1_000), slot(1_001), slot(90_000)];
        let (lapsed, wait) = lapses.lapsed(&slots, now_ms);
        assert_eq!(lapsed, &slots[..2]);
        assert_eq!(wait, Duration::from_millis(20), "the next one is due in a millisecond");

        let (lapsed, wait) = lapses.lapsed(&slots[3..], 12 * 3_600_000 + 85_000);
        assert_eq!((lapsed.len(), wait), (0, Duration::from_secs(5)), "exactly then");
    }

    /// CAP-6: a slot that is taken right after a look lapses on time all the same.
    #[test]
    fn no_look_is_later_than_a_window_or_half_a_minute() {
        assert_eq!(lapses(HOURS_12_MS).lapsed(&[], 0).1, Duration::from_secs(30));
        assert_eq!(lapses(2_000).lapsed(&[], 0).1, Duration::from_secs(2));
        assert_eq!(lapses(2_000).lapsed(&[slot(5_000)], 0).1, Duration::from_secs(2));
    }

    /// CAP-7
    #[test]
    fn what_lapsed_is_looked_at_again_soon_in_case_it_could_not_be_freed() {
        let (slots, lapses) = ([slot(0)], lapses(HOURS_12_MS));
        let (lapsed, wait) = lapses.lapsed(&slots, 13 * 3_600_000);
        assert_eq!((lapsed.len(), wait), (1, Duration::from_millis(500)));
    }

    /// CAP-6
    #[test]
    fn another_window_is_noticed_and_makes_earlier_looks_void() {
        let mut lapses = lapses(HOURS_12_MS);
        let look = lapses.expect_look();
        assert!(!lapses.follow(&account(HOURS_12_MS, None)));
        assert!(lapses.is_due(look));
        assert!(lapses.follow(&account(HOURS_12_MS, Some(30))), "CAP-23: another age of tickets");
        assert!(lapses.follow(&account(5_000, Some(30))));
        let next = lapses.expect_look();
        assert!(!lapses.is_due(look) && lapses.is_due(next));
    }

    #[test]
    fn before_the_account_is_read_nothing_lapses() {
        assert!(Lapses::default().lapsed(&[slot(0)], i64::MAX).0.is_empty());
    }
}
