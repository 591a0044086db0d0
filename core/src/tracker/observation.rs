//! What a switch says of itself. An observation has a scope; what lies outside of it is unknown.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Discovery, Moment};
use crate::net::{InterfaceName, MacAddr, SwitchName, VlanId, VlanSet};

/// One reading of a switch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// Which switch.
    pub switch: SwitchName,
    /// When the reading was asked for: nothing in it is older.
    pub at: Moment,
    /// Which ports it speaks of.
    pub scope: Scope,
    /// Who the switch is; in every reading of the whole switch.
    pub identity: Option<Identity>,
    /// The ports inside the scope that exist.
    pub ports: BTreeMap<InterfaceName, Port>,
    /// The VLAN database, when it was read.
    pub vlans: Option<VlanDatabase>,
    /// Every port-channel and its members, when they were read.
    pub port_channels: Option<BTreeMap<InterfaceName, BTreeSet<InterfaceName>>>,
    /// Every CDP and LLDP neighbour, when both were read.
    pub neighbors: Option<Vec<Neighbor>>,
    /// The MAC table (of the scope, where the scope is not the whole switch), when it was read.
    pub macs: Option<Vec<MacEntry>>,
}

/// Which ports an observation speaks of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scope {
    /// All of them: a port that is missing does not exist.
    Whole,
    /// These; nothing is said of any other.
    Interfaces(BTreeSet<InterfaceName>),
}

impl Scope {
    /// Whether it speaks of `interface`.
    pub fn covers(&self, interface: InterfaceName) -> bool {
        match self {
            Self::Whole => true,
            Self::Interfaces(some) => some.contains(&interface),
        }
    }
}

/// Who a switch is (`show version`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// `host_name`.
    pub hostname: String,
    /// `proc_board_id`: the switch itself, whatever it is called.
    pub serial: String,
    /// `chassis_id`.
    pub platform: String,
    /// The NX-OS version.
    pub version: String,
}

/// A port's layer-2 configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Port {
    /// What kind of port it is.
    pub mode: PortMode,
    /// Its allowed list as running-config has it.
    pub allowed: Allowed,
    /// Its native VLAN.
    pub native: Option<VlanId>,
    /// Whether its link is up; none when that was not read.
    pub up: Option<bool>,
}

/// What kind of port it is, as far as that decides whether we may write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PortMode {
    /// A layer-2 trunk: the only kind that is ever written.
    Trunk,
    /// A layer-2 access port.
    Access,
    /// A layer-3 port.
    Routed,
    /// The fabric side of a FEX.
    FexFabric,
    /// Any other, in the switch's own word.
    Other(String),
}

/// The VLANs that a trunk allows, as running-config has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Allowed {
    /// No `switchport trunk allowed vlan` line: 1–4094. `add` changes nothing there (facts: NX-OS §4.1).
    Everything,
    /// The union of its lines.
    List(VlanSet),
}

impl Allowed {
    /// Whether `vlan` may pass.
    pub fn contains(&self, vlan: VlanId) -> bool {
        match self {
            Self::Everything => true,
            Self::List(list) => list.contains(vlan),
        }
    }
}

/// The VLANs that exist.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VlanDatabase {
    /// Every VLAN that exists.
    pub present: VlanSet,
    /// Those that are active and not shut down.
    pub active: VlanSet,
    /// VLANs that the switch keeps for itself; none may be created (`show system vlan reserved`, where it answers;
    /// else 3968–4094, the default of NX-OS).
    pub reserved: VlanSet,
}

/// What a switch hears from the other end of a cable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Neighbor {
    /// The switch's own port.
    pub interface: InterfaceName,
    /// How it was heard.
    pub protocol: Discovery,
    /// CDP device id or LLDP system name.
    pub system_name: Option<String>,
    /// The neighbour's port as heard, such as `vmnic2`.
    pub port: String,
    /// A MAC address that the neighbour gave as its chassis or port id.
    pub macs: BTreeSet<MacAddr>,
}

/// A learned address (`show mac address-table`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MacEntry {
    /// In which VLAN.
    pub vlan: VlanId,
    /// Which address.
    pub mac: MacAddr,
    /// Behind which port (a port-channel where the port is a member of one).
    pub interface: InterfaceName,
}
