//! Switches that break one mechanism each, on purpose, so that the tests can be seen to notice.
//!
//! Nothing of it is in a build without the feature `sabotage`: there `on` is a constant `false`.
//! With it, `SALOTTO_SABOTAGE=skip_term,lose_hints:3` is read once, at the start; `:3` is every
//! third time only. `tests/tests/mutations.rs` has a run for each that must catch it.
//!
//! Absent, because nobody outside could tell: the agent's `version` alone (eligibility is read
//! again under the lock; the version keeps the decision record true), and flushing the journal in
//! a drain (what is not acknowledged is sent again, to another node).

#[cfg(not(feature = "sabotage"))]
mod absent;
#[cfg(feature = "sabotage")]
mod armed;

#[cfg(not(feature = "sabotage"))]
pub(crate) use absent::{crash, is_variable, linger, on};
#[cfg(feature = "sabotage")]
pub(crate) use armed::{VARIABLE, arm, crash, is_variable, linger, list, on};

/// What can be broken, and how.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Switch {
    /// What a batch would add is told, whether it is committed or not.
    PublishBeforeCommit,
    /// Senders hear that it is done, whether it is committed or not.
    AcknowledgeBeforeCommit,
    /// A router whose term is over still assigns (I11).
    SkipTerm,
    /// An assignment does not look whether the agent is still Available and present (I13).
    SkipEligibility,
    /// Nor whether a slot is free (I9).
    SkipCapacity,
    /// Nor whether the conversation still waits (I10).
    SkipWaiting,
    /// What is missing before an entry of another node is not looked for.
    SkipGapCheck,
    /// What no hint told is never looked for in the store.
    TrustLink,
    /// `salotto restored` changes nothing.
    KeepEpoch,
    LoseSlotRelease,
    ReleaseSlotTwice,
    /// A repeat is taken for something new (I8).
    ForgetClientIds,
    /// New entries are not held back while a socket's history is read.
    AttachWithHole,
    /// Visitors are told what is hidden from them (I15).
    ShowHidden,
    /// Whoever knows a conversation's id may follow it (I15).
    SkipOwnership,
    /// A slow consumer that lost its queue is left as it is.
    SkipRefill,
    /// What an agent who came back has answered is taken away all the same.
    SkipRequeueGuard,
    /// A visitor who is there is missed all the same.
    SkipAttended,
    LeadAfterLease,
    /// The router believes what it heard, and never reads again who waits.
    SkipReconciliation,
    /// A seq is left out.
    LeaveHoles,
    /// What was given to the audience before is given again.
    AcceptDuplicates,
    /// Sockets are cut, and nobody is told to come back.
    DrainSilently,

    /// A batch fails where it would commit. The senders are told, and send again.
    FailCommits,
    LoseHints,
    DoubleHints,
    /// A history takes long from the store to its reader.
    SlowReads,
    /// Each requeue is asked for once more, later: as by a router that was frozen meanwhile.
    RepeatRequeues,
    /// The look for those who are gone overlooks who is here: as if they came back right after it.
    SeeNobody,

    CrashBeforeCommit,
    /// Committed, and nobody told.
    CrashAfterCommit,
    /// The other nodes and the readers know, the senders do not.
    CrashAfterPublish,
    /// Heads are written, their entries are not.
    CrashInBatch,
    /// The lease is taken, and nobody leads.
    CrashInTakeOver,
    /// The first steps of the schema are taken, the last one is not.
    CrashInMigration,
}
