//! From stored values to the words of the protocol: what does not fit is an error, not a panic.

use salotto_protocol::Seq;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::StoreError;

pub(super) fn seq(stored: i64) -> Result<Seq, StoreError> {
    count(stored).map(Seq)
}

pub(super) fn count(stored: i64) -> Result<u32, StoreError> {
    u32::try_from(stored).map_err(|_| StoreError::Undecodable(format!("the count {stored}")))
}

pub(super) fn word<T>(stored: &str, from_word: fn(&str) -> Option<T>) -> Result<T, StoreError> {
    from_word(stored).ok_or_else(|| StoreError::Undecodable(format!("the word {stored:?}")))
}

/// The error says where in the text, never the text: somebody may have written it in confidence.
pub(super) fn json<T: DeserializeOwned>(stored: &str) -> Result<T, StoreError> {
    serde_json::from_str(stored).map_err(|error| {
        StoreError::Undecodable(format!("JSON, line {} column {}", error.line(), error.column()))
    })
}

/// An empty text is nothing.
pub(super) fn json_or_default<T: DeserializeOwned + Default>(
    stored: &str,
) -> Result<T, StoreError> {
    if stored.is_empty() { Ok(T::default()) } else { json(stored) }
}

pub(super) fn to_json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("stored values are plain data")
}

pub(super) fn bytes<const N: usize>(stored: &[u8]) -> Result<[u8; N], StoreError> {
    stored
        .try_into()
        .map_err(|_| StoreError::Undecodable(format!("{} bytes in place of {N}", stored.len())))
}
