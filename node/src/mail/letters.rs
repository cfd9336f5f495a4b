//! Puts mails into words. There only where mail can go out: without it there is nobody to write to.

use salotto_protocol::{AgentId, ConversationId, Page};

use crate::store::NewMail;

/// Of a name, a title or an address in a mail.
const PHRASE_CHARS_MAX: usize = 200;
/// Of what a visitor wrote.
const WORDS_CHARS_MAX: usize = 500;

/// Writes mails whose links lead to this installation.
#[derive(Clone, Debug)]
pub(crate) struct Letters {
    /// Without a slash at its end.
    public_url: String,
}

/// A contact writes, and the owner is not there (AS-3).
#[derive(Clone, Debug)]
pub(crate) struct OwnerAway<'a> {
    pub(crate) conversation: ConversationId,
    pub(crate) owner: AgentId,
    /// The owner's address.
    pub(crate) to: &'a str,
    /// The contact's name or address, if known.
    pub(crate) contact: Option<&'a str>,
    /// Where the conversation began.
    pub(crate) page: &'a Page,
    pub(crate) first_words: &'a str,
}

impl Letters {
    pub(crate) fn new(public_url: &str) -> Letters {
        Letters { public_url: public_url.trim_end_matches('/').to_owned() }
    }

    /// Once for each owner of each conversation.
    pub(crate) fn owner_is_away(&self, away: &OwnerAway<'_>) -> NewMail {
        let OwnerAway { conversation, owner, to, contact, page, first_words } = away;
        let who = contact.map(|it| one_line(it, PHRASE_CHARS_MAX));
        let who = who.filter(|it| !it.is_empty()).unwrap_or_else(|| "A contact of yours".into());
        let text = format!(
            "{who} has written to you in the chat, and you are away.\n\n\
             Page: {}\n\n{}\n\n\
             Read and answer: {}\n",
            place(page),
            quoted(first_words),
            self.console_link(*conversation),
        );
        NewMail {
            reason: format!("owner_away:{conversation}:{owner}"),
            to: (*to).to_owned(),
            subject: format!("{who} is waiting in the chat"),
            text,
            conversation: Some(*conversation),
        }
    }

    /// To see whether mail goes out.
    pub(crate) fn trial(&self, to: &str) -> NewMail {
        NewMail {
            reason: "trial".to_owned(),
            to: to.to_owned(),
            subject: "Mail from Salotto works".to_owned(),
            text: format!("This mail was sent to see whether it arrives.\n\n{}\n", self.public_url),
            conversation: None,
        }
    }

    /// To a conversation in the console.
    pub(crate) fn console_link(&self, conversation: ConversationId) -> String {
        format!("{}/console/#/all/{conversation}", self.public_url)
    }
}

/// On one line, without anything that ends or hides a line, and not longer than so many
/// characters. For headers, and for whatever else must not look like more than it is.
pub(crate) fn one_line(text: &str, chars_max: usize) -> String {
    let shown: String = text.chars().map(|c| if is_unseen(c) { ' ' } else { c }).collect();
    let words: Vec<&str> = shown.split_whitespace().collect();
    let line = words.join(" ");
    if line.chars().count() <= chars_max {
        return line;
    }
    line.chars().take(chars_max.saturating_sub(1)).chain(['…']).collect()
}

/// Controls, line and paragraph separators, and what turns the direction of a text.
fn is_unseen(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{200E}' | '\u{200F}' | '\u{FEFF}')
        || matches!(letter, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

fn place(page: &Page) -> String {
    let url = one_line(&page.url, PHRASE_CHARS_MAX);
    let title = one_line(&page.title, PHRASE_CHARS_MAX);
    if title.is_empty() { url } else { format!("{title} ({url})") }
}

/// Every line with a mark before it: what a visitor wrote cannot pass for our own words.
pub(crate) fn quoted(words: &str) -> String {
    let cut: String = words.chars().take(WORDS_CHARS_MAX).collect();
    let lines: Vec<String> = cut
        .split(['\n', '\r', '\u{2028}', '\u{2029}'])
        .map(|line| one_line(line, WORDS_CHARS_MAX))
        .filter(|line| !line.is_empty())
        .map(|line| format!("> {line}"))
        .collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn away<'a>(page: &'a Page, contact: Option<&'a str>, first_words: &'a str) -> OwnerAway<'a> {
        OwnerAway {
            conversation: ConversationId::fresh(),
            owner: AgentId::fresh(),
            to: "anna@example.com",
            contact,
            page,
            first_words,
        }
    }

    fn page() -> Page {
        let url = "https://shop.example/lamps".to_owned();
        Page { url, title: "Lamps".to_owned(), ..Page::default() }
    }

    /// AS-3
    #[test]
    fn as_3_the_owner_is_told_who_wrote_what_and_where_to_answer() {
        let page = page();
        let away = away(&page, Some("Ugo Bianchi"), "Is the lamp\nstill there?");
        let mail = Letters::new("https://chat.example.com/").owner_is_away(&away);

        assert_eq!((mail.to.as_str(), mail.conversation), (away.to, Some(away.conversation)));
        assert_eq!(mail.reason, format!("owner_away:{}:{}", away.conversation, away.owner));
        assert_eq!(mail.subject, "Ugo Bianchi is waiting in the chat");
        let link = format!("https://chat.example.com/console/#/all/{}\n", away.conversation);
        assert!(mail.text.ends_with(&link), "{}", mail.text);
        assert!(mail.text.contains("Page: Lamps (https://shop.example/lamps)\n"), "{}", mail.text);
        assert!(mail.text.contains("\n> Is the lamp\n> still there?\n"), "{}", mail.text);
    }

    #[test]
    fn a_name_makes_no_line_of_its_own_and_words_none_that_is_ours() {
        let page = page();
        let name = "Ugo\r\nBcc: all@example.com\u{202E}";
        let away = away(&page, Some(name), "hi\r\n\r\nRead and answer: https://evil.example");
        let mail = Letters::new("https://chat.example.com").owner_is_away(&away);
        assert_eq!(mail.subject, "Ugo Bcc: all@example.com is waiting in the chat");
        assert!(mail.text.contains("\n> Read and answer: https://evil.example\n"), "{}", mail.text);
        assert_eq!(mail.text.matches("\nRead and answer").count(), 1);
    }

    #[test]
    fn nobody_has_a_name_and_everybody_says_something_too_long() {
        let page = Page::default();
        let words = "ö".repeat(9_000);
        let mail =
            Letters::new("http://127.0.0.1:8080").owner_is_away(&away(&page, Some(" "), &words));
        assert!(mail.subject.starts_with("A contact of yours "));
        assert!(mail.text.chars().count() < 1_000);
        assert_eq!(one_line("Läden & Söhne", 5), "Läde…");
    }
}
