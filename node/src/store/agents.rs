//! Agents: accounts, status, capacity and slots.

use salotto_protocol::{AgentId, AgentPresence, AgentStatus};
use uuid::Uuid;

use super::batch::Batch;
use super::dialect::ROWS_MAX;
use super::query::{Rows, query};
use super::row::stored;
use super::{Store, StoreError, decode};

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct AgentRow {
    pub(crate) id: AgentId,
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) status: AgentStatus,
    /// Slots that automatic assignment may fill.
    pub(crate) capacity: u32,
    /// Slots taken.
    pub(crate) active: u32,
    /// Grows with every change of eligibility: status, capacity, presence.
    pub(crate) version: i64,
    /// Has a socket on a node that is alive.
    pub(crate) present: bool,
}

/// Who asks to sign in.
#[derive(Clone, Debug)]
pub(crate) struct Credentials {
    pub(crate) agent: AgentId,
    /// PHC string (argon2id).
    pub(crate) password_hash: String,
}

struct StoredAgent {
    id: Uuid,
    email: String,
    name: String,
    status: String,
    capacity: i64,
    active: i64,
    version: i64,
    present: i64,
}

stored!(StoredAgent { id, email, name, status, capacity, active, version, present });

struct StoredCredentials {
    id: Uuid,
    password_hash: String,
}

stored!(StoredCredentials { id, password_hash });

/// The one list of columns; `{rest}` says from where and which.
const SELECT: &str = "
    SELECT agents.id, email, name, status, capacity, active, version,
        (SELECT COUNT(*) FROM agent_presence CROSS JOIN nodes
            WHERE agent = agents.id AND nodes.id = node AND expires_at_ms > {now_ms}) AS present
    FROM {rest}";

const ALL: &str = "agents ORDER BY agents.id";
const LOCK: &str = "({rows}) AS asked CROSS JOIN agents WHERE agents.id = asked.column1
    ORDER BY agents.id {lock_agents}";

const CREDENTIALS: &str = "
    SELECT id, password_hash FROM agents WHERE email_key = $1";

const INSERT: &str = "
    INSERT INTO agents (id, email, email_key, name, password_hash, status, capacity, active,
        version)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1)
    ON CONFLICT DO NOTHING";

const SET_STATUS: &str = "
    UPDATE agents SET status = $2, version = version + 1 WHERE id = $1 AND status <> $2";

const SET_CAPACITY: &str = "
    UPDATE agents SET capacity = $2, version = version + 1 WHERE id = $1 AND capacity <> $2";

const SET_ACTIVE: &str = "
    {update_rows} agents SET active = new.column2 FROM ({rows}) AS new WHERE id = new.column1";

pub(super) const TOUCH: &str = "UPDATE agents SET version = version + 1 WHERE id = $1";

impl Store {
    pub(crate) async fn agents(&self) -> Result<Vec<AgentRow>, StoreError> {
        let rows: Vec<StoredAgent> = self.reads().all(query(SELECT.replace("{rest}", ALL))).await?;
        rows.into_iter().map(StoredAgent::into_agent).collect()
    }

    /// By e-mail address, in any spelling of its letters.
    pub(crate) async fn credentials(&self, email: &str) -> Result<Option<Credentials>, StoreError> {
        let row: Option<StoredCredentials> =
            self.reads().optional(query(CREDENTIALS).bind(email_key(email))).await?;
        Ok(row.map(|row| Credentials { agent: AgentId(row.id), password_hash: row.password_hash }))
    }
}

impl Batch<'_> {
    /// Locks agents in id order. Unknown ids are left out.
    pub(crate) async fn lock_agents(
        &mut self,
        ids: &[AgentId],
    ) -> Result<Vec<AgentRow>, StoreError> {
        let mut rows = Rows::new(1);
        ids.iter().for_each(|id| {
            rows.cell(id.0);
        });
        let lock = rows.into_query(SELECT.replace("{rest}", LOCK));
        let rows: Vec<StoredAgent> = lock.all(self.connection()).await?;
        rows.into_iter().map(StoredAgent::into_agent).collect()
    }

    pub(crate) async fn set_active(&mut self, agents: &[&AgentRow]) -> Result<(), StoreError> {
        for chunk in agents.chunks(ROWS_MAX) {
            let mut rows = Rows::new(2);
            for agent in chunk {
                rows.cell(agent.id.0).cell(i64::from(agent.active));
            }
            self.run(rows.into_query(SET_ACTIVE)).await?;
        }
        Ok(())
    }

    /// False if the id or the e-mail address is taken.
    pub(crate) async fn insert_agent(
        &mut self,
        agent: &AgentRow,
        password_hash: &str,
    ) -> Result<bool, StoreError> {
        let insert = query(INSERT)
            .bind(agent.id.0)
            .bind(agent.email.as_str())
            .bind(email_key(&agent.email))
            .bind(agent.name.as_str())
            .bind(password_hash)
            .bind(agent.status.as_str())
            .bind(i64::from(agent.capacity))
            .bind(i64::from(agent.active));
        Ok(self.run(insert).await? == 1)
    }

    /// False if it is so already, or the agent is unknown.
    pub(crate) async fn set_status(
        &mut self,
        agent: AgentId,
        status: AgentStatus,
    ) -> Result<bool, StoreError> {
        let set = query(SET_STATUS).bind(agent.0).bind(status.as_str());
        Ok(self.run(set).await? == 1)
    }

    /// False if it is so already, or the agent is unknown. Slots above it stay taken.
    pub(crate) async fn set_capacity(
        &mut self,
        agent: AgentId,
        capacity: u32,
    ) -> Result<bool, StoreError> {
        let set = query(SET_CAPACITY).bind(agent.0).bind(i64::from(capacity));
        Ok(self.run(set).await? == 1)
    }
}

impl StoredAgent {
    fn into_agent(self) -> Result<AgentRow, StoreError> {
        Ok(AgentRow {
            id: AgentId(self.id),
            email: self.email,
            name: self.name,
            status: decode::word(&self.status, AgentStatus::from_word)?,
            capacity: decode::count(self.capacity)?,
            active: decode::count(self.active)?,
            version: self.version,
            present: self.present > 0,
        })
    }
}

impl AgentRow {
    pub(crate) fn presence(&self) -> AgentPresence {
        AgentPresence {
            id: self.id,
            name: self.name.clone(),
            status: self.status,
            present: self.present,
            active: self.active,
            capacity: self.capacity,
        }
    }
}

/// Folded here and not in SQL: the engines fold letters beyond ASCII differently.
fn email_key(email: &str) -> String {
    email.trim().to_lowercase()
}
