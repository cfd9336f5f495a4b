//! What a log is made of, against `golden/entries/`.

use salotto_protocol::promise::EmailAddress;
use salotto_protocol::{
    AgentRef, AssignmentCause, Author, Candidate, ContactId, ConversationState, DecisionRecord,
    Entry, EntryBody, Facts, Policy, Round, RuleVersion, Seq, Step, StepOutcome, Target, TeamRef,
    TieBreak, Verdict, View, ViewedEntry,
};

use crate::{assert_no_others, holds, ids};

#[test]
fn every_entry_is_as_written_down() {
    let samples = samples();
    for (name, entry) in &samples {
        holds(&format!("entries/{name}"), entry);
        assert!(name.starts_with(entry.entry.body.kind()), "{name} is named by its type");
    }
    let names: Vec<&str> = samples.iter().map(|(name, _)| *name).collect();
    assert_no_others("entries", &names);
}

#[test]
fn every_kind_of_entry_has_a_sample() {
    for (_, sample) in samples() {
        // A new kind of entry does not compile here until it was thought of; add its sample too.
        match sample.entry.body {
            EntryBody::Welcome { .. } | EntryBody::Message { .. } | EntryBody::Comment { .. } => {}
            EntryBody::Assignment { .. } | EntryBody::Decision { .. } => {}
            EntryBody::InboxChange { .. } => {}
            EntryBody::Contact { .. } | EntryBody::Promised { .. } => {}
            EntryBody::Status { .. } => {}
            EntryBody::Unknown(body) => panic!("{body:?} is of no release"),
        }
        assert!(EntryBody::KINDS.contains(&sample.entry.body.kind()));
    }
}

/// I17: two releases side by side.
#[test]
fn an_entry_of_a_newer_release_is_passed_on_word_for_word_and_hidden_until_the_store_says_no() {
    let by = serde_json::json!({"kind": "system"});
    let surveyed = serde_json::json!({
        "after": 6, "seq": 7, "at_ms": 5, "by": by,
        "type": "survey", "stars": 4, "answers": [{"text": "fine"}]
    });
    let decided = serde_json::json!({
        "after": 6, "seq": 7, "at_ms": 5, "by": by,
        "type": "decision", "decision": {"policy": "by_moonlight"}
    });
    for (json, is_known) in [(surveyed, false), (decided, true)] {
        let viewed: ViewedEntry = serde_json::from_value(json.clone()).expect("readable");

        let EntryBody::Unknown(body) = &viewed.entry.body else { panic!("{viewed:?}") };
        assert_eq!(body.is_of_known_kind(), is_known);
        assert_eq!(serde_json::to_value(&viewed).expect("writable"), json);
        assert!(viewed.entry.body.visible_to(View::Agent));
        assert!(!viewed.entry.body.visible_to(View::Visitor));
    }
}

#[test]
fn an_entry_without_a_type_is_refused() {
    let by = serde_json::json!({"kind": "system"});
    let nothing = serde_json::json!({"after": 6, "seq": 7, "at_ms": 5, "by": by, "text": "hm"});
    assert!(serde_json::from_value::<ViewedEntry>(nothing).is_err());
}

#[test]
fn a_visitor_never_sees_comments_and_decisions() {
    for (name, sample) in samples() {
        let internal = ["comment", "decision", "inbox_change", "contact"];
        let is_internal = internal.iter().any(|it| name.starts_with(it));
        let body = &sample.entry.body;
        assert_eq!(body.visible_to(View::Visitor), !is_internal, "{name}");
        assert!(body.visible_to(View::Agent), "{name}");
    }
}

pub(crate) fn samples() -> Vec<(&'static str, ViewedEntry)> {
    vec![
        ("welcome", viewed(1, Author::System, welcome())),
        ("message_of_the_visitor", of_sender(2, visitor(), message("Is it in stock?"))),
        ("message_of_an_agent", of_sender(6, agent(), message("It is."))),
        ("comment", of_sender(7, agent(), comment())),
        ("assignment_by_policy", viewed(4, Author::System, by_policy())),
        ("assignment_by_hand", of_sender(7, agent(), by_hand())),
        ("assignment_out_of_order", of_sender(7, agent(), out_of_order())),
        ("assignment_to_a_team", of_sender(7, agent(), to_a_team())),
        ("decision", viewed(5, Author::System, decision())),
        ("decision_by_rules", viewed(5, Author::System, decision_by_rules())),
        ("decision_for_a_team", viewed(5, Author::System, decision_for_a_team())),
        ("decision_in_turn", viewed(5, Author::System, decision_in_turn())),
        ("decision_without_a_term", viewed(5, Author::System, decision_without_a_term())),
        ("status", of_sender(7, agent(), closed())),
        ("inbox_change", of_sender(7, agent(), moved())),
        ("contact", viewed(7, visitor(), contact())),
        ("promised", of_sender(8, visitor(), promised())),
    ]
}

fn visitor() -> Author {
    Author::Visitor { id: ids::visitor() }
}

pub(crate) fn agent() -> Author {
    Author::Agent { id: ids::agent(), name: "Ada".to_owned() }
}

fn of_sender(seq: u32, by: Author, body: EntryBody) -> ViewedEntry {
    let mut viewed = viewed(seq, by, body);
    viewed.entry.client_id = Some(ids::client());
    viewed
}

