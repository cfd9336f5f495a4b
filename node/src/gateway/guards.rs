//! What stands before the handlers: limits per address and account, turns for passwords.

use std::sync::Arc;
use std::time::Instant;

use sha2::{Digest, Sha256};

use super::GatewaySettings;
use super::address::Caller;
use super::error::ApiError;
use super::password::Passwords;
use crate::limiter::{AddressKey, Allowance, Limiter, Shared};
use crate::metrics;

pub(crate) struct Guards {
    visitors: Limiter<AddressKey>,
    messages: Arc<Limiter<AddressKey>>,
    sign_ins: Limiter<AddressKey>,
    accounts: Limiter<[u8; 32]>,
    pub(super) passwords: Passwords,
}

impl Guards {
    pub(crate) fn new(settings: &GatewaySettings) -> Guards {
        Guards {
            visitors: Limiter::new(settings.visitors_per_address_per_minute),
            messages: Arc::new(Limiter::new(settings.messages_per_address_per_minute)),
            sign_ins: Limiter::new(settings.sign_ins_per_address_per_minute),
            accounts: Limiter::new(settings.sign_ins_per_account_per_minute),
            passwords: Passwords::new(),
        }
    }

    /// REG-17: the message says that the limit is the address', not the visitor's.
    pub(super) fn admit_visitor(&self, caller: &Caller) -> Result<(), ApiError> {
        let what = "new visitors from your network address";
        take(&self.visitors, caller.key(), "visitors_per_address", what)
    }

    /// What the sockets of this caller's address have together.
    pub(super) fn messages_of(&self, key: AddressKey) -> Shared {
        Shared { limiter: self.messages.clone(), key }
    }

    pub(super) fn admit_sign_in(&self, caller: &Caller, email: &str) -> Result<(), ApiError> {
        let what = "sign-ins from your network address";
        take(&self.sign_ins, caller.key(), "sign_ins_per_address", what)?;
        let account = Sha256::digest(email).into();
        take(&self.accounts, account, "sign_ins_per_account", "sign-ins to this account")
    }
}

fn take<K: Eq + std::hash::Hash>(
    limiter: &Limiter<K>,
    key: K,
    scope: &'static str,
    what: &'static str,
) -> Result<(), ApiError> {
    match limiter.take(key, Instant::now()) {
        Allowance::Granted => Ok(()),
        Allowance::Spent { retry_after } => {
            metrics::rate_limited(scope);
            Err(ApiError::RateLimited { what, per_minute: limiter.per_minute(), retry_after })
        }
    }
}
