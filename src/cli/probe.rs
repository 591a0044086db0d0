//! `check --connect`: every device is tried once, side by side; nothing is written.

use futures_util::future::{join, join_all};
use serde::Serialize;

use crate::{
    config::{Config, SwitchSettings, VcenterSettings},
    nexus,
    tls::chain,
    vcenter,
};

/// What came of trying one device.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Probe {
    /// `vcenter` or `switch`.
    pub(super) kind: &'static str,
    /// Its name in the configuration.
    pub(super) name: String,
    /// Whether it answered and let us in.
    pub(super) reached: bool,
    /// What was found there, or what failed and what to do.
    pub(super) text: String,
}

/// Tries every device of the configuration.
pub(super) fn probe(config: &Config) -> anyhow::Result<Vec<Probe>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(async {
        let vcenters = join_all(config.vcenters.values().map(vcenter));
        let switches = join_all(config.switches.values().map(switch));
        let (mut vcenters, switches) = join(vcenters, switches).await;
        vcenters.extend(switches);
        vcenters
    }))
}

async fn vcenter(settings: &VcenterSettings) -> Probe {
    let found = vcenter::probe(settings).await.map_err(|error| chain(&error));
    outcome("vcenter", settings.name.as_str(), found)
}

async fn switch(settings: &SwitchSettings) -> Probe {
    let found = nexus::probe(settings).await.map_err(|error| chain(&error));
    outcome("switch", settings.name.as_str(), found)
}

fn outcome(kind: &'static str, name: &str, found: Result<String, String>) -> Probe {
    let reached = found.is_ok();
    let (Ok(text) | Err(text)) = found;
    Probe { kind, name: name.to_owned(), reached, text }
}
