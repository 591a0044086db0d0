//! The objects of a simulated vCenter.

use vmtracker_core::net::{MacAddr, MoId, VlanSet};

use super::{
    agenda::Seen,
    motion::SimMotion,
    spec::HintSpec,
    spec_network::{SimVlan, Teaming},
};
pub use super::{
    kind::Kind,
    vm_state::{SimFaultTolerance, SimVmState},
};
use crate::lab::model::LabTime;

/// A virtual machine as it is.
#[derive(Clone, Debug)]
pub struct SimVm {
    /// `vm-N`.
    pub id: MoId,
    /// Its name.
    pub name: String,
    /// The host it runs on or is registered at.
    pub host: MoId,
    /// Whether it runs.
    pub power: SimPower,
    /// Its virtual network adapters.
    pub vnics: Vec<SimVnic>,
    /// The other host of this vCenter to which a move under way takes it.
    pub migrating_to: Option<MoId>,
    /// `config.instanceUuid`.
    pub instance_uuid: String,
    /// Taken from view: the user's permission was withdrawn.
    pub hidden: bool,
    /// In view, but its configuration is denied: `config` is in the missing set.
    pub denied: bool,
    /// What vCenter can say about it.
    pub state: SimVmState,
    /// `config.template`.
    pub template: bool,
    /// Whether a device of the host is passed through to it.
    pub passthrough: bool,
    /// Its part in fault tolerance.
    pub fault_tolerance: SimFaultTolerance,
    /// HA is about to restart it elsewhere: `runtime.vmFailoverInProgress`.
    pub failover: bool,
    /// A host that is cut off from vCenter and still runs a copy of it, while HA restarted it elsewhere.
    pub copy_on: Option<MoId>,
    /// `guest.hostName`; empty: not set.
    pub guest_hostname: String,
    /// `guest.ipAddress`; empty: not set.
    pub guest_ip: String,
    /// It is this very vCenter.
    pub appliance: bool,
    /// The move under way.
    pub(super) motion: Option<SimMotion>,
    /// What vCenter shows of it.
    pub(super) seen: Seen,
    /// The chain that ties the events of one operation together.
    pub(super) chain: i32,
}

impl SimVm {
    /// Whether it sends anything while it runs: the secondary of a pair does not.
    pub const fn speaks(&self) -> bool {
        match self.fault_tolerance {
            SimFaultTolerance::None | SimFaultTolerance::Primary(_) => true,
            SimFaultTolerance::Secondary(_) => false,
        }
    }

    /// Whether an operation that moves it is under way, be it of its disks only or to another vCenter.
    pub const fn is_moving(&self) -> bool {
        self.motion.is_some()
    }
}

/// Whether a VM runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SimPower {
    /// Runs.
    On,
    /// Does not run.
    Off,
    /// Frozen: does not run.
    Suspended,
}

impl SimPower {
    /// As the API writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::On => "poweredOn",
            Self::Off => "poweredOff",
            Self::Suspended => "suspended",
        }
    }
}

/// A virtual network adapter.
#[derive(Clone, Debug)]
pub struct SimVnic {
    /// Device key, 4000 and up.
    pub key: i32,
    /// Its address.
    pub mac: MacAddr,
    /// What it is plugged into.
    pub backing: SimBacking,
    /// Whether it is plugged in; says something only while the VM runs.
    pub connected: bool,
    /// Whether it is plugged in when the VM is powered on.
    pub start_connected: bool,
    /// The VLANs that the guest tags its frames with.
    pub guest_vlans: VlanSet,
    /// The pnic whose virtual function it is.
    pub sriov: Option<String>,
    /// The distributed port it is bound to.
    pub port: SimPort,
}

/// A distributed port, which an adapter keeps as long as it stays in its port group. Of an adapter elsewhere it means
/// nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SimPort {
    /// `portKey`, the only one of this number on the distributed switch.
    pub key: u32,
    /// A VLAN of its own, instead of the port group's.
    pub vlan: Option<SimVlan>,
}

/// What an adapter is plugged into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SimBacking {
    /// A distributed port group, `dvportgroup-N`.
    Distributed(MoId),
    /// A standard port group, by its name on the VM's host.
    Standard(String),
    /// A network that something else manages, `network-oN`.
    Opaque(MoId),
}

/// An ESXi host as it is.
#[derive(Clone, Debug)]
pub struct SimHost {
    /// `host-N`.
    pub id: MoId,
    /// Its name.
    pub name: String,
    /// `domain-cN`.
    pub cluster: MoId,
    /// Whether vCenter has it.
    pub connection: SimConnection,
    /// `runtime.inMaintenanceMode`: set once it has entered.
    pub maintenance: bool,
    /// Whether it has power: without, nothing runs there and no frame comes from it, whatever vCenter says of it.
    pub powered: bool,
    /// Whether it is in standby.
    pub standby: bool,
    /// Whether it waits for its last running VM to leave, to enter maintenance.
    pub(super) entering: bool,
    /// Its physical adapters.
    pub pnics: Vec<SimPnic>,
    /// Its standard port groups.
    pub port_groups: Vec<SimStandardPortGroup>,
    /// Its vmkernel adapters.
    pub vmkernels: Vec<SimVmkernel>,
}

