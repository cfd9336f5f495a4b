//! A contact's owner who is not there to see who waits for them is told by e-mail (AS-3). Pure.

use salotto_protocol::{AgentStatus, ConversationState};

use super::{Letters, OwnerAway};
use crate::journal::Told;
use crate::store::NewMail;

/// If it waits, and not for a team that it was given to by hand, and the owner is away or gone.
pub(crate) fn to_owner_if_away(
    letters: &Letters,
    ignores_availability: bool,
    told: &Told<'_>,
) -> Option<NewMail> {
    let head = told.head;
    let waits = match head.state {
        ConversationState::Waiting => head.team.is_none(),
        ConversationState::Bot
        | ConversationState::Unassigned
        | ConversationState::Assigned
        | ConversationState::Closed => false,
    };
    let owner = told.agents.get(&head.facts.owner.filter(|_| waits)?)?;
    let is_available = owner.status == AgentStatus::Available || ignores_availability;
    if owner.is_deactivated() || (owner.present && is_available) {
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
