//! Who is signed in: the hash of a cookie, never the cookie.

use salotto_protocol::AgentId;
use uuid::Uuid;

use super::batch::Batch;
use super::query::query;
use super::{Store, StoreError};

const FIND: &str = "
    SELECT agent FROM agent_sessions JOIN agents ON agents.id = agent
    WHERE cookie_hash = $1 AND expires_at_ms > $2 AND deactivated_at_ms IS NULL";

const INSERT: &str = "
    INSERT INTO agent_sessions (cookie_hash, agent, expires_at_ms)
    SELECT $1, id, $3 FROM agents WHERE id = $2 AND deactivated_at_ms IS NULL
    ON CONFLICT DO NOTHING";

const DELETE: &str = "DELETE FROM agent_sessions WHERE cookie_hash = $1";
const DELETE_OF_AGENT: &str = "DELETE FROM agent_sessions WHERE agent = $1";
const DELETE_EXPIRED: &str = "DELETE FROM agent_sessions WHERE expires_at_ms <= $1";
const DELETE_ALL: &str = "DELETE FROM agent_sessions";

impl Store {
    /// The agent of a live session, by the SHA-256 of its cookie. None of somebody deactivated.
    pub(crate) async fn session(
        &self,
        cookie_hash: [u8; 32],
        now_ms: i64,
    ) -> Result<Option<AgentId>, StoreError> {
        let find = query(FIND).bind(cookie_hash.to_vec()).bind(now_ms);
        let row: Option<(Uuid,)> = self.reads().optional(find).await?;
        Ok(row.map(|(agent,)| AgentId(agent)))
    }
}

impl Batch<'_> {
    /// False if the cookie is known, or the agent is not or is deactivated. Sweeps out what has expired.
    pub(crate) async fn insert_session(
        &mut self,
        cookie_hash: [u8; 32],
        agent: AgentId,
        expires_at_ms: i64,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        self.run(query(DELETE_EXPIRED).bind(now_ms)).await?;
        let insert = query(INSERT).bind(cookie_hash.to_vec()).bind(agent.0).bind(expires_at_ms);
        Ok(self.run(insert).await? == 1)
    }

    /// False if there was none.
    pub(crate) async fn delete_session(
        &mut self,
        cookie_hash: [u8; 32],
    ) -> Result<bool, StoreError> {
        Ok(self.run(query(DELETE).bind(cookie_hash.to_vec())).await? > 0)
    }

    pub(crate) async fn delete_sessions_of(&mut self, agent: AgentId) -> Result<(), StoreError> {
        self.run(query(DELETE_OF_AGENT).bind(agent.0)).await?;
        Ok(())
    }

    pub(super) async fn delete_sessions(&mut self) -> Result<(), StoreError> {
        self.run(query(DELETE_ALL)).await?;
        Ok(())
    }
}
