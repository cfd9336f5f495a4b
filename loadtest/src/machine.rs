//! What the generator itself may use and uses: descriptors, CPU, memory.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};

/// For the REST connections, the runtime, files and the terminal.
const OTHER_DESCRIPTORS: u64 = 128;

/// Makes room for so many sockets, or says how many there is room for.
pub fn make_room(sockets: u64) -> Result<u64, String> {
    let needed = sockets + OTHER_DESCRIPTORS;
    let limit = getrlimit(Resource::Nofile);
    let soft = limit.current.unwrap_or(u64::MAX);
    if soft >= needed {
        return Ok(soft);
    }
    let hard = limit.maximum.unwrap_or(u64::MAX);
    if hard < needed {
        return Err(format!(
            "{sockets} sockets need {needed} descriptors, the hard limit is {hard}; \
             use several processes or raise it"
        ));
    }
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })
        .map_err(|error| format!("cannot raise the limit on descriptors: {error}"))?;
    Ok(hard)
}

/// CPU time of this process so far, all threads.
pub fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// Resident memory now and at its highest. 0 where there is no /proc.
pub fn memory_bytes() -> (u64, u64) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kib = |name: &str| {
        let line = status.lines().find_map(|it| it.strip_prefix(name));
        line.and_then(|it| it.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0)
    };
    (kib("VmRSS:") * 1024, kib("VmHWM:") * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_descriptors_than_the_machine_allows_are_refused_up_front() {
        assert!(make_room(1).is_ok());

        let hard = getrlimit(Resource::Nofile).maximum;
        if let Some(hard) = hard {
            let refusal = make_room(hard).expect_err("the limit itself leaves no room for others");
            assert!(refusal.contains(&hard.to_string()), "{refusal}");
        }
    }

    #[test]
    fn the_process_uses_memory_and_time() {
        let (now, peak) = memory_bytes();

        assert!(now > 0 && peak >= now);
        assert!(cpu_seconds() > 0.0);
    }
}
