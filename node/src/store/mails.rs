//! Mails: written with their cause, claimed by whoever sends them, kept for a while.

use salotto_protocol::ConversationId;
use uuid::Uuid;

use super::batch::Batch;
use super::dialect::ROWS_MAX;
use super::query::{Rows, query};
use super::row::stored;
use super::{Store, StoreError, decode};

/// A mail to be sent soon. Its subject is one line, its text plain.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct NewMail {
    /// What it is written for, such as `owner_away:CONVERSATION:AGENT`: a second mail for the same
    /// reason is not written.
    pub(crate) reason: String,
    /// One address.
    pub(crate) to: String,
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) conversation: Option<ConversationId>,
}

impl NewMail {
    /// As if it had been written and claimed: for one that need not be kept.
    pub(crate) fn claimed(self, id: Uuid, created_at_ms: i64) -> ClaimedMail {
        let NewMail { to, subject, text, .. } = self;
        ClaimedMail { id, to, subject, text, created_at_ms, attempt: 1 }
    }
}

/// A mail that whoever claimed it is to send now.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct ClaimedMail {
    pub(crate) id: Uuid,
    pub(crate) to: String,
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) created_at_ms: i64,
    /// Which one it is: 1, 2, 3 …
    pub(crate) attempt: u32,
}

/// What came of an attempt.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum MailEnd {
    Sent,
    /// To be tried again after a pause.
    PutOff {
        pause_ms: u32,
        error: String,
    },
    GivenUp {
        error: String,
    },
}

struct Claimed {
    id: Uuid,
    recipient: String,
    subject: String,
    body: String,
    created_at_ms: i64,
    attempts: i64,
}

stored!(Claimed { id, recipient, subject, body, created_at_ms, attempts });

const INSERT: &str = "
    INSERT INTO mails (id, reason, recipient, subject, body, conversation, created_at_ms,
        next_at_ms)
    SELECT new.*, {now_ms}, {now_ms} FROM ({rows}) AS new WHERE new.column1 IS NOT NULL
    ON CONFLICT (reason) DO NOTHING";

/// Those that another node claims at this moment are left to it. First chosen, then changed: a
/// part of the statement that is run again must not choose others.
pub(super) const CLAIM: &str = "
    WITH due AS MATERIALIZED (
        SELECT id FROM mails WHERE next_at_ms <= {now_ms}
        ORDER BY next_at_ms LIMIT $1 {lock_free_mails})
    UPDATE mails SET attempts = attempts + 1, next_at_ms = {now_ms} + $2
    WHERE id IN (SELECT id FROM due)
    RETURNING id, recipient, subject, body, created_at_ms, attempts";

/// Sent is sent, even if the claim has lapsed meanwhile.
const SENT: &str = "
    UPDATE mails SET next_at_ms = NULL, sent_at_ms = {now_ms}, failed_at_ms = NULL,
        last_error = NULL
    WHERE id = $1 AND sent_at_ms IS NULL";

/// Unless somebody else has claimed it since.
const PUT_OFF: &str = "
    UPDATE mails SET next_at_ms = {now_ms} + $3, last_error = $4
    WHERE id = $1 AND attempts = $2 AND next_at_ms IS NOT NULL";

const GIVE_UP: &str = "
    UPDATE mails SET next_at_ms = NULL, failed_at_ms = {now_ms}, last_error = $3
    WHERE id = $1 AND attempts = $2 AND next_at_ms IS NOT NULL";

pub(super) const FORGET: &str = "
    DELETE FROM mails WHERE created_at_ms < {now_ms} - $1 AND next_at_ms IS NULL";

pub(super) const NEXT: &str = "
    SELECT MIN(next_at_ms) - {now_ms} FROM mails WHERE next_at_ms IS NOT NULL";

pub(super) const WAITING: &str = "SELECT COUNT(*) FROM mails WHERE next_at_ms IS NOT NULL";

impl Store {
    /// How long until the next one may be claimed; not positive if one may now. `None`: there is
    /// none to be sent.
    pub(crate) async fn next_mail_in_ms(&self) -> Result<Option<i64>, StoreError> {
        let (next,): (Option<i64>,) = self.reads().one(query(NEXT)).await?;
        Ok(next)
    }

