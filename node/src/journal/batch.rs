//! One batch of writes in one transaction: lock, decide, save, commit.

use std::collections::HashSet;
use std::ops::Range;
use std::time::Instant;

use salotto_protocol::{Author, ConversationId, ConversationState, EntryBody};

use super::commits::Commit;
use super::consequences;
use super::load::{Asked, LookUp, find_known, load};
use super::outage::Outage;
use super::state::Work;
use super::write::{Ack, Outcome, Target, Write};
use crate::sabotage::{self, Switch};
use crate::store::{AgentRow, Batch, Held, Mark, Store, StoreError, Trouble};
use crate::{clock, metrics};

/// Retried as it is so often; then the batch is halved.
const RACES_MAX: u32 = 3;

/// What became of a batch, and what to tell the node.
#[derive(Default)]
pub(super) struct Settled {
    /// One for each write, in order.
    pub(super) fates: Vec<Fate>,
    pub(super) notices: Vec<Commit>,
    /// The store can no longer be written to.
    pub(super) fatal: Option<StoreError>,
    /// Not stored; to be tried again.
    pub(super) marks_left: Vec<Mark>,
    /// Writes came once more: where there is one there are others.
    pub(super) has_repeats: bool,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Fate {
    Answered(Outcome),
    /// Another node holds its head. Nothing was written.
    PutOff,
}

impl Fate {
    fn is_repeat(&self) -> bool {
        matches!(self, Fate::Answered(Outcome::Committed(Ack { repeated: true, .. })))
    }
}

/// Writes that are committed together.
struct Part {
    range: Range<usize>,
    races: u32,
    look_up: LookUp,
}

impl Part {
    /// For whatever reason it failed: the next try takes no chances with client ids.
    fn again(range: Range<usize>, races: u32) -> Part {
        Part { range, races, look_up: LookUp::First }
    }
}

/// Commits the writes, and the marks with them. What is refused is halved until the one bad
/// write fails alone. What another node was in the way of is tried again; what was cut off is
/// sent again for as long as it takes: client ids say what was written all the same. Trouble
/// with the disk is not tried again.
pub(super) async fn settle(
    store: &Store,
    writes: &mut [Write],
    mut marks: Vec<Mark>,
    held: Held,
    look_up: LookUp,
) -> Settled {
    let mut settled = Settled::default();
    let mut outage = Outage::default();
    let mut parts = vec![Part { range: 0..writes.len(), races: 0, look_up }];
    while let Some(Part { range, races, look_up }) = parts.pop() {
        let put_off = settled.put_off(&writes[..range.start]);
        let trying = Try { held, put_off, look_up, marks: &marks };
        let tried = attempt(store, &mut writes[range.clone()], trying);
        let error = match store.patiently(tried).await {
            Ok(done) => {
                settled.take(done, &writes[range], &outage);
                outage.end();
                marks.clear();
                continue;
            }
            Err(error) => error,
        };
        let trouble = error.trouble();
        metrics::store_error("append", trouble.as_str());
        // Marks must not fail together with somebody's message: they wait for the next batch.
        settled.marks_left.append(&mut marks);
        match (trouble, held) {
            (Trouble::Fatal, _) => {
                settled.fates.resize(writes.len(), Fate::Answered(Outcome::Failed));
                settled.fatal = Some(error);
                break;
            }
            (Trouble::Lost, _) => {
                outage.wait(&error).await;
                parts.push(Part::again(range, races));
            }
            (Trouble::Refused | Trouble::Raced, _) if look_up == LookUp::IfRefused => {
                parts.push(Part::again(range, races));
            }
            (Trouble::Raced, Held::Awaited) => settled.fates.resize(range.end, Fate::PutOff),
            (Trouble::Raced, Held::Skipped) if races < RACES_MAX => {
                parts.push(Part::again(range, races + 1));
            }
            (Trouble::Refused | Trouble::Raced, _) if range.len() > 1 => {
                let middle = range.start + range.len() / 2;
                parts.push(Part::again(middle..range.end, 0));
                parts.push(Part::again(range.start..middle, 0));
            }
            (Trouble::Refused | Trouble::Raced | Trouble::Locked, _) => {
                tracing::error!(?error, writes = range.len(), "writes could not be stored");
                settled.fates.resize(range.end, Fate::Answered(Outcome::Failed));
            }
        }
    }
    settled
}

impl Settled {
    /// What came of a part. What an earlier try may have written was not told to the node then.
    fn take(&mut self, done: Finished, writes: &[Write], outage: &Outage) {
        if outage.is_unsure() {
            let asked = writes.iter().filter_map(|write| match &write.target {
                Target::Conversation(id) | Target::Picked(id) => Some(*id),
                Target::Start(_) => None,
            });
            let answered = done.fates.iter().filter_map(|fate| match fate {
                Fate::Answered(Outcome::Committed(ack)) => Some(ack.conversation),
                Fate::Answered(Outcome::Rejected(_) | Outcome::Failed) | Fate::PutOff => None,
            });
            self.notices.push(Commit::Skipped(asked.chain(answered).collect()));
        }
        self.has_repeats |= done.fates.iter().any(Fate::is_repeat);
        self.fates.extend(done.fates);
        self.notices.extend(done.notices);
    }

    /// Conversations whose earlier writes are put off: later ones must not overtake them.
    fn put_off(&self, writes: &[Write]) -> HashSet<ConversationId> {
        let put_off = writes.iter().zip(&self.fates).filter(|(_, fate)| **fate == Fate::PutOff);
        put_off
            .filter_map(|(write, _)| match &write.target {
                Target::Conversation(id) | Target::Picked(id) => Some(*id),
                Target::Start(_) => None,
            })
            .collect()
    }
}

struct Try<'a> {
    held: Held,
    put_off: HashSet<ConversationId>,
    look_up: LookUp,
    marks: &'a [Mark],
}

