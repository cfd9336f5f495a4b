//! Contacts, the visitors who are one, and what routing rules know of a visitor (AS-3, SK-8).

use std::collections::HashMap;

use salotto_protocol::{AgentId, ContactId, Facts, InboxId, SiteId, VisitorId};
use uuid::Uuid;

use super::agents::email_key;
use super::batch::Batch;
use super::query::{Rows, query};
use super::row::stored;
use super::{Store, StoreError};

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct ContactRow {
    pub(crate) id: ContactId,
    pub(crate) site: SiteId,
    pub(crate) email: String,
    pub(crate) name: Option<String>,
    pub(crate) owner: Option<AgentId>,
}

/// Where a visitor has written so far.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Written {
    pub(crate) site: SiteId,
    pub(crate) inbox: InboxId,
}

struct StoredContact {
    id: Uuid,
    site: Uuid,
    email: String,
    name: Option<String>,
    owner: Option<Uuid>,
}

stored!(StoredContact { id, site, email, name, owner });

struct StoredFacts {
    visitor: Uuid,
    contact: Option<Uuid>,
    owner: Option<Uuid>,
    earlier: i64,
}

stored!(StoredFacts { visitor, contact, owner, earlier });

const OF_VISITOR: &str = "
    SELECT contacts.id, contacts.site, email, name, owner
    FROM visitors CROSS JOIN contacts WHERE visitors.id = $1 AND contacts.id = contact";

const OF_EMAIL: &str = "
    SELECT id, site, email, name, owner FROM contacts WHERE site = $1 AND email_key = $2";

const PUT: &str = "
    INSERT INTO contacts (id, site, email, email_key, name, owner)
    VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (site, email_key) DO UPDATE SET email = excluded.email, name = excluded.name,
        owner = excluded.owner";

const PUT_VISITOR: &str = "
    INSERT INTO visitors (id, site, contact) VALUES ($1, $2, $3)
    ON CONFLICT (id) DO UPDATE SET contact = excluded.contact";

pub(super) const WRITTEN: &str =
    "SELECT DISTINCT site, inbox FROM conversations WHERE visitor = $1";

/// Of each visitor, all from indexes.
pub(super) const FACTS: &str = "
    SELECT asked.column1 AS visitor, visitors.contact AS contact, contacts.owner AS owner,
        CAST(CASE WHEN EXISTS (
            SELECT 1 FROM conversations WHERE visitor = asked.column1
        ) THEN 1 ELSE 0 END AS BIGINT) AS earlier
    FROM ({rows}) AS asked
        LEFT JOIN visitors ON visitors.id = asked.column1
        LEFT JOIN contacts ON contacts.id = visitors.contact
    WHERE asked.column1 IS NOT NULL";

/// As they are called, else their addresses.
const NAMES: &str = "
    SELECT contacts.id, CASE WHEN name = '' OR name IS NULL THEN email ELSE name END
    FROM ({rows}) AS asked CROSS JOIN contacts WHERE contacts.id = asked.column1";

impl Store {
    pub(crate) async fn contact_of(
        &self,
        visitor: VisitorId,
    ) -> Result<Option<ContactRow>, StoreError> {
        let row: Option<StoredContact> =
            self.reads().optional(query(OF_VISITOR).bind(visitor.0)).await?;
        Ok(row.map(StoredContact::into_contact))
    }

    /// Nothing: this store has never heard of them.
    pub(crate) async fn written_by(&self, visitor: VisitorId) -> Result<Vec<Written>, StoreError> {
        let rows: Vec<(Uuid, Uuid)> = self.reads().all(query(WRITTEN).bind(visitor.0)).await?;
        Ok(rows.into_iter().map(written).collect())
    }
}

impl Batch<'_> {
    pub(crate) async fn written_by(
        &mut self,
        visitor: VisitorId,
    ) -> Result<Vec<Written>, StoreError> {
        let rows: Vec<(Uuid, Uuid)> = query(WRITTEN).bind(visitor.0).all(self.connection()).await?;
        Ok(rows.into_iter().map(written).collect())
    }

    pub(crate) async fn contact_of_email(
        &mut self,
        site: SiteId,
        email: &str,
    ) -> Result<Option<ContactRow>, StoreError> {
        let find = query(OF_EMAIL).bind(site.0).bind(email_key(email));
        let row: Option<StoredContact> = find.optional(self.connection()).await?;
        Ok(row.map(StoredContact::into_contact))
    }

    /// The contact, and that this visitor is it.
    pub(crate) async fn put_contact(
        &mut self,
        visitor: VisitorId,
        contact: &ContactRow,
    ) -> Result<(), StoreError> {
        let put = query(PUT)
            .bind(contact.id.0)
            .bind(contact.site.0)
            .bind(contact.email.as_str())
            .bind(email_key(&contact.email))
            .bind(contact.name.as_deref())
            .bind(contact.owner.map(|it| it.0));
        self.run(put).await?;
        let visitor = query(PUT_VISITOR).bind(visitor.0).bind(contact.site.0);
        self.run(visitor.bind(contact.id.0)).await?;
        Ok(())
    }

    /// What to call each of them.
    pub(crate) async fn contact_names(
        &mut self,
        contacts: &[ContactId],
    ) -> Result<HashMap<ContactId, String>, StoreError> {
        let mut rows = Rows::new(1);
        for contact in contacts {
            rows.cell(contact.0);
        }
        let rows: Vec<(Uuid, String)> = rows.into_query(NAMES).all(self.connection()).await?;
        Ok(rows.into_iter().map(|(id, name)| (ContactId(id), name)).collect())
    }

    /// Of each of these visitors, as things are now.
    pub(crate) async fn facts(
        &mut self,
        visitors: &[VisitorId],
    ) -> Result<HashMap<VisitorId, Facts>, StoreError> {
        let mut rows = Rows::new(1);
        for visitor in visitors {
            rows.cell(visitor.0);
        }
        let rows: Vec<StoredFacts> = rows.into_query(FACTS).all(self.connection()).await?;
        let facts = |row: StoredFacts| {
            let facts = Facts {
                returning: row.earlier > 0,
                contact: row.contact.map(ContactId),
                owner: row.owner.map(AgentId),
            };
            (VisitorId(row.visitor), facts)
        };
        Ok(rows.into_iter().map(facts).collect())
    }
}

impl StoredContact {
    fn into_contact(self) -> ContactRow {
        ContactRow {
            id: ContactId(self.id),
            site: SiteId(self.site),
            email: self.email,
            name: self.name,
            owner: self.owner.map(AgentId),
        }
    }
}

fn written((site, inbox): (Uuid, Uuid)) -> Written {
    Written { site: SiteId(site), inbox: InboxId(inbox) }
}
