//! What is known of a VM: its properties as they came, merged, and the noun they make.

use super::{Change, VimValue, value::unescaped};
use crate::{
    net::{MoId, VcenterId},
    tracker::{Backing, ObjectId, PowerState, Vm, Vnic},
};

/// The properties asked of every VM (facts: vCenter §B4).
pub(super) const PATHS: [&str; 9] = [
    "name",
    "config.template",
    "config.instanceUuid",
    "guest.hostName",
    "guest.ipAddress",
    "runtime.host",
    "runtime.powerState",
    "runtime.connectionState",
    "config.hardware.device",
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
    unreadable: bool,
    /// None: not known.
    nics: Option<Vec<Nic>>,
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
            "runtime.connectionState" => self.unreadable = matches!(text, "inaccessible" | "invalid" | "orphaned"),
            "config.hardware.device" => self.nics = value.map(nics),
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
            vnics: self.nics.as_ref().filter(|_| !self.unreadable).map(|nics| vnics(nics, power)),
        }
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
        backing: if device.class == SRIOV { unknown(SRIOV) } else { backing(device.child("backing")) },
    };
    Nic { vnic, start_connected: flag("startConnected") }
}

fn backing(backing: Option<&VimValue>) -> Backing {
    let Some(backing) = backing else { return unknown("none") };
    match backing.class.as_str() {
        "VirtualEthernetCardDistributedVirtualPortBackingInfo" => distributed(backing.child("port"), &backing.class),
        "VirtualEthernetCardNetworkBackingInfo" => backing
            .text_at(&["deviceName"])
            .map_or_else(|| unknown(&backing.class), |name| Backing::Standard { port_group: name.to_owned() }),
        other => unknown(other),
    }
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
