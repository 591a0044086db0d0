//! `vmtracker lab`.

use std::{
    io::{self, IsTerminal, Write},
    num::NonZeroUsize,
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use anyhow::Context;
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output;
use crate::lab::{
    load::{CopyPhase, LoadSpec, Shares},
    run::{self, LabError, Options, RunDir, Screen},
    settings::{Pace, Prepare, Transport},
    summary::{LEGEND, Live, Outcome, Summary},
    topology::{Layout, Size, Topology},
};

/// Arguments of `lab`.
#[derive(Debug, Args)]
#[command(after_help = LEGEND)]
pub struct LabArgs {
    /// Simulated vCenters.
    #[arg(long, default_value = "2", conflicts_with = "topology")]
    vcenters: NonZeroUsize,
    /// Simulated Nexus switches, in pairs.
    #[arg(long, default_value = "4", conflicts_with = "topology")]
    switches: NonZeroUsize,
    /// Simulated ESXi hosts, each on both switches of a pair.
    #[arg(long, default_value = "16", conflicts_with = "topology")]
    hosts: NonZeroUsize,
    /// Simulated VMs.
    #[arg(long, default_value_t = 200, conflicts_with = "topology")]
    vms: usize,
    /// A data centre of one's own, in TOML, instead of a generated one.
    #[arg(long, value_name = "FILE")]
    topology: Option<PathBuf>,
    /// vMotions that begin per second.
    #[arg(long, default_value_t = 2.0, value_parser = rate)]
    moves_per_second: f64,
    /// Power-offs and power-ons per second.
    #[arg(long, default_value_t = 0.2, value_parser = rate)]
    powers_per_second: f64,
    /// Creations and destructions per second.
    #[arg(long, default_value_t = 0.1, value_parser = rate)]
    births_per_second: f64,
    /// How long every vMotion copies, or `2s..6s`: any time between.
    #[arg(long, default_value = "2s..6s", value_parser = copy_phase, value_name = "TIME")]
    copy_phase: CopyPhase,
    /// How long after the copy began vCenter says so. A real vCenter takes up to 2 s; the smaller default stands for
    /// VMs whose memory takes longer to copy than the lab's.
    #[arg(long, default_value = "200ms", value_parser = span, value_name = "TIME")]
    event_delay: Duration,
    /// The share of vMotions that DRS makes, from 0 to 1.
    #[arg(long, default_value_t = 0.0, value_parser = share)]
    drs_share: f64,
    /// The share of vMotions that travel encrypted: vCenter tells their destination by name only.
    #[arg(long, default_value_t = 0.0, value_parser = share)]
    encrypted_share: f64,
    /// The share of vMotions that go to another cluster.
    #[arg(long, default_value_t = 0.0, value_parser = share)]
    other_cluster_share: f64,
    /// The share of vMotions that fail at their end.
    #[arg(long, default_value_t = 0.02, value_parser = share)]
    failing_share: f64,
    /// Hosts that fail per minute; HA restarts their VMs elsewhere, and they come back.
    #[arg(long, default_value_t = 0.0, value_parser = rate)]
    host_failures_per_minute: f64,
    /// How long the run takes; without it, until Ctrl-C.
    #[arg(long, value_parser = span, value_name = "TIME")]
    duration: Option<Duration>,
    /// The same seed asks for the same operations.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The controller's hold-down.
    #[arg(long, default_value = "5s", value_parser = span, value_name = "TIME")]
    hold_down: Duration,
    /// What stands between the leaves of a generated data centre.
    #[arg(long, value_enum)]
    layout: Option<LayoutArg>,
    /// The controller's pace of withdrawals.
    #[arg(long, default_value = "none", value_enum)]
    pace: PaceArg,
    /// How the controller reaches switches.
    #[arg(long, default_value = "nxapi", value_enum)]
    transport: TransportArg,
    /// For whom the controller prepares.
    #[arg(long, default_value = "on-move", value_enum)]
    prepare: PrepareArg,
    /// How long a switch takes over a request that only reads.
    #[arg(long, default_value = "20ms", value_parser = span, value_name = "TIME")]
    switch_read_delay: Duration,
    /// How long a switch takes over a request that configures.
    #[arg(long, default_value = "100ms", value_parser = span, value_name = "TIME")]
    switch_write_delay: Duration,
    /// How long a switch takes over any request, instead of the two above.
    #[arg(long, value_parser = span, value_name = "TIME", conflicts_with_all = ["switch_read_delay", "switch_write_delay"])]
    switch_latency: Option<Duration>,
    /// Print the summary as one JSON object.
    #[arg(long)]
    json: bool,
    /// Only run the devices, and write a configuration for them.
    #[arg(long)]
    serve: bool,
    /// Where to write the configuration.
    #[arg(long, value_name = "FILE")]
    write_config: Option<PathBuf>,
    /// Where the files of the run go, and stay; without it, a directory that is removed at the end.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// What stands between leaves.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum LayoutArg {
    /// Nothing.
    Leaves,
    /// vPC pairs, and trunks from pair to pair.
    Pairs,
    /// vPC pairs, and a pair of aggregation switches.
    Aggregated,
}

/// The controller's pace of withdrawals.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum PaceArg {
    /// Without a bound.
    #[value(alias = "unlimited")]
    None,
    /// As the product is delivered.
    Guarded,
}

