//! A node whose wall clock is wrong by an hour, and jumps: `libfaketime` makes it believe so (F35).

use std::fs;
use std::path::{Path, PathBuf};

use salotto_protocol::{ClientFrame, ConversationId, Entry};
use salotto_tests::desk::{Desk, from_the_start, say, visitor_log};
use salotto_tests::node::Node;
use salotto_tests::patience;
use salotto_tests::postgres::Postgres;
use salotto_tests::socket::Socket;

const HOUR_MS: i64 = 3_600_000;

/// A node that reads its wall clock through this file: `+1h`, `-1h`, or `+0`.
struct Skewed {
    node: Node,
    file: PathBuf,
}

impl Skewed {
    async fn start(store: &str, offset: &str) -> Skewed {
        let mut node = Node::prepare(&[("STORE__URL", store)]);
        let file = node.folder().join("clock");
        fs::write(&file, offset).expect("written");
        let library = library();
        let variables = [
            ("LD_PRELOAD", library.to_str().expect("a path of letters")),
            ("FAKETIME_TIMESTAMP_FILE", file.to_str().expect("a path of letters")),
            ("FAKETIME_NO_CACHE", "1"),
            // Timers and leases run on the clock that nobody sets.
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
        ];
        for (name, value) in variables {
            node.set_variable(name, Some(value));
        }
        node.launch();
        node.until_ready().await;
        Skewed { node, file }
    }

    fn jump(&self, offset: &str) {
        fs::write(&self.file, offset).expect("written");
    }
}

fn library() -> PathBuf {
    let folders = fs::read_dir("/usr/lib").expect("a folder").flatten();
    let found = folders.map(|it| it.path().join("faketime/libfaketime.so.1"));
    let mut found = found.filter(|path| Path::exists(path));
    found.next().expect("libfaketime is installed: scripts/need faketime")
}

async fn routers(nodes: [&Node; 2]) -> usize {
    let mut routers = 0;
    for node in nodes {
        routers += usize::from(node.metric("salotto_router_leader").await == 1.0);
    }
    routers
}

async fn talk(visitor: &mut Socket, agent: &mut Socket, id: ConversationId, word: &str) {
    for number in 0..3 {
        say(visitor, id, &format!("{word} {number}?")).await;
        say(agent, id, &format!("{word} {number}!")).await;
    }
}

fn assert_times_never_fall(log: &[Entry]) {
    assert!(log.is_sorted_by_key(|entry| entry.at_ms), "{log:#?}");
}

/// F35
#[tokio::test]
async fn clocks_that_are_wrong_and_jump_turn_no_log_back_and_move_no_lease() {
    let postgres = Postgres::start().await;
    let store = postgres.database().await;
    let right = Node::start_with(&[("STORE__URL", store.as_str())]).await;
    let wrong = Skewed::start(&store, "+1h").await;
    let desk = Desk::open(&right, 1).await;
    let mut agent = desk.agent_socket(&right, 0).await;
    let (mut visitor, token) = desk.visitor_socket(&wrong.node).await;
    let id = desk.begin(&mut visitor, "hello").await;
    agent.send(&ClientFrame::Attach(from_the_start(id))).await;

    talk(&mut visitor, &mut agent, id, "ahead").await;
    wrong.jump("-1h");
    talk(&mut visitor, &mut agent, id, "behind").await;
    wrong.jump("+0");
    talk(&mut visitor, &mut agent, id, "right again").await;

    let log = visitor_log(&right, &token.token, id).await;
    assert_times_never_fall(&log);
    let now_ms = right_now_ms();
    assert!(log[0].at_ms > now_ms + HOUR_MS / 2, "the clock was wrong indeed");
    patience::until("one router", || async {
        (routers([&right, &wrong.node]).await == 1).then_some(())
    })
    .await;
    for node in [&right, &wrong.node] {
        node.assert_serves().await;
    }
    let verified = right.run(&["verify"]).await;
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
}

fn right_now_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    i64::try_from(since.expect("after 1970").as_millis()).expect("fits")
}
