//! What is known of a visitor when a conversation begins, or begins again: kept with it, for the
//! routing rules (SK-8).

use std::collections::BTreeSet;

use salotto_protocol::{ContactId, ConversationState, InboxId, Seq, VisitorId};

use super::state::{Tracked, Work};
use super::write::Told;
use crate::store::{Batch, Head, StartKey, StoreError};

/// Of those who start, and of those who could open what is closed; and how those are called who
/// wait and have an owner.
pub(super) async fn find(
    batch: &mut Batch<'_>,
    starts: &std::collections::BTreeMap<StartKey, InboxId>,
    work: &mut Work,
) -> Result<(), StoreError> {
    let closed = work.heads.values().filter(|it| it.head.state == ConversationState::Closed);
    let closed = closed.map(|it| it.head.visitor);
    let visitors: BTreeSet<VisitorId> =
        starts.keys().map(|(visitor, _)| *visitor).chain(closed).collect();
    if !visitors.is_empty() {
        let visitors: Vec<VisitorId> = visitors.into_iter().collect();
        work.facts = batch.facts(&visitors).await?;
    }
    let waiting = work.heads.values().filter(|it| it.head.state == ConversationState::Waiting);
    let known = work.facts.values().chain(waiting.map(|it| &it.head.facts));
    let owned: BTreeSet<ContactId> =
        known.filter(|it| it.owner.is_some()).filter_map(|it| it.contact).collect();
    if !owned.is_empty() {
        let owned: Vec<ContactId> = owned.into_iter().collect();
        work.contacts = batch.contact_names(&owned).await?;
    }
    Ok(())
}

impl Work {
    /// What may be told of a conversation as it stands now.
    pub(super) fn told_of<'a>(&'a self, head: &'a Head) -> Told<'a> {
        let contact = head.facts.contact.and_then(|it| self.contacts.get(&it));
        Told { head, agents: &self.agents, contact: contact.map(String::as_str) }
    }

    /// To be called before the conversation is moved `to` that state.
    pub(super) fn note_facts(&self, tracked: &mut Tracked, to: ConversationState) {
        let head = &mut tracked.head;
        let starts = tracked.is_new && head.seq == Seq(0);
        let reopens = head.state == ConversationState::Closed && to != ConversationState::Closed;
        if starts || reopens {
            head.facts = self.facts.get(&head.visitor).copied().unwrap_or_default();
        }
    }
}
