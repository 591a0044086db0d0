//! What a switch says of itself. An observation has a scope; what lies outside of it is unknown.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

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
    /// When its kernel started (`show version`: "Kernel uptime is …"), as far as it tells. It is computed from the uptime,
    /// so each reading says it a little differently.
    pub booted: Option<Moment>,
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
    /// The switch's part in a vPC domain, when `show vpc` was read.
    pub vpc: Option<Vpc>,
    /// Every FEX by its number (100–199), when they were read.
    pub fexes: Option<BTreeMap<u16, Fex>>,
    /// Whose hands but ours hold the whole switch's configuration, when that was read.
    pub owners: Option<BTreeSet<ForeignOwner>>,
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
    /// The VLANs that spanning tree forwards there and that are not suspended (`show interface trunk`, "Vlans in
    /// spanning tree forwarding state and not pruned"); none when that was not read.
    pub forwarding: Option<VlanSet>,
    /// Whether it is an edge trunk for spanning tree (`spanning-tree port type edge trunk`): on any other trunk a new
    /// VLAN waits two forward delays, 30 s by default, before it passes frames.
    pub edge: bool,
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
    /// VLANs that the switch keeps for itself; none may be created: the default of its platform and version (facts:
    /// NX-OS §4.3).
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

/// A switch's part in vPC (`show vpc`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Vpc {
    /// No vPC domain is configured there.
    None,
    /// It is one of a pair.
    Domain(Box<VpcDomain>),
}

impl Vpc {
    /// The domain, if there is one.
    pub fn domain(&self) -> Option<&VpcDomain> {
        match self {
            Self::None => None,
            Self::Domain(domain) => Some(domain),
        }
    }
}

/// One switch's view of its vPC domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VpcDomain {
    /// `vpc-domain-id`, 1–1000; two pairs of one fabric may have the same.
    pub id: u16,
    /// `vpc-role`.
    pub role: VpcRole,
    /// `vpc-peer-status`: whether the adjacency over the peer-link stands (`peer-ok`).
    pub adjacent: bool,
    /// `vpc-peer-keepalive-status`: whether the peer is heard over the keepalive link (`peer-alive`). With the
    /// adjacency gone, this alone tells a dead peer from a broken peer-link.
    pub alive: bool,
    /// The peer-link; none while none is configured.
    pub peer_link: Option<PeerLink>,
    /// Every vPC by its port-channel.
    pub legs: BTreeMap<InterfaceName, VpcLeg>,
}

/// A switch's role in its vPC domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum VpcRole {
    /// It, and it acts as primary now.
    Primary,
    /// It, and it acts as secondary now: it suspends its legs when the peer-link breaks and the peer is alive.
    Secondary,
    /// None elected yet, or a word that we do not know.
    Unknown,
}

/// The port-channel between the two switches of a pair.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerLink {
    /// `peerlink-ifindex`.
    pub interface: InterfaceName,
    /// `peer-link-port-state`.
    pub up: bool,
    /// `peer-up-vlan-bitset`: the VLANs that pass it.
    pub vlans: VlanSet,
}

/// One switch's leg of a vPC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VpcLeg {
    /// `vpc-id`: the port-channel of the peer with the same one is the other leg.
    pub id: u16,
    /// `vpc-port-state`.
    pub up: bool,
    /// `vpc-consistency`: a type-1 mismatch takes the leg of the secondary down.
    pub consistent: bool,
    /// `up-vlan-bitset`: the VLANs that pass it now; what is allowed and not in here is suspended.
    pub vlans: VlanSet,
}

/// A fabric extender (`show fex`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fex {
    /// Its serial number: a FEX with two parents shows the same on both.
    pub serial: String,
    /// Whether it is `Online`.
    pub online: bool,
}

/// Somebody else's machinery that owns a switch's configuration: it is read and reported, and not written (rule 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ForeignOwner {
    /// `feature vmtracker` of the switch itself.
    VmTracker,
    /// `feature-set fabricpath`.
    FabricPath,
    /// A switch-profile (config-sync).
    SwitchProfile,
    /// The switch is in maintenance mode.
    Maintenance,
    /// VTP as server or client: another switch may change the VLAN database; only creating VLANs is left alone.
    Vtp,
    /// A VXLAN leaf (`feature vn-segment-vlan-based`): edge ports are managed, VLANs are never created.
    Vxlan,
}

impl ForeignOwner {
    /// Whether it forbids every write, and not only creating VLANs.
    pub const fn owns_ports(self) -> bool {
        match self {
            Self::VmTracker | Self::FabricPath | Self::SwitchProfile | Self::Maintenance => true,
            Self::Vtp | Self::Vxlan => false,
        }
    }
}

/// What it is called, for people, with what one sees of it on the switch.
impl fmt::Display for ForeignOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::VmTracker => "the switch's own VM Tracker (feature vmtracker)",
            Self::FabricPath => "FabricPath (feature-set fabricpath)",
            Self::SwitchProfile => "a switch-profile (config-sync)",
            Self::Maintenance => "maintenance mode (system mode maintenance)",
            Self::Vtp => "VTP as server or client",
            Self::Vxlan => "VXLAN (feature vn-segment-vlan-based)",
        })
    }
}
