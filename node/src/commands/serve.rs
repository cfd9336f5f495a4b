//! `salotto serve`: runs one node until it is told to stop.

use std::io::IsTerminal;

use super::Failed;
use crate::config::{Config, LogFormat};
use crate::telemetry::{self, Format};
use crate::{metrics, node};

pub(crate) async fn serve(config: &Config) -> Result<(), Failed> {
    let format = match config.log.format {
        LogFormat::Json => Format::Json,
        LogFormat::Text => Format::Text,
        LogFormat::Auto if std::io::stdout().is_terminal() => Format::Text,
        LogFormat::Auto => Format::Json,
    };
    metrics::install();
    telemetry::start(&config.log.level, format);
    let upkeep = tokio::spawn(metrics::keep_up());
    let ended = node::serve(config).await;
    upkeep.abort();
    Ok(ended?)
}
