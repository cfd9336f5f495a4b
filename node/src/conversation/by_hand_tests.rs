//! What agents may decide by hand, on made-up heads.

use salotto_protocol::TeamId;
use salotto_protocol::people::{HeldSkills, InboxAccess, Permission, Permissions, Seat};

use super::super::super::access::{NOT_AMONG_YOURS, STALE_ACCESS};
use super::*;
use crate::store::TeamRow;

#[test]
fn assigning_by_hand_ignores_the_limit_as_43() {
    let mut world = World::new();
    let (ada, ben) = (world.hire("Ada"), world.hire("Ben"));
    world.agents.get_mut(&ben).expect("hired").active = 1;

    let decision =
        world.decide(&agent(ada), &Command::Assign { to: Some(ben), note: None }).expect("allowed");

    assert_eq!(decision.slot, Slot::Take(ben));
    assert_eq!(decision.assignee, Some(ben));
}

#[test]
fn assigning_to_nobody_leaves_it_unassigned_as_45() {
    let mut world = World::new();
    let ada = world.hire("Ada");
    let world = world.assigned_to(ada);

    let decision =
        world.decide(&agent(ada), &Command::Assign { to: None, note: None }).expect("allowed");

    assert_eq!((decision.state, decision.slot), (ConversationState::Unassigned, Slot::Free));
}

#[test]
fn a_transfer_keeps_its_note_as_a_comment_in_the_same_write() {
    let mut world = World::new();
    let (ada, ben) = (world.hire("Ada"), world.hire("Ben"));
    let world = world.assigned_to(ada);
    let note = || Some("She wants the blue one.".to_owned());

    for (to, expected) in [
        (Some(ben), vec!["assignment", "comment"]),
        (None, vec!["assignment", "comment"]),
        (Some(ada), vec!["comment"]),
    ] {
        let command = Command::Assign { to, note: note() };
        let decision = world.decide(&agent(ada), &command).expect("allowed");
        assert_eq!(kinds(&decision), expected);
        let noted = decision.entries.last().expect("the note");
        assert_eq!((noted.by.clone(), noted.body.text()), (agent(ada), note().as_deref()));
        assert_eq!(noted.client_id, None, "a repeat is known by the assignment");
    }
    let command = Command::Assign { to: Some(ben), note: None };
    assert_eq!(kinds(&world.decide(&agent(ada), &command).expect("allowed")), ["assignment"]);
}

#[test]
fn moving_it_changes_the_inbox_and_nothing_else_as_44() {
    let mut world = World::new();
    let ada = world.hire("Ada");
    let mut world = world.assigned_to(ada);
    let from = world.head.inbox;
    let to = world.inbox(InboxAccess::Everyone);

    let decision = world.decide(&agent(ada), &Command::Move { inbox: to }).expect("allowed");
    assert_eq!(decision.entries[0].body, EntryBody::InboxChange { from, to });
    assert_eq!((decision.assignee, decision.slot), (Some(ada), Slot::Keep));
    let nothing = world.decide(&agent(ada), &Command::Move { inbox: from }).expect("allowed");
    assert_eq!(kinds(&nothing), Vec::<&str>::new());
    let nowhere = world.decide(&agent(ada), &Command::Move { inbox: InboxId::fresh() });
    assert_eq!(nowhere.err().map(|no| no.code), Some(ErrorCode::NotFound));
}

#[test]
fn whoever_may_not_have_it_in_the_other_inbox_loses_it_as_44() {
    let mut world = World::new();
    let (ada, ben) = (world.hire("Ada"), world.hire("Ben"));
    let mut world = world.assigned_to(ada);
    let inbox = world.inbox(InboxAccess::Chosen { agents: vec![ben], teams: Vec::new() });

    let decision = world.decide(&agent(ada), &Command::Move { inbox }).expect("allowed");
    assert_eq!(kinds(&decision), ["inbox_change", "assignment"]);
    assert_eq!((decision.assignee, decision.slot), (None, Slot::Free));
    assert_eq!(decision.state, ConversationState::Unassigned);

    let mut world = world.closed();
    let decision = world.decide(&agent(ada), &Command::Move { inbox }).expect("allowed");
    assert_eq!((decision.assignee, decision.state), (None, ConversationState::Closed));
    world.head.assignee = Some(ben);
    let decision = world.decide(&agent(ada), &Command::Move { inbox }).expect("allowed");
    assert_eq!((decision.assignee, kinds(&decision)), (Some(ben), vec!["inbox_change"]));
}

