//! Which owners are told by e-mail (AS-3), in the world of the other rules.

use salotto_protocol::{AgentStatus, TeamId};

use super::*;
use crate::conversation::telling::letter;
use crate::journal::Told;
use crate::mail::Letters;
use crate::store::NewMail;

impl World {
    /// Owners come first; this one is Available and has no socket.
    fn owned() -> (World, AgentId) {
        let mut world = World::new();
        world.assigned_by(&serde_json::json!({ "assign_to": "contact_owner" }));
        let owner = world.hire("Anna");
        world.row(owner).present = false;
        world.head.facts.owner = Some(owner);
        world.head.preview = "Is it\nstill there?".to_owned();
        (world, owner)
    }

    fn row(&mut self, agent: AgentId) -> &mut AgentRow {
        self.agents.get_mut(&agent).expect("hired")
    }

    fn letter(&self) -> Option<NewMail> {
        let told = Told { head: &self.head, agents: &self.agents, contact: Some("Ugo Bianchi") };
        let assigning = vec![(self.head.chatflow, self.assignees.clone())];
        let letters = Letters::new("https://chat.example.com");
        letter(&letters, &assigning, Some(&self.settings), &told)
    }
}

/// AS-3
#[test]
fn as_3_an_owner_who_is_offline_or_away_is_told_who_wrote_what() {
    let (mut world, owner) = World::owned();
    let mail = world.letter().expect("told");
    assert_eq!(mail.to, world.row(owner).email);
    assert_eq!(mail.conversation, Some(world.head.id));
    assert!(
        mail.subject.contains("Ugo Bianchi") && mail.text.contains("> still there?"),
        "{mail:?}"
    );

    world.row(owner).present = true;
    assert_eq!(world.letter(), None, "the owner sees it");
    world.row(owner).status = AgentStatus::Away;
    assert_eq!(world.letter(), Some(mail), "the same reason, and so not twice");
}

/// AS-3
#[test]
fn as_3_nobody_is_told_whom_it_would_not_have_come_to() {
    let (mut world, owner) = World::owned();
    assert!(world.letter().is_some());
    world.head.facts.owner = None;
    assert_eq!(world.letter(), None, "nobody owns the contact");
    world.head.facts.owner = Some(owner);
    world.head.state = ConversationState::Assigned;
    assert_eq!(world.letter(), None, "somebody has it");
    world.head.state = ConversationState::Waiting;
    world.head.team = Some(TeamId::fresh());
    assert_eq!(world.letter(), None, "by hand it is a team's");
    world.head.team = None;
    let (own, other) = (world.head.inbox, world.inbox(nobody()));
    world.head.inbox = other;
    assert_eq!(world.letter(), None, "the owner has no access where it stands now");
    world.head.inbox = own;
    world.row(owner).deactivated_at_ms = Some(1);
    assert_eq!(world.letter(), None, "who has left gets no mail");
    world.row(owner).deactivated_at_ms = None;
    world.assigned_by(&serde_json::json!({ "assign_to": "named" }));
    assert_eq!(world.letter(), None, "owners do not come first here");
    world.assigned_by(&serde_json::json!({
        "assign_to": "contact_owner", "ignore_availability": true,
    }));
    (world.row(owner).present, world.row(owner).status) = (true, AgentStatus::Away);
    assert_eq!(world.letter(), None, "who is away is given it all the same");
}

fn nobody() -> InboxAccess {
    InboxAccess::Chosen { agents: Vec::new(), teams: Vec::new() }
}
