//! The command line, and what of it makes no sense.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use salotto_protocol::limits;

use crate::payload::HEADER_BYTES_MAX;
use crate::plan::{Arrivals, Shape};
use crate::threshold::Threshold;
use crate::units;

/// More would need several machines.
pub const SOCKETS_MAX: u32 = 100_000;
const DURATION_MAX: Duration = Duration::from_secs(24 * 3_600);
/// The audit keeps every message: this many take about 2 GiB.
const MESSAGES_MAX: f64 = 20e6;
/// Visitors that one agent can follow on one socket.
const VISITORS_PER_AGENT_MAX: u32 = limits::ATTACHED_MAX as u32;

/// Puts visitors and agents on real sockets, on schedule, and audits every delivery.
#[derive(Debug, Parser)]
#[command(name = "salotto-loadtest", version, max_term_width = 100, args_override_self = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Visitors write at a given rate, agents answer, and everything is measured and audited.
    Run(Box<RunArgs>),
}

#[derive(Args, Clone, Debug)]
pub struct RunArgs {
    /// The node's public listener, like http://127.0.0.1:8080
    #[arg(long)]
    pub target: String,
    /// A host other than this machine that may be put under load; repeatable
    #[arg(long, value_name = "HOST")]
    pub allow_host: Vec<String>,
    /// Not a flag: others can read command lines.
    #[arg(skip)]
    pub token: String,
    /// A file with the load-test token; else SALOTTO_LOADTEST_TOKEN or SALOTTO_LOADTEST__TOKEN
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,

    /// Visitors who talk
    #[arg(long, default_value_t = 2_000)]
    pub visitors: u32,
    /// Visitors who only hold a socket, besides those who talk
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub idle_visitors: u32,
    /// Agents who answer; each follows at most 64 visitors
    #[arg(long, default_value_t = 40)]
    pub agents: u32,
    /// How fast sockets are opened before the schedule starts
    #[arg(long, default_value = "500/s", value_parser = units::rate)]
    pub connect_rate: f64,

    /// Visitors' messages, all visitors together
    #[arg(long, default_value = "100/s", value_parser = units::rate)]
    pub rate: f64,
    /// How arrivals are spread
    #[arg(long, value_enum, default_value_t = Arrivals::Poisson)]
    pub arrivals: Arrivals,
    /// The rate grows from nothing over this time
    #[arg(long, default_value = "10s", value_parser = units::duration)]
    pub ramp: Duration,
    /// Full rate, audited but not in the latency figures
    #[arg(long, default_value = "5s", value_parser = units::duration)]
    pub warmup: Duration,
    /// Full rate, measured
    #[arg(long, default_value = "60s", value_parser = units::duration)]
    pub duration: Duration,
    /// What is outstanding when the schedule ends may take this long to arrive
    #[arg(long, default_value = "10s", value_parser = units::duration)]
    pub grace: Duration,
    /// Repeats the same schedule
    #[arg(long, default_value_t = 1)]
    pub seed: u64,

    /// After so many visitor's messages the agent closes and the visitor starts anew; 0: never
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub messages_per_chat: u32,
    /// Length of each text
    #[arg(long, default_value_t = 200, value_name = "BYTES")]
    pub text_bytes: usize,
    /// Agents answer every k-th message of a visitor
    #[arg(long, default_value_t = 1, value_name = "K")]
    pub reply_every: u32,
    /// Mean time before an answer is due; each takes between half and one and a half of it
    #[arg(long, default_value = "500ms", value_parser = units::duration)]
    pub think: Duration,
    /// Leave the conversations open at the end
    #[arg(long)]
    pub leave_open: bool,
    /// Close what an earlier run left open with the same agents; not beside another run
    #[arg(long)]
    pub close_leftovers: bool,

