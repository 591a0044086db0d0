//! What the simulator holds, read by calls of our own, and what its VMs need by that.

use std::collections::{BTreeMap, BTreeSet};

use vmtracker::lab::model::vcenter::Node;
use vmtracker_core::net::{MacAddr, VlanId};

use super::peer::Peer;

/// The inventory at one moment.
#[derive(Debug)]
pub(super) struct Inventory {
    pub(super) hosts: BTreeMap<String, Host>,
    pub(super) vms: BTreeMap<String, Vm>,
    pub(super) groups: BTreeMap<String, Group>,
}

/// A host, by its id.
#[derive(Debug)]
pub(super) struct Host {
    pub(super) name: String,
    pub(super) connected: bool,
    /// Pnics of the distributed switch by uplink name.
    uplinks: BTreeMap<String, String>,
    /// Standard port groups: VLAN and pnics.
    standard: BTreeMap<String, (u16, Vec<String>)>,
    /// vmkernel adapters: a standard port group's name or a distributed one's key.
    kernels: Vec<String>,
}

/// A VM, by its name.
#[derive(Clone, Debug)]
pub(super) struct Vm {
    pub(super) id: String,
    pub(super) host: String,
    pub(super) on: bool,
    /// Its adapters, in the order of the devices.
    pub(super) nics: Vec<Node>,
}

/// A distributed port group, by its key.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) name: String,
    /// None for a private VLAN: the simulator's switches are of the base class, which has no map of them.
    vlans: Vec<u16>,
    uplinks: Vec<String>,
}

/// A VLAN at a pnic: host name, device, VLAN.
pub(super) type Need = (String, String, VlanId);

impl Inventory {
    pub(super) async fn read(peer: &Peer) -> Self {
        let hosts = peer.all("HostSystem", &["name", "runtime.connectionState", "config.network"]).await;
        let paths = ["name", "runtime.powerState", "runtime.host", "config.hardware.device"];
        let vms = peer.all("VirtualMachine", &paths).await;
        let groups = peer.all("DistributedVirtualPortgroup", &["name", "key", "config.defaultPortConfig"]).await;
        Self {
            hosts: hosts.iter().map(|(id, found)| (id.clone(), host(found))).collect(),
            vms: vms.iter().map(|(id, found)| (found.text_of("name").to_owned(), vm(id, found))).collect(),
            groups: groups.iter().map(|(_, found)| (found.text_of("key").to_owned(), group(found))).collect(),
        }
    }

    pub(super) fn vm(&self, name: &str) -> &Vm {
        self.vms.get(name).unwrap_or_else(|| panic!("no VM {name}"))
    }

    /// A host's id.
    pub(super) fn host(&self, name: &str) -> &str {
        self.hosts.iter().find(|(_, host)| host.name == name).map(|(id, _)| id).expect("a host")
    }

    /// A port group's key.
    pub(super) fn group(&self, name: &str) -> &str {
        self.groups.iter().find(|(_, group)| group.name == name).map(|(key, _)| key).expect("a port group")
    }

    /// What the VM needs at the host it is at; nothing when it is off, or in a private VLAN.
    pub(super) fn needs_of(&self, vm: &Vm) -> BTreeSet<Need> {
        self.adapters_of(vm).into_iter().flat_map(|(_, needs)| needs).collect()
    }

    /// The addresses that can be heard of a VM, each with what its adapter needs.
    pub(super) fn adapters_of(&self, vm: &Vm) -> Vec<(MacAddr, BTreeSet<Need>)> {
        let plugged = |nic: &&Node| nic.child("connectable").is_some_and(|how| how.is_true("connected"));
        let nics = vm.nics.iter().filter(|_| vm.on).filter(plugged);
        let Some(host) = self.hosts.get(&vm.host) else { return Vec::new() };
        nics.map(|nic| (mac_of(nic), self.plug(host, &group_of(nic)))).collect()
    }

    /// What the VM would need at another host.
    pub(super) fn needs_at(&self, vm: &str, host: &str) -> BTreeSet<Need> {
        let vm = self.vm(vm);
        self.needs_of(&Vm { host: host.to_owned(), ..vm.clone() })
    }

    /// What the vmkernel adapters of every host need, whatever its state.
    pub(super) fn kernel_needs(&self) -> BTreeSet<Need> {
        let plugs = self.hosts.values().flat_map(|host| host.kernels.iter().map(move |plug| (host, plug)));
        plugs.flat_map(|(host, plug)| self.plug(host, plug)).collect()
    }

    /// What it takes to be in a standard port group, by its name, or a distributed one, by its key.
    fn plug(&self, host: &Host, plug: &str) -> BTreeSet<Need> {
        match host.standard.get(plug) {
            Some((vlan, pnics)) => needs(host, *vlan, pnics.iter()),
            None => self.distributed(host, plug),
        }
    }

