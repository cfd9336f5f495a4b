//! One batch of writes in one transaction: lock, decide, save, commit.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use salotto_protocol::{
    AgentId, Author, ClientId, ConversationId, ConversationState, EntryBody, InboxId, VisitorId,
};

use super::commits::Commit;
use super::state::{Tracked, Work};
use super::write::{Ack, Outcome, Target, Write};
use crate::store::{AgentRow, Batch, Mark, StartKey, Store, StoreError, Trouble};
use crate::{clock, metrics};

/// What became of a batch: an outcome for each write, in order, and what to tell the node.
#[derive(Default)]
pub(super) struct Settled {
    pub(super) outcomes: Vec<Outcome>,
    pub(super) notices: Vec<Commit>,
    /// The store can no longer be written to.
    pub(super) fatal: Option<StoreError>,
    /// Not stored; to be tried again.
    pub(super) marks_left: Vec<Mark>,
}

/// Commits the writes, and the marks with them. What fails is halved until the one bad write
/// fails alone; trouble with the disk is not tried again.
pub(super) async fn settle(store: &Store, writes: &mut [Write], mut marks: Vec<Mark>) -> Settled {
    let mut settled = Settled::default();
    let mut parts = vec![0..writes.len()];
    while let Some(part) = parts.pop() {
        let error = match attempt(store, &mut writes[part.clone()], &marks).await {
            Ok(done) => {
                settled.outcomes.extend(done.outcomes);
                settled.notices.extend(done.notices);
                marks.clear();
                continue;
            }
            Err(error) => error,
        };
        metrics::store_error("append", error.trouble().as_str());
        // Marks must not fail together with somebody's message: they wait for the next batch.
        settled.marks_left.append(&mut marks);
        match error.trouble() {
            Trouble::Fatal => {
                settled.outcomes.resize(writes.len(), Outcome::Failed);
                settled.fatal = Some(error);
                break;
            }
            Trouble::Refused if part.len() > 1 => {
                let middle = part.start + part.len() / 2;
                parts.push(middle..part.end);
                parts.push(part.start..middle);
            }
            Trouble::Refused | Trouble::Locked => {
                tracing::error!(?error, writes = part.len(), "writes could not be stored");
                settled.outcomes.resize(part.end, Outcome::Failed);
            }
        }
    }
    settled
}

struct Done {
    outcomes: Vec<Outcome>,
    notices: Vec<Commit>,
}

/// `writes` are borrowed alone: what they hold can be sent to another thread, but not shared.
async fn attempt(store: &Store, writes: &mut [Write], marks: &[Mark]) -> Result<Done, StoreError> {
    let started = Instant::now();
    let asked = Asked::by(writes);
    let mut writer = store.writer().await;
    let mut batch = writer.begin().await?;
    let mut work = load(&mut batch, asked).await?;
    let now_ms = clock::now_ms();
    let outcomes: Vec<Outcome> = writes.iter().map(|write| work.decide(write, now_ms)).collect();
    save(&mut batch, &work).await?;
    let raised = if marks.is_empty() { Vec::new() } else { batch.raise_marks(marks).await? };
    batch.commit().await?;
    metrics::store_operation("append", started.elapsed());
    metrics::store_write_batch(writes.len());
    count(&work, &outcomes);
    Ok(Done { outcomes, notices: notices(work, raised) })
}

/// What a batch of writes must see.
#[derive(Default)]
struct Asked {
    conversations: BTreeSet<ConversationId>,
    starts: BTreeMap<StartKey, InboxId>,
    agents: BTreeSet<AgentId>,
    client_ids: Vec<(Place, ClientId)>,
}

/// Where a client id is looked up.
enum Place {
    In(ConversationId),
    WhereLed(StartKey, InboxId),
}

impl Asked {
    fn by(writes: &[Write]) -> Asked {
        let mut asked = Asked::default();
        for write in writes {
            let place = match &write.target {
                Target::Conversation(id) => {
                    asked.conversations.insert(*id);
                    Place::In(*id)
                }
                Target::Start(new) => {
                    let key = (new.visitor, new.start_client_id);
                    asked.starts.insert(key, new.inbox);
                    Place::WhereLed(key, new.inbox)
                }
            };
            asked.agents.extend(&write.agents);
            asked.client_ids.extend(write.client_id.map(|client_id| (place, client_id)));
        }
        asked
    }
}

/// Locks the heads in id order, then the agents in id order, and looks the client ids up.
async fn load(batch: &mut Batch<'_>, asked: Asked) -> Result<Work, StoreError> {
    let mut work = Work::default();
    find_starts(batch, &asked.starts, &mut work).await?;
    let mut ids = asked.conversations;
    ids.extend(work.starts.values());
    ids.retain(|id| !work.heads.contains_key(id));
    if !ids.is_empty() {
        let ids: Vec<ConversationId> = ids.into_iter().collect();
        batch.lock(&ids).await?.into_iter().for_each(|head| work.track(head));
    }
    lock_agents(batch, asked.agents, &mut work).await?;
    find_known(batch, &asked.client_ids, &mut work).await?;
    Ok(work)
}

