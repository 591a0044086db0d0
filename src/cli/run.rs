//! `vmtracker run`.

use std::{io, path::Path, process::ExitCode};

use tracing_subscriber::EnvFilter;

use crate::{actors::service, config::Config};

/// What a web server says of its threads helps nobody; the configuration may ask for it all the same.
const QUIET: &str = "actix_server=warn";

/// Runs the service until SIGTERM or SIGINT.
pub(super) fn run(path: &Path) -> anyhow::Result<ExitCode> {
    let (config, warnings) = Config::load_with_warnings(path)?;
    log_to_stderr(&config.service.log);
    for warning in &warnings {
        tracing::warn!("{warning}");
    }
    service::run(path, config)?;
    Ok(ExitCode::SUCCESS)
}

/// The journal of systemd adds the time and keeps the lines; colours only for a terminal.
fn log_to_stderr(filter: &str) {
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(format!("{QUIET},{filter}")))
        .with_writer(io::stderr)
        .with_ansi(io::IsTerminal::is_terminal(&io::stderr()))
        .with_target(false);
    // A second call in one process keeps the first.
    drop(subscriber.try_init());
}