    /// Those that are neither sent nor given up.
    pub(crate) async fn mails_waiting(&self) -> Result<i64, StoreError> {
        let (count,): (i64,) = self.reads().one(query(WAITING)).await?;
        Ok(count)
    }
}

impl Batch<'_> {
    /// Those whose reason is known already are left out.
    pub(crate) async fn insert_mails(&mut self, mails: &[NewMail]) -> Result<(), StoreError> {
        // Where two nodes may insert the same keys, both do so in the same order.
        let mut mails: Vec<&NewMail> = mails.iter().collect();
        mails.sort_unstable_by_key(|mail| &mail.reason);
        for chunk in mails.chunks(ROWS_MAX) {
            let mut rows = Rows::new(6);
            for NewMail { reason, to, subject, text, conversation } in chunk {
                rows.cell(Uuid::now_v7())
                    .cell(reason.as_str())
                    .cell(to.as_str())
                    .cell(subject.as_str())
                    .cell(text.as_str())
                    .cell(conversation.map(|it| it.0));
            }
            self.run(rows.into_query(INSERT)).await?;
            self.has_mails();
        }
        Ok(())
    }

    /// So many that are due, the oldest first. Nobody else has them for `lease_ms`.
    pub(crate) async fn claim_mails(
        &mut self,
        count_max: u32,
        lease_ms: u32,
    ) -> Result<Vec<ClaimedMail>, StoreError> {
        let claim = query(CLAIM).bind(i64::from(count_max)).bind(i64::from(lease_ms));
        let rows: Vec<Claimed> = claim.all(self.connection()).await?;
        rows.into_iter().map(Claimed::into_mail).collect()
    }

    /// What came of an attempt.
    pub(crate) async fn end_mail(
        &mut self,
        id: Uuid,
        attempt: u32,
        end: &MailEnd,
    ) -> Result<bool, StoreError> {
        let attempt = i64::from(attempt);
        let ended = match end {
            MailEnd::Sent => query(SENT).bind(id),
            MailEnd::PutOff { pause_ms, error } => {
                let put_off = query(PUT_OFF).bind(id).bind(attempt);
                put_off.bind(i64::from(*pause_ms)).bind(error.as_str())
            }
            MailEnd::GivenUp { error } => {
                query(GIVE_UP).bind(id).bind(attempt).bind(error.as_str())
            }
        };
        Ok(self.run(ended).await? > 0)
    }

    /// Those written so long ago that were sent or given up.
    pub(crate) async fn forget_mails(&mut self, older_than_ms: i64) -> Result<bool, StoreError> {
        Ok(self.run(query(FORGET).bind(older_than_ms)).await? > 0)
    }
}

impl Claimed {
    fn into_mail(self) -> Result<ClaimedMail, StoreError> {
        let Claimed { id, recipient, subject, body, created_at_ms, attempts } = self;
        let attempt = decode::count(attempts)?;
        Ok(ClaimedMail { id, to: recipient, subject, text: body, created_at_ms, attempt })
    }
}

/// A mail as it stands, for tests.
#[cfg(test)]
#[derive(Debug)]
pub(crate) struct StoredMail {
    pub(crate) reason: String,
    pub(crate) recipient: String,
    pub(crate) subject: String,
    pub(crate) body: String,
    pub(crate) conversation: Option<Uuid>,
    pub(crate) attempts: i64,
    pub(crate) next_at_ms: Option<i64>,
    pub(crate) sent_at_ms: Option<i64>,
    pub(crate) failed_at_ms: Option<i64>,
    pub(crate) last_error: Option<String>,
}

#[cfg(test)]
stored!(StoredMail {
    reason,
    recipient,
    subject,
    body,
    conversation,
    attempts,
    next_at_ms,
    sent_at_ms,
    failed_at_ms,
    last_error
});

#[cfg(test)]
impl Store {
    /// All of them, in the order in which they were written.
    pub(crate) async fn mails(&self) -> Vec<StoredMail> {
        const ALL: &str = "
            SELECT reason, recipient, subject, body, conversation, attempts, next_at_ms,
                sent_at_ms, failed_at_ms, last_error
            FROM mails ORDER BY id";
        self.reads().all(query(ALL)).await.expect("read")
    }
}
