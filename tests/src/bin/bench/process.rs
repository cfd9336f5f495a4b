//! What a process holds, read from /proc, and child processes that answer line by line.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// Resident memory in bytes.
pub(crate) fn rss_bytes(pid: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let line = status.lines().find(|line| line.starts_with("VmRSS")).expect("it has memory");
    let kilobytes: f64 =
        line.split_whitespace().nth(1).and_then(|it| it.parse().ok()).expect("a number");
    kilobytes * 1_024.0
}

/// Kernel memory of all sockets, in bytes: the slab that grows with them.
pub(crate) fn slab_bytes() -> f64 {
    let info = std::fs::read_to_string("/proc/meminfo").expect("there is memory");
    let line = info.lines().find(|line| line.starts_with("Slab:")).expect("there is a slab");
    let kilobytes: f64 =
        line.split_whitespace().nth(1).and_then(|it| it.parse().ok()).expect("a number");
    kilobytes * 1_024.0
}

/// This program again, in another role; answers one line to each line.
pub(crate) struct Helper {
    child: Child,
    orders: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Helper {
    pub(crate) fn start(arguments: &[&str]) -> Helper {
        let own = std::env::current_exe().expect("this program");
        let mut child = Command::new(own)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("it starts");
        let orders = child.stdin.take().expect("piped");
        let answers = BufReader::new(child.stdout.take().expect("piped")).lines();
        Helper { child, orders, answers }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// The next line that it prints.
    pub(crate) async fn answer(&mut self) -> String {
        let wait = tokio::time::timeout(Duration::from_secs(120), self.answers.next_line());
        wait.await.expect("in time").expect("readable").expect("a line")
    }

    pub(crate) async fn ask(&mut self, order: &str) -> String {
        self.orders.write_all(format!("{order}\n").as_bytes()).await.expect("it listens");
        self.answer().await
    }
}