    fn distributed(&self, host: &Host, key: &str) -> BTreeSet<Need> {
        let group = self.groups.get(key).unwrap_or_else(|| panic!("no port group {key}"));
        let pnics = group.uplinks.iter().filter_map(|uplink| host.uplinks.get(uplink));
        group.vlans.iter().flat_map(|vlan| needs(host, *vlan, pnics.clone())).collect()
    }
}

impl Vm {
    /// Its first adapter on a distributed switch.
    pub(super) fn distributed(&self) -> Option<&Node> {
        self.nics.iter().find(|nic| nic.child("backing").is_some_and(|backing| backing.child("port").is_some()))
    }
}

/// The standard port group's name or the distributed one's key that an adapter is in.
fn group_of(nic: &Node) -> String {
    let backing = nic.child("backing").expect("a backing");
    backing.child("port").map_or_else(|| backing.text_of("deviceName"), |port| port.text_of("portgroupKey")).to_owned()
}

pub(super) fn mac_of(nic: &Node) -> MacAddr {
    nic.text_of("macAddress").parse().expect("an address")
}

fn needs<'a>(host: &Host, vlan: u16, pnics: impl Iterator<Item = &'a String>) -> BTreeSet<Need> {
    let vlan = VlanId::new(vlan).expect("a VLAN");
    pnics.map(|pnic| (host.name.clone(), pnic.clone(), vlan)).collect()
}

fn vm(id: &str, found: &Node) -> Vm {
    let devices = found.child("config.hardware.device").expect("devices");
    let nics = devices.children.iter().filter(|device| device.child("macAddress").is_some());
    Vm {
        id: id.to_owned(),
        host: found.text_of("runtime.host").to_owned(),
        on: found.text_of("runtime.powerState") == "poweredOn",
        nics: nics.cloned().collect(),
    }
}

fn group(found: &Node) -> Group {
    let config = found.child("config.defaultPortConfig").expect("a configuration");
    let vlan = config.child("vlan").expect("a VLAN");
    let order = config.child("uplinkTeamingPolicy").and_then(|policy| policy.child("uplinkPortOrder"));
    let names = |order: &Node| [order.texts("activeUplinkPort"), order.texts("standbyUplinkPort")].concat();
    Group { name: found.text_of("name").to_owned(), vlans: vlans(vlan), uplinks: order.map(names).unwrap_or_default() }
}

/// The most VLANs that an adapter is given without a word in the configuration: the default of `wide_trunk`.
const WIDE: usize = 32;

/// None for a private VLAN, and for ranges that are not given.
fn vlans(vlan: &Node) -> Vec<u16> {
    let number = |node: &Node, name: &str| node.text_of(name).parse::<u16>().expect("a VLAN");
    match vlan.xsi_type.as_deref() {
        Some("VmwareDistributedVirtualSwitchVlanIdSpec") => vec![number(vlan, "vlanId")],
        Some("VmwareDistributedVirtualSwitchTrunkVlanSpec") => {
            let every = vlan.all("vlanId").flat_map(|range| number(range, "start")..=number(range, "end"));
            Some(every.collect::<Vec<u16>>()).filter(|every| every.len() <= WIDE).unwrap_or_default()
        }
        Some(_) | None => Vec::new(),
    }
}

fn host(found: &Node) -> Host {
    let network = found.child("config.network").expect("a network");
    Host {
        name: found.text_of("name").to_owned(),
        connected: found.text_of("runtime.connectionState") == "connected",
        uplinks: network.all("proxySwitch").flat_map(uplinks).collect(),
        standard: network.all("portgroup").map(standard).collect(),
        kernels: network.all("vnic").map(kernel).collect(),
    }
}

fn uplinks(switch: &Node) -> Vec<(String, String)> {
    let names: BTreeMap<&str, &str> =
        switch.all("uplinkPort").map(|port| (port.text_of("key"), port.text_of("value"))).collect();
    let backing = switch.child("spec").and_then(|spec| spec.child("backing"));
    let pnics = backing.into_iter().flat_map(|backing| backing.all("pnicSpec"));
    let named = |pnic: &Node| {
        let uplink = names.get(pnic.text_of("uplinkPortKey"))?;
        Some(((*uplink).to_owned(), pnic.text_of("pnicDevice").to_owned()))
    };
    pnics.filter_map(named).collect()
}

fn standard(group: &Node) -> (String, (u16, Vec<String>)) {
    let spec = group.child("spec").expect("a specification");
    let teaming = group.child("computedPolicy").and_then(|policy| policy.child("nicTeaming"));
    let order = teaming.and_then(|teaming| teaming.child("nicOrder")).expect("an order");
    let pnics = [order.texts("activeNic"), order.texts("standbyNic")].concat();
    (spec.text_of("name").to_owned(), (spec.text_of("vlanId").parse().expect("a VLAN"), pnics))
}

fn kernel(vnic: &Node) -> String {
    let port = vnic.child("spec").and_then(|spec| spec.child("distributedVirtualPort"));
    port.map_or_else(|| vnic.text_of("portgroup"), |port| port.text_of("portgroupKey")).to_owned()
}
