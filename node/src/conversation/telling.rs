//! Who is told by e-mail of a conversation that begins, or begins again: a contact's owner who is
//! not there to see it (AS-3). Written with the visitor's message, or neither is. Of an owner who
//! goes away later the router tells.

use std::sync::Arc;

use crate::journal::{Mails, Told};
use crate::mail::{Letters, to_owner_if_away};
use crate::store::{AssigneesOf, NewMail, Settings};

/// Nobody, where no mail goes out.
pub(super) fn owner_if_away(
    letters: Option<&Letters>,
    assigning: &AssigneesOf,
    settings: Option<&Arc<Settings>>,
) -> Option<Mails> {
    let (letters, assigning) = (letters?.clone(), assigning.clone());
    let settings = settings.cloned();
    Some(Box::new(move |told| {
        letter(&letters, &assigning, settings.as_deref(), told).into_iter().collect()
    }))
}

/// If the chatflow would have given it to the owner, and they are away. Access is that to the inbox
/// where it stands, as far as that is known.
pub(super) fn letter(
    letters: &Letters,
    assigning: &AssigneesOf,
    settings: Option<&Settings>,
    told: &Told<'_>,
) -> Option<NewMail> {
    let head = told.head;
    let (_, assignees) = assigning.iter().find(|(chatflow, _)| *chatflow == head.chatflow)?;
    let owner = head.facts.owner.filter(|_| assignees.owner_first)?;
    let has_access = match settings {
        Some(settings) => settings.is_member(head.inbox, owner),
        None => assignees.has_access(owner),
    };
    if has_access { to_owner_if_away(letters, assignees.ignores_availability, told) } else { None }
}
