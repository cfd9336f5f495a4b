//! The mutation check: every mechanism that can be broken is broken, and every run must notice.
//!
//! Needs the sabotaged binary: `cargo build --workspace --features salotto/sabotage --bin
//! salotto-sabotaged`. `MUTATIONS=skip_term,trust_link` looks at these alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::pin::Pin;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use salotto_tests::mutation::{CATCHERS, Catcher, Findings, Servers, Trial, sabotaged_binary};
use salotto_tests::node::{Node, binary};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Runs wait more than they work.
const AT_ONCE: usize = 4;
/// No run needs more.
const RUN_MAX: Duration = Duration::from_secs(90);
/// Of what a run found, in its line.
const TOLD_CHARS_MAX: usize = 160;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_broken_mechanism_is_noticed_and_a_sound_one_never() {
    let servers = Arc::new(Servers::start().await);
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let mut runs = JoinSet::new();
    for (catcher, broken) in runs_asked_for() {
        let switches = [catcher.troubles, broken].into_iter().filter(|it| !it.is_empty());
        let sabotage = switches.collect::<Vec<&str>>().join(",");
        let trial = Trial { servers: servers.clone(), sabotage };
        let turns = turns.clone();
        runs.spawn(async move {
            let _turn = turns.acquire_owned().await.expect("it is never closed");
            let begun = Instant::now();
            let ended = finish((catcher.run)(trial)).await;
            (catcher.name, broken, ended, begun.elapsed())
        });
    }
    let mut score = Score::default();
    while let Some(run) = runs.join_next().await {
        let (name, broken, ended, took) = run.expect("a run's panic is told by `finish`");
        score.take(name, broken, ended, took);
    }
    say(&format!("mutation check: {} of {} caught", score.caught.len(), score.broken.len()));
    assert!(score.complaints.is_empty(), "{}", score.complaints.join("\n"));
}

#[derive(Default)]
struct Score {
    broken: BTreeSet<&'static str>,
    caught: BTreeSet<&'static str>,
    complaints: Vec<String>,
}

impl Score {
    fn take(
        &mut self,
        name: &'static str,
        broken: &'static str,
        ended: Result<Findings, String>,
        took: Duration,
    ) {
        let told = match &ended {
            Ok(findings) => findings.first().map_or("nothing", String::as_str),
            Err(failure) => failure,
        };
        let told: String = told.lines().next().unwrap_or("").chars().take(TOLD_CHARS_MAX).collect();
        say(&format!("{broken:25} {name:42} {:5.1} s  {told}", took.as_secs_f32()));
        if !broken.is_empty() {
            self.broken.insert(broken);
        }
        match (broken, ended) {
            (_, Err(failure)) => self.complaints.push(format!("{name}, {broken}: {failure}")),
            ("", Ok(findings)) if findings.is_empty() => {}
            ("", Ok(findings)) => {
                self.complaints.push(format!("false alarm, {name}: {findings:#?}"));
            }
            (_, Ok(findings)) if findings.is_empty() => {
                self.complaints.push(format!("{broken} is not noticed by {name}"));
            }
            (_, Ok(_)) => drop(self.caught.insert(broken)),
        }
    }
}

/// Each catcher without a switch, and with each.
fn runs_asked_for() -> Vec<(&'static Catcher, &'static str)> {
    let asked = std::env::var("MUTATIONS").unwrap_or_default();
    let is_asked =
        |broken: &str| asked.is_empty() || asked.split(',').any(|word| name_of(broken) == word);
    let mut runs = Vec::new();
    for catcher in CATCHERS {
        let broken: Vec<&str> =
            catcher.catches.iter().copied().filter(|broken| is_asked(broken)).collect();
        if !broken.is_empty() {
            runs.push((catcher, ""));
            runs.extend(broken.into_iter().map(|broken| (catcher, broken)));
        }
    }
    runs
}

/// A panic, or no end, is no finding: the run itself did not work.
async fn finish(run: Pin<Box<dyn Future<Output = Findings> + Send>>) -> Result<Findings, String> {
    let mut run = tokio::spawn(run);
    match timeout(RUN_MAX, &mut run).await {
        Ok(Ok(findings)) => Ok(findings),
        Ok(Err(panicked)) => {
            let panic = panicked.into_panic();
            let words = panic.downcast_ref::<String>().cloned();
            let words = words.or_else(|| panic.downcast_ref::<&str>().map(|it| (*it).to_owned()));
            Err(words.unwrap_or_else(|| "a panic".to_owned()))
        }
        Err(_) => {
            run.abort();
            Err(format!("it did not end within {RUN_MAX:?}"))
        }
    }
}

/// Shown even when the test passes.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

fn name_of(switch: &str) -> &str {
    switch.split(':').next().expect("a split has a first part")
}

#[test]
fn every_switch_has_a_run_that_catches_it_and_every_run_a_switch() {
    let listed =
        Command::new(sabotaged_binary()).arg("switches").env_clear().output().expect("it starts");
    let listed = String::from_utf8(listed.stdout).expect("UTF-8");
    let mut switches: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (kind, name) in listed.lines().filter_map(|line| line.split_once(' ')) {
        switches.entry(kind).or_default().insert(name);
    }
    let caught = CATCHERS.iter().flat_map(|it| it.catches).map(|it| name_of(it)).collect();
    let troubles = CATCHERS.iter().map(|it| name_of(it.troubles)).filter(|it| !it.is_empty());

    assert_eq!(switches["sabotage"], caught);
    let known = switches.values().flatten().copied().collect::<BTreeSet<&str>>();
    let unknown: Vec<&str> = troubles.filter(|it| !known.contains(it)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[tokio::test]
async fn the_binary_that_is_shipped_cannot_be_broken() {
    let bytes = fs::read(binary()).expect("the binary can be read");
    let sabotaged = fs::read(sabotaged_binary()).expect("the sabotaged one as well");
    let words = b"skip_requeue_guard";
    let has_words = |bytes: &[u8]| bytes.windows(words.len()).any(|it| it == words);
    assert!(has_words(&sabotaged) && !has_words(&bytes));

    let mut node = Node::prepare(&[]);
    node.set_variable("SALOTTO_SABOTAGE", Some("skip_term"));
    let refused = node.run(&["check-config"]).await;
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && said.contains("unknown setting"), "{said}");
}