/// For whom the controller prepares.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum PrepareArg {
    /// For the target of a move, once it is announced.
    OnMove,
    /// For every host of the cluster, always.
    Cluster,
}

/// How the controller reaches switches.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum TransportArg {
    /// By NX-API, over HTTPS.
    Nxapi,
    /// By SSH.
    Ssh,
}

/// Starts the lab.
///
/// # Errors
/// The lab cannot be started, or the controller failed.
pub fn run(args: &LabArgs) -> anyhow::Result<ExitCode> {
    let scratch = if args.dir.is_none() { Some(RunDir::new()?) } else { None };
    let options = options(args, scratch.as_ref())?;
    let mut screen = screen(args.json);
    let system = actix_web::rt::System::new();
    if args.serve {
        system.block_on(run::serve(&options, screen.as_mut()))?;
        return Ok(ExitCode::SUCCESS);
    }
    match system.block_on(run::run(&options, screen.as_mut())) {
        Ok(summary) => conclude(args, &summary),
        Err(LabError::Interrupted) => Ok(ExitCode::FAILURE),
        Err(error) => Err(error.into()),
    }
}

/// Success only for a run that proves something, and nothing bad.
fn conclude(args: &LabArgs, summary: &Summary) -> anyhow::Result<ExitCode> {
    if args.json {
        output::json(summary)?;
    } else {
        output::say(&summary.table());
    }
    output::complain(summary.outcome().sentence());
    match summary.outcome() {
        Outcome::Proved => Ok(ExitCode::SUCCESS),
        Outcome::Meaningless | Outcome::Dark | Outcome::Uneven => Ok(ExitCode::FAILURE),
    }
}

fn options(args: &LabArgs, scratch: Option<&RunDir>) -> anyhow::Result<Options> {
    let dir = args.dir.clone().or_else(|| scratch.map(|scratch| scratch.path().to_owned())).unwrap_or_default();
    Ok(Options {
        topology: topology(args)?,
        load: load(args),
        duration: args.duration,
        hold_down: args.hold_down,
        pace: match args.pace {
            PaceArg::None => Pace::Unlimited,
            PaceArg::Guarded => Pace::Guarded,
        },
        transport: match args.transport {
            TransportArg::Nxapi => Transport::Nxapi,
            TransportArg::Ssh => Transport::Ssh,
        },
        prepare: match args.prepare {
            PrepareArg::OnMove => Prepare::OnMove,
            PrepareArg::Cluster => Prepare::Cluster,
        },
        read_delay: args.switch_latency.unwrap_or(args.switch_read_delay),
        write_delay: args.switch_latency.unwrap_or(args.switch_write_delay),
        program: std::env::current_exe().context("cannot find this program")?,
        dir: std::path::absolute(dir)?,
        config: args.write_config.as_ref().map(std::path::absolute).transpose()?,
    })
}

