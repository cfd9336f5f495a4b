//! What visitors and agents reach beyond themselves: the target, the pacer, each other's tokens.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex};

use salotto_protocol::AgentId;
use salotto_protocol::api::EntryPage;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use crate::api::{Api, ApiError};
use crate::books::{Books, Errand, Reply};

/// Handshakes under way at once: more only queue in the kernel.
const HANDSHAKES_MAX: usize = 256;
/// A token that was refused this soon after it was drawn will not get better.
const RENEW_AFTER_US: u64 = 30_000_000;
/// Troubles that a report quotes.
const TROUBLES_MAX: usize = 10;

pub struct World {
    pub books: Arc<Books>,
    pub api: Api,
    /// To the pacer.
    pub replies: Sender<Reply>,
    pub handshakes: Semaphore,
    pub runtime: Handle,
    /// By slot, for reading history.
    pub tokens: Vec<String>,
    /// What `POST /api/v1/loadtest/agents` is to be asked for.
    pub team: (u32, u32),
    team_tokens: tokio::sync::Mutex<TeamTokens>,
    /// The run is over: who loses a socket stays away.
    over: AtomicBool,
    troubles: Mutex<VecDeque<String>>,
}

#[derive(Default)]
struct TeamTokens {
    drawn_us: u64,
    tokens: Vec<(AgentId, String)>,
}

impl World {
    pub fn new(
        books: Arc<Books>,
        api: Api,
        replies: Sender<Reply>,
        tokens: Vec<String>,
        team: (u32, u32),
    ) -> World {
        World {
            books,
            api,
            replies,
            handshakes: Semaphore::new(HANDSHAKES_MAX),
            runtime: Handle::current(),
            tokens,
            team,
            team_tokens: tokio::sync::Mutex::default(),
            over: AtomicBool::new(false),
            troubles: Mutex::default(),
        }
    }

    pub fn end(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    /// A sentence for the report; the first ones are kept.
    pub fn trouble(&self, text: impl FnOnce() -> String) {
        let mut troubles = self.troubles.lock().expect("nobody panics while complaining");
        if troubles.len() < TROUBLES_MAX {
            let text = text();
            if !troubles.contains(&text) {
                troubles.push_back(text);
            }
        }
    }

    pub fn troubles(&self) -> Vec<String> {
        let troubles = self.troubles.lock().expect("nobody panics while complaining");
        troubles.iter().cloned().collect()
    }

    /// A fresh socket token for an agent. All are drawn at once, as all age alike.
    pub async fn renew(&self, agent: AgentId) -> Result<Option<String>, ApiError> {
        let mut team = self.team_tokens.lock().await;
        let now_us = self.books.clock.now_us();
        if team.tokens.is_empty() || team.drawn_us + RENEW_AFTER_US < now_us {
            let desk = self.api.desk(self.team.0, self.team.1).await?;
            team.tokens = desk.agents.into_iter().map(|it| (it.id, it.socket_token)).collect();
            team.drawn_us = now_us;
        }
        Ok(team.tokens.iter().find(|it| it.0 == agent).map(|it| it.1.clone()))
    }

    pub async fn fetch(&self, errand: Errand) -> Result<EntryPage, ApiError> {
        let token = &self.tokens[errand.slot as usize];
        self.api.entries(errand.conversation, errand.after, token).await
    }
}

/// A chain of errors as one line.
pub fn sentence(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}