    /// The run is invalid when the generator's own 99th percentile of lag is above this
    #[arg(long, default_value = "20ms", value_parser = units::duration)]
    pub max_generator_lag: Duration,
    /// Like 'delivery.p99<250ms' or 'reconnects==0'; repeatable; crossed: exit 99
    #[arg(long, value_name = "EXPRESSION")]
    pub threshold: Vec<Threshold>,
    /// Folder for summary.json
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Receipts for `salotto verify --receipts`, JSON lines
    #[arg(long, value_name = "FILE")]
    pub receipts: Option<PathBuf>,
    /// auto: a bar on a terminal, else lines; json: the summary on stdout
    #[arg(long, value_enum, default_value_t = Ui::Auto)]
    pub ui: Ui,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum Ui {
    Auto,
    Plain,
    Json,
    None,
}

impl RunArgs {
    pub fn sockets(&self) -> u32 {
        self.visitors.saturating_add(self.idle_visitors).saturating_add(self.agents)
    }

    pub fn shape(&self) -> Shape {
        Shape {
            rate_per_s: if self.visitors == 0 { 0.0 } else { self.rate },
            ramp: self.ramp,
            steady: self.warmup + self.duration,
            arrivals: self.arrivals,
            seed: self.seed,
        }
    }

    /// What is wrong, as a sentence that names the flag.
    pub fn check(&self) -> Result<(), String> {
        let text_max = limits::TEXT_BYTES_MAX;
        let talks = self.visitors > 0 && self.rate > 0.0;
        let team_max = self.agents.saturating_mul(VISITORS_PER_AGENT_MAX);
        if self.sockets() == 0 {
            return Err("--visitors, --idle-visitors and --agents are all 0".to_owned());
        }
        if self.sockets() > SOCKETS_MAX {
            return Err(format!("{} sockets; at most {SOCKETS_MAX}", self.sockets()));
        }
        if self.ramp + self.warmup + self.duration > DURATION_MAX {
            return Err("--ramp, --warmup and --duration are more than 24 h together".to_owned());
        }
        if self.duration.is_zero() {
            return Err("--duration is nothing".to_owned());
        }
        if self.shape().expected() > MESSAGES_MAX {
            return Err(format!("--rate times --duration is over {MESSAGES_MAX} messages"));
        }
        if self.connect_rate <= 0.0 {
            return Err("--connect-rate is nothing".to_owned());
        }
        if talks && self.visitors > team_max {
            let needed = self.visitors.div_ceil(VISITORS_PER_AGENT_MAX);
            return Err(format!("--visitors {} need --agents {needed} or more", self.visitors));
        }
        if !(HEADER_BYTES_MAX..=text_max).contains(&self.text_bytes) {
            return Err(format!("--text-bytes is not between {HEADER_BYTES_MAX} and {text_max}"));
        }
        if self.reply_every == 0 {
            return Err("--reply-every is 0; use a large number for no answers".to_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(flags: &str) -> Result<RunArgs, String> {
        let words = format!("salotto-loadtest run --target http://127.0.0.1:1 {flags}");
        let cli = Cli::try_parse_from(words.split_whitespace()).map_err(|it| it.to_string())?;
        let Command::Run(args) = cli.command;
        args.check()?;
        Ok(*args)
    }

    #[test]
    fn the_defaults_make_sense() {
        let args = parse("").expect("the defaults");

        assert_eq!((args.visitors, args.agents), (2_000, 40));
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_name() {
        for (flags, named) in [
            ("--visitors 2561", "--agents 41"),
            ("--visitors 0 --agents 0", "--idle-visitors"),
            ("--idle-visitors 100000", "sockets"),
            ("--duration 25h", "--duration"),
            ("--duration 0s", "--duration"),
            ("--rate 1000000/s --duration 1h", "--rate"),
            ("--connect-rate 0", "--connect-rate"),
            ("--text-bytes 10", "--text-bytes"),
            ("--text-bytes 9000", "--text-bytes"),
            ("--reply-every 0", "--reply-every"),
            ("--threshold delivery.p99", "--threshold"),
            ("--rate fast", "--rate"),
        ] {
            let refusal = parse(flags).expect_err(flags);
            assert!(refusal.contains(named), "{flags}: {refusal}");
        }
    }
}
