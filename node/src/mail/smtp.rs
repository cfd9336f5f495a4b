//! Speaks SMTP: one connection for one mail, so that a broken exchange spoils no other.

use std::time::{Duration, UNIX_EPOCH};

use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::extension::ClientId;

use super::letters::one_line;
use crate::mail_url::{MailUrl, Security};
use crate::store::ClaimedMail;

/// From the connection to the server's last word. A server that takes longer is tried again.
pub(super) const EXCHANGE_MAX: Duration = Duration::from_secs(30);
/// For a farewell that changes nothing.
const QUIT_MAX: Duration = Duration::from_secs(1);
/// Longer lines make no subject.
const SUBJECT_CHARS_MAX: usize = 200;

/// The server, and whom mails come from.
pub(crate) struct Smtp {
    url: MailUrl,
    from: Mailbox,
    tls: Option<TlsParameters>,
}

/// Why a mail did not go out, in words.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    #[error("the SMTP server cannot be reached: {0}")]
    Unreachable(String),
    #[error("the connection to the SMTP server cannot be encrypted: {0}")]
    Insecure(String),
    #[error("the SMTP server does not accept the login: {0}")]
    Login(String),
    #[error("the SMTP server does not take the mail now: {0}")]
    NotNow(String),
    #[error("the SMTP server refuses the mail: {0}")]
    Refused(String),
}

impl Trouble {
    /// It is the server's or the settings', and would have met any mail.
    pub(super) fn is_servers(&self) -> bool {
        match self {
            Trouble::Unreachable(_) | Trouble::Insecure(_) | Trouble::Login(_) => true,
            Trouble::NotNow(_) | Trouble::Refused(_) => false,
        }
    }

    /// For the log: an answer of the server may name people.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Trouble::Unreachable(_) => "unreachable",
            Trouble::Insecure(_) => "insecure",
            Trouble::Login(_) => "login",
            Trouble::NotNow(_) => "not_now",
            Trouble::Refused(_) => "refused",
        }
    }
}

impl Smtp {
    /// `from` has been checked. The machine's certificate authorities are read once, here.
    pub(crate) fn new(url: MailUrl, from: &str) -> Result<Smtp, Trouble> {
        let from = from.parse().map_err(|error| Trouble::Refused(format!("mail.from: {error}")))?;
        let tls = match url.security {
            Security::Plain => None,
            Security::StartTls | Security::Tls => {
                let tls = TlsParameters::new(url.server.host.clone());
                Some(tls.map_err(|error| Trouble::Insecure(error.to_string()))?)
            }
        };
        Ok(Smtp { url, from, tls })
    }

    /// Hands one mail over. After an error on the way back it may have been taken all the same:
    /// whoever gets it twice sees it by its Message-ID, which is always the same.
    pub(crate) async fn send(&self, mail: &ClaimedMail) -> Result<(), Trouble> {
        let message = self.message(mail)?;
        match tokio::time::timeout(EXCHANGE_MAX, self.exchange(&message)).await {
            Ok(exchanged) => exchanged,
            Err(_) => {
                let seconds = EXCHANGE_MAX.as_secs();
                Err(Trouble::Unreachable(format!("it did not answer within {seconds} s")))
            }
        }
    }

    async fn exchange(&self, message: &Message) -> Result<(), Trouble> {
        let mut connection = self.connect().await?;
        if let (Some(user), Some(password)) = (&self.url.user, &self.url.password) {
            let login = Credentials::new(user.clone(), password.clone());
            let welcome = connection.auth(DEFAULT_MECHANISMS, &login).await;
            welcome.map_err(|error| if_answered(&error, Trouble::Login))?;
        }
        let taken = connection.send(message.envelope(), &message.formatted()).await;
        let _ = tokio::time::timeout(QUIT_MAX, connection.quit()).await;
        taken.map(drop).map_err(|error| untaken(&error))
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Trouble> {
        let (host, port) = (self.url.server.host.as_str(), self.url.server.port);
        let me = ClientId::default();
        let at_once = self.tls.clone().filter(|_| self.url.security == Security::Tls);
        let connected =
            AsyncSmtpConnection::connect_tokio1((host, port), None, &me, at_once, None).await;
        let mut connection = connected.map_err(|error| match error.is_tls() {
            true => Trouble::Insecure(error.to_string()),
            false => Trouble::Unreachable(error.to_string()),
        })?;
        match (self.url.security, self.tls.clone()) {
            (Security::StartTls, Some(_)) if !connection.can_starttls() => {
                Err(Trouble::Insecure("it does not offer STARTTLS".to_owned()))
            }
            (Security::StartTls, Some(tls)) => {
                let encrypted = connection.starttls(tls, &me).await;
                encrypted.map_err(|error| Trouble::Insecure(error.to_string()))?;
                Ok(connection)
            }
            (Security::StartTls | Security::Tls | Security::Plain, _) => Ok(connection),
        }
    }

    fn message(&self, mail: &ClaimedMail) -> Result<Message, Trouble> {
        let to: Mailbox = mail.to.parse().map_err(|_| {
            Trouble::Refused("what it is addressed to is no e-mail address".to_owned())
        })?;
        let written = Duration::from_millis(u64::try_from(mail.created_at_ms).unwrap_or(0));
        let built = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to.email))
            .subject(one_line(&mail.subject, SUBJECT_CHARS_MAX))
            .message_id(Some(format!("<{}@{}>", mail.id, self.from.email.domain())))
            .date(UNIX_EPOCH + written)
            // RFC 3834: nobody's absence answers it.
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ))
            .header(ContentType::TEXT_PLAIN)
            .body(mail.text.clone());
        built.map_err(|error| Trouble::Refused(error.to_string()))
    }
}

/// A server that wants a login, or another one, would want it for any mail.
fn untaken(error: &Error) -> Trouble {
    let code = error.status().map(u16::from);
    if matches!(code, Some(530 | 534 | 535 | 538)) {
        Trouble::Login(error.to_string())
    } else if error.is_permanent() || error.is_client() {
        Trouble::Refused(error.to_string())
    } else if error.is_transient() {
        Trouble::NotNow(error.to_string())
    } else {
        Trouble::Unreachable(error.to_string())
    }
}

fn if_answered(error: &Error, trouble: fn(String) -> Trouble) -> Trouble {
    if error.status().is_some() || error.is_client() {
        trouble(error.to_string())
    } else {
        Trouble::Unreachable(error.to_string())
    }
}
