//! What is made of the router's word of the queue.

use salotto_protocol::{Epoch, InboxId, SiteId};
use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::store::ChatflowRow;

const SHOP: ChatflowId = ChatflowId(Uuid::from_u128(1));

fn id(number: u128) -> ConversationId {
    ConversationId(Uuid::from_u128(number))
}

fn line(first: &[u128], waiting: u32) -> QueueLine {
    let first = first.iter().copied().map(id).collect();
    QueueLine { chatflow: SHOP, first, waiting, interval_ms: Some(60_000) }
}

fn hint(number: u64, lines: Vec<QueueLine>) -> QueueHint {
    QueueHint { epoch: Epoch(Uuid::nil()), term: 1, number, lines }
}

/// The shop shows its queue, and has so much patience.
fn with_patience(wait_ms: Option<u64>, show_queue: ShowQueue) -> Settings {
    let settings = json!({"name": "Shop", "show_queue": show_queue,
        "patience": {"wait_ms": wait_ms, "text": "By mail?"}});
    let shop = ChatflowRow {
        id: SHOP,
        site: SiteId(Uuid::nil()),
        inbox: InboxId(Uuid::nil()),
        enabled: true,
        priority: 1,
        settings: serde_json::from_value(settings).expect("settings"),
    };
    Settings { chatflows: vec![shop], ..Settings::default() }
}

fn settings() -> Settings {
    with_patience(None, ShowQueue { position: true, expected_wait: true })
}

fn at(place: QueuePlace) -> Stands {
    Stands::At(Standing { place: Some(place), terms: None })
}

fn these(moved: Moved) -> Vec<ConversationId> {
    let Moved::These(mut ids) = moved else { panic!("{moved:?}") };
    ids.sort_unstable();
    ids
}

#[test]
fn each_is_told_how_many_wait_longer_and_how_long_that_takes() {
    let (places, now) = (QueuePlaces::new(Promises::Made), Instant::now());
    assert_eq!(places.of(id(3), SHOP, now), Stands::Unknown);
    assert_eq!(places.take(&hint(1, vec![line(&[5, 4, 3], 3)]), &settings(), now), Moved::Anybody);

    let third = QueuePlace { position: 3, at_least: false, expected_wait_ms: Some(180_000) };
    assert_eq!(places.of(id(3), SHOP, now), at(third));
    assert_eq!(places.of(id(9), SHOP, now), Stands::Unknown, "it has just come");
    let other = ChatflowId(Uuid::from_u128(2));
    assert_eq!(places.of(id(9), other, now), Stands::Untold);
    assert_eq!(places.of(id(3), SHOP, now + STALE_AFTER), Stands::Unknown);
}

#[test]
fn only_whose_number_changed_is_told() {
    let (places, now) = (QueuePlaces::new(Promises::Made), Instant::now());
    places.take(&hint(1, vec![line(&[1, 2, 3], 3)]), &settings(), now);

    assert_eq!(these(places.take(&hint(2, vec![line(&[1, 2, 3], 3)]), &settings(), now)), []);
    assert_eq!(
        these(places.take(&hint(3, vec![line(&[1, 2, 3, 4], 4)]), &settings(), now)),
        [id(4)]
    );
    let gone = these(places.take(&hint(4, vec![line(&[1, 3, 4], 3)]), &settings(), now));
    assert_eq!(gone, [id(2), id(3), id(4)]);
}

#[test]
fn who_is_not_named_stands_behind_all_who_are() {
    let (places, now) = (QueuePlaces::new(Promises::Made), Instant::now());
    places.take(&hint(1, vec![line(&[1, 2], 2)]), &settings(), now);
    assert_eq!(places.take(&hint(2, vec![line(&[1, 2], 900)]), &settings(), now), Moved::Anybody);

    let behind = QueuePlace { position: 3, at_least: true, expected_wait_ms: None };
    assert_eq!(places.of(id(77), SHOP, now), at(behind));
    let next = these(places.take(&hint(3, vec![line(&[2, 3], 899)]), &settings(), now));
    assert_eq!(next, [id(1), id(2), id(3)], "nothing is new to the others");
}

#[test]
fn a_chatflow_that_tells_it_no_longer_takes_it_back() {
    let (places, now) = (QueuePlaces::new(Promises::Made), Instant::now());
    places.take(&hint(1, vec![line(&[1], 1)]), &settings(), now);
    assert_eq!(places.take(&hint(2, Vec::new()), &settings(), now), Moved::Anybody);
    assert_eq!(places.of(id(1), SHOP, now), Stands::Untold);
}

#[test]
fn a_word_that_comes_late_or_of_a_router_that_was_is_not_believed() {
    let (places, now) = (QueuePlaces::new(Promises::Made), Instant::now());
    let later = QueueHint { term: 2, ..hint(1, vec![line(&[1], 1)]) };
    places.take(&later, &settings(), now);
    for stale in [later, hint(9, vec![line(&[2, 1], 2)])] {
        assert_eq!(these(places.take(&stale, &settings(), now)), []);
    }
    let first = QueuePlace { position: 1, at_least: false, expected_wait_ms: Some(60_000) };
    assert_eq!(places.of(id(1), SHOP, now), at(first));
}

/// BY-15
#[test]
fn by_15_who_is_to_be_patient_has_terms_whether_the_queue_is_shown_or_not() {
    let (places, now) = (QueuePlaces::new(Promises::Made), Instant::now());
    let shop = with_patience(Some(150_000), ShowQueue::default());
    places.take(&hint(1, vec![line(&[1, 2, 3], 5)]), &shop, now);

    let terms =
        |expected_wait_ms| Terms { wait_ms: 150_000, expected_wait_ms, text: "By mail?".into() };
    let hidden = |expected| Stands::At(Standing { place: None, terms: Some(terms(expected)) });
    assert_eq!(places.of(id(3), SHOP, now), hidden(Some(180_000)));
    assert_eq!(places.of(id(77), SHOP, now), hidden(Some(240_000)), "at least, so far behind");

    let slower = QueueLine { interval_ms: None, ..line(&[1, 2, 3], 5) };
    assert_eq!(places.take(&hint(2, vec![slower]), &shop, now), Moved::Anybody);
    assert_eq!(places.of(id(3), SHOP, now), hidden(None));
    let changed = with_patience(Some(1), ShowQueue::default());
    let same = QueueLine { interval_ms: None, ..line(&[1, 2, 3], 5) };
    assert_eq!(places.take(&hint(3, vec![same]), &changed, now), Moved::Anybody);
}

#[test]
fn by_15_a_node_that_sends_no_mail_offers_none() {
    let (places, now) = (QueuePlaces::new(Promises::Never), Instant::now());
    let shop = with_patience(Some(1), ShowQueue::default());
    places.take(&hint(1, vec![line(&[1], 1)]), &shop, now);
    let nothing = Standing { place: None, terms: None };
    assert_eq!(places.of(id(1), SHOP, now), Stands::At(nothing));
}

#[test]
fn the_expected_wait_is_said_only_if_the_chatflow_shows_it() {
    let (places, now) = (QueuePlaces::new(Promises::Made), Instant::now());
    let shop = with_patience(Some(1), ShowQueue { position: true, expected_wait: false });
    places.take(&hint(1, vec![line(&[1], 1)]), &shop, now);
    let Stands::At(standing) = places.of(id(1), SHOP, now) else { panic!("it is told") };
    assert_eq!(standing.place.expect("shown").expected_wait_ms, None);
    assert_eq!(standing.terms.expect("patient").expected_wait_ms, Some(60_000));
}
