//! What a decision of the router takes: with 10,000 agents and 100,000 who wait, and with 1,000
//! agents, 50 teams and 200 rules.

use std::hint::black_box;
use std::time::Instant;

use criterion::{Criterion, criterion_group, criterion_main};
use salotto::benchmarks::Decisions;

const AGENTS: u32 = 10_000;
const WAITING: u32 = 100_000;
const DECISIONS: usize = 10_000;

fn decisions(criterion: &mut Criterion) {
    for agents in [100, 1_000, AGENTS] {
        let mut router = Decisions::new(agents, WAITING);
        let name = format!("router: a decision with {agents} agents, {WAITING} waiting");
        criterion.bench_function(&name, |bench| bench.iter(|| black_box(router.decide())));
    }
    let mut router = Decisions::with_rules(1_000, WAITING, 50, 200);
    let name = "router: a decision with 1000 agents, 50 teams, 200 rules";
    criterion.bench_function(name, |bench| bench.iter(|| black_box(router.decide())));
    let mut router = Decisions::new(AGENTS, WAITING);
    let began = Instant::now();
    let mut took: Vec<_> = (0..DECISIONS)
        .map(|_| {
            let began = Instant::now();
            black_box(router.decide());
            began.elapsed()
        })
        .collect();
    let rate = DECISIONS as f64 / began.elapsed().as_secs_f64();
    took.sort_unstable();
    let p99 = took[DECISIONS * 99 / 100];
    println!("router: {rate:.0} decisions/s, p99 {p99:?}, with {AGENTS} agents, {WAITING} waiting");
}

criterion_group!(benches, decisions);
criterion_main!(benches);
