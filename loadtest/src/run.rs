//! A run from start to end, in the order of its parts.

use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use crate::api::Api;
use crate::args::RunArgs;
use crate::books::{Books, Reply};
use crate::finish;
use crate::latency::Measure;
use crate::machine;
use crate::pacer::{self, Due, Pacer};
use crate::participant::Role;
use crate::plan::Plan;
use crate::progress::Progress;
use crate::receipts::{Receipts, Writer};
use crate::report::{Course, Summary, summary};
use crate::setup::{self, Cast};
use crate::target::{Target, TargetError};
use crate::world::{World, sentence};

/// Between the last greeting and the first arrival.
const LEAD: Duration = Duration::from_millis(100);
/// How often everybody is asked for silence, resends and (every fourth time) marks.
const SWEEP_EVERY: Duration = Duration::from_millis(250);
const SWEEPS_PER_MARK: usize = 4;
/// Everybody has their turn in one of them.
const SLICES: u32 = 25;
/// So many are asked in one go, then others get their turn.
const SWEEP_CHUNK: usize = 512;
const PROBE_EVERY: Duration = Duration::from_millis(10);
/// Who stops a run does not want to wait long.
const STOPPED_GRACE: Duration = Duration::from_secs(3);

/// Why there is no summary.
#[derive(Debug)]
pub enum Failure {
    /// Exit 2.
    Arguments(String),
    /// Exit 3.
    Setup(String),
    /// Exit 4.
    Invalid(String),
    /// Exit 6.
    Stopped,
}

/// Everything that is there once all sockets are greeted.
struct Play {
    world: Arc<World>,
    cast: Arc<Cast>,
    replies: Receiver<Reply>,
    writer: Option<Writer>,
    descriptors_max: u64,
}

/// Runs it all. `stop` turns true when the user wants it to end.
pub async fn run(args: &RunArgs, stop: watch::Receiver<bool>) -> Result<Summary, Failure> {
    args.check().map_err(Failure::Arguments)?;
    let mut progress = Progress::new(args.ui);
    let play = tokio::select! {
        play = prepare(args, &mut progress) => play?,
        () = stopped(stop.clone()) => return Err(Failure::Stopped),
    };
    let Play { world, cast, replies, writer, descriptors_max } = play;
    let sweeper = tokio::spawn(sweep(Arc::clone(&world), Arc::clone(&cast)));
    let course = drive(args, (&world, &cast), replies, (stop, &mut progress)).await?;

    progress.stage("auditing");
    if !args.leave_open {
        finish::close_conversations(&world, &cast).await;
    }
    let stored = finish::read_back(&world, args).await;
    let leftovers = leftovers(&world, &cast);
    finish::leave(&world, &cast).await;
    sweeper.abort();
    let findings = finish::audit(&world, &cast, stored);
    progress.finish();

    let mut summary = summary(args, &world, &course, findings);
    summary.generator.descriptors_max = descriptors_max;
    summary.sockets.leftovers = leftovers;
    if let (Some(receipts), Some(writer)) = (&world.books.receipts, writer) {
        receipts.end();
        if let Err(error) = writer.finish() {
            summary.invalid.push(format!("--receipts could not be written: {error}"));
        }
    }
    summary.judge(&args.threshold, course.was_stopped);
    Ok(summary)
}

async fn prepare(args: &RunArgs, progress: &mut Progress) -> Result<Play, Failure> {
    let target = Target::parse(&args.target, &args.allow_host).map_err(|error| match error {
        TargetError::Unknown(..) => Failure::Setup(sentence(&error)),
        TargetError::Malformed(_) | TargetError::Tls | TargetError::NotAllowed(_) => {
            Failure::Arguments(sentence(&error))
        }
    })?;
    let sockets = u64::from(args.sockets());
    let descriptors_max = machine::make_room(sockets).map_err(Failure::Invalid)?;
    let api = Api::new(target, &args.token)
        .ok_or_else(|| Failure::Arguments("the load-test token has odd characters".to_owned()))?;
    let (receipts, writer) = match args.receipts.as_deref().map(Receipts::create) {
        Some(Ok((receipts, writer))) => (Some(receipts), Some(writer)),
        Some(Err(error)) => return Err(Failure::Arguments(format!("--receipts: {error}"))),
        None => (None, None),
    };
    progress.stage(&format!("asking for {} agents and their visitors", args.agents));
    let stage = setup::stage(&api, args).await.map_err(|it| Failure::Setup(sentence(&it)))?;
    let books = Arc::new(setup::books(args, &stage, receipts));
    let (sender, replies) = pacer::replies();
    let world = setup::world(args, api, books, &stage, sender);
    let cast = Arc::new(setup::cast(args, stage, &world));
    progress.stage(&format!("opening {sockets} sockets"));
    setup::connect(args, &world, &cast).await.map_err(Failure::Setup)?;
    Ok(Play { world, cast, replies, writer, descriptors_max })
}

