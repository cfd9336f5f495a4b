//! The result of a run: one structure, as a table for people and as JSON for machines.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use crate::args::RunArgs;
use crate::audit::Findings;
use crate::latency::{Latency, Measure, Pair, Quantiles};
use crate::machine;
use crate::tally::Tally;
use crate::threshold::{Outcome, Threshold};
use crate::world::World;

/// Grows when a field is renamed or changes its meaning; new fields do not count.
pub const SCHEMA: u32 = 1;

/// What the schedule took.
pub struct Course {
    pub elapsed: Duration,
    pub cpu_seconds: f64,
    pub was_stopped: bool,
}

/// `summary.json`. The names are stable; `README.md` explains them.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    pub schema: u32,
    /// In every text of the run.
    pub run: String,
    pub verdict: Verdict,
    pub exit_code: u8,
    /// Why the figures mean nothing, if so.
    pub invalid: Vec<String>,
    pub settings: Settings,
    pub elapsed_s: f64,
    pub messages: Messages,
    pub audit: Findings,
    pub sockets: Sockets,
    pub refusals: BTreeMap<String, u64>,
    pub closes: BTreeMap<String, u64>,
    pub latency_us: BTreeMap<&'static str, Latencies>,
    pub generator: Generator,
    pub thresholds: Vec<Outcome>,
    /// The first few errors, in words.
    pub troubles: Vec<String>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Pass,
    /// The generator was overloaded: the figures say more about it than about the node.
    Invalid,
    VerificationFailed,
    Stopped,
    ThresholdCrossed,
}

#[derive(Clone, Debug, Serialize)]
pub struct Settings {
    pub target: String,
    pub visitors: u32,
    pub idle_visitors: u32,
    pub agents: u32,
    pub rate_per_s: f64,
    pub arrivals: String,
    pub ramp_s: f64,
    pub warmup_s: f64,
    pub duration_s: f64,
    pub think_s: f64,
    pub text_bytes: usize,
    pub reply_every: u32,
    pub messages_per_chat: u32,
    pub seed: u64,
}

#[derive(Clone, Debug, Serialize)]
pub struct Messages {
    pub planned: u64,
    pub started: u64,
    /// Came due and never went out: the node was too slow for the rate.
    pub dropped: u64,
    pub acked: u64,
    pub delivered: u64,
    pub refused: u64,
    pub late: u64,
    pub resends: u64,
    /// Of the measured time.
    pub acked_per_s: f64,
}

#[derive(Clone, Debug, Serialize)]
pub struct Sockets {
    pub planned: u64,
    pub greeted: u64,
    pub reconnects: u64,
    pub connect_failures: u64,
    pub silences: u64,
    pub gave_up: u64,
    pub unreadable_frames: u64,
    pub conversations_closed: u64,
    pub conversations_left_open: u64,
    /// Of an earlier run, still open with these agents.
    pub leftovers: u64,
}

#[derive(Clone, Debug, Serialize)]
pub struct Latencies {
    pub due: Quantiles,
    pub sent: Quantiles,
}

#[derive(Clone, Debug, Serialize)]
pub struct Generator {
    pub max_lag_us: u64,
    pub schedule_lag_us: Quantiles,
    pub runtime_lag_us: Quantiles,
    pub cpu_seconds: f64,
    pub cpu_percent: f64,
    pub rss_bytes: u64,
    pub rss_peak_bytes: u64,
    pub descriptors_max: u64,
}

/// Everything but the verdict, which `Summary::judge` gives.
pub fn summary(args: &RunArgs, world: &World, course: &Course, audit: Findings) -> Summary {
    let books = &world.books;
    let mut summary = Summary {
        schema: SCHEMA,
        run: format!("{:x}", books.manner.run),
        verdict: Verdict::Pass,
        exit_code: 0,
        invalid: Vec::new(),
        settings: Settings::of(args),
        elapsed_s: course.elapsed.as_secs_f64(),
        messages: Messages::of(&books.tally),
        audit,
        sockets: Sockets::of(args, &books.tally),
        refusals: books.tally.refusals(),
        closes: books.tally.closes(),
        latency_us: latencies(&books.latency),
        generator: Generator::of(args, &books.latency, course),
        thresholds: Vec::new(),
        troubles: world.troubles(),
    };
    summary.sockets.conversations_left_open =
        summary.audit.conversations.saturating_sub(books.tally.closed.get());
    summary.messages.acked_per_s =
        (summary.latency_us["ack"].due.count as f64 / args.duration.as_secs_f64()).round();
    summary.invalid = summary.generator.complaints(books.tally.own_faults.get());
    summary
}

impl Settings {
    fn of(args: &RunArgs) -> Settings {
        Settings {
            target: args.target.clone(),
            visitors: args.visitors,
            idle_visitors: args.idle_visitors,
            agents: args.agents,
            rate_per_s: args.rate,
            arrivals: format!("{:?}", args.arrivals).to_lowercase(),
            ramp_s: args.ramp.as_secs_f64(),
            warmup_s: args.warmup.as_secs_f64(),
            duration_s: args.duration.as_secs_f64(),
            think_s: args.think.as_secs_f64(),
            text_bytes: args.text_bytes,
            reply_every: args.reply_every,
            messages_per_chat: args.messages_per_chat,
            seed: args.seed,
        }
    }
}

