//! Changes of settings, accounts, presence and nodes: one transaction each, with its notice.

use salotto_protocol::{AgentId, NodeId};

use super::attachments::Changes;
use super::commits::Commit;
use super::contacts;
use super::hours;
use super::outage::Outage;
use super::people::{self, Complaint};
use super::promises;
use super::write::{Candidacy, Change, Changed, NewAgent, Renewed};
use crate::clock;
use crate::store::{
    AgentRow, Batch, ChatflowRow, ClaimedMail, SiteRow, Store, StoreError, Trouble,
};

/// What is to follow once the change is committed.
pub(super) enum Notice {
    Nobody,
    Agents(Vec<AgentId>),
    Settings,
}

/// What became of a change.
enum Noted {
    /// What to tell the node once it is committed.
    Changed(Vec<Commit>),
    Unchanged,
    Refused(Complaint),
}

/// What another node was in the way of is tried again so often.
const RACES_MAX: u32 = 5;

/// Cut off from the server, it is tried again until it is done.
pub(super) async fn apply(
    store: &Store,
    change: Change,
) -> Result<(Changed, Vec<Commit>), StoreError> {
    let (mut outage, mut races) = (Outage::default(), 0);
    loop {
        let trying = attempt(store, change.clone(), outage.is_unsure());
        let error = match store.patiently(trying).await {
            Ok(done) => {
                outage.end();
                return Ok(done);
            }
            Err(error) => error,
        };
        match error.trouble() {
            Trouble::Lost => outage.wait(&error).await,
            Trouble::Raced if races < RACES_MAX => races += 1,
            Trouble::Raced | Trouble::Locked | Trouble::Refused | Trouble::Fatal => {
                return Err(error);
            }
        }
    }
}

/// `is_unsure`: an earlier try may have done it, and then told nobody.
async fn attempt(
    store: &Store,
    change: Change,
    is_unsure: bool,
) -> Result<(Changed, Vec<Commit>), StoreError> {
    let mut writer = store.writer().await;
    let mut batch = writer.begin().await?;
    match run_and_note(&mut batch, change, is_unsure).await {
        Ok(Noted::Changed(commits)) => {
            batch.commit().await?;
            Ok((Changed::Done, commits))
        }
        Ok(Noted::Unchanged) => {
            batch.roll_back().await;
            Ok((Changed::Unchanged, Vec::new()))
        }
        Ok(Noted::Refused(complaint)) => {
            batch.roll_back().await;
            Ok((Changed::Refused(complaint), Vec::new()))
        }
        Err(error) => {
            batch.roll_back().await;
            Err(error)
        }
    }
}

async fn run_and_note(
    batch: &mut Batch<'_>,
    change: Change,
    is_unsure: bool,
) -> Result<Noted, StoreError> {
    let (is_changed, notice) = match run(batch, change).await? {
        Ok(done) => done,
        Err(complaint) => return Ok(Noted::Refused(complaint)),
    };
    if !is_changed && !is_unsure {
        return Ok(Noted::Unchanged);
    }
    Ok(match notice {
        Notice::Nobody => Noted::Changed(Vec::new()),
        Notice::Agents(agents) => {
            let rows = batch.lock_agents(&agents).await?;
            if rows.is_empty() {
                // None of them is there: an account that could not be made.
                Noted::Unchanged
            } else {
                Noted::Changed(vec![Commit::Agents(rows.into())])
            }
        }
        Notice::Settings => {
            if is_changed {
                batch.next_settings_version().await?;
            }
            Noted::Changed(vec![Commit::Settings])
        }
    })
}

/// The node lives on, and is the router if it may be: nobody else, or this one before.
pub(super) async fn renew(
    store: &Store,
    node: NodeId,
    candidacy: Candidacy,
) -> Result<Renewed, StoreError> {
    let mut writer = store.writer().await;
    let mut batch = writer.begin().await?;
    match renew_in(&mut batch, node, candidacy).await {
        Ok(renewed) => {
            batch.commit().await?;
            Ok(renewed)
        }
        Err(error) => {
            batch.roll_back().await;
            Err(error)
        }
    }
}

/// So many mails that are due: nobody else sends them for `lease_ms`.
pub(super) async fn claim_mails(
    store: &Store,
    count_max: u32,
    lease_ms: u32,
) -> Result<Vec<ClaimedMail>, StoreError> {
    let claiming = async {
        let mut writer = store.writer().await;
        let mut batch = writer.begin().await?;
        match batch.claim_mails(count_max, lease_ms).await {
            Ok(claimed) => {
                batch.commit().await?;
                Ok(claimed)
            }
            Err(error) => {
                batch.roll_back().await;
                Err(error)
            }
        }
    };
    store.patiently(claiming).await
}

async fn renew_in(
    batch: &mut Batch<'_>,
    node: NodeId,
    candidacy: Candidacy,
) -> Result<Renewed, StoreError> {
    let row = batch.renew_node(node).await?;
    let term = match candidacy {
        Candidacy::Stands => batch.take_lease(node).await?,
        Candidacy::Withdrawn => {
            batch.release_lease(node).await?;
            None
        }
    };
    Ok(Renewed { row, term })
}

