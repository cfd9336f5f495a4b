//! The SQL database: the truth. One file per table; `batch.rs` is the journal's transaction.

mod account;
mod agent_presence;
mod agent_sessions;
mod agents;
mod answers;
mod assignees;
mod attachments;
mod audit;
mod backup;
mod batch;
mod beginnings;
mod case;
mod chatflows;
mod checkpoint;
mod connection;
mod contacts;
mod decode;
mod dialect;
mod entries;
mod error;
mod file;
mod floor;
mod gather;
mod head;
mod head_row;
mod heads;
mod inboxes;
mod leases;
mod mails;
mod marks;
mod meta;
mod nodes;
mod open;
mod people;
mod query;
mod row;
mod schema;
mod server;
mod sites;
mod skills;
mod skipped;
mod slots;
mod standing;
mod starts;
#[cfg(test)]
mod tampering;
mod teams;
#[cfg(test)]
mod tests;
mod trouble;
mod turns;
mod users;
mod verify;
mod waiting;
mod working_hours;

pub(crate) use agents::AgentRow;
pub(crate) use answers::Answer;
pub(crate) use assignees::{Assignees, AssigneesOf, Pool, RuleAssignees};
pub(crate) use attachments::{Attached, Subject};
pub(crate) use audit::{Recount, SlotCount};
pub(crate) use backup::{backup, restored};
pub(crate) use batch::Batch;
pub(crate) use case::Case;
pub(crate) use chatflows::ChatflowRow;
pub(crate) use checkpoint::Checkpointer;
pub(crate) use connection::jittered;
pub(crate) use contacts::ContactRow;
pub(crate) use error::{StoreError, Trouble};
pub(crate) use floor::Floor;
pub(crate) use head::{Head, Held, OpenConversation, preview_of};
pub(crate) use inboxes::InboxRow;
pub(crate) use leases::{LEASE_MS, Term};
#[cfg(test)]
pub(crate) use mails::StoredMail;
pub(crate) use mails::{ClaimedMail, MailEnd, NewMail};
pub(crate) use marks::{Mark, Marks};
pub(crate) use nodes::Row;
pub(crate) use open::check_url;
pub(crate) use people::{People, PeopleChange};
pub(crate) use sites::SiteRow;
pub(crate) use skills::SkillRow;
pub(crate) use skipped::skipped;
pub(crate) use slots::{SlotKind, TakenSlot};
pub(crate) use standing::Standing;
pub(crate) use starts::StartKey;
pub(crate) use teams::TeamRow;
pub(crate) use turns::{LastTurn, Turn};
pub(crate) use verify::{Report, verify, verify_receipts};
pub(crate) use working_hours::WorkingHoursRow;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use batch::WriteConnection;
use connection::{Patience, Reads};
use gather::Gather;
use meta::Meta;
use salotto_protocol::Epoch;
use salotto_protocol::people::AccountSettings;
use server::Server;
use standing::{Latest, Standings};
use tokio::sync::Notify;

/// Reads go through a pool; writes only through the journal. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Store(Arc<Inner>);

struct Inner {
    place: Place,
    reads: Reads,
    write: tokio::sync::Mutex<WriteConnection>,
    /// Mails were written.
    mails: Notify,
    epoch: Epoch,
    secret: [u8; 32],
    standings: Arc<Gather<Standings>>,
    latest: Arc<Gather<Latest>>,
}

/// Where a store is.
enum Place {
    File(PathBuf),
    Server(Server),
}

/// Everything an admin sets, read in one go; small.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    /// Grows with every change of what stands here.
    pub(crate) version: i64,
    pub(crate) sites: Vec<SiteRow>,
    pub(crate) inboxes: Vec<InboxRow>,
    pub(crate) chatflows: Vec<ChatflowRow>,
    pub(crate) teams: Vec<TeamRow>,
    pub(crate) skills: Vec<SkillRow>,
    pub(crate) account: AccountSettings,
}

impl Store {
    fn of(place: Place, reads: Reads, write: WriteConnection, meta: Meta) -> Store {
        let Meta { epoch, secret } = meta;
        let write = tokio::sync::Mutex::new(write);
        let (mails, standings, latest) = Default::default();
        Store(Arc::new(Inner { place, reads, write, mails, epoch, secret, standings, latest }))
    }

    pub(crate) fn epoch(&self) -> Epoch {
        self.0.epoch
    }

    /// The node's signing key, drawn when the store was made.
    pub(crate) fn secret(&self) -> [u8; 32] {
        self.0.secret
    }

    /// All as of the same moment.
    pub(crate) async fn settings(&self) -> Result<Settings, StoreError> {
        let patience = Patience::begun();
        loop {
            match self.settings_once().await {
                Err(error) if patience.allows_another(&error).await => {}
                settings => return settings,
            }
        }
    }

    async fn settings_once(&self) -> Result<Settings, StoreError> {
        let mut read = self.reads().snapshot().await?;
        Ok(Settings {
            version: meta::settings_version(read.connection()).await?,
            sites: sites::all(read.connection()).await?,
            inboxes: inboxes::all(read.connection()).await?,
            chatflows: chatflows::all(read.connection()).await?,
            teams: teams::all(read.connection()).await?,
            skills: skills::all(read.connection()).await?,
            account: account::find(read.connection()).await?,
        })
    }

    pub(crate) fn is_embedded(&self) -> bool {
        match self.place() {
            Place::File(_) => true,
            Place::Server(_) => false,
        }
    }

    /// Returns when this node has written mails since it last did. For one reader.
    pub(crate) async fn mails_written(&self) {
        self.0.mails.notified().await;
    }

    fn place(&self) -> &Place {
        &self.0.place
    }

    fn reads(&self) -> &Reads {
        &self.0.reads
    }

    fn mail_bell(&self) -> &Notify {
        &self.0.mails
    }

    fn write_connection(&self) -> &tokio::sync::Mutex<WriteConnection> {
        &self.0.write
    }
}

/// Without the secret, and without a password.
impl fmt::Debug for Store {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = match self.place() {
            Place::File(path) => path.display().to_string(),
            Place::Server(server) => server.shown(),
        };
        out.debug_struct("Store").field("place", &place).finish_non_exhaustive()
    }
}
