//! The store on real databases. The cases that both engines must pass are in `on_sqlite` and,
//! once more, in `on_postgres`.

mod backup;
mod checkpoint;
mod on_postgres;
mod on_sqlite;
mod open;
mod plans;
mod server;

use salotto_protocol::{
    AgentId, Author, ChatflowId, ClientId, ConversationId, ConversationNumber, ConversationState,
    Entry, EntryBody, InboxId, Page, Party, Seq, SiteId, View, VisitorId,
};
use tempfile::TempDir;

use super::{AgentRow, Head, Mark, Marks, Store, StoreError};
use crate::test_support::Database;

pub(super) struct Desk {
    database: Database,
    pub(super) store: Store,
}

/// On SQLite.
pub(super) async fn desk() -> Desk {
    Desk::on(Database::sqlite()).await
}

impl Desk {
    async fn on(database: Database) -> Desk {
        let store = Store::open(database.url()).await.unwrap();
        Desk { database, store }
    }

    /// Writes past the journal: what is given is what is stored.
    async fn put(&self, head: &Head, entries: &[Entry]) {
        let mut writer = self.store.writer().await;
        let mut batch = writer.begin().await.unwrap();
        let entries: Vec<_> = entries.iter().map(|entry| (head.id, entry)).collect();
        batch.insert_heads(&[head]).await.unwrap();
        batch.append(&[], &entries).await.unwrap();
        let start = (head.visitor, ClientId(head.id.0));
        batch.insert_starts(&[(start, head.id)]).await.unwrap();
        batch.commit().await.unwrap();
    }

    async fn put_agent(&self, active: u32) -> AgentId {
        let id = AgentId::fresh();
        let email = format!("{id}@example.com");
        let agent = AgentRow { capacity: 3, active, ..AgentRow::new(id, &email, "Anna") };
        let mut writer = self.store.writer().await;
        let mut batch = writer.begin().await.unwrap();
        assert!(batch.insert_agent(&agent, "$argon2id$").await.unwrap());
        batch.commit().await.unwrap();
        id
    }
}

fn url_in(folder: &TempDir, name: &str) -> String {
    format!("sqlite:{}", folder.path().join(name).display())
}

/// A conversation of three messages, the second one a comment.
fn conversation() -> (Head, Vec<Entry>) {
    let visitor = VisitorId::fresh();
    let by = || Author::Visitor { id: visitor };
    let note = EntryBody::Comment { text: "note".to_owned() };
    let entries = vec![
        entry(1, by(), message("hello")),
        entry(2, Author::Agent { id: AgentId::fresh(), name: "Anna".to_owned() }, note),
        entry(3, by(), message("anybody?")),
    ];
    let head = Head {
        id: ConversationId::fresh(),
        number: ConversationNumber(i64::from(rand_u32())),
        site: SiteId::fresh(),
        inbox: InboxId::fresh(),
        chatflow: ChatflowId::fresh(),
        visitor,
        seq: Seq(3),
        visitor_seq: Seq(3),
        state: ConversationState::Unassigned,
        assignee: None,
        slot_agent: None,
        slot_excess: false,
        slot_ticket: false,
        active_at_ms: 1_003,
        assignment: 0,
        answered: false,
        beside: false,
        started_at_ms: 1_001,
        last_at_ms: 1_003,
        waiting_since_ms: None,
        missed_at_ms: None,
        email: None,
        due_at_ms: None,
        started_on: Page { url: "https://shop.example/".to_owned(), ..Page::default() },
        preview: "anybody?".to_owned(),
        preview_by: Some(Party::Visitor),
        facts: Default::default(),
        team: None,
    };
    (head, entries)
}

fn entry(seq: u32, by: Author, body: EntryBody) -> Entry {
    let client_id = Some(ClientId::fresh());
    Entry { seq: Seq(seq), at_ms: 1_000 + i64::from(seq), by, client_id, body }
}

fn message(text: &str) -> EntryBody {
    EntryBody::Message { text: text.to_owned() }
}

fn rand_u32() -> u32 {
    let mut bytes = [0; 4];
    getrandom::fill(&mut bytes).unwrap();
    u32::from_le_bytes(bytes)
}
