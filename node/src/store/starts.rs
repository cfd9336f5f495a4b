//! Which conversation a visitor's start led to: the same one for ever (REG-6).

use salotto_protocol::{ClientId, ConversationId, VisitorId};
use uuid::Uuid;

use super::StoreError;
use super::batch::Batch;
use super::dialect::ROWS_MAX;
use super::query::Rows;

/// A visitor and the client id of one of their starts.
pub(crate) type StartKey = (VisitorId, ClientId);

pub(super) const FIND: &str = "
    SELECT visitor, start_client_id, conversation
    FROM ({rows}) AS asked CROSS JOIN starts
    WHERE visitor = asked.column1 AND start_client_id = asked.column2";

const INSERT: &str = "
    {insert_rows} starts (visitor, start_client_id, conversation)
    SELECT * FROM ({rows}) AS new WHERE new.column1 IS NOT NULL";

impl Batch<'_> {
    pub(crate) async fn starts(
        &mut self,
        asked: &[StartKey],
    ) -> Result<Vec<(StartKey, ConversationId)>, StoreError> {
        let mut rows = Rows::new(2);
        for (visitor, start) in asked {
            rows.cell(visitor.0).cell(start.0);
        }
        let rows: Vec<(Uuid, Uuid, Uuid)> = rows.into_query(FIND).all(self.connection()).await?;
        let found = rows.into_iter().map(|(visitor, start, conversation)| {
            ((VisitorId(visitor), ClientId(start)), ConversationId(conversation))
        });
        Ok(found.collect())
    }

    pub(crate) async fn insert_starts(
        &mut self,
        starts: &[(StartKey, ConversationId)],
    ) -> Result<(), StoreError> {
        for chunk in starts.chunks(ROWS_MAX) {
            let mut rows = Rows::new(3);
            for ((visitor, start), conversation) in chunk {
                rows.cell(visitor.0).cell(start.0).cell(conversation.0);
            }
            self.run(rows.into_query(INSERT)).await?;
        }
        Ok(())
    }
}
