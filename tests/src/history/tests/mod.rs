//! An honest history, and every invariant broken once. A judge that never condemned proves nothing.

use salotto_protocol::{
    AgentRef, AssignmentCause, Author, Candidate, ConversationState, DecisionRecord, EntryBody,
    Policy, Verdict,
};

use super::*;
use crate::checker::{Ledger, Violation};

const VISITOR: u64 = 1;
const AGENT: u64 = 2;
const SECOND_US: u64 = 1_000_000;

/// One conversation of one visitor, answered by one agent, seen by both; later closed.
struct World {
    visitor: VisitorId,
    agent: AgentId,
    conversation: ConversationId,
    /// Of the visitor's two messages and the agent's one.
    sent: [ClientId; 3],
    history: History,
    truth: Truth,
}

impl World {
    fn new() -> World {
        let (visitor, agent) = (VisitorId::fresh(), AgentId::fresh());
        let conversation = ConversationId::fresh();
        let sent = [ClientId::fresh(), ClientId::fresh(), ClientId::fresh()];
        let log = honest_log(visitor, agent, sent);
        let ledger = Ledger { epoch: Epoch::fresh(), logs: HashMap::from([(conversation, log)]) };
        let state = ConversationState::Closed;
        let standing = Standing { visitor: Some(visitor), state, assignee: Some(agent) };
        let truth = Truth {
            ledger,
            former: Vec::new(),
            standings: HashMap::from([(conversation, standing)]),
            capacities: HashMap::from([(agent, 1)]),
        };
        let history = History::default();
        let mut world = World { visitor, agent, conversation, sent, history, truth };
        world.live();
        world
    }

    /// What both of them did and saw.
    fn live(&mut self) {
        let (conversation, epoch) = (self.conversation, self.truth.ledger.epoch);
        self.welcome(0, VISITOR, Who::Visitor(self.visitor));
        self.welcome(1_000, AGENT, Who::Agent(self.agent));
        self.sends(10_000, VISITOR, 0, None);
        self.acked(20_000, VISITOR, 0, 2);
        let seq = Seq(0);
        self.note(30_000, AGENT, What::Attached { conversation, epoch: None, seq });
        let (head, asked_at_us) = (Seq(4), 30_000);
        self.note(35_000, AGENT, What::Head { conversation, epoch, head, asked_at_us });
        for (seq, after) in [(1, 0), (2, 1), (3, 2)] {
            self.took(40_000, VISITOR, seq, after);
        }
        for seq in 1..=4 {
            self.took(50_000, AGENT, seq, seq - 1);
        }
        self.sends(60_000, AGENT, 2, Some(conversation));
        self.acked(70_000, AGENT, 2, 5);
        self.took(80_000, AGENT, 5, 4);
        // The decision record, 4, is not for visitors.
        self.took(80_000, VISITOR, 5, 3);
        self.sends(90_000, VISITOR, 1, Some(conversation));
        self.acked(95_000, VISITOR, 1, 6);
        self.took(96_000, VISITOR, 6, 5);
        self.took(96_000, AGENT, 6, 5);
        self.took(97_000, VISITOR, 7, 6);
        self.took(97_000, AGENT, 7, 6);
        self.note(10 * SECOND_US, VISITOR, What::Left);
        self.note(10 * SECOND_US, AGENT, What::Left);
    }

    fn note(&mut self, at_us: u64, client: u64, what: What) {
        self.history.events.push(Event { at_us, client, what });
    }

    fn welcome(&mut self, at_us: u64, client: u64, who: Who) {
        let (node, epoch) = (NodeId::fresh(), self.truth.ledger.epoch);
        self.note(at_us, client, What::Welcomed { node, epoch, who });
    }

    fn sends(&mut self, at_us: u64, client: u64, n: usize, to: Option<ConversationId>) {
        let (client_id, text) = (self.sent[n], format!("message {n}"));
        self.note(at_us, client, What::Sent { client_id, conversation: to, text });
    }

    fn acked(&mut self, at_us: u64, client: u64, n: usize, seq: u32) {
        let (client_id, conversation) = (self.sent[n], self.conversation);
        let (epoch, seq) = (self.truth.ledger.epoch, Seq(seq));
        self.note(at_us, client, What::Acked { client_id, conversation, epoch, seq });
    }

    fn took(&mut self, at_us: u64, client: u64, seq: u32, after: u32) {
        let entry = self.log()[seq as usize - 1].clone();
        let (conversation, epoch) = (self.conversation, self.truth.ledger.epoch);
        self.note(at_us, client, What::Took { conversation, epoch, after: Seq(after), entry });
    }

