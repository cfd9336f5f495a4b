//! Who a visitor is, as a contact: decided inside the transaction (AS-3).

use salotto_protocol::people_api::NewContact;
use salotto_protocol::{AgentId, ContactId, VisitorId};

use super::change::Notice;
use super::people::{Complaint, check_name, field};
use crate::store::{Batch, ContactRow, People, PeopleChange, StoreError};

type Done = Result<(bool, Notice), Complaint>;

/// By a member of an inbox in which the visitor has written. One contact for each address of the
/// site: what is known of it is replaced. Conversations that have begun stay as they are.
pub(super) async fn put(
    batch: &mut Batch<'_>,
    by: AgentId,
    visitor: VisitorId,
    new: NewContact,
) -> Result<Done, StoreError> {
    let people = batch.lock_people().await?;
    let written = batch.written_by(visitor).await?;
    let Some(site) = written.first().map(|it| it.site) else {
        return Ok(Err(Complaint::NotFound));
    };
    let is_active = people.agents.iter().any(|row| row.id == by && !row.is_deactivated());
    let is_member = written.iter().any(|it| people.settings.is_member(it.inbox, by));
    if !is_active || !is_member {
        return Ok(Err(Complaint::Forbidden("only members of the visitor's inbox may do this")));
    }
    if let Err(complaint) = check(&people, &new) {
        return Ok(Err(complaint));
    }
    let NewContact { email, name, owner } = new;
    let before = batch.contact_of_email(site, &email).await?;
    let id = before.as_ref().map_or_else(ContactId::fresh, |it| it.id);
    let contact = ContactRow { id, site, email, name, owner };
    let facts = batch.facts(&[visitor]).await?;
    let is_known = facts.get(&visitor).is_some_and(|it| it.contact == Some(id));
    if is_known && before.as_ref() == Some(&contact) {
        return Ok(Ok((false, Notice::Nobody)));
    }
    batch.put_contact(visitor, &contact).await?;
    batch.note_change(&line_of(by, visitor, &contact)).await?;
    Ok(Ok((true, Notice::Nobody)))
}

/// The owner can be given conversations (PERM-2).
fn check(people: &People, NewContact { name, owner, .. }: &NewContact) -> Result<(), Complaint> {
    name.as_deref().map_or(Ok(()), |name| check_name("name", name))?;
    let Some(owner) = owner else { return Ok(()) };
    match people.agents.iter().find(|row| row.id == *owner) {
        None => Err(field("owner", "is not known")),
        Some(row) if row.is_deactivated() => Err(field("owner", "is deactivated")),
        Some(row) if !row.seat.is_paid() => Err(field("owner", "has no seat")),
        Some(_) => Ok(()),
    }
}

/// For the trail: who owns which contact, and not who the visitor is.
fn line_of(by: AgentId, visitor: VisitorId, contact: &ContactRow) -> PeopleChange {
    let new_value = serde_json::json!({ "contact": contact.id, "owner": contact.owner });
    PeopleChange {
        by: Some(by),
        kind: "contact",
        subject: Some(visitor.0),
        new_value: new_value.to_string(),
    }
}
