//! The REST API: one file per resource.

pub(super) mod account;
pub(super) mod agents;
pub(super) mod assignments;
pub(super) mod chatflows;
pub(super) mod colleagues;
pub(super) mod contacts;
pub(super) mod conversations;
pub(super) mod hours;
pub(super) mod inboxes;
pub(super) mod loadtest;
pub(super) mod openapi;
pub(super) mod patience;
mod people;
#[cfg(test)]
mod people_tests;
pub(super) mod session;
pub(super) mod sites;
pub(super) mod skills;
pub(super) mod teams;
pub(super) mod users;
pub(super) mod visitors;
