//! What is known of a host: its properties as they came, merged, and the noun they make.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Change, MoRef, VimValue,
    asking::PlugIn,
    port_group::teaming_policy,
    value::unescaped,
    vm::{distributed, opaque, unknown},
};
use crate::{
    net::{MoId, VcenterId, VlanId},
    tracker::{
        Backing, Host, HostConnection, HostNetwork, HostPortGroup, HostPower, ObjectId, Pnic, ProxySwitch, Teaming,
        Uplink, VSwitch, VlanSpec, Vmkernel,
    },
};

/// The properties asked of every host. Never the whole `config`: its storage part is huge (facts: vCenter §B3).
pub(super) const PATHS: [&str; 12] = [
    "name",
    "parent",
    "runtime.connectionState",
    "runtime.inMaintenanceMode",
    "runtime.powerState",
    "config.network.pnic",
    "config.network.vswitch",
    "config.network.proxySwitch",
    "config.network.portgroup",
    "config.network.vnic",
    "config.virtualNicManagerInfo.netConfig",
    "configManager.networkSystem",
];

/// How vCenter builds a pnic's key from its device (facts: vCenter §A2).
const PNIC_KEY: &str = "key-vim.host.PhysicalNic-";

/// What is known of a host.
#[derive(Clone, Debug, Default)]
pub(super) struct HostFacts {
    name: String,
    parent: Option<MoId>,
    connection: Option<HostConnection>,
    maintenance: bool,
    power: HostPower,
    /// By key, because standard switches name their pnics by it. None: not known.
    pnics: Option<Vec<(String, Pnic)>>,
    /// By name and keys of pnics.
    vswitches: Part<(String, Vec<String>)>,
    proxy_switches: Part<ProxySwitch>,
    port_groups: Part<HostPortGroup>,
    vmkernels: Part<Vmkernel>,
    /// What each vmkernel adapter is used for, by device.
    services: BTreeMap<String, BTreeSet<String>>,
    network_system: Option<MoRef>,
}

/// A part of `config.network`. A host without a distributed switch may send no list at all, which is an empty one;
/// only what vCenter says it could not read is unknown.
#[derive(Clone, Debug)]
enum Part<T> {
    Known(Vec<T>),
    Missing,
}

impl<T> Default for Part<T> {
    fn default() -> Self {
        Self::Known(Vec::new())
    }
}

impl<T: Clone> Part<T> {
    fn known(&self) -> Option<Vec<T>> {
        match self {
            Self::Known(list) => Some(list.clone()),
            Self::Missing => None,
        }
    }

    fn read(value: Option<&VimValue>, one: impl Fn(&VimValue) -> T) -> Self {
        Self::Known(value.map(|list| list.children.iter().map(one).collect()).unwrap_or_default())
    }
}

impl HostFacts {
    pub(super) fn apply(&mut self, change: &Change) {
        let value = change.value.as_ref();
        let text = value.map(|value| value.text.as_str()).unwrap_or_default();
        match change.path.as_str() {
            "name" => self.name = unescaped(text),
            "parent" => self.parent = value.and_then(VimValue::reference).map(|parent| parent.id.into()),
            "runtime.connectionState" => self.connection = connection(text),
            "runtime.inMaintenanceMode" => self.maintenance = value.is_some_and(VimValue::flag),
            "runtime.powerState" => self.power = power(text),
            "config.network.pnic" => self.pnics = value.map(|list| list.children.iter().map(pnic).collect()),
            "config.network.vswitch" => self.vswitches = Part::read(value, vswitch),
            "config.network.proxySwitch" => self.proxy_switches = Part::read(value, proxy_switch),
            "config.network.portgroup" => self.port_groups = Part::read(value, port_group),
            "config.network.vnic" => self.vmkernels = Part::read(value, vmkernel),
            "config.virtualNicManagerInfo.netConfig" => self.services = value.map(services).unwrap_or_default(),
            "configManager.networkSystem" => self.network_system = value.and_then(VimValue::reference),
            _ => {}
        }
    }

    /// A path that could not be read: unknown from now on.
    pub(super) fn missing(&mut self, path: &str) {
        match path {
            "runtime.connectionState" => self.connection = None,
            "runtime.powerState" => self.power = HostPower::Unknown,
            "config.network.pnic" => self.pnics = None,
            "config.network.vswitch" => self.vswitches = Part::Missing,
            "config.network.proxySwitch" => self.proxy_switches = Part::Missing,
            "config.network.portgroup" => self.port_groups = Part::Missing,
            "config.network.vnic" => self.vmkernels = Part::Missing,
            _ => {}
        }
    }

