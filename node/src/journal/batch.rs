//! One batch of writes in one transaction: lock, decide, save, commit.

use std::time::Instant;

use salotto_protocol::{Author, ConversationState, EntryBody};

use super::commits::Commit;
use super::load::{Asked, load};
use super::state::Work;
use super::write::{Ack, Outcome, Write};
use crate::store::{AgentRow, Batch, Mark, Store, StoreError, Trouble};
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
    let all = 0..writes.len();
    let mut parts = vec![all];
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
            Trouble::Refused | Trouble::Raced if part.len() > 1 => {
                let middle = part.start + part.len() / 2;
                parts.push(middle..part.end);
                parts.push(part.start..middle);
            }
            Trouble::Refused | Trouble::Locked | Trouble::Raced | Trouble::Lost => {
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
    let (work, outcomes, raised) = match carry_out(&mut batch, asked, writes, marks).await {
        Ok(done) => done,
        Err(error) => {
            batch.roll_back().await;
            return Err(error);
        }
    };
    batch.commit().await?;
    metrics::store_operation("append", started.elapsed());
    metrics::store_write_batch(writes.len());
    count(&work, &outcomes);
    Ok(Done { outcomes, notices: notices(work, raised) })
}

async fn carry_out(
    batch: &mut Batch<'_>,
    asked: Asked,
    writes: &mut [Write],
    marks: &[Mark],
) -> Result<(Work, Vec<Outcome>, Vec<Mark>), StoreError> {
    let mut work = load(batch, asked).await?;
    let now_ms = clock::now_ms();
    let outcomes: Vec<Outcome> = writes.iter().map(|write| work.decide(write, now_ms)).collect();
    save(batch, &work).await?;
    let raised = if marks.is_empty() { Vec::new() } else { batch.raise_marks(marks).await? };
    Ok((work, outcomes, raised))
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

    batch.advance_heads(&advanced).await?;
    // A visitor's conversation may be closed and the next one started in the same batch.
    batch.move_heads(&moved).await?;
    batch.insert_heads(&new).await?;
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
