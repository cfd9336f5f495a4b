//! The order of verdicts, the figures that thresholds name, and the names in the JSON.

use super::*;

fn args() -> RunArgs {
    use clap::Parser as _;
    let words = ["salotto-loadtest", "run", "--target", "http://127.0.0.1:1"];
    let crate::args::Command::Run(args) = crate::args::Cli::parse_from(words).command;
    *args
}

fn summary_of_nothing() -> Summary {
    let (args, tally, latency) = (args(), Tally::default(), Latency::default());
    latency.measure_between(0, u64::MAX);
    latency.record(Measure::Ack, 1_000, 2_000, 3_000);
    latency.record(Measure::DeliveryToAgent, 1_000, 2_000, 5_000);
    let course = Course { elapsed: Duration::from_secs(1), cpu_seconds: 0.5, was_stopped: false };
    Summary {
        schema: SCHEMA,
        run: "7".to_owned(),
        verdict: Verdict::Pass,
        exit_code: 0,
        invalid: Vec::new(),
        settings: Settings::of(&args),
        elapsed_s: 1.0,
        messages: Messages::of(&tally),
        audit: Findings::default(),
        sockets: Sockets::of(&args, &tally),
        refusals: BTreeMap::new(),
        closes: BTreeMap::new(),
        latency_us: latencies(&latency),
        generator: Generator::of(&args, &latency, &course),
        thresholds: Vec::new(),
        troubles: Vec::new(),
    }
}

#[test]
fn invalid_goes_before_failed_before_stopped_before_crossed() {
    let crossed: Threshold = "acked>0".parse().expect("a threshold");
    let mut summary = summary_of_nothing();

    summary.judge(&[], false);
    assert_eq!(summary.exit_code, 0);
    summary.judge(std::slice::from_ref(&crossed), false);
    assert_eq!(summary.exit_code, 99);
    summary.judge(std::slice::from_ref(&crossed), true);
    assert_eq!(summary.exit_code, 6);
    summary.audit.lost = 1;
    summary.judge(std::slice::from_ref(&crossed), true);
    assert_eq!(summary.exit_code, 5);
    summary.invalid.push("lag".to_owned());
    summary.judge(&[crossed], true);
    assert_eq!(summary.exit_code, 4);
}

#[test]
fn thresholds_name_latencies_and_counters() {
    let summary = summary_of_nothing();

    assert_eq!(summary.figure("ack.max"), Some(2_000.0));
    assert_eq!(summary.figure("ack.sent.max"), Some(1_000.0));
    let delivery = summary.figure("delivery.p99").expect("both directions together");
    assert!((4_000.0..4_010.0).contains(&delivery), "{delivery}");
    assert_eq!(summary.figure("lost"), Some(0.0));
    assert_eq!(summary.figure("dropped"), Some(0.0));
    assert_eq!(summary.figure("reconnects"), Some(0.0));
    assert_eq!(summary.figure("first_response.p99"), None, "nothing was measured");
    assert_eq!(summary.figure("nonsense"), None);
}

#[test]
fn a_lag_above_the_limit_is_a_complaint() {
    let mut summary = summary_of_nothing();
    assert_eq!(summary.generator.complaints(0), Vec::<String>::new());

    summary.generator.runtime_lag_us.p99 = 20_001;

    assert_eq!(summary.generator.complaints(0).len(), 1);
    assert_eq!(summary.generator.complaints(3).len(), 2);
}

#[test]
fn the_names_of_the_json_are_stable() {
    let json = serde_json::to_value(summary_of_nothing()).expect("plain data");
    let names = |at: &str| {
        let part = json.pointer(at).and_then(|it| it.as_object()).expect(at);
        let mut names: Vec<&str> = part.keys().map(String::as_str).collect();
        names.sort_unstable();
        names.join(" ")
    };

    assert_eq!(
        names(""),
        "audit closes elapsed_s exit_code generator invalid latency_us messages refusals run \
         schema settings sockets thresholds troubles verdict"
    );
    assert_eq!(
        names("/messages"),
        "acked acked_per_s delivered dropped late planned refused resends started"
    );
    assert_eq!(
        names("/audit"),
        "checked conversations disagreed doubled examples gaps ghosts holes lost read_back \
         reordered repeats resets unanswered unread unrouted"
    );
    assert_eq!(
        names("/latency_us"),
        "ack delivery delivery_to_agent delivery_to_visitor first_response handshake resume \
         routing"
    );
    assert_eq!(names("/latency_us/ack"), "due sent");
    assert_eq!(names("/latency_us/ack/due"), "count max mean p50 p90 p99 p99_9");
}

#[test]
fn the_table_shows_what_was_measured_and_the_verdict() {
    let mut summary = summary_of_nothing();
    summary.audit.lost = 2;
    summary.judge(&[], false);

    let table = crate::table::of(&summary);

    assert!(table.contains("lost 2"), "{table}");
    assert!(table.contains("ack from due"), "{table}");
    assert!(!table.contains("resume"), "nothing was measured: {table}");
    assert!(table.ends_with("FAILED: 2 violations\n"), "{table}");
}
