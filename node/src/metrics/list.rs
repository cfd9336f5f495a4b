//! The list of all metrics with every value that their labels can have.
//!
//! Each combination is made at start: a panel is never empty, and `rate()` misses no first event.
//! Labels come from closed sets; none names a visitor, an agent, a conversation or an address.

use metrics::{
    Label, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};

/// From half a millisecond to ten seconds.
pub(super) const FAST: &[f64] =
    &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// What people wait.
pub(super) const HUMAN: &[f64] =
    &[1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0, 3600.0];
/// How long a socket lives.
pub(super) const LIFE: &[f64] =
    &[1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 1800.0, 3600.0, 7200.0, 14400.0, 28800.0, 86400.0];
/// How many at once.
pub(super) const DEPTH: &[f64] =
    &[0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0];

#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Counter,
    Gauge,
    Histogram(&'static [f64]),
}

pub(super) struct Metric {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) labels: &'static [(&'static str, &'static [&'static str])],
    pub(super) about: &'static str,
}

type Values = (&'static str, &'static [&'static str]);

const ROLE: Values = ("role", &["visitor", "agent"]);
const TRANSPORT: Values = ("transport", &["ws"]);
const DIRECTION: Values = ("direction", &["in", "out"]);
const ACTOR: Values =
    ("kind", &["session", "agent", "chatflow", "conversation", "board", "router", "singleton"]);
const STOPPED: Values = ("reason", &["idle", "drain", "panic"]);
const CLOSED: Values = (
    "reason",
    &[
        "client_close",
        "client_gone",
        "idle_timeout",
        "slow_consumer",
        "protocol_error",
        "auth_expired",
        "rate_limited",
        "server_drain",
        "server_error",
    ],
);
const HANDSHAKE: Values = (
    "result",
    &["ok", "bad_origin", "unauthorized", "over_limit", "rate_limited", "bad_request", "error"],
);
const TIER: Values = ("tier", &["agent", "resuming", "idle"]);
const NO_ROOM: Values = ("reason", &["full", "storm", "draining"]);
const PROXY_HEADER: Values = ("reason", &["untrusted", "malformed", "late"]);
const RESUME: Values = ("result", &["resumed", "gap", "expired", "unknown"]);
const SENDER: Values = ("sender", &["visitor", "agent", "bot", "system"]);
const REJECTED: Values = (
    "reason",
    &["too_large", "rate_limited", "forbidden", "closed", "invalid", "overload", "store_error"],
);
const PATH: Values = ("path", &["local", "link", "resume"]);
const DELIVERY_PATH: Values = ("path", &["local", "link"]);
const STORE_OP: Values = ("op", &["append", "change", "checkpoint"]);
const STORE_ERROR: Values = ("error", &["busy", "constraint", "unavailable"]);
const ENVELOPE: Values = ("kind", &["committed", "typing", "marks", "page", "settings"]);
const DROPPED: Values = (
    "reason",
    &[
        "buffer_full",
        "decode_error",
        "unknown",
        "queue_full",
        "disconnected",
        "refused",
        "gap",
        "stale",
    ],
);
const AGENT: Values = ("state", &["available", "away", "absent"]);
const SLOT: Values = ("state", &["taken", "free"]);
const STATE: Values = ("state", &["bot", "waiting", "unassigned", "assigned", "closed"]);
/// Named queues come with routing rules; until then there is one.
const QUEUE: Values = ("queue", &["other"]);
const ROUTED: Values = ("outcome", &["assigned", "refused", "stale_term", "failed"]);
const VIOLATION: Values = ("kind", &["exceeding", "miscounted", "misplaced"]);
const WAITED: Values = ("outcome", &["assigned", "abandoned"]);
const ROUTE: Values = (
    "route",
    &[
        "sites",
        "visitors",
        "conversations",
        "entries",
        "session",
        "agents",
        "loadtest",
        "openapi",
        "sockets",
        "files",
    ],
);
const CODE: Values = ("code", &["1xx", "2xx", "3xx", "4xx", "5xx"]);
const MAIL: Values = ("outcome", &["sent", "put_off", "failed"]);
const SCOPE: Values = (
    "scope",
    &[
        "visitors_per_address",
        "messages_per_address",
        "sign_ins_per_address",
        "sign_ins_per_account",
        "visitor",
        "agent",
    ],
);

const fn counter(name: &'static str, labels: &'static [Values], about: &'static str) -> Metric {
    Metric { name, kind: Kind::Counter, labels, about }
}

const fn gauge(name: &'static str, labels: &'static [Values], about: &'static str) -> Metric {
    Metric { name, kind: Kind::Gauge, labels, about }
}

const fn histogram(
    name: &'static str,
    buckets: &'static [f64],
    labels: &'static [Values],
    about: &'static str,
) -> Metric {
    Metric { name, kind: Kind::Histogram(buckets), labels, about }
}

pub(super) const METRICS: &[Metric] = &[
    gauge("salotto_ready", &[], "1 when the node takes new work"),
    gauge("salotto_draining", &[], "1 while the node leaves"),
    gauge("salotto_connections", &[ROLE, TRANSPORT], "Open sockets"),
    gauge("salotto_connections_limit", &[], "Sockets that this node takes at most"),
    counter("salotto_connections_opened_total", &[ROLE, TRANSPORT], "Sockets greeted"),
    counter("salotto_connections_closed_total", &[ROLE, CLOSED], "Sockets ended"),
    histogram("salotto_connection_duration_seconds", LIFE, &[ROLE], "Life of a socket"),
    counter("salotto_handshakes_total", &[HANDSHAKE], "From the upgrade to welcome, or not"),
    histogram("salotto_handshake_duration_seconds", FAST, &[], "From the upgrade to welcome"),
    counter("salotto_hellos_refused_total", &[TIER, NO_ROOM], "Asked to come back later"),
    counter(
        "salotto_proxy_headers_refused_total",
        &[PROXY_HEADER],
        "Connections that no trusted PROXY header led in",
    ),
    counter("salotto_session_resumes_total", &[RESUME], "Conversations attached by a cursor"),
    counter("salotto_frames_total", &[DIRECTION, ROLE], "WebSocket frames"),
    counter("salotto_frame_bytes_total", &[DIRECTION, ROLE], "Bytes of WebSocket frames"),
    gauge("salotto_outbound_queue_bytes", &[], "Queued before sockets"),
    gauge("salotto_slow_consumers", &[], "Sockets that lost their queue and wait for a refill"),
    histogram("salotto_ping_rtt_seconds", FAST, &[ROLE], "From ping to pong"),
    counter("salotto_messages_accepted_total", &[SENDER], "Messages committed"),
    counter("salotto_messages_rejected_total", &[REJECTED], "Messages refused"),
    counter("salotto_messages_duplicate_total", &[], "Sent again under the same client id"),
    counter("salotto_messages_delivered_total", &[PATH], "Entries given to outboxes"),
    histogram("salotto_message_ack_duration_seconds", FAST, &[], "From frame to ack"),
    histogram(
        "salotto_message_delivery_duration_seconds",
        FAST,
        &[DELIVERY_PATH],
        "From commit to the outboxes",
    ),
    gauge("salotto_actors", &[ACTOR], "Actors alive"),
    counter("salotto_actor_started_total", &[ACTOR], "Actors started"),
    counter("salotto_actor_stopped_total", &[ACTOR, STOPPED], "Actors ended"),
    gauge("salotto_store_write_queue_messages", &[], "Writes that wait for the journal"),
    histogram("salotto_store_write_batch_messages", DEPTH, &[], "Writes of one commit"),
    histogram("salotto_store_operation_duration_seconds", FAST, &[STORE_OP], "Store calls"),
    counter("salotto_store_errors_total", &[STORE_OP, STORE_ERROR], "Store calls that failed"),
    gauge("salotto_link_up", &[], "1 when hints of other nodes can be expected to arrive"),
    gauge("salotto_link_subscriptions", &[], "Topics that this node hears"),
    gauge("salotto_link_pending_messages", &[], "Envelopes that wait to be published"),
    counter("salotto_link_reconnects_total", &[], "Times that a link that stood was made anew"),
    histogram("salotto_link_lag_seconds", FAST, &[], "From a probe to its return"),
    counter("salotto_link_messages_total", &[DIRECTION, ENVELOPE], "Envelopes"),
    counter("salotto_link_bytes_total", &[DIRECTION], "Bytes of envelopes"),
    counter("salotto_link_dropped_total", &[DROPPED], "Hints lost; the store has what they told"),
    gauge("salotto_agents", &[AGENT], "Agents: available ones are here and Available"),
    gauge("salotto_agent_slots", &[SLOT], "Slots; free are those of agents who could answer"),
    gauge("salotto_queue_conversations", &[QUEUE], "Conversations that wait for an agent"),
    gauge("salotto_queue_oldest_wait_seconds", &[QUEUE], "How long the oldest of them waits"),
    histogram("salotto_queue_wait_seconds", HUMAN, &[QUEUE, WAITED], "From waiting to assigned"),
    counter("salotto_routing_decisions_total", &[QUEUE, ROUTED], "What the router decided"),
    histogram("salotto_routing_duration_seconds", FAST, &[], "One decision of the router"),
    counter(
        "salotto_capacity_violations_total",
        &[],
        "Slots uncounted, or taken above a limit by the router: never",
    ),
    gauge("salotto_router_leader", &[], "1 on the node that is the router"),
    gauge("salotto_router_term", &[], "Its term; 0 on the other nodes"),
    gauge("salotto_router_violations", &[VIOLATION], "What a recount of the slots finds: never"),
    gauge(
        "salotto_router_agents_above_capacity",
        &[],
        "By hand, by a message after a lapse, or by a lowered limit",
    ),
    counter("salotto_router_requeued_total", &[], "Taken back from agents who are gone"),
    counter("salotto_router_lapsed_total", &[], "Slots that nobody used for long, free again"),
    counter("salotto_router_missed_total", &[], "Taken from the queue: the visitor is gone"),
    counter("salotto_answers_mailed_total", &[], "Letters with answers that were promised"),
    counter("salotto_promises_total", &[], "Answers by e-mail that were promised"),
    gauge("salotto_conversations", &[STATE], "Conversations in the store"),
    counter("salotto_conversations_started_total", &[], "Conversations started"),
    counter("salotto_conversations_closed_total", &[], "Conversations closed"),
    counter("salotto_mails_total", &[MAIL], "Attempts to send a mail"),
    gauge("salotto_mails_waiting", &[], "Mails neither sent nor given up, of all nodes"),
    counter("salotto_http_requests_total", &[ROUTE, CODE], "HTTP requests answered"),
    histogram("salotto_http_request_duration_seconds", FAST, &[ROUTE], "HTTP requests"),
    counter("salotto_rate_limited_total", &[SCOPE], "Refused by a limit"),
    counter("salotto_panics_total", &[], "Panics: each is a bug"),
    histogram("salotto_runtime_lag_seconds", FAST, &[], "Overshoot of a 10 ms timer"),
    gauge("process_cpu_seconds_total", &[], "User and system time"),
    gauge("process_resident_memory_bytes", &[], "Resident memory"),
    gauge("process_threads", &[], "Threads"),
    gauge("process_open_fds", &[], "Open descriptors"),
    gauge("process_max_fds", &[], "Descriptors that may be open"),
];

/// Makes every series, at zero.
pub(super) fn create_all() {
    for metric in METRICS {
        describe(metric);
        for labels in combinations(metric.labels) {
            match metric.kind {
                Kind::Counter => counter!(metric.name, labels).absolute(0),
                Kind::Gauge => gauge!(metric.name, labels).set(0.0),
                Kind::Histogram(_) => drop(histogram!(metric.name, labels)),
            }
        }
    }
}

fn describe(metric: &Metric) {
    match metric.kind {
        Kind::Counter => describe_counter!(metric.name, metric.about),
        Kind::Gauge => describe_gauge!(metric.name, metric.about),
        Kind::Histogram(_) => describe_histogram!(metric.name, metric.about),
    }
}

pub(super) fn combinations(labels: &[Values]) -> Vec<Vec<Label>> {
    labels.iter().fold(vec![Vec::new()], |combined, (key, values)| {
        let with_each = combined.iter().flat_map(|before| {
            values.iter().map(move |value| {
                let mut labels = before.clone();
                labels.push(Label::from_static_parts(key, value));
                labels
            })
        });
        with_each.collect()
    })
}
