//! Who is told by e-mail of a conversation that begins, or begins again: a contact's owner who is
//! not there to see it (AS-3). Written with the visitor's message, or neither is.

use salotto_protocol::{AgentStatus, ConversationState};

use crate::journal::{Mails, Told};
use crate::mail::{Letters, OwnerAway};
use crate::store::{AssigneesOf, NewMail};

/// Nobody, where no mail goes out.
pub(super) fn owner_if_away(letters: Option<&Letters>, assigning: &AssigneesOf) -> Option<Mails> {
    let (letters, assigning) = (letters?.clone(), assigning.clone());
    Some(Box::new(move |told| letter(&letters, &assigning, told).into_iter().collect()))
}

/// If the chatflow would have given it to the owner, and they are away.
pub(super) fn letter(
    letters: &Letters,
    assigning: &AssigneesOf,
    told: &Told<'_>,
) -> Option<NewMail> {
    let head = told.head;
    let waits = match head.state {
        ConversationState::Waiting => true,
        ConversationState::Bot
        | ConversationState::Unassigned
        | ConversationState::Assigned
        | ConversationState::Closed => false,
    };
    let (_, assignees) = assigning.iter().find(|(chatflow, _)| *chatflow == head.chatflow)?;
    let owner = head.facts.owner.filter(|_| waits && assignees.owner_first)?;
    let owner = told.agents.get(&owner)?;
    let is_available = owner.status == AgentStatus::Available || assignees.ignores_availability;
    let may_have = !owner.is_deactivated() && assignees.has_access(owner.id);
    if !may_have || (owner.present && is_available) {
        return None;
    }
    Some(letters.owner_is_away(&OwnerAway {
        conversation: head.id,
        owner: owner.id,
        to: &owner.email,
        contact: told.contact,
        page: &head.started_on,
        first_words: &head.preview,
    }))
}
