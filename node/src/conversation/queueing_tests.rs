//! When a visitor who waits is offered an answer by e-mail (BY-15).

use salotto_protocol::{Cursor, Epoch, Seq, View};
use uuid::Uuid;

use super::super::attach::{Missed, MissedEntries};
use super::super::queue_places::Standing;
use super::*;
use crate::store::Marks;
use crate::test_support::waiting_head;

const MINUTE_MS: u64 = 60_000;
const SINCE_MS: i64 = 1_000_000;

/// One who waits since `SINCE_MS`, with one tab.
fn waiting() -> Following {
    let head = waiting_head(SINCE_MS);
    let mut following = Following::new(head.id, Epoch(Uuid::nil()));
    let follower = Follower::Visitor { id: head.visitor, site: head.site };
    let cursor = Cursor { conversation: head.id, epoch: None, seq: Seq(0) };
    following.attach(follower, SocketId(1), cursor);
    let Some(Action::ReadFor(joining)) = following.actions().pop() else { panic!("it is read") };
    assert_eq!(joining.follower.view(), View::Visitor);
    let (from, entries) = (Seq(0), MissedEntries::All(Vec::new()));
    let missed =
        Missed { head, marks: Marks::default(), reset: None, from, entries, may_see: true };
    following.missed(joining.attempt, Some(missed));
    following.actions();
    following
}

fn after(ms: u64) -> i64 {
    SINCE_MS.saturating_add_unsigned(ms)
}

fn told(expected_wait_ms: Option<u64>) -> Stands {
    let terms = Terms { wait_ms: 10 * MINUTE_MS, expected_wait_ms, text: "By mail?".into() };
    Stands::At(Standing { place: None, terms: Some(terms) })
}

/// What the visitor hears of an offer.
fn offers(following: &mut Following) -> Vec<(bool, Option<String>)> {
    let heard = |action| match action {
        Action::Tell(told) => match told.frame {
            ServerFrame::Queue { offer, offer_text, .. } => Some((offer, offer_text)),
            _ => None,
        },
        _ => None,
    };
    following.actions().into_iter().filter_map(heard).collect()
}

fn looks_again_in(following: &mut Following) -> Vec<Duration> {
    let time = |action| match action {
        Action::LookAgainIn(time) => Some(time),
        _ => None,
    };
    following.actions().into_iter().filter_map(time).collect()
}

#[test]
fn by_15_the_offer_is_made_as_soon_as_the_expected_wait_exceeds_the_patience() {
    let mut following = waiting();
    following.stands(told(Some(10 * MINUTE_MS)), after(0));
    assert_eq!((offers(&mut following), following.offered()), (vec![], Offered::No));

    following.stands(told(Some(11 * MINUTE_MS)), after(1));

    let said = (true, Some("By mail?".to_owned()));
    assert_eq!((offers(&mut following), following.offered()), (vec![said], Offered::Yes));
}

#[test]
fn by_15_without_a_known_wait_the_offer_is_made_when_they_have_waited_so_long_and_not_before() {
    let mut following = waiting();
    following.stands(told(None), after(4 * MINUTE_MS));
    assert_eq!(looks_again_in(&mut following), [Duration::from_secs(360)]);
    following.stands(told(None), after(5 * MINUTE_MS));
    assert_eq!(looks_again_in(&mut following), [], "that is known");

    following.looks_again();
    following.stands(Stands::Unknown, after(10 * MINUTE_MS) - 1);
    assert_eq!(looks_again_in(&mut following), [Duration::from_millis(1)], "too early");
    following.stands(Stands::Unknown, after(10 * MINUTE_MS));
    assert_eq!(offers(&mut following).len(), 1, "by what the router said last");
}

#[test]
fn by_15_an_offer_that_was_made_stands_though_it_goes_faster_now() {
    let mut following = waiting();
    following.stands(told(Some(11 * MINUTE_MS)), after(0));
    offers(&mut following);
    following.stands(told(Some(MINUTE_MS)), after(1));
    assert_eq!((offers(&mut following), following.offered()), (vec![], Offered::Yes));

    following.stands(Stands::Untold, after(2));
    assert_eq!(offers(&mut following), [(false, None)], "the chatflow makes none any more");
}

#[test]
fn by_15_who_was_promised_an_answer_or_waits_no_more_is_offered_none() {
    let mut following = waiting();
    let known = following.known.as_mut().expect("it was read");
    known.head.due_at_ms = Some(1);
    following.stands(told(Some(11 * MINUTE_MS)), after(0));
    assert_eq!((offers(&mut following), following.offered()), (vec![], Offered::No));

    let known = following.known.as_mut().expect("it was read");
    (known.head.due_at_ms, known.head.state) = (None, ConversationState::Assigned);
    following.waits_no_more();
    assert_eq!((offers(&mut following), following.offered()), (vec![], Offered::Unclear));
}

#[test]
fn by_15_a_tab_that_comes_later_hears_of_the_offer() {
    let mut following = waiting();
    following.stands(told(Some(11 * MINUTE_MS)), after(0));
    offers(&mut following);
    let follower = Follower::Visitor { id: waiting_head(0).visitor, site: waiting_head(0).site };
    following.say_place(SocketId(2), follower);
    assert_eq!(offers(&mut following), [(true, Some("By mail?".to_owned()))]);
}