    fn log(&mut self) -> &mut Vec<Entry> {
        self.truth.ledger.logs.get_mut(&self.conversation).expect("the one conversation")
    }

    fn standing(&mut self) -> &mut Standing {
        self.truth.standings.get_mut(&self.conversation).expect("the one conversation")
    }

    /// The last event of this kind.
    fn last(&mut self, is_it: impl Fn(&Event) -> bool) -> &mut Event {
        self.history.events.iter_mut().rfind(|event| is_it(event)).expect("there is one")
    }

    fn judged(&self) -> Vec<Violation> {
        judge(&self.history, &self.truth, &Terms::default())
    }

    fn assert_seen(&self, violation: &Violation) {
        let seen = self.judged();
        assert!(seen.contains(violation), "{violation:?} is not in {seen:?}");
    }

    fn assert_seen_with(&self, terms: &Terms, violation: &Violation) {
        let seen = judge(&self.history, &self.truth, terms);
        assert_eq!(seen, std::slice::from_ref(violation));
    }
}

fn honest_log(visitor: VisitorId, agent: AgentId, sent: [ClientId; 3]) -> Vec<Entry> {
    let ada = || AgentRef { id: agent, name: "Ada".to_owned() };
    let (of_visitor, of_agent) =
        (Author::Visitor { id: visitor }, Author::Agent { id: agent, name: "Ada".to_owned() });
    let cause = AssignmentCause::Policy;
    let (from, to) = (ConversationState::Assigned, ConversationState::Closed);
    let bodies = [
        (Author::System, None, EntryBody::Welcome { text: "Hi!".to_owned() }),
        (of_visitor.clone(), Some(sent[0]), message(0)),
        (
            Author::System,
            None,
            EntryBody::Assignment {
                from: None,
                to: Some(ada()),
                cause,
                out_of_order: 0,
                team: None,
            },
        ),
        (Author::System, None, EntryBody::Decision { decision: decision(agent) }),
        (of_agent.clone(), Some(sent[2]), message(2)),
        (of_visitor, Some(sent[1]), message(1)),
        (of_agent, Some(ClientId::fresh()), EntryBody::Status { from, to }),
    ];
    let entries = bodies.into_iter().zip(1..).map(|((by, client_id, body), seq)| Entry {
        seq: Seq(seq),
        at_ms: 1_000 * i64::from(seq),
        by,
        client_id,
        body,
    });
    entries.collect()
}

fn message(n: usize) -> EntryBody {
    EntryBody::Message { text: format!("message {n}") }
}

fn decision(chosen: AgentId) -> DecisionRecord {
    let first =
        Candidate { agent: chosen, active: 0, capacity: 1, verdict: Verdict::Chosen, had: None };
    let other = AgentId::fresh();
    let passed =
        Candidate { agent: other, active: 0, capacity: 1, verdict: Verdict::Passed, had: None };
    let full = Candidate { verdict: Verdict::AtCapacity, active: 1, ..passed.clone() };
    let candidates = vec![first, passed, full];
    let policy = Policy::LoadBalanced;
    DecisionRecord {
        policy,
        policy_version: 1,
        candidates,
        chosen,
        seed: 7,
        term: Some(1),
        rule: None,
        round: None,
        tie_break: None,
        steps: Vec::new(),
        facts: None,
        waited_ms: None,
    }
}

fn strict() -> Terms {
    Terms {
        seen_within_us: Some(SECOND_US),
        assigned_within_ms: Some(5_000),
        back_within_us: Some(2 * SECOND_US),
        ..Terms::default()
    }
}

mod assignments;
mod delivery;
mod liveness;
mod waiting;

#[test]
fn an_honest_history_is_not_condemned() {
    let world = World::new();
    assert_eq!(judge(&world.history, &world.truth, &strict()), []);
}

#[test]
fn a_history_is_the_same_after_it_was_written_and_read() {
    let world = World::new();
    let mut file = Vec::new();

    world.history.write(&mut file).expect("memory takes it");

    assert_eq!(History::read(&file[..]).expect("our own lines"), world.history);
}

#[test]
fn a_recorder_numbers_its_clients_and_its_times_never_go_back() {
    let recorder = Recorder::default();
    let (one, other) = (recorder.pen(), recorder.pen());

    one.note(What::Lost);
    other.note(What::Left);
    one.note(What::Left);

    let history = recorder.history();
    let clients: Vec<u64> = history.events.iter().map(|event| event.client).collect();
    assert_eq!(clients, [1, 2, 1]);
    assert!(history.events.is_sorted_by_key(|event| event.at_us));
    assert_eq!(recorder.count(), 3);
}
