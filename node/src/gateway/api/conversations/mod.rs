//! `/api/v1/conversations/{conversation}`: its facts and the pages of its log, to both sides.

use std::collections::HashMap;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::HeaderName;
use axum::http::header::CACHE_CONTROL;
use salotto_protocol::api::{ConversationAnswer, EntryPage};
use salotto_protocol::limits::{PAGE_ENTRIES_MAX, PAGE_TEXT_BYTES_MAX};
use salotto_protocol::{ConversationId, Seq, View, ViewedEntry};

use crate::conversation;
use crate::gateway::App;
use crate::gateway::auth::Reader;
use crate::gateway::error::ApiError;
use crate::store::Head;

const PRIVATE: [(HeaderName, &str); 1] = [(CACHE_CONTROL, "no-store")];

type Answer<T> = Result<([(HeaderName, &'static str); 1], Json<T>), ApiError>;

pub(crate) async fn summary(
    State(app): State<App>,
    reader: Reader,
    Path(id): Path<String>,
) -> Answer<ConversationAnswer> {
    let (head, view) = visible(&app, &reader, &id).await?;
    let marks = app.store.marks(head.id).await?;
    let conversation = conversation::summary(&head, marks, view);
    Ok((PRIVATE, Json(ConversationAnswer { conversation })))
}

/// `?after=SEQ&limit=N`: what came after `after`, oldest first, at most 200 and
/// `PAGE_TEXT_BYTES_MAX` of texts.
pub(crate) async fn entries(
    State(app): State<App>,
    reader: Reader,
    Path(id): Path<String>,
    query: Query<HashMap<String, String>>,
) -> Answer<EntryPage> {
    let after = Seq(number(&query, "after", 0, 0..=u32::MAX)?);
    let most = u32::try_from(PAGE_ENTRIES_MAX).expect("small");
    let limit = number(&query, "limit", most, 1..=most)? as usize;
    let (head, view) = visible(&app, &reader, &id).await?;
    let newest = conversation::newest_seq(&head, view);
    let entries = app.store.entries_after(head.id, view, after, limit).await?;
    let entries = page(conversation::viewed(entries, view, after));
    let last = entries.last().map_or(after, |it| it.entry.seq);
    let more = last < newest;
    let epoch = app.store.epoch();
    Ok((PRIVATE, Json(EntryPage { epoch, entries, more, head: newest.max(last) })))
}

/// As many as have short enough texts together, and one at least.
fn page(mut entries: Vec<ViewedEntry>) -> Vec<ViewedEntry> {
    let mut bytes = 0;
    let mut fits = |it: &ViewedEntry| {
        bytes += it.entry.body.text().map_or(0, str::len);
        bytes <= PAGE_TEXT_BYTES_MAX
    };
    let fitting = entries.iter().take_while(|it| fits(it)).count();
    entries.truncate(fitting.max(1));
    entries
}

/// The conversation, if this reader may know of it. A visitor's are their own on this site.
async fn visible(app: &App, reader: &Reader, id: &str) -> Result<(Head, View), ApiError> {
    let id: ConversationId = id.parse().map_err(|_| ApiError::NotFound)?;
    let head = app.store.head(id).await?.ok_or(ApiError::NotFound)?;
    match reader {
        Reader::Agent(agent) if app.chatflows.may_see(head.inbox, *agent) => {
            Ok((head, View::Agent))
        }
        Reader::Agent(_) => Err(ApiError::Forbidden("this inbox is not among yours")),
        Reader::Visitor(who) if head.visitor == who.visitor && head.site == who.site => {
            Ok((head, View::Visitor))
        }
        Reader::Visitor(_) => Err(ApiError::NotFound),
    }
}

fn number(
    query: &HashMap<String, String>,
    name: &str,
    default: u32,
    range: std::ops::RangeInclusive<u32>,
) -> Result<u32, ApiError> {
    let Some(text) = query.get(name) else { return Ok(default) };
    let number = text.parse().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| ApiError::BadField {
        field: name.to_owned(),
        complaint: format!("must be a number from {} to {}", range.start(), range.end()),
    })
}

#[cfg(test)]
mod tests;
