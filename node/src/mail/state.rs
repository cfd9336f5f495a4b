//! What becomes of a mail, and when the server is tried again. Pure.

use std::time::{Duration, Instant};

use super::smtp::Trouble;
use crate::store::MailEnd;

/// Claimed together, sent side by side: as many connections to the server at once.
pub(super) const TOGETHER_MAX: u32 = 8;
/// After the first temporary refusal; each further one doubles it.
const PAUSE_MS_MIN: u32 = 30_000;
const PAUSE_MS_MAX: u32 = 1_800_000;
/// Then nobody needs it any more.
pub(super) const GIVE_UP_AFTER_MS: i64 = 3 * 24 * 3_600_000;
/// After a server that could not be used; doubles while it cannot.
const REST_MS_MIN: u32 = 1_000;
const REST_MS_MAX: u32 = 60_000;
/// Kept of what a server said.
const ERROR_CHARS_MAX: usize = 300;

/// The server, as the last attempts found it.
#[derive(Debug, Default)]
pub(super) struct Server {
    rest: Option<Rest>,
}

#[derive(Debug)]
struct Rest {
    until: Instant,
    pause: Duration,
}

impl Server {
    /// How long it is left alone; `None`: it may be tried.
    pub(super) fn rests(&self, now: Instant) -> Option<Duration> {
        let left = self.rest.as_ref()?.until.saturating_duration_since(now);
        (!left.is_zero()).then_some(left)
    }

    /// A server that was away is tried with one mail.
    pub(super) fn room(&self) -> u32 {
        if self.rest.is_some() { 1 } else { TOGETHER_MAX }
    }

    /// Whether this is news: it was there before, or it was not.
    pub(super) fn note(&mut self, was_usable: bool, now: Instant) -> bool {
        let rested = self.rest.take();
        if was_usable {
            return rested.is_some();
        }
        let pause = rested.as_ref().map_or(REST_MS_MIN, |rest| {
            u32::try_from(rest.pause.as_millis()).unwrap_or(REST_MS_MAX).saturating_mul(2)
        });
        let pause = Duration::from_millis(u64::from(pause.min(REST_MS_MAX)));
        self.rest = Some(Rest { until: now + pause, pause });
        rested.is_none()
    }
}

/// What becomes of a mail of this age after its `attempt`th attempt. What is the server's trouble
/// is not held against the mail: it is tried again as soon as the server is.
pub(super) fn end_of(outcome: &Result<(), Trouble>, attempt: u32, age_ms: i64) -> MailEnd {
    let trouble = match outcome {
        Ok(()) => return MailEnd::Sent,
        Err(trouble) => trouble,
    };
    let error: String = trouble.to_string().chars().take(ERROR_CHARS_MAX).collect();
    if age_ms > GIVE_UP_AFTER_MS {
        return MailEnd::GivenUp { error };
    }
    match trouble {
        Trouble::Unreachable(_) | Trouble::Insecure(_) | Trouble::Login(_) => {
            MailEnd::PutOff { pause_ms: 0, error }
        }
        Trouble::NotNow(_) => {
            let doubled = PAUSE_MS_MIN.saturating_mul(1 << attempt.saturating_sub(1).min(16));
            MailEnd::PutOff { pause_ms: doubled.min(PAUSE_MS_MAX), error }
        }
        Trouble::Refused(_) => MailEnd::GivenUp { error },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put_off(outcome: Trouble, attempt: u32) -> u32 {
        match end_of(&Err(outcome), attempt, 0) {
            MailEnd::PutOff { pause_ms, .. } => pause_ms,
            end @ (MailEnd::Sent | MailEnd::GivenUp { .. }) => panic!("{end:?}"),
        }
    }

    fn not_now() -> Trouble {
        Trouble::NotNow("450 greylisted".to_owned())
    }

    #[test]
    fn pauses_double_up_to_half_an_hour() {
        let pauses: Vec<u32> = (1..9).map(|attempt| put_off(not_now(), attempt) / 1_000).collect();
        assert_eq!(pauses, [30, 60, 120, 240, 480, 960, 1_800, 1_800]);
        assert_eq!(put_off(not_now(), u32::MAX), PAUSE_MS_MAX);
    }

    #[test]
    fn a_definite_refusal_ends_a_mail_and_so_does_its_age() {
        let refused = Trouble::Refused("550 no such user".to_owned());
        assert!(matches!(end_of(&Err(refused), 1, 0), MailEnd::GivenUp { .. }));
        let old = end_of(&Err(not_now()), 1, GIVE_UP_AFTER_MS + 1);
        assert!(matches!(old, MailEnd::GivenUp { .. }));
        assert_eq!(end_of(&Ok(()), 1, GIVE_UP_AFTER_MS + 1), MailEnd::Sent);
    }

    #[test]
    fn what_is_wrong_with_the_server_is_not_held_against_a_mail() {
        let away = Trouble::Unreachable("connection refused".to_owned());
        assert_eq!(put_off(away, 40), 0);
        assert_eq!(put_off(Trouble::Login("535".to_owned()), 40), 0);
    }

    #[test]
    fn a_server_that_is_away_is_tried_by_one_mail_less_and_less_often() {
        let (start, mut server) = (Instant::now(), Server::default());
        assert_eq!((server.rests(start), server.room()), (None, TOGETHER_MAX));
        let mut now = start;
        let rests = [1, 2, 4, 8, 16, 32, 60, 60].map(|seconds| {
            let is_news = server.note(false, now);
            assert_eq!(is_news, now == start);
            let rest = server.rests(now).expect("it rests");
            assert_eq!((rest, server.room()), (Duration::from_secs(seconds), 1));
            now += rest;
            assert_eq!(server.rests(now), None);
            rest
        });
        assert!(rests.is_sorted());
        assert!(server.note(true, now) && !server.note(true, now));
        assert_eq!((server.rests(now), server.room()), (None, TOGETHER_MAX));
    }

    #[test]
    fn a_long_complaint_is_cut() {
        let refused = Err(Trouble::Refused("ü".repeat(1_000)));
        let MailEnd::GivenUp { error } = end_of(&refused, 1, 0) else { panic!("given up") };
        assert_eq!(error.chars().count(), ERROR_CHARS_MAX);
    }
}
