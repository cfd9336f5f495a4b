//! Random schedules by the hundred thousand against the pure machines that the nodes run, in the
//! sabotaged binary with nothing broken: it knows the machines' small worlds and is optimised.

use std::process::Stdio;

use salotto_tests::mutation::sabotaged_binary;
use tokio::process::Command;

/// How many schedules of each machine.
const MACHINES: [(&str, u64); 4] = [
    ("gap-filler", 400_000),
    ("lease-and-router", 200_000),
    ("slow-consumer", 400_000),
    ("drain", 400_000),
];
/// A debug build is that much slower.
const DEBUG_SHARE: u64 = 200;

#[tokio::test]
async fn more_than_a_million_schedules_find_nothing_wrong() {
    let seed = std::env::var("SEED").unwrap_or_else(|_| "1".to_owned());
    for (machine, count) in MACHINES {
        let count = if cfg!(debug_assertions) { count / DEBUG_SHARE } else { count };
        // The other tests have hurried clients: they come first.
        let mut command = Command::new("nice");
        command.args(["-n", "19"]).arg(sabotaged_binary());
        command.args(["schedules", "--machine", machine, "--seed", &seed]);
        command.args(["--count", &count.to_string()]).env_clear();
        command.stdin(Stdio::null()).kill_on_drop(true);
        let output = command.output().await.expect("nice and the sabotaged binary are there");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{machine}, seed {seed}: {said}");
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(told.contains(&format!("{machine}: {count} schedules")), "{told}");
        println!("{}", told.trim());
    }
}
