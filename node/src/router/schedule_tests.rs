//! The queue under random schedules: a small truth beside it that commits, forgets and is late.

use std::collections::{HashMap, VecDeque};

use salotto_protocol::{AgentId, AgentStatus, ChatflowId, ConversationId, ConversationState};
use uuid::Uuid;

use super::assignment::Plan;
use super::policy;
use super::state::{Ending, Queue, WAITING_MAX};
use super::test_support::{agent, head};
use crate::store::{AgentRow, ChatflowRow, Head, Settings};

const AGENTS: u128 = 6;
const CHATFLOWS: u128 = 3;
const STEPS: u32 = 10_000;
/// A few times more than all agents together can answer.
const OPEN_MAX: usize = 60;

/// What the journal says, in order.
enum Notice {
    Agents(Vec<AgentRow>),
    Head(Box<Head>),
}

/// The store and the journal: what is true, what was said of it, what is still to be decided.
struct World {
    random: u64,
    now_ms: i64,
    agents: HashMap<AgentId, AgentRow>,
    /// The open ones.
    heads: HashMap<ConversationId, Head>,
    notices: VecDeque<Notice>,
    plans: VecDeque<Plan>,
    answers: VecDeque<(ConversationId, Ending)>,
    read: Option<(Vec<AgentRow>, Vec<Head>)>,
    queue: Queue,
    assigned: u32,
    refused: u32,
}

impl World {
    fn new(seed: u64) -> World {
        let agents = (1..=AGENTS).map(|number| agent(number, 1 + u32_of(number % 3)));
        let mut world = World {
            random: seed,
            now_ms: 0,
            agents: agents.map(|row| (row.id, row)).collect(),
            heads: HashMap::new(),
            notices: VecDeque::new(),
            plans: VecDeque::new(),
            answers: VecDeque::new(),
            read: None,
            queue: Queue::default(),
            assigned: 0,
            refused: 0,
        };
        let settings = Settings { chatflows: chatflows(), ..Settings::default() };
        world.queue.set_rules(&settings);
        world.read_begins();
        world.read_ends();
        world
    }

    /// Chatflow 1 is everybody's; 2 and 3 have agents of their own, one of them shared.
    fn may_answer(chatflow: ChatflowId, agent: AgentId) -> bool {
        let row = chatflows().into_iter().find(|row| row.id == chatflow).expect("known");
        row.settings.agents.is_empty() || row.settings.agents.contains(&agent)
    }

    fn pick(&mut self, below: u128) -> u128 {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        u128::from(self.random >> 33) % below
    }

    fn begins_to_wait(&mut self) {
        if self.heads.len() < OPEN_MAX {
            self.now_ms += 1;
            let number = 1_000 + u128::try_from(self.now_ms).expect("it begins with 0");
            let head = head(number, 1 + self.pick(CHATFLOWS), self.now_ms);
            self.commit(head);
        }
    }

    fn commit(&mut self, head: Head) {
        if head.state == ConversationState::Closed {
            self.heads.remove(&head.id);
        } else {
            self.heads.insert(head.id, head.clone());
        }
        self.notices.push_back(Notice::Head(head.into()));
    }

    fn change_agent(&mut self, id: AgentId, change: impl FnOnce(&mut AgentRow)) {
        let row = self.agents.get_mut(&id).expect("known");
        change(row);
        self.notices.push_back(Notice::Agents(vec![row.clone()]));
    }

    /// Mostly one that is answered; now and then a visitor gives up.
    fn closes_one(&mut self) {
        let state = match self.pick(4) {
            0 => ConversationState::Waiting,
            _ => ConversationState::Assigned,
        };
        let of_state = |head: &&Head| head.state == state;
        let mut open: Vec<Head> = self.heads.values().filter(of_state).cloned().collect();
        if open.is_empty() {
            return;
        }
        open.sort_by_key(|head| head.id);
        let mut head = open.swap_remove(self.pick(open.len() as u128) as usize);
        if let Some(holder) = head.slot_agent.take() {
            self.change_agent(holder, |row| row.active -= 1);
        }
        head.state = ConversationState::Closed;
        self.commit(head);
    }

    fn someone_comes_or_goes(&mut self) {
        let id = AgentId(Uuid::from_u128(1 + self.pick(AGENTS)));
        let choice = self.pick(2);
        self.change_agent(id, |row| {
            row.version += 1;
            match (choice, row.status) {
                (0, _) => row.present = !row.present,
                (_, AgentStatus::Away) => row.status = AgentStatus::Available,
                (_, AgentStatus::Available) => row.status = AgentStatus::Away,
            }
        });
    }