#[test]
fn only_members_of_the_inbox_are_given_its_conversations_perm_6() {
    let mut world = World::new();
    let (ada, ben, eve) = (world.hire("Ada"), world.hire("Ben"), world.hire("Eve"));
    let team = TeamRow {
        id: TeamId::fresh(),
        name: "Sales".to_owned(),
        main_members: vec![ada],
        extra_members: vec![ben],
        skills: HeldSkills::default(),
    };
    world.settings.inboxes[0].access =
        InboxAccess::Chosen { agents: Vec::new(), teams: vec![team.id] };
    world.settings.teams.push(team);

    for (to, is_member) in [(ada, true), (ben, true), (eve, false)] {
        let given = world.decide(&agent(ada), &Command::Assign { to: Some(to), note: None });
        assert_eq!(given.err().map(|no| no.code), (!is_member).then_some(ErrorCode::Forbidden));
    }
}

/// CAP-22, CAP-25, AS-43
#[test]
fn in_a_help_desk_whatever_gives_a_conversation_takes_a_ticket_and_asks_no_limit() {
    let mut world = World::new();
    let (ada, ben) = (world.hire("Ada"), world.hire("Ben"));
    world.settings.inboxes[0].kind = InboxKind::HelpDesk;
    let plain = world.inbox(InboxAccess::Everyone);
    world.agents.get_mut(&ben).expect("hired").ticket_capacity = 0;
    let slot = |world: &World, command: Command| {
        world.decide(&agent(ada), &command).expect("allowed").slot
    };
    let given = Command::Assign { to: Some(ben), note: None };
    assert_eq!(slot(&world, given), Slot::TakeTicket(ben));
    assert_eq!(slot(&world, reply()), Slot::TakeTicket(ada));

    let mut world = world.assigned_to(ada);
    assert_eq!(slot(&world, reply()), Slot::TakeTicket(ada), "a chat's slot is put right");
    world.head.slot_ticket = true;
    assert_eq!(slot(&world, reply()), Slot::Keep);
    assert_eq!(slot(&world, Command::Move { inbox: plain }), Slot::Take(ada), "it is a chat there");
}

/// CAP-23
#[test]
fn cap_23_a_ticket_that_is_older_than_the_account_says_takes_no_slot() {
    let mut world = World::new();
    let (ada, ben) = (world.hire("Ada"), world.hire("Ben"));
    world.settings.inboxes[0].kind = InboxKind::HelpDesk;
    let given = Command::Assign { to: Some(ben), note: None };
    for (days, expected) in
        [(None, Slot::TakeTicket(ben)), (Some(40), Slot::TakeTicket(ben)), (Some(39), Slot::Free)]
    {
        world.settings.account.ticket_age_days_max = days;
        let decision = world.decide(&agent(ada), &given).expect("allowed");
        assert_eq!((decision.assignee, decision.slot), (Some(ben), expected), "{days:?}");
    }
    world.settings.inboxes[0].kind = InboxKind::Inbox;
    let chat = world.decide(&agent(ada), &given).expect("allowed");
    assert_eq!(chat.slot, Slot::Take(ben), "chats are of any age");
}

