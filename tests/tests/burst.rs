//! Ten thousand chats at once, or as many as this machine is asked for (AS-26, CAP-4, CAP-8).

use salotto_tests::burst::burst;

/// `make bench` has the ten thousand.
const CHATS: &str = "SALOTTO_BURST_CHATS";
const CHATS_DEFAULT: u32 = 1_000;
const SECONDS_MAX: f64 = 10.0;

/// AS-26, CAP-4, CAP-8, CAP-9, BY-2, REG-8
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_burst_everybody_is_assigned_or_waits_within_ten_seconds_and_no_agent_has_too_many() {
    let chats = std::env::var(CHATS).ok().map(|it| it.parse().expect("a number"));
    let chats = chats.unwrap_or(CHATS_DEFAULT);

    let burst = burst(chats).await;

    assert_eq!(burst.assigned, chats.min(300), "a hundred agents with three slots");
    assert_eq!(burst.waiting, chats - burst.assigned);
    assert!(burst.seconds <= SECONDS_MAX, "it took {} s", burst.seconds);
}
