//! What the journal itself refuses, whatever is to be decided.

use salotto_protocol::ErrorCode;

use super::write::Rejection;

pub(super) const NOT_FOUND: Rejection =
    Rejection { code: ErrorCode::NotFound, message: "There is no such conversation." };

/// Another node is the router by now.
pub(crate) const STALE_TERM: Rejection =
    Rejection { code: ErrorCode::Conflict, message: "The router's term is over." };

/// Somebody has come back.
pub(crate) const ATTENDED: Rejection =
    Rejection { code: ErrorCode::Conflict, message: "Somebody is there." };

pub(super) const INTERNAL: Rejection =
    Rejection { code: ErrorCode::Internal, message: "This could not be decided. Try again." };
