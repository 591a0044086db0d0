//! Distributed ports: `FetchDVPorts` (facts: vCenter §B4). They are no property, and nothing tells of their changes but
//! events.

use vmtracker_core::net::{MacAddr, MoId};

use super::{
    Vcenter,
    call::{Call, Fault, Node, Value},
    inventory::{Kind, SimBacking, SimHost, SimPlug, SimPort, SimPortGroup, SimPower},
    properties::DVS,
    resolve::effective_vlan,
    spec_network::SimVlan,
};

/// A port and whoever is plugged into it.
struct Port<'a> {
    key: u32,
    group: &'a SimPortGroup,
    vlan: &'a SimVlan,
    user: Option<User<'a>>,
}

/// Whoever is plugged into a port.
struct User<'a> {
    kind: Kind,
    id: &'a MoId,
    nic: String,
    nic_type: &'static str,
    host: &'a MoId,
    mac: MacAddr,
    up: bool,
}

/// `DistributedVirtualSwitchPortCriteria`: what is not set qualifies every port. `portgroupKey` counts only where `inside`
/// is set; every port here is inside some port group.
struct Criteria {
    connected: Option<bool>,
    uplink: Option<bool>,
    inside: Option<bool>,
    groups: Vec<String>,
    keys: Vec<String>,
    hosts: Vec<String>,
}

impl Criteria {
    fn read(node: Option<&Node>) -> Self {
        let flag = |name: &str| node.and_then(|node| node.child(name).map(|_| node.is_true(name)));
        let texts = |name: &str| node.map(|node| node.texts(name)).unwrap_or_default();
        Self {
            connected: flag("connected"),
            uplink: flag("uplinkPort"),
            inside: flag("inside"),
            groups: texts("portgroupKey"),
            keys: texts("portKey"),
            hosts: texts("host"),
        }
    }

    fn let_through(&self, port: &Port<'_>) -> bool {
        let among = |wanted: &[String], name: &str| wanted.iter().any(|wanted| wanted == name);
        let scope = self.groups.is_empty() || among(&self.groups, port.group.id.as_str());
        let host = port.user.as_ref().is_some_and(|user| among(&self.hosts, user.host.as_str()));
        self.inside.is_none_or(|inside| inside == scope)
            && self.connected.is_none_or(|connected| connected == port.user.is_some())
            && self.uplink.is_none_or(|uplink| uplink == port.group.uplink)
            && (self.keys.is_empty() || among(&self.keys, &port.key.to_string()))
            && (self.hosts.is_empty() || host)
    }
}

impl Vcenter {
    /// `FetchDVPorts`: the ports of the distributed switch that qualify, in order of their keys.
    pub(super) fn fetch_ports(&self, call: &Call) -> Result<Option<Value>, Fault> {
        let this = call.this();
        if this.as_str() != DVS {
            return Err(Fault::not_found("DistributedVirtualSwitch", &this));
        }
        let criteria = Criteria::read(call.method.child("criteria"));
        let mut ports: Vec<Port<'_>> = self.ports().filter(|port| criteria.let_through(port)).collect();
        ports.sort_by_key(|port| port.key);
        let values: Vec<Value> = ports.iter().map(|port| self.port_value(port)).collect();
        Ok((!values.is_empty()).then_some(Value::Array("DistributedVirtualPort", values)))
    }

