//! What everybody who comes back asks for: how a conversation stands, and a visitor's latest ones.
//! Many come at once, so these are gathered.

use std::cmp::Reverse;
use std::collections::HashMap;

use salotto_protocol::{ConversationId, VisitorId, limits};
use uuid::Uuid;

use super::connection::Reads;
use super::gather::Question;
use super::head::{Head, OF_VISITOR, limit_of, list, select};
use super::head_row::HeadRow;
use super::heads::THESE;
use super::marks::{self, Marks};
use super::query::{Rows, query};
use super::{Store, StoreError};

/// Conversations of all visitors asked for. More are read visitor by visitor.
const TOGETHER_MAX: usize = 4_096;
pub(super) const OF_VISITORS: &str = "({rows}) AS asked CROSS JOIN conversations
    WHERE visitor = asked.column1 LIMIT 4096";

/// A conversation beside its log.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    pub(crate) head: Head,
    pub(crate) marks: Marks,
}

impl Store {
    /// `None`: there is no such conversation.
    pub(crate) async fn standing(
        &self,
        id: ConversationId,
    ) -> Result<Option<Standing>, StoreError> {
        self.0.standings.get(self.reads(), id).await
    }

    /// A visitor's latest conversations, as many as a welcome tells of, latest activity first.
    pub(crate) async fn latest_of(&self, visitor: VisitorId) -> Result<Vec<Head>, StoreError> {
        Ok(self.0.latest.get(self.reads(), visitor).await?.unwrap_or_default())
    }
}

pub(super) struct Standings;

impl Question for Standings {
    type Key = ConversationId;
    type Answer = Standing;

    async fn read(
        reads: &Reads,
        keys: &[ConversationId],
    ) -> Result<HashMap<ConversationId, Standing>, StoreError> {
        let rows: Vec<HeadRow> = reads.all(list(keys).into_query(select(THESE))).await?;
        let mut marks = marks::of(reads, keys).await?;
        let mut standings = HashMap::with_capacity(rows.len());
        for row in rows {
            let head = row.into_head()?;
            let marks = marks.remove(&head.id).unwrap_or_default();
            standings.insert(head.id, Standing { head, marks });
        }
        Ok(standings)
    }
}

pub(super) struct Latest;

impl Question for Latest {
    type Key = VisitorId;
    type Answer = Vec<Head>;

    async fn read(
        reads: &Reads,
        keys: &[VisitorId],
    ) -> Result<HashMap<VisitorId, Vec<Head>>, StoreError> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let mut asked = Rows::new(1);
        for id in &ids {
            asked.cell(*id);
        }
        let mut rows: Vec<HeadRow> = reads.all(asked.into_query(select(OF_VISITORS))).await?;
        if rows.len() >= TOGETHER_MAX {
            rows.clear();
            for id in ids {
                let latest = query(select(OF_VISITOR)).bind(id);
                let limit = limit_of(limits::WELCOME_CONVERSATIONS_MAX);
                rows.extend(reads.all::<HeadRow>(latest.bind(limit)).await?);
            }
        }
        let mut latest: HashMap<VisitorId, Vec<Head>> = HashMap::new();
        for head in rows.into_iter().map(HeadRow::into_head) {
            let head = head?;
            latest.entry(head.visitor).or_default().push(head);
        }
        for heads in latest.values_mut() {
            heads.sort_unstable_by_key(|head| Reverse((head.last_at_ms, head.id)));
            heads.truncate(limits::WELCOME_CONVERSATIONS_MAX);
        }
        Ok(latest)
    }
}
