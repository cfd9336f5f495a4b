//! A conversation's head as a row of the live list.

use salotto_protocol::limits::PREVIEW_CHARS_MAX;
use salotto_protocol::{BoardRow, Page};

use crate::store::Head;

pub(super) fn row(head: &Head) -> BoardRow {
    BoardRow {
        conversation: head.id,
        number: head.number,
        visitor: head.visitor,
        seq: head.seq,
        state: head.state,
        assignee: head.assignee,
        preview: head.preview.clone(),
        preview_by: head.preview_by,
        started_at_ms: head.started_at_ms,
        last_at_ms: head.last_at_ms,
        waiting_since_ms: head.waiting_since_ms,
        missed_at_ms: head.missed_at_ms,
        due_at_ms: head.due_at_ms,
        team: head.team,
        chatflow: Some(head.chatflow),
        page: page_words(&head.started_on),
    }
}

/// Few enough for a list of hundreds.
fn page_words(page: &Page) -> String {
    let words = if page.title.trim().is_empty() { &page.url } else { &page.title };
    words.chars().take(PREVIEW_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(title: &str) -> Page {
        let url = "https://shop.example/products.html".to_owned();
        Page { url, title: title.to_owned(), referrer: None }
    }

    #[test]
    fn a_page_is_called_by_its_title_and_without_one_by_its_address() {
        assert_eq!(page_words(&page("Products")), "Products");
        assert_eq!(page_words(&page(" ")), "https://shop.example/products.html");
        let long = "ü".repeat(PREVIEW_CHARS_MAX + 1);
        assert_eq!(page_words(&page(&long)), "ü".repeat(PREVIEW_CHARS_MAX));
    }
}