/// Whether anything changed, and whom it is about; or why it may not.
async fn run(
    batch: &mut Batch<'_>,
    change: Change,
) -> Result<Result<(bool, Notice), Complaint>, StoreError> {
    let done = match change {
        Change::People(request) => return people::run(batch, request).await,
        Change::Status { agent, status } => {
            (batch.set_status(agent, status).await?, Notice::Agents(vec![agent]))
        }
        Change::Capacity { agent, capacity } => {
            (batch.set_capacity(agent, capacity).await?, Notice::Agents(vec![agent]))
        }
        Change::PutHours { by, user, hours } => return hours::put(batch, by, user, &hours).await,
        Change::Turn { agent, status, followed_ms, at_ms } => {
            let turned = batch.turn_status(agent, status, followed_ms, at_ms).await?;
            (turned, Notice::Agents(vec![agent]))
        }
        Change::Presence { agent, node, present } => {
            (batch.set_presence(agent, node, present).await?, Notice::Agents(vec![agent]))
        }
        Change::ClearPresence => (true, told(forget_all(batch).await?)),
        Change::Attachments { node, changes } => {
            (attach(batch, node, &changes).await?, Notice::Nobody)
        }
        Change::Leave { node } => (true, told(forget(batch, node).await?)),
        Change::EndMail { mail, attempt, end } => {
            nobody(batch.end_mail(mail, attempt, &end).await?)
        }
        Change::ForgetMails { older_than_ms } => nobody(batch.forget_mails(older_than_ms).await?),
        Change::Sweep => (sweep(batch).await?, Notice::Nobody),
        Change::AddAgent(new) => {
            let (agent, password_hash) = row_of(new);
            let added = batch.insert_agent(&agent, &password_hash).await?;
            (added, Notice::Agents(vec![agent.id]))
        }
        Change::SignIn { cookie_hash, agent, expires_at_ms } => {
            let now_ms = clock::now_ms();
            let done = batch.insert_session(cookie_hash, agent, expires_at_ms, now_ms).await?;
            (done, Notice::Nobody)
        }
        Change::SignOut { cookie_hash } => nobody(batch.delete_session(cookie_hash).await?),
        Change::PutSite { id, name, origins } => {
            (batch.put_site(&SiteRow { id, name, origins }).await?, Notice::Settings)
        }
        Change::PutInbox { id, name } => (batch.put_inbox(id, &name).await?, Notice::Settings),
        Change::PutChatflow { id, site, inbox, enabled, priority, settings } => {
            let row = ChatflowRow { id, site, inbox, enabled, priority, settings };
            (batch.put_chatflow(&row).await?, Notice::Settings)
        }
        Change::PutContact { by, visitor, contact } => {
            return contacts::put(batch, by, visitor, contact).await;
        }
        Change::PutAvailability { by, chatflow, availability } => {
            return hours::put_availability(batch, by, chatflow, &availability).await;
        }
        Change::Promise(change) => return promises::change(batch, *change).await,
    };
    Ok(Ok(done))
}

/// Is told of it.
fn nobody(is_changed: bool) -> (bool, Notice) {
    (is_changed, Notice::Nobody)
}

async fn attach(
    batch: &mut Batch<'_>,
    node: NodeId,
    changes: &Changes,
) -> Result<bool, StoreError> {
    batch.insert_attachments(node, &changes.come).await?;
    batch.delete_attachments(node, &changes.go).await?;
    Ok(true)
}

fn told(agents: Vec<AgentId>) -> Notice {
    if agents.is_empty() { Notice::Nobody } else { Notice::Agents(agents) }
}

/// The agents who were here.
async fn forget_all(batch: &mut Batch<'_>) -> Result<Vec<AgentId>, StoreError> {
    batch.delete_nodes().await?;
    batch.clear_attachments().await?;
    batch.release_leases().await?;
    batch.clear_presence().await
}

async fn forget(batch: &mut Batch<'_>, node: NodeId) -> Result<Vec<AgentId>, StoreError> {
    batch.release_lease(node).await?;
    batch.delete_node(node).await?;
    batch.clear_attachments_of(node).await?;
    batch.clear_presence_of(node).await
}

/// Who was only on these nodes has long counted as absent: no news for anybody.
async fn sweep(batch: &mut Batch<'_>) -> Result<bool, StoreError> {
    let dead = batch.take_dead_nodes().await?;
    for node in &dead {
        batch.clear_attachments_of(*node).await?;
        batch.clear_presence_of(*node).await?;
    }
    Ok(!dead.is_empty())
}

fn row_of(new: NewAgent) -> (AgentRow, String) {
    let NewAgent { id, email, name, password_hash, status, capacity } = new;
    (AgentRow { status, capacity, ..AgentRow::new(id, &email, &name) }, password_hash)
}