impl SimHost {
    /// The pnic with this device name.
    pub fn pnic(&self, device: &str) -> Option<&SimPnic> {
        self.pnics.iter().find(|pnic| pnic.device == device)
    }

    /// Names of its standard vSwitches, each once, in order of its pnics.
    pub fn vswitches(&self) -> Vec<&str> {
        let mut names = Vec::new();
        for pnic in &self.pnics {
            if let SimPlug::Vswitch(name) = &pnic.plug
                && !names.contains(&name.as_str())
            {
                names.push(name.as_str());
            }
        }
        names
    }
}

impl SimHost {
    /// `runtime.powerState`. Of a host that vCenter does not hear it is unknown, unless it was put in standby (VIM API,
    /// `HostSystemPowerState`).
    pub(super) const fn power_state(&self) -> &'static str {
        match (self.standby, self.connection) {
            (true, _) => "standBy",
            (false, SimConnection::Connected) => "poweredOn",
            (false, SimConnection::Disconnected | SimConnection::NotResponding) => "unknown",
        }
    }

    /// Whether HA and DRS may put VMs there.
    pub fn takes_vms(&self) -> bool {
        self.powered && !self.maintenance && !self.entering && self.connection == SimConnection::Connected
    }
}

/// `runtime.connectionState` of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SimConnection {
    /// vCenter talks to it.
    Connected,
    /// Somebody disconnected it.
    Disconnected,
    /// vCenter hears nothing from it.
    NotResponding,
}

impl SimConnection {
    /// As the API writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Disconnected => "disconnected",
            Self::NotResponding => "notResponding",
        }
    }
}

/// A physical network adapter.
#[derive(Clone, Debug)]
pub struct SimPnic {
    /// Such as `vmnic0`.
    pub device: String,
    /// Its address.
    pub mac: MacAddr,
    /// Whether it has link.
    pub link: bool,
    /// Which virtual switch it belongs to.
    pub plug: SimPlug,
    /// What it hears.
    pub hint: Option<HintSpec>,
    /// Its PCI address, which no other pnic of its host has.
    pub pci: String,
    /// The port of the distributed switch that it is plugged into as an uplink or a member of a LAG.
    pub(super) port_key: u32,
}

/// Which virtual switch a pnic belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SimPlug {
    /// None.
    Unused,
    /// The standard vSwitch with this name.
    Vswitch(String),
    /// This uplink of the distributed switch.
    Uplink(String),
    /// A member of this LAG of the distributed switch.
    Lag(String),
}

/// A standard port group of one host.
#[derive(Clone, Debug)]
pub struct SimStandardPortGroup {
    /// Its name.
    pub name: String,
    /// 0, 1 to 4094, or 4095.
    pub vlan: u16,
    /// Its vSwitch.
    pub vswitch: String,
    /// Active pnics; both lists empty: every pnic of the vSwitch.
    pub active: Vec<String>,
    /// Standby pnics.
    pub standby: Vec<String>,
    /// How it chooses among the active ones.
    pub teaming: Teaming,
}

/// A vmkernel adapter.
#[derive(Clone, Debug)]
pub struct SimVmkernel {
    /// Such as `vmk0`.
    pub device: String,
    /// Its address.
    pub mac: MacAddr,
    /// What it is plugged into.
    pub backing: SimBacking,
    /// What it is selected for.
    pub services: Vec<String>,
    /// `spec.netStackInstanceKey`.
    pub stack: String,
    /// The distributed port it is bound to.
    pub port: SimPort,
}

/// A distributed port group.
#[derive(Clone, Debug)]
pub struct SimPortGroup {
    /// `dvportgroup-N`, which is also its `key`.
    pub id: MoId,
    /// Its name.
    pub name: String,
    /// Its VLANs.
    pub vlan: SimVlan,
    /// Active uplinks or LAGs; both lists empty: every uplink is active.
    pub active: Vec<String>,
    /// Standby uplinks or LAGs.
    pub standby: Vec<String>,
    /// How it chooses among the active ones.
    pub teaming: Teaming,
    /// Whether a port may have a VLAN of its own.
    pub vlan_override: bool,
    /// Whether NSX manages it.
    pub nsx: bool,
    /// Whether it is the group of the uplinks themselves.
    pub uplink: bool,
    /// A port of it that nobody is plugged into.
    pub(super) free_port: u32,
}

/// A network that something else than vCenter manages.
#[derive(Clone, Debug)]
pub struct SimOpaqueNetwork {
    /// `network-oN`.
    pub id: MoId,
    /// Its name.
    pub name: String,
    /// `opaqueNetworkId`.
    pub network_id: String,
}

/// A cluster.
#[derive(Clone, Debug)]
pub struct SimCluster {
    /// `domain-cN`.
    pub id: MoId,
    /// Its name.
    pub name: String,
    /// What DRS recommends and nobody has decided upon.
    pub recommendations: Vec<SimRecommendation>,
}

/// A move that DRS recommends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimRecommendation {
    /// `key`.
    pub key: String,
    /// Which VM.
    pub vm: MoId,
    /// From which host.
    pub source: MoId,
    /// To which host.
    pub destination: MoId,
    /// `time`.
    pub at: LabTime,
}