impl Messages {
    fn of(tally: &Tally) -> Messages {
        let (planned, started) = (tally.planned.get(), tally.started.get());
        Messages {
            planned,
            started,
            dropped: planned.saturating_sub(started),
            acked: tally.acked.get(),
            delivered: tally.delivered.get(),
            refused: tally.refused.get(),
            late: tally.late.get(),
            resends: tally.resends.get(),
            acked_per_s: 0.0,
        }
    }
}

impl Sockets {
    fn of(args: &RunArgs, tally: &Tally) -> Sockets {
        Sockets {
            planned: u64::from(args.sockets()),
            greeted: tally.greeted.get(),
            reconnects: tally.reconnects.get(),
            connect_failures: tally.connect_failures.get(),
            silences: tally.silences.get(),
            gave_up: tally.gave_up.get(),
            unreadable_frames: tally.unreadable.get(),
            conversations_closed: tally.closed.get(),
            conversations_left_open: 0,
            leftovers: 0,
        }
    }
}

impl Generator {
    fn of(args: &RunArgs, latency: &Latency, course: &Course) -> Generator {
        let (rss_bytes, rss_peak_bytes) = machine::memory_bytes();
        let lag = |measure| Quantiles::of(&latency.pair(measure).due);
        Generator {
            max_lag_us: args.max_generator_lag.as_micros() as u64,
            schedule_lag_us: lag(Measure::ScheduleLag),
            runtime_lag_us: lag(Measure::RuntimeLag),
            cpu_seconds: course.cpu_seconds,
            cpu_percent: (100.0 * course.cpu_seconds / course.elapsed.as_secs_f64()).round(),
            rss_bytes,
            rss_peak_bytes,
            descriptors_max: 0,
        }
    }

    /// Why the generator is not to be trusted this time.
    fn complaints(&self, own_faults: u64) -> Vec<String> {
        let mut all = Vec::new();
        let lags = [("schedule", &self.schedule_lag_us), ("runtime", &self.runtime_lag_us)];
        for (name, lag) in lags.into_iter().filter(|it| it.1.p99 > self.max_lag_us) {
            let (p99_ms, max_ms) = (lag.p99 as f64 / 1e3, self.max_lag_us as f64 / 1e3);
            all.push(format!("generator {name} lag p99 {p99_ms:.1} ms is above {max_ms} ms"));
        }
        if own_faults > 0 {
            all.push(format!("{own_faults} connects failed for want of descriptors or ports"));
        }
        all
    }
}

/// All measures of the node, and `delivery`: both directions together.
fn latencies(latency: &Latency) -> BTreeMap<&'static str, Latencies> {
    let mut all = BTreeMap::new();
    let mut delivery = Pair::default();
    for measure in Measure::ALL {
        let pair = latency.pair(measure);
        match measure {
            Measure::ScheduleLag | Measure::RuntimeLag => continue,
            Measure::DeliveryToAgent | Measure::DeliveryToVisitor => delivery.add(&pair),
            Measure::Handshake
            | Measure::Resume
            | Measure::Ack
            | Measure::Routing
            | Measure::FirstResponse => {}
        }
        all.insert(measure.name(), Latencies::of(&pair));
    }
    all.insert("delivery", Latencies::of(&delivery));
    all
}

impl Latencies {
    fn of(pair: &Pair) -> Latencies {
        Latencies { due: Quantiles::of(&pair.due), sent: Quantiles::of(&pair.sent) }
    }
}

impl Summary {
    /// Judges the run: invalid before failed before stopped before crossed.
    pub fn judge(&mut self, thresholds: &[Threshold], stopped: bool) {
        self.thresholds = thresholds.iter().map(|it| it.judge(self.figure(&it.name))).collect();
        let crossed = self.thresholds.iter().any(|it| !it.passed);
        (self.verdict, self.exit_code) = if !self.invalid.is_empty() {
            (Verdict::Invalid, 4)
        } else if !self.audit.is_clean() {
            (Verdict::VerificationFailed, 5)
        } else if stopped {
            (Verdict::Stopped, 6)
        } else if crossed {
            (Verdict::ThresholdCrossed, 99)
        } else {
            (Verdict::Pass, 0)
        };
    }

    /// A figure by the name that thresholds use: a counter, or `MEASURE[.sent].QUANTILE`.
    fn figure(&self, name: &str) -> Option<f64> {
        if let Some((measure, quantile)) = name.split_once('.') {
            let latencies = self.latency_us.get(measure)?;
            let (quantiles, quantile) = match quantile.strip_prefix("sent.") {
                Some(quantile) => (&latencies.sent, quantile),
                None => (&latencies.due, quantile),
            };
            return quantiles.figure(quantile);
        }
        [json(&self.messages), json(&self.sockets), json(&self.audit)]
            .iter()
            .find_map(|it| it.get(name)?.as_f64())
    }
}

impl Quantiles {
    fn figure(&self, name: &str) -> Option<f64> {
        json(self).get(name)?.as_f64().filter(|_| self.count > 0 || name == "count")
    }
}

fn json<T: Serialize>(part: &T) -> serde_json::Value {
    serde_json::to_value(part).expect("a summary is plain data")
}

#[cfg(test)]
#[path = "report_tests.rs"]
mod tests;
