//! Arguments to command.

use std::process::ExitCode;

use clap::Parser;
use vmtracker::cli::{self, Cli};

fn main() -> ExitCode {
    let arguments = Cli::parse();
    match start(arguments) {
        Ok(code) => code,
        Err(error) => cli::explain(&error),
    }
}

fn start(arguments: Cli) -> anyhow::Result<ExitCode> {
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    if provider.install_default().is_err() {
        anyhow::bail!("another TLS provider is installed already");
    }
    cli::run(arguments)
}
