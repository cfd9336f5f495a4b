//! All that is known of people while one of them is changed, and the trail of such changes.

use salotto_protocol::AgentId;
use uuid::Uuid;

use super::batch::Batch;
use super::query::query;
use super::{AgentRow, Settings, StoreError, account, chatflows, inboxes, sites, skills, teams};

/// The truth while a change of people is decided; nobody else can change it meanwhile, but for
/// status, slots and presence.
pub(crate) struct People {
    pub(crate) agents: Vec<AgentRow>,
    pub(crate) settings: Settings,
}

/// One line of the trail.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct PeopleChange {
    /// Nobody: the command line.
    pub(crate) by: Option<AgentId>,
    pub(crate) kind: &'static str,
    pub(crate) subject: Option<Uuid>,
    /// JSON; never a password, nor its hash.
    pub(crate) new_value: String,
}

const NOTE: &str = "
    INSERT INTO people_changes (id, at_ms, agent, kind, subject, new_value)
    VALUES ($1, {now_ms}, $2, $3, $4, $5)";

/// In whatever form a rule names it, also of a newer release: ids are not alike by chance.
const NAMING: &str = "SELECT id FROM chatflows WHERE settings LIKE $1 ORDER BY id LIMIT 1";

impl Batch<'_> {
    /// Changes of people take turns, on all nodes: each is decided on what the last one left.
    pub(crate) async fn lock_people(&mut self) -> Result<People, StoreError> {
        self.lock_settings().await?;
        let agents = self.all_agents().await?;
        let settings = Settings {
            version: 0,
            sites: sites::all(self.connection()).await?,
            inboxes: inboxes::all(self.connection()).await?,
            chatflows: chatflows::all(self.connection()).await?,
            teams: teams::all(self.connection()).await?,
            skills: skills::all(self.connection()).await?,
            account: account::find(self.connection()).await?,
        };
        Ok(People { agents, settings })
    }

    /// Whether a chatflow's rules name this team, skill or whatever.
    pub(crate) async fn is_in_a_rule(&mut self, id: Uuid) -> Result<bool, StoreError> {
        let naming = query(NAMING).bind(format!("%{id}%"));
        let found: Option<(Uuid,)> = naming.optional(self.connection()).await?;
        Ok(found.is_some())
    }

    pub(crate) async fn note_change(&mut self, change: &PeopleChange) -> Result<(), StoreError> {
        let note = query(NOTE)
            .bind(Uuid::now_v7())
            .bind(change.by.map(|it| it.0))
            .bind(change.kind)
            .bind(change.subject)
            .bind(change.new_value.as_str());
        self.run(note).await?;
        Ok(())
    }
}

#[cfg(test)]
impl super::Store {
    /// The trail: by whom, of which kind, about what.
    pub(crate) async fn people_changes(&self) -> Vec<(Option<Uuid>, String, Option<Uuid>, String)> {
        const ALL: &str = "
            SELECT agent, kind, subject, new_value FROM people_changes ORDER BY at_ms, id";
        self.reads().all(query(ALL)).await.expect("read")
    }
}
