//! With the feature `sabotage`: which switches are on, read once from the environment.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::Switch;

pub(crate) const VARIABLE: &str = "SALOTTO_SABOTAGE";
/// Long enough for anything else to happen in between.
const LINGER: Duration = Duration::from_millis(700);

/// What a switch is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    /// Breaks a mechanism: the tests must notice.
    Sabotage,
    /// Happens to sound nodes as well: the tests must find nothing wrong.
    Trouble,
    /// The process ends where it stands.
    Crash,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Kind::Sabotage => "sabotage",
            Kind::Trouble => "trouble",
            Kind::Crash => "crash",
        }
    }
}

struct Armed {
    switch: Switch,
    /// It takes effect every so many times.
    every: u32,
    passed: AtomicU32,
    lingered: AtomicU32,
}

static ARMED: OnceLock<Vec<Armed>> = OnceLock::new();

/// `skip_term,lose_hints:3`. To be called once, before anything else.
pub(crate) fn arm(text: &str) -> Result<(), String> {
    let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
    let armed = words.map(parse).collect::<Result<Vec<Armed>, String>>()?;
    ARMED.set(armed).map_err(|_| "armed twice".to_owned())
}

fn parse(word: &str) -> Result<Armed, String> {
    let (name, every) = word.split_once(':').unwrap_or((word, "1"));
    let switch = Switch::ALL.into_iter().find(|switch| switch.as_str() == name);
    let switch = switch.ok_or_else(|| format!("{VARIABLE}: there is no switch {name:?}"))?;
    let every = every.parse().ok().filter(|every| *every > 0);
    let every = every.ok_or_else(|| format!("{VARIABLE}: {word:?} needs a number above 0"))?;
    Ok(Armed { switch, every, passed: AtomicU32::new(0), lingered: AtomicU32::new(0) })
}

/// One a line: what it is for, and its name.
pub(crate) fn list() -> String {
    let line = |switch: Switch| format!("{} {}\n", switch.kind().as_str(), switch.as_str());
    Switch::ALL.into_iter().map(line).collect()
}

/// Whether it is to be broken here and now. The first time is told on standard error: tests wait
/// for it.
pub(crate) fn on(switch: Switch) -> bool {
    let Some(armed) = find(switch) else { return false };
    let passed = armed.passed.fetch_add(1, Ordering::SeqCst) + 1;
    if passed == armed.every {
        say(switch, "takes effect");
    }
    passed.is_multiple_of(armed.every)
}

/// Ends the process without a word to anybody, as SIGKILL does.
pub(crate) fn crash(switch: Switch) {
    if on(switch) {
        std::process::abort();
    }
}

/// Takes its time. Each begin and end is told.
pub(crate) async fn linger(switch: Switch) {
    let Some(armed) = find(switch) else { return };
    let times = armed.lingered.fetch_add(1, Ordering::SeqCst) + 1;
    say(switch, &format!("lingers {times}"));
    tokio::time::sleep(LINGER).await;
    say(switch, &format!("goes on {times}"));
}

/// Not a setting, though it looks like one.
pub(crate) fn is_variable(name: &str) -> bool {
    name == VARIABLE
}

fn find(switch: Switch) -> Option<&'static Armed> {
    ARMED.get()?.iter().find(|armed| armed.switch == switch)
}

fn say(switch: Switch, what: &str) {
    eprintln!("sabotage: {} {what}", switch.as_str());
}