/// The schedule, and the grace after it.
async fn drive(
    args: &RunArgs,
    (world, cast): (&Arc<World>, &Arc<Cast>),
    replies: Receiver<Reply>,
    (mut stop, progress): (watch::Receiver<bool>, &mut Progress),
) -> Result<Course, Failure> {
    let books = &world.books;
    let whole = args.ramp + args.warmup + args.duration;
    let lead = args.ramp + args.warmup;
    let start_us = books.clock.now_us() + LEAD.as_micros() as u64;
    let measured_us = start_us + lead.as_micros() as u64;
    books.latency.measure_between(measured_us, start_us + whole.as_micros() as u64);
    let prober = tokio::spawn(probe(Arc::clone(books)));
    let (started, cpu_before) = (Instant::now(), machine::cpu_seconds());
    let plan = Plan::new(args.shape(), args.visitors);
    let fire = firing(Arc::clone(world), Arc::clone(cast));
    let pacer = Pacer::start(Arc::clone(books), plan, start_us, replies, fire)
        .map_err(|error| Failure::Invalid(format!("no thread for the schedule: {error}")))?;

    let until = started + LEAD + whole;
    while Instant::now() < until && !*stop.borrow() {
        let passed = started.elapsed().min(whole);
        let stage = if passed < lead { "warming up" } else { "measuring" };
        progress.at(stage, passed, whole, books);
        tokio::select! {
            () = sleep(Duration::from_millis(100)) => {}
            _ = stop.wait_for(|it| *it) => {}
        }
    }
    let elapsed = started.elapsed();
    let cpu_seconds = machine::cpu_seconds() - cpu_before;
    pacer.stop_arrivals();
    progress.stage("waiting for what is outstanding");
    tokio::select! {
        () = finish::quiet(world, args.grace), if !*stop.borrow() => {}
        () = stopped(stop.clone()) => finish::quiet(world, args.grace.min(STOPPED_GRACE)).await,
    }
    tokio::task::block_in_place(|| pacer.stop());
    prober.abort();
    let was_stopped = *stop.borrow();
    Ok(Course { elapsed, cpu_seconds, was_stopped })
}

/// What the pacer does when something is due.
fn firing(world: Arc<World>, cast: Arc<Cast>) -> impl FnMut(Due) + Send + 'static {
    move |due| {
        let participant = match due {
            Due::Message { slot, .. } => &cast.visitors[slot as usize],
            Due::Answer(reply) => &cast.agents[reply.agent as usize],
        };
        participant.due(&world, due);
    }
}

/// One timer for everybody, a slice at a time: people do not act in step, and a storm of marks once
/// a second would be this program's own.
async fn sweep(world: Arc<World>, cast: Arc<Cast>) {
    let mut ticks: usize = 0;
    loop {
        sleep(SWEEP_EVERY / SLICES).await;
        let slices = SLICES as usize;
        let (round, slice) = (ticks / slices, ticks % slices);
        ticks = ticks.wrapping_add(1);
        for (place, participant) in cast.all().skip(slice).step_by(slices).enumerate() {
            participant.sweep(&world, (round + place).is_multiple_of(SWEEPS_PER_MARK));
            if place % SWEEP_CHUNK == SWEEP_CHUNK - 1 {
                tokio::task::yield_now().await;
            }
        }
    }
}

/// Notices when this process's tasks, its readers among them, have to wait for the CPU.
async fn probe(books: Arc<Books>) {
    loop {
        let due = Instant::now() + PROBE_EVERY;
        let due_us = books.clock.now_us() + PROBE_EVERY.as_micros() as u64;
        sleep_until(due).await;
        books.latency.record(Measure::RuntimeLag, due_us, due_us, books.clock.now_us());
    }
}

async fn stopped(mut stop: watch::Receiver<bool>) {
    if stop.wait_for(|it| *it).await.is_err() {
        // Nobody is left who could stop it.
        std::future::pending::<()>().await;
    }
}

fn leftovers(world: &Arc<World>, cast: &Cast) -> u64 {
    let of = |role: &mut Role| match role {
        Role::Agent(agent) => u64::from(agent.leftovers),
        Role::Visitor(_) => 0,
    };
    cast.agents.iter().map(|it| it.with_role(world, |role, _| of(role))).sum()
}
