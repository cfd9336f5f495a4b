//! The REST API: one file per resource.

pub(super) mod agents;
pub(super) mod chatflows;
pub(super) mod conversations;
pub(super) mod hours;
pub(super) mod loadtest;
pub(super) mod openapi;
pub(super) mod session;
pub(super) mod sites;
pub(super) mod visitors;
