//! The fault proxy before a server that says again what it hears.

use std::io::ErrorKind;

use super::*;
use crate::patience::{until, within};

const LATENCY: Duration = Duration::from_millis(300);

/// Answers every byte with the same byte, and counts what it has heard.
struct Echo {
    address: SocketAddr,
    heard: Arc<AtomicU64>,
    serving: JoinHandle<()>,
}

impl Echo {
    async fn start() -> Echo {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("a bound address");
        let heard = Arc::new(AtomicU64::new(0));
        let counter = heard.clone();
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(echo(stream, counter.clone()));
            }
        });
        Echo { address, heard, serving }
    }

    fn heard(&self) -> u64 {
        self.heard.load(Ordering::Acquire)
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn echo(mut stream: TcpStream, heard: Arc<AtomicU64>) -> std::io::Result<()> {
    let mut bytes = [0; 4096];
    loop {
        let read = stream.read(&mut bytes).await?;
        heard.fetch_add(read as u64, Ordering::AcqRel);
        if read == 0 {
            return stream.shutdown().await;
        }
        stream.write_all(&bytes[..read]).await?;
    }
}

async fn both() -> (Echo, FaultProxy) {
    let echo = Echo::start().await;
    let proxy = FaultProxy::before(echo.address).await;
    (echo, proxy)
}

async fn dial(proxy: &FaultProxy) -> TcpStream {
    within("a connection", TcpStream::connect(proxy.address())).await.expect("it listens")
}

async fn say(stream: &mut TcpStream, text: &str) {
    within("the bytes to be taken", stream.write_all(text.as_bytes())).await.expect("connected");
}

async fn hear(stream: &mut TcpStream, text: &str) {
    let mut heard = vec![0; text.len()];
    within(text, stream.read_exact(&mut heard)).await.expect("connected");
    assert_eq!(String::from_utf8_lossy(&heard), text);
}

/// A connection that has been all the way to the server and back.
async fn connected(proxy: &FaultProxy) -> TcpStream {
    let mut stream = dial(proxy).await;
    say(&mut stream, "first").await;
    hear(&mut stream, "first").await;
    stream
}

async fn assert_reset(mut stream: TcpStream) {
    let error = within("a reset", stream.read(&mut [0])).await.expect_err("a reset");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

/// Nothing came for long enough to be noticed; the tests look at counters besides.
async fn assert_silent(stream: &mut TcpStream) {
    let mut bytes = [0; 16];
    let heard = timeout(Duration::from_millis(200), stream.read(&mut bytes)).await;
    assert!(heard.is_err(), "{heard:?}");
}

#[tokio::test]
async fn without_a_fault_bytes_and_ends_go_through_both_ways() {
    let (_echo, proxy) = both().await;
    let mut stream = connected(&proxy).await;
    assert_eq!((proxy.connections(), proxy.accepted()), (1, 1));
    assert_eq!(proxy.passed_bytes(), (5, 5));

    stream.shutdown().await.expect("connected");

    assert_eq!(within("the end", stream.read(&mut [0])).await.expect("in good order"), 0);
    until("the line to be forgotten", || async { (proxy.connections() == 0).then_some(()) }).await;
}

#[tokio::test]
async fn a_megabyte_comes_back_as_it_went() {
    let (_echo, proxy) = both().await;
    let jitter = Duration::from_millis(5);
    proxy.set_new(Conditions::both(Way::late(jitter, jitter)));
    let mut stream = dial(&proxy).await;
    let sent: Vec<u8> = (0..1_000_000_u32).map(|n| (n % 251) as u8).collect();
    let (mut reading, mut writing) = stream.split();
    let mut heard = vec![0; sent.len()];

    let (wrote, read) = within("all of it", async {
        tokio::join!(writing.write_all(&sent), reading.read_exact(&mut heard))
    })
    .await;

    wrote.expect("connected");
    read.expect("connected");
    assert!(heard == sent, "in order and whole");
}

#[tokio::test]
async fn a_cut_ends_what_exists_as_asked_and_lets_new_ones_in() {
    let (_echo, proxy) = both().await;
    let mut ended = connected(&proxy).await;
    proxy.cut(Cut::Fin);
    assert_eq!(within("the end", ended.read(&mut [0])).await.expect("in good order"), 0);

    let broken = connected(&proxy).await;
    proxy.cut(Cut::Reset);
    assert_reset(broken).await;

    connected(&proxy).await;
}

#[tokio::test]
async fn a_server_that_hangs_up_or_is_not_there_is_felt_through_the_proxy() {
    let (echo, proxy) = both().await;
    let unused = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
    let nowhere = unused.local_addr().expect("a bound address");
    drop(unused);

    proxy.lead_to(nowhere);
    assert_reset(dial(&proxy).await).await;

    proxy.lead_to(echo.address);
    connected(&proxy).await;
}

#[tokio::test]
async fn a_late_way_keeps_every_byte_for_its_latency() {
    let (_echo, proxy) = both().await;
    let mut stream = connected(&proxy).await;
    proxy.set_existing(Conditions { up: Way::late(LATENCY, LATENCY), down: Way::CLEAR });
    let began = tokio::time::Instant::now();

    for word in ["one", "two", "three"] {
        say(&mut stream, word).await;
    }
    hear(&mut stream, "onetwothree").await;

    assert!(began.elapsed() >= LATENCY, "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_narrow_way_takes_its_time() {
    let (_echo, proxy) = both().await;
    proxy.set_new(Conditions { up: Way::narrow(2_000), down: Way::CLEAR });
    let mut stream = dial(&proxy).await;
    let began = tokio::time::Instant::now();
    let text = "x".repeat(1_000);

    say(&mut stream, &text).await;
    hear(&mut stream, &text).await;

    // All but the first and the last piece have waited for one before them.
    assert!(began.elapsed() >= Duration::from_millis(400), "{:?}", began.elapsed());
}

#[tokio::test]
async fn one_way_is_held_while_the_other_goes_on_and_nothing_is_lost() {
    let (echo, proxy) = both().await;
    let mut stream = connected(&proxy).await;

    proxy.set_existing(Conditions::DEAF);
    say(&mut stream, "heard").await;
    until("the server to hear", || async { (echo.heard() == 10).then_some(()) }).await;
    assert_silent(&mut stream).await;
    proxy.set_existing(Conditions::MUTE);
    hear(&mut stream, "heard").await;

    say(&mut stream, "later").await;
    assert_silent(&mut stream).await;
    assert_eq!(echo.heard(), 10);
    proxy.heal();
    hear(&mut stream, "later").await;
}

#[tokio::test]
async fn what_is_under_way_when_a_way_is_held_stays_under_way() {
    let (echo, proxy) = both().await;
    let mut stream = connected(&proxy).await;
    proxy.set_existing(Conditions { up: Way::late(LATENCY, Duration::ZERO), down: Way::CLEAR });
    say(&mut stream, "under way").await;
    tokio::task::yield_now().await;

    proxy.set_existing(Conditions::FROZEN);
    tokio::time::sleep(LATENCY * 2).await;
    assert_eq!(echo.heard(), 5);
    proxy.heal();

    hear(&mut stream, "under way").await;
}

#[tokio::test]
async fn a_black_hole_takes_all_and_answers_nothing_and_its_holes_never_pass() {
    let (echo, proxy) = both().await;
    let mut stream = connected(&proxy).await;
    let mut quiet = connected(&proxy).await;

    proxy.set_existing(Conditions::BLACK_HOLE);
    say(&mut stream, "lost").await;
    assert_silent(&mut stream).await;
    assert_eq!(echo.heard(), 10);
    proxy.heal();

    assert_reset(stream).await;
    say(&mut quiet, "whole").await;
    hear(&mut quiet, "whole").await;
}

#[tokio::test]
async fn through_a_partition_nobody_hears_that_the_other_side_is_gone() {
    let (echo, proxy) = both().await;
    for partition in [Conditions::FROZEN, Conditions::BLACK_HOLE] {
        let mut stream = connected(&proxy).await;
        let second = FaultProxy::before(proxy.address()).await;
        let mut through_both = connected(&second).await;
        second.set_existing(partition);

        proxy.cut(Cut::Reset);
        assert_silent(&mut through_both).await;
        assert!(within("the cut", stream.read(&mut [0])).await.is_err());
        second.heal();

        let ended = within("the end", through_both.read(&mut [0])).await;
        assert!(matches!(ended, Ok(0) | Err(_)), "{ended:?}");
    }
    assert!(echo.heard() > 0);
}

#[tokio::test]
async fn what_is_told_to_new_connections_does_not_touch_the_others() {
    let (echo, proxy) = both().await;
    let mut old = connected(&proxy).await;

    proxy.set_new(Conditions::FROZEN);
    let mut new = dial(&proxy).await;
    say(&mut new, "later").await;
    say(&mut old, "now").await;
    hear(&mut old, "now").await;
    assert_eq!(echo.heard(), 8);
    proxy.set_existing(Conditions::CLEAR);
    hear(&mut new, "later").await;

    let mut newer = dial(&proxy).await;
    say(&mut newer, "held").await;
    assert_silent(&mut newer).await;
}

#[tokio::test]
async fn the_door_can_be_shut_or_lead_nowhere_and_old_connections_stay() {
    let (_echo, proxy) = both().await;
    let mut old = connected(&proxy).await;

    proxy.set_entrance(Entrance::Refuse);
    assert_reset(dial(&proxy).await).await;
    proxy.set_entrance(Entrance::Nobody);
    let mut nobody = dial(&proxy).await;
    say(&mut nobody, "hello?").await;
    assert_silent(&mut nobody).await;
    say(&mut old, "still here").await;
    hear(&mut old, "still here").await;

    proxy.heal();
    assert_reset(nobody).await;
    connected(&proxy).await;
}

#[tokio::test]
async fn the_server_hears_the_introduction_first() {
    let (_echo, proxy) = both().await;
    proxy.introduce("PROXY UNKNOWN\r\n");
    let mut stream = dial(&proxy).await;
    say(&mut stream, "and then this").await;
    hear(&mut stream, "PROXY UNKNOWN\r\nand then this").await;
}

#[tokio::test]
async fn a_way_that_is_stuck_holds_a_bounded_number_of_bytes() {
    let (_echo, proxy) = both().await;
    let hour = Duration::from_secs(3_600);
    proxy.set_new(Conditions { up: Way::late(hour, Duration::ZERO), down: Way::CLEAR });
    let stream = dial(&proxy).await;
    let chunk = vec![0; 64 * 1024];
    let mut taken = 0;

    // Until the kernels of both ends and the proxy are full.
    while timeout(Duration::from_millis(500), stream.writable()).await.is_ok() {
        match stream.try_write(&chunk) {
            Ok(bytes) => taken += bytes,
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
        }
        assert!(taken < 64 * 1024 * 1024, "it takes without end");
    }

    assert!(taken > pump::QUEUE_BYTES_MAX);
    assert_eq!(proxy.passed_bytes(), (0, 0));
}

#[tokio::test]
async fn a_proxy_that_is_dropped_leaves_nobody_waiting() {
    let (_echo, proxy) = both().await;
    let stream = connected(&proxy).await;
    let address = proxy.address();

    drop(proxy);

    assert_reset(stream).await;
    until("the port to be free", || async {
        TcpStream::connect(address).await.is_err().then_some(())
    })
    .await;
}
