//! What every link must do, whatever carries it: the same cases for the local one and for Redis.

use std::time::Duration;

use salotto_protocol::envelope::{Envelope, MarksHint};
use salotto_protocol::{ConversationId, NodeId, Party, Seq};

use super::readers::UNREAD_ENVELOPES_MAX;
use super::{Hint, HintStream, Link, Trust};

/// Far more than anything takes on a busy machine.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// Where the nodes of a test meet.
pub(super) trait Meeting: Sized {
    fn open() -> impl Future<Output = Self>;
    fn join(&self, node: NodeId) -> Link;
}

/// A node of a test that hears all that is sent from now on.
pub(super) struct Member {
    pub(super) node: NodeId,
    pub(super) link: Link,
    pub(super) hints: HintStream,
}

impl Member {
    pub(super) async fn join(meeting: &impl Meeting) -> Member {
        let node = NodeId(uuid::Uuid::now_v7());
        Member::with(node, meeting.join(node)).await
    }

    pub(super) async fn with(node: NodeId, link: Link) -> Member {
        until_sound(&link).await;
        let hints = link.hints();
        Member { node, link, hints }
    }

    /// Up to the next envelope; losses on the way are passed over.
    pub(super) async fn read(&mut self) -> u32 {
        read(&mut self.hints).await
    }

    /// Until something may have been missed.
    pub(super) async fn until_lost(&mut self) {
        let lost = async { while !matches!(next(&mut self.hints).await, Hint::Lost) {} };
        tokio::time::timeout(PATIENCE, lost).await.expect("a loss is told");
    }
}

pub(super) async fn until_sound(link: &Link) {
    until_trust(link, |trust| trust == Trust::Sound).await;
}

pub(super) async fn until_suspect(link: &Link) {
    until_trust(link, |trust| trust != Trust::Sound).await;
}

async fn until_trust(link: &Link, is_it: impl Fn(Trust) -> bool) {
    let mut trust = link.trust();
    let changed = trust.wait_for(|now| is_it(*now));
    let _ = tokio::time::timeout(PATIENCE, changed).await.expect("the trust changes in time");
}

pub(super) fn marks(read: u32) -> Envelope {
    Envelope::Marks(MarksHint {
        conversation: ConversationId(uuid::Uuid::nil()),
        party: Party::Team,
        delivered: Seq(read),
        read: Seq(read),
    })
}

pub(super) async fn next(hints: &mut HintStream) -> Hint {
    let next = tokio::time::timeout(PATIENCE, hints.next());
    next.await.expect("a hint in time").expect("the link stands")
}

async fn read(hints: &mut HintStream) -> u32 {
    loop {
        match next(hints).await {
            Hint::Envelope(Envelope::Marks(hint)) => return hint.read.0,
            Hint::Envelope(other) => panic!("never sent: {other:?}"),
            Hint::Lost => {}
        }
    }
}

pub(super) async fn every_other_node_hears_an_announcement_in_order(meeting: impl Meeting) {
    let here = Member::join(&meeting).await;
    let (mut there, mut elsewhere) = (Member::join(&meeting).await, Member::join(&meeting).await);
    let mut second = there.link.clone().hints();

    (1..=3).for_each(|seq| here.link.announce(&marks(seq)));

    for seq in 1..=3 {
        assert_eq!(there.read().await, seq);
        assert_eq!(elsewhere.read().await, seq);
        assert_eq!(read(&mut second).await, seq);
    }
}

pub(super) async fn only_the_nodes_that_are_named_hear_what_is_sent(meeting: impl Meeting) {
    let here = Member::join(&meeting).await;
    let (mut there, mut elsewhere) = (Member::join(&meeting).await, Member::join(&meeting).await);

    here.link.send(&[there.node], &marks(1));
    here.link.send(&[elsewhere.node, there.node], &marks(2));
    here.link.send(&[], &marks(3));
    here.link.send(&[elsewhere.node], &marks(4));

    assert_eq!([there.read().await, there.read().await], [1, 2]);
    assert_eq!([elsewhere.read().await, elsewhere.read().await], [2, 4]);
}

