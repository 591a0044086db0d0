//! What it costs to follow a vCenter.
//!
//! `cargo bench --bench vcenter` shows the controller's memory over a hundred thousand facts of the lab's vCenter, and,
//! where `VMTRACKER_VCSIM` names VMware's own simulator, what an inventory of 10,000 VMs at 504 hosts takes. `-- flat`
//! and `-- scale` show one of them, `-- small` tries the second one out. The controller is a process of its own; everything else shares the machine with it.

mod flat;
#[path = "../../tests/it/vcsim/inventory.rs"]
#[expect(dead_code, reason = "a test uses the rest")]
mod inventory;
#[path = "../../tests/it/vcsim/peer.rs"]
#[expect(dead_code, reason = "a test uses the rest")]
mod peer;
mod scale;
mod wiring;

use std::{
    error::Error,
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
    time::Duration,
};

pub(crate) type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let asked: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let wanted = |name: &str| asked.is_empty() || asked.iter().any(|word| word == name);
    let system = actix_web::rt::System::new();
    if wanted("flat") {
        system.block_on(flat::run())?;
    }
    match std::env::var("VMTRACKER_VCSIM").ok().filter(|path| !path.is_empty()) {
        Some(binary) if asked.iter().any(|word| word == "small") => {
            system.block_on(scale::run(&binary, wiring::SMALL))?
        }
        Some(binary) if wanted("scale") => system.block_on(scale::run(&binary, wiring::LARGE))?,
        None if wanted("scale") => tell("scale: skipped (VMTRACKER_VCSIM names no binary)\n")?,
        Some(_) | None => {}
    }
    Ok(())
}

/// The controller's program.
pub(crate) fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_vmtracker"))
}

/// The sum of a metric over all its labels that hold `label`; none while nobody answers.
pub(crate) fn metric(at: SocketAddr, name: &str, label: &str) -> Option<f64> {
    let mut stream = TcpStream::connect(at).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").ok()?;
    let mut page = Vec::new();
    stream.read_to_end(&mut page).ok()?;
    let page = String::from_utf8_lossy(&page).into_owned();
    let rows = page.lines().filter(|line| line.starts_with(name) && line.contains(label));
    Some(rows.filter_map(|line| line.rsplit(' ').next()?.trim().parse::<f64>().ok()).sum())
}

/// A row of a Markdown table.
pub(crate) fn row(cells: &[String]) -> Outcome<()> {
    tell(&format!("| {} |\n", cells.join(" | ")))
}

/// The head of a Markdown table.
pub(crate) fn head(cells: &[&str]) -> Outcome<()> {
    tell(&format!("\n| {} |\n|{}\n", cells.join(" | "), "---|".repeat(cells.len())))
}

pub(crate) fn tell(text: &str) -> Outcome<()> {
    Ok(io::stdout().write_all(text.as_bytes())?)
}

pub(crate) fn mib(bytes: u64) -> String {
    format!("{:.1}", f64::from(u32::try_from(bytes >> 10).unwrap_or(u32::MAX)) / 1024.0)
}
