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

use salotto_tests::mutation::{Findings, Servers, Trial, sabotaged_binary};
use salotto_tests::mutation::{delivery, routing, stale, writes};
use salotto_tests::node::{Node, binary};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Runs wait more than they work.
const AT_ONCE: usize = 4;
/// A run that takes longer has stopped somewhere: that is a finding as well.
const RUN_MAX: Duration = Duration::from_secs(90);

/// A run, its troubles, and what it must catch.
struct Catcher {
    name: &'static str,
    run: Run,
    troubles: &'static str,
    catches: &'static [&'static str],
}

type Run = fn(Trial) -> Pin<Box<dyn Future<Output = Findings> + Send>>;

const CATCHERS: &[Catcher] = &[
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
        run: |trial| Box::pin(delivery::answers_in_a_row(trial)),
        troubles: "lose_hints:2",
        catches: &["skip_gap_check"],
    },
    Catcher {
        name: "answers of which no hint tells",
        run: |trial| Box::pin(delivery::answers_in_a_row(trial)),
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
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_broken_mechanism_is_noticed_and_a_sound_one_never() {
    let servers = Arc::new(Servers::start().await);
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let mut runs = JoinSet::new();
    for (catcher, broken) in runs_asked_for() {
        let switches = [catcher.troubles, broken].map(str::to_owned);
        let sabotage = switches.into_iter().filter(|it| !it.is_empty());
        let sabotage = sabotage.collect::<Vec<String>>().join(",");
        let trial = Trial { servers: servers.clone(), sabotage };
        let turns = turns.clone();
        runs.spawn(async move {
            let _turn = turns.acquire_owned().await.expect("it is never closed");
            let begun = Instant::now();
            let findings = finish((catcher.run)(trial)).await;
            (catcher, broken, findings, begun.elapsed())
        });
    }
    let (mut caught, mut broken_ones, mut complaints) = (0, 0, Vec::new());
    while let Some(ended) = runs.join_next().await {
        let (catcher, broken, findings, took) = ended.expect("a run's panic is a finding");
        let (name, first) = (catcher.name, findings.first().map_or("nothing", String::as_str));
        let first = first.lines().next().unwrap_or("").chars().take(160).collect::<String>();
        say(&format!("{broken:25} {name:42} {:5.1} s  {first}", took.as_secs_f32()));
        match (broken, findings.is_empty()) {
            ("", true) => {}
            ("", false) => complaints.push(format!("false alarm, {name}: {findings:#?}")),
            (_, true) => complaints.push(format!("{broken} is not noticed by {name}")),
            (_, false) => caught += 1,
        }
        broken_ones += usize::from(!broken.is_empty());
    }
    say(&format!("mutation check: {caught} of {broken_ones} caught"));
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
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

/// A panic in a run is what it found: somebody waited in vain, or was told nonsense.
async fn finish(run: Pin<Box<dyn Future<Output = Findings> + Send>>) -> Findings {
    let mut run = tokio::spawn(run);
    match timeout(RUN_MAX, &mut run).await {
        Ok(Ok(findings)) => findings,
        Ok(Err(panicked)) => {
            let panic = panicked.into_panic();
            let words = panic.downcast_ref::<String>().cloned();
            let words = words.or_else(|| panic.downcast_ref::<&str>().map(|it| (*it).to_owned()));
            vec![words.unwrap_or_else(|| "a panic".to_owned())]
        }
        Err(_) => {
            run.abort();
            vec![format!("it did not end within {RUN_MAX:?}")]
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
