//! What processes cost, as the kernel counts it.

/// Ticks a second, as /proc counts CPU time.
const TICKS_PER_SECOND: f64 = 100.0;

/// User and system CPU time so far, in seconds.
pub fn cpu_seconds(pid: u32) -> f64 {
    let [own, _ended_children] = times(pid).expect("it runs");
    own
}

/// Of a process and of its children, those that have ended too.
pub fn cpu_seconds_of_all(pid: u32) -> f64 {
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
    let children = children.expect("it runs");
    let children = children.split_whitespace().filter_map(|child| child.parse().ok());
    let everybody = std::iter::once(pid).chain(children);
    everybody.filter_map(times).flatten().sum()
}

/// Its own time, and that of its children that have ended.
fn times(pid: u32) -> Option<[f64; 2]> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let after_name = stat.rsplit(')').next()?;
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let ticks = |place: usize| fields[place].parse::<f64>().expect("a number");
    Some([ticks(11) + ticks(12), ticks(13) + ticks(14)].map(|ticks| ticks / TICKS_PER_SECOND))
}
