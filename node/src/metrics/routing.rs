//! Agents, slots, the queue and the router.

use std::time::Duration;

use metrics::{counter, gauge, histogram};

/// Who could answer.
pub(crate) fn agents(available: usize, away: usize, absent: usize) {
    gauge!("salotto_agents", "state" => "available").set(available as f64);
    gauge!("salotto_agents", "state" => "away").set(away as f64);
    gauge!("salotto_agents", "state" => "absent").set(absent as f64);
}

/// Slots of all agents together; free are those of agents who could answer.
pub(crate) fn agent_slots(taken: u32, free: u32) {
    gauge!("salotto_agent_slots", "state" => "taken").set(taken);
    gauge!("salotto_agent_slots", "state" => "free").set(free);
}

/// Conversations that wait for an agent, and for how long the first of them has.
pub(crate) fn queue(conversations: usize, oldest_wait: Duration) {
    gauge!("salotto_queue_conversations", "queue" => "other").set(conversations as f64);
    gauge!("salotto_queue_oldest_wait_seconds", "queue" => "other").set(oldest_wait.as_secs_f64());
}

/// A conversation waits no more.
pub(crate) fn waited(outcome: &'static str, time: Duration) {
    histogram!("salotto_queue_wait_seconds", "queue" => "other", "outcome" => outcome).record(time);
}

/// The journal has answered an assignment, so long after the policy chose.
pub(crate) fn routed(outcome: &'static str, time: Duration) {
    counter!("salotto_routing_decisions_total", "queue" => "other", "outcome" => outcome)
        .increment(1);
    histogram!("salotto_routing_duration_seconds").record(time);
}

/// The auditor found slots that were taken or freed without being counted (BY-2), or one that the
/// router took above the limit (I9).
pub(crate) fn capacity_violation() {
    counter!("salotto_capacity_violations_total").increment(1);
}

/// This node's term as the router; `None` while it is not.
pub(crate) fn router_term(term: Option<i64>) {
    gauge!("salotto_router_leader").set(f64::from(u8::from(term.is_some())));
    gauge!("salotto_router_term").set(term.unwrap_or(0) as f64);
}

/// What the auditor finds now: agents whose slots are miscounted, conversations that hold a slot of
/// somebody who does not have them, and slots that the router took above the limit.
pub(crate) fn router_violations(miscounted: usize, misplaced: u32, exceeding: usize) {
    gauge!("salotto_router_violations", "kind" => "miscounted").set(miscounted as f64);
    gauge!("salotto_router_violations", "kind" => "misplaced").set(misplaced);
    gauge!("salotto_router_violations", "kind" => "exceeding").set(exceeding as f64);
}

/// Agents with more than their capacity: given by hand, spoken to again after a lapse, or the limit
/// was lowered.
pub(crate) fn agents_above_capacity(agents: u32) {
    gauge!("salotto_router_agents_above_capacity").set(agents);
}

/// A visitor who waited has long been gone.
pub(crate) fn missed() {
    counter!("salotto_router_missed_total").increment(1);
}

/// A visitor who would wait too long was promised an answer by e-mail (BY-15).
pub(crate) fn promised() {
    counter!("salotto_promises_total").increment(1);
}

/// A letter with answers was written to somebody who had been promised them.
pub(crate) fn answer_mailed() {
    counter!("salotto_answers_mailed_total").increment(1);
}

/// A slot is free again, since nobody has said anything there for as long as the account says.
pub(crate) fn lapsed() {
    counter!("salotto_router_lapsed_total").increment(1);
}

/// A conversation of an agent who is gone waits again.
pub(crate) fn requeued() {
    counter!("salotto_router_requeued_total").increment(1);
}
