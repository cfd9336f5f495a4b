//! The mutation check: each mechanism is broken once, and a run of a real chat must notice.
//!
//! The sabotaged binary (feature `sabotage`) breaks what `SALOTTO_SABOTAGE` names. Each run of the
//! `catalogue` is made without the switch first, with the same troubles: then it must find nothing.
//! `writes` looks at what is stored, `delivery` at what is heard, `routing` and `stale` at who gets
//! what, `schedules` at the pure machines alone.

mod catalogue;
mod chat;
mod delivery;
mod routing;
mod schedules;
mod stale;
mod trial;
mod writes;

pub use catalogue::{CATCHERS, Catcher, Run};
pub use chat::{Chat, Places};
pub use trial::{Findings, SABOTAGE, Servers, Trial, sabotaged_binary};
