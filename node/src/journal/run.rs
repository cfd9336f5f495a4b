//! Runs the rules of a write. A panic in them is that write's trouble, not the node's.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::rejections::INTERNAL;
use super::write::{Decision, Locked, Rejection, Told, Write};
use crate::store::NewMail;

pub(super) fn run(write: &Write, locked: &Locked<'_>) -> Result<Decision, Rejection> {
    catch_unwind(AssertUnwindSafe(|| (write.decide)(locked))).unwrap_or(Err(INTERNAL))
}

/// Nobody is told of what could not be put into words.
pub(super) fn told(write: &Write, told: &Told<'_>) -> Vec<NewMail> {
    let Some(mails) = &write.mails else { return Vec::new() };
    catch_unwind(AssertUnwindSafe(|| mails(told))).unwrap_or_default()
}
