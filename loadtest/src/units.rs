//! Numbers with units on the command line: `250ms`, `10s`, `5m`, `100/s`.

use std::time::Duration;

/// `250us`, `20ms`, `60s`, `5m`, `1h`; a fraction is allowed.
pub fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = split(text);
    let seconds = match unit {
        "us" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3_600.0,
        _ => return Err(format!("`{text}` is not a time; write it like 250ms, 10s, 5m or 1h")),
    };
    let amount: f64 = number.parse().map_err(|_| format!("`{number}` is not a number"))?;
    Duration::try_from_secs_f64(amount * seconds).map_err(|_| format!("`{text}` is out of range"))
}

/// A rate in events a second: `100/s`, `30/m`, or a bare number of events a second.
pub fn rate(text: &str) -> Result<f64, String> {
    let (number, unit) = text.split_once('/').unwrap_or((text, "s"));
    let seconds = match unit {
        "s" => 1.0,
        "m" => 60.0,
        _ => return Err(format!("`{text}` is not a rate; write it like 100/s or 30/m")),
    };
    match number.parse::<f64>() {
        Ok(amount) if amount.is_finite() && amount >= 0.0 => Ok(amount / seconds),
        _ => Err(format!("`{number}` is not a number of zero or more")),
    }
}

fn split(text: &str) -> (&str, &str) {
    let unit_at = text.find(|it: char| it.is_ascii_alphabetic()).unwrap_or(text.len());
    text.split_at(unit_at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(duration("1.5s"), Ok(Duration::from_millis(1_500)));
        assert_eq!(duration("24h"), Ok(Duration::from_secs(86_400)));
        for wrong in ["", "10", "s", "-1s", "1 day", "1e99h", "NaNs"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn rates_are_per_second_unless_said_otherwise() {
        assert_eq!(rate("100/s"), Ok(100.0));
        assert_eq!(rate("30/m"), Ok(0.5));
        assert_eq!(rate("0"), Ok(0.0));
        for wrong in ["", "/s", "-1/s", "5/h", "inf/s"] {
            assert!(rate(wrong).is_err(), "{wrong}");
        }
    }
}
