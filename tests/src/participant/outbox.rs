//! What a participant has not yet got through, in order, conversation by conversation.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Duration;

use salotto_protocol::{ClientFrame, ClientId, ConversationId, Start};
use tokio::time::Instant;

use super::role::Beginning;

/// Without an answer for so long, a message is sent again. Shorter than a browser's 5 s: a test
/// that kills nodes wants many repeats.
const REPEAT_AFTER: Duration = Duration::from_secs(1);

/// Of the conversation to be begun (`None`), and of each known one.
#[derive(Default)]
pub(super) struct Outbox {
    lanes: HashMap<Option<ConversationId>, VecDeque<Unsent>>,
    /// A close has an `ack` as well, but no text that the store could have lost.
    closes: HashSet<ClientId>,
}

struct Unsent {
    client_id: ClientId,
    what: Saying,
    sent_at: Option<Instant>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Saying {
    Message(String),
    /// Agents, among themselves.
    Comment(String),
    /// Agents: the conversation is closed.
    Close,
}

impl Outbox {
    pub(super) fn push(&mut self, lane: Option<ConversationId>, what: Saying) {
        let client_id = ClientId::fresh();
        if what == Saying::Close {
            self.closes.insert(client_id);
        }
        let unsent = Unsent { client_id, what, sent_at: None };
        self.lanes.entry(lane).or_default().push_back(unsent);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lanes.values().all(VecDeque::is_empty)
    }

    pub(super) fn is_empty_for(&self, conversation: ConversationId) -> bool {
        self.lanes.get(&Some(conversation)).is_none_or(VecDeque::is_empty)
    }

    pub(super) fn is_message(&self, client_id: ClientId) -> bool {
        !self.closes.contains(&client_id)
    }

    /// On a new line nothing was sent yet.
    pub(super) fn forget_sending(&mut self) {
        for unsent in self.lanes.values_mut().flatten() {
            unsent.sent_at = None;
        }
    }

    /// What was never sent, or long ago: the first of each conversation.
    pub(super) fn due(&mut self, beginning: Option<&Beginning>) -> Vec<ClientFrame> {
        let now = Instant::now();
        let mut frames = Vec::new();
        for (lane, unsent) in &mut self.lanes {
            let Some(first) = unsent.front_mut() else { continue };
            if first.sent_at.is_some_and(|at| now - at < REPEAT_AFTER) {
                continue;
            }
            first.sent_at = Some(now);
            frames.push(first.frame(*lane, beginning));
        }
        frames
    }

    /// Takes out what was done or refused. The first one tells which conversation was begun.
    pub(super) fn done(&mut self, of: ClientId, conversation: ConversationId) -> Option<Saying> {
        for lane in [None, Some(conversation)] {
            let Some(unsent) = self.lanes.get_mut(&lane) else { continue };
            if unsent.front().is_none_or(|first| first.client_id != of) {
                continue;
            }
            let done = unsent.pop_front().expect("it has a front");
            if lane.is_none() {
                let rest = self.lanes.remove(&None).unwrap_or_default();
                self.lanes.insert(Some(conversation), rest);
            }
            return Some(done.what);
        }
        None
    }
}

impl Unsent {
    fn frame(&self, lane: Option<ConversationId>, beginning: Option<&Beginning>) -> ClientFrame {
        let client_id = self.client_id;
        match (lane, &self.what) {
            (None, Saying::Message(text)) => {
                let beginning = beginning.expect("only a visitor begins");
                ClientFrame::Start(Start {
                    client_id: beginning.client_id,
                    chatflow: beginning.chatflow,
                    message_client_id: client_id,
                    text: text.clone(),
                })
            }
            (Some(conversation), Saying::Message(text)) => {
                ClientFrame::Send { conversation, client_id, text: text.clone() }
            }
            (Some(conversation), Saying::Comment(text)) => {
                ClientFrame::Comment { conversation, client_id, text: text.clone() }
            }
            (Some(conversation), Saying::Close) => ClientFrame::Close { conversation, client_id },
            (None, Saying::Comment(_) | Saying::Close) => {
                unreachable!("only a visitor's message begins something")
            }
        }
    }
}
