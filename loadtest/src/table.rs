//! The summary as a table for people.

use std::fmt::Write as _;

use crate::latency::Quantiles;
use crate::report::{Summary, Verdict};

/// In the order of a message's life.
const ORDER: [&str; 8] = [
    "handshake",
    "resume",
    "ack",
    "routing",
    "delivery_to_agent",
    "delivery_to_visitor",
    "delivery",
    "first_response",
];

pub fn of(summary: &Summary) -> String {
    let mut out = String::new();
    for part in [counts(summary), audit(summary), latency(summary), generator(summary)] {
        out.push('\n');
        out.push_str(&part);
    }
    out.push('\n');
    for outcome in &summary.thresholds {
        let mark = if outcome.passed { "holds  " } else { "CROSSED" };
        let value = outcome.value.map_or("not measured".to_owned(), |it| format!("{it}"));
        let _ = writeln!(out, "{mark} {} ({value})", outcome.threshold);
    }
    let _ = writeln!(out, "{}", verdict(summary));
    out
}

fn counts(summary: &Summary) -> String {
    let (it, sockets) = (&summary.messages, &summary.sockets);
    let mut out = String::new();
    let _ = writeln!(
        out,
        "sockets    planned {}, greeted {}, reconnects {}, failed connects {}, silent {}, \
         gave up {}",
        sockets.planned,
        sockets.greeted,
        sockets.reconnects,
        sockets.connect_failures,
        sockets.silences,
        sockets.gave_up
    );
    let _ = writeln!(
        out,
        "messages   planned {}, started {}, dropped {}, acked {} ({}/s), delivered {}, refused {}, \
         late {}, resends {}",
        it.planned,
        it.started,
        it.dropped,
        it.acked,
        it.acked_per_s,
        it.delivered,
        it.refused,
        it.late,
        it.resends
    );
    for (name, counts) in [("refusals", &summary.refusals), ("closes", &summary.closes)] {
        if !counts.is_empty() {
            let all: Vec<String> = counts.iter().map(|(code, n)| format!("{code} {n}")).collect();
            let _ = writeln!(out, "{name:<10} {}", all.join(", "));
        }
    }
    for trouble in &summary.troubles {
        let _ = writeln!(out, "trouble    {trouble}");
    }
    out
}

fn audit(summary: &Summary) -> String {
    let it = &summary.audit;
    let mut out = String::new();
    let _ = writeln!(
        out,
        "audit      {} messages in {} conversations, {} read back over REST",
        it.checked, it.conversations, it.read_back
    );
    let _ = writeln!(
        out,
        "           lost {}, doubled {}, reordered {}, disagreed {}, ghosts {}, holes {}, \
         unanswered {}, unrouted {}, unread {}",
        it.lost,
        it.doubled,
        it.reordered,
        it.disagreed,
        it.ghosts,
        it.holes,
        it.unanswered,
        it.unrouted,
        it.unread
    );
    if it.repeats + it.gaps + it.resets > 0 {
        let _ = writeln!(
            out,
            "           healed by the receiver's rule: repeats {}, gaps {}, resets {}",
            it.repeats, it.gaps, it.resets
        );
    }
    for example in &it.examples {
        let _ = writeln!(out, "           {example}");
    }
    let left = summary.sockets.conversations_left_open;
    if left > 0 {
        let _ = writeln!(out, "           {left} conversations are left open");
    }
    let leftovers = summary.sockets.leftovers;
    if leftovers > 0 {
        let _ = writeln!(
            out,
            "           {leftovers} conversations of an earlier run were open with these agents \
             and took their slots; --close-leftovers closes them"
        );
    }
    out
}

fn latency(summary: &Summary) -> String {
    let mut out = String::new();
    let heads = ["p50", "p90", "p99", "p99.9", "max"];
    let _ = write!(out, "{:<28}{:>9}", "latency, ms", "count");
    for head in heads {
        let _ = write!(out, "{head:>10}");
    }
    out.push('\n');
    for name in ORDER {
        let Some(both) = summary.latency_us.get(name).filter(|it| it.due.count > 0) else {
            continue;
        };
        line(&mut out, &format!("{name} from due"), &both.due);
        line(&mut out, &format!("{name} from sent"), &both.sent);
    }
    out
}

fn generator(summary: &Summary) -> String {
    let it = &summary.generator;
    let mut out = String::new();
    line(&mut out, "generator, schedule lag", &it.schedule_lag_us);
    line(&mut out, "generator, runtime lag", &it.runtime_lag_us);
    let _ = writeln!(
        out,
        "generator  CPU {:.1} s ({:.0} %), memory {} MiB (at most {} MiB)",
        it.cpu_seconds,
        it.cpu_percent,
        it.rss_bytes >> 20,
        it.rss_peak_bytes >> 20
    );
    out
}

fn line(out: &mut String, name: &str, it: &Quantiles) {
    let _ = write!(out, "{name:<28}{:>9}", it.count);
    for us in [it.p50, it.p90, it.p99, it.p99_9, it.max] {
        let _ = write!(out, "{:>10.2}", us as f64 / 1e3);
    }
    out.push('\n');
}

fn verdict(summary: &Summary) -> String {
    match summary.verdict {
        Verdict::Pass => "PASS".to_owned(),
        Verdict::Invalid => format!("INVALID: {}", summary.invalid.join("; ")),
        Verdict::VerificationFailed => {
            format!("FAILED: {} violations", summary.audit.violations())
        }
        Verdict::Stopped => "STOPPED by the user; what was delivered is correct".to_owned(),
        Verdict::ThresholdCrossed => "CROSSED: a threshold does not hold".to_owned(),
    }
}
