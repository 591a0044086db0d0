//! By how much the VLANs of a move are there before the VM: how long it copies × how late vCenter tells × how long a switch
//! takes over a request.
//!
//! `cargo bench --bench readiness`, or with `-- on-move` or `-- cluster` for one of the two ways to prepare. Every row is
//! a run of `vmtracker lab` of its own; the table is Markdown. Whoever else keeps the machine busy makes the figures
//! worse, so the load average stands beside them.

use std::{
    env,
    error::Error,
    fs,
    io::{self, Write},
    process::{Command, Stdio},
};

use serde_json::Value;

type Outcome<T> = Result<T, Box<dyn Error>>;

const COPY_PHASES: [&str; 4] = ["0.5s", "1s", "2s", "5s"];
const EVENT_DELAYS: [&str; 2] = ["0s", "2s"];
const SWITCH_LATENCIES: [&str; 2] = ["250ms", "3s"];
const PREPARES: [&str; 2] = ["on-move", "cluster"];
/// What is the same in every run: moves alone, enough of them for a first percentile of some meaning, in little time.
const SAME: [&str; 9] = [
    "lab",
    "--json",
    "--duration=12s",
    "--moves-per-second=5",
    "--powers-per-second=0",
    "--births-per-second=0",
    "--vcenters=2",
    "--switches=4",
    "--seed=1",
];
const HEAD: &str = "| prepare | copy | event after | switch takes | moves | needed a write | ready before arrival | \
    margin ms: min / p1 / p50 / p99 | never | dark s | load |\n\
    |---|---|---|---|---|---|---|---|---|---|---|";

fn main() -> Outcome<()> {
    // Cargo itself says `--bench`.
    let wanted: Vec<String> = env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    say(HEAD)?;
    for prepare in PREPARES.into_iter().filter(|name| wanted.is_empty() || wanted.iter().any(|word| word == name)) {
        for latency in SWITCH_LATENCIES {
            for delay in EVENT_DELAYS {
                for copy in COPY_PHASES {
                    say(&row([prepare, copy, delay, latency])?)?;
                }
            }
        }
    }
    Ok(())
}

fn row(case: [&str; 4]) -> Outcome<String> {
    let summary = play(case)?;
    let at = |path: &str| summary.pointer(path).and_then(Value::as_f64);
    let count = |path: &str| at(path).unwrap_or_default();
    let lead = |name: &str| {
        at(&format!("/ready_before_arrival_ms/{name}")).map_or_else(|| "–".to_owned(), |ms| format!("{ms:.0}"))
    };
    let (needing, ready) = (count("/moves_needing_a_write"), count("/moves_ready_before_arrival"));
    let share = if needing > 0.0 { format!("{:.0} %", ready * 100.0 / needing) } else { "–".to_owned() };
    let margin = ["min", "p1", "p50", "p99"].map(lead).join(" / ");
    let [prepare, copy, delay, latency] = case;
    Ok(format!(
        "| {prepare} | {copy} | {delay} | {latency} | {} | {needing} | {share} | {margin} | {} | {:.2} | {} |",
        count("/moves"),
        count("/ready_before_arrival_ms/never"),
        count("/dark_vm_seconds/planned"),
        load_average(),
    ))
}

/// One run's summary; that VMs were dark, which the lab calls a failure, is what is measured here.
fn play([prepare, copy, delay, latency]: [&str; 4]) -> Outcome<Value> {
    let run = Command::new(env!("CARGO_BIN_EXE_vmtracker"))
        .args(SAME)
        .args(["--prepare", prepare, "--copy-phase", copy, "--event-delay", delay, "--switch-latency", latency])
        .stdin(Stdio::null())
        .output()?;
    let said = String::from_utf8_lossy(&run.stderr);
    serde_json::from_slice(&run.stdout).map_err(|why| format!("{why}: {said}").into())
}

/// Of the last minute.
fn load_average() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().unwrap_or("?").to_owned()
}

fn say(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}
