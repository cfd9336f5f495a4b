//! Whole runs against a node in memory: the generator's own behaviour, and whether its audit
//! catches a node that loses, doubles, reorders or alters.

use clap::Parser;
use tokio::sync::watch;

use crate::args::{Cli, Command, RunArgs};
use crate::fake_node::{self, Fault, TOKEN};
use crate::report::{Summary, Verdict};
use crate::run::{Failure, run};

/// Short, but with all parts of a run; lag is judged only where a test wants it.
const BRIEF: &str = "--visitors 6 --agents 2 --rate 120/s --ramp 100ms --warmup 100ms \
                     --duration 800ms --think 5ms --ui none --max-generator-lag 10s --grace 5s";

fn args(target: &str, flags: &str) -> RunArgs {
    let words = format!("salotto-loadtest run --target {target} {BRIEF} {flags}");
    let cli = Cli::try_parse_from(words.split_whitespace()).expect("sound flags");
    let Command::Run(args) = cli.command;
    RunArgs { token: TOKEN.to_owned(), ..*args }
}

async fn against(fault: Fault, flags: &str) -> Summary {
    let node = fake_node::start(fault).await;
    let (_stopping, stop) = watch::channel(false);
    run(&args(&node.url, flags), stop).await.expect("a summary")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correct_node_passes_and_everything_is_measured() {
    let summary = against(Fault::None, "").await;

    assert_eq!((summary.verdict, summary.exit_code), (Verdict::Pass, 0), "{summary:?}");
    assert!(summary.messages.planned > 100);
    assert_eq!(summary.messages.planned, summary.messages.delivered);
    assert_eq!(summary.audit.checked, summary.messages.acked);
    assert_eq!(summary.audit.read_back, summary.messages.acked);
    assert_eq!(summary.sockets.conversations_left_open, 0);
    for measure in ["handshake", "ack", "routing", "delivery", "first_response"] {
        assert!(summary.latency_us[measure].due.count > 0, "{measure}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_loses_is_caught() {
    let summary = against(Fault::Lose, "").await;

    assert_eq!((summary.verdict, summary.exit_code), (Verdict::VerificationFailed, 5));
    assert!(summary.audit.lost > 5, "{:?}", summary.audit);
    assert_eq!((summary.audit.doubled, summary.audit.reordered), (0, 0), "{:?}", summary.audit);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_doubles_is_caught() {
    let summary = against(Fault::Double, "").await;

    assert_eq!(summary.exit_code, 5);
    assert!(summary.audit.doubled > 5, "{:?}", summary.audit);
    assert_eq!((summary.audit.lost, summary.audit.reordered), (0, 0), "{:?}", summary.audit);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_reorders_is_caught() {
    let summary = against(Fault::Reorder, "").await;

    assert_eq!(summary.exit_code, 5);
    assert!(summary.audit.reordered > 5, "{:?}", summary.audit);
    assert_eq!(summary.audit.doubled, 0, "{:?}", summary.audit);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_alters_a_text_is_caught_by_reading_back() {
    let summary = against(Fault::Alter, "").await;

    assert_eq!(summary.exit_code, 5);
    assert!(summary.audit.disagreed > 5, "{:?}", summary.audit);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_never_answers_is_caught() {
    let summary = against(Fault::Mute, "--grace 6s --reply-every 1000000").await;

    assert_eq!(summary.exit_code, 5);
    assert!(summary.audit.unanswered > 0, "{:?}", summary.audit);
    assert!(summary.messages.resends > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_hung_up_on_comes_back_and_resumes_without_loss() {
    for fault in [Fault::HangUp, Fault::Cut] {
        let summary = against(fault, "").await;

        assert_eq!(summary.verdict, Verdict::Pass, "{fault:?} {summary:?}");
        assert!(summary.sockets.reconnects > 5, "{fault:?} {:?}", summary.sockets);
        assert!(summary.latency_us["resume"].due.count > 5);
        assert_eq!(summary.messages.dropped, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_that_falls_silent_is_given_up_and_opened_again() {
    let summary = against(Fault::Freeze, "").await;

    assert_eq!(summary.sockets.silences, 8, "each of the 8 was frozen once");
    assert_eq!(summary.verdict, Verdict::Pass, "{summary:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_node_is_asked_again_and_a_definite_no_is_not() {
    let busy = against(Fault::Busy, "").await;
    let forbidding = against(Fault::Forbid, "").await;

    assert_eq!(busy.verdict, Verdict::Pass, "{busy:?}");
    assert!(busy.refusals["busy"] > 5);
    assert_eq!((busy.messages.refused, busy.messages.acked), (0, busy.messages.planned));
    assert_eq!(forbidding.verdict, Verdict::Pass, "{forbidding:?}");
    assert_eq!(forbidding.messages.refused, forbidding.refusals["forbidden"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn full_conversations_are_closed_and_begun_anew() {
    let summary = against(Fault::None, "--messages-per-chat 4").await;

    assert_eq!(summary.verdict, Verdict::Pass, "{summary:?}");
    assert!(summary.audit.conversations > 12, "{:?}", summary.audit);
    assert_eq!(summary.sockets.conversations_left_open, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_overloaded_generator_says_that_its_figures_mean_nothing() {
    let summary = against(Fault::Lose, "--max-generator-lag 1us").await;

    assert_eq!((summary.verdict, summary.exit_code), (Verdict::Invalid, 4), "4 goes before 5");
    assert!(summary.invalid[0].contains("lag"), "{:?}", summary.invalid);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crossed_threshold_has_its_own_exit_code() {
    let summary = against(Fault::None, "--threshold ack.p99<1us --threshold lost==0").await;

    assert_eq!((summary.verdict, summary.exit_code), (Verdict::ThresholdCrossed, 99));
    assert_eq!(summary.thresholds.iter().filter(|it| it.passed).count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_stops_a_run_gets_what_there_is() {
    let node = fake_node::start(Fault::None).await;
    let (stopping, stop) = watch::channel(false);
    let args = args(&node.url, "--duration 1h");
    let running = tokio::spawn(async move { run(&args, stop).await });
    node.heard(20).await;

    stopping.send_replace(true);

    let summary = running.await.expect("no panic").expect("a summary");
    assert_eq!((summary.verdict, summary.exit_code), (Verdict::Stopped, 6), "{summary:?}");
    assert!(summary.messages.acked > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_absent_target_is_a_failed_setup_and_a_foreign_one_a_bad_argument() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = closed.local_addr().expect("it is bound");
    drop(closed);
    let (_stopping, stop) = watch::channel(false);

    let absent = run(&args(&format!("http://{address}"), ""), stop.clone()).await;
    let foreign = run(&args("http://192.0.2.1", ""), stop).await;

    assert!(matches!(absent, Err(Failure::Setup(_))));
    assert!(matches!(foreign, Err(Failure::Arguments(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_hold_every_ack_and_every_entry() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("receipts.jsonl");

    let summary = against(Fault::None, &format!("--receipts {}", path.display())).await;

    let text = std::fs::read_to_string(&path).expect("it was written");
    let count = |kind: &str| text.lines().filter(|it| it.contains(kind)).count() as u64;
    assert_eq!(count(r#""receipt":"acked""#), summary.messages.acked);
    assert!(count(r#""receipt":"received""#) >= 2 * summary.messages.acked);
}
