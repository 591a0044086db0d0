//! The command line: one file per command. They print, and never decide.
//!
//! Exit codes: 0 done, 1 failed, 2 bad usage or a faulty configuration.

mod capture;
mod check;
#[cfg(feature = "lab")]
pub mod lab;
mod output;
mod probe;
mod remote;
mod run;
mod show;

use std::{path::PathBuf, process::ExitCode, sync::LazyLock};

use clap::{Args, Parser, Subcommand};

use crate::config::ConfigError;

/// Bad usage, or a configuration with faults; clap uses the same.
const USAGE: u8 = 2;
/// Where the configuration is, where nobody says.
const CONFIG: &str = "/etc/vmtracker/vmtracker.toml";

static VERSION: LazyLock<String> = LazyLock::new(|| {
    let commit = option_env!("VMTRACKER_COMMIT").unwrap_or("unknown");
    let profile = if cfg!(debug_assertions) { "debug" } else { "release" };
    let lab = if cfg!(feature = "lab") { "with" } else { "without" };
    format!("{} (commit {commit}, {profile}, {}, {lab} lab)", env!("CARGO_PKG_VERSION"), std::env::consts::ARCH)
});

const EXAMPLES: &str = "\
Examples:
  vmtracker check --config vmtracker.toml            all faults of a configuration at once
  vmtracker check --config vmtracker.toml --connect  try every vCenter and switch, too
  vmtracker run --config vmtracker.toml              follow the vCenters; kill -HUP reads the file again
  vmtracker capture --config vmtracker.toml --switch leaf-1 --out captures
  vmtracker status                                   how the running service stands
  vmtracker history --limit 20 --json                the last twenty changes, for a program
  vmtracker pause                                    write to no switch until `vmtracker resume`
  vmtracker close leaf-1 Eth1/6 120                  VLAN 120 is needed there no more
  vmtracker lab --duration 60s                       a simulated data centre, and the service against it";

/// VM Tracker for a whole fabric: keeps the VLANs of every Nexus port that faces an ESXi host as its VMs need them.
#[derive(Debug, Parser)]
#[command(name = "vmtracker", version = VERSION.as_str(), after_help = EXAMPLES)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Follow the vCenters and keep the switches.
    Run {
        /// The configuration.
        #[arg(long, value_name = "FILE", default_value = CONFIG)]
        config: PathBuf,
    },
    /// Say everything that is wrong with a configuration.
    Check(check::CheckArgs),
    /// Write down what a switch prints, without names and addresses, so that its parsers can be checked.
    Capture(capture::CaptureArgs),
    /// How the running service stands.
    Status(Remote),
    /// What a person should mend.
    Findings(Remote),
    /// What was done, by whom and why; newest first.
    History {
        #[command(flatten)]
        remote: Remote,
        /// At most so many lines.
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// Write to no switch until resumed; survives a restart.
    Pause(Remote),
    /// Let writing go on.
    Resume(Remote),
    /// Let withdrawals go on after the brake stopped them.
    ReleaseBrake(Remote),
    /// Say that an orphaned requirement is needed no more.
    Close {
        #[command(flatten)]
        remote: Remote,
        /// The switch's name in the configuration.
        switch: String,
        /// The port, such as Eth1/6 or Po10.
        interface: vmtracker_core::net::InterfaceName,
        /// The VLAN.
        vlan: vmtracker_core::net::VlanId,
    },
    /// Forget refused logins and try every device again.
    Retry(Remote),
    /// Start a simulated data centre and the service against it.
    #[cfg(feature = "lab")]
    Lab(Box<lab::LabArgs>),
}

/// Where the running service is.
#[derive(Debug, Args)]
struct Remote {
    /// The configuration that names the control socket.
    #[arg(long, value_name = "FILE", default_value = CONFIG)]
    config: PathBuf,
    /// The control socket itself.
    #[arg(long, value_name = "PATH", conflicts_with = "config")]
    control: Option<PathBuf>,
    /// Print what the service answers, as JSON.
    #[arg(long)]
    json: bool,
}

/// Does what the arguments say.
///
/// # Errors
/// The command failed; [`explain`] says how, and with which exit code.
pub fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Run { config } => run::run(&config),
        Command::Check(args) => check::check(&args),
        Command::Capture(args) => capture::capture(&args),
        Command::Status(remote) => show::status(&remote),
        Command::Findings(remote) => show::findings(&remote),
        Command::History { remote, limit } => show::history(&remote, limit),
        Command::Pause(remote) => show::command(&remote, "pause"),
        Command::Resume(remote) => show::command(&remote, "resume"),
        Command::ReleaseBrake(remote) => show::command(&remote, "release-brake"),
        Command::Close { remote, switch, interface, vlan } => {
            show::close(&remote, &crate::api::Close { switch: switch.into(), interface, vlan })
        }
        Command::Retry(remote) => show::command(&remote, "retry"),
        #[cfg(feature = "lab")]
        Command::Lab(args) => lab::run(&args),
    }
}

/// Says on standard error what failed, and why; returns the exit code for it.
pub fn explain(error: &anyhow::Error) -> ExitCode {
    output::complain(&format!("{error:#}"));
    match error.downcast_ref::<ConfigError>() {
        Some(_) => ExitCode::from(USAGE),
        None => ExitCode::FAILURE,
    }
}