    /// The guarded write, as `assignment` decides it.
    fn decides_one(&mut self) {
        let Some(plan) = self.plans.pop_front() else { return };
        let id = plan.record.chosen;
        let row = &self.agents[&id];
        let is_as_seen = row.version == plan.agent_version && is_eligible(row);
        let has_room = row.active < row.capacity;
        let ending = match self.heads.get(&plan.conversation).cloned() {
            Some(mut head) if head.state == ConversationState::Waiting => {
                if is_as_seen && has_room {
                    self.change_agent(id, |row| row.active += 1);
                    (head.state, head.slot_agent) = (ConversationState::Assigned, Some(id));
                    self.commit(head);
                    Ending::Committed
                } else {
                    Ending::AgentChanged
                }
            }
            Some(_) | None => Ending::NotWaiting,
        };
        match ending {
            Ending::Committed => self.assigned += 1,
            Ending::AgentChanged => self.refused += 1,
            Ending::NotWaiting | Ending::TurnPassed | Ending::Unknown => {}
        }
        // Now and then the answer is lost, whatever became of the write.
        let is_lost = self.pick(40) == 0;
        let ending = if is_lost { Ending::Unknown } else { ending };
        self.answers.push_back((plan.conversation, ending));
    }

    fn hears_one(&mut self) {
        match self.notices.pop_front() {
            Some(Notice::Agents(rows)) => self.queue.notice_agents(&rows),
            Some(Notice::Head(head)) => self.queue.committed(&head),
            None => {}
        }
    }

    fn is_answered(&mut self) {
        if let Some((conversation, ending)) = self.answers.pop_front() {
            self.queue.ended(conversation, ending);
        }
    }

    fn read_begins(&mut self) {
        if self.read.is_none() {
            self.queue.read_begins();
            let waits = |head: &&Head| head.state == ConversationState::Waiting;
            let mut waiting: Vec<Head> = self.heads.values().filter(waits).cloned().collect();
            waiting.sort_by_key(|head| (head.waiting_since_ms, head.id));
            self.read = Some((self.agents.values().cloned().collect(), waiting));
        }
    }

    fn read_ends(&mut self) {
        if let Some((agents, waiting)) = self.read.take() {
            self.queue.read(agents, &waiting, WAITING_MAX);
        }
    }

    fn passes(&mut self) {
        loop {
            let seed = u32_of(self.pick(1 << 20));
            let Some(plan) = self.queue.next(seed, 0) else { return };
            assert_eq!(policy::replay(&plan.record), Some(plan.record.chosen));
            self.plans.push_back(plan);
        }
    }

    /// Everything under way ends, everything said is heard.
    fn settle(&mut self) {
        while !(self.plans.is_empty() && self.answers.is_empty() && self.notices.is_empty()) {
            while !self.plans.is_empty() {
                self.decides_one();
            }
            while !self.notices.is_empty() {
                self.hears_one();
            }
            while !self.answers.is_empty() {
                self.is_answered();
            }
            self.read_ends();
            self.read_begins();
            self.read_ends();
            self.passes();
        }
    }

    fn assert_within_capacity(&self) {
        for row in self.agents.values() {
            let held = self.heads.values().filter(|head| head.slot_agent == Some(row.id)).count();
            assert_eq!(held, row.active as usize, "counted as held");
            assert!(row.active <= row.capacity, "{row:?}");
        }
    }

    /// Nobody waits whom somebody could answer.
    fn assert_nobody_waits_in_vain(&self) {
        for head in self.heads.values() {
            let could = |row: &&AgentRow| {
                is_eligible(row)
                    && row.active < row.capacity
                    && World::may_answer(head.chatflow, row.id)
            };
            if head.state == ConversationState::Waiting {
                assert_eq!(self.agents.values().find(could), None, "{} waits", head.id);
            }
        }
    }

    fn oldest_answerable(&self) -> Option<ConversationId> {
        let answerable = |head: &&Head| {
            head.state == ConversationState::Waiting
                && self.agents.values().any(|row| {
                    is_eligible(row)
                        && row.active < row.capacity
                        && World::may_answer(head.chatflow, row.id)
                })
        };
        let waiting = self.heads.values().filter(answerable);
        waiting.min_by_key(|head| (head.waiting_since_ms, head.id)).map(|head| head.id)
    }
}

