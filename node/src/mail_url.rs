//! Where mail goes out: `mail.url`, taken apart once, and whose name it bears. Errors never repeat
//! the URL: it may hold a password.

use std::fmt;

use lettre::message::Mailbox;

use crate::link_url::{Server, decoded, server};

const SUBMISSION_PORT: u16 = 587;
const SUBMISSIONS_PORT: u16 = 465;
const SMTP_PORT: u16 = 25;

#[derive(Clone, Eq, PartialEq)]
pub(crate) struct MailUrl {
    pub(crate) security: Security,
    pub(crate) server: Server,
    pub(crate) user: Option<String>,
    pub(crate) password: Option<String>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Security {
    /// Nothing is said before the connection is encrypted.
    StartTls,
    /// Encrypted from the first byte.
    Tls,
    /// Never: for a server on this machine or in a network of one's own.
    Plain,
}

/// Without the password.
impl fmt::Debug for MailUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("MailUrl")
            .field("security", &self.security)
            .field("server", &self.server)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

impl MailUrl {
    /// `None`: no mail. What is wrong with it follows the setting's name.
    pub(crate) fn parse(url: &str) -> Result<Option<MailUrl>, String> {
        match url.split_once(':') {
            None if url.is_empty() => Ok(None),
            Some(("smtp", rest)) => read(Security::StartTls, SUBMISSION_PORT, rest).map(Some),
            Some(("smtps", rest)) => read(Security::Tls, SUBMISSIONS_PORT, rest).map(Some),
            Some(("smtp+plain", rest)) => read(Security::Plain, SMTP_PORT, rest).map(Some),
            Some(_) | None => {
                Err("must be empty or begin with smtp:// (STARTTLS), smtps:// or smtp+plain://"
                    .into())
            }
        }
    }

    /// A password is not sent in the clear, and one alone opens nothing.
    pub(crate) fn check_login(&self) -> Result<(), &'static str> {
        match (self.security, &self.user, &self.password) {
            (Security::Plain, None, None) => Ok(()),
            (Security::Plain, _, _) => Err("must be smtp:// or smtps:// to sign in: a password \
                 would be sent in the clear"),
            (_, Some(_), Some(_)) | (_, None, None) => Ok(()),
            (_, Some(_), None) => Err("names a user and no password"),
            (_, None, Some(_)) => Err("must name the user of the password, as in smtp://USER@HOST"),
        }
    }
}

/// `//[user[:password]@]host[:port]`
fn read(security: Security, default_port: u16, rest: &str) -> Result<MailUrl, String> {
    let rest = rest.strip_prefix("//").ok_or("must have // before the server")?;
    if rest.contains(['?', '#']) {
        return Err("must have no ? and no # (in a password: %3F and %23)".to_owned());
    }
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let (login, host) = match rest.rsplit_once('@') {
        Some((login, host)) => (Some(login), host),
        None => (None, rest),
    };
    let server = server(host, default_port).filter(|it| is_host(&it.host));
    let server = server.ok_or("must name a server as HOST or HOST:PORT")?;
    let (user, password) = match login {
        None => (None, None),
        Some(login) => match login.split_once(':') {
            Some((user, password)) => (some(user)?, some(password)?),
            None => (some(login)?, None),
        },
    };
    Ok(MailUrl { security, server, user, password })
}

fn is_host(host: &str) -> bool {
    host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':'))
}

fn some(text: &str) -> Result<Option<String>, String> {
    if text.is_empty() { Ok(None) } else { decoded(text).map(Some) }
}

/// Whether mail can come from here: `chat@example.com`, or `A Shop <chat@example.com>`.
pub(crate) fn check_sender(text: &str) -> Result<(), String> {
    let is_one_line = !text.chars().any(char::is_control);
    match text.parse::<Mailbox>() {
        Ok(_) if is_one_line => Ok(()),
        Ok(_) | Err(_) => Err("must be an e-mail address such as chat@example.com or \
            A Shop <chat@example.com>"
            .to_owned()),
    }
}