impl Switch {
    const ALL: [Switch; 35] = [
        Switch::PublishBeforeCommit,
        Switch::AcknowledgeBeforeCommit,
        Switch::SkipTerm,
        Switch::SkipEligibility,
        Switch::SkipCapacity,
        Switch::SkipWaiting,
        Switch::SkipGapCheck,
        Switch::TrustLink,
        Switch::KeepEpoch,
        Switch::LoseSlotRelease,
        Switch::ReleaseSlotTwice,
        Switch::ForgetClientIds,
        Switch::AttachWithHole,
        Switch::ShowHidden,
        Switch::SkipOwnership,
        Switch::SkipRefill,
        Switch::SkipRequeueGuard,
        Switch::SkipAttended,
        Switch::LeadAfterLease,
        Switch::SkipReconciliation,
        Switch::LeaveHoles,
        Switch::AcceptDuplicates,
        Switch::DrainSilently,
        Switch::FailCommits,
        Switch::LoseHints,
        Switch::DoubleHints,
        Switch::SlowReads,
        Switch::RepeatRequeues,
        Switch::SeeNobody,
        Switch::CrashBeforeCommit,
        Switch::CrashAfterCommit,
        Switch::CrashAfterPublish,
        Switch::CrashInBatch,
        Switch::CrashInTakeOver,
        Switch::CrashInMigration,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Switch::PublishBeforeCommit => "publish_before_commit",
            Switch::AcknowledgeBeforeCommit => "acknowledge_before_commit",
            Switch::SkipTerm => "skip_term",
            Switch::SkipEligibility => "skip_eligibility",
            Switch::SkipCapacity => "skip_capacity",
            Switch::SkipWaiting => "skip_waiting",
            Switch::SkipGapCheck => "skip_gap_check",
            Switch::TrustLink => "trust_link",
            Switch::KeepEpoch => "keep_epoch",
            Switch::LoseSlotRelease => "lose_slot_release",
            Switch::ReleaseSlotTwice => "release_slot_twice",
            Switch::ForgetClientIds => "forget_client_ids",
            Switch::AttachWithHole => "attach_with_hole",
            Switch::ShowHidden => "show_hidden",
            Switch::SkipOwnership => "skip_ownership",
            Switch::SkipRefill => "skip_refill",
            Switch::SkipRequeueGuard => "skip_requeue_guard",
            Switch::SkipAttended => "skip_attended",
            Switch::LeadAfterLease => "lead_after_lease",
            Switch::SkipReconciliation => "skip_reconciliation",
            Switch::LeaveHoles => "leave_holes",
            Switch::AcceptDuplicates => "accept_duplicates",
            Switch::DrainSilently => "drain_silently",
            Switch::FailCommits => "fail_commits",
            Switch::LoseHints => "lose_hints",
            Switch::DoubleHints => "double_hints",
            Switch::SlowReads => "slow_reads",
            Switch::RepeatRequeues => "repeat_requeues",
            Switch::SeeNobody => "see_nobody",
            Switch::CrashBeforeCommit => "crash_before_commit",
            Switch::CrashAfterCommit => "crash_after_commit",
            Switch::CrashAfterPublish => "crash_after_publish",
            Switch::CrashInBatch => "crash_in_batch",
            Switch::CrashInTakeOver => "crash_in_take_over",
            Switch::CrashInMigration => "crash_in_migration",
        }
    }

    fn kind(self) -> Kind {
        match self {
            Switch::PublishBeforeCommit
            | Switch::AcknowledgeBeforeCommit
            | Switch::SkipTerm
            | Switch::SkipEligibility
            | Switch::SkipCapacity
            | Switch::SkipWaiting
            | Switch::SkipGapCheck
            | Switch::TrustLink
            | Switch::KeepEpoch
            | Switch::LoseSlotRelease
            | Switch::ReleaseSlotTwice
            | Switch::ForgetClientIds
            | Switch::AttachWithHole
            | Switch::ShowHidden
            | Switch::SkipOwnership
            | Switch::SkipRefill
            | Switch::SkipRequeueGuard
            | Switch::SkipAttended
            | Switch::LeadAfterLease
            | Switch::SkipReconciliation
            | Switch::LeaveHoles
            | Switch::AcceptDuplicates
            | Switch::DrainSilently => Kind::Sabotage,
            Switch::FailCommits
            | Switch::LoseHints
            | Switch::DoubleHints
            | Switch::SlowReads
            | Switch::RepeatRequeues
            | Switch::SeeNobody => Kind::Trouble,
            Switch::CrashBeforeCommit
            | Switch::CrashAfterCommit
            | Switch::CrashAfterPublish
            | Switch::CrashInBatch
            | Switch::CrashInTakeOver
            | Switch::CrashInMigration => Kind::Crash,
        }
    }
}
