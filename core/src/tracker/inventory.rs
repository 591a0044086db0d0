//! What a vCenter knows: virtual machines, hosts, port groups. Whole objects as they now are, never differences.

use std::{collections::BTreeSet, fmt};

use serde::{Deserialize, Serialize};

use super::Steering;
use super::{DvsId, FaultTolerance, Overrides, Sriov, VmConnection};
use crate::net::{MacAddr, MoId, VcenterId, VlanId, VlanSet};

/// One managed object of one vCenter. Identity is never a name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ObjectId {
    /// The vCenter's instance UUID.
    pub vcenter: VcenterId,
    /// The managed object id, such as `vm-12`.
    pub moid: MoId,
}

impl ObjectId {
    /// The object `moid` of `vcenter`.
    pub fn new(vcenter: &VcenterId, moid: &str) -> Self {
        Self { vcenter: vcenter.clone(), moid: moid.into() }
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.moid)
    }
}

/// A virtual machine.
pub type VmId = ObjectId;
/// An ESXi host.
pub type HostId = ObjectId;
/// A cluster (or the compute resource of a host that stands alone).
pub type ClusterId = ObjectId;
/// A distributed port group.
pub type PortGroupId = ObjectId;

/// A virtual machine as it now is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vm {
    /// Its identity.
    pub id: VmId,
    /// `name`; for people only.
    pub name: String,
    /// `runtime.powerState`.
    pub power: PowerState,
    /// `runtime.host`; none when it is registered nowhere.
    pub host: Option<HostId>,
    /// `config.template`: it never runs.
    pub template: bool,
    /// `config.instanceUuid`: the same VM keeps it when it moves to another vCenter, or is registered anew (facts:
    /// vCenter §B4). None when vCenter did not say.
    #[serde(default)]
    pub instance_uuid: Option<String>,
    /// What the guest calls itself: `guest.hostName` and `guest.ipAddress`, as far as its tools tell.
    #[serde(default)]
    pub guest_names: Vec<String>,
    /// Its virtual NICs. None when vCenter could not say (`runtime.connectionState` inaccessible, invalid or
    /// orphaned, or a missing property): unknown, which is not the same as having none.
    pub vnics: Option<Vec<Vnic>>,
    /// `runtime.connectionState`.
    pub connection: VmConnection,
    /// `config.ftInfo`; none: it is not protected by fault tolerance.
    pub fault_tolerance: Option<FaultTolerance>,
    /// How many PCI pass-through devices it has (`VirtualPCIPassthrough`): vCenter does not say what they carry.
    pub pass_through: usize,
}

/// `runtime.powerState`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PowerState {
    /// `poweredOn`.
    On,
    /// `poweredOff`.
    Off,
    /// `suspended`.
    Suspended,
    /// vCenter did not say.
    Unknown,
}

/// A virtual NIC of a VM.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vnic {
    /// Its device key, unique in the VM (4000 and up).
    pub key: i32,
    /// Its MAC address.
    pub mac: Option<MacAddr>,
    /// `connectable.connected` of a running VM, `startConnected` of any other.
    pub connected: bool,
    /// What it is plugged into.
    pub backing: Backing,
    /// `backing.port.portKey`: its port of a distributed switch, once it has one.
    pub port_key: Option<String>,
    /// Set for a `VirtualSriovEthernetCard`: its frames pass no virtual switch.
    pub sriov: Option<Sriov>,
}

/// What a virtual NIC or a vmkernel adapter is plugged into.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Backing {
    /// A distributed port group, by its key (`DistributedVirtualPortgroup.key`).
    Distributed {
        /// `switchUuid` of the distributed switch.
        dvs_uuid: String,
        /// `portgroupKey`.
        port_group_key: String,
    },
    /// A port group of the host's standard switches, by name.
    Standard {
        /// `deviceName`; resolved on the host where the VM is.
        port_group: String,
    },
    /// A network of NSX (`OpaqueNetwork`): its frames leave the host inside an overlay's tunnel.
    Opaque {
        /// `opaqueNetworkId`.
        id: String,
        /// `opaqueNetworkType`, such as `nsx.LogicalSwitch`.
        kind: String,
    },
    /// Something whose VLAN cannot be told (new classes): unknown, not empty.
    Unknown {
        /// The class that vCenter named.
        class: String,
    },
}

