//! How far one socket has received each conversation it follows.

use salotto_protocol::{ConversationId, Seq};

/// Where in a conversation a frame brings its reader: remembered once it is fully written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Place {
    pub(crate) conversation: ConversationId,
    pub(crate) seq: Seq,
}

/// Empty for most sockets, one or two for a visitor who writes: a list is the smallest map.
#[derive(Debug, Default)]
pub(super) struct Places(Vec<Tracked>);

#[derive(Debug)]
struct Tracked {
    place: Place,
    /// Frames were lost: nothing more of this conversation until it was attached again.
    broken: bool,
}

impl Places {
    pub(super) fn start_at(&mut self, place: Place) {
        match self.0.iter_mut().find(|known| known.place.conversation == place.conversation) {
            Some(known) => *known = Tracked { place, broken: false },
            None => {
                self.0.reserve_exact(1);
                self.0.push(Tracked { place, broken: false });
            }
        }
    }

    pub(super) fn forget(&mut self, conversation: ConversationId) {
        self.0.retain(|known| known.place.conversation != conversation);
        self.0.shrink_to_fit();
    }

    /// A frame was fully written. Ignored for a conversation that is not followed (any more).
    pub(super) fn reach(&mut self, place: Place) {
        let known = self.0.iter_mut().find(|it| it.place.conversation == place.conversation);
        if let Some(known) = known {
            known.place.seq = place.seq;
        }
    }

    pub(super) fn is_broken(&self, conversation: ConversationId) -> bool {
        self.0.iter().any(|known| known.place.conversation == conversation && known.broken)
    }

    /// From where the reader must be refilled, conversation by conversation.
    pub(super) fn break_all(&mut self) -> Vec<Place> {
        for known in &mut self.0 {
            known.broken = true;
        }
        self.0.iter().map(|known| known.place).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(conversation: ConversationId, seq: u32) -> Place {
        Place { conversation, seq: Seq(seq) }
    }

    #[test]
    fn a_place_moves_with_what_was_written() {
        let (mut places, id) = (Places::default(), ConversationId::fresh());
        places.start_at(place(id, 3));

        places.reach(place(id, 5));

        assert_eq!(places.break_all(), [place(id, 5)]);
    }

    #[test]
    fn a_conversation_that_nobody_follows_has_no_place() {
        let (mut places, id) = (Places::default(), ConversationId::fresh());
        places.start_at(place(id, 3));
        places.forget(id);

        places.reach(place(id, 5));

        assert_eq!(places.break_all(), []);
    }

    #[test]
    fn a_broken_conversation_heals_when_attached_again() {
        let (mut places, id) = (Places::default(), ConversationId::fresh());
        places.start_at(place(id, 3));
        places.break_all();
        assert!(places.is_broken(id));

        places.start_at(place(id, 3));

        assert!(!places.is_broken(id));
    }
}
