//! What a lab's data centre looks like: switches, their ports and the cables between them, hosts and their cabling, port groups, VMs.
//!
//! `config/topology-networks.toml` shows every key of networks and of what is plugged into them.
//!
//! Comes from a TOML file ([`Topology::parse`], every fault at once) or from a seed ([`Topology::generated`]), and
//! becomes device models ([`Topology::switches`], [`Topology::vcenters`], [`Topology::cabling`]). Without vCenters the
//! hosts are cabling and what the switches hear from them.

mod build;
mod check;
mod generate;
mod schema;
mod size;
mod wiring;

use std::collections::BTreeMap;

use vmtracker_core::net::{InterfaceName, MacAddr, VlanId, VlanSet};

use crate::lab::model::{
    switch::{Bundling, Platform},
    vcenter::{LagSpec, PvlanSpec, SimVlan, Teaming, VnicSpec},
};

pub use build::{PASSWORD, USER};
pub use check::{Fault, Faults};
pub use generate::Layout;
pub use size::Size;

/// A data centre. One that exists is consistent: every name that is used is defined, every port has one cable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Topology {
    /// The switches.
    pub switches: Vec<SwitchRow>,
    /// Names of the vCenters; none: the hosts are only cabled.
    pub vcenters: Vec<String>,
    /// What the distributed switch of a vCenter has beyond the uplinks that pnics name.
    pub dvs: BTreeMap<String, DvsRow>,
    /// The cables between switches.
    pub links: Vec<LinkRow>,
    /// The ESXi hosts.
    pub hosts: Vec<HostRow>,
    /// The port groups.
    pub port_groups: Vec<PortGroupRow>,
    /// The virtual machines.
    pub vms: Vec<VmRow>,
}

/// A switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwitchRow {
    /// What the configuration calls it.
    pub name: String,
    /// What it calls itself.
    pub hostname: String,
    /// The chassis' serial number.
    pub serial: String,
    /// Which model and image it plays.
    pub platform: Platform,
    /// Its vPC domain, 1–1000.
    pub domain: Option<u16>,
    /// The VLANs that exist.
    pub vlans: VlanSet,
    /// Its ports and port-channels.
    pub ports: Vec<PortRow>,
}

/// A port or a port-channel of a switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortRow {
    /// `Ethernet1/1`, `port-channel10`.
    pub name: InterfaceName,
    /// Whether it is a trunk; otherwise an access port.
    pub trunk: bool,
    /// The trunk's list; none: no list, which allows all.
    pub allowed: Option<VlanSet>,
    /// The trunk's native VLAN, or the access VLAN.
    pub native: VlanId,
    /// `description`.
    pub description: Option<String>,
    /// The port-channel it is a member of.
    pub channel: Option<u16>,
    /// How it is bundled there.
    pub bundling: Bundling,
    /// Of a port-channel: the vPC that it is a leg of.
    pub vpc: Option<u16>,
    /// Whether the port-channel is the peer-link.
    pub peer_link: bool,
    /// The fabric extender that hangs on it, 100–199: the port is no trunk then.
    pub fex: Option<u16>,
    /// Whether it is an edge port for spanning tree; none: it is one unless a link to another switch is there.
    pub edge: Option<bool>,
}

impl PortRow {
    /// A trunk without a list, and nothing more.
    pub const fn trunk(name: InterfaceName) -> Self {
        Self {
            name,
            trunk: true,
            allowed: None,
            native: VlanId::MIN,
            description: None,
            channel: None,
            bundling: Bundling::Lacp,
            vpc: None,
            peer_link: false,
            fex: None,
            edge: None,
        }
    }
}

/// A cable between two ports of switches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkRow {
    /// Its ends.
    pub ends: [LinkEnd; 2],
}

/// One end of a cable between switches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkEnd {
    /// The switch.
    pub switch: String,
    /// Its physical port.
    pub port: InterfaceName,
}