/// An ESXi host as it now is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// Its identity.
    pub id: HostId,
    /// `name`, as vCenter shows it; usually a DNS name.
    pub name: String,
    /// `parent`: its cluster or compute resource.
    pub cluster: Option<ClusterId>,
    /// `runtime.connectionState`.
    pub connection: HostConnection,
    /// `runtime.inMaintenanceMode`.
    pub maintenance: bool,
    /// `runtime.powerState`.
    #[serde(default)]
    pub power: HostPower,
    /// `config.network`. None when vCenter could not say: unknown.
    pub network: Option<HostNetwork>,
}

/// `runtime.connectionState` of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HostConnection {
    /// `connected`.
    Connected,
    /// `disconnected`: taken out of vCenter's care by a person; it and its VMs run on.
    Disconnected,
    /// `notResponding`: dead, isolated or unreachable; its VMs may run on.
    NotResponding,
    /// vCenter did not say.
    Unknown,
}

/// `runtime.powerState` of a host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum HostPower {
    /// `poweredOn`.
    On,
    /// `poweredOff`.
    Off,
    /// `standBy`: put to sleep by a person or by power management.
    StandBy,
    /// vCenter did not say.
    #[default]
    Unknown,
}

/// `config.network` of a host, as far as it decides which VLANs which pnic needs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostNetwork {
    /// `pnic`.
    pub pnics: Vec<Pnic>,
    /// `vswitch`: standard switches.
    pub vswitches: Vec<VSwitch>,
    /// `proxySwitch`: this host's part of each distributed switch.
    pub proxy_switches: Vec<ProxySwitch>,
    /// `portgroup`: port groups of the standard switches.
    pub port_groups: Vec<HostPortGroup>,
    /// `vnic`: vmkernel adapters.
    pub vmkernels: Vec<Vmkernel>,
}

/// A physical NIC of a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pnic {
    /// `device`, such as `vmnic0`.
    pub device: String,
    /// Its MAC address.
    pub mac: Option<MacAddr>,
    /// Whether `linkSpeed` is set.
    pub link_up: bool,
    /// `pci`, such as `0000:3b:00.0`; SR-IOV adapters name their pnic by it.
    pub pci: String,
}

/// A standard switch of a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VSwitch {
    /// `name`, such as `vSwitch0`.
    pub name: String,
    /// The devices of its pnics.
    pub pnics: Vec<String>,
}

/// A host's part of a distributed switch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProxySwitch {
    /// `dvsUuid`.
    pub dvs_uuid: String,
    /// `dvsName`; for people only.
    pub dvs_name: String,
    /// Which pnic stands on which uplink: `uplinkPort` joined with `spec.backing.pnicSpec`. The members of a LAG
    /// stand there under the LAG's name (`hostLag`), which is what teaming orders use.
    pub uplinks: Vec<Uplink>,
}

/// An uplink of a distributed switch on one host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uplink {
    /// Its name, which teaming orders use, such as `Uplink 1`.
    pub name: String,
    /// The pnic's device.
    pub pnic: String,
}

/// A port group of a standard switch; its VLAN is a matter of one host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostPortGroup {
    /// `spec.name`.
    pub name: String,
    /// `spec.vswitchName`.
    pub vswitch: String,
    /// `spec.vlanId`.
    pub vlan: VlanSpec,
    /// `computedPolicy.nicTeaming.nicOrder` in pnic devices. None: every pnic of the switch is active.
    pub teaming: Option<Teaming>,
}

/// Which uplinks a port group may use; what is in neither list is unused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Teaming {
    /// In use.
    pub active: Vec<String>,
    /// In use once an active one fails.
    pub standby: Vec<String>,
    /// How frames are spread over the active ones.
    pub policy: TeamingPolicy,
}