const fn load(args: &LabArgs) -> LoadSpec {
    LoadSpec {
        moves_per_second: args.moves_per_second,
        powers_per_second: args.powers_per_second,
        births_per_second: args.births_per_second,
        failures_per_minute: args.host_failures_per_minute,
        copy_phase: args.copy_phase,
        event_delay: args.event_delay,
        shares: Shares {
            drs: args.drs_share,
            encrypted: args.encrypted_share,
            other_cluster: args.other_cluster_share,
            failing: args.failing_share,
        },
        seed: args.seed,
    }
}

fn topology(args: &LabArgs) -> anyhow::Result<Topology> {
    let Some(file) = &args.topology else {
        let size = Size { vcenters: args.vcenters, switches: args.switches, hosts: args.hosts, vms: args.vms };
        size.check().context("so large a data centre cannot be played")?;
        let layout = args.layout.map_or_else(Layout::default, |layout| match layout {
            LayoutArg::Leaves => Layout::Leaves,
            LayoutArg::Pairs => Layout::Pairs,
            LayoutArg::Aggregated => Layout::Aggregated,
        });
        return Ok(Topology::laid_out(layout, size, args.seed));
    };
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    Topology::parse(&text).with_context(|| file.display().to_string())
}

/// `60s`, `500ms`, `5m`, `1h`.
fn span(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is not a time such as 500ms, 60s, 5m or 1h");
    let unit = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.').ok_or_else(wrong)?;
    let (number, unit) = text.split_at_checked(unit).ok_or_else(wrong)?;
    let seconds = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err(wrong()),
    };
    let number: f64 = number.parse().map_err(|_| wrong())?;
    Duration::try_from_secs_f64(number * seconds).map_err(|_| wrong())
}

/// `0.5s`, or the shortest and the longest: `2s..6s`.
fn copy_phase(text: &str) -> Result<CopyPhase, String> {
    let Some((shortest, longest)) = text.split_once("..") else { return span(text).map(CopyPhase::exactly) };
    let (shortest, longest) = (span(shortest)?, span(longest)?);
    let sane = shortest <= longest;
    if sane { Ok(CopyPhase { shortest, longest }) } else { Err(format!("{text:?} ends before it begins")) }
}

/// So many per second: a number from 0 to 10,000.
fn rate(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| format!("{text:?} is not a number"))?;
    let sane = (0.0..=10_000.0).contains(&number);
    if sane { Ok(number) } else { Err("a rate is 0 to 10000 per second".to_owned()) }
}

/// A part of a whole.
fn share(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| format!("{text:?} is not a number"))?;
    let sane = (0.0..=1.0).contains(&number);
    if sane { Ok(number) } else { Err("a share is 0 to 1".to_owned()) }
}

fn screen(json: bool) -> Box<dyn Screen> {
    if !json && io::stdout().is_terminal() { Box::new(Terminal::new()) } else { Box::new(Plain) }
}

/// No terminal: only what is worth saying, on standard error.
struct Plain;

impl Screen for Plain {
    fn starting(&mut self, _standing: u64, _needed: u64) {}

    fn live(&mut self, _live: &Live) {}

    fn say(&mut self, text: &str) {
        output::complain(text);
    }
}

/// A terminal: a progress bar, then a table drawn over itself.
struct Terminal {
    bar: ProgressBar,
    lines: usize,
}

impl Terminal {
    fn new() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("starting {bar:40} {pos}/{len} port-VLANs stand, {elapsed}") {
            bar.set_style(style);
        }
        Self { bar, lines: 0 }
    }
}

impl Screen for Terminal {
    fn starting(&mut self, standing: u64, needed: u64) {
        self.bar.set_length(needed);
        self.bar.set_position(standing);
    }

    fn live(&mut self, live: &Live) {
        self.bar.finish_and_clear();
        let table = live.table();
        // Up over the last table, and from there to the end of the screen anew.
        let up = if self.lines > 0 { format!("\x1b[{}A\x1b[J", self.lines) } else { String::new() };
        drop(writeln!(io::stdout().lock(), "{up}{table}"));
        self.lines = table.lines().count();
    }

    fn say(&mut self, text: &str) {
        self.bar.suspend(|| output::complain(text));
        self.lines = 0;
    }
}

#[cfg(test)]
mod tests;
