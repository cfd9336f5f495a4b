//! Faults without end: plans drawn from one seed after the other, on real clusters, until the time
//! is over or something is found: `MINUTES=30 SEED=1 make soak`; after an outage of Redis for as
//! long as you say: `OUTAGE_SECONDS=600 make soak`. With the sabotaged binary as
//! `SALOTTO_BIN`, `SABOTAGE=skip_term` and the like show that something is found.

use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use salotto_tests::cluster::{Cluster, Figures, Plan, Shape, Verdict, trial};
use tokio::time::Instant;

const MINUTES: u64 = 30;
const NODES: usize = 3;
/// A cluster grows old as well, and begins anew before its agents' tokens do.
const TRIALS_OF_A_CLUSTER: usize = 20;

#[tokio::main]
async fn main() -> ExitCode {
    let lasts = Duration::from_secs(number("MINUTES").unwrap_or(MINUTES) * 60);
    let mut seed = number("SEED").unwrap_or_else(now);
    println!("from SEED={seed} on, for {} minutes", lasts.as_secs() / 60);
    let began = Instant::now();
    let (mut total, mut trials) = (Figures::default(), 0);
    let shape = shape();
    let mut cluster = Cluster::start_with(NODES, &shape).await;
    let mut outage = number("OUTAGE_SECONDS").map(|it| Plan::outage_of_redis(it * 1_000));
    loop {
        let plan = outage.take().unwrap_or_else(|| Plan::drawn(seed));
        let verdict = trial(&mut cluster, &plan).await;
        println!("{verdict}");
        if !verdict.is_clean() {
            condemn(&verdict, &cluster, seed);
            return ExitCode::FAILURE;
        }
        total.add(&verdict.figures);
        trials += 1;
        seed += 1;
        if began.elapsed() >= lasts {
            break;
        }
        if trials % TRIALS_OF_A_CLUSTER == 0 {
            cluster = Cluster::start_with(NODES, &shape).await;
        }
    }
    println!("{trials} trials, {total}; nothing lost, doubled, reordered or above a capacity");
    ExitCode::SUCCESS
}

fn condemn(verdict: &Verdict, cluster: &Cluster, seed: u64) {
    let history = format!("target/soak-{seed}.jsonl");
    verdict.write_history(history.as_ref());
    let logs = format!("target/soak-{seed}.log");
    std::fs::write(&logs, cluster.logs()).expect("this folder can be written");
    eprintln!("{:#?}", verdict.findings);
    eprintln!("history: {history}; what the nodes said: {logs}; again: SEED={seed} make soak");
}

fn shape() -> Shape {
    let broken = std::env::var("SABOTAGE").ok();
    let variables = broken.map(|switches| ("SALOTTO_SABOTAGE".to_owned(), switches));
    Shape { variables: variables.into_iter().collect(), ..Shape::default() }
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok().filter(|text| !text.is_empty())?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is not a number: {text}")))
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later than 1970");
    since.as_secs()
}
