//! What `benches/` drives; nothing else of the node can be reached from outside.

pub use crate::router::Decisions;
