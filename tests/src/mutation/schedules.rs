//! Random schedules against the pure machines that the nodes run, in the sabotaged binary itself.

use tokio::process::Command;

use super::trial::{Findings, SABOTAGE, Trial, sabotaged_binary};

/// Always the same ones: what they catch once, they catch again.
const FIRST_SEED: &str = "1";

/// So many against one machine.
pub(super) async fn of(trial: Trial, machine: &'static str, count: u32) -> Findings {
    let mut command = Command::new(sabotaged_binary());
    command.args(["schedules", "--machine", machine, "--seed", FIRST_SEED]);
    command.args(["--count", &count.to_string()]);
    command.env_clear().env(SABOTAGE, trial.sabotage).kill_on_drop(true);
    let output = command.output().await.expect("it starts");
    if output.status.success() {
        return Vec::new();
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let told = said.lines().find(|line| !line.starts_with("sabotage: ")).unwrap_or("it ended");
    vec![told.to_owned()]
}
