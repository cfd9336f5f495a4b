//! What this process costs, as the kernel counts it. Linux; elsewhere the figures stay zero.

use std::fs;

use metrics::gauge;
use rustix::process::{Resource, getrlimit};

pub(super) fn read() {
    if let Some(seconds) = cpu_seconds() {
        gauge!("process_cpu_seconds_total").set(seconds);
    }
    if let Some(kib) = status_field("VmRSS:") {
        gauge!("process_resident_memory_bytes").set(kib * 1024.0);
    }
    if let Some(threads) = status_field("Threads:") {
        gauge!("process_threads").set(threads);
    }
    if let Some(count) = open_fds() {
        gauge!("process_open_fds").set(count);
    }
    if let Some(max) = getrlimit(Resource::Nofile).current {
        gauge!("process_max_fds").set(max as f64);
    }
}

fn cpu_seconds() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name stands in brackets and may hold anything, brackets too.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace().skip(11);
    let [user, system] = [fields.next()?, fields.next()?].map(|it| it.parse::<f64>().ok());
    Some((user? + system?) / rustix::param::clock_ticks_per_second() as f64)
}

fn status_field(name: &str) -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

/// Newer kernels say it in the size of the folder; reading 20,000 names makes as many inodes.
fn open_fds() -> Option<f64> {
    match fs::metadata("/proc/self/fd").ok()?.len() {
        0 => Some(fs::read_dir("/proc/self/fd").ok()?.count() as f64),
        count => Some(count as f64),
    }
}
