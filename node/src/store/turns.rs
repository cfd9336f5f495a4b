//! Round robin: which turn each agent had last, and how far each chatflow has come (AS-24).

use std::collections::HashMap;

use salotto_protocol::{AgentId, ChatflowId, Round};
use uuid::Uuid;

use super::batch::Batch;
use super::dialect::ROWS_MAX;
use super::query::{Rows, query};
use super::{Store, StoreError, decode};

/// An agent's latest turn among those of a chatflow.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Turn {
    pub(crate) chatflow: ChatflowId,
    pub(crate) agent: AgentId,
    /// Which one it is, and in which cycle. Turns are numbered 1, 2, 3 … in each chatflow.
    pub(crate) at: Round,
}

/// The latest turn of a chatflow.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct LastTurn {
    pub(crate) chatflow: ChatflowId,
    pub(crate) turn: u32,
}

const ALL: &str = "SELECT chatflow, agent, cycle, turn FROM turns";

pub(super) const LOCK: &str = "
    SELECT chatflow, last_turn FROM ({rows}) AS asked CROSS JOIN cycles
    WHERE chatflow = asked.column1 ORDER BY chatflow {lock_cycles}";

/// A chatflow's first turn, once: a second node that thinks so finds the row there.
const INSERT: &str = "
    {insert_rows} cycles (chatflow, last_turn)
    SELECT * FROM ({rows}) AS new WHERE new.column1 IS NOT NULL";

pub(super) const ADVANCE: &str = "
    {update_rows} cycles SET last_turn = new.column2 FROM ({rows}) AS new
    WHERE chatflow = new.column1";

const PUT: &str = "
    INSERT INTO turns (chatflow, agent, cycle, turn)
    SELECT * FROM ({rows}) AS new WHERE new.column1 IS NOT NULL
    ON CONFLICT (chatflow, agent) DO UPDATE SET cycle = excluded.cycle, turn = excluded.turn";

impl Store {
    /// As of one moment: the latest turn of a chatflow is among them.
    pub(crate) async fn turns(&self) -> Result<Vec<Turn>, StoreError> {
        let rows: Vec<(Uuid, Uuid, i64, i64)> = self.reads().all(query(ALL)).await?;
        let turn = |(chatflow, agent, cycle, turn)| {
            let at = Round { cycle: decode::count(cycle)?, turn: decode::count(turn)? };
            Ok(Turn { chatflow: ChatflowId(chatflow), agent: AgentId(agent), at })
        };
        rows.into_iter().map(turn).collect()
    }
}

impl Batch<'_> {
    /// Locks in id order. A chatflow that has had no turn is left out.
    pub(crate) async fn lock_cycles(
        &mut self,
        chatflows: &[ChatflowId],
    ) -> Result<HashMap<ChatflowId, u32>, StoreError> {
        let mut rows = Rows::new(1);
        for chatflow in chatflows {
            rows.cell(chatflow.0);
        }
        let rows: Vec<(Uuid, i64)> = rows.into_query(LOCK).all(self.connection()).await?;
        let last = |(chatflow, turn)| Ok((ChatflowId(chatflow), decode::count(turn)?));
        rows.into_iter().map(last).collect()
    }

    /// Of chatflows that had none.
    pub(crate) async fn insert_cycles(&mut self, first: &[LastTurn]) -> Result<(), StoreError> {
        self.put_cycles(first, INSERT).await
    }

    pub(crate) async fn advance_cycles(&mut self, later: &[LastTurn]) -> Result<(), StoreError> {
        self.put_cycles(later, ADVANCE).await
    }

    /// No two of the same agent and chatflow.
    pub(crate) async fn put_turns(&mut self, turns: &[Turn]) -> Result<(), StoreError> {
        for chunk in turns.chunks(ROWS_MAX) {
            let mut rows = Rows::new(4);
            for Turn { chatflow, agent, at } in chunk {
                rows.cell(chatflow.0)
                    .cell(agent.0)
                    .cell(i64::from(at.cycle))
                    .cell(i64::from(at.turn));
            }
            self.run(rows.into_query(PUT)).await?;
        }
        Ok(())
    }

    async fn put_cycles(
        &mut self,
        cycles: &[LastTurn],
        sql: &'static str,
    ) -> Result<(), StoreError> {
        for chunk in cycles.chunks(ROWS_MAX) {
            let mut rows = Rows::new(2);
            for LastTurn { chatflow, turn } in chunk {
                rows.cell(chatflow.0).cell(i64::from(*turn));
            }
            self.run(rows.into_query(sql)).await?;
        }
        Ok(())
    }
}
