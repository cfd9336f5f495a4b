//! Ids and positions, each a type of its own, so that a swapped argument does not compile.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A fresh id whose order follows its time of birth (UUID version 7).
            pub fn fresh() -> Self {
                $name(Uuid::now_v7())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(out)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                text.parse().map($name)
            }
        }
    };
}

id!(
    /// A browser on a site. First-party to the site: two sites never share one (REG-12).
    VisitorId
);
id!(
    /// An account with a seat: a person who answers.
    AgentId
);
id!(
    /// One exchange from start to close.
    ConversationId
);
id!(
    /// The settings of a chat on a set of pages.
    ChatflowId
);
id!(
    /// A container of conversations (OBJ-1).
    InboxId
);
id!(
    /// Agents together (OBJ-11).
    TeamId
);
id!(
    /// Something that somebody is good at (SK-2).
    SkillId
);
id!(
    /// A known person with an e-mail address.
    ContactId
);
id!(
    /// A web site that embeds the loader.
    SiteId
);
id!(
    /// One running node. A restarted node takes a new one.
    NodeId
);
id!(
    /// Chosen by the sender; makes a repeat harmless.
    ClientId
);
id!(
    /// Belongs to the store; drawn anew when a store was restored from a backup.
    Epoch
);

/// Position of an entry in its conversation's log. The first entry has 1; 0 is before the first.
#[derive(
    Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(transparent)]
pub struct Seq(pub u32);

impl Seq {
    pub fn next(self) -> Seq {
        Seq(self.0 + 1)
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

/// A random positive number below 2^53, for people and for interfaces with numeric ids.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct ConversationNumber(pub i64);
