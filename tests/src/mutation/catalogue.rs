//! Which run must catch which broken mechanism. The smallest that does.

use std::pin::Pin;

use super::trial::{Findings, Trial};
use super::{delivery, routing, schedules, stale, writes};

/// A run, its troubles, and what it must catch.
pub struct Catcher {
    pub name: &'static str,
    pub run: Run,
    pub troubles: &'static str,
    /// A switch may have its number: every so many times.
    pub catches: &'static [&'static str],
}

pub type Run = fn(Trial) -> Pin<Box<dyn Future<Output = Findings> + Send>>;

pub const CATCHERS: &[Catcher] = &[
    Catcher {
        name: "a talk",
        run: |trial| Box::pin(writes::a_talk(trial)),
        troubles: "",
        catches: &["leave_holes:7"],
    },
    Catcher {
        name: "a talk with commits that fail",
        run: |trial| Box::pin(writes::a_talk(trial)),
        troubles: "fail_commits:5",
        catches: &["publish_before_commit", "acknowledge_before_commit"],
    },
    Catcher {
        name: "a repeat",
        run: |trial| Box::pin(writes::a_repeat(trial)),
        troubles: "",
        catches: &["forget_client_ids"],
    },
    Catcher {
        name: "a close",
        run: |trial| Box::pin(writes::a_close(trial)),
        troubles: "",
        catches: &["lose_slot_release", "release_slot_twice"],
    },
    Catcher {
        name: "a restore",
        run: |trial| Box::pin(writes::a_restore(trial)),
        troubles: "",
        catches: &["keep_epoch"],
    },
    Catcher {
        name: "a comment and a stranger",
        run: |trial| Box::pin(delivery::a_comment(trial)),
        troubles: "",
        catches: &["show_hidden", "skip_ownership"],
    },
    Catcher {
        name: "an attach",
        run: |trial| Box::pin(delivery::an_attach(trial)),
        troubles: "slow_reads",
        catches: &["attach_with_hole"],
    },
    Catcher {
        name: "a slow reader",
        run: |trial| Box::pin(delivery::a_slow_reader(trial)),
        troubles: "",
        catches: &["skip_refill"],
    },
    Catcher {
        name: "a drain",
        run: |trial| Box::pin(delivery::a_drain(trial)),
        troubles: "",
        catches: &["drain_silently"],
    },
    Catcher {
        name: "answers of which some hints are lost",
        run: |trial| Box::pin(delivery::answers_with_gaps(trial)),
        troubles: "lose_hints:2",
        catches: &["skip_gap_check"],
    },
    Catcher {
        name: "answers of which no hint tells",
        run: |trial| Box::pin(delivery::untold_answers(trial)),
        troubles: "lose_hints",
        catches: &["trust_link"],
    },
    Catcher {
        name: "answers that are told twice",
        run: |trial| Box::pin(delivery::answers_one_by_one(trial)),
        troubles: "double_hints",
        catches: &["accept_duplicates"],
    },
    Catcher {
        name: "an agent who went Away",
        run: |trial| Box::pin(stale::an_agent_away(trial)),
        troubles: "",
        catches: &["skip_eligibility"],
    },
    Catcher {
        name: "a slot taken by hand",
        run: |trial| Box::pin(stale::a_taken_slot(trial)),
        troubles: "",
        catches: &["skip_capacity"],
    },
    Catcher {
        name: "a conversation taken by hand",
        run: |trial| Box::pin(stale::a_taken_conversation(trial)),
        troubles: "",
        catches: &["skip_waiting"],
    },
    Catcher {
        name: "a start that nobody told",
        run: |trial| Box::pin(stale::a_lost_start(trial)),
        troubles: "",
        catches: &["skip_reconciliation"],
    },
    Catcher {
        name: "a take-over",
        run: |trial| Box::pin(routing::a_take_over(trial)),
        troubles: "",
        catches: &["lead_after_lease"],
    },
    Catcher {
        name: "a router whose term is over",
        run: |trial| Box::pin(routing::an_old_term(trial)),
        troubles: "lead_after_lease",
        catches: &["skip_term"],
    },
    Catcher {
        name: "a requeue that comes late",
        run: |trial| Box::pin(routing::a_late_requeue(trial)),
        troubles: "repeat_requeues",
        catches: &["skip_requeue_guard"],
    },
    Catcher {
        name: "a visitor who stays",
        run: |trial| Box::pin(routing::a_visitor_who_stays(trial)),
        troubles: "see_nobody",
        catches: &["skip_attended"],
    },
    Catcher {
        name: "schedules of followers",
        run: |trial| Box::pin(schedules::of(trial, "gap-filler", 500)),
        troubles: "",
        catches: &[
            "skip_gap_check",
            "attach_with_hole",
            "accept_duplicates",
            "show_hidden",
            "skip_ownership",
        ],
    },
    Catcher {
        name: "schedules of routers",
        run: |trial| Box::pin(schedules::of(trial, "lease-and-router", 2_000)),
        troubles: "",
        catches: &[
            "skip_eligibility",
            "skip_capacity",
            "skip_waiting",
            "lose_slot_release",
            "release_slot_twice",
            "lead_after_lease",
            "skip_reconciliation",
        ],
    },
];
