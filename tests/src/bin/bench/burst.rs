//! Ten thousand chats in the same moment: how long until each is assigned or waits.

use salotto_tests::burst::{LIMIT, burst};

use super::report::{Goal, Report};

const CHATS: u32 = 10_000;
const SECONDS_MAX: f64 = 10.0;

pub(crate) async fn measure(report: &mut Report) {
    let burst = burst(CHATS).await;
    let name = format!("burst: {CHATS} chats, limit {LIMIT}: all assigned or waiting");
    report.line(&name, burst.seconds, "s", Goal::AtMost(SECONDS_MAX));
    let dealt_with = f64::from(burst.assigned + burst.waiting) / f64::from(CHATS);
    report.line(
        "burst: of them in the store, none above a limit",
        dealt_with,
        "×",
        Goal::AtLeast(1.0),
    );
}
