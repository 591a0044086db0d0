//! A port of a simulated switch, and what is at the other end of its cable.

use vmtracker_core::net::{MacAddr, VlanId, VlanSet};

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

/// What a host advertises on a cable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbor {
    /// The host's name.
    pub host: String,
    /// The host's port, such as `vmnic2`.
    pub pnic: String,
    /// The MAC address of that port.
    pub mac: MacAddr,
    /// Whether it speaks CDP.
    pub cdp: bool,
    /// Whether it speaks LLDP.
    pub lldp: bool,
}

impl Neighbor {
    /// A host that speaks both protocols.
    pub fn new(host: &str, pnic: &str, mac: MacAddr) -> Self {
        Self { host: host.to_owned(), pnic: pnic.to_owned(), mac, cdp: true, lldp: true }
    }
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
    /// Who is at the other end.
    pub neighbor: Option<Neighbor>,
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
            neighbor: None,
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

    /// What the trunk's list allows; everything without a list.
    pub fn allowed(&self) -> VlanSet {
        self.allowed.clone().unwrap_or_else(VlanSet::all)
    }
}
