//! Why the link does not stand.

use redis::{RedisError, ServerError};

use crate::link_url::Server;

/// Never holds a password: Redis does not repeat one.
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum Trouble {
    #[error("{server} cannot be reached: {error}")]
    Unreachable { server: Server, error: RedisError },
    #[error("{server} refuses: {error}")]
    Refused { server: Server, error: String },
    #[error("{server} is a replica: what is published there reaches nobody elsewhere")]
    NotMaster { server: Server },
    #[error("no sentinel says where the master of {service} is")]
    NoMaster { service: String },
    #[error("the cluster has slots that no master serves")]
    Unserved,
    #[error("probes of our own did not come back")]
    Deaf,
    #[error("the subscription was ended")]
    Ended,
    #[error("other servers have our topics now")]
    Moved,
}

impl Trouble {
    /// An error that names no wrong of ours means that the server is not there.
    pub(super) fn at(server: &Server, error: RedisError) -> Trouble {
        let server = server.clone();
        let is_refusal =
            error.code().is_some() || error.kind() == redis::ErrorKind::AuthenticationFailed;
        if is_refusal {
            Trouble::Refused { server, error: error.to_string() }
        } else {
            Trouble::Unreachable { server, error }
        }
    }

    pub(super) fn refused(server: &Server, error: &ServerError) -> Trouble {
        let details = error.details().unwrap_or_default();
        let error = format!("{} {details}", error.code());
        Trouble::Refused { server: server.clone(), error }
    }

    /// Of the same kind: not told again while it lasts.
    pub(super) fn resembles(&self, other: &Trouble) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}
