//! Reads and locks what a batch of writes is to be decided on.

use std::collections::{BTreeMap, BTreeSet};

use salotto_protocol::{AgentId, ChatflowId, ClientId, ConversationId, InboxId, VisitorId};

use super::facts;
use super::picks::look_before;
use super::state::{Tracked, Work};
use super::write::{Target, Write};
use crate::store::{Batch, Held, OpenConversation, StartKey, StoreError};

/// What a batch of writes must see.
#[derive(Default)]
pub(super) struct Asked {
    conversations: BTreeSet<ConversationId>,
    starts: BTreeMap<StartKey, InboxId>,
    agents: BTreeSet<AgentId>,
    client_ids: Vec<(Place, ClientId)>,
    /// Of the router.
    term: bool,
    /// Those that may be picked out of the queue.
    picked: BTreeSet<ConversationId>,
    /// Whether anybody is there.
    attended: Vec<ConversationId>,
    /// Whose turns are next.
    cycles: BTreeSet<ChatflowId>,
}

/// Where a client id is looked up.
enum Place {
    In(ConversationId),
    WhereLed(StartKey, InboxId),
}

impl Asked {
    pub(super) fn by<'a>(writes: impl IntoIterator<Item = &'a Write>) -> Asked {
        let mut asked = Asked::default();
        for write in writes {
            let place = match &write.target {
                Target::Conversation(id) => {
                    asked.conversations.insert(*id);
                    Place::In(*id)
                }
                Target::Picked(id) => {
                    asked.conversations.insert(*id);
                    asked.picked.insert(*id);
                    Place::In(*id)
                }
                Target::Start(new) => {
                    let key = (new.visitor, new.start_client_id);
                    asked.starts.insert(key, new.inbox);
                    Place::WhereLed(key, new.inbox)
                }
            };
            asked.agents.extend(&write.agents);
            asked.term |= write.term.is_some();
            asked.cycles.extend(write.turn.map(|turn| turn.chatflow));
            if let (true, Target::Conversation(id)) = (write.unattended, &write.target) {
                asked.attended.push(*id);
            }
            asked.client_ids.extend(write.client_id.map(|client_id| (place, client_id)));
        }
        asked
    }
}

/// When client ids are looked up. Nearly all of them are new, and the store itself refuses to
/// keep one twice: it need not be asked before.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum LookUp {
    /// Before anything is decided: some may have been used.
    First,
    /// Only those of writes that would add nothing: maybe they have.
    IfRefused,
}

/// Locks the heads in id order, then the agents in id order, then the lease, then the cycles.
pub(super) async fn load(
    batch: &mut Batch<'_>,
    asked: &Asked,
    held: Held,
    look_up: LookUp,
) -> Result<Work, StoreError> {
    let mut work = Work::default();
    let open = find_starts(batch, &asked.starts, &mut work).await?;
    let mut ids = asked.conversations.clone();
    ids.extend(work.starts.values());
    ids.extend(open.iter().map(|open| open.conversation));
    if !ids.is_empty() {
        let ids: Vec<ConversationId> = ids.into_iter().collect();
        let locked = batch.lock(&ids, held).await?;
        locked.heads.into_iter().for_each(|head| work.track(head));
        work.held.extend(locked.held);
    }
    facts::find(batch, &asked.starts, &mut work).await?;
    let held_open = open.iter().filter(|open| work.held.contains(&open.conversation));
    work.held_open.extend(held_open.map(|open| (open.visitor, open.inbox)));
    lock_agents(batch, asked.agents.clone(), &mut work).await?;
    look_before(batch, &asked.picked, &mut work).await?;
    if asked.term {
        work.term = batch.lease_term().await?;
    }
    if !asked.attended.is_empty() {
        work.attended = batch.attended(&asked.attended).await?;
    }
    lock_cycles(batch, &asked.cycles, &mut work).await?;
    match look_up {
        LookUp::First => find_known(batch, asked, &mut work).await?,
        LookUp::IfRefused => {}
    }
    Ok(work)
}

/// A start leads to where it led before, else to what its visitor has open in that inbox.
async fn find_starts(
    batch: &mut Batch<'_>,
    starts: &BTreeMap<StartKey, InboxId>,
    work: &mut Work,
) -> Result<Vec<OpenConversation>, StoreError> {
    if starts.is_empty() {
        return Ok(Vec::new());
    }
    let keys: Vec<StartKey> = starts.keys().copied().collect();
    work.starts.extend(batch.starts(&keys).await?);
    let new = starts.iter().filter(|(key, _)| !work.starts.contains_key(key));
    let visitors: BTreeSet<(VisitorId, InboxId)> =
        new.map(|((visitor, _), inbox)| (*visitor, *inbox)).collect();
    let visitors: Vec<(VisitorId, InboxId)> = visitors.into_iter().collect();
    batch.open_conversations(&visitors).await
}

async fn lock_agents(
    batch: &mut Batch<'_>,
    mut ids: BTreeSet<AgentId>,
    work: &mut Work,
) -> Result<(), StoreError> {
    for Tracked { head, .. } in work.heads.values() {
        ids.extend(head.assignee.into_iter().chain(head.slot_agent));
    }
    ids.extend(work.facts.values().filter_map(|it| it.owner));
    if !ids.is_empty() {
        let ids: Vec<AgentId> = ids.into_iter().collect();
        let rows = batch.lock_agents(&ids).await?;
        work.agents.extend(rows.into_iter().map(|row| (row.id, row)));
    }
    Ok(())
}

async fn lock_cycles(
    batch: &mut Batch<'_>,
    chatflows: &BTreeSet<ChatflowId>,
    work: &mut Work,
) -> Result<(), StoreError> {
    if chatflows.is_empty() {
        return Ok(());
    }
    let chatflows: Vec<ChatflowId> = chatflows.iter().copied().collect();
    let last = batch.lock_cycles(&chatflows).await?;
    for chatflow in chatflows {
        work.turns.track(chatflow, last.get(&chatflow).copied());
    }
    Ok(())
}

/// Which of the client ids have been used.
pub(super) async fn find_known(
    batch: &mut Batch<'_>,
    all: &Asked,
    work: &mut Work,
) -> Result<(), StoreError> {
    let mut asked = BTreeSet::new();
    for (place, client_id) in &all.client_ids {
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
