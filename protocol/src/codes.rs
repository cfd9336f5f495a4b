//! Error codes and close codes: a closed set, stable for ever.

use serde::{Deserialize, Serialize};

/// Why a frame or a request was refused. Clients branch on it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// Not JSON, or not UTF-8, or NUL in a text.
    BadJson,
    /// A `type` that this protocol does not have, or that this role may not send.
    UnknownFrame,
    /// A field is missing, of the wrong type, too long or empty; `field` names it.
    BadField,
    /// The first frame was not `hello`, or `hello` came twice.
    BadHello,
    /// The protocol version is not spoken here.
    UnsupportedProtocol,
    /// No valid token or session.
    Unauthenticated,
    /// Signed in, but not allowed this.
    Forbidden,
    /// The site is unknown or may not be used from this origin.
    WrongSite,
    NotFound,
    /// The conversation is closed.
    Closed,
    /// The same client id with another body.
    ClientIdReused,
    /// What was asked for does not fit the present state.
    Conflict,
    /// Too many, too fast; `retry_after_ms` says when again.
    RateLimited,
    /// The node is full or the journal's queue is; nothing was written; try again.
    Busy,
    /// The node drains.
    Draining,
    TooLarge,
    /// The store failed; whether it was written is unknown; send again with the same client id.
    StoreFailed,
    /// Our fault.
    Internal,
}

impl ErrorCode {
    /// Whether the same frame may succeed later: a client keeps it and tries again.
    pub fn is_temporary(self) -> bool {
        match self {
            ErrorCode::RateLimited
            | ErrorCode::Busy
            | ErrorCode::Draining
            | ErrorCode::StoreFailed
            | ErrorCode::Internal => true,
            ErrorCode::BadJson
            | ErrorCode::UnknownFrame
            | ErrorCode::BadField
            | ErrorCode::BadHello
            | ErrorCode::UnsupportedProtocol
            | ErrorCode::Unauthenticated
            | ErrorCode::Forbidden
            | ErrorCode::WrongSite
            | ErrorCode::NotFound
            | ErrorCode::Closed
            | ErrorCode::ClientIdReused
            | ErrorCode::Conflict
            | ErrorCode::TooLarge => false,
        }
    }
}

/// Why a node closed a socket.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum CloseCode {
    Normal,
    GoingAway,
    ProtocolError,
    BadData,
    TooLarge,
    InternalError,
    /// The node drains; a `reconnect` frame said when to come back.
    Restart,
    /// Refused at `hello`; a `refused` frame said when to come back.
    TryLater,
    Unauthenticated,
    BadHello,
    HelloTimeout,
    Forbidden,
    SlowConsumer,
    HeartbeatLost,
    RateLimited,
}

/// What a client does after a close.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ComeBack {
    /// Connect again with jittered back-off and resume from the cursors.
    Resume,
    /// Get a new token first.
    Reauthenticate,
    /// The client is at fault; the same again gets the same answer.
    Never,
}

impl CloseCode {
    pub const ALL: [CloseCode; 15] = [
        CloseCode::Normal,
        CloseCode::GoingAway,
        CloseCode::ProtocolError,
        CloseCode::BadData,
        CloseCode::TooLarge,
        CloseCode::InternalError,
        CloseCode::Restart,
        CloseCode::TryLater,
        CloseCode::Unauthenticated,
        CloseCode::BadHello,
        CloseCode::HelloTimeout,
        CloseCode::Forbidden,
        CloseCode::SlowConsumer,
        CloseCode::HeartbeatLost,
        CloseCode::RateLimited,
    ];

    pub fn number(self) -> u16 {
        match self {
            CloseCode::Normal => 1000,
            CloseCode::GoingAway => 1001,
            CloseCode::ProtocolError => 1002,
            CloseCode::BadData => 1007,
            CloseCode::TooLarge => 1009,
            CloseCode::InternalError => 1011,
            CloseCode::Restart => 1012,
            CloseCode::TryLater => 1013,
            CloseCode::Unauthenticated => 4001,
            CloseCode::BadHello => 4002,
            CloseCode::HelloTimeout => 4003,
            CloseCode::Forbidden => 4004,
            CloseCode::SlowConsumer => 4008,
            CloseCode::HeartbeatLost => 4009,
            CloseCode::RateLimited => 4029,
        }
    }

    pub fn from_number(number: u16) -> Option<CloseCode> {
        CloseCode::ALL.into_iter().find(|code| code.number() == number)
    }

    pub fn come_back(self) -> ComeBack {
        match self {
            CloseCode::GoingAway
            | CloseCode::InternalError
            | CloseCode::Restart
            | CloseCode::TryLater
            | CloseCode::HelloTimeout
            | CloseCode::SlowConsumer
            | CloseCode::HeartbeatLost
            | CloseCode::RateLimited => ComeBack::Resume,
            CloseCode::Unauthenticated => ComeBack::Reauthenticate,
            CloseCode::Normal
            | CloseCode::ProtocolError
            | CloseCode::BadData
            | CloseCode::TooLarge
            | CloseCode::BadHello
            | CloseCode::Forbidden => ComeBack::Never,
        }
    }
}
