//! The router's lease: a right with an end, by the clock of the database. Its term only grows.

use salotto_protocol::NodeId;

use super::StoreError;
use super::batch::Batch;
use super::query::query;

/// A holder that has not renewed for so long has lost it.
pub(crate) const LEASE_MS: u32 = 3_000;

/// Grows whenever the lease changes hands, or had lapsed.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Term(pub(crate) i64);

const ROUTER: &str = "router";

/// No row comes back while somebody else holds it.
const TAKE: &str = "
    INSERT INTO leases (name, holder, term, expires_at_ms) VALUES ($1, $2, 1, {now_ms} + $3)
    ON CONFLICT (name) DO UPDATE SET
        term = CASE WHEN leases.holder = excluded.holder AND leases.expires_at_ms > {now_ms}
            THEN leases.term ELSE leases.term + 1 END,
        holder = excluded.holder,
        expires_at_ms = excluded.expires_at_ms
    WHERE leases.holder = excluded.holder OR leases.expires_at_ms <= {now_ms}
    RETURNING term";

const RELEASE: &str = "
    UPDATE leases SET expires_at_ms = 0 WHERE name = $1 AND holder = $2";

const RELEASE_ALL: &str = "UPDATE leases SET expires_at_ms = 0";

/// Locked until the end of the transaction: who takes the lease over waits for what was decided
/// under the old term.
const TERM: &str = "SELECT term FROM leases WHERE name = $1 {keep}";

impl Batch<'_> {
    /// Takes or renews the lease. `None`: somebody else has it.
    pub(crate) async fn take_lease(&mut self, node: NodeId) -> Result<Option<Term>, StoreError> {
        let take = query(TAKE).bind(ROUTER).bind(node.0).bind(i64::from(LEASE_MS));
        let row: Option<(i64,)> = take.optional(self.connection()).await?;
        Ok(row.map(|(term,)| Term(term)))
    }

    /// Others may take it now, if this node had it.
    pub(crate) async fn release_lease(&mut self, node: NodeId) -> Result<(), StoreError> {
        self.run(query(RELEASE).bind(ROUTER).bind(node.0)).await?;
        Ok(())
    }

    pub(crate) async fn release_leases(&mut self) -> Result<(), StoreError> {
        self.run(query(RELEASE_ALL)).await?;
        Ok(())
    }

    /// The newest term of all. `None`: there has never been a router.
    pub(crate) async fn lease_term(&mut self) -> Result<Option<Term>, StoreError> {
        let row: Option<(i64,)> = query(TERM).bind(ROUTER).optional(self.connection()).await?;
        Ok(row.map(|(term,)| Term(term)))
    }
}
