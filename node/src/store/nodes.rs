//! Which nodes are alive: each renews its own row, by the clock of the database.

use salotto_protocol::NodeId;
use uuid::Uuid;

use super::StoreError;
use super::batch::Batch;
use super::query::query;

/// A node counts as alive for so long after its last renewal, which comes every second.
pub(super) const NODE_LIVES_MS: i64 = 5_000;
/// Then what a node left behind is swept. Long after anybody counted it: a node that was only
/// frozen, or cut off for a moment, need not write everything again.
const NODE_SWEPT_AFTER_MS: i64 = 60_000;
const _: () = assert!(NODE_SWEPT_AFTER_MS > 10 * NODE_LIVES_MS);

/// What a renewal found.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Row {
    /// The node's row was there, and so is everything that belongs to it.
    Kept,
    /// It was not, or was swept: the node is nowhere.
    Anew,
}

const RENEW: &str = "UPDATE nodes SET expires_at_ms = {now_ms} + $2 WHERE id = $1";

const INSERT: &str = "INSERT INTO nodes (id, expires_at_ms) VALUES ($1, {now_ms} + $2)";

const DELETE: &str = "DELETE FROM nodes WHERE id = $1";

const DELETE_ALL: &str = "DELETE FROM nodes";

const DELETE_DEAD: &str = "DELETE FROM nodes WHERE expires_at_ms < {now_ms} - $1 RETURNING id";

impl Batch<'_> {
    pub(crate) async fn renew_node(&mut self, node: NodeId) -> Result<Row, StoreError> {
        if self.node_row(RENEW, node).await? > 0 {
            return Ok(Row::Kept);
        }
        self.node_row(INSERT, node).await?;
        Ok(Row::Anew)
    }

    async fn node_row(&mut self, sql: &'static str, node: NodeId) -> Result<u64, StoreError> {
        self.run(query(sql).bind(node.0).bind(NODE_LIVES_MS)).await
    }

    pub(crate) async fn delete_node(&mut self, node: NodeId) -> Result<(), StoreError> {
        self.run(query(DELETE).bind(node.0)).await?;
        Ok(())
    }

    pub(crate) async fn delete_nodes(&mut self) -> Result<(), StoreError> {
        self.run(query(DELETE_ALL)).await?;
        Ok(())
    }

    /// Nodes that have long been dead. Whoever asks first has them, and sweeps what they left.
    pub(crate) async fn take_dead_nodes(&mut self) -> Result<Vec<NodeId>, StoreError> {
        let delete = query(DELETE_DEAD).bind(NODE_SWEPT_AFTER_MS);
        let rows: Vec<(Uuid,)> = delete.all(self.connection()).await?;
        Ok(rows.into_iter().map(|(node,)| NodeId(node)).collect())
    }
}
