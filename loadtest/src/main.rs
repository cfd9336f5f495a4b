//! The command `salotto-loadtest`: arguments in, a verdict and an exit code out.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use salotto_loadtest::args::{Cli, Command, RunArgs, Ui};
use salotto_loadtest::report::Summary;
use salotto_loadtest::run::{self, Failure};
use salotto_loadtest::table;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The second one is the node's own setting: who tries a node in the same shell sets it once.
const TOKEN_VARIABLES: [&str; 2] = ["SALOTTO_LOADTEST_TOKEN", "SALOTTO_LOADTEST__TOKEN"];
const STOPPED: u8 = 6;

fn main() -> ExitCode {
    let Command::Run(mut args) = Cli::parse().command;
    args.token = match token(args.token_file.as_deref()) {
        Ok(token) => token,
        Err(reason) => return end(&Failure::Arguments(reason)),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a process may have threads");
    let outcome = runtime.block_on(async {
        let (stopping, stop) = watch::channel(false);
        tokio::spawn(interrupts(stopping));
        run::run(&args, stop).await
    });
    // Sockets that wait to reconnect are left behind.
    runtime.shutdown_timeout(Duration::from_millis(100));
    match outcome {
        Ok(summary) => publish(&args, &summary),
        Err(failure) => end(&failure),
    }
}

/// From the file, or from the environment; never from the command line, which others can read.
fn token(file: Option<&Path>) -> Result<String, String> {
    let token = match file {
        Some(path) => std::fs::read_to_string(path)
            .map_err(|error| format!("--token-file {}: {error}", path.display()))?,
        None => TOKEN_VARIABLES.iter().find_map(|it| std::env::var(it).ok()).ok_or_else(|| {
            format!("no load-test token: use --token-file or {TOKEN_VARIABLES:?}")
        })?,
    };
    match token.trim() {
        "" => Err("the load-test token is empty".to_owned()),
        token => Ok(token.to_owned()),
    }
}

/// The first Ctrl-C or SIGTERM ends the schedule, the second one everything.
async fn interrupts(stopping: watch::Sender<bool>) {
    let mut terminate = signal(SignalKind::terminate()).expect("signals can be listened to");
    let mut interrupt = signal(SignalKind::interrupt()).expect("signals can be listened to");
    loop {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        if stopping.send_replace(true) {
            std::process::exit(i32::from(STOPPED));
        }
    }
}

fn publish(args: &RunArgs, summary: &Summary) -> ExitCode {
    let json = serde_json::to_string_pretty(summary).expect("a summary is plain data");
    match args.ui {
        Ui::Auto | Ui::Plain => print!("{}", table::of(summary)),
        Ui::Json => println!("{json}"),
        Ui::None => {}
    }
    if let Some(folder) = &args.out {
        let written = std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::write(folder.join("summary.json"), &json));
        if let Err(error) = written {
            eprintln!("salotto-loadtest: --out {}: {error}", folder.display());
            return ExitCode::from(summary.exit_code.max(3));
        }
    }
    ExitCode::from(summary.exit_code)
}

fn end(failure: &Failure) -> ExitCode {
    let (code, reason) = match failure {
        Failure::Arguments(reason) => (2, reason.as_str()),
        Failure::Setup(reason) => (3, reason.as_str()),
        Failure::Invalid(reason) => (4, reason.as_str()),
        Failure::Stopped => (STOPPED, "stopped before anything was measured"),
    };
    eprintln!("salotto-loadtest: {reason}");
    ExitCode::from(code)
}
