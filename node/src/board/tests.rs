//! Boards on a real store, before real sockets.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use salotto_protocol::{
    BoardRow, BoardUpdate, ConversationId, ConversationState, ErrorCode, InboxId, Refusal,
    ServerFrame,
};

use super::{Boards, Msg};
use crate::ask::ask;
use crate::fanout::{Outbox, encode};
use crate::test_support::{Browser, Desk, eventually, socket};

async fn boards(desk: &Desk) -> Boards {
    let (journal, store) = (desk.journal.clone(), desk.store.clone());
    Boards::start(journal, store, desk.root.clone()).await.expect("boards")
}

async fn update(browser: &mut Browser) -> BoardUpdate {
    let board = |frame| match frame {
        ServerFrame::Board(update) => Some(update),
        frame => panic!("nothing else is sent: {frame:?}"),
    };
    tokio::time::timeout(Duration::from_secs(20), browser.until(board)).await.expect("in time")
}

/// A browser that keeps the list as the protocol says.
struct Console {
    browser: Browser,
    outbox: Outbox,
    rows: HashMap<ConversationId, BoardRow>,
}

impl Console {
    async fn new() -> Console {
        let (outbox, browser) = socket().await;
        Console { browser, outbox, rows: HashMap::new() }
    }

    /// Watches, and has the whole list.
    async fn watching(boards: &Boards, desk: &Desk) -> Console {
        let mut console = Console::new().await;
        boards.watch(desk.inbox, console.outbox.clone());
        assert!(console.takes().await.whole);
        console
    }

    async fn takes(&mut self) -> BoardUpdate {
        let update = update(&mut self.browser).await;
        if update.whole {
            self.rows.clear();
        }
        self.rows.extend(update.rows.iter().map(|row| (row.conversation, row.clone())));
        update.gone.iter().for_each(|id| drop(self.rows.remove(id)));
        update
    }

    /// Takes updates until its list says so.
    async fn until(&mut self, is_so: impl Fn(&HashMap<ConversationId, BoardRow>) -> bool) {
        while !is_so(&self.rows) {
            self.takes().await;
        }
    }
}

