//! Which nodes must hear of what: where somebody follows a conversation, a board, the queue.

use std::collections::HashSet;

use salotto_protocol::{AgentId, ConversationId, InboxId, NodeId};
use uuid::Uuid;

use super::batch::Batch;
use super::dialect::ROWS_MAX;
use super::head::{limit_of, list};
use super::query::{Rows, query};
use super::{Store, StoreError};

/// What a node can be attached to.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) enum Subject {
    /// It has a socket there.
    Conversation(ConversationId),
    /// It shows the board.
    Inbox(InboxId),
    /// The agent is signed in there.
    Agent(AgentId),
    /// It is the router.
    Queue,
}

const INSERT: &str = "
    INSERT INTO attachments (subject, node)
    SELECT new.column1, new.column2 FROM ({rows}) AS new WHERE new.column1 IS NOT NULL
    ON CONFLICT DO NOTHING";

const DELETE: &str = "
    DELETE FROM attachments WHERE (subject, node) IN
        (SELECT asked.column1, asked.column2 FROM ({rows}) AS asked)";

const DELETE_OF_NODE: &str = "DELETE FROM attachments WHERE node = $1";

const DELETE_ALL: &str = "DELETE FROM attachments";

/// Of nodes that are alive.
pub(super) const OF: &str = "
    SELECT subject, node FROM ({rows}) AS asked CROSS JOIN attachments CROSS JOIN nodes
    WHERE subject = asked.column1 AND nodes.id = node AND expires_at_ms > {now_ms}";

impl Subject {
    /// Ids of all kinds are random or follow time: no two are the same.
    fn id(self) -> Uuid {
        match self {
            Subject::Conversation(id) => id.0,
            Subject::Inbox(id) => id.0,
            Subject::Agent(id) => id.0,
            Subject::Queue => Uuid::nil(),
        }
    }
}

/// Who must hear of what.
#[derive(Debug, Default)]
pub(crate) struct Attached(Vec<(Uuid, NodeId)>);

impl Attached {
    /// Each node once, but for `but`.
    pub(crate) fn nodes(&self, subjects: &[Subject], but: NodeId) -> Vec<NodeId> {
        let is_asked = |id: Uuid| subjects.iter().any(|subject| subject.id() == id);
        let of_subjects = self.0.iter().filter(|(id, node)| *node != but && is_asked(*id));
        let mut nodes: Vec<NodeId> = of_subjects.map(|(_, node)| *node).collect();
        nodes.sort_unstable();
        nodes.dedup();
        nodes
    }
}

/// Waiting conversations that nobody follows and that have no promise; the oldest first.
pub(super) const WAITING_ALONE: &str = "
    SELECT id FROM conversations WHERE state = 'waiting' AND due_at_ms IS NULL AND NOT EXISTS
        (SELECT 1 FROM attachments CROSS JOIN nodes
        WHERE subject = conversations.id AND nodes.id = node AND expires_at_ms > {now_ms})
    ORDER BY waiting_since_ms LIMIT $1";

impl Store {
    /// Conversations that wait while no living node is attached to them.
    pub(crate) async fn waiting_alone(
        &self,
        limit: usize,
    ) -> Result<Vec<ConversationId>, StoreError> {
        let read = query(WAITING_ALONE).bind(limit_of(limit));
        let rows: Vec<(Uuid,)> = self.reads().all(read).await?;
        Ok(rows.into_iter().map(|(id,)| ConversationId(id)).collect())
    }

    /// The living nodes that are attached to any of these.
    pub(crate) async fn attached(&self, subjects: &[Subject]) -> Result<Attached, StoreError> {
        let mut found = Vec::new();
        for chunk in subjects.chunks(ROWS_MAX) {
            let mut rows = Rows::new(1);
            for subject in chunk {
                rows.cell(subject.id());
            }
            let rows: Vec<(Uuid, Uuid)> = self.reads().all(rows.into_query(OF)).await?;
            found.extend(rows.into_iter().map(|(subject, node)| (subject, NodeId(node))));
        }
        Ok(Attached(found))
    }
}

impl Batch<'_> {
    /// Which of these a living node is attached to.
    pub(crate) async fn attended(
        &mut self,
        ids: &[ConversationId],
    ) -> Result<HashSet<ConversationId>, StoreError> {
        let rows: Vec<(Uuid, Uuid)> = list(ids).into_query(OF).all(self.connection()).await?;
        Ok(rows.into_iter().map(|(subject, _)| ConversationId(subject)).collect())
    }

    /// Those that are there already stay.
    pub(crate) async fn insert_attachments(
        &mut self,
        node: NodeId,
        subjects: &[Subject],
    ) -> Result<(), StoreError> {
        for chunk in subjects.chunks(ROWS_MAX) {
            self.run(pairs(node, chunk).into_query(INSERT)).await?;
        }
        Ok(())
    }

    pub(crate) async fn delete_attachments(
        &mut self,
        node: NodeId,
        subjects: &[Subject],
    ) -> Result<(), StoreError> {
        for chunk in subjects.chunks(ROWS_MAX) {
            self.run(pairs(node, chunk).into_query(DELETE)).await?;
        }
        Ok(())
    }

    pub(crate) async fn clear_attachments_of(&mut self, node: NodeId) -> Result<(), StoreError> {
        self.run(query(DELETE_OF_NODE).bind(node.0)).await?;
        Ok(())
    }

    pub(crate) async fn clear_attachments(&mut self) -> Result<(), StoreError> {
        self.run(query(DELETE_ALL)).await?;
        Ok(())
    }
}

fn pairs(node: NodeId, subjects: &[Subject]) -> Rows {
    let mut rows = Rows::new(2);
    for subject in subjects {
        rows.cell(subject.id()).cell(node.0);
    }
    rows
}
