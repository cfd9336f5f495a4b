//! After the schedule: wait for what is outstanding, close, read back, audit.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use salotto_protocol::{ConversationId, EntryBody, Party, ViewedEntry};
use tokio::time::{Instant, sleep};

use crate::args::RunArgs;
use crate::audit::{Evidence, Findings, StoredMessage};
use crate::books::Books;
use crate::ledger::{Answer, Slot};
use crate::log::{Log, What};
use crate::outbox::ACK_TIMEOUT_US;
use crate::participant::Role;
use crate::payload::Stamp;
use crate::plan::Dice;
use crate::reading::Reading;
use crate::setup::Cast;
use crate::world::{World, sentence};

/// Up to so many messages are all read back; of more, about so many.
const READ_BACK_MAX: u64 = 10_000;
const READS_MAX: usize = 16;
const CLOSE_TIMEOUT: Duration = Duration::from_secs(10);
/// For close frames to leave; the kernel sends the rest.
const LEAVE_TIME: Duration = Duration::from_millis(200);

/// One conversation as the store has it.
pub struct Stored {
    slot: u32,
    conversation: ConversationId,
    /// `None`: it could not be read.
    messages: Option<Vec<StoredMessage>>,
}

/// Waits until every message has arrived everywhere, `at_most` so long.
pub async fn quiet(world: &World, at_most: Duration) {
    let deadline = Instant::now() + at_most;
    while !world.books.tally.is_quiet() && Instant::now() < deadline {
        sleep(Duration::from_millis(20)).await;
    }
}

/// Agents close what they follow.
pub async fn close_conversations(world: &Arc<World>, cast: &Cast) {
    for agent in &cast.agents {
        agent.with_role(world, |role, turn| match role {
            Role::Agent(agent) => agent.wind_down(turn),
            Role::Visitor(_) => {}
        });
    }
    let deadline = Instant::now() + CLOSE_TIMEOUT;
    let is_done = |role: &mut Role| match role {
        Role::Agent(agent) => agent.is_done(),
        Role::Visitor(_) => true,
    };
    while !cast.agents.iter().all(|it| it.with_role(world, |role, _| is_done(role))) {
        if Instant::now() >= deadline {
            return;
        }
        sleep(Duration::from_millis(20)).await;
    }
}

/// All sockets say goodbye. Visitors first, so that no agent's leaving moves a conversation.
pub async fn leave(world: &World, cast: &Cast) {
    world.end();
    for participant in cast.visitors.iter().chain(&cast.agents) {
        participant.leave();
    }
    sleep(LEAVE_TIME).await;
}

/// Reads conversations back over REST: all, or a sample drawn from the seed.
pub async fn read_back(world: &World, args: &RunArgs) -> Vec<Stored> {
    let books = &world.books;
    let mut wanted: Vec<(u32, ConversationId, u64)> = Vec::new();
    for slot in 0..books.ledger.slots() as u32 {
        let page = books.ledger.page(slot);
        for (place, id) in page.conversations.iter().enumerate() {
            wanted.push((slot, *id, acked_in(&page, place as u32)));
        }
    }
    let mut dice = Dice::new(args.seed);
    for place in (1..wanted.len()).rev() {
        wanted.swap(place, dice.below(place as u64 + 1) as usize);
    }
    let mut messages = 0;
    let sample = wanted.into_iter().take_while(|it| {
        let wanted = messages < READ_BACK_MAX;
        messages += it.2;
        wanted
    });
    stream::iter(sample)
        .map(|(slot, conversation, _)| read_one(world, slot, conversation))
        .buffer_unordered(READS_MAX)
        .collect()
        .await
}

async fn read_one(world: &World, slot: u32, conversation: ConversationId) -> Stored {
    let token = &world.tokens[slot as usize];
    let messages = match world.api.entries(conversation, salotto_protocol::Seq(0), token).await {
        Ok(page) => {
            let stored = |it: &ViewedEntry| stored_message(&world.books, slot, it);
            Some(page.entries.iter().filter_map(stored).collect())
        }
        Err(error) => {
            world.trouble(|| sentence(&error));
            error.is_not_found().then(Vec::new)
        }
    };
    Stored { slot, conversation, messages }
}

fn stored_message(books: &Books, slot: u32, viewed: &ViewedEntry) -> Option<StoredMessage> {
    let entry = &viewed.entry;
    let EntryBody::Message { text } = &entry.body else { return None };
    let (what, is_intact) = match Stamp::parse(text).filter(|it| it.slot == slot) {
        Some(Stamp { who, n, due_us, .. }) => {
            (What::Ours { who, n }, *text == books.text(slot, who, n, due_us))
        }
        None => (What::Foreign, false),
    };
    Some(StoredMessage { seq: entry.seq, client_id: entry.client_id, what, is_intact })
}

/// Holds all records against each other.
pub fn audit(world: &Arc<World>, cast: &Cast, stored: Vec<Stored>) -> Findings {
    let books = &world.books;
    let slots = books.ledger.slots();
    let mut logs: Vec<Vec<(Party, Log)>> = (0..slots).map(|_| Vec::new()).collect();
    for participant in cast.all() {
        participant.with_role(world, |role, _| {
            let (party, readings) = match role {
                Role::Visitor(visitor) => (Party::Visitor, visitor.take_logs()),
                Role::Agent(agent) => (Party::Team, agent.take_logs()),
            };
            for Reading { slot, log, .. } in readings {
                logs[slot as usize].push((party, log));
            }
        });
    }
    let mut findings = Findings::default();
    let mut stored_by_slot: Vec<Vec<(ConversationId, Vec<StoredMessage>)>> = Vec::new();
    stored_by_slot.resize_with(slots, Vec::new);
    for it in stored {
        match it.messages {
            Some(messages) => stored_by_slot[it.slot as usize].push((it.conversation, messages)),
            None => findings.unread += 1,
        }
    }
    let asked_before_us = books.clock.now_us().saturating_sub(ACK_TIMEOUT_US);
    for (slot, (logs, stored)) in logs.iter().zip(stored_by_slot).enumerate() {
        let page = books.ledger.page(slot as u32);
        let logs = logs.iter().map(|(party, log)| (*party, log)).collect();
        let evidence = Evidence { slot: slot as u32, page: &page, logs, stored };
        findings.add(&evidence, asked_before_us);
    }
    findings.ghosts += books.tally.strays.get();
    findings
}

fn acked_in(page: &Slot, place: u32) -> u64 {
    let is_in = |answer: Answer| match answer {
        Answer::Acked { conversation, .. } => conversation == place,
        Answer::None | Answer::Refused => false,
    };
    let all = page.senders.iter().flat_map(|it| &it.sent);
    all.filter(|it| is_in(it.answer)).count() as u64
}
