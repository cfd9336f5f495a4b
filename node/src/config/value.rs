//! What a setting may be: its kinds, how they are written, and what is wrong with a value.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;
use toml::de::DeValue;

use crate::link_url::LinkUrl;
use crate::mail_url::{self, MailUrl};

#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// An IP address and a port; port 0 takes any free one.
    Address,
    Number {
        min: u64,
        max: u64,
    },
    Flag,
    /// IP addresses and CIDR ranges.
    Networks,
    StoreUrl,
    LinkUrl,
    MailUrl,
    /// An e-mail address, perhaps with a name.
    MailSender,
    /// What links begin with.
    PublicUrl,
    Secret {
        min_chars: usize,
    },
    /// A file that holds the secret alone.
    SecretFile,
    Word(&'static [&'static str]),
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Value {
    Text(String),
    Number(u64),
    Flag(bool),
    List(Vec<String>),
}

impl Kind {
    /// From a variable, or a default.
    pub(super) fn parse(self, text: &str) -> Result<Value, String> {
        let value = match self {
            Kind::Number { .. } => {
                Value::Number(text.parse().map_err(|_| format!("must be a number, not {text:?}"))?)
            }
            Kind::Flag => match text {
                "true" => Value::Flag(true),
                "false" => Value::Flag(false),
                _ => return Err(format!("must be true or false, not {text:?}")),
            },
            Kind::Networks => Value::List(
                text.split(',')
                    .map(str::trim)
                    .filter(|it| !it.is_empty())
                    .map(Into::into)
                    .collect(),
            ),
            Kind::Address
            | Kind::StoreUrl
            | Kind::LinkUrl
            | Kind::MailUrl
            | Kind::MailSender
            | Kind::PublicUrl
            | Kind::Secret { .. }
            | Kind::SecretFile
            | Kind::Word(_) => Value::Text(text.to_owned()),
        };
        self.check(&value).map(|()| value)
    }

    pub(super) fn read(self, found: &DeValue<'_>) -> Result<Value, String> {
        let wrong = |wanted: &str| format!("must be {wanted}, not {}", found.type_str());
        let value = match self {
            Kind::Number { .. } => {
                let number = found.as_integer().ok_or_else(|| wrong("a number"))?;
                let number = i128::from_str_radix(number.as_str(), number.radix())
                    .map_err(|_| wrong("a number"))?;
                Value::Number(u64::try_from(number).map_err(|_| self.out_of_range(number))?)
            }
            Kind::Flag => Value::Flag(found.as_bool().ok_or_else(|| wrong("true or false"))?),
            Kind::Networks => {
                let list = found.as_array().ok_or_else(|| wrong("a list of addresses"))?;
                let texts = list.iter().map(|it| it.get_ref().as_str().map(Into::into));
                Value::List(texts.collect::<Option<_>>().ok_or("must hold strings only")?)
            }
            Kind::Address
            | Kind::StoreUrl
            | Kind::LinkUrl
            | Kind::MailUrl
            | Kind::MailSender
            | Kind::PublicUrl
            | Kind::Secret { .. }
            | Kind::SecretFile
            | Kind::Word(_) => {
                Value::Text(found.as_str().ok_or_else(|| wrong("a string"))?.to_owned())
            }
        };
        self.check(&value).map(|()| value)
    }

    fn check(self, value: &Value) -> Result<(), String> {
        match (self, value) {
            (Kind::Number { min, max }, Value::Number(number)) => {
                if (min..=max).contains(number) {
                    Ok(())
                } else {
                    Err(self.out_of_range(*number))
                }
            }
            (Kind::Networks, Value::List(list)) => list.iter().try_for_each(|text| {
                network(text).map(|_| ()).ok_or_else(|| {
                    format!("must hold addresses or ranges such as 10.0.0.0/8, not {text:?}")
                })
            }),
            (Kind::Flag, Value::Flag(_)) => Ok(()),
            (_, Value::Text(text)) => self.check_text(text),
            (_, Value::Number(_) | Value::Flag(_) | Value::List(_)) => {
                Err("has the wrong type".to_owned())
            }
        }
    }

    fn check_text(self, text: &str) -> Result<(), String> {
        match self {
            Kind::Address => text
                .parse::<SocketAddr>()
                .map(|_| ())
                .map_err(|_| format!("must be an address such as 127.0.0.1:8080, not {text:?}")),
            Kind::StoreUrl => check_store_url(text),
            Kind::LinkUrl => LinkUrl::parse(text).map(|_| ()),
            Kind::MailUrl => MailUrl::parse(text).map(|_| ()),
            Kind::MailSender => mail_url::check_sender(text),
            Kind::PublicUrl => mail_url::check_public_url(text),
            Kind::Secret { min_chars } if text.chars().count() < min_chars => {
                Err(format!("must have at least {min_chars} characters"))
            }
            Kind::Secret { .. } if text.chars().any(char::is_control) => {
                Err("must have no control characters".to_owned())
            }
            Kind::SecretFile if text.is_empty() => Err("must name a file".to_owned()),
            Kind::Word(words) if !words.contains(&text) => {
                Err(format!("must be one of {}, not {text:?}", words.join(", ")))
            }
            Kind::Secret { .. } | Kind::SecretFile | Kind::Word(_) => Ok(()),
            Kind::Number { .. } | Kind::Flag | Kind::Networks => {
                Err("has the wrong type".to_owned())
            }
        }
    }

    fn out_of_range(self, number: impl std::fmt::Display) -> String {
        match self {
            Kind::Number { min, max } => format!("must be from {min} to {max}, not {number}"),
            Kind::Address
            | Kind::Flag
            | Kind::Networks
            | Kind::StoreUrl
            | Kind::LinkUrl
            | Kind::MailUrl
            | Kind::MailSender
            | Kind::PublicUrl
            | Kind::Secret { .. }
            | Kind::SecretFile
            | Kind::Word(_) => "has the wrong type".to_owned(),
        }
    }
}

/// A range, or one address as a range of its own.
pub(super) fn network(text: &str) -> Option<IpNet> {
    text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

/// Never repeats the URL: it may hold a password.
fn check_store_url(url: &str) -> Result<(), String> {
    match url.split_once(':') {
        Some(("sqlite", "" | ":memory:")) => {
            Err("must name a file after sqlite:, such as sqlite:salotto.db".to_owned())
        }
        Some(("sqlite", _)) => Ok(()),
        Some(("postgres" | "postgresql", rest)) if rest.starts_with("//") => Ok(()),
        Some(_) | None => Err("must be sqlite:FILE or postgres://USER@HOST/DATABASE".to_owned()),
    }
}
