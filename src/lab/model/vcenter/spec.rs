//! What a simulated vCenter is built from. Names are what people call things; managed object ids are given by
//! [`super::Vcenter::new`], in the order of these lists.

use vmtracker_core::net::MacAddr;

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
    /// The standard vSwitch that it belongs to, when it is no `dvs_uplink`.
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
}

/// A distributed port group.
#[derive(Clone, Debug, Default)]
pub struct PortGroupSpec {
    /// Its name.
    pub name: String,
    /// Its VLANs.
    pub vlan: SimVlan,
    /// Active uplinks by name; both lists empty: every uplink is active.
    pub active: Vec<String>,
    /// Standby uplinks by name.
    pub standby: Vec<String>,
}

/// The VLAN setting of a distributed port group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SimVlan {
    /// `VlanIdSpec`: 0 (untagged) to 4094.
    Id(u16),
    /// `TrunkVlanSpec`: ranges with both ends.
    Trunk(Vec<(u16, u16)>),
    /// `PvlanSpec`: the secondary.
    Private(u16),
}

impl Default for SimVlan {
    fn default() -> Self {
        Self::Id(0)
    }
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
}

/// A virtual machine.
#[derive(Clone, Debug, Default)]
pub struct VmSpec {
    /// Its name.
    pub name: String,
    /// The host that it runs on or is registered at, by name.
    pub host: String,
    /// One vnic for each port group named here, distributed or standard.
    pub vnics: Vec<String>,
    /// Whether it is powered on.
    pub on: bool,
    /// `guest.hostName`; empty: not set.
    pub guest_hostname: String,
    /// `guest.ipAddress`; empty: not set.
    pub guest_ip: String,
    /// It is this very vCenter.
    pub appliance: bool,
}
