//! Before the schedule: the desk, the visitors, and everybody on a socket.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use salotto_protocol::api::{LoadTestDesk, VisitorToken};
use salotto_protocol::limits;
use tokio::time::{Instant, sleep, sleep_until};

use crate::agent::Agent;
use crate::api::{Api, ApiError};
use crate::args::RunArgs;
use crate::books::{Books, Clock, Manner, Reply};
use crate::latency::Latency;
use crate::ledger::Ledger;
use crate::participant::{Participant, Role};
use crate::plan::Dice;
use crate::receipts::Receipts;
use crate::tally::Tally;
use crate::visitor::Visitor;
use crate::world::World;

/// Requests under way at once.
const REQUESTS_MAX: usize = 32;
/// Beyond what the connect rate needs.
const GREETING_SPARE: Duration = Duration::from_secs(20);

/// Everybody who takes part. Visitors who talk stand at their slot; behind them the idle ones.
pub struct Cast {
    pub agents: Vec<Arc<Participant>>,
    pub visitors: Vec<Arc<Participant>>,
}

/// What the node gave for the run.
pub struct Stage {
    pub desk: LoadTestDesk,
    pub visitors: Vec<VisitorToken>,
}

impl Cast {
    pub fn all(&self) -> impl Iterator<Item = &Arc<Participant>> {
        self.agents.iter().chain(&self.visitors)
    }
}

/// How many agents with how many slots to ask for; a run without agents needs the site alone.
pub fn team(args: &RunArgs) -> (u32, u32) {
    (args.agents.max(1), limits::ATTACHED_MAX as u32)
}

/// Asks the node for agents and for visitors.
pub async fn stage(api: &Api, args: &RunArgs) -> Result<Stage, ApiError> {
    let (count, capacity) = team(args);
    let desk = api.desk(count, capacity).await?;
    let visitors = args.visitors + args.idle_visitors;
    let visitors = stream::iter(0..visitors)
        .map(|_| api.visitor(desk.site))
        .buffered(REQUESTS_MAX)
        .try_collect()
        .await?;
    Ok(Stage { desk, visitors })
}

pub fn books(args: &RunArgs, stage: &Stage, receipts: Option<Receipts>) -> Books {
    let talkers = &stage.visitors[..args.visitors as usize];
    let slots: HashMap<_, _> = talkers.iter().map(|it| it.visitor).zip(0..).collect();
    let per = args.messages_per_chat;
    let run = salotto_protocol::ClientId::fresh().0.as_u128() as u32;
    Books {
        clock: Clock::started_now(),
        manner: Manner {
            run,
            seed: args.seed,
            text_bytes: args.text_bytes,
            reply_every: args.reply_every,
            think: args.think,
            messages_per_conversation: (per > 0).then_some(per),
            close_leftovers: args.close_leftovers,
        },
        ledger: Ledger::new(talkers.len()),
        latency: Latency::default(),
        tally: Tally::default(),
        receipts,
        slots,
    }
}

pub fn world(
    args: &RunArgs,
    api: Api,
    books: Arc<Books>,
    stage: &Stage,
    replies: Sender<Reply>,
) -> Arc<World> {
    let talkers = &stage.visitors[..args.visitors as usize];
    let tokens = talkers.iter().map(|it| it.token.clone()).collect();
    Arc::new(World::new(books, api, replies, tokens, team(args)))
}

pub fn cast(args: &RunArgs, stage: Stage, world: &World) -> Cast {
    let target = &world.api.target;
    let sockets = args.sockets() as usize;
    let mut dice = Dice::new(args.seed);
    let Stage { desk, visitors } = stage;
    let agents = desk.agents.into_iter().take(args.agents as usize).enumerate();
    let agents: Vec<_> = agents
        .map(|(index, it)| {
            let agent = Agent::new(index as u32, it.id, it.socket_token, desk.inbox);
            let source = target.source(index, sockets);
            Participant::new(Role::Agent(agent), source, dice.draw())
        })
        .collect();
    let first = agents.len();
    let visitors = visitors.into_iter().enumerate();
    let visitors = visitors
        .map(|(slot, it)| {
            let visitor = Visitor::new(slot as u32, it.token, desk.chatflow.id);
            let source = target.source(first + slot, sockets);
            Participant::new(Role::Visitor(visitor), source, dice.draw())
        })
        .collect();
    Cast { agents, visitors }
}

/// Opens all sockets at the connect rate, agents first, and waits until all are greeted.
pub async fn connect(args: &RunArgs, world: &Arc<World>, cast: &Cast) -> Result<(), String> {
    let start = Instant::now();
    let start_us = world.books.clock.now_us();
    let gap_s = 1.0 / args.connect_rate;
    for (place, participant) in cast.all().enumerate() {
        let after = Duration::from_secs_f64(place as f64 * gap_s);
        if start.elapsed() < after {
            sleep_until(start + after).await;
        }
        let due_us = start_us + after.as_micros() as u64;
        tokio::spawn(Arc::clone(participant).live(Arc::clone(world), due_us));
    }
    let all = cast.all().count() as u64;
    let deadline = Instant::now() + GREETING_SPARE;
    let tally = &world.books.tally;
    while tally.greeted.get() < all {
        if Instant::now() >= deadline {
            let greeted = tally.greeted.get();
            let troubles = world.troubles().join("; ");
            return Err(format!("only {greeted} of {all} sockets were greeted: {troubles}"));
        }
        sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}