/// PERM-5
#[test]
fn every_command_of_an_agent_is_for_members_and_a_seat_is_not_asked() {
    let mut world = World::new();
    let (ada, eve) = (world.hire("Ada"), world.hire("Eve"));
    world.settings.inboxes[0].access = InboxAccess::Chosen { agents: vec![ada], teams: Vec::new() };
    world.agents.get_mut(&eve).expect("hired").permissions =
        Permissions::of(&[Permission::SuperAdmin]);
    world.agents.get_mut(&ada).expect("hired").seat = Seat::None;
    let inbox = world.head.inbox;
    let (to, note, text) = (Some(ada), None, "Hello!".to_owned());
    for command in [
        Command::AgentMessage { text: text.clone() },
        Command::Comment { text },
        Command::Assign { to, note: note.clone() },
        Command::Assign { to: None, note },
        Command::Move { inbox },
        Command::Close,
        Command::Reopen,
    ] {
        assert_eq!(world.decide(&agent(eve), &command).err(), Some(NOT_AMONG_YOURS));
        assert!(world.decide(&agent(ada), &command).is_ok(), "{command:?}");
    }
}

/// PERM-5
#[test]
fn what_was_decided_before_access_changed_is_decided_anew() {
    let mut world = World::new();
    let ada = world.hire("Ada");
    world.agents.get_mut(&ada).expect("hired").access_version = world.settings.version + 1;
    assert_eq!(world.decide(&agent(ada), &reply()).err(), Some(STALE_ACCESS));
    world.settings.version += 1;
    assert!(world.decide(&agent(ada), &reply()).is_ok());
}

/// AS-8
#[test]
fn nobody_gives_anything_to_a_deactivated_account() {
    let mut world = World::new();
    let (ada, ben) = (world.hire("Ada"), world.hire("Ben"));
    world.agents.get_mut(&ben).expect("hired").deactivated_at_ms = Some(1);
    let given = world.decide(&agent(ada), &Command::Assign { to: Some(ben), note: None });
    assert_eq!(given.err().map(|no| no.code), Some(ErrorCode::Forbidden));
}

/// AS-48, PERM-2, PERM-5
#[test]
fn a_former_owner_without_a_seat_or_access_does_not_get_it_back() {
    let mut world = World::new();
    let ada = world.hire("Ada");
    let (mut world, visitor) = (world.assigned_to(ada).closed(), AgentId::fresh());
    let owner = |world: &World| world.says(world.head.visitor).expect("they may").assignee;
    assert_eq!(owner(&world), Some(ada));
    world.agents.get_mut(&ada).expect("hired").seat = Seat::None;
    assert_eq!(owner(&world), None);
    world.agents.get_mut(&ada).expect("hired").seat = Seat::Sales;
    assert_eq!(owner(&world), Some(ada));
    world.settings.inboxes[0].access =
        InboxAccess::Chosen { agents: vec![visitor], teams: Vec::new() };
    assert_eq!(owner(&world), None);
}

#[test]
fn whoever_takes_one_out_of_order_has_it_in_the_log_reg_14() {
    let mut world = World { waited_longer: 4, ..World::new() };
    let (ada, ben) = (world.hire("Ada"), world.hire("Ben"));
    let granted = Permissions::of(&[Permission::PickOutOfOrder]);
    world.agents.get_mut(&ada).expect("hired").permissions = granted;
    let taking = Command::Assign { to: Some(ada), note: None };
    for command in [taking, Command::AgentMessage { text: "Hello!".to_owned() }] {
        let decision = world.decide(&agent(ada), &command).expect("allowed");
        let EntryBody::Assignment { out_of_order, .. } = &decision.entries[0].body else {
            panic!("{:?}", kinds(&decision))
        };
        assert_eq!(*out_of_order, 4);
    }
    let taking = Command::Assign { to: Some(ben), note: None };
    let refused = world.decide(&agent(ben), &taking).err();
    assert_eq!(refused.map(|no| no.code), Some(ErrorCode::Forbidden));
    // Words to a visitor are not lost for it.
    let answer = Command::AgentMessage { text: "Hello!".to_owned() };
    world.decide(&agent(ben), &answer).expect("written down, and not refused");
    world.waited_longer = 0;
    let taking = Command::Assign { to: Some(ben), note: None };
    world.decide(&agent(ben), &taking).expect("the oldest is anybody's");
}
