//! What a switch is asked, and what it answered.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    time::Duration,
};

use super::parse::accounting;
use super::parse::config::PortConfig;
use super::parse::ports::PortStatus;
use crate::{
    net::{InterfaceName, VlanSet},
    tracker::{Fex, Identity, MacEntry, Neighbor, VlanDatabase, Vpc},
};

/// One question; prints as the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Query {
    /// Who the switch is.
    Version,
    /// The configuration of every interface.
    Config,
    /// The configuration of one interface.
    PortConfig(InterfaceName),
    /// Mode and link of every interface.
    Ports,
    /// The VLAN database.
    Vlans,
    /// Port-channels and their members.
    PortChannels,
    /// LLDP neighbours.
    Lldp,
    /// CDP neighbours.
    Cdp,
    /// MAC addresses learned on one interface.
    Macs(InterfaceName),
    /// Who typed what.
    AccountingLog,
    /// The switch's part in a vPC domain.
    Vpc,
    /// Which VLANs spanning tree forwards on which trunk.
    Trunks,
    /// Fabric extenders.
    Fex,
    /// Which features are enabled.
    Features,
    /// Which feature sets are enabled.
    FeatureSets,
    /// Whether another switch may change the VLAN database.
    Vtp,
    /// Whether it is in maintenance mode.
    SystemMode,
    /// Whether a switch-profile (config-sync) is configured.
    SwitchProfiles,
    /// Copy running-config to startup-config: the one question that changes something, though no forwarding. It is
    /// asked alone and never twice.
    Save,
}

/// How an answer is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// JSON (`method: cli`).
    Structured,
    /// Text (`method: cli_ascii`).
    Text,
}

impl Query {
    /// Every question, those about one port about `interface`.
    pub const fn all(interface: InterfaceName) -> [Self; 19] {
        [
            Self::Version,
            Self::Config,
            Self::PortConfig(interface),
            Self::Ports,
            Self::Vlans,
            Self::PortChannels,
            Self::Lldp,
            Self::Cdp,
            Self::Macs(interface),
            Self::AccountingLog,
            Self::Vpc,
            Self::Trunks,
            Self::Fex,
            Self::Features,
            Self::FeatureSets,
            Self::Vtp,
            Self::SystemMode,
            Self::SwitchProfiles,
            Self::Save,
        ]
    }

    /// How its answer is encoded: running-config and the accounting log have no structured output; of `show fex` and
    /// what follows it only the text is known.
    pub const fn encoding(self) -> Encoding {
        match self {
            Self::Config
            | Self::PortConfig(_)
            | Self::AccountingLog
            | Self::Fex
            | Self::Features
            | Self::FeatureSets
            | Self::Vtp
            | Self::SystemMode
            | Self::SwitchProfiles
            | Self::Save => Encoding::Text,
            Self::Version
            | Self::Ports
            | Self::Vlans
            | Self::PortChannels
            | Self::Lldp
            | Self::Cdp
            | Self::Macs(_)
            | Self::Vpc
            | Self::Trunks => Encoding::Structured,
        }
    }

    /// The name of the folder that holds captures of its answers: the command without a port's name.
    pub fn folder(self) -> String {
        let command = if let Self::PortConfig(_) = self { Self::Config.to_string() } else { self.to_string() };
        let command = if let Self::Macs(_) = self { "show mac address-table" } else { &command };
        command.replace(' ', "_")
    }

    /// A word for a metric's label.
    pub const fn operation(self) -> &'static str {
        match self {
            Self::Version => "version",
            Self::Config => "config",
            Self::PortConfig(_) => "port_config",
            Self::Ports => "ports",
            Self::Vlans => "vlans",
            Self::PortChannels => "port_channels",
            Self::Lldp | Self::Cdp => "neighbors",
            Self::Macs(_) => "macs",
            Self::AccountingLog => "accounting_log",
            Self::Vpc => "vpc",
            Self::Trunks => "trunks",
            Self::Fex => "fex",
            Self::Features | Self::FeatureSets | Self::Vtp | Self::SystemMode | Self::SwitchProfiles => "owners",
            Self::Save => "save",
        }
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version => f.write_str("show version"),
            Self::Config => f.write_str("show running-config interface"),
            Self::PortConfig(interface) => write!(f, "show running-config interface {interface}"),
            Self::Ports => f.write_str("show interface brief"),
            Self::Vlans => f.write_str("show vlan"),
            Self::PortChannels => f.write_str("show port-channel summary"),
            Self::Lldp => f.write_str("show lldp neighbors detail"),
            Self::Cdp => f.write_str("show cdp neighbors detail"),
            Self::Macs(interface) => write!(f, "show mac address-table interface {interface}"),
            Self::AccountingLog => f.write_str("show accounting log"),
            Self::Vpc => f.write_str("show vpc"),
            Self::Trunks => f.write_str("show interface trunk"),
            Self::Fex => f.write_str("show fex"),
            Self::Features => f.write_str("show feature"),
            Self::FeatureSets => f.write_str("show feature-set"),
            Self::Vtp => f.write_str("show vtp status"),
            Self::SystemMode => f.write_str("show system mode"),
            Self::SwitchProfiles => f.write_str("show running-config switch-profile"),
            Self::Save => f.write_str("copy running-config startup-config"),
        }
    }
}

/// A parsed answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Of [`Query::Version`]: who the switch is, and how long its kernel has been running, if it tells.
    Version(Identity, Option<Duration>),
    /// Of [`Query::Config`] and [`Query::PortConfig`].
    Config(BTreeMap<InterfaceName, PortConfig>),
    /// Of [`Query::Ports`].
    Ports(BTreeMap<InterfaceName, PortStatus>),
    /// Of [`Query::Vlans`].
    Vlans(VlanDatabase),
    /// Of [`Query::PortChannels`].
    PortChannels(BTreeMap<InterfaceName, BTreeSet<InterfaceName>>),
    /// Of [`Query::Lldp`] and [`Query::Cdp`].
    Neighbors(Vec<Neighbor>),
    /// Of [`Query::Macs`].
    Macs(Vec<MacEntry>),
    /// Of [`Query::AccountingLog`].
    Accounting(Vec<accounting::Entry>),
    /// Of [`Query::Vpc`].
    Vpc(Vpc),
    /// Of [`Query::Trunks`]: the VLANs that spanning tree forwards, by trunk.
    Trunks(BTreeMap<InterfaceName, VlanSet>),
    /// Of [`Query::Fex`].
    Fexes(BTreeMap<u16, Fex>),
    /// Of [`Query::Features`]: what is enabled, in the switch's words.
    Features(BTreeSet<String>),
    /// The same of [`Query::FeatureSets`]. A switch without any tells nothing, so that it is no sign of a whole answer.
    FeatureSets(BTreeSet<String>),
    /// Of [`Query::Vtp`]: whether the switch is a VTP server or client.
    Vtp(bool),
    /// Of [`Query::SystemMode`]: whether it is in maintenance mode.
    Maintenance(bool),
    /// Of [`Query::SwitchProfiles`]: whether there is one.
    SwitchProfile(bool),
    /// Of [`Query::Save`]: the switch's words where it did not say that it is complete.
    Saved(Result<(), String>),
    /// The switch has no answer to this; what it would have told stays unknown.
    Silent(Query),
}

/// The VLANs that NX-OS keeps for itself by default, where the platform is not known (facts: NX-OS §4.3).
pub(super) fn reserved_by_default() -> VlanSet {
    (3968..=4094).filter_map(crate::net::VlanId::new).collect()
}