/// A start leads to where it led before, else to what its visitor has open in that inbox.
async fn find_starts(
    batch: &mut Batch<'_>,
    starts: &BTreeMap<StartKey, InboxId>,
    work: &mut Work,
) -> Result<(), StoreError> {
    if starts.is_empty() {
        return Ok(());
    }
    let keys: Vec<StartKey> = starts.keys().copied().collect();
    work.starts.extend(batch.starts(&keys).await?);
    let new = starts.iter().filter(|(key, _)| !work.starts.contains_key(key));
    let open: BTreeSet<(VisitorId, InboxId)> =
        new.map(|((visitor, _), inbox)| (*visitor, *inbox)).collect();
    if !open.is_empty() {
        let open: Vec<(VisitorId, InboxId)> = open.into_iter().collect();
        batch.lock_open(&open).await?.into_iter().for_each(|head| work.track(head));
    }
    Ok(())
}

async fn lock_agents(
    batch: &mut Batch<'_>,
    mut ids: BTreeSet<AgentId>,
    work: &mut Work,
) -> Result<(), StoreError> {
    for Tracked { head, .. } in work.heads.values() {
        ids.extend(head.assignee.into_iter().chain(head.slot_agent));
    }
    if !ids.is_empty() {
        let ids: Vec<AgentId> = ids.into_iter().collect();
        let rows = batch.lock_agents(&ids).await?;
        work.agents.extend(rows.into_iter().map(|row| (row.id, row)));
    }
    Ok(())
}

async fn find_known(
    batch: &mut Batch<'_>,
    client_ids: &[(Place, ClientId)],
    work: &mut Work,
) -> Result<(), StoreError> {
    let mut asked = BTreeSet::new();
    for (place, client_id) in client_ids {
        let conversation = match place {
            Place::In(id) => Some(*id).filter(|id| work.heads.contains_key(id)),
            Place::WhereLed(start, inbox) => work.conversation_of_start(*start, *inbox),
        };
        asked.extend(conversation.map(|conversation| (conversation, *client_id)));
    }
    if !asked.is_empty() {
        let asked: Vec<_> = asked.into_iter().collect();
        for (conversation, entry) in batch.known(&asked).await? {
            let client_id = entry.client_id.expect("it was found by its client id");
            work.known.insert((conversation, client_id), entry);
        }
    }
    Ok(())
}

async fn save(batch: &mut Batch<'_>, work: &Work) -> Result<(), StoreError> {
    let (mut new, mut advanced, mut moved) = (Vec::new(), Vec::new(), Vec::new());
    for tracked in work.heads.values().filter(|tracked| tracked.advanced) {
        if tracked.is_new {
            new.push(&tracked.head);
            continue;
        }
        advanced.push(&tracked.head);
        if tracked.moved {
            moved.push(&tracked.head);
        }
    }
    let mut entries = Vec::new();
    for write in &work.committed {
        entries.extend(write.entries.iter().map(|entry| (write.head.id, entry)));
    }
    let agents: Vec<&AgentRow> =
        work.changed_agents.iter().map(|agent| &work.agents[agent]).collect();

    batch.insert_heads(&new).await?;
    batch.advance_heads(&advanced).await?;
    batch.move_heads(&moved).await?;
    batch.insert_entries(&entries).await?;
    batch.insert_starts(&work.new_starts).await?;
    batch.set_active(&agents).await
}

/// Agents first: whoever hears of an assignment knows its slot already.
fn notices(mut work: Work, raised: Vec<Mark>) -> Vec<Commit> {
    let mut notices: Vec<Commit> = Vec::new();
    let agents: Vec<AgentRow> =
        work.changed_agents.iter().filter_map(|agent| work.agents.remove(agent)).collect();
    if !agents.is_empty() {
        notices.push(Commit::Agents(agents.into()));
    }
    notices.extend(work.committed.drain(..).map(|write| Commit::Entries(write.into())));
    notices.extend(raised.into_iter().map(|mark| Commit::Marks {
        conversation: mark.conversation,
        party: mark.party,
        delivered: mark.delivered,
        read: mark.read,
    }));
    notices
}

fn count(work: &Work, outcomes: &[Outcome]) {
    let (mut visitor, mut agent, mut system, mut started, mut closed) = (0, 0, 0, 0, 0);
    for write in &work.committed {
        started += u64::from(write.state_before.is_none());
        closed += u64::from(
            write.head.state == ConversationState::Closed
                && write.state_before != Some(ConversationState::Closed),
        );
        let messages =
            write.entries.iter().filter(|it| matches!(it.body, EntryBody::Message { .. }));
        for message in messages {
            match message.by {
                Author::Visitor { .. } => visitor += 1,
                Author::Agent { .. } => agent += 1,
                Author::System => system += 1,
            }
        }
    }
    let repeated = |it: &&Outcome| matches!(it, Outcome::Committed(Ack { repeated: true, .. }));
    metrics::messages_accepted("visitor", visitor);
    metrics::messages_accepted("agent", agent);
    metrics::messages_accepted("system", system);
    metrics::messages_duplicate(outcomes.iter().filter(repeated).count() as u64);
    metrics::conversations_started(started);
    metrics::conversations_closed(closed);
}