fn viewed(seq: u32, by: Author, body: EntryBody) -> ViewedEntry {
    let entry = Entry { seq: Seq(seq), at_ms: ids::AT_MS, by, client_id: None, body };
    ViewedEntry { after: Seq(seq - 1), entry }
}

fn welcome() -> EntryBody {
    EntryBody::Welcome { text: "Got any questions?".to_owned() }
}

fn message(text: &str) -> EntryBody {
    EntryBody::Message { text: text.to_owned() }
}

fn comment() -> EntryBody {
    EntryBody::Comment { text: "Asked last week as well.".to_owned() }
}

fn by_policy() -> EntryBody {
    let to = Some(AgentRef { id: ids::agent(), name: "Ada".to_owned() });
    EntryBody::Assignment {
        from: None,
        to,
        cause: AssignmentCause::Policy,
        out_of_order: 0,
        team: None,
    }
}

fn by_hand() -> EntryBody {
    let from = Some(AgentRef { id: ids::agent(), name: "Ada".to_owned() });
    EntryBody::Assignment {
        from,
        to: None,
        cause: AssignmentCause::Manual,
        out_of_order: 0,
        team: None,
    }
}

fn out_of_order() -> EntryBody {
    let to = Some(AgentRef { id: ids::agent(), name: "Ada".to_owned() });
    EntryBody::Assignment {
        from: None,
        to,
        cause: AssignmentCause::Manual,
        out_of_order: 3,
        team: None,
    }
}

fn to_a_team() -> EntryBody {
    let from = Some(AgentRef { id: ids::agent(), name: "Ada".to_owned() });
    let (cause, team) = (AssignmentCause::Manual, TeamRef { id: ids::team(), name: sales() });
    EntryBody::Assignment { from, to: None, cause, out_of_order: 0, team: Some(team) }
}

fn sales() -> String {
    "Sales".to_owned()
}

fn moved() -> EntryBody {
    EntryBody::InboxChange { from: ids::inbox(), to: ids::other_inbox() }
}

fn contact() -> EntryBody {
    let email = EmailAddress::parse("grace@mail.example").expect("an address");
    EntryBody::Contact { email }
}

fn promised() -> EntryBody {
    EntryBody::Promised { due_at_ms: ids::AT_MS + 86_400_000 }
}

fn decision() -> EntryBody {
    let candidate =
        |agent, active, verdict| Candidate { agent, active, capacity: 3, verdict, had: None };
    EntryBody::Decision {
        decision: DecisionRecord {
            policy: Policy::LoadBalanced,
            policy_version: 1,
            candidates: vec![
                candidate(ids::agent(), 0, Verdict::Chosen),
                candidate(ids::colleague(), 3, Verdict::AtCapacity),
            ],
            chosen: ids::agent(),
            seed: 4_294_967_295,
            term: Some(7),
            rule: Some(RuleVersion { chatflow: ids::chatflow(), settings_version: 12 }),
            round: None,
            tie_break: Some(TieBreak::OnlyOne),
            steps: Vec::new(),
            facts: None,
            waited_ms: None,
        },
    }
}

fn decision_in_turn() -> EntryBody {
    let candidate = |agent, verdict, had| Candidate { agent, active: 1, capacity: 3, verdict, had };
    let had = |cycle, turn| Some(Round { cycle, turn });
    let candidates = vec![
        candidate(ids::colleague(), Verdict::Chosen, had(3, 8)),
        candidate(ids::agent(), Verdict::HadTurn, had(4, 9)),
    ];
    EntryBody::Decision {
        decision: DecisionRecord {
            policy: Policy::RoundRobin,
            candidates,
            chosen: ids::colleague(),
            round: had(4, 9),
            tie_break: Some(TieBreak::OnlyTurnLeft),
            ..record()
        },
    }
}

fn record() -> DecisionRecord {
    let EntryBody::Decision { decision } = decision() else { unreachable!("made as a decision") };
    decision
}

/// Everybody was asked, one after the other.
fn decision_by_rules() -> EntryBody {
    let rule = |place, name: &str| Target::Rule { place, name: name.to_owned() };
    let verdict = Verdict::Away;
    let steps = [
        (Target::ContactOwner { agent: ids::colleague() }, StepOutcome::OwnerSkipped { verdict }),
        (rule(0, "Spanish"), StepOutcome::NotMatched { condition: 1 }),
        (rule(1, "Prices"), StepOutcome::NobodyEligible),
        (Target::Default, StepOutcome::NobodyEligible),
        (Target::Overflow { after_ms: 60_000 }, StepOutcome::Chosen),
    ];
    let steps = steps.map(|(target, outcome)| Step { target, outcome }).into();
    let contact = Some(ContactId(ids::agent().0));
    let facts = Some(Facts { returning: true, contact, owner: Some(ids::colleague()) });
    let decision = DecisionRecord { steps, facts, waited_ms: Some(61_007), ..record() };
    EntryBody::Decision { decision }
}

/// By hand to a team.
fn decision_for_a_team() -> EntryBody {
    let target = Target::Team { team: ids::team(), name: sales() };
    let steps = vec![Step { target, outcome: StepOutcome::Chosen }];
    EntryBody::Decision { decision: DecisionRecord { steps, ..record() } }
}

/// As the first nodes wrote it.
fn decision_without_a_term() -> EntryBody {
    let decision = DecisionRecord { term: None, rule: None, tie_break: None, ..record() };
    EntryBody::Decision { decision }
}

fn closed() -> EntryBody {
    EntryBody::Status { from: ConversationState::Assigned, to: ConversationState::Closed }
}
