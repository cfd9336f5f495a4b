//! The node: reads the command line and hands over to the composition root.

mod agent;
mod answers;
mod ask;
#[cfg(feature = "benchmarks")]
pub mod benchmarks;
mod board;
mod chatflow;
mod clock;
mod commands;
mod config;
mod conversation;
mod demo;
mod fanout;
mod figures;
mod gateway;
mod hours;
mod journal;
mod limiter;
mod link;
mod link_url;
mod mail;
mod mail_url;
mod metrics;
mod node;
mod presence;
mod rate;
mod router;
mod sabotage;
#[cfg(any(test, feature = "sabotage"))]
mod schedules;
mod session;
#[cfg(any(test, feature = "sabotage"))]
mod simulation;
mod store;
mod strikes;
mod supervisor;
mod telemetry;
#[cfg(test)]
mod test_support;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use commands::{Failed, NewAccount};
use config::{Config, Sources};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A live chat that a site can run itself.
#[derive(Parser)]
#[command(name = "salotto", version)]
struct CommandLine {
    /// The settings file. Without it ./salotto.toml is read, if it is there.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run one node until SIGTERM.
    Serve,
    /// Say whether a node would start with these settings; changes nothing.
    CheckConfig,
    /// Show every setting in force and where it comes from; secrets are masked.
    PrintConfig {
        /// Show a documented example file instead.
        #[arg(long)]
        example: bool,
    },
    /// Bring the database's schema up to date.
    Migrate,
    /// Manage agents' accounts.
    #[command(subcommand)]
    User(UserCommand),
    /// See whether mail goes out.
    #[command(subcommand)]
    Mail(MailCommand),
    /// Check the store: dense logs, no doubles, counters that equal their recounts.
    Verify {
        /// What clients saw, one JSON object a line: held against the store.
        #[arg(long, value_name = "FILE")]
        receipts: Option<PathBuf>,
    },
    /// Copy the database of a running node to a new file.
    Backup {
        #[arg(value_name = "FILE")]
        to: PathBuf,
    },
    /// Say that this database is a restored backup: clients then forget what it never knew.
    Restored,
    /// Measure the journal.
    #[command(hide = true)]
    BenchJournal {
        /// The URL of a fresh store on the disk to be measured.
        #[arg(long)]
        store: String,
        #[arg(long, default_value_t = 10_000)]
        conversations: usize,
        #[arg(long, default_value_t = 5)]
        seconds: u64,
    },
    /// List what can be broken.
    #[cfg(feature = "sabotage")]
    #[command(hide = true)]
    Switches,
    /// Run random schedules against one of the pure machines.
    #[cfg(feature = "sabotage")]
    #[command(hide = true)]
    Schedules {
        #[arg(long)]
        machine: schedules::Machine,
        #[arg(long, default_value_t = 1)]
        seed: u64,
        #[arg(long, default_value_t = 10_000)]
        count: u64,
    },
}

#[derive(Subcommand)]
enum UserCommand {
    /// Add an account. The password is asked for, or read from standard input or a file.
    Add(AddUser),
}

#[derive(Subcommand)]
enum MailCommand {
    /// Send one mail, and say what is wrong if it cannot go out.
    Test {
        #[arg(value_name = "ADDRESS")]
        to: String,
    },
}

#[derive(Args)]
struct AddUser {
    #[arg(long)]
    email: String,
    /// As visitors see it.
    #[arg(long)]
    name: String,
    /// Conversations that are assigned at once, at most.
    #[arg(long, default_value_t = 5)]
    capacity: u32,
    /// May do everything. The first account of a store may in any case.
    #[arg(long)]
    super_admin: bool,
    /// A file that holds the password alone.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

/// What a command does, to the end.
pub fn main() -> ExitCode {
    let command_line = CommandLine::parse();
    #[cfg(feature = "sabotage")]
    if let Err(line) = sabotage::arm(&std::env::var(sabotage::VARIABLE).unwrap_or_default()) {
        eprintln!("salotto: {line}");
        return ExitCode::FAILURE;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.expect("threads can be started");
    match runtime.block_on(run(command_line)) {
        Ok(Some(text)) => {
            // A closed pipe is the reader's choice, not our failure.
            let _ = writeln!(io::stdout(), "{}", text.trim_end());
            ExitCode::SUCCESS
        }
        Ok(None) => ExitCode::SUCCESS,
        Err(failed) => {
            eprintln!("salotto: {}", failed.line());
            failed.exit_code()
        }
    }
}

/// What there is to print, if anything.
async fn run(command_line: CommandLine) -> Result<Option<String>, Failed> {
    let CommandLine { config, command } = command_line;
    if let Command::PrintConfig { example: true } = command {
        return Ok(Some(config::example()));
    }
    #[cfg(feature = "sabotage")]
    if let Command::Schedules { machine, seed, count } = command {
        return commands::schedules(machine, seed, count).map(Some);
    }
    let sources = Sources { file: config, variables: std::env::vars_os().collect() };
    let config = Config::load(&sources)?;
    match command {
        Command::Serve => commands::serve(&config).await.map(|()| None),
        Command::CheckConfig => commands::check_config(&config).map(|()| Some("ok".to_owned())),
        Command::PrintConfig { .. } => Ok(Some(commands::print_config(&config))),
        Command::Migrate => commands::migrate(&config).await.map(Some),
        Command::User(UserCommand::Add(user)) => {
            let AddUser { email, name, capacity, super_admin, password_file } = user;
            let account = NewAccount { email, name, capacity, super_admin, password_file };
            commands::add_user(&config, account).await.map(Some)
        }
        Command::Mail(MailCommand::Test { to }) => {
            commands::mail_test(&config, &to).await.map(Some)
        }
        Command::Verify { receipts } => {
            commands::verify(&config, receipts.as_deref()).await.map(Some)
        }
        Command::Backup { to } => commands::backup(&config, &to).await.map(Some),
        Command::Restored => commands::restored(&config).await.map(Some),
        Command::BenchJournal { store, conversations, seconds } => {
            commands::bench_journal(&store, conversations, seconds).await.map(Some)
        }
        #[cfg(feature = "sabotage")]
        Command::Switches => Ok(Some(sabotage::list())),
        #[cfg(feature = "sabotage")]
        Command::Schedules { .. } => Ok(None),
    }
}
