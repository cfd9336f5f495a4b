//! Every invariant broken once, and an honest history that breaks none.

use salotto_protocol::{Author, EntryBody, VisitorId};

use super::*;

#[test]
fn an_honest_history_has_no_violation() {
    let world = World::new();
    let receipts = [
        world.acked(1, "one"),
        world.received(7, 1, 0),
        world.received(7, 2, 1),
        // 3 is a comment: a visitor never receives it.
        world.received(7, 4, 2),
        world.received(8, 4, 3),
    ];
    assert_eq!(check(&receipts, &world.ledger), []);
}

#[test]
fn an_acknowledged_message_that_is_not_in_the_store_is_lost() {
    let world = World::new();
    let lost = Violation::Lost {
        conversation: world.conversation,
        seq: Seq(9),
        client_id: world.client_ids[0],
    };
    assert_eq!(check(&[world.acked(9, "one")], &world.ledger), [lost]);
}

#[test]
fn an_acknowledged_message_with_another_text_is_lost() {
    let world = World::new();
    assert_eq!(check(&[world.acked(1, "won")], &world.ledger).len(), 1);
}

#[test]
fn an_acknowledged_message_of_another_epoch_is_lost() {
    let mut world = World::new();
    let receipt = world.acked(1, "one");
    world.ledger.epoch = Epoch::fresh();
    assert_eq!(check(&[receipt], &world.ledger).len(), 1);
}

#[test]
fn a_message_stored_twice_is_doubled() {
    let mut world = World::new();
    let client_id = world.client_ids[0];
    world.log()[1].client_id = Some(client_id);
    assert_eq!(check(&[], &world.ledger), [Violation::Doubled { client_id }]);
}

#[test]
fn a_delivered_entry_that_is_not_in_the_store_is_a_ghost() {
    let world = World::new();
    let ghost = Violation::Ghost { conversation: world.conversation, seq: Seq(5) };
    assert!(check(&[world.received(7, 5, 4)], &world.ledger).contains(&ghost));
}

#[test]
fn a_hole_and_a_time_that_goes_back_are_not_dense() {
    let mut world = World::new();
    world.log().remove(1);
    let hole = Violation::NotDense { conversation: world.conversation, seq: Seq(3) };
    assert_eq!(check(&[], &world.ledger), [hole]);

    let mut world = World::new();
    world.log()[2].at_ms = 0;
    let back = Violation::NotDense { conversation: world.conversation, seq: Seq(3) };
    assert_eq!(check(&[], &world.ledger), [back]);
}

#[test]
fn entries_out_of_order_twice_or_with_a_gap_are_no_prefix() {
    let world = World::new();
    let cases = [
        [world.received(7, 2, 1), world.received(7, 1, 0)],
        [world.received(7, 1, 0), world.received(7, 1, 0)],
        [world.received(7, 1, 0), world.received(7, 4, 3)],
    ];
    for receipts in cases {
        let seen = check(&receipts, &world.ledger);
        assert!(matches!(seen[..], [Violation::NotAPrefix { .. }]), "{seen:?}");
    }
}

#[test]
fn an_after_that_hides_a_visible_entry_is_no_prefix() {
    let world = World::new();
    let receipts = [world.received(7, 1, 0), world.received(7, 4, 1)];
    let seen = check(&receipts, &world.ledger);
    assert!(matches!(seen[..], [Violation::NotAPrefix { .. }]), "{seen:?}");
}

#[test]
fn another_entry_at_the_same_place_is_a_disagreement() {
    let world = World::new();
    let Receipt::Received { socket, conversation, epoch, seq, after, .. } = world.received(7, 1, 0)
    else {
        unreachable!("made as received")
    };
    let client_id = Some(ClientId::fresh());
    let receipt = Receipt::Received { socket, conversation, epoch, seq, after, client_id };
    let seen = check(&[receipt], &world.ledger);
    assert_eq!(seen, [Violation::Disagreement { conversation, seq: Seq(1) }]);
}

/// One conversation: message, message, comment, message.
struct World {
    conversation: ConversationId,
    client_ids: Vec<ClientId>,
    ledger: Ledger,
}

impl World {
    fn new() -> World {
        let conversation = ConversationId::fresh();
        let client_ids: Vec<ClientId> = (0..4).map(|_| ClientId::fresh()).collect();
        let bodies = [message("one"), message("two"), comment("psst"), message("four")];
        let log = bodies.into_iter().zip(&client_ids).zip(1..).map(|((body, client_id), seq)| {
            let by = Author::Visitor { id: VisitorId::fresh() };
            Entry { seq: Seq(seq), at_ms: 1_000, by, client_id: Some(*client_id), body }
        });
        let logs = HashMap::from([(conversation, log.collect())]);
        World { conversation, client_ids, ledger: Ledger { epoch: Epoch::fresh(), logs } }
    }

    fn log(&mut self) -> &mut Vec<Entry> {
        self.ledger.logs.get_mut(&self.conversation).expect("the one conversation")
    }

    fn acked(&self, seq: u32, text: &str) -> Receipt {
        Receipt::Acked {
            conversation: self.conversation,
            epoch: self.ledger.epoch,
            seq: Seq(seq),
            client_id: self.client_ids[0],
            text: text.to_owned(),
        }
    }

    fn received(&self, socket: u64, seq: u32, after: u32) -> Receipt {
        Receipt::Received {
            socket,
            conversation: self.conversation,
            epoch: self.ledger.epoch,
            seq: Seq(seq),
            after: Seq(after),
            client_id: self.client_ids.get(seq as usize - 1).copied(),
        }
    }
}

fn message(text: &str) -> EntryBody {
    EntryBody::Message { text: text.to_owned() }
}

fn comment(text: &str) -> EntryBody {
    EntryBody::Comment { text: text.to_owned() }
}
