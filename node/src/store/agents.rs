//! Agents: accounts, status, capacity and slots.

use std::sync::Arc;

use salotto_protocol::people::{HeldSkills, Permission, Permissions, Seat, UNLIMITED};
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
    /// Slots that automatic assignment may fill; the limit in force.
    pub(crate) capacity: u32,
    /// It is the account's default, not the agent's own (CAP-2).
    pub(crate) inherits_capacity: bool,
    /// Slots taken.
    pub(crate) active: u32,
    /// As `active` and `capacity`, of the conversations of help desks (CAP-20, CAP-22).
    pub(crate) tickets: u32,
    pub(crate) ticket_capacity: u32,
    pub(crate) inherits_ticket_capacity: bool,
    /// Grows with every change of eligibility: status, capacity, presence, seat, skills, access.
    pub(crate) version: i64,
    /// Of the settings in which access to inboxes changed last (PERM-5).
    pub(crate) access_version: i64,
    /// Has a socket on a node that is alive. Never true of somebody deactivated, who therefore is
    /// given nothing (AS-8).
    pub(crate) present: bool,
    pub(crate) seat: Seat,
    pub(crate) permissions: Permissions,
    pub(crate) skills: Arc<HeldSkills>,
    /// Who set the status, if it was somebody else (PERM-8).
    pub(crate) status_by: Option<AgentId>,
    pub(crate) deactivated_at_ms: Option<i64>,
}

/// Who asks to sign in.
#[derive(Clone, Debug)]
pub(crate) struct Credentials {
    pub(crate) agent: AgentId,
    /// PHC string (argon2id).
    pub(crate) password_hash: String,
    pub(crate) is_deactivated: bool,
}

struct StoredAgent {
    id: Uuid,
    email: String,
    name: String,
    status: String,
    capacity: i64,
    capacity_inherited: i64,
    active: i64,
    tickets: i64,
    ticket_capacity: i64,
    ticket_capacity_inherited: i64,
    version: i64,
    access_version: i64,
    present: i64,
    seat: String,
    permissions: String,
    skills: String,
    status_by: Option<Uuid>,
    deactivated_at_ms: Option<i64>,
}

stored!(StoredAgent {
    id,
    email,
    name,
    status,
    capacity,
    capacity_inherited,
    active,
    tickets,
    ticket_capacity,
    ticket_capacity_inherited,
    version,
    access_version,
    present,
    seat,
    permissions,
    skills,
    status_by,
    deactivated_at_ms,
});

struct StoredCredentials {
    id: Uuid,
    password_hash: String,
    deactivated_at_ms: Option<i64>,
}

stored!(StoredCredentials { id, password_hash, deactivated_at_ms });

/// The one list of columns; `{rest}` says from where and which.
const SELECT: &str = "
    SELECT agents.id, email, name, status, capacity, capacity_inherited, active, version,
        access_version, tickets, ticket_capacity, ticket_capacity_inherited, seat, permissions,
        skills, status_by, deactivated_at_ms,
        (SELECT COUNT(*) FROM agent_presence CROSS JOIN nodes
            WHERE agent = agents.id AND nodes.id = node AND expires_at_ms > {now_ms}) AS present
    FROM {rest}";

const ALL: &str = "agents ORDER BY agents.id";
const LOCK: &str = "({rows}) AS asked CROSS JOIN agents WHERE agents.id = asked.column1
    ORDER BY agents.id {lock_agents}";

const CREDENTIALS: &str = "
    SELECT id, password_hash, deactivated_at_ms FROM agents WHERE email_key = $1";

const INSERT: &str = "
    INSERT INTO agents (id, email, email_key, name, password_hash, status, capacity, active,
        version, seat, permissions, capacity_inherited, ticket_capacity, ticket_capacity_inherited)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, $10, $11, $12, $13)
    ON CONFLICT DO NOTHING";

const SET_STATUS: &str = "
    UPDATE agents SET status = $2, status_by = NULL, version = version + 1
    WHERE id = $1 AND (status <> $2 OR status_by IS NOT NULL)";

const SET_CAPACITY: &str = "
    UPDATE agents SET capacity = $2, capacity_inherited = 0, version = version + 1
    WHERE id = $1 AND (capacity <> $2 OR capacity_inherited <> 0)";

const SET_ACTIVE: &str = "
    {update_rows} agents SET active = new.column2, tickets = new.column3
    FROM ({rows}) AS new WHERE id = new.column1";

