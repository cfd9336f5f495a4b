//! Speed and size, each beside its floor or its peer in the same run: `make bench`.
//!
//! Every figure is a ratio, or stands beside the bare loop that it is measured against; a goal
//! that is missed is printed as missed and does not fail the run.

mod broadcast;
mod burst;
mod cluster;
mod crowd;
mod end_to_end;
mod floor;
mod journal;
mod line;
mod memory;
mod pairs;
mod process;
mod report;
mod resumes;
mod storm;

use report::Report;

/// Sockets of one process: below the usual limit of 20,000 descriptors.
pub(crate) const CROWD: usize = 18_000;

/// Room for the crowd as idle visitors, and no heartbeat while a benchmark lasts: its sockets only
/// listen.
pub(crate) const NODE: &[(&str, &str)] = &[
    ("GATEWAY__SOCKETS_MAX", "20000"),
    // What is measured is how fast all are greeted, not whom a node sends away.
    ("GATEWAY__HELLOS_MAX", "100000"),
    ("GATEWAY__HEARTBEAT_MS", "120000"),
];

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        // The same program is also the other end of the line, in processes of its own.
        ["crowd", rest @ ..] => crowd::run(rest).await,
        ["floor-fanout", rest @ ..] => floor::fan_out(rest).await,
        ["floor-upgrade", rest @ ..] => floor::upgrade(rest).await,
        only => benchmarks(only).await,
    }
}

async fn benchmarks(only: &[&str]) {
    let wanted = |name: &str| only.is_empty() || only.contains(&name);
    let mut report = Report::default();
    if wanted("memory") {
        memory::measure(&mut report).await;
    }
    if wanted("fanout") {
        broadcast::measure(&mut report).await;
    }
    if wanted("storm") {
        storm::measure(&mut report).await;
    }
    if wanted("burst") {
        burst::measure(&mut report).await;
    }
    if wanted("journal") {
        journal::measure(&mut report).await;
    }
    if wanted("journal-postgres") {
        journal::measure_postgres(&mut report).await;
    }
    if wanted("end-to-end") {
        end_to_end::measure(&mut report).await;
    }
    if wanted("two-nodes") {
        cluster::measure(&mut report).await;
    }
    if wanted("without-redis") {
        cluster::measure_without_redis(&mut report).await;
    }
    if wanted("ten-recipients") {
        cluster::measure_wide(&mut report).await;
    }
    if wanted("node-killed") {
        resumes::measure_killed(&mut report).await;
    }
    if wanted("resumes") {
        resumes::measure(&mut report).await;
    }
    report.print();
}
