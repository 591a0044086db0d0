//! What port groups and the distributed switch are built from.

use std::str::FromStr;

use thiserror::Error;

/// A distributed port group.
#[derive(Clone, Debug, Default)]
pub struct PortGroupSpec {
    /// Its name.
    pub name: String,
    /// Its VLANs.
    pub vlan: SimVlan,
    /// Active uplinks or LAGs by name; both lists empty: every uplink is active.
    pub active: Vec<String>,
    /// Standby uplinks or LAGs by name.
    pub standby: Vec<String>,
    /// How it chooses among the active ones.
    pub teaming: Teaming,
    /// `config.policy.vlanOverrideAllowed`: whether a port may have a VLAN of its own.
    pub vlan_override: bool,
    /// Whether NSX manages it: its VLAN means nothing then, and frames travel in the host's tunnel.
    pub nsx: bool,
}

/// A standard port group, the same on every host that has its vSwitch.
#[derive(Clone, Debug, Default)]
pub struct StandardPortGroupSpec {
    /// Its name.
    pub name: String,
    /// 0 (untagged), 1 to 4094, or 4095 (the guest tags).
    pub vlan: u16,
    /// The vSwitch it belongs to.
    pub vswitch: String,
    /// Active pnics by device; both lists empty: every pnic of the vSwitch.
    pub active: Vec<String>,
    /// Standby pnics by device.
    pub standby: Vec<String>,
    /// How it chooses among the active ones.
    pub teaming: Teaming,
}

/// The VLAN setting of a distributed port group, or of one of its ports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SimVlan {
    /// `VlanIdSpec`: 0 (untagged) to 4094.
    Id(u16),
    /// `TrunkVlanSpec`: ranges with both ends, 0 to 4094.
    Trunk(Vec<(u16, u16)>),
    /// `PvlanSpec`: the secondary.
    Private(u16),
}

impl Default for SimVlan {
    fn default() -> Self {
        Self::Id(0)
    }
}

impl From<u16> for SimVlan {
    fn from(number: u16) -> Self {
        Self::Id(number)
    }
}

/// A text that is no list of VLAN ranges.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0:?} is no list of VLANs from 0 to 4094, such as \"10-20,30\"")]
pub struct BadRanges(String);

/// Ranges of a trunk, `10-20,30`; a single number is a range too.
impl FromStr for SimVlan {
    type Err = BadRanges;

    fn from_str(text: &str) -> Result<Self, BadRanges> {
        let ranges: Option<Vec<_>> = text.split(',').map(range).collect();
        ranges.map(Self::Trunk).ok_or_else(|| BadRanges(text.to_owned()))
    }
}

fn range(text: &str) -> Option<(u16, u16)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last): (u16, u16) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    (first <= last && last <= 4094).then_some((first, last))
}

/// How a port group chooses among its active uplinks (facts: vCenter §B4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Teaming {
    /// By the port: `loadbalance_srcid`, the default.
    #[default]
    Port,
    /// By both addresses: `loadbalance_ip`, for a static channel.
    Ip,
    /// By the source address: `loadbalance_srcmac`.
    Mac,
    /// By load: `loadbalance_loadbased`, on a distributed switch only.
    Load,
    /// The first in the order that has a link: `failover_explicit`.
    Explicit,
}

impl Teaming {
    /// Every policy.
    pub const ALL: [Self; 5] = [Self::Port, Self::Ip, Self::Mac, Self::Load, Self::Explicit];

    /// As the API writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Port => "loadbalance_srcid",
            Self::Ip => "loadbalance_ip",
            Self::Mac => "loadbalance_srcmac",
            Self::Load => "loadbalance_loadbased",
            Self::Explicit => "failover_explicit",
        }
    }

    /// Whether one VM's frames may leave by any active uplink, rather than by one as long as it has a link.
    pub const fn spreads(self) -> bool {
        match self {
            Self::Ip | Self::Load => true,
            Self::Port | Self::Mac | Self::Explicit => false,
        }
    }
}

/// A LAG of the distributed switch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LagSpec {
    /// Its name, `lag1`. Its uplink ports are called `lag1-0` and so on.
    pub name: String,
    /// How many uplink ports it has on each host.
    pub ports: u16,
    /// Whether it speaks LACP first, `active`, or only answers.
    pub active: bool,
}

/// One row of the map of private VLANs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PvlanSpec {
    /// 1 to 4094.
    pub primary: u16,
    /// 1 to 4094; of a promiscuous row the primary itself.
    pub secondary: u16,
    /// Who may speak to whom.
    pub kind: PvlanKind,
}

/// The type of a private VLAN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PvlanKind {
    /// Speaks to everybody in the primary.
    Promiscuous,
    /// Speaks to promiscuous ports only.
    Isolated,
    /// Speaks to its own community and promiscuous ports.
    Community,
}

impl PvlanKind {
    /// Every type.
    pub const ALL: [Self; 3] = [Self::Promiscuous, Self::Isolated, Self::Community];

    /// As the API writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Promiscuous => "promiscuous",
            Self::Isolated => "isolated",
            Self::Community => "community",
        }
    }
}

/// A network that something else than vCenter manages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpaqueSpec {
    /// Its name.
    pub name: String,
    /// `opaqueNetworkId`; empty: derived from the name.
    pub network_id: String,
}
