//! A conversation as one side sees it: the entries shown to it, and the facts beside them.

use salotto_protocol::{
    ConversationSummary, Entry, EntryBody, MarkPair, Party, Seq, View, ViewedEntry,
};

use crate::sabotage::{self, Switch};
use crate::store::{Head, Marks};

/// The entries visible in `view`, each with the seq that its reader has before it.
pub(crate) fn viewed(
    entries: impl IntoIterator<Item = Entry>,
    view: View,
    mut after: Seq,
) -> Vec<ViewedEntry> {
    let is_visible =
        |entry: &Entry| entry.body.visible_to(view) || sabotage::on(Switch::ShowHidden);
    let visible = entries.into_iter().filter(is_visible);
    visible
        .map(|mut entry| {
            if view == View::Visitor {
                keep_to_the_team(&mut entry.body);
            }
            let shown = ViewedEntry { after, entry };
            after = shown.entry.seq;
            shown
        })
        .collect()
}

/// What of an entry that visitors see is none of theirs: how teams are called (AS-41).
fn keep_to_the_team(body: &mut EntryBody) {
    if let EntryBody::Assignment { team, .. } = body {
        *team = None;
    }
}

pub(crate) fn newest_seq(head: &Head, view: View) -> Seq {
    match view {
        View::Visitor => head.visitor_seq,
        View::Agent => head.seq,
    }
}

pub(crate) fn summary(head: &Head, marks: Marks, view: View) -> ConversationSummary {
    let (visitor, started_on) = match view {
        View::Visitor => (None, None),
        View::Agent => (Some(head.visitor), Some(Box::new(head.started_on.clone()))),
    };
    ConversationSummary {
        id: head.id,
        number: head.number,
        chatflow: head.chatflow,
        state: head.state,
        assignee: head.assignee,
        head: newest_seq(head, view),
        started_at_ms: head.started_at_ms,
        last_at_ms: head.last_at_ms,
        marks: vec![pair(marks, Party::Visitor), pair(marks, Party::Team)],
        visitor,
        started_on,
        due_at_ms: head.due_at_ms,
        email: head.email.clone().filter(|_| view == View::Agent),
        team: head.team.filter(|_| view == View::Agent),
    }
}

pub(super) fn pair(marks: Marks, party: Party) -> MarkPair {
    let (delivered, read) = match party {
        Party::Visitor => (marks.visitor_delivered, marks.visitor_read),
        Party::Team => (marks.team_delivered, marks.team_read),
    };
    MarkPair { party, delivered, read }
}