/// The distributed switch of a vCenter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DvsRow {
    /// Its LAGs.
    pub lags: Vec<LagSpec>,
    /// Its map of private VLANs.
    pub pvlans: Vec<PvlanSpec>,
}

/// An ESXi host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostRow {
    /// Its vCenter; none: it is only cabled.
    pub vcenter: Option<String>,
    /// Its name, the same as the switch hears by LLDP and CDP.
    pub name: String,
    /// Its cluster.
    pub cluster: String,
    /// Its physical adapters.
    pub pnics: Vec<PnicRow>,
    /// Its vmkernel adapters.
    pub vmkernels: Vec<VmkernelRow>,
}

/// A physical adapter and its cable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PnicRow {
    /// `vmnic0`.
    pub device: String,
    /// Its address.
    pub mac: MacAddr,
    /// The switch at the other end.
    pub switch: String,
    /// The switch's port.
    pub port: InterfaceName,
    /// What it belongs to on the host.
    pub plug: Plug,
    /// What is spoken over the cable.
    pub discovery: Discovery,
}

/// What a pnic belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plug {
    /// Nothing.
    Unused,
    /// A standard vSwitch.
    Vswitch(String),
    /// An uplink of the distributed switch.
    Uplink(String),
    /// A LAG of the distributed switch.
    Lag(String),
}

/// What both ends of a cable say about themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discovery {
    /// IEEE 802.1AB.
    Lldp,
    /// Cisco's.
    Cdp,
    /// Nothing.
    None,
}

/// A vmkernel adapter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VmkernelRow {
    /// `vmk0`.
    pub device: String,
    /// Its address.
    pub mac: MacAddr,
    /// Its port group.
    pub port_group: String,
    /// What it is selected for.
    pub services: Vec<String>,
    /// Its TCP/IP stack; none: the default one. `vxlan` makes it the tunnel of overlay networks.
    pub stack: Option<String>,
    /// The VLAN of its own port, instead of the port group's.
    pub port_vlan: Option<SimVlan>,
}

/// A port group: of a standard vSwitch when it names one, otherwise of the distributed switch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PortGroupRow {
    /// Its vCenter.
    pub vcenter: String,
    /// Its name.
    pub name: String,
    /// Its VLANs: 0 is untagged. On a standard vSwitch one number, 4095 where the guest tags.
    pub vlan: SimVlan,
    /// The standard vSwitch that it belongs to.
    pub vswitch: Option<String>,
    /// Active uplinks or LAGs (pnics of a standard vSwitch); both lists empty: every uplink is active.
    pub active: Vec<String>,
    /// Standby uplinks or LAGs.
    pub standby: Vec<String>,
    /// How it chooses among the active ones.
    pub teaming: Teaming,
    /// Whether a port of it may have a VLAN of its own.
    pub port_vlans: bool,
    /// Who manages it.
    pub backing: Backing,
}

/// Who manages a network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Backing {
    /// vCenter: it is a port group with VLANs.
    #[default]
    Plain,
    /// NSX, as a port group of the distributed switch; its VLAN means nothing.
    Nsx,
    /// Something else: it is no port group but an opaque network.
    Opaque,
}

/// A virtual machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VmRow {
    /// Its name.
    pub name: String,
    /// The host it is at.
    pub host: String,
    /// One plain adapter in each.
    pub port_groups: Vec<String>,
    /// Adapters of which more is to be said; they come after the plain ones.
    pub nics: Vec<VnicSpec>,
    /// Whether it runs.
    pub on: bool,
    /// Its guest's host name; empty: none known.
    pub guest_hostname: String,
    /// Its guest's address; empty: none known.
    pub guest_ip: String,
    /// It is the vCenter in whose inventory it is.
    pub appliance: bool,
    /// Whether it is a template.
    pub template: bool,
    /// Whether a device of the host is passed through to it.
    pub passthrough: bool,
    /// The host of its secondary, when it is protected by fault tolerance.
    pub secondary: Option<String>,
}

#[cfg(test)]
mod network_tests;
#[cfg(test)]
mod tests;
