//! What is known of a VM: its properties as they came, merged, and the noun they make.

use super::{Change, VimValue, asking::PlugIn, value::unescaped};
use crate::{
    net::{MoId, VcenterId},
    tracker::{Backing, FaultTolerance, ObjectId, PowerState, Sriov, Vm, VmConnection, Vnic},
};

/// The properties asked of every VM (facts: vCenter §B4).
pub(super) const PATHS: [&str; 10] = [
    "name",
    "config.template",
    "config.instanceUuid",
    "guest.hostName",
    "guest.ipAddress",
    "runtime.host",
    "runtime.powerState",
    "runtime.connectionState",
    "config.hardware.device",
    "config.ftInfo",
];

/// Every class of virtual NIC (facts: vCenter §B4), SR-IOV apart.
const NIC_CLASSES: [&str; 8] = [
    "VirtualE1000",
    "VirtualE1000e",
    "VirtualPCNet32",
    "VirtualVmxnet",
    "VirtualVmxnet2",
    "VirtualVmxnet3",
    "VirtualVmxnet3Vrdma",
    "VirtualEthernetCard",
];

/// SR-IOV bypasses the virtual switch and its choice of uplink.
const SRIOV: &str = "VirtualSriovEthernetCard";

/// A PCI device of the host that a VM was given whole.
const PASS_THROUGH: &str = "VirtualPCIPassthrough";

/// What is known of a VM.
#[derive(Clone, Debug, Default)]
pub(super) struct VmFacts {
    name: String,
    template: bool,
    instance_uuid: Option<String>,
    guest_host: Option<String>,
    guest_address: Option<String>,
    host: Option<MoId>,
    power: Option<PowerState>,
    connection: VmConnection,
    /// None: not known.
    nics: Option<Vec<Nic>>,
    pass_through: usize,
    fault_tolerance: Option<Role>,
}

/// A VM's part in fault tolerance, by managed object ids.
#[derive(Clone, Debug)]
enum Role {
    Primary(Vec<MoId>),
    Secondary(MoId),
}

/// A virtual NIC; which of the two flags counts is decided by the power state.
#[derive(Clone, Debug)]
struct Nic {
    vnic: Vnic,
    start_connected: bool,
}

impl VmFacts {
    pub(super) fn apply(&mut self, change: &Change) {
        let value = change.value.as_ref();
        let text = value.map(|value| value.text.as_str()).unwrap_or_default();
        match change.path.as_str() {
            "name" => self.name = unescaped(text),
            "config.instanceUuid" => self.instance_uuid = filled(text),
            "guest.hostName" => self.guest_host = filled(text),
            "guest.ipAddress" => self.guest_address = filled(text),
            "config.template" => self.template = value.is_some_and(VimValue::flag),
            "runtime.host" => self.host = value.and_then(VimValue::reference).map(|host| host.id.into()),
            "runtime.powerState" => self.power = power(text),
            "runtime.connectionState" => self.connection = connection(text),
            "config.hardware.device" => {
                self.nics = value.map(nics);
                let given = |device: &&VimValue| device.class == PASS_THROUGH;
                self.pass_through = value.map_or(0, |devices| devices.children.iter().filter(given).count());
            }
            "config.ftInfo" => self.fault_tolerance = value.and_then(role),
            _ => {}
        }
    }

    /// A path that could not be read. Where a VM is and whether it runs stays as last known; `vnics` become unknown,
    /// which the tracker never takes for none.
    pub(super) fn missing(&mut self, path: &str) {
        match path {
            "config.hardware.device" => self.nics = None,
            "runtime.powerState" => self.power = None,
            _ => {}
        }
    }

    /// Where it was last.
    pub(super) const fn host(&self) -> Option<&MoId> {
        self.host.as_ref()
    }

    /// The ports of distributed switches that it is plugged into. One that is switched on may get its port only then.
    pub(super) fn plugs(&self) -> Vec<PlugIn> {
        let on = self.power == Some(PowerState::On);
        let port = |nic: &Nic| match &nic.vnic.backing {
            Backing::Distributed { port_group_key, .. } => {
                Some((port_group_key.clone(), nic.vnic.port_key.clone(), on))
            }
            Backing::Standard { .. } | Backing::Opaque { .. } | Backing::Unknown { .. } => None,
        };
        self.nics.iter().flatten().filter_map(port).collect()
    }

    pub(super) fn noun(&self, vcenter: &VcenterId, moid: &str) -> Vm {
        let power = self.power.unwrap_or(PowerState::Unknown);
        Vm {
            id: ObjectId::new(vcenter, moid),
            name: self.name.clone(),
            power,
            host: self.host.as_ref().map(|host| ObjectId { vcenter: vcenter.clone(), moid: host.clone() }),
            template: self.template,
            instance_uuid: self.instance_uuid.clone(),
            guest_names: [&self.guest_host, &self.guest_address].into_iter().flatten().cloned().collect(),
            vnics: self.nics.as_ref().filter(|_| self.connection.is_readable()).map(|nics| vnics(nics, power)),
            connection: self.connection,
            fault_tolerance: self.fault_tolerance.as_ref().map(|role| role.noun(vcenter)),
            pass_through: self.pass_through,
        }
    }
}

