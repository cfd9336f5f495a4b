//! Real Redis servers for tests: one, one with sentinels, a cluster. All end when dropped.
//!
//! `server` starts, kills, freezes and asks one server; `sentinel` and `cluster` put several
//! together; `muffler` makes subscribers deaf; `echo` repeats what they hear. Free ports, folders
//! that vanish, nothing kept on disk.

mod cluster;
mod echo;
mod muffler;
mod sentinel;
mod server;

pub use cluster::RedisCluster;
pub use echo::Echo;
pub use muffler::Muffler;
pub use sentinel::{SERVICE, Watched};
pub use server::RedisServer;
