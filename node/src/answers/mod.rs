//! What agents answer in promised conversations while the visitor is not there goes out by mail.
//!
//! Each such answer has a row in the store, written with it. A little later, whatever the visitor's
//! browser has not received by then is put into one letter (`letter`), which is written and its
//! rows taken away in one transaction: each answer goes out once, whichever node looks (BY-15).

mod letter;
#[cfg(test)]
mod tests;

use std::time::Duration;

use salotto_protocol::{Author, ConversationId, Entry, EntryBody, Seq, View};

use crate::journal::{Change, Changed, Journal, PromiseChange};
use crate::store::{NewMail, Store, StoreError};
use crate::{clock, metrics};
use letter::Letter;

/// Conversations in one look; the others are found by the next.
const CONVERSATIONS_MAX: usize = 100;
/// Of one letter. What is more goes out with the next.
const ANSWERS_MAX: usize = 20;
/// Before the first of them: there the question is looked for.
const BEFORE_MAX: u32 = 50;
/// A letter that talks back and forth is cut short: the whole of it is in the chat.
const ENTRIES_MAX: usize = 250;
const LOOK_INTERVAL_MIN: Duration = Duration::from_millis(100);
const LOOK_INTERVAL_MAX: Duration = Duration::from_secs(5);

/// As long as the node runs. `after`: so long the browser has time to receive an answer, and the
/// agent to write another one.
pub(crate) async fn keep_mailed(store: Store, journal: Journal, after: Duration) {
    let interval = (after / 10).clamp(LOOK_INTERVAL_MIN, LOOK_INTERVAL_MAX);
    loop {
        tokio::time::sleep(interval).await;
        if let Err(error) = mail_due(&store, &journal, after).await {
            tracing::warn!(%error, "answers could not be mailed: they will be");
        }
    }
}

async fn mail_due(store: &Store, journal: &Journal, after: Duration) -> Result<(), StoreError> {
    let after_ms = i64::try_from(after.as_millis()).unwrap_or(i64::MAX);
    let until_ms = clock::now_ms().saturating_sub(after_ms);
    for conversation in store.answered_until(until_ms, CONVERSATIONS_MAX).await? {
        let seqs = store.answers_of(conversation, ANSWERS_MAX).await?;
        let mail = letter_about(store, conversation, &seqs).await?;
        let is_mailed = mail.is_some();
        let change = PromiseChange::Mailed { conversation, seqs, mail };
        match journal.change(Change::Promise(Box::new(change))).await? {
            Changed::Done if is_mailed => metrics::answer_mailed(),
            // The visitor has them, or another node was faster.
            Changed::Done | Changed::Unchanged | Changed::Refused(_) => {}
        }
    }
    Ok(())
}

/// `None`: the visitor's browser has received all of them.
async fn letter_about(
    store: &Store,
    id: ConversationId,
    seqs: &[Seq],
) -> Result<Option<NewMail>, StoreError> {
    let Some(head) = store.head(id).await? else { return Ok(None) };
    let received = store.marks(id).await?.visitor_delivered;
    let unseen: Vec<Seq> = seqs.iter().copied().filter(|seq| *seq > received).collect();
    let (Some(first), Some(last), Some(email)) = (unseen.first(), unseen.last(), &head.email)
    else {
        return Ok(None);
    };
    let after = Seq(first.0.saturating_sub(BEFORE_MAX + 1));
    let entries = store.entries_after(id, View::Visitor, after, ENTRIES_MAX).await?;
    let letter = Letter {
        conversation: id,
        to: email,
        page: &head.started_on,
        question: question(&entries, *first),
        answers: entries.iter().filter_map(|it| answer(it, &unseen)).collect(),
        range: (*first, *last),
    };
    Ok(Some(letter.write()))
}

/// The last words of the visitor before that, as many as they wrote in a row.
fn question(entries: &[Entry], before: Seq) -> Vec<&str> {
    let messages = entries.iter().rev().filter(|entry| entry.seq < before);
    let mut question: Vec<&str> = messages
        .filter_map(|entry| match &entry.body {
            EntryBody::Message { text } => Some((&entry.by, text.as_str())),
            EntryBody::Welcome { .. }
            | EntryBody::Comment { .. }
            | EntryBody::Assignment { .. }
            | EntryBody::Decision { .. }
            | EntryBody::Status { .. }
            | EntryBody::InboxChange { .. }
            | EntryBody::Contact { .. }
            | EntryBody::Promised { .. }
            | EntryBody::Unknown(_) => None,
        })
        .skip_while(|(by, _)| !is_visitor(by))
        .take_while(|(by, _)| is_visitor(by))
        .map(|(_, text)| text)
        .collect();
    question.reverse();
    question
}

fn is_visitor(by: &Author) -> bool {
    match by {
        Author::Visitor { .. } => true,
        Author::Agent { .. } | Author::System => false,
    }
}

/// Who wrote what.
fn answer<'a>(entry: &'a Entry, of: &[Seq]) -> Option<(&'a str, &'a str)> {
    match (&entry.by, &entry.body) {
        (Author::Agent { name, .. }, EntryBody::Message { text }) if of.contains(&entry.seq) => {
            Some((name, text))
        }
        _ => None,
    }
}