    /// Every port: of each group one that is free, and those of VMs' adapters, vmkernel adapters and pnics. A port stays
    /// its adapter's while the VM is off (early binding).
    fn ports(&self) -> impl Iterator<Item = Port<'_>> {
        let free =
            self.port_groups.values().map(|group| Port { key: group.free_port, group, vlan: &group.vlan, user: None });
        free.chain(self.vnic_ports()).chain(self.hosts.values().flat_map(|host| self.host_ports(host)))
    }

    fn vnic_ports(&self) -> impl Iterator<Item = Port<'_>> {
        let vnics =
            self.vms.values().filter(|vm| !vm.hidden).flat_map(|vm| vm.vnics.iter().map(move |vnic| (vm, vnic)));
        vnics.filter_map(|(vm, vnic)| {
            let up = vm.power == SimPower::On && vnic.connected;
            let (nic, nic_type) = (vnic.key.to_string(), "vmVnic");
            let user =
                User { kind: Kind::VirtualMachine, id: &vm.id, nic, nic_type, host: &vm.host, mac: vnic.mac, up };
            self.used(&vnic.backing, &vnic.port, user)
        })
    }

    fn host_ports<'a>(&'a self, host: &'a SimHost) -> impl Iterator<Item = Port<'a>> {
        let user = move |nic: &str, nic_type, mac, up| User {
            kind: Kind::HostSystem,
            id: &host.id,
            nic: nic.to_owned(),
            nic_type,
            host: &host.id,
            mac,
            up,
        };
        let kernels = host.vmkernels.iter().filter_map(move |adapter| {
            self.used(&adapter.backing, &adapter.port, user(&adapter.device, "hostVmkVnic", adapter.mac, true))
        });
        let uplinks = self.port_groups.values().find(|group| group.uplink);
        let pnics = host.pnics.iter().filter_map(move |pnic| match pnic.plug {
            SimPlug::Uplink(_) | SimPlug::Lag(_) => {
                let (group, user) = (uplinks?, user(&pnic.device, "pnic", pnic.mac, pnic.link));
                Some(Port { key: pnic.port_key, group, vlan: &group.vlan, user: Some(user) })
            }
            SimPlug::Unused | SimPlug::Vswitch(_) => None,
        });
        kernels.chain(pnics)
    }

    fn used<'a>(&'a self, backing: &SimBacking, port: &'a SimPort, user: User<'a>) -> Option<Port<'a>> {
        match backing {
            SimBacking::Distributed(id) => {
                let group = self.port_groups.get(id)?;
                Some(Port { key: port.key, group, vlan: effective_vlan(group, port), user: Some(user) })
            }
            SimBacking::Standard(_) | SimBacking::Opaque(_) => None,
        }
    }

    fn port_value(&self, port: &Port<'_>) -> Value {
        let config =
            vec![("setting", self.port_setting(port.group, port.vlan, true)), ("configVersion", Value::string("1"))];
        let mut fields = vec![
            ("key", Value::string(port.key.to_string())),
            ("config", Value::Object("DVPortConfigInfo", config)),
            ("dvsUuid", Value::string(self.dvs_uuid())),
            ("portgroupKey", Value::string(port.group.id.as_str())),
        ];
        if let Some(user) = &port.user {
            fields.push(("proxyHost", Value::reference(Kind::HostSystem, user.host)));
            fields.push(("connectee", user.connectee()));
        }
        fields.push(("conflict", Value::boolean(false)));
        fields.extend(port.user.as_ref().map(|user| ("state", state(port.vlan, user))));
        fields.push(("connectionCookie", Value::int(port.key)));
        fields.push(("lastStatusChange", self.time(self.clock)));
        Value::Object("DistributedVirtualPort", fields)
    }
}

impl User<'_> {
    fn connectee(&self) -> Value {
        let fields = vec![
            ("connectedEntity", Value::reference(self.kind, self.id)),
            ("nicKey", Value::string(&self.nic)),
            ("type", Value::string(self.nic_type)),
        ];
        Value::Object("DistributedVirtualSwitchPortConnectee", fields)
    }
}

/// `state.runtimeInfo`. What stands under `vlanIds` for a private VLAN and for an untagged port the facts do not say:
/// nothing here.
fn state(vlan: &SimVlan, user: &User<'_>) -> Value {
    let ranges = match vlan {
        SimVlan::Id(0) | SimVlan::Private(_) => Vec::new(),
        SimVlan::Id(number) => vec![(*number, *number)],
        SimVlan::Trunk(ranges) => ranges.clone(),
    };
    let range = |(start, end): (u16, u16)| {
        Value::Object("NumericRange", vec![("start", Value::int(start)), ("end", Value::int(end))])
    };
    let info = vec![
        ("linkUp", Value::boolean(user.up)),
        ("blocked", Value::boolean(false)),
        ("vlanIds", Value::Array("NumericRange", ranges.into_iter().map(range).collect())),
        ("trunkingMode", Value::boolean(matches!(vlan, SimVlan::Trunk(_)))),
        ("mtu", Value::int(1500)),
        ("macAddress", Value::string(user.mac.to_string())),
    ];
    Value::Object("DVPortState", vec![("runtimeInfo", Value::Object("DVPortStatus", info))])
}
