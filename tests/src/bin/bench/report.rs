//! The table at the end: what was measured, beside what, against which goal.

#[derive(Default)]
pub(crate) struct Report {
    lines: Vec<Line>,
}

struct Line {
    name: String,
    measured: String,
    goal: String,
    verdict: &'static str,
}

#[derive(Clone, Copy)]
pub(crate) enum Goal {
    AtMost(f64),
    AtLeast(f64),
    /// Stands beside another figure.
    None,
}

impl Report {
    pub(crate) fn line(&mut self, name: &str, value: f64, unit: &str, goal: Goal) {
        let (goal, verdict) = match goal {
            Goal::AtMost(most) => (format!("≤ {most} {unit}"), verdict(value <= most)),
            Goal::AtLeast(least) => (format!("≥ {least} {unit}"), verdict(value >= least)),
            Goal::None => (String::new(), ""),
        };
        let measured = format!("{value:.2} {unit}");
        println!("{name}: {measured} {goal} {verdict}");
        self.lines.push(Line { name: name.to_owned(), measured, goal, verdict });
    }

    pub(crate) fn print(&self) {
        println!("\n{:<58} {:>20} {:>16}", "benchmark", "measured", "goal");
        for line in &self.lines {
            println!("{:<58} {:>20} {:>16} {}", line.name, line.measured, line.goal, line.verdict);
        }
    }
}

fn verdict(met: bool) -> &'static str {
    if met { "met" } else { "MISSED" }
}

/// The middle one: a figure of this machine moves by half with its neighbours.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    assert!(!values.is_empty(), "nothing was measured");
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Of values in any order.
pub(crate) fn quantile(values: &[f64], share: f64) -> f64 {
    assert!(!values.is_empty(), "nothing was measured");
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in it")]
    let place = (values.len() as f64 * share) as usize;
    values[place.min(values.len() - 1)]
}