    /// Where its hints are asked for.
    pub(super) const fn network_system(&self) -> Option<&MoRef> {
        self.network_system.as_ref()
    }

    /// As vCenter last said it.
    pub(super) const fn connection(&self) -> Option<HostConnection> {
        self.connection
    }

    /// Its pnics and their links: when these change, what they hear may have changed.
    pub(super) fn links(&self) -> Vec<(String, bool)> {
        let pnics = self.pnics.iter().flatten();
        pnics.map(|(_, pnic)| (pnic.device.clone(), pnic.link_up)).collect()
    }

    /// The ports of distributed switches that its vmkernel adapters are plugged into.
    pub(super) fn plugs(&self) -> Vec<PlugIn> {
        let port = |adapter: Vmkernel| match adapter.backing {
            Backing::Distributed { port_group_key, .. } => Some((port_group_key, adapter.port_key, true)),
            Backing::Standard { .. } | Backing::Opaque { .. } | Backing::Unknown { .. } => None,
        };
        self.vmkernels.known().into_iter().flatten().filter_map(port).collect()
    }

    pub(super) fn noun(&self, vcenter: &VcenterId, moid: &str) -> Host {
        Host {
            id: ObjectId::new(vcenter, moid),
            name: self.name.clone(),
            cluster: self.parent.as_ref().map(|parent| ObjectId { vcenter: vcenter.clone(), moid: parent.clone() }),
            connection: self.connection.unwrap_or(HostConnection::Unknown),
            maintenance: self.maintenance,
            power: self.power,
            network: self.network(),
        }
    }

    /// Whole or unknown: a host whose pnics are known and whose port groups are not must not look as if it had none.
    fn network(&self) -> Option<HostNetwork> {
        let pnics = self.pnics.as_ref()?;
        let devices: BTreeMap<&str, &str> =
            pnics.iter().map(|(key, pnic)| (key.as_str(), pnic.device.as_str())).collect();
        let device = |key: &String| {
            let known = devices.get(key.as_str()).copied().or_else(|| key.strip_prefix(PNIC_KEY));
            known.map(str::to_owned)
        };
        let vswitch =
            |(name, keys): (String, Vec<String>)| VSwitch { name, pnics: keys.iter().filter_map(device).collect() };
        Some(HostNetwork {
            pnics: pnics.iter().map(|(_, pnic)| pnic.clone()).collect(),
            vswitches: self.vswitches.known()?.into_iter().map(vswitch).collect(),
            proxy_switches: self.proxy_switches.known()?,
            port_groups: self.port_groups.known()?,
            vmkernels: self.vmkernels.known()?.into_iter().map(|adapter| self.with_services(adapter)).collect(),
        })
    }

    fn with_services(&self, adapter: Vmkernel) -> Vmkernel {
        Vmkernel { services: self.services.get(&adapter.device).cloned().unwrap_or_default(), ..adapter }
    }
}

fn connection(text: &str) -> Option<HostConnection> {
    match text {
        "connected" => Some(HostConnection::Connected),
        "disconnected" => Some(HostConnection::Disconnected),
        "notResponding" => Some(HostConnection::NotResponding),
        _ => None,
    }
}

/// `runtime.powerState` of a host; `standBy` is power management's sleep.
fn power(text: &str) -> HostPower {
    match text {
        "poweredOn" => HostPower::On,
        "poweredOff" => HostPower::Off,
        "standBy" => HostPower::StandBy,
        _ => HostPower::Unknown,
    }
}

fn owned(value: &VimValue, path: &[&str]) -> String {
    value.text_at(path).unwrap_or_default().to_owned()
}

fn pnic(value: &VimValue) -> (String, Pnic) {
    let pnic = Pnic {
        device: owned(value, &["device"]),
        mac: value.text_at(&["mac"]).and_then(|mac| mac.parse().ok()),
        link_up: value.child("linkSpeed").is_some(),
        pci: owned(value, &["pci"]),
    };
    (owned(value, &["key"]), pnic)
}

fn vswitch(value: &VimValue) -> (String, Vec<String>) {
    (owned(value, &["name"]), value.texts("pnic"))
}

