//! Overload turned into a promise: who would wait too long is offered an answer by e-mail (BY-15).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::limits::{
    ANSWER_WITHIN_MS_MAX, ANSWER_WITHIN_MS_MIN, EMAIL_BYTES_MAX, NOTICE_BYTES_MAX, PATIENCE_MS_MAX,
};

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
/// Before the `@`: what mail servers take.
const LOCAL_BYTES_MAX: usize = 64;
/// Between two dots of a domain.
const LABEL_BYTES_MAX: usize = 63;

/// How long a chatflow lets its visitors wait before it offers to answer by e-mail. Stored with the
/// chatflow: what an older release does not know, it ignores.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub struct Patience {
    /// Whoever would wait longer gets the offer. `None`: nobody does.
    pub wait_ms: Option<u64>,
    /// What is said with the offer; empty: the widget's own words.
    pub text: String,
    /// From the promise until it is overdue.
    pub answer_within_ms: u64,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience { wait_ms: None, text: String::new(), answer_within_ms: DAY_MS }
    }
}

impl Patience {
    pub fn is_default(&self) -> bool {
        *self == Patience::default()
    }

    /// What cannot be set: the field, and what is wrong with it.
    pub fn complaint(&self) -> Option<(&'static str, String)> {
        let within = ANSWER_WITHIN_MS_MIN..=ANSWER_WITHIN_MS_MAX;
        if self.wait_ms.is_some_and(|it| it > PATIENCE_MS_MAX) {
            Some(("wait_ms", format!("is at most {PATIENCE_MS_MAX}")))
        } else if self.text.len() > NOTICE_BYTES_MAX {
            Some(("text", format!("is longer than {NOTICE_BYTES_MAX} bytes")))
        } else if !within.contains(&self.answer_within_ms) {
            let (min, max) = (ANSWER_WITHIN_MS_MIN, ANSWER_WITHIN_MS_MAX);
            Some(("answer_within_ms", format!("is from {min} to {max}")))
        } else {
            None
        }
    }
}

/// Where an answer is to go. Never in a log or a metric: its `Debug` says nothing.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// What was stored is believed.
    pub fn stored(text: String) -> EmailAddress {
        EmailAddress(text)
    }

    /// An address that mail servers everywhere take: ASCII, without quotes and comments, its domain
    /// with a dot. Blanks around it are left out. Whether somebody reads there, nobody knows.
    pub fn parse(text: &str) -> Option<EmailAddress> {
        let text = text.trim();
        let (local, domain) = text.split_once('@')?;
        let fits = text.len() <= EMAIL_BYTES_MAX && local.len() <= LOCAL_BYTES_MAX;
        let is_dotted = local.split('.').all(|part| !part.is_empty() && part.bytes().all(is_atom));
        (fits && is_dotted && is_domain(domain)).then(|| EmailAddress(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("********")
    }
}

fn is_atom(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte)
}

fn is_domain(domain: &str) -> bool {
    let is_label = |label: &str| {
        let is_within = (1..=LABEL_BYTES_MAX).contains(&label.len());
        let is_plain = label.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-');
        is_within && is_plain && !label.starts_with('-') && !label.ends_with('-')
    };
    let last = domain.rsplit('.').next().unwrap_or_default();
    domain.contains('.')
        && domain.split('.').all(is_label)
        && !last.bytes().all(|it| it.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_15_addresses_that_can_be_written_to_are_taken() {
        let long = format!("{}@shop.example", "x".repeat(LOCAL_BYTES_MAX));
        for text in ["a@b.cd", "Ada.Love+shop@mail.shop.example", "o'neil@xn--bcher-kva.de", &long]
        {
            assert_eq!(EmailAddress::parse(text).expect(text).as_str(), text);
        }
        let padded = EmailAddress::parse("  ada@shop.example \n").expect("blanks are left out");
        assert_eq!(padded.as_str(), "ada@shop.example");
    }

    #[test]
    fn by_15_what_is_no_address_is_refused() {
        let long_local = format!("{}@shop.example", "x".repeat(LOCAL_BYTES_MAX + 1));
        let long_domain = format!("a@{}b.example", "x.".repeat(EMAIL_BYTES_MAX / 2));
        let long_label = format!("a@{}.example", "x".repeat(LABEL_BYTES_MAX + 1));
        for text in [
            "",
            "ada",
            "@shop.example",
            "ada@",
            "ada@localhost",
            "a@b@shop.example",
            ".ada@shop.example",
            "a..b@shop.example",
            "ada.@shop.example",
            "a b@shop.example",
            "ada@shop..example",
            "ada@.example",
            "ada@shop.example.",
            "ada@-shop.example",
            "ada@shop-.example",
            "ada@192.0.2.1",
            "ada@[192.0.2.1]",
            "\"ada\"@shop.example",
            "ada@shop.example\r\nBcc: eve@evil.example",
            "ada\0@shop.example",
            "ådå@shop.example",
            "Ada <ada@shop.example>",
            &long_local,
            &long_domain,
            &long_label,
        ] {
            assert_eq!(EmailAddress::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn an_address_does_not_reach_a_log() {
        let address = EmailAddress::parse("ada@shop.example").expect("one");
        assert!(!format!("{address:?}").contains("ada"));
    }

    #[test]
    fn by_15_patience_beyond_its_limits_names_its_field() {
        let bad = [
            Patience { wait_ms: Some(PATIENCE_MS_MAX + 1), ..Patience::default() },
            Patience { text: "x".repeat(NOTICE_BYTES_MAX + 1), ..Patience::default() },
            Patience { answer_within_ms: ANSWER_WITHIN_MS_MIN - 1, ..Patience::default() },
            Patience { answer_within_ms: ANSWER_WITHIN_MS_MAX + 1, ..Patience::default() },
        ];
        let fields: Vec<_> = bad.iter().filter_map(|it| it.complaint().map(|no| no.0)).collect();
        assert_eq!(fields, ["wait_ms", "text", "answer_within_ms", "answer_within_ms"]);
        let longest = Patience { wait_ms: Some(PATIENCE_MS_MAX), ..Patience::default() };
        assert_eq!(longest.complaint(), None);
    }
}
