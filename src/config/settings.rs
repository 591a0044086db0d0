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
    /// Custom attributes of port groups are read, and narrow what they may ask for.
    pub attributes: bool,
    /// Findings are written into a custom attribute of the VMs and hosts that they are about.
    pub annotate: bool,
    /// What DRS recommends is asked for.
    pub recommendations: bool,
}

/// How to reach a switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwitchSettings {
    /// Its name here.
    pub name: SwitchName,
    /// `https://host[:port]`; `/ins` is added. Empty when only SSH is to be used.
    pub url: String,
    /// Login.
    pub username: String,
    /// Login. Empty when a key or the agent logs in by SSH, and NX-API is not used.
    pub password: Secret,
    /// Whom to trust by HTTPS.
    pub trust: Trust,
    /// In which dialect NX-API is spoken; none: it is found out.
    pub dialect: Option<Dialect>,
    /// How to reach it by SSH, where that may be used.
    pub ssh: Option<SshSettings>,
}

impl SwitchSettings {
    /// By what a refused login is known: the password or, where there is none, the key.
    pub fn secret(&self) -> &Secret {
        let key = self.ssh.as_ref().and_then(|ssh| ssh.key.as_ref());
        key.filter(|_| self.password.expose().is_empty()).map_or(&self.password, |key| &key.text)
    }
}

/// How to reach a switch by SSH.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SshSettings {
    /// A name or an address, without brackets.
    pub host: String,
    /// The TCP port.
    pub port: u16,
    /// Which host key is the right one.
    pub trust: HostTrust,
    /// A key to log in with.
    pub key: Option<PrivateKey>,
    /// The keys of the agent at `SSH_AUTH_SOCK` may be tried.
    pub agent: bool,
}

impl SshSettings {
    /// `host:port`, for messages and for connecting.
    pub fn address(&self) -> String {
        match self.host.contains(':') {
            true => format!("[{}]:{}", self.host, self.port),
            false => format!("{}:{}", self.host, self.port),
        }
    }
}

/// Which host key is the right one. There is no way to trust any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostTrust {
    /// The one with this SHA-256 fingerprint.
    Fingerprint([u8; 32]),
    /// Those of an OpenSSH `known_hosts` file.
    KnownHosts {
        /// The file.
        file: PathBuf,
        /// The key of a host that is not in it is believed at first sight, and written to it.
        accept_new: bool,
    },
}

/// A private key for logging in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrivateKey {
    /// Its file, for messages.
    pub path: PathBuf,
    /// What the file holds.
    pub text: Secret,
    /// What it is encrypted with, if it is.
    pub passphrase: Option<Secret>,
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
