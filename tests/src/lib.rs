//! Salotto from outside: real processes, real sockets, and the shape of the code itself.
//!
//! `node` starts and kills processes; `rest` and `socket` speak the documented protocol with no
//! line of the node's own code but the words of `protocol/`; `participant` keeps the client's
//! half of the promise (cursors, resending); `checker` holds what was recorded against the store;
//! `history` adds times and judges what a whole cluster did; `fault_proxy` stands between any two
//! processes and spoils what they say to each other; `postgres`, `redis` and `smtp` start real
//! servers; `mutation` breaks the node on purpose, to see that all this notices;
//! `cluster` puts all of this together, and hurts it by a plan;
//! `spec` finds which tests show which rows of the specification;
//! `burst` lets thousands begin at once;
//! `chart` and `prometheus` drive programs of others (`tool`); `cpu` reads what all that costs.

pub mod burst;
pub mod chart;
pub mod checker;
pub mod cluster;
pub mod cpu;
pub mod cut;
pub mod desk;
pub mod fault_proxy;
pub mod history;
pub mod mutation;
pub mod node;
pub mod participant;
pub mod patience;
pub mod postgres;
pub mod prometheus;
pub mod redis;
pub mod rest;
pub mod smtp;
pub mod socket;
pub mod spec;
pub mod tidy;
pub mod tool;
pub mod wire;
