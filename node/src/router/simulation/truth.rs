//! The model store: agents, conversations, who lives, and the lease; and the journal's rules on it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use salotto_protocol::{
    AgentId, AgentStatus, ChatflowId, ConversationId, ConversationState, EntryBody, InboxId,
    Policy, Round, SiteId,
};
use uuid::Uuid;

use super::super::{policy, test_support};
use super::people::{AGENTS, TEAM, TEAM_MEMBERS, agent_id};
use super::step::{Change, Fate};
use crate::journal::{
    self, Candidacy, Commit, Committed, Elsewhere, Outcome, STALE_TERM, Target, Work, Write,
};
use crate::store::{
    AgentRow, ChatflowRow, Head, LEASE_MS, Settings, StartKey, TeamRow, Term, Turn,
};

/// As `store/nodes.rs` has it.
const NODE_LIVES_MS: i64 = 5_000;
const CHATFLOW: ChatflowId = ChatflowId(Uuid::nil());

pub(super) struct Truth {
    pub(super) clock_ms: i64,
    pub(super) agents: HashMap<AgentId, AgentRow>,
    pub(super) heads: BTreeMap<ConversationId, Head>,
    /// Where each start led, for ever.
    starts: HashMap<StartKey, ConversationId>,
    /// Until when each node counts as alive.
    lives: HashMap<u64, i64>,
    present: HashSet<(AgentId, u64)>,
    pub(super) lease: Option<Lease>,
    pub(super) nodes_seen: u64,
    pub(super) assigned: u64,
    /// The rule of the one chatflow there is.
    distribution: Policy,
    /// Its turns.
    last_turn: Option<u32>,
    had: HashMap<AgentId, Round>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Lease {
    pub(super) holder: u64,
    pub(super) term: Term,
    pub(super) expires_at_ms: i64,
}

/// What became of a batch.
#[derive(Default)]
pub(super) struct Done {
    /// Of the router's writes.
    pub(super) answers: Vec<(ConversationId, Option<Term>, Outcome)>,
    pub(super) commits: Vec<Commit>,
}

impl Truth {
    pub(super) fn new(distribution: Policy) -> Truth {
        let agents = (0..AGENTS).map(|at| {
            let capacity = u32::try_from(at).expect("a small number") + 1;
            test_support::agent(at as u128 + 1, capacity)
        });
        Truth {
            clock_ms: 0,
            agents: agents.map(|row| (row.id, row)).collect(),
            heads: BTreeMap::new(),
            starts: HashMap::new(),
            lives: (0..super::NODES as u64).map(|node| (node, NODE_LIVES_MS)).collect(),
            present: HashSet::new(),
            lease: None,
            nodes_seen: super::NODES as u64,
            assigned: 0,
            distribution,
            last_turn: None,
            had: HashMap::new(),
        }
    }

    /// Everybody answers everything, but what the team was given.
    pub(super) fn settings(&self) -> Settings {
        let distribution = serde_json::to_value(self.distribution).expect("a word");
        let settings = serde_json::json!({
            "name": "Shop", "assign": true, "assignment": { "distribution": distribution },
        });
        let chatflow = ChatflowRow {
            id: CHATFLOW,
            site: SiteId(Uuid::nil()),
            inbox: InboxId(Uuid::nil()),
            enabled: true,
            priority: 1,
            settings: serde_json::from_value(settings).expect("settings"),
        };
        let team = TeamRow {
            id: TEAM,
            name: "Some".to_owned(),
            main_members: (0..TEAM_MEMBERS).map(agent_id).collect(),
            extra_members: Vec::new(),
            skills: Default::default(),
        };
        let (chatflows, teams) = (vec![chatflow], vec![team]);
        Settings { version: 1, chatflows, teams, ..Settings::default() }
    }

    pub(super) fn turns(&self) -> Vec<Turn> {
        let turn = |(&agent, &at): (&AgentId, &Round)| Turn { chatflow: CHATFLOW, agent, at };
        self.had.iter().map(turn).collect()
    }

    pub(super) fn comes(&mut self, agent: usize, node: usize) {
        self.present.insert((agent_id(agent), node as u64));
    }