/// How a port group spreads frames over its uplinks (`nicTeaming.policy`, `uplinkTeamingPolicy.policy`). It changes
/// nothing about which pnics need a VLAN: every active and standby one does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum TeamingPolicy {
    /// `loadbalance_srcid`: by the virtual port.
    SourcePort,
    /// `loadbalance_srcmac`: by the sender's address.
    SourceMac,
    /// `loadbalance_ip`: by both addresses; the switch must bundle the ports.
    IpHash,
    /// `loadbalance_loadbased`: by the virtual port, and moved when an uplink is busy.
    Load,
    /// `failover_explicit`: the first active one that is up.
    Explicit,
    /// vCenter did not say, or said something new.
    #[default]
    Unknown,
}

/// A vmkernel adapter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vmkernel {
    /// `device`, such as `vmk0`.
    pub device: String,
    /// Its MAC address.
    pub mac: Option<MacAddr>,
    /// What it is plugged into.
    pub backing: Backing,
    /// `spec.distributedVirtualPort.portKey`.
    pub port_key: Option<String>,
    /// `spec.netStackInstanceKey`, such as `defaultTcpipStack`; `vxlan` is the stack of an overlay's tunnels.
    pub netstack: Option<String>,
    /// What it is used for (`config.virtualNicManagerInfo.netConfig`), such as `management` or `vmotion`.
    pub services: BTreeSet<String>,
}

impl Vmkernel {
    /// Its device and what it is used for, for people, such as `vmk1 (vmotion)`.
    pub fn label(&self) -> String {
        let services: Vec<&str> = self.services.iter().map(String::as_str).collect();
        let device = self.device.escape_debug();
        if services.is_empty() {
            device.to_string()
        } else {
            format!("{device} ({})", services.join(", ").escape_debug())
        }
    }
}

impl Host {
    /// How one of its vmkernel adapters is called, for people.
    pub fn adapter(&self, device: &str) -> String {
        let mut known = self.network.iter().flat_map(|network| &network.vmkernels);
        known
            .find(|adapter| adapter.device == device)
            .map_or_else(|| device.escape_debug().to_string(), Vmkernel::label)
    }
}

/// A distributed port group as it now is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortGroup {
    /// Its identity.
    pub id: PortGroupId,
    /// `key`, which backings name.
    pub key: String,
    /// `name`; for people only, and never on a switch's command line.
    pub name: String,
    /// `config.defaultPortConfig.vlan`.
    pub vlan: VlanSpec,
    /// `uplinkTeamingPolicy.uplinkPortOrder` in uplink (or LAG) names. None: every uplink is active.
    pub teaming: Option<Teaming>,
    /// `config.uplink`: the group of the uplinks themselves, which no VM uses.
    pub uplink: bool,
    /// What its custom attributes say.
    #[serde(default)]
    pub steering: Steering,
    /// `config.distributedVirtualSwitch`.
    pub dvs: Option<DvsId>,
    /// `config.backingType` is `nsx`: its VLAN says nothing, frames leave inside an overlay's tunnel.
    pub nsx: bool,
    /// What its ports may have of their own.
    pub overrides: Overrides,
}

/// The VLANs of a port group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum VlanSpec {
    /// VLAN 0: frames leave untagged.
    Untagged,
    /// One VLAN.
    Access(VlanId),
    /// The guest tags, inside these ranges (`TrunkVlanSpec`).
    Trunk(VlanSet),
    /// VLAN 4095 of a standard port group: the guest tags, anything.
    Guest,
    /// A private VLAN, by its secondary.
    Private(VlanId),
    /// vCenter did not say, or said something new: unknown, not empty.
    Unknown,
}

/// A cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cluster {
    /// Its identity.
    pub id: ClusterId,
    /// `name`; floors in the configuration name it.
    pub name: String,
    /// Moves that DRS recommends and nobody applied yet; empty unless the configuration asks for them.
    #[serde(default)]
    pub recommendations: Vec<Recommendation>,
}

/// A move that DRS recommends: one `ClusterMigrationAction` of `recommendation` (facts: vCenter §C).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Recommendation {
    /// Which VM.
    pub vm: VmId,
    /// Where to.
    pub to: HostId,
}
