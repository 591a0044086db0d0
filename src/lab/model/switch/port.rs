//! A port of a simulated switch, and what is at the other end of its cable.

use vmtracker_core::net::{InterfaceName, MacAddr, VlanId, VlanSet};

/// How a port is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortMode {
    /// One untagged VLAN.
    Access,
    /// Tagged VLANs.
    Trunk,
    /// `no switchport`: a layer-3 port.
    Routed,
    /// The uplink to a fabric extender.
    FexFabric,
}

/// What a host, or another switch, advertises on a cable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbor {
    /// The name.
    pub host: String,
    /// The host's port, such as `vmnic2`.
    pub pnic: String,
    /// The MAC address of that port.
    pub mac: MacAddr,
    /// Whether it speaks CDP.
    pub cdp: bool,
    /// Whether it speaks LLDP.
    pub lldp: bool,
    /// Of a switch, its serial number; none: it is a host.
    pub serial: Option<String>,
}

impl Neighbor {
    /// A host that speaks both protocols.
    pub fn new(host: &str, pnic: &str, mac: MacAddr) -> Self {
        Self { host: host.to_owned(), pnic: pnic.to_owned(), mac, cdp: true, lldp: true, serial: None }
    }
}

/// What spanning tree takes a port for (`spanning-tree port type …`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StpType {
    /// No line: a VLAN that begins to forward waits two forward delays.
    #[default]
    Normal,
    /// `edge`: of an access port.
    Edge,
    /// `edge trunk`: a VLAN forwards at once.
    EdgeTrunk,
    /// `network`: both ends agree at once; for links between switches.
    Network,
}

/// How the members of a port-channel come together (`channel-group N mode …`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bundling {
    /// `active`: by LACP.
    #[default]
    Lacp,
    /// `on`: by configuration alone, as IP hash on a host wants it.
    Static,
}

/// The port of another switch at the other end of a cable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Far {
    /// The lab's name of that switch.
    pub switch: String,
    /// Its physical port.
    pub interface: InterfaceName,
}

/// A physical port or a port-channel: its configuration, its link and its neighbour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// How it is used.
    pub mode: PortMode,
    /// The access VLAN.
    pub access: VlanId,
    /// The native VLAN of the trunk.
    pub native: VlanId,
    /// The trunk's list; `None` is no list, which allows all (facts: NX-OS §4.1).
    pub allowed: Option<VlanSet>,
    /// `description`.
    pub description: Option<String>,
    /// `shutdown` is configured.
    pub shutdown: bool,
    /// The cable has a link. Of no meaning for a port-channel, which is up when a member is.
    pub link: bool,
    /// The port-channel that a physical port is a member of.
    pub channel: Option<u16>,
    /// How a member is bundled; of no meaning without [`Self::channel`].
    pub bundling: Bundling,
    /// `spanning-tree port type`.
    pub stp: StpType,
    /// `vpc N` of a port-channel.
    pub vpc: Option<u16>,
    /// `vpc peer-link` of a port-channel.
    pub peer_link: bool,
    /// `fex associate N` of a port to a fabric extender.
    pub fex: Option<u16>,
    /// Who is at the other end.
    pub neighbor: Option<Neighbor>,
    /// Which switch is at the other end.
    pub far: Option<Far>,
}

impl Port {
    /// A trunk with its link up that allows `allowed`.
    pub fn trunk(allowed: VlanSet) -> Self {
        Self { mode: PortMode::Trunk, allowed: Some(allowed), ..Self::access(VlanId::MIN) }
    }

    /// A trunk with its link up and no list: it allows every VLAN.
    pub fn open_trunk() -> Self {
        Self { mode: PortMode::Trunk, ..Self::access(VlanId::MIN) }
    }

    /// An access port with its link up.
    pub fn access(vlan: VlanId) -> Self {
        Self {
            mode: PortMode::Access,
            access: vlan,
            native: VlanId::MIN,
            allowed: None,
            description: None,
            shutdown: false,
            link: true,
            channel: None,
            bundling: Bundling::Lacp,
            stp: StpType::Normal,
            vpc: None,
            peer_link: false,
            fex: None,
            neighbor: None,
            far: None,
        }
    }

    /// A member of a port-channel with its link up.
    pub fn member(channel: u16) -> Self {
        Self { channel: Some(channel), ..Self::access(VlanId::MIN) }
    }

    /// The same port with somebody at the other end.
    #[must_use]
    pub fn facing(self, neighbor: Neighbor) -> Self {
        Self { neighbor: Some(neighbor), ..self }
    }

    /// The same port with nothing configured: what is plugged in stays.
    #[must_use]
    pub(super) fn blank(&self) -> Self {
        let (neighbor, far) = (self.neighbor.clone(), self.far.clone());
        Self { link: self.link, neighbor, far, ..Self::access(VlanId::MIN) }
    }

    /// What the trunk's list allows; everything without a list.
    pub fn allowed(&self) -> VlanSet {
        self.allowed.clone().unwrap_or_else(VlanSet::all)
    }
}