impl Role {
    fn noun(&self, vcenter: &VcenterId) -> FaultTolerance {
        let id = |moid: &MoId| ObjectId { vcenter: vcenter.clone(), moid: moid.clone() };
        match self {
            Self::Primary(secondaries) => FaultTolerance::Primary { secondaries: secondaries.iter().map(id).collect() },
            Self::Secondary(primary) => FaultTolerance::Secondary { primary: id(primary) },
        }
    }
}

/// `FaultTolerancePrimaryConfigInfo` names the VMs that stand in, `FaultToleranceSecondaryConfigInfo` the VM that it
/// stands in for. Which of both it is shows in the fields, as `role` does.
fn role(info: &VimValue) -> Option<Role> {
    let id = |value: &VimValue| value.reference().map(|vm| vm.id.into());
    match info.child("primaryVM").and_then(id) {
        Some(primary) => Some(Role::Secondary(primary)),
        None if info.class == "FaultToleranceSecondaryConfigInfo" => None,
        None => Some(Role::Primary(info.all("secondaries").filter_map(id).collect())),
    }
}

fn connection(text: &str) -> VmConnection {
    match text {
        "disconnected" => VmConnection::Disconnected,
        "orphaned" => VmConnection::Orphaned,
        "inaccessible" => VmConnection::Inaccessible,
        "invalid" => VmConnection::Invalid,
        _ => VmConnection::Connected,
    }
}

/// `connectable.connected` is valid only while the VM runs; of any other `startConnected` counts (facts: §B4).
fn vnics(nics: &[Nic], power: PowerState) -> Vec<Vnic> {
    let connected = |nic: &Nic| match power {
        PowerState::On => nic.vnic.connected,
        PowerState::Off | PowerState::Suspended | PowerState::Unknown => nic.start_connected,
    };
    nics.iter().map(|nic| Vnic { connected: connected(nic), ..nic.vnic.clone() }).collect()
}

fn filled(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn power(text: &str) -> Option<PowerState> {
    match text {
        "poweredOn" => Some(PowerState::On),
        "poweredOff" => Some(PowerState::Off),
        "suspended" => Some(PowerState::Suspended),
        _ => None,
    }
}

/// The NICs among the devices. A class that is not known counts when it has a MAC address: new cards are cards.
fn nics(devices: &VimValue) -> Vec<Nic> {
    let is_nic = |device: &&VimValue| {
        let class = device.class.as_str();
        class == SRIOV || NIC_CLASSES.contains(&class) || device.child("macAddress").is_some()
    };
    devices.children.iter().filter(is_nic).map(nic).collect()
}

fn nic(device: &VimValue) -> Nic {
    let flag = |name: &str| device.at(&["connectable", name]).is_some_and(VimValue::flag);
    let vnic = Vnic {
        key: device.text_at(&["key"]).and_then(|key| key.trim().parse().ok()).unwrap_or_default(),
        mac: device.text_at(&["macAddress"]).and_then(|mac| mac.parse().ok()),
        connected: flag("connected"),
        backing: backing(device.child("backing")),
        port_key: device.text_at(&["backing", "port", "portKey"]).map(str::to_owned),
        sriov: (device.class == SRIOV).then(|| sriov(device)),
    };
    Nic { vnic, start_connected: flag("startConnected") }
}

fn sriov(device: &VimValue) -> Sriov {
    let function = device.text_at(&["sriovBacking", "physicalFunctionBacking", "id"]);
    Sriov { function: function.map(str::to_owned) }
}

fn backing(backing: Option<&VimValue>) -> Backing {
    let Some(backing) = backing else { return unknown("none") };
    match backing.class.as_str() {
        "VirtualEthernetCardDistributedVirtualPortBackingInfo" => distributed(backing.child("port"), &backing.class),
        "VirtualEthernetCardNetworkBackingInfo" => backing
            .text_at(&["deviceName"])
            .map_or_else(|| unknown(&backing.class), |name| Backing::Standard { port_group: name.to_owned() }),
        "VirtualEthernetCardOpaqueNetworkBackingInfo" => opaque(backing),
        other => unknown(other),
    }
}

/// A network of NSX: `opaqueNetworkId` and `opaqueNetworkType`, of an adapter's backing or of a vmkernel adapter.
pub(super) fn opaque(value: &VimValue) -> Backing {
    let text = |name: &str| value.text_at(&[name]).unwrap_or_default().to_owned();
    Backing::Opaque { id: text("opaqueNetworkId"), kind: text("opaqueNetworkType") }
}

/// `DistributedVirtualSwitchPortConnection`; without a port group (a stand-alone port) its VLAN cannot be told.
pub(super) fn distributed(port: Option<&VimValue>, class: &str) -> Backing {
    let text = |name: &str| port.and_then(|port| port.text_at(&[name])).map(str::to_owned);
    match (text("switchUuid"), text("portgroupKey")) {
        (Some(dvs_uuid), Some(port_group_key)) => Backing::Distributed { dvs_uuid, port_group_key },
        (None, _) | (_, None) => unknown(class),
    }
}

pub(super) fn unknown(class: &str) -> Backing {
    Backing::Unknown { class: class.chars().filter(|letter| !letter.is_control()).take(100).collect() }
}
