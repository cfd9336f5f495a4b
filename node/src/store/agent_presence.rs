//! On which nodes an agent has a socket. Eligible for work is only who is on a living one.

use salotto_protocol::{AgentId, NodeId};
use uuid::Uuid;

use super::StoreError;
use super::agents::TOUCH;
use super::batch::Batch;
use super::query::query;

const INSERT: &str = "
    INSERT INTO agent_presence (agent, node) SELECT id, $2 FROM agents WHERE id = $1
    ON CONFLICT DO NOTHING";

const DELETE: &str = "DELETE FROM agent_presence WHERE agent = $1 AND node = $2";

const DELETE_OF_NODE: &str = "DELETE FROM agent_presence WHERE node = $1 RETURNING agent";

const DELETE_ALL: &str = "DELETE FROM agent_presence RETURNING agent";

impl Batch<'_> {
    /// False if it is so already, or the agent is unknown.
    pub(crate) async fn set_presence(
        &mut self,
        agent: AgentId,
        node: NodeId,
        present: bool,
    ) -> Result<bool, StoreError> {
        let set = query(if present { INSERT } else { DELETE }).bind(agent.0).bind(node.0);
        if self.run(set).await? == 0 {
            return Ok(false);
        }
        self.touch(agent).await?;
        Ok(true)
    }

    /// Nobody is on this node. Gives those who were.
    pub(crate) async fn clear_presence_of(
        &mut self,
        node: NodeId,
    ) -> Result<Vec<AgentId>, StoreError> {
        let delete = query(DELETE_OF_NODE).bind(node.0);
        let rows: Vec<(Uuid,)> = delete.all(self.connection()).await?;
        self.touch_all(rows).await
    }

    /// Nobody is anywhere. Gives those who were.
    pub(crate) async fn clear_presence(&mut self) -> Result<Vec<AgentId>, StoreError> {
        let rows: Vec<(Uuid,)> = query(DELETE_ALL).all(self.connection()).await?;
        self.touch_all(rows).await
    }

    async fn touch_all(&mut self, rows: Vec<(Uuid,)>) -> Result<Vec<AgentId>, StoreError> {
        let mut agents: Vec<AgentId> = rows.into_iter().map(|(agent,)| AgentId(agent)).collect();
        agents.sort_unstable();
        agents.dedup();
        for agent in &agents {
            self.touch(*agent).await?;
        }
        Ok(agents)
    }

    async fn touch(&mut self, agent: AgentId) -> Result<(), StoreError> {
        self.run(query(TOUCH).bind(agent.0)).await?;
        Ok(())
    }
}