    /// As `store/leases.rs` has it.
    pub(super) fn renew(&mut self, node: u64, candidacy: Candidacy) -> Option<Term> {
        let now = self.clock_ms;
        self.lives.insert(node, now + NODE_LIVES_MS);
        let mine = self.lease.filter(|lease| lease.holder == node);
        match candidacy {
            Candidacy::Withdrawn => {
                if let (Some(_), Some(lease)) = (mine, &mut self.lease) {
                    lease.expires_at_ms = 0;
                }
                None
            }
            Candidacy::Stands => {
                let is_over = |lease: Lease| lease.expires_at_ms <= now;
                let term = match self.lease {
                    None => Term(1),
                    Some(lease) if lease.holder == node && !is_over(lease) => lease.term,
                    Some(lease) if is_over(lease) => Term(lease.term.0 + 1),
                    Some(_) => return None,
                };
                let expires_at_ms = now + i64::from(LEASE_MS);
                self.lease = Some(Lease { holder: node, term, expires_at_ms });
                Some(term)
            }
        }
    }

    /// `None`: it was so already.
    pub(super) fn change(&mut self, node: u64, agent: usize, change: Change) -> Option<AgentRow> {
        let id = agent_id(agent);
        let changed = match change {
            Change::Comes => self.present.insert((id, node)),
            Change::Leaves => {
                let before = self.present.len();
                self.present.retain(|(agent, _)| *agent != id);
                self.present.len() < before
            }
            Change::Turns | Change::Capacity(_) => true,
        };
        if !changed {
            return None;
        }
        let row = self.agents.get_mut(&id).expect("known");
        row.version += 1;
        match change {
            Change::Comes | Change::Leaves => {}
            Change::Capacity(capacity) => row.capacity = capacity,
            Change::Turns => {
                row.status = match row.status {
                    AgentStatus::Available => AgentStatus::Away,
                    AgentStatus::Away => AgentStatus::Available,
                }
            }
        }
        self.see_who_is_present();
        self.agents.get(&id).cloned()
    }

    /// On a node that is alive.
    pub(super) fn see_who_is_present(&mut self) {
        let (lives, now) = (&self.lives, self.clock_ms);
        let is_alive = |node: &u64| lives.get(node).is_some_and(|until| *until > now);
        for row in self.agents.values_mut() {
            row.present = self.present.iter().any(|(id, node)| *id == row.id && is_alive(node));
        }
    }

    pub(super) fn waiting(&self) -> Vec<Head> {
        let waits = |head: &&Head| head.state == ConversationState::Waiting;
        let mut waiting: Vec<Head> = self.heads.values().filter(waits).cloned().collect();
        waiting.sort_by_key(|head| (head.waiting_since_ms, head.id));
        waiting
    }

    pub(super) fn unanswered(&self, agents: &[AgentId]) -> Vec<Head> {
        let is_theirs = |head: &&Head| {
            let of_them = head.assignee.is_some_and(|agent| agents.contains(&agent));
            of_them && head.state == ConversationState::Assigned && !head.answered
        };
        self.heads.values().filter(is_theirs).cloned().collect()
    }

    /// One transaction.
    pub(super) fn commit(
        &mut self,
        writes: &[Write],
        now_ms: i64,
        fate: Fate,
    ) -> Result<Done, String> {
        let failed = |_: &Write| Outcome::Failed;
        let all_of_the_router = writes.iter().all(|write| write.term.is_some());
        let (outcomes, commits) = match fate {
            Fate::Fails => (writes.iter().map(failed).collect(), Vec::new()),
            Fate::Unanswered if all_of_the_router => {
                self.carry_out(writes, now_ms)?;
                (writes.iter().map(failed).collect(), Vec::new())
            }
            // Cut off in the middle of the commit, the journal sends it again.
            Fate::Twice if all_of_the_router => {
                let (_, first) = self.carry_out(writes, now_ms)?;
                let (outcomes, mut commits) = self.carry_out(writes, now_ms)?;
                let ids = first.iter().filter_map(conversation);
                commits.push(Commit::Skipped(ids.collect()));
                (outcomes, commits)
            }
            Fate::Well | Fate::Unanswered | Fate::Twice => self.carry_out(writes, now_ms)?,
        };
        let answers = writes.iter().zip(outcomes).filter_map(|(write, outcome)| {
            let Target::Conversation(id) = write.target else { return None };
            write.term.map(|term| (id, Some(term), outcome))
        });
        Ok(Done { answers: answers.collect(), commits })
    }

