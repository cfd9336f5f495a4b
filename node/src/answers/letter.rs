//! The letter that brings an answer: the question, what was answered, and the way back. Pure.

use salotto_protocol::promise::EmailAddress;
use salotto_protocol::{ConversationId, Page, Seq};

use crate::mail::{one_line, quoted};
use crate::store::NewMail;

const SUBJECT_CHARS_MAX: usize = 80;
const NAME_CHARS_MAX: usize = 100;
/// Longer ones are not made into links.
const URL_CHARS_MAX: usize = 1_000;
/// Messages of the visitor, each cut by `quoted`.
const QUESTIONS_MAX: usize = 5;

pub(super) struct Letter<'a> {
    pub(super) conversation: ConversationId,
    pub(super) to: &'a EmailAddress,
    /// Where the conversation began.
    pub(super) page: &'a Page,
    /// What the visitor had written last.
    pub(super) question: Vec<&'a str>,
    /// By whom and what, in their order.
    pub(super) answers: Vec<(&'a str, &'a str)>,
    /// Of the answers: no other letter brings them.
    pub(super) range: (Seq, Seq),
}

impl Letter<'_> {
    pub(super) fn write(&self) -> NewMail {
        let Letter { conversation, to, range: (first, last), .. } = self;
        NewMail {
            reason: format!("answer:{conversation}:{}-{}", first.0, last.0),
            to: to.as_str().to_owned(),
            subject: self.subject(),
            text: self.text(),
            conversation: Some(*conversation),
        }
    }

    fn subject(&self) -> String {
        let asked = self.question.last().map(|it| one_line(it, SUBJECT_CHARS_MAX));
        match asked.filter(|it| !it.is_empty()) {
            Some(asked) => format!("Re: {asked}"),
            None => "Our answer to your question".to_owned(),
        }
    }

    fn text(&self) -> String {
        let mut text =
            "You asked us in the chat, and we promised an answer by e-mail.\n".to_owned();
        let from = self.question.len().saturating_sub(QUESTIONS_MAX);
        let question: Vec<String> = self.question[from..].iter().map(|it| quoted(it)).collect();
        if !question.is_empty() {
            text += &format!("\n{}\n", question.join("\n>\n"));
        }
        let mut author = "";
        for (name, words) in &self.answers {
            if *name != author {
                text += &format!("\n{} wrote:\n", one_line(name, NAME_CHARS_MAX));
                author = name;
            }
            text += &format!("\n{}\n", readable(words));
        }
        if let Some(url) = link(self.page) {
            text += &format!("\nGo on with the conversation where it began:\n{url}\n");
        }
        text
    }
}

/// Its lines as they were, without what a mail must not hold.
fn readable(words: &str) -> String {
    let plain = words.replace("\r\n", "\n").replace('\r', "\n");
    let is_shown = |c: &char| !c.is_control() || matches!(c, '\n' | '\t');
    plain.chars().filter(is_shown).collect::<String>().trim_end().to_owned()
}

/// A browser said where it was: nothing but a page of the web is a link.
fn link(page: &Page) -> Option<&str> {
    let url = page.url.trim();
    let is_web = url.starts_with("https://") || url.starts_with("http://");
    let is_plain = url.chars().all(|c| c.is_ascii_graphic()) && url.len() <= URL_CHARS_MAX;
    (is_web && is_plain).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(url: &str) -> Page {
        Page { url: url.to_owned(), ..Page::default() }
    }

    fn written(question: Vec<&str>, answers: Vec<(&str, &str)>, page: &Page) -> NewMail {
        let to = EmailAddress::parse("grace@mail.example").expect("an address");
        let conversation = ConversationId(uuid::Uuid::nil());
        let range = (Seq(7), Seq(9));
        Letter { conversation, to: &to, page, question, answers, range }.write()
    }

    #[test]
    fn by_15_the_letter_quotes_the_question_holds_the_answer_and_leads_back() {
        let page = page("https://shop.example/lamps?id=7");
        let answers = vec![("Anna", "It is.\nShall we send it?"), ("Anna", "On us."), ("Bo", "Hi")];
        let mail = written(vec!["Hello", "Is the lamp\nstill there?"], answers, &page);

        assert_eq!(
            (mail.to.as_str(), mail.subject.as_str()),
            ("grace@mail.example", "Re: Is the lamp still there?",)
        );
        assert_eq!(mail.reason, "answer:00000000-0000-0000-0000-000000000000:7-9");
        let expected = "You asked us in the chat, and we promised an answer by e-mail.\n\
            \n> Hello\n>\n> Is the lamp\n> still there?\n\
            \nAnna wrote:\n\nIt is.\nShall we send it?\n\nOn us.\n\nBo wrote:\n\nHi\n\
            \nGo on with the conversation where it began:\nhttps://shop.example/lamps?id=7\n";
        assert_eq!(mail.text, expected);
    }

    #[test]
    fn what_a_stranger_said_makes_no_header_and_no_other_link() {
        for url in ["javascript:alert(1)", "https://a.example/\nBcc: x", "", "file:///etc"] {
            let question = vec!["hi\r\nBcc: eve@evil.example"];
            let mail = written(question, vec![("Anna\r\nX: y", "ok\u{7}\0")], &page(url));
            assert!(!mail.subject.contains(['\r', '\n']) && !mail.text.contains("where it began"));
            assert!(mail.text.ends_with("\nAnna X: y wrote:\n\nok\n"), "{:?}", mail.text);
        }
    }

    #[test]
    fn a_letter_has_an_end_however_much_was_asked() {
        let long = "ö".repeat(9_000);
        let mail = written(vec![&long; 40], vec![("Anna", "Yes.")], &page("https://shop.example/"));
        assert!(mail.text.chars().count() < 3_500, "{}", mail.text.chars().count());
        assert!(mail.subject.chars().count() < 90);
        assert_eq!(written(vec![], vec![], &page("")).subject, "Our answer to your question");
    }
}
