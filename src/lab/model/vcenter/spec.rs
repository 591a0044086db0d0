//! What a simulated vCenter is built from. Names are what people call things; managed object ids are given by
//! [`super::Vcenter::new`], in the order of these lists.

use vmtracker_core::net::{MacAddr, VlanSet};

use super::spec_network::{LagSpec, OpaqueSpec, PortGroupSpec, PvlanSpec, SimVlan, StandardPortGroupSpec};

/// A whole simulated vCenter.
#[derive(Clone, Debug, Default)]
pub struct VcenterSpec {
    /// Its name in the lab.
    pub name: String,
    /// `about.instanceUuid`; empty: derived from the name.
    pub instance_uuid: String,
    /// Unix time in milliseconds at lab time zero, for `CurrentTime` and the times of events.
    pub epoch_unix_ms: u64,
    /// Who may log in.
    pub users: Vec<UserSpec>,
    /// Names of clusters; a host names one of them. A name that only a host knows makes the cluster.
    pub clusters: Vec<String>,
    /// Names of the distributed switch's uplinks, in order; empty: those that pnics name, in their order.
    pub uplinks: Vec<String>,
    /// The distributed switch's LAGs.
    pub lags: Vec<LagSpec>,
    /// The distributed switch's map of private VLANs.
    pub pvlans: Vec<PvlanSpec>,
    /// Networks that something else than vCenter manages.
    pub opaque_networks: Vec<OpaqueSpec>,
    /// The ESXi hosts.
    pub hosts: Vec<HostSpec>,
    /// Port groups of the one distributed switch.
    pub port_groups: Vec<PortGroupSpec>,
    /// Port groups that every host with that vSwitch has.
    pub standard_port_groups: Vec<StandardPortGroupSpec>,
    /// The virtual machines.
    pub vms: Vec<VmSpec>,
}

/// Who may log in.
#[derive(Clone)]
pub struct UserSpec {
    /// Login name, such as `tracker@vsphere.local`.
    pub name: String,
    /// The password, in the clear: it is a lab.
    pub password: String,
}

impl std::fmt::Debug for UserSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserSpec").field("name", &self.name).finish_non_exhaustive()
    }
}

/// An ESXi host.
#[derive(Clone, Debug, Default)]
pub struct HostSpec {
    /// Its name, such as `esx01.lab`.
    pub name: String,
    /// The cluster it belongs to.
    pub cluster: String,
    /// Its physical network adapters.
    pub pnics: Vec<PnicSpec>,
    /// Its vmkernel adapters.
    pub vmkernels: Vec<VmkernelSpec>,
}

/// A physical network adapter.
#[derive(Clone, Debug)]
pub struct PnicSpec {
    /// Such as `vmnic0`.
    pub device: String,
    /// Its burnt-in address.
    pub mac: MacAddr,
    /// The uplink of the distributed switch that it is.
    pub dvs_uplink: Option<String>,
    /// The LAG of the distributed switch that it is a member of, when it is no `dvs_uplink`.
    pub lag: Option<String>,
    /// The standard vSwitch that it belongs to, when it is neither.
    pub vswitch: Option<String>,
    /// What it hears from the switch at the other end.
    pub hint: Option<HintSpec>,
}

/// What a pnic hears from its neighbour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HintSpec {
    /// How it hears it.
    pub protocol: HintProtocol,
    /// The neighbour's host name.
    pub system_name: String,
    /// Serial number, which CDP carries in parentheses behind the name.
    pub serial: String,
    /// LLDP chassis id.
    pub chassis: MacAddr,
    /// The neighbour's port as it writes it, `Ethernet1/6`.
    pub port: String,
}

/// A discovery protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HintProtocol {
    /// Cisco's, the only one a standard vSwitch hears.
    Cdp,
    /// IEEE 802.1AB, on a distributed switch.
    Lldp,
}

/// A vmkernel adapter.
#[derive(Clone, Debug)]
pub struct VmkernelSpec {
    /// Such as `vmk0`.
    pub device: String,
    /// Its address.
    pub mac: MacAddr,
    /// Name of a port group, distributed or standard.
    pub port_group: String,
    /// What it is selected for, `management` or `vmotion`: a `nicType` of [`super::SERVICES`].
    pub services: Vec<String>,
    /// `spec.netStackInstanceKey`; none: the default TCP/IP stack. `vxlan` makes it the tunnel of overlay networks.
    pub stack: Option<String>,
    /// The VLAN set on its own distributed port, instead of the port group's.
    pub port_vlan: Option<SimVlan>,
}

impl VmkernelSpec {
    /// One without a service, on the default stack.
    pub fn new(device: &str, mac: MacAddr, port_group: &str) -> Self {
        let (device, port_group) = (device.to_owned(), port_group.to_owned());
        Self { device, mac, port_group, services: Vec::new(), stack: None, port_vlan: None }
    }
}

/// A virtual machine.
#[derive(Clone, Debug, Default)]
pub struct VmSpec {
    /// Its name.
    pub name: String,
    /// The host that it runs on or is registered at, by name.
    pub host: String,
    /// Its virtual network adapters.
    pub vnics: Vec<VnicSpec>,
    /// Whether it is powered on.
    pub on: bool,
    /// `guest.hostName`; empty: not set.
    pub guest_hostname: String,
    /// `guest.ipAddress`; empty: not set.
    pub guest_ip: String,
    /// It is this very vCenter.
    pub appliance: bool,
    /// Whether it is a template, which never runs.
    pub template: bool,
    /// Whether a device of the host is passed through to it: no network of vCenter's.
    pub passthrough: bool,
    /// The host of its secondary, when it is protected by fault tolerance; of a VM that is there from the start.
    pub secondary: Option<String>,
}

/// A virtual network adapter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VnicSpec {
    /// Name of a port group, distributed or standard, or of an opaque network.
    pub port_group: String,
    /// The VLAN set on its own distributed port, instead of the port group's.
    pub port_vlan: Option<SimVlan>,
    /// The VLANs that the guest tags its frames with, where its port lets it.
    pub guest_vlans: VlanSet,
    /// Whether it is plugged in.
    pub connected: bool,
    /// Whether it is plugged in when the VM is powered on.
    pub start_connected: bool,
    /// The pnic whose virtual function it is, instead of a port of a virtual switch.
    pub sriov: Option<String>,
}

impl VnicSpec {
    /// A plain one, plugged in.
    pub fn new(port_group: &str) -> Self {
        Self {
            port_group: port_group.to_owned(),
            port_vlan: None,
            guest_vlans: VlanSet::EMPTY,
            connected: true,
            start_connected: true,
            sriov: None,
        }
    }
}
