//! What the journal itself refuses, whatever is to be decided.

use salotto_protocol::ErrorCode;

use super::write::Rejection;

pub(super) const NOT_FOUND: Rejection =
    Rejection::new(ErrorCode::NotFound, "There is no such conversation.");

/// Another node is the router by now.
pub(crate) const STALE_TERM: Rejection =
    Rejection::new(ErrorCode::Conflict, "The router's term is over.");

/// Somebody has come back.
pub(crate) const ATTENDED: Rejection = Rejection::new(ErrorCode::Conflict, "Somebody is there.");

pub(super) const INTERNAL: Rejection =
    Rejection::new(ErrorCode::Internal, "This could not be decided. Try again.");