pub(super) async fn a_node_never_hears_itself(meeting: impl Meeting) {
    let mut here = Member::join(&meeting).await;
    let there = Member::join(&meeting).await;

    here.link.clone().announce(&marks(1));
    here.link.send(&[here.node], &marks(2));
    there.link.announce(&marks(3));
    there.link.send(&[here.node], &marks(4));

    let mut heard = [here.read().await, here.read().await];
    heard.sort_unstable();
    assert_eq!(heard, [3, 4]);
}

pub(super) async fn nodes_that_are_gone_or_unknown_harm_nobody(meeting: impl Meeting) {
    let here = Member::join(&meeting).await;
    let gone = Member::join(&meeting).await.node;
    let mut there = Member::join(&meeting).await;

    here.link.send(&[gone, NodeId::fresh(), there.node], &marks(1));

    assert_eq!(there.read().await, 1);
}

pub(super) async fn a_reader_too_far_behind_is_told_and_keeps_what_was_queued(
    meeting: impl Meeting,
) {
    let here = Member::join(&meeting).await;
    let mut there = Member::join(&meeting).await;
    let mut slow = there.link.hints();
    let sent = u32::try_from(UNREAD_ENVELOPES_MAX).expect("small") + 10;

    // One reader keeps up, so that what is behind for the other one has arrived.
    for seq in 1..=sent {
        here.link.announce(&marks(seq));
        assert_eq!(there.read().await, seq);
    }

    assert!(matches!(next(&mut slow).await, Hint::Lost), "the loss comes first");
    for seq in 1..=sent - 10 {
        assert_eq!(read(&mut slow).await, seq);
    }
    here.link.announce(&marks(7));
    match next(&mut slow).await {
        Hint::Envelope(_) => {}
        Hint::Lost => panic!("and only once"),
    }
}

pub(super) async fn a_waiting_reader_wakes_up(meeting: impl Meeting) {
    let here = Member::join(&meeting).await;
    let mut there = Member::join(&meeting).await;
    let reader = tokio::spawn(async move { there.read().await });
    tokio::task::yield_now().await;

    here.link.announce(&marks(1));

    assert_eq!(reader.await.expect("it reads"), 1);
}

pub(super) async fn the_stream_ends_with_the_link_after_what_was_queued(meeting: impl Meeting) {
    let here = Member::join(&meeting).await;
    let mut there = Member::join(&meeting).await;
    let mut second = there.link.hints();
    here.link.announce(&marks(1));
    assert_eq!(there.read().await, 1);
    let Member { link, mut hints, .. } = there;

    drop((here, link, meeting));

    assert_eq!(read(&mut second).await, 1);
    for stream in [&mut hints, &mut second] {
        let ended = tokio::time::timeout(PATIENCE, stream.next()).await.expect("it ends");
        assert!(ended.is_none());
    }
}

pub(super) async fn whoever_stands_alone_with_the_link_has_peers_once_they_come(
    meeting: impl Meeting,
) {
    let here = Member::join(&meeting).await;
    let _there = Member::join(&meeting).await;
    assert!(here.link.has_peers());
}

/// All cases, as tests of one kind of link.
macro_rules! cases_for {
    ($meeting:ty: $($case:ident),* $(,)?) => {
        $(
            #[tokio::test]
            async fn $case() {
                let meeting = <$meeting as $crate::link::cases::Meeting>::open().await;
                $crate::link::cases::$case(meeting).await;
            }
        )*
    };
    ($meeting:ty) => {
        $crate::link::cases::cases_for!(
            $meeting:
            every_other_node_hears_an_announcement_in_order,
            only_the_nodes_that_are_named_hear_what_is_sent,
            a_node_never_hears_itself,
            nodes_that_are_gone_or_unknown_harm_nobody,
            a_reader_too_far_behind_is_told_and_keeps_what_was_queued,
            a_waiting_reader_wakes_up,
            the_stream_ends_with_the_link_after_what_was_queued,
            whoever_stands_alone_with_the_link_has_peers_once_they_come,
        );
    };
}
pub(super) use cases_for;

mod local {
    //! The cases for nodes of one process.

    use super::Meeting;
    use crate::link::{Link, LocalHub};
    use salotto_protocol::NodeId;

    impl Meeting for LocalHub {
        async fn open() -> LocalHub {
            LocalHub::new()
        }

        fn join(&self, node: NodeId) -> Link {
            Link::Local(LocalHub::join(self, node))
        }
    }

    cases_for!(LocalHub);
}
