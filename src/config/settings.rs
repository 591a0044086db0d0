//! A valid configuration. A [`Config`] that exists is valid: every path readable, every name unique, every range sane.

use std::{collections::BTreeMap, fmt, net::SocketAddr, path::PathBuf, sync::Arc};

use vmtracker_core::{
    net::{SwitchName, VcenterName},
    nexus::nxapi::Dialect,
    tracker::Policy,
};

use crate::tls::Trust;

/// A valid configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The service itself.
    pub service: Service,
    /// What the core needs to know.
    pub policy: Arc<Policy>,
    /// How to reach each vCenter.
    pub vcenters: BTreeMap<VcenterName, VcenterSettings>,
    /// How to reach each switch.
    pub switches: BTreeMap<SwitchName, SwitchSettings>,
}

/// The service itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// The SQLite file of the ledger and the history.
    pub store: PathBuf,
    /// The Unix socket that commands use (mode 0660).
    pub control: PathBuf,
    /// Where Prometheus scrapes `/metrics`; none: nowhere.
    pub metrics: Option<SocketAddr>,
    /// The log filter, in `tracing`'s syntax.
    pub log: String,
}

/// How to reach a vCenter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VcenterSettings {
    /// Its name here.
    pub name: VcenterName,
    /// `https://host[:port]`; `/sdk` is added.
    pub url: String,
    /// Login.
    pub username: String,
    /// Login.
    pub password: Secret,
    /// Whom to trust.
    pub trust: Trust,
}

/// How to reach a switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwitchSettings {
    /// Its name here.
    pub name: SwitchName,
    /// `https://host[:port]`; `/ins` is added.
    pub url: String,
    /// Login.
    pub username: String,
    /// Login.
    pub password: Secret,
    /// Whom to trust.
    pub trust: Trust,
    /// In which dialect NX-API is spoken; none: it is found out.
    pub dialect: Option<Dialect>,
}

/// A text that is never shown: its `Debug` is `***`, and it has no `Display`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Secret(String);

impl Secret {
    /// Keeps `text` from being shown.
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The text, for the one line that sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
