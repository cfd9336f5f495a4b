//! `salotto mail test`: one mail to an address, and in words what is wrong if it cannot go out.

use uuid::Uuid;

use super::Failed;
use crate::clock;
use crate::config::Config;
use crate::mail::{Letters, Smtp};

/// Past the store: nobody tries it again.
pub(crate) async fn mail_test(config: &Config, to: &str) -> Result<String, Failed> {
    let Some(mail) = &config.mail else {
        return Err(Failed::Config(config.complain("mail.url", "is empty: no mail goes out")));
    };
    let refused = |trouble| Failed::Refused(format!("no mail went out: {trouble}"));
    let smtp = Smtp::new(mail.url.clone(), &mail.from).map_err(refused)?;
    let letter = Letters::new(&mail.public_url).trial(to);
    smtp.send(&letter.claimed(Uuid::now_v7(), clock::now_ms())).await.map_err(refused)?;
    Ok(format!("{} has taken a mail to {to}", mail.url.server))
}
