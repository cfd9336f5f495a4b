//! How soon visitors are usually answered, from the last seven days (AV-20).

use std::collections::HashMap;

use salotto_protocol::availability::{ReplyTime, ReplyTimeChoice};
use salotto_protocol::{Author, ChatflowId, ConversationId, Entry, EntryBody};

use crate::store::{ChatflowRow, Head, Store, StoreError};

const WINDOW_MS: i64 = 7 * 24 * 60 * MINUTE_MS;
/// Of a chatflow, the latest: more would not move the median.
const CONVERSATIONS_MAX: usize = 200;
/// Of its inbox, looked through for them: open ones and closed ones.
const HEADS_MAX: usize = 1_000;
/// With fewer answers one slow morning would speak for the whole week.
const ANSWERS_MIN: usize = 5;

const MINUTE_MS: i64 = 60 * 1_000;
/// Up to here it is a few minutes; a few hours; a day.
const FEW_MINUTES_MS: i64 = 15 * MINUTE_MS;
const FEW_HOURS_MS: i64 = 6 * 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// What was found of each chatflow; `None`: too little, or longer than a day.
pub(super) type ReplyTimes = HashMap<ChatflowId, Option<ReplyTime>>;

pub(super) fn is_computed(row: &&ChatflowRow) -> bool {
    match row.settings.availability.available.reply_time {
        ReplyTimeChoice::Computed => true,
        ReplyTimeChoice::FewMinutes
        | ReplyTimeChoice::FewHours
        | ReplyTimeChoice::Day
        | ReplyTimeChoice::Hidden => false,
    }
}

/// Of each of these chatflows: the latest conversations of its inbox, and how they began.
pub(super) async fn measure(
    store: &Store,
    chatflows: &[ChatflowRow],
    now_ms: i64,
) -> Result<ReplyTimes, StoreError> {
    let mut found = ReplyTimes::new();
    for row in chatflows {
        let heads = store.board(row.inbox, HEADS_MAX, HEADS_MAX).await?;
        let entries = store.beginnings(&counted(&heads, row.id, now_ms)).await?;
        found.insert(row.id, of(&entries));
    }
    Ok(found)
}

/// The conversations of a chatflow whose answers count, of those of its inbox.
fn counted(heads: &[Head], chatflow: ChatflowId, now_ms: i64) -> Vec<ConversationId> {
    let is_recent =
        |head: &&Head| head.chatflow == chatflow && head.started_at_ms >= now_ms - WINDOW_MS;
    let mut recent: Vec<&Head> = heads.iter().filter(is_recent).collect();
    recent.sort_unstable_by_key(|head| std::cmp::Reverse((head.started_at_ms, head.id)));
    recent.iter().take(CONVERSATIONS_MAX).map(|head| head.id).collect()
}

/// From the beginnings of logs, in order of their seq.
fn of(entries: &[(ConversationId, Entry)]) -> Option<ReplyTime> {
    let mut asked: HashMap<ConversationId, i64> = HashMap::new();
    let mut answered: HashMap<ConversationId, i64> = HashMap::new();
    for (conversation, entry) in entries {
        if !matches!(entry.body, EntryBody::Message { .. }) {
            continue;
        }
        match (&entry.by, asked.get(conversation)) {
            (Author::Visitor { .. }, None) => {
                asked.insert(*conversation, entry.at_ms);
            }
            (Author::Agent { .. }, Some(asked_at)) => {
                answered.entry(*conversation).or_insert(entry.at_ms - asked_at);
            }
            (Author::Visitor { .. }, Some(_))
            | (Author::Agent { .. }, None)
            | (Author::System, _) => {}
        }
    }
    word(answered.into_values().collect())
}

fn word(mut waits: Vec<i64>) -> Option<ReplyTime> {
    if waits.len() < ANSWERS_MIN {
        return None;
    }
    waits.sort_unstable();
    let words = [
        (FEW_MINUTES_MS, ReplyTime::FewMinutes),
        (FEW_HOURS_MS, ReplyTime::FewHours),
        (DAY_MS, ReplyTime::Day),
    ];
    let median = waits[waits.len() / 2];
    words.into_iter().find(|(at_most, _)| median <= *at_most).map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use salotto_protocol::{AgentId, Seq, VisitorId};
    use uuid::Uuid;

    use super::*;

    const HOUR_MS: i64 = 60 * MINUTE_MS;

    /// AV-20
    #[test]
    fn the_median_is_put_into_the_word_that_it_fits() {
        for (wait, expected) in [
            (0, Some(ReplyTime::FewMinutes)),
            (15 * MINUTE_MS, Some(ReplyTime::FewMinutes)),
            (15 * MINUTE_MS + 1, Some(ReplyTime::FewHours)),
            (6 * HOUR_MS + 1, Some(ReplyTime::Day)),
            (24 * HOUR_MS, Some(ReplyTime::Day)),
            (24 * HOUR_MS + 1, None),
        ] {
            assert_eq!(word(vec![wait; ANSWERS_MIN]), expected, "{wait}");
        }
        assert_eq!(word(vec![0; ANSWERS_MIN - 1]), None, "too few");
        let skewed = vec![MINUTE_MS, 90 * HOUR_MS, MINUTE_MS, 2 * MINUTE_MS, 80 * HOUR_MS];
        assert_eq!(word(skewed), Some(ReplyTime::FewMinutes), "a median is no mean");
    }

    fn said(conversation: u128, seq: u32, by: Author, at_ms: i64) -> (ConversationId, Entry) {
        let body = EntryBody::Message { text: "words".to_owned() };
        let entry = Entry { seq: Seq(seq), at_ms, by, client_id: None, body };
        (ConversationId(Uuid::from_u128(conversation)), entry)
    }

    /// AV-20
    #[test]
    fn an_answer_is_counted_from_the_first_words_of_the_visitor_and_once() {
        let visitor = || Author::Visitor { id: VisitorId(Uuid::nil()) };
        let agent = || Author::Agent { id: AgentId(Uuid::nil()), name: "Ada".to_owned() };
        let mut entries = Vec::new();
        for conversation in 1..=5 {
            entries.push(said(conversation, 1, agent(), 0));
            entries.push(said(conversation, 2, visitor(), HOUR_MS));
            entries.push(said(conversation, 3, visitor(), 2 * HOUR_MS));
            entries.push(said(conversation, 4, agent(), 3 * HOUR_MS));
            entries.push(said(conversation, 5, visitor(), 4 * HOUR_MS));
            entries.push(said(conversation, 6, agent(), 100 * HOUR_MS));
        }
        assert_eq!(of(&entries), Some(ReplyTime::FewHours));
        entries.retain(|(_, entry)| matches!(entry.by, Author::Visitor { .. }));
        assert_eq!(of(&entries), None, "nobody was answered");
    }
}