/// Joins `uplinkPort` (key to name) with `spec.backing.pnicSpec` (device to key). A member of a LAG goes by the LAG's
/// name, which is what teaming orders use.
fn proxy_switch(value: &VimValue) -> ProxySwitch {
    let pairs = |holder: &VimValue| -> Vec<(String, String)> {
        holder.all("uplinkPort").map(|port| (owned(port, &["key"]), owned(port, &["value"]))).collect()
    };
    let mut names: BTreeMap<String, String> = pairs(value).into_iter().collect();
    for lag in value.all("hostLag") {
        names.extend(pairs(lag).into_iter().map(|(key, _)| (key, owned(lag, &["lagName"]))));
    }
    let specs = value.at(&["spec", "backing"]).map(|backing| backing.all("pnicSpec").collect()).unwrap_or_default();
    let uplink = |spec: &VimValue| {
        let name = names.get(spec.text_at(&["uplinkPortKey"])?)?;
        Some(Uplink { name: name.clone(), pnic: spec.text_at(&["pnicDevice"])?.to_owned() })
    };
    ProxySwitch {
        dvs_uuid: owned(value, &["dvsUuid"]),
        dvs_name: unescaped(&owned(value, &["dvsName"])),
        uplinks: Vec::into_iter(specs).filter_map(uplink).collect(),
    }
}

/// The effective teaming after inheritance is `computedPolicy` (facts: vCenter §B4).
fn port_group(value: &VimValue) -> HostPortGroup {
    let teaming = value.at(&["computedPolicy", "nicTeaming"]);
    let policy = teaming_policy(teaming.and_then(|teaming| teaming.text_at(&["policy"])));
    let order = teaming.and_then(|teaming| teaming.child("nicOrder"));
    let order = order.map(|order| (order.texts("activeNic"), order.texts("standbyNic")));
    HostPortGroup {
        name: owned(value, &["spec", "name"]),
        vswitch: owned(value, &["spec", "vswitchName"]),
        vlan: value.text_at(&["spec", "vlanId"]).map_or(VlanSpec::Unknown, standard_vlan),
        teaming: order.map(|(active, standby)| Teaming { active, standby, policy }),
    }
}

fn standard_vlan(text: &str) -> VlanSpec {
    match text.trim().parse::<u16>() {
        Ok(0) => VlanSpec::Untagged,
        Ok(4095) => VlanSpec::Guest,
        Ok(number) => VlanId::new(number).map_or(VlanSpec::Unknown, VlanSpec::Access),
        Err(_) => VlanSpec::Unknown,
    }
}

/// `portgroup` is empty on a distributed switch; there `spec.distributedVirtualPort` counts. An adapter on a network of
/// NSX has neither, and `spec.opaqueNetwork`.
fn vmkernel(value: &VimValue) -> Vmkernel {
    let port_group = value.text_at(&["portgroup"]).or_else(|| value.text_at(&["spec", "portgroup"]));
    let port = value.at(&["spec", "distributedVirtualPort"]);
    let backing = match (port, port_group, value.at(&["spec", "opaqueNetwork"])) {
        (Some(port), _, _) => distributed(Some(port), "HostVirtualNic"),
        (None, Some(name), _) => Backing::Standard { port_group: name.to_owned() },
        (None, None, Some(network)) => opaque(network),
        (None, None, None) => unknown("HostVirtualNic"),
    };
    Vmkernel {
        device: owned(value, &["device"]),
        mac: value.text_at(&["spec", "mac"]).and_then(|mac| mac.parse().ok()),
        backing,
        port_key: port.and_then(|port| port.text_at(&["portKey"])).map(str::to_owned),
        netstack: value.text_at(&["spec", "netStackInstanceKey"]).map(str::to_owned),
        services: BTreeSet::new(),
    }
}

/// Which adapter each service selected: `selectedVnic` holds keys, and the candidates say which device each is. Where
/// they are left out, a key ends with the device, such as `vmotion.key-vim.host.VirtualNic-vmk1`.
fn services(configs: &VimValue) -> BTreeMap<String, BTreeSet<String>> {
    let mut services: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for config in &configs.children {
        let Some(service) = config.text_at(&["nicType"]) else { continue };
        for key in config.texts("selectedVnic") {
            let candidate = config.all("candidateVnic").find(|one| one.text_at(&["key"]) == Some(key.as_str()));
            let device = candidate.and_then(|one| one.text_at(&["device"]));
            let device = device.or_else(|| key.rsplit_once('-').map(|(_, device)| device));
            if let Some(device) = device {
                services.entry(device.to_owned()).or_default().insert(service.to_owned());
            }
        }
    }
    services
}
