//! Salotto from outside: real processes, real sockets, and the shape of the code itself.
//!
//! `node` starts and kills processes; `rest` and `socket` speak the documented protocol with no
//! line of the node's own code but the words of `protocol/`; `participant` keeps the client's
//! half of the promise (cursors, resending); `checker` holds what was recorded against the store.

pub mod checker;
pub mod cut;
pub mod desk;
pub mod node;
pub mod participant;
pub mod patience;
pub mod postgres;
pub mod rest;
pub mod socket;
pub mod tidy;
pub mod wire;
