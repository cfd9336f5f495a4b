//! Finds what was lost, doubled, reordered or made up, from the ledger, both sides' logs and the
//! store. Pure: it reads records and counts.

use std::collections::{HashMap, HashSet};

use salotto_protocol::{ClientId, ConversationId, Party, Seq};
use serde::Serialize;

use crate::ledger::{Answer, Slot};
use crate::log::{Log, Seen, What};
use crate::payload::Who;

/// Examples that a report quotes; the counters go on.
const EXAMPLES_MAX: usize = 20;

/// All that is known of one visitor's conversations.
pub struct Evidence<'a> {
    pub slot: u32,
    pub page: &'a Slot,
    /// Whose log it is, and the log. After a handover the team has two.
    pub logs: Vec<(Party, &'a Log)>,
    /// What REST gave for a conversation, if it was read back.
    pub stored: Vec<(ConversationId, Vec<StoredMessage>)>,
}

/// One message as the store has it.
#[derive(Clone, Debug)]
pub struct StoredMessage {
    pub seq: Seq,
    pub client_id: Option<ClientId>,
    pub what: What,
    /// Its text is the one that was sent, to the byte.
    pub is_intact: bool,
}

/// The counters are messages, but where they say something else.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Findings {
    pub conversations: u64,
    /// Acknowledged messages looked for on both sides.
    pub checked: u64,
    /// Of these, also compared with the store.
    pub read_back: u64,
    /// Acknowledged, and missing in a log or in the store.
    pub lost: u64,
    /// Twice in one log or in the store.
    pub doubled: u64,
    /// Not in the order of sending, or delivered behind their successors.
    pub reordered: u64,
    /// Two sides, or a side and its `ack`, have something else at the same `seq`.
    pub disagreed: u64,
    /// Delivered though never sent, refused, or somebody else's.
    pub ghosts: u64,
    /// Positions missing in the agents' view, which hides nothing.
    pub holes: u64,
    /// Sent, and neither acknowledged nor refused to the end.
    pub unanswered: u64,
    /// Acknowledged, but no agent ever followed the conversation.
    pub unrouted: u64,
    /// Conversations that could not be read back: nothing is known of their store.
    pub unread: u64,
    /// Harmless, as the receiver's rule healed them: repeats dropped, gaps read, resets obeyed.
    pub repeats: u64,
    pub gaps: u64,
    pub resets: u64,
    pub examples: Vec<String>,
}

impl Findings {
    pub fn is_clean(&self) -> bool {
        self.violations() == 0
    }

    pub fn violations(&self) -> u64 {
        self.lost
            + self.doubled
            + self.reordered
            + self.disagreed
            + self.ghosts
            + self.holes
            + self.unanswered
            + self.unrouted
            + self.unread
    }

    /// Adds one visitor's conversations. A message counts as unanswered only if it went out
    /// before `asked_before_us`.
    pub fn add(&mut self, evidence: &Evidence<'_>, asked_before_us: u64) {
        let mut case = Case::default();
        self.conversations += evidence.page.conversations.len() as u64;
        for (party, log) in &evidence.logs {
            self.log(&mut case, evidence.page, *party, log);
        }
        for (id, stored) in &evidence.stored {
            let entries = stored.iter().map(|it| Seen { seq: it.seq, what: it.what });
            self.sequence(&mut case, evidence.page, (*id, "store"), entries);
            let by_client_id = stored.iter().filter_map(|it| Some((it.client_id?, it)));
            case.stored.insert(*id, by_client_id.collect());
        }
        for sender in &evidence.page.senders {
            for (n, sent) in sender.sent.iter().enumerate() {
                let key = (sender.who, n as u32);
                match sent.answer {
                    Answer::Acked { conversation, seq } => {
                        let id = evidence.page.conversations[conversation as usize];
                        self.acknowledged(&mut case, key, (id, seq), sent.client_id);
                    }
                    Answer::None if sent.sent_us < asked_before_us => {
                        self.unanswered += 1;
                        self.example(|| format!("unanswered: {} {n}, {}", key.0, evidence.slot));
                    }
                    Answer::None | Answer::Refused => {}
                }
            }
        }
        self.doubled += case.doubled.len() as u64;
        self.reordered += case.reordered.len() as u64;
        self.disagreed += case.disagreed.len() as u64;
    }

