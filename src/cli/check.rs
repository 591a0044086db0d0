//! `vmtracker check`.

use std::{path::PathBuf, process::ExitCode};

use clap::Args;
use serde_json::json;

use super::{CONFIG, USAGE, output, probe};
use crate::config::{Config, ConfigError, Fault};

/// Arguments of `check`.
#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// The configuration.
    #[arg(long, value_name = "FILE", default_value = CONFIG)]
    config: PathBuf,
    /// Also log in to every vCenter and switch, and say what is there. Writes nothing.
    #[arg(long)]
    connect: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Says everything that is wrong; 2 if there is a fault, 1 if a device cannot be reached.
pub(super) fn check(args: &CheckArgs) -> anyhow::Result<ExitCode> {
    match Config::load_with_warnings(&args.config) {
        Ok((config, warnings)) => passed(args, &config, &warnings),
        Err(ConfigError::Faults(faults)) => refused(args, &faults.0),
        Err(unreadable @ ConfigError::Read { .. }) => Err(unreadable.into()),
    }
}

fn refused(args: &CheckArgs, faults: &[Fault]) -> anyhow::Result<ExitCode> {
    if args.json {
        output::json(&json!({ "faults": rows(faults), "warnings": [], "devices": [] }))?;
    } else {
        for fault in faults {
            output::say(&fault.to_string());
        }
        let plural = if faults.len() == 1 { "" } else { "s" };
        output::say(&format!("{} fault{plural}", faults.len()));
    }
    Ok(ExitCode::from(USAGE))
}

fn passed(args: &CheckArgs, config: &Config, warnings: &[Fault]) -> anyhow::Result<ExitCode> {
    let probes = if args.connect { probe::probe(config)? } else { Vec::new() };
    if args.json {
        output::json(&json!({ "faults": [], "warnings": rows(warnings), "devices": probes }))?;
    } else {
        print(config, warnings, &probes);
    }
    match probes.iter().all(|probe| probe.reached) {
        true => Ok(ExitCode::SUCCESS),
        false => Ok(ExitCode::FAILURE),
    }
}

fn print(config: &Config, warnings: &[Fault], probes: &[probe::Probe]) {
    for warning in warnings {
        output::say(&format!("warning: {warning}"));
    }
    for probe in probes {
        let verdict = if probe.reached { "ok" } else { "FAILED" };
        output::say(&format!("{} {}: {verdict}: {}", probe.kind, probe.name, probe.text));
    }
    let (vcenters, switches) = (config.vcenters.len(), config.switches.len());
    output::say(&format!("the configuration is valid: vCenters: {vcenters}, switches: {switches}"));
}

fn rows(faults: &[Fault]) -> Vec<serde_json::Value> {
    let row = |fault: &Fault| json!({ "file": fault.file, "line": fault.line, "key": fault.key, "text": fault.text });
    faults.iter().map(row).collect()
}