fn chatflows() -> Vec<ChatflowRow> {
    let of = |number: u128, agents: &[u128]| {
        let mut row: ChatflowRow = chatflow(number);
        row.settings.agents = agents.iter().map(|it| AgentId(Uuid::from_u128(*it))).collect();
        row
    };
    vec![of(1, &[]), of(2, &[1, 2, 2, 99]), of(3, &[2, 3, 4])]
}

fn chatflow(number: u128) -> ChatflowRow {
    let settings = serde_json::from_str(r#"{"name":"Shop","assign":true}"#).expect("defaults");
    ChatflowRow {
        id: ChatflowId(Uuid::from_u128(number)),
        site: salotto_protocol::SiteId(Uuid::nil()),
        inbox: salotto_protocol::InboxId(Uuid::nil()),
        enabled: true,
        priority: 1,
        settings,
    }
}

fn is_eligible(row: &AgentRow) -> bool {
    row.present && row.status == AgentStatus::Available
}

fn u32_of(number: u128) -> u32 {
    u32::try_from(number).expect("small")
}

#[test]
fn whatever_happens_nobody_is_above_the_capacity_and_nobody_waits_in_vain() {
    for seed in 1..=3 {
        let mut world = World::new(seed);
        for step in 0..STEPS {
            match world.pick(12) {
                0 | 1 => world.begins_to_wait(),
                2 | 3 => world.closes_one(),
                4 if step % 3 == 0 => world.someone_comes_or_goes(),
                5 => world.read_begins(),
                6 => world.read_ends(),
                7 => world.decides_one(),
                8 => world.is_answered(),
                9 => drop(world.pick(20) == 0 && world.notices.pop_front().is_some()),
                _ => world.hears_one(),
            }
            world.passes();
            world.assert_within_capacity();
        }
        world.settle();
        world.assert_within_capacity();
        world.assert_nobody_waits_in_vain();
        assert!(world.assigned > 150, "{} assigned", world.assigned);
    }
}

/// Promises are exact: as long as nothing is lost and nobody else takes a slot, no guard says no.
#[test]
fn what_is_promised_always_fits() {
    let mut world = World::new(9);
    for _ in 0..STEPS {
        match world.pick(8) {
            0 | 1 => world.begins_to_wait(),
            2 => world.closes_one(),
            3 => world.read_begins(),
            4 => world.read_ends(),
            5 => world.decides_one(),
            6 => {
                while !world.notices.is_empty() {
                    world.hears_one();
                }
                world.is_answered();
            }
            _ => world.hears_one(),
        }
        world.passes();
    }
    world.settle();
    assert!(world.assigned > 500, "{} assigned", world.assigned);
    assert_eq!(world.refused, 0);
}

/// REG-8, against the truth: with everything heard, the next one is the oldest answerable one.
#[test]
fn reg_8_the_oldest_that_somebody_can_answer_is_always_next() {
    let mut world = World::new(4);
    for step in 0..STEPS {
        match world.pick(6) {
            0 | 1 => world.begins_to_wait(),
            2 | 3 => world.closes_one(),
            _ if step % 5 == 0 => world.someone_comes_or_goes(),
            _ => {}
        }
        while !world.notices.is_empty() {
            world.hears_one();
        }
        let expected = world.oldest_answerable();
        let plan = world.queue.next(step, 0);
        assert_eq!(plan.as_ref().map(|plan| plan.conversation), expected, "at step {step}");
        if let Some(plan) = plan {
            world.plans.push_back(plan);
            world.decides_one();
            world.answers.iter_mut().for_each(|(_, ending)| *ending = Ending::Committed);
            world.is_answered();
        }
    }
    assert!(world.assigned > 500, "{} assigned", world.assigned);
}

#[test]
fn a_busy_chatflow_does_not_block_a_younger_conversation_of_another() {
    let mut world = World::new(1);
    for number in [1, 2] {
        world.change_agent(AgentId(Uuid::from_u128(number)), |row| row.active = row.capacity);
    }
    world.commit(head(1_000, 2, 1)); // agents 1 and 2 only
    world.commit(head(1_001, 3, 2)); // 3 and 4 as well
    while !world.notices.is_empty() {
        world.hears_one();
    }

    let plan = world.queue.next(1, 0).expect("agents 3 and 4 are free");

    assert_eq!(plan.conversation, ConversationId(Uuid::from_u128(1_001)));
    assert!(world.queue.next(1, 0).is_none());
}