struct Finished {
    fates: Vec<Fate>,
    notices: Vec<Commit>,
}

/// `writes` are borrowed alone: what they hold can be sent to another thread, but not shared.
async fn attempt(
    store: &Store,
    writes: &mut [Write],
    trying: Try<'_>,
) -> Result<Finished, StoreError> {
    let started = Instant::now();
    let mut writer = store.writer().await;
    let mut batch = writer.begin().await?;
    let (work, fates, raised) = match carry_out(&mut batch, writes, trying).await {
        Ok(done) => done,
        Err(error) => {
            batch.roll_back().await;
            return Err(error);
        }
    };
    if sabotage::on(Switch::FailCommits) {
        batch.roll_back().await;
        return Ok(failed(work, fates, raised));
    }
    sabotage::crash(Switch::CrashBeforeCommit);
    batch.commit().await?;
    sabotage::crash(Switch::CrashAfterCommit);
    metrics::store_operation("append", started.elapsed());
    metrics::store_write_batch(writes.len());
    count(&work, &fates);
    Ok(Finished { fates, notices: notices(work, raised) })
}

/// A batch that was not committed: nothing has happened, and its senders are told so.
fn failed(work: Work, mut fates: Vec<Fate>, raised: Vec<Mark>) -> Finished {
    if !sabotage::on(Switch::AcknowledgeBeforeCommit) {
        fates.fill(Fate::Answered(Outcome::Failed));
    }
    let is_told = sabotage::on(Switch::PublishBeforeCommit);
    Finished { fates, notices: if is_told { notices(work, raised) } else { Vec::new() } }
}

async fn carry_out(
    batch: &mut Batch<'_>,
    writes: &mut [Write],
    trying: Try<'_>,
) -> Result<(Work, Vec<Fate>, Vec<Mark>), StoreError> {
    let mut work = load(batch, &Asked::by(&*writes), trying.held, trying.look_up).await?;
    work.held.extend(trying.put_off);
    let now_ms = clock::now_ms();
    let mut fates: Vec<Fate> = writes.iter().map(|write| work.decide(write, now_ms)).collect();
    if trying.look_up == LookUp::IfRefused {
        doubt_refusals(batch, &mut work, writes, &mut fates).await?;
    }
    save(batch, &work).await?;
    let marks = trying.marks;
    let raised = if marks.is_empty() { Vec::new() } else { batch.raise_marks(marks).await? };
    Ok((work, fates, raised))
}

/// What adds nothing now may have been written before: it is answered as it was then.
async fn doubt_refusals(
    batch: &mut Batch<'_>,
    work: &mut Work,
    writes: &mut [Write],
    fates: &mut [Fate],
) -> Result<(), StoreError> {
    let is_doubtful = |n: &usize| {
        let (write, fate) = (&writes[*n], &fates[*n]);
        write.client_id.is_some() && *fate != Fate::PutOff && !work.knows(write)
    };
    let doubtful: Vec<usize> = (0..writes.len()).filter(is_doubtful).collect();
    let asked = Asked::by(doubtful.iter().map(|n| &writes[*n]));
    find_known(batch, &asked, work).await?;
    for n in doubtful {
        if work.knows(&writes[n]) {
            fates[n] = work.decide(&writes[n], clock::now_ms());
        }
    }
    Ok(())
}

async fn save(batch: &mut Batch<'_>, work: &Work) -> Result<(), StoreError> {
    let (mut new, mut advanced, mut moved) = (Vec::new(), Vec::new(), Vec::new());
    for tracked in work.heads.values().filter(|it| it.advanced || it.moved) {
        if tracked.is_new {
            new.push(&tracked.head);
            continue;
        }
        if tracked.advanced {
            advanced.push(&tracked.head);
        }
        if tracked.moved {
            moved.push(&tracked.head);
        }
    }
    // Where two nodes may insert the same keys, all of them do so in the same order.
    new.sort_unstable_by_key(|head| (head.visitor, head.inbox));
    let mut starts = work.new_starts.clone();
    starts.sort_unstable();
    let mut entries = Vec::new();
    for write in &work.committed {
        entries.extend(write.entries.iter().map(|entry| (write.head.id, entry)));
    }
    let agents: Vec<&AgentRow> =
        work.changed_agents.iter().map(|agent| &work.agents[agent]).collect();

    // A visitor's conversation may be closed and the next one started in the same batch.
    batch.move_heads(&moved).await?;
    batch.insert_heads(&new).await?;
    sabotage::crash(Switch::CrashInBatch);
    batch.append(&advanced, &entries).await?;
    batch.insert_starts(&starts).await?;
    batch.set_active(&agents).await?;
    batch.insert_cycles(&work.turns.first()).await?;
    batch.advance_cycles(&work.turns.later()).await?;
    batch.put_turns(&work.turns.taken()).await?;
    batch.insert_answers(&consequences::answers(&work.committed)).await?;
    batch.insert_mails(&work.mails).await
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

fn count(work: &Work, fates: &[Fate]) {
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
    metrics::messages_accepted("visitor", visitor);
    metrics::messages_accepted("agent", agent);
    metrics::messages_accepted("system", system);
    metrics::messages_duplicate(fates.iter().filter(|fate| fate.is_repeat()).count() as u64);
    metrics::conversations_started(started);
    metrics::conversations_closed(closed);
}
