//! Three nodes, PostgreSQL and Redis, with a fault proxy on every way between them: each fault by
//! itself and some in pairs, while visitors and agents chat.
//!
//! Each test has a cluster of its own; two run at a time, so that together they take as long as
//! they must and not longer. `make soak` goes on from here.

use std::time::{SystemTime, UNIX_EPOCH};

use salotto_tests::cluster::{Cluster, Plan, trial};

/// Of the plans that are the same in every run.
const SEED: u64 = 20_261_123;
const PARTS: usize = 6;

async fn assert_survived(plan: &Plan) {
    println!("{plan}");
    let mut cluster = Cluster::start(3).await;
    trial(&mut cluster, plan).await.assert_clean();
}

async fn assert_survived_part(part: usize) {
    assert_survived(&Plan::every_single(SEED, PARTS)[part]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_by_itself_loses_doubles_and_reorders_nothing_part_0() {
    assert_survived_part(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_by_itself_loses_doubles_and_reorders_nothing_part_1() {
    assert_survived_part(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_by_itself_loses_doubles_and_reorders_nothing_part_2() {
    assert_survived_part(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_by_itself_loses_doubles_and_reorders_nothing_part_3() {
    assert_survived_part(3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_by_itself_loses_doubles_and_reorders_nothing_part_4() {
    assert_survived_part(4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_by_itself_loses_doubles_and_reorders_nothing_part_5() {
    assert_survived_part(5).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_fresh_seed_draws_loses_doubles_and_reorders_nothing() {
    assert_survived(&Plan::drawn(fresh_seed())).await;
}

/// `SEED`, or one of this second.
fn fresh_seed() -> u64 {
    let given = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later than 1970");
    given.unwrap_or(now.as_secs())
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_away_for_25_seconds_loses_doubles_and_reorders_nothing() {
    assert_survived(&Plan::outage_of_redis(25_000)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_in_pairs_lose_double_and_reorder_nothing_and_break_no_capacity() {
    assert_survived(&Plan::pairs(SEED)).await;
}