    fn carry_out(
        &mut self,
        writes: &[Write],
        now_ms: i64,
    ) -> Result<(Vec<Outcome>, Vec<Commit>), String> {
        self.see_who_is_present();
        let mut work = Work::default();
        work.agents = std::mem::take(&mut self.agents);
        work.term = self.lease.map(|lease| lease.term);
        work.starts = self.starts.clone();
        work.turns.track(CHATFLOW, self.last_turn);
        for write in writes {
            let id = match &write.target {
                Target::Conversation(id) | Target::Picked(id) => *id,
                Target::Start(new) => new.id,
            };
            if !work.heads.contains_key(&id)
                && let Some(head) = self.heads.get(&id)
            {
                work.track(head.clone());
            }
        }
        let mut outcomes = Vec::new();
        for write in writes {
            let told = work.committed.len();
            let outcome = match work.decide(write, now_ms) {
                journal::Fate::Answered(outcome) => outcome,
                journal::Fate::PutOff => return Err("nobody else holds it".to_owned()),
            };
            for committed in &work.committed[told..] {
                super::checks::committed(
                    write,
                    committed,
                    self.heads.get(&committed.head.id),
                    &work.agents,
                )?;
                self.assigned += u64::from(super::checks::is_automatic(committed));
                self.take_turn(committed)?;
                self.heads.insert(committed.head.id, committed.head.clone());
            }
            let is_stale = write.term.is_some() && write.term != work.term;
            if is_stale && outcome != Outcome::Rejected(STALE_TERM) {
                let (term, newest) = (write.term, work.term);
                return Err(format!("I11: {outcome:?} in {term:?}, after {newest:?} had begun"));
            }
            outcomes.push(outcome);
        }
        // A slot becomes free without a word.
        let moved = work.heads.values().filter(|tracked| tracked.moved);
        self.heads.extend(moved.map(|tracked| (tracked.head.id, tracked.head.clone())));
        let changed = work.changed_agents.iter().map(|id| work.agents[id].clone());
        let agents: Vec<AgentRow> = changed.collect();
        let mut commits = Vec::new();
        if !agents.is_empty() {
            commits.push(Commit::Agents(agents.into()));
        }
        commits.extend(work.committed.drain(..).map(|it| Commit::Entries(Arc::new(it))));
        self.agents = std::mem::take(&mut work.agents);
        self.starts.extend(work.new_starts.drain(..));
        super::checks::counts(&self.agents, &self.heads)?;
        Ok((outcomes, commits))
    }
}

impl Truth {
    /// AS-24: by what the record says, and by what is true.
    fn take_turn(&mut self, committed: &Committed) -> Result<(), String> {
        for entry in &committed.entries {
            let EntryBody::Decision { decision } = &entry.body else { continue };
            if decision.policy != self.distribution {
                return Err(format!("by {:?}, not by the rule", decision.policy));
            }
            let Some(at) = policy::turn(decision) else { continue };
            let seen = decision.round.ok_or("a turn without what was seen")?;
            let latest = self.had.values().max_by_key(|it| it.turn).copied().unwrap_or_default();
            let had = self.had.insert(decision.chosen, at).unwrap_or_default();
            if seen != latest {
                return Err(format!("AS-24: decided on {seen:?}, and it was {latest:?}"));
            }
            if had.cycle >= at.cycle {
                return Err(format!("AS-24: a second turn in cycle {}", at.cycle));
            }
            self.last_turn = Some(at.turn);
        }
        Ok(())
    }
}

/// As another node hears of it.
pub(super) fn elsewhere(committed: &Committed) -> Commit {
    let Committed { head, entries, .. } = committed;
    let (conversation, entries) = (head.id, entries.clone());
    Commit::Elsewhere(Arc::new(Elsewhere { conversation, head: head.seq, entries }))
}

fn conversation(commit: &Commit) -> Option<ConversationId> {
    if let Commit::Entries(committed) = commit { Some(committed.head.id) } else { None }
}