    /// What a log shows by itself.
    fn log<'a>(&mut self, case: &mut Case<'a>, page: &Slot, party: Party, log: &'a Log) {
        let id = log.conversation;
        self.repeats += u64::from(log.repeats);
        self.gaps += u64::from(log.gaps);
        self.resets += u64::from(log.resets);
        for late in &log.disordered {
            self.example(|| format!("reordered: seq {} came late, {party:?}, {id}", late.seq));
            match late.what {
                What::Ours { who, n } => {
                    case.reordered.insert((who, n));
                }
                What::Foreign | What::Other => self.reordered += 1,
            }
        }
        for seq in &log.conflicts {
            self.disagreed += 1;
            self.example(|| format!("disagreed: seq {seq} came twice, {party:?}, {id}"));
        }
        let missing = log.last.0 as usize - log.seen.len();
        let holes = missing.saturating_sub(log.disordered.len()) as u64;
        if party == Party::Team && !log.patched && holes > 0 {
            self.holes += holes;
            self.example(|| format!("holes: {holes} seqs never came, {id}"));
        }
        let place = if party == Party::Team { "team" } else { "visitor" };
        self.sequence(case, page, (id, place), log.seen.iter().copied());
        let index = case.read.entry((party, id)).or_default();
        for seen in log.seen.iter().chain(&log.disordered) {
            if let What::Ours { who, n } = seen.what {
                index.entry((who, n)).or_insert(seen.seq);
            }
        }
    }

    /// Doubles, disorder and ghosts in one sequence of entries.
    fn sequence(
        &mut self,
        case: &mut Case<'_>,
        page: &Slot,
        (id, place): (ConversationId, &str),
        entries: impl Iterator<Item = Seen>,
    ) {
        let mut seen: HashSet<Key> = HashSet::new();
        let mut highest: HashMap<Who, u32> = HashMap::new();
        for Seen { seq, what } in entries {
            let (who, n) = match what {
                What::Ours { who, n } => (who, n),
                What::Other => continue,
                What::Foreign => {
                    self.ghosts += 1;
                    self.example(|| format!("ghost: a foreign message, {place}, {id} seq {seq}"));
                    continue;
                }
            };
            let top = highest.entry(who).or_insert(n);
            if !seen.insert((who, n)) {
                case.doubled.insert((who, n));
                self.example(|| format!("doubled: {who} {n}, {place}, {id} seq {seq}"));
            } else if n < *top {
                case.reordered.insert((who, n));
                self.example(|| format!("reordered: {who} {n}, {place}, {id} seq {seq}"));
            }
            *top = n.max(*top);
            if !was_sent(page, who, n) {
                self.ghosts += 1;
                self.example(|| format!("ghost: {who} {n} not sent, {place}, {id} seq {seq}"));
            }
        }
    }

    /// Follows one acknowledged message to both sides and into the store.
    fn acknowledged(
        &mut self,
        case: &mut Case<'_>,
        key: Key,
        (id, seq): (ConversationId, Seq),
        client_id: ClientId,
    ) {
        let (who, n) = key;
        self.checked += 1;
        let mut missing = Vec::new();
        for party in [Party::Visitor, Party::Team] {
            let place = match case.read.get(&(party, id)) {
                Some(index) => index.get(&key),
                None if party == Party::Team => {
                    self.unrouted += 1;
                    continue;
                }
                None => None,
            };
            match place {
                Some(at) if *at == seq => {}
                Some(at) => {
                    case.disagreed.insert(key);
                    self.example(|| format!("disagreed: {who} {n}, {id}, ack {seq}, read {at}"));
                }
                None => missing.push(party.as_str()),
            }
        }
        if let Some(stored) = case.stored.get(&id) {
            self.read_back += 1;
            match stored.get(&client_id) {
                Some(it) if it.seq == seq && it.is_intact => {}
                Some(it) => {
                    let at = it.seq;
                    case.disagreed.insert(key);
                    self.example(|| format!("disagreed: {who} {n}, {id}, ack {seq}, store {at}"));
                }
                None => missing.push("store"),
            }
        }
        if !missing.is_empty() {
            self.lost += 1;
            self.example(|| format!("lost: {who} {n}, {id} seq {seq}, not at {missing:?}"));
        }
    }

    fn example(&mut self, text: impl FnOnce() -> String) {
        if self.examples.len() < EXAMPLES_MAX {
            self.examples.push(text());
        }
    }
}

type Key = (Who, u32);

/// One visitor's evidence, indexed; a message that fails in two places is one failure.
#[derive(Default)]
struct Case<'a> {
    read: HashMap<(Party, ConversationId), HashMap<Key, Seq>>,
    stored: HashMap<ConversationId, HashMap<ClientId, &'a StoredMessage>>,
    doubled: HashSet<Key>,
    reordered: HashSet<Key>,
    disagreed: HashSet<Key>,
}

fn was_sent(page: &Slot, who: Who, n: u32) -> bool {
    let sender = page.senders.iter().find(|it| it.who == who);
    let sent = sender.and_then(|it| it.sent.get(n as usize));
    match sent.map(|it| it.answer) {
        Some(Answer::Acked { .. } | Answer::None) => true,
        Some(Answer::Refused) | None => false,
    }
}

#[cfg(test)]
#[path = "audit_tests.rs"]
mod tests;