/// Whether links can begin with it: `https://chat.example.com`, perhaps with a path.
pub(crate) fn check_public_url(url: &str) -> Result<(), String> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let is_url = rest.is_some_and(|rest| {
        let (host, _) = rest.split_once('/').unwrap_or((rest, ""));
        server(host, 443).is_some_and(|it| is_host(&it.host))
            && rest.chars().all(|c| c.is_ascii_graphic() && !"?#<>\"@\\".contains(c))
    });
    if is_url { Ok(()) } else { Err("must be a URL such as https://chat.example.com".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(url: &str) -> MailUrl {
        MailUrl::parse(url).expect(url).expect("a server")
    }

    #[test]
    fn the_scheme_says_how_it_is_encrypted_and_which_port_is_meant() {
        for (url, security, server) in [
            ("smtp://mx", Security::StartTls, "mx:587"),
            ("smtp://mx:25/", Security::StartTls, "mx:25"),
            ("smtps://mail.example.com", Security::Tls, "mail.example.com:465"),
            ("smtp+plain://[::1]:2525", Security::Plain, "[::1]:2525"),
            ("smtp+plain://127.0.0.1", Security::Plain, "127.0.0.1:25"),
        ] {
            let mail = mail(url);
            assert_eq!((mail.security, mail.server.to_string().as_str()), (security, server));
            assert_eq!(mail.check_login(), Ok(()));
        }
        assert_eq!(MailUrl::parse(""), Ok(None));
    }

    #[test]
    fn a_user_may_be_an_address_and_the_password_may_stand_elsewhere() {
        let url = mail("smtp://me@example.com:a%3Ab@mx");
        assert_eq!(
            (url.user.as_deref(), url.password.as_deref()),
            (Some("me@example.com"), Some("a:b"))
        );
        assert_eq!(url.check_login(), Ok(()));
        let url = mail("smtps://me@mx:465");
        assert_eq!((url.user.as_deref(), url.password.as_deref()), (Some("me"), None));
        assert_eq!(url.check_login(), Err("names a user and no password"));
    }

    #[test]
    fn a_password_is_not_sent_in_the_clear() {
        for url in ["smtp+plain://me:hunter2@mx", "smtp+plain://me@mx"] {
            let refused = mail(url).check_login().expect_err(url);
            assert!(refused.contains("in the clear") && !refused.contains("hunter2"));
        }
    }

    #[test]
    fn what_is_wrong_is_said_without_the_url() {
        for (url, complaint) in [
            ("hunter2", "must be empty or begin with"),
            ("http://hunter2", "must be empty or begin with"),
            ("smtp:hunter2", "must have // before the server"),
            ("smtp://", "must name a server"),
            ("smtp://me:hunter2@", "must name a server"),
            ("smtp://me:hunter2@mx:0", "must name a server"),
            ("smtp://me:hunter2@m x", "must name a server"),
            ("smtp://me:hunter2@mx/hunter2", "must name a server"),
            ("smtp://me:hunter%2@mx", "must write a % in a user or password as %25"),
            ("smtp://me:hunter2?@mx", "must have no ? and no #"),
        ] {
            let refused = MailUrl::parse(url).expect_err(url);
            assert!(refused.starts_with(complaint), "{url}: {refused}");
            assert!(!refused.contains("hunter2"), "{refused}");
        }
        assert!(!format!("{:?}", MailUrl::parse("smtp://me:hunter2@mx")).contains("hunter2"));
    }

    #[test]
    fn a_sender_is_one_address_with_or_without_a_name() {
        for sender in ["chat@example.com", "A Shop <chat@example.com>", "Läden <a@b.example>"] {
            assert_eq!(check_sender(sender), Ok(()), "{sender}");
        }
        for sender in ["", "chat", "chat@", "A <chat@a.b>\r\nBcc: x@y.z", "a@b.c, d@e.f"] {
            assert!(check_sender(sender).is_err(), "{sender:?}");
        }
    }

    #[test]
    fn links_begin_with_an_http_address() {
        for url in ["https://chat.example.com", "http://127.0.0.1:8080", "https://a.b/chat/"] {
            assert_eq!(check_public_url(url), Ok(()), "{url}");
        }
        for url in
            ["", "chat.example.com", "ftp://a.b", "https://", "https://a.b/?x", "https://a b"]
        {
            assert!(check_public_url(url).is_err(), "{url}");
        }
    }
}
