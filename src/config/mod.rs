//! The configuration: reading, validation with all faults at once, and what a reload changes.
//!
//! [`Config::load`] reads TOML with the position of every key (`source`), takes each section apart (`fabric`,
//! `devices`, `placement`), and gathers every fault instead of stopping at the first. What comes out is valid.

mod changes;
mod devices;
mod fabric;
mod fault;
mod login;
mod placement;
mod settings;
mod source;
mod ssh;
mod value;

use std::{
    fs,
    path::{Path, PathBuf},
};

pub use changes::{Changed, Changes, diff};
pub use fault::{Fault, Faults};
pub use settings::{Config, HostTrust, PrivateKey, Secret, Service, SshSettings, SwitchSettings, VcenterSettings};
use source::Source;
use thiserror::Error;

/// Why there is no configuration.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The file says something that cannot be.
    #[error("{0}")]
    Faults(Faults),
}

impl Config {
    /// Reads and validates a file; what it only warns of goes to the log.
    ///
    /// # Errors
    /// The file cannot be read, or has faults: all of them.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let (config, warnings) = Self::load_with_warnings(path)?;
        for warning in &warnings {
            tracing::warn!("{warning}");
        }
        Ok(config)
    }

    /// Reads and validates a file; returns what is questionable beside it.
    ///
    /// # Errors
    /// The file cannot be read, or has faults: all of them.
    pub fn load_with_warnings(path: &Path) -> Result<(Self, Vec<Fault>), ConfigError> {
        let text = fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
        Self::parse(&text, path).map_err(ConfigError::Faults)
    }

    /// Only `service.control`, for commands to a running service: whoever gives them need not be able to read every
    /// password, nor have a configuration without faults.
    ///
    /// # Errors
    /// The file cannot be read, or is no TOML.
    pub fn control_socket(path: &Path) -> Result<PathBuf, ConfigError> {
        let text = fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
        let source = Source::new(&text, path);
        let control = source.root().map(|root| fabric::control(&source, root.section("service").as_ref()));
        source.verdict(control).map(|(control, _)| control).map_err(ConfigError::Faults)
    }

    /// Validates a text; relative paths in it start at the directory of `path`.
    ///
    /// # Errors
    /// All faults, in the order of their lines.
    pub fn parse(text: &str, path: &Path) -> Result<(Self, Vec<Fault>), Faults> {
        let source = Source::new(text, path);
        let config = source.root().map(|root| {
            root.allow(&["fabric", "service", "vcenter", "switch", "attachment", "cluster", "floor"]);
            read(&source, &root)
        });
        source.verdict(config)
    }
}

fn read(source: &Source<'_>, root: &source::Section<'_>) -> Config {
    let fabric = fabric::fabric(source, root.section("fabric").as_ref());
    let service = fabric::service(source, root.section("service").as_ref());
    let vcenters = devices::vcenters(source, root, &fabric);
    if let Some(section) = root.section("fabric") {
        fabric::consent_is_bounded(&section, &fabric, &vcenters);
    }
    let switches = devices::switches(source, root, fabric.mode);
    let known = placement::Known::new(&vcenters, &switches);
    let attachments = placement::attachments(source, root, &known);
    let clusters = placement::clusters(source, root, &known);
    let floors = placement::floors(source, root, &known, fabric.allowed.as_ref());
    let policy = vmtracker_core::tracker::Policy {
        hold_down: fabric.hold_down,
        pace: fabric.pace,
        allowed: fabric.allowed,
        vcenters: vcenters.iter().map(|(name, one)| (name.clone(), one.policy.clone())).collect(),
        switches: switches.iter().map(|(name, one)| (name.clone(), one.policy.clone())).collect(),
        attachments,
        floors,
        links: fabric.links,
        save: fabric.save,
        wide_trunk: fabric.wide_trunk,
        wide_trunks: fabric.wide_trunks,
        clusters,
        own_macs: Default::default(),
    };
    Config {
        service,
        policy: policy.into(),
        vcenters: vcenters.into_iter().filter_map(|(name, one)| Some((name, one.settings?))).collect(),
        switches: switches.into_iter().filter_map(|(name, one)| Some((name, one.settings?))).collect(),
    }
}
