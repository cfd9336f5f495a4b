//! A limit on one figure of the summary: `delivery.p99<250ms`, `reconnects==0`.

use std::str::FromStr;

use serde::Serialize;

use crate::units;

#[derive(Clone, Debug, PartialEq)]
pub struct Threshold {
    text: String,
    pub name: String,
    comparison: Comparison,
    /// Microseconds if it has a unit, else a plain number.
    limit: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
}

/// How a threshold came out.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    pub threshold: String,
    /// In microseconds for latencies. `None`: nothing was measured, or there is no such figure.
    pub value: Option<f64>,
    pub passed: bool,
}

impl Threshold {
    /// A figure that is not there has not passed.
    pub fn judge(&self, value: Option<f64>) -> Outcome {
        let passed = value.is_some_and(|value| match self.comparison {
            Comparison::Less => value < self.limit,
            Comparison::LessOrEqual => value <= self.limit,
            Comparison::Greater => value > self.limit,
            Comparison::GreaterOrEqual => value >= self.limit,
            Comparison::Equal => value == self.limit,
        });
        Outcome { threshold: self.text.clone(), value, passed }
    }
}

impl FromStr for Threshold {
    type Err = String;

    fn from_str(text: &str) -> Result<Threshold, String> {
        let malformed = || format!("`{text}` is not like delivery.p99<250ms or reconnects==0");
        let at = text.find(['<', '>', '=']).ok_or_else(malformed)?;
        let (name, rest) = text.split_at(at);
        let name = name.trim();
        let is_word = |it: char| it.is_ascii_alphanumeric() || it == '_' || it == '.';
        if name.is_empty() || !name.chars().all(is_word) {
            return Err(malformed());
        }
        let signs = [
            ("<=", Comparison::LessOrEqual),
            (">=", Comparison::GreaterOrEqual),
            ("==", Comparison::Equal),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
        ];
        let (limit, comparison) = signs
            .into_iter()
            .find_map(|(sign, it)| Some((rest.strip_prefix(sign)?, it)))
            .ok_or_else(malformed)?;
        let limit = limit.trim();
        let limit = match limit.parse::<f64>() {
            Ok(plain) => plain,
            Err(_) => units::duration(limit)?.as_secs_f64() * 1e6,
        };
        Ok(Threshold { text: text.to_owned(), name: name.to_owned(), comparison, limit })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(text: &str, value: f64) -> bool {
        text.parse::<Threshold>().expect(text).judge(Some(value)).passed
    }

    #[test]
    fn a_limit_holds_or_is_crossed() {
        assert!(judge("delivery.p99<250ms", 249_999.0));
        assert!(!judge("delivery.p99<250ms", 250_000.0));
        assert!(judge("reconnects == 0", 0.0));
        assert!(!judge("reconnects==0", 1.0));
        assert!(judge("acked>=10", 10.0));
        assert!(!judge("acked>10", 10.0));
        assert!(judge("ack.max <= 1s", 1e6));
    }

    #[test]
    fn a_figure_that_is_not_there_has_not_passed() {
        let threshold: Threshold = "delivery.p99<250ms".parse().expect("a threshold");

        assert!(!threshold.judge(None).passed);
    }

    #[test]
    fn what_is_no_threshold_is_refused() {
        for text in ["", "p99", "<5", "delivery.p99<fast", "a b<5", "delivery.p99=5"] {
            assert!(text.parse::<Threshold>().is_err(), "{text}");
        }
    }
}
