//! A visitor who waits hears where they stand in the queue, whenever that is something else. Pure.

use salotto_protocol::{ConversationState, Party, ServerFrame};

use super::following::Following;
use super::handle::Follower;
use super::queue_places::Stands;
use crate::fanout::SocketId;
use crate::store::Head;

impl Following {
    /// The conversation, if it waits.
    pub(super) fn waiting(&self) -> Option<&Head> {
        let head = self.known.as_ref().map(|known| &known.head);
        head.filter(|head| head.state == ConversationState::Waiting)
    }

    /// Once somebody has it, the state says so: nothing is told of a queue any more.
    pub(super) fn waits_no_more(&mut self) {
        self.place = None;
    }

    pub(super) fn stands(&mut self, stands: Stands) {
        let place = match stands {
            Stands::At(place) => Some(place),
            Stands::Untold => None,
            Stands::Unknown => return,
        };
        if place != self.place {
            self.place = place;
            let frame = ServerFrame::Queue { conversation: self.conversation, place };
            self.tell(frame, Some(Party::Visitor), None);
        }
    }

    /// To a socket that now has the history, what the others were told.
    pub(super) fn say_place(&mut self, socket: SocketId, follower: Follower) {
        match (follower, self.place) {
            (Follower::Visitor { .. }, Some(_)) => {
                let (conversation, place) = (self.conversation, self.place);
                self.say(socket, ServerFrame::Queue { conversation, place });
            }
            (Follower::Visitor { .. } | Follower::Agent { .. }, _) => {}
        }
    }
}
