//! Passwords: argon2id on blocking threads, two at a time, and as slow for an unknown account.

use std::sync::{Arc, LazyLock};

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

/// Each takes 19 MiB and tens of milliseconds of a core.
const AT_ONCE_MAX: usize = 2;
/// More than this in the queue would wait for longer than a request may take.
const WAITING_MAX: usize = 64;
pub(crate) const PASSWORD_BYTES_MAX: usize = 1_024;

/// Verified in place of an unknown account's, and matched by no password.
static NOBODYS_HASH: LazyLock<String> =
    LazyLock::new(|| hash(&random_word()).expect("argon2 with its own defaults"));

#[derive(Debug, thiserror::Error)]
pub(crate) enum PasswordError {
    #[error("the password could not be hashed")]
    Hash(#[source] argon2::password_hash::Error),
    #[error("too many sign-ins at once; try again")]
    Crowded,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Verdict {
    Right,
    Wrong,
}

/// Takes turns.
pub(crate) struct Passwords {
    turns: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl Passwords {
    pub(crate) fn new() -> Passwords {
        Passwords {
            turns: Arc::new(Semaphore::new(AT_ONCE_MAX)),
            waiting: Arc::new(Semaphore::new(WAITING_MAX)),
        }
    }

    /// `None`: there is no such account; as slow as if there were.
    pub(crate) async fn check(
        &self,
        password: String,
        hash: Option<String>,
    ) -> Result<Verdict, PasswordError> {
        let _place = self.waiting.try_acquire().map_err(|_| PasswordError::Crowded)?;
        let turn = Arc::clone(&self.turns).acquire_owned().await.expect("never closed");
        let work = move || {
            // Held by the thread: a request that gave up does not let a third one in.
            let _turn = turn;
            verdict(&password, hash.as_deref())
        };
        Ok(tokio::task::spawn_blocking(work).await.expect("it does not panic"))
    }

    /// For a new account.
    pub(crate) async fn hash(&self, password: String) -> Result<String, PasswordError> {
        let _place = self.waiting.try_acquire().map_err(|_| PasswordError::Crowded)?;
        let turn = Arc::clone(&self.turns).acquire_owned().await.expect("never closed");
        let work = move || {
            let _turn = turn;
            hash(&password)
        };
        tokio::task::spawn_blocking(work).await.expect("it does not panic")
    }
}

/// As a PHC string, with a salt of its own.
pub(crate) fn hash(password: &str) -> Result<String, PasswordError> {
    Argon2::default()
        .hash_password(password.as_bytes())
        .map(|hash: PasswordHash| hash.to_string())
        .map_err(PasswordError::Hash)
}

/// 96 random bits in letters that are easy to type.
pub(crate) fn random_word() -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut bytes = [0; 20];
    getrandom::fill(&mut bytes).expect("the system has randomness");
    bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect()
}

fn verdict(password: &str, hash: Option<&str>) -> Verdict {
    let known = hash.and_then(|hash| PasswordHash::new(hash).ok());
    let nobodys = PasswordHash::new(&NOBODYS_HASH).expect("our own hash");
    let hash = known.as_ref().unwrap_or(&nobodys);
    let matches = Argon2::default().verify_password(password.as_bytes(), hash).is_ok();
    if matches && known.is_some() { Verdict::Right } else { Verdict::Wrong }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_is_right() {
        let hash = hash("correct horse").expect("hashed");
        assert!(hash.starts_with("$argon2id$"), "{hash}");
        let passwords = Passwords::new();
        let check =
            |word: &str, hash: Option<&String>| passwords.check(word.to_owned(), hash.cloned());
        assert_eq!(check("correct horse", Some(&hash)).await.expect("turn"), Verdict::Right);
        assert_eq!(check("wrong horse", Some(&hash)).await.expect("turn"), Verdict::Wrong);
        assert_eq!(check("correct horse", None).await.expect("turn"), Verdict::Wrong);
        assert_eq!(check("!", Some(&"!".to_owned())).await.expect("turn"), Verdict::Wrong);
    }

    #[tokio::test]
    async fn beyond_the_queue_it_is_refused_at_once() {
        let passwords = Passwords::new();
        let _all = passwords.waiting.try_acquire_many(64).expect("free");
        let refused = passwords.check("x".to_owned(), None).await;
        assert!(matches!(refused, Err(PasswordError::Crowded)));
    }

    #[test]
    fn random_words_differ() {
        assert_ne!(random_word(), random_word());
        assert_eq!(random_word().len(), 20);
    }
}
