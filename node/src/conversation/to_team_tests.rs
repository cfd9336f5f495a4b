//! What agents may give to a team by hand (AS-41), on made-up heads.

use salotto_protocol::people::{HeldSkills, InboxAccess};
use salotto_protocol::{TeamId, TeamRef};

use super::*;
use crate::store::TeamRow;

impl World {
    fn team(&mut self, name: &str, main_members: Vec<AgentId>) -> TeamId {
        let id = TeamId::fresh();
        self.settings.teams.push(TeamRow {
            id,
            name: name.to_owned(),
            main_members,
            extra_members: Vec::new(),
            skills: HeldSkills::default(),
        });
        id
    }
}

fn to_team(team: TeamId, note: Option<&str>) -> Command {
    Command::AssignTeam { team, note: note.map(str::to_owned) }
}

/// AS-41, AS-46
#[test]
fn as_41_given_to_a_team_it_is_taken_from_its_owner_and_waits_with_the_note_beside_it() {
    let mut world = World::new();
    let (ada, ben) = (world.hire("Ada"), world.hire("Ben"));
    let sales = world.team("Sales", vec![ben]);
    let mut world = world.assigned_to(ada);

    let decision = world.decide(&agent(ada), &to_team(sales, Some("Wants blue."))).expect("may");
    assert_eq!(kinds(&decision), ["assignment", "comment"]);
    let EntryBody::Assignment { from, to: None, cause, team, .. } = &decision.entries[0].body
    else {
        panic!("{:?}", decision.entries[0].body)
    };
    assert_eq!(from.as_ref().map(|from| from.id), Some(ada));
    assert_eq!(*cause, AssignmentCause::Manual);
    assert_eq!(*team, Some(TeamRef { id: sales, name: "Sales".to_owned() }));
    assert_eq!(decision.entries[0].by, agent(ada), "it says who did it");
    assert_eq!((decision.state, decision.assignee), (ConversationState::Waiting, None));
    assert_eq!(decision.slot, Slot::Free);

    (world.head.state, world.head.assignee) = (ConversationState::Waiting, None);
    world.head.team = Some(sales);
    let again = world.decide(&agent(ada), &to_team(sales, None)).expect("may");
    assert_eq!(kinds(&again), Vec::<&str>::new(), "it is theirs already");
}

/// AS-41
#[test]
fn as_41_from_every_state_but_closed() {
    for state in ConversationState::ALL {
        let mut world = World::new();
        let ada = world.hire("Ada");
        let sales = world.team("Sales", vec![ada]);
        world.head.state = state;
        let given = world.decide(&agent(ada), &to_team(sales, None));
        match given {
            Ok(decision) => assert_eq!(decision.state, ConversationState::Waiting),
            Err(no) => assert_eq!((state, no.code), (ConversationState::Closed, ErrorCode::Closed)),
        }
    }
}

/// AS-41, PERM-6
#[test]
fn as_41_a_team_that_cannot_have_it_is_refused_by_the_name_of_the_field() {
    let mut world = World::new();
    let ada = world.hire("Ada");
    let (sales, service) = (world.team("Sales", vec![ada]), world.team("Service", vec![ada]));
    let empty = world.team("Empty", Vec::new());
    let teams = vec![sales];
    world.settings.inboxes[0].access = InboxAccess::Chosen { agents: vec![ada], teams };
    for (team, expected) in [
        (sales, None),
        (service, Some(ErrorCode::Forbidden)),
        (empty, Some(ErrorCode::BadField)),
        (TeamId::fresh(), Some(ErrorCode::NotFound)),
    ] {
        let no = world.decide(&agent(ada), &to_team(team, None)).err();
        assert_eq!(no.as_ref().map(|no| no.code), expected);
        assert_eq!(no.and_then(|no| no.field), expected.map(|_| "team"));
    }
}

/// REG-14, AS-41: whoever gives it on takes nobody out of the queue.
#[test]
fn as_41_giving_what_waits_to_a_team_is_no_pick() {
    let mut world = World { waited_longer: 4, ..World::new() };
    let ada = world.hire("Ada");
    let sales = world.team("Sales", vec![ada]);
    assert!(world.decide(&agent(ada), &to_team(sales, None)).is_ok());
}