async fn running(boards: &Boards) -> usize {
    ask(&boards.0, Msg::Count).await.expect("the registry lives")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watcher_gets_the_whole_list_and_then_what_changes() {
    let desk = Desk::new().await;
    let old = desk.waits(desk.chatflow).await;
    let boards = boards(&desk).await;

    let mut console = Console::watching(&boards, &desk).await;
    assert_eq!(console.rows.keys().collect::<Vec<_>>(), [&old]);
    let new = desk.waits(desk.chatflow).await;
    desk.closes(old).await;
    desk.says(new, "anybody?").await;

    console
        .until(|rows| {
            rows.get(&new).is_some_and(|row| row.preview == "anybody?")
                && rows[&old].state == ConversationState::Closed
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_watcher_ends_up_with_the_list_of_the_store() {
    let desk = Desk::new().await;
    let boards = boards(&desk).await;
    let mut consoles = Vec::new();
    let mut ids = Vec::new();
    for round in 0..12 {
        consoles.push(Console::watching(&boards, &desk).await);
        for _ in 0..5 {
            ids.push(desk.waits(desk.chatflow).await);
        }
        desk.closes(ids[round * 3]).await;
    }

    let heads = desk.store.board(desk.inbox, 500, 50).await.expect("read");
    let expected: HashMap<_, _> = heads.iter().map(|head| (head.id, head.seq)).collect();
    for console in &mut consoles {
        let same = |rows: &HashMap<ConversationId, BoardRow>| {
            rows.iter().map(|(id, row)| (*id, row.seq)).collect::<HashMap<_, _>>() == expected
        };
        console.until(same).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_inbox_is_at_most_four_updates_a_second() {
    let desk = Desk::new().await;
    let boards = boards(&desk).await;
    let mut console = Console::watching(&boards, &desk).await;
    let began = Instant::now();
    let id = desk.waits(desk.chatflow).await;
    for number in 0..300 {
        desk.says(id, &number.to_string()).await;
    }

    let mut updates = 0;
    while console.rows.get(&id).is_none_or(|row| row.preview != "299") {
        console.takes().await;
        updates += 1;
    }

    let allowed = 1 + began.elapsed().as_millis() / 250;
    assert!(updates <= allowed, "{updates} updates, {allowed} allowed");
}

#[tokio::test(flavor = "multi_thread")]
async fn watching_again_sends_it_whole_again_and_once() {
    let desk = Desk::new().await;
    let id = desk.waits(desk.chatflow).await;
    let boards = boards(&desk).await;
    let mut console = Console::watching(&boards, &desk).await;

    boards.watch(desk.inbox, console.outbox.clone());
    assert!(console.takes().await.whole);
    desk.says(id, "more").await;

    let update = console.takes().await;
    assert_eq!((update.whole, update.rows.len()), (false, 1));
    assert_eq!(running(&boards).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_commit_told_is_found_in_the_store() {
    let desk = Desk::new().await;
    let id = desk.waits(desk.chatflow).await;
    let boards = boards(&desk).await;
    let mut console = Console::watching(&boards, &desk).await;

    desk.store.tamper("UPDATE conversations SET seq = seq + 1, preview = 'from elsewhere'").await;

    console.until(|rows| rows[&id].preview == "from elsewhere").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_board_ends_when_nobody_looks_and_begins_again() {
    let desk = Desk::new().await;
    let boards = boards(&desk).await;
    let (one, other) =
        (Console::watching(&boards, &desk).await, Console::watching(&boards, &desk).await);

    boards.unwatch(one.outbox.id());
    assert_eq!(running(&boards).await, 1);
    boards.unwatch(other.outbox.id());
    assert_eq!(running(&boards).await, 0);

    // A watch right behind the end is never lost.
    for _ in 0..50 {
        let mut console = Console::watching(&boards, &desk).await;
        boards.unwatch(console.outbox.id());
        boards.watch(desk.inbox, console.outbox.clone());
        assert!(console.takes().await.whole);
        boards.unwatch(console.outbox.id());
    }
    assert_eq!(running(&boards).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watcher_whose_socket_is_gone_is_forgotten() {
    let desk = Desk::new().await;
    let boards = boards(&desk).await;
    let console = Console::watching(&boards, &desk).await;

    console.outbox.cut();

    let id = desk.waits(desk.chatflow).await;
    eventually("nobody looks", || async {
        desk.says(id, "still here?").await;
        running(&boards).await == 0
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_board_that_panics_comes_back_to_its_watchers_and_disturbs_no_other() {
    let mut desk = Desk::new().await;
    let boards = boards(&desk).await;
    let mut console = Console::watching(&boards, &desk).await;
    let first = desk.inbox;
    desk.inbox = InboxId::fresh();
    let mut other = Console::watching(&boards, &desk).await;

    boards.0.cast(Msg::Panic(first)).expect("the registry lives");

    assert!(console.takes().await.whole, "made again, with its watcher");
    let id = desk.waits(desk.chatflow).await;
    assert!(!other.takes().await.whole, "it never lost its place");
    assert!(other.rows.contains_key(&id));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_lost_its_queue_is_told_nothing_until_it_watches_again() {
    let desk = Desk::new().await;
    let boards = boards(&desk).await;
    let console = Console::watching(&boards, &desk).await;
    let id = desk.waits(desk.chatflow).await;
    let filler = Refusal::new(ErrorCode::Busy, "x".repeat(100_000));
    let filler = encode(&ServerFrame::Refused(filler));

    eventually("its queue is lost, and nobody looks", || async {
        console.outbox.push(&filler, None);
        desk.says(id, "more").await;
        running(&boards).await == 0
    })
    .await;

    let again = Console::watching(&boards, &desk).await;
    assert!(again.rows.contains_key(&id));
}
