//! A client id that was used before: the same write once more, or another one by mistake?

use std::collections::HashMap;

use salotto_protocol::{
    AgentId, AgentRef, Author, ConversationState, Entry, EntryBody, ErrorCode, TeamRef,
};

use super::run::run;
use super::write::{Locked, NewEntry, Rejection, Write};
use crate::store::{AgentRow, Head};

pub(super) enum Repeat {
    /// Answered as the first time.
    Same,
    Rejected(Rejection),
}

const REUSED: Rejection =
    Rejection::new(ErrorCode::ClientIdReused, "This client id was used for something else.");

/// Compares what the write would add now with what was stored under its client id. The state of
/// the conversation may have changed since: no guard of state stands against the first answer.
/// Who may not see the conversation is told so all the same.
pub(super) fn repeat(
    write: &Write,
    first: &Entry,
    head: &Head,
    agents: &HashMap<AgentId, AgentRow>,
) -> Repeat {
    let intent = match run(write, &Locked { head, agents, waited_longer: 0 }) {
        Ok(decision) => Some(decision),
        Err(no) if matches!(no.code, ErrorCode::NotFound | ErrorCode::Forbidden) => {
            return Repeat::Rejected(no);
        }
        Err(_) => run(write, &Locked { head: &reopened(head), agents, waited_longer: 0 }).ok(),
    };
    let entry = intent.into_iter().flat_map(|decision| decision.entries).find(stands_for(write));
    match entry {
        Some(entry) if !is_same(&entry, first) => Repeat::Rejected(REUSED),
        Some(_) | None => Repeat::Same,
    }
}

fn stands_for(write: &Write) -> impl Fn(&NewEntry) -> bool {
    move |entry| entry.client_id.is_some() && entry.client_id == write.client_id
}

/// What a closed conversation would look like to a write that it refuses only for being closed.
fn reopened(head: &Head) -> Head {
    let state = match head.assignee {
        Some(_) => ConversationState::Assigned,
        None => ConversationState::Unassigned,
    };
    Head { state, ..head.clone() }
}

fn is_same(new: &NewEntry, first: &Entry) -> bool {
    is_by_same(&new.by, &first.by) && means_same(&new.body, &first.body)
}

/// An agent may have taken another name since.
fn is_by_same(new: &Author, first: &Author) -> bool {
    match (new, first) {
        (Author::Agent { id, .. }, Author::Agent { id: first, .. }) => id == first,
        (Author::Visitor { id }, Author::Visitor { id: first }) => id == first,
        (Author::System, Author::System) => true,
        (Author::Agent { .. } | Author::Visitor { .. } | Author::System, _) => false,
    }
}

/// What was asked for counts, not from which state it led away.
fn means_same(new: &EntryBody, first: &EntryBody) -> bool {
    match (new, first) {
        (
            EntryBody::Assignment { to, team, .. },
            EntryBody::Assignment { to: first_to, team: first_team, .. },
        ) => {
            let team_of = |team: &Option<TeamRef>| team.as_ref().map(|it| it.id);
            id_of(to.as_ref()) == id_of(first_to.as_ref()) && team_of(team) == team_of(first_team)
        }
        (EntryBody::InboxChange { to, .. }, EntryBody::InboxChange { to: first, .. }) => {
            to == first
        }
        (EntryBody::Status { to, .. }, EntryBody::Status { to: first, .. }) => {
            is_closed(*to) == is_closed(*first)
        }
        // It is due so long after it was asked for.
        (EntryBody::Promised { .. }, EntryBody::Promised { .. }) => true,
        (
            EntryBody::Welcome { .. }
            | EntryBody::Message { .. }
            | EntryBody::Comment { .. }
            | EntryBody::Assignment { .. }
            | EntryBody::InboxChange { .. }
            | EntryBody::Decision { .. }
            | EntryBody::Status { .. }
            | EntryBody::Contact { .. }
            | EntryBody::Promised { .. }
            | EntryBody::Unknown(_),
            _,
        ) => new == first,
    }
}

fn id_of(agent: Option<&AgentRef>) -> Option<AgentId> {
    agent.map(|agent| agent.id)
}

fn is_closed(state: ConversationState) -> bool {
    state == ConversationState::Closed
}