/// With the version that the settings are about to have. Everybody is another candidate than
/// before.
const CHANGE_ACCESS: &str = "
    UPDATE agents SET version = version + 1,
        access_version = (SELECT settings_version + 1 FROM meta)";

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
        Ok(row.map(|row| Credentials {
            agent: AgentId(row.id),
            password_hash: row.password_hash,
            is_deactivated: row.deactivated_at_ms.is_some(),
        }))
    }
}

impl Batch<'_> {
    /// As they are now, none of them locked.
    pub(super) async fn all_agents(&mut self) -> Result<Vec<AgentRow>, StoreError> {
        let all = query(SELECT.replace("{rest}", ALL));
        let rows: Vec<StoredAgent> = all.all(self.connection()).await?;
        rows.into_iter().map(StoredAgent::into_agent).collect()
    }

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
            let mut rows = Rows::new(3);
            for agent in chunk {
                let (active, tickets) = (i64::from(agent.active), i64::from(agent.tickets));
                rows.cell(agent.id.0).cell(active).cell(tickets);
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
            .bind(i64::from(agent.active))
            .bind(agent.seat.as_str())
            .bind(agent.permissions.words())
            .bind(i64::from(agent.inherits_capacity))
            .bind(i64::from(agent.ticket_capacity))
            .bind(i64::from(agent.inherits_ticket_capacity));
        Ok(self.run(insert).await? == 1)
    }

    /// Who may see which inbox is another: whatever was decided before, and is not yet written, is
    /// to be decided anew.
    pub(crate) async fn change_access(&mut self) -> Result<(), StoreError> {
        self.run(query(CHANGE_ACCESS)).await?;
        Ok(())
    }

    /// By the agent's own choice. False if it is so already, or the agent is unknown.
    pub(crate) async fn set_status(
        &mut self,
        agent: AgentId,
        status: AgentStatus,
    ) -> Result<bool, StoreError> {
        let set = query(SET_STATUS).bind(agent.0).bind(status.as_str());
        Ok(self.run(set).await? == 1)
    }

    /// Their own. False if it is so already, or the agent is unknown. Slots above it stay taken.
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
            inherits_capacity: self.capacity_inherited != 0,
            active: decode::count(self.active)?,
            tickets: decode::count(self.tickets)?,
            ticket_capacity: decode::count(self.ticket_capacity)?,
            inherits_ticket_capacity: self.ticket_capacity_inherited != 0,
            version: self.version,
            access_version: self.access_version,
            present: self.present > 0 && self.deactivated_at_ms.is_none(),
            // A seat of a newer release is none here: its holder is given nothing by this node.
            seat: Seat::from_word(&self.seat).unwrap_or(Seat::None),
            permissions: Permissions::from_words(&self.permissions),
            skills: Arc::new(decode::json_or_default(&self.skills)?),
            status_by: self.status_by.map(AgentId),
            deactivated_at_ms: self.deactivated_at_ms,
        })
    }
}

impl AgentRow {
    /// A new account: Available, with a Service seat, no permission, and no capacity.
    pub(crate) fn new(id: AgentId, email: &str, name: &str) -> AgentRow {
        AgentRow {
            id,
            email: email.to_owned(),
            name: name.to_owned(),
            status: AgentStatus::Available,
            capacity: 0,
            inherits_capacity: false,
            active: 0,
            tickets: 0,
            ticket_capacity: UNLIMITED,
            inherits_ticket_capacity: true,
            version: 1,
            access_version: 0,
            present: false,
            seat: Seat::Service,
            permissions: Permissions::default(),
            skills: Arc::default(),
            status_by: None,
            deactivated_at_ms: None,
        }
    }

    pub(crate) fn is_deactivated(&self) -> bool {
        self.deactivated_at_ms.is_some()
    }

    /// Whether this account may do that. Routing rules also need a seat (PERM-2).
    pub(crate) fn may(&self, permission: Permission) -> bool {
        let has_seat = match permission {
            Permission::Routing => self.seat.is_paid(),
            Permission::SuperAdmin
            | Permission::Users
            | Permission::AvailabilityManagement
            | Permission::Chatflows
            | Permission::PickOutOfOrder => true,
        };
        !self.is_deactivated() && has_seat && self.permissions.include(permission)
    }

    pub(crate) fn presence(&self) -> AgentPresence {
        AgentPresence {
            id: self.id,
            name: self.name.clone(),
            status: self.status,
            present: self.present,
            active: self.active,
            capacity: self.capacity,
            status_by: self.status_by,
        }
    }
}

/// Folded here and not in SQL: the engines fold letters beyond ASCII differently.
pub(super) fn email_key(email: &str) -> String {
    email.trim().to_lowercase()
}
