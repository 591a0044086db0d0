//! `vmtracker capture`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context;
use clap::Args;
use vmtracker_core::net::SwitchName;

use super::{CONFIG, output};
use crate::{
    config::{Config, SwitchSettings},
    nexus::{self, Capture},
};

const GOODBYE: &str = "names, addresses, serial numbers and free texts were replaced; what each output was read as stands \
                       in .expected.json; look through the files before you give them away";

/// Arguments of `capture`.
#[derive(Debug, Args)]
pub(super) struct CaptureArgs {
    /// The configuration.
    #[arg(long, value_name = "FILE", default_value = CONFIG)]
    config: PathBuf,
    /// The switch's name in the configuration.
    #[arg(long, value_name = "NAME")]
    switch: SwitchName,
    /// The folder to write to; other files there stay.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Writes what a switch prints, in disguise; 1 if one of its answers cannot be read.
pub(super) fn capture(args: &CaptureArgs) -> anyhow::Result<ExitCode> {
    let config = Config::load(&args.config)?;
    let settings = config.switches.get(&args.switch).with_context(|| unknown(&config, &args.switch))?;
    let captures = collect(settings)?;
    let label = nexus::label(&captures);
    let unread = write_outputs(&args.out, &label, &captures)?;
    write_readings(&args.out, &label, &captures)?;
    output::say(GOODBYE);
    Ok(if unread == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// How many cannot be read.
fn write_outputs(out: &Path, label: &str, captures: &[Capture]) -> anyhow::Result<usize> {
    let mut unread = 0;
    for capture in captures {
        let file = out.join(capture.file(label));
        write(&file, &capture.text())?;
        let why = capture.fault();
        unread += usize::from(why.is_some());
        let why = why.map(|why| format!("  CANNOT BE READ: {why}")).unwrap_or_default();
        output::say(&format!("{}{why}", file.display()));
    }
    Ok(unread)
}

fn write_readings(out: &Path, label: &str, captures: &[Capture]) -> anyhow::Result<()> {
    for (folder, reading) in nexus::readings(captures) {
        let file = out.join(&folder).join(format!("{label}.expected.json"));
        match reading {
            Some(reading) => write(&file, &format!("{reading:#}\n"))?,
            None => output::say(&format!(
                "{folder}: text and JSON are read differently, because one tells more or something changed; compare them"
            )),
        }
    }
    Ok(())
}

fn unknown(config: &Config, name: &SwitchName) -> String {
    let names: Vec<&str> = config.switches.keys().map(SwitchName::as_str).collect();
    format!("no [[switch]] is called {name}; there are: {}", names.join(", "))
}

fn collect(settings: &SwitchSettings) -> anyhow::Result<Vec<Capture>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let client = nexus::connect(settings)?;
    Ok(runtime.block_on(nexus::capture(&*client))?)
}

fn write(file: &Path, text: &str) -> anyhow::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}
