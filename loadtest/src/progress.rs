//! Shows how far a run is: a bar on a terminal, else a line every 5 s.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::args::Ui;
use crate::books::Books;
use crate::latency::Measure;

const LINE_EVERY: Duration = Duration::from_secs(5);

pub enum Progress {
    Bar(ProgressBar),
    Lines { last: Instant },
    Silent,
}

impl Progress {
    /// On stderr: stdout is for results.
    pub fn new(ui: Ui) -> Progress {
        let is_terminal = std::io::stderr().is_terminal();
        match ui {
            Ui::Auto if is_terminal => Progress::Bar(bar()),
            Ui::Auto | Ui::Plain => Progress::Lines { last: Instant::now() },
            Ui::Json | Ui::None => Progress::Silent,
        }
    }

    /// A new part of the run begins.
    pub fn stage(&mut self, text: &str) {
        match self {
            Progress::Bar(bar) => bar.set_message(text.to_owned()),
            Progress::Lines { last } => {
                *last = Instant::now();
                eprintln!("{text}");
            }
            Progress::Silent => {}
        }
    }

    /// `passed` of `whole`; may be called as often as one likes.
    pub fn at(&mut self, stage: &str, passed: Duration, whole: Duration, books: &Books) {
        match self {
            Progress::Bar(bar) => {
                bar.set_length(whole.as_millis() as u64);
                bar.set_position(passed.as_millis() as u64);
                bar.set_message(format!("{stage}  {}", figures(books)));
            }
            Progress::Lines { last } if last.elapsed() >= LINE_EVERY => {
                *last = Instant::now();
                let (passed, whole) = (passed.as_secs(), whole.as_secs());
                eprintln!("{stage} {passed}/{whole} s  {}", figures(books));
            }
            Progress::Lines { .. } | Progress::Silent => {}
        }
    }

    pub fn finish(&self) {
        match self {
            Progress::Bar(bar) => bar.finish_and_clear(),
            Progress::Lines { .. } | Progress::Silent => {}
        }
    }
}

fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{elapsed} {bar:30} {percent:>3}% {msg}")
        .expect("the template is sound");
    let bar = ProgressBar::with_draw_target(Some(1), ProgressDrawTarget::stderr_with_hz(5));
    bar.with_style(style)
}

fn figures(books: &Books) -> String {
    let tally = &books.tally;
    let p99_ms = |measure| books.latency.pair(measure).due.value_at_quantile(0.99) as f64 / 1e3;
    format!(
        "planned {} acked {} delivered {}  p99 ack {:.1}, to agent {:.1}, to visitor {:.1}, \
         lag {:.1} ms",
        tally.planned.get(),
        tally.acked.get(),
        tally.delivered.get(),
        p99_ms(Measure::Ack),
        p99_ms(Measure::DeliveryToAgent),
        p99_ms(Measure::DeliveryToVisitor),
        p99_ms(Measure::ScheduleLag),
    )
}
