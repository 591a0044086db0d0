//! Host networking and distributed switching as properties (facts: vCenter §B4).

use vmtracker_core::net::MoId;

use super::{
    Vcenter,
    build::uuid,
    call::Value,
    inventory::{Kind, SimBacking, SimHost, SimPlug, SimPnic, SimPortGroup, SimStandardPortGroup, SimVmkernel},
    properties::DVS,
    spec::SimVlan,
};

/// The name of the one distributed switch.
const DVS_NAME: &str = "DSwitch";

impl Vcenter {
    /// With blanks instead of most dashes, as a distributed switch writes its own: no UUID parser takes it.
    pub(super) fn dvs_uuid(&self) -> String {
        uuid(&self.name, u32::MAX).replace('-', " ")
    }

    pub(super) fn host_property(&self, id: &MoId, head: &str) -> Option<Value> {
        let host = self.hosts.get(id)?;
        match head {
            "name" => Some(Value::string(&host.name)),
            "parent" => Some(Value::reference(Kind::ClusterComputeResource, &host.cluster)),
            "runtime" => Some(host_runtime(host)),
            "summary" => Some(Value::Object("HostListSummary", vec![("runtime", host_runtime(host))])),
            "config" => Some(Value::Object("HostConfigInfo", vec![("network", self.host_network(host))])),
            "configManager" => {
                let system = Value::Ref("HostNetworkSystem", MoId::from(network_system(host)));
                Some(Value::Object("HostConfigManager", vec![("networkSystem", system)]))
            }
            "vm" => {
                let vms = self.vms.values().filter(|vm| vm.seen.host == *id && !vm.hidden).map(|vm| &vm.id);
                Some(Value::references(Kind::VirtualMachine, vms))
            }
            _ => None,
        }
    }

    fn host_network(&self, host: &SimHost) -> Value {
        let switches = host.vswitches().into_iter().map(|name| vswitch(host, name)).collect();
        let vnics = host.vmkernels.iter().zip(1u32..).map(|(vmkernel, index)| self.vmkernel(vmkernel, index));
        let fields = vec![
            ("vswitch", Value::Array("HostVirtualSwitch", switches)),
            ("proxySwitch", Value::Array("HostProxySwitch", self.proxy_switch(host).into_iter().collect())),
            ("portgroup", Value::Array("HostPortGroup", host.port_groups.iter().map(|g| standard(host, g)).collect())),
            ("pnic", Value::Array("PhysicalNic", host.pnics.iter().map(pnic).collect())),
            ("vnic", Value::Array("HostVirtualNic", vnics.collect())),
        ];
        Value::Object("HostNetworkInfo", fields)
    }

    /// None when no pnic of the host is an uplink.
    fn proxy_switch(&self, host: &SimHost) -> Option<Value> {
        let group = self.port_groups.values().find(|group| group.uplink)?;
        let (mut ports, mut keys, mut specs) = (Vec::new(), Vec::new(), Vec::new());
        for (index, pnic) in (16u32..).zip(&host.pnics) {
            let SimPlug::Uplink(name) = &pnic.plug else { continue };
            let key = Value::string(index.to_string());
            ports.push(Value::Object("KeyValue", vec![("key", key.clone()), ("value", Value::string(name))]));
            keys.push(pnic_key(&pnic.device));
            let spec = vec![
                ("pnicDevice", Value::string(&pnic.device)),
                ("uplinkPortKey", key),
                ("uplinkPortgroupKey", Value::string(group.id.as_str())),
            ];
            specs.push(Value::Object("DistributedVirtualSwitchHostMemberPnicSpec", spec));
        }
        let specs = vec![("pnicSpec", Value::Array("DistributedVirtualSwitchHostMemberPnicSpec", specs))];
        let backing = Value::Object("DistributedVirtualSwitchHostMemberPnicBacking", specs);
        let fields = vec![
            ("dvsUuid", Value::string(self.dvs_uuid())),
            ("dvsName", Value::string(DVS_NAME)),
            ("key", Value::string(format!("key-vim.host.ProxySwitch-{DVS_NAME}"))),
            ("numPorts", Value::int(1792)),
            ("numPortsAvailable", Value::int(1700)),
            ("uplinkPort", Value::Array("KeyValue", ports)),
            ("mtu", Value::int(9000)),
            ("pnic", Value::strings(&keys)),
            ("spec", Value::Object("HostProxySwitchSpec", vec![("backing", backing)])),
        ];
        (!keys.is_empty()).then_some(Value::Object("HostProxySwitch", fields))
    }

    fn vmkernel(&self, vmkernel: &SimVmkernel, index: u32) -> Value {
        let mut spec = vec![("mac", Value::string(vmkernel.mac.to_string()))];
        let port_group = match &vmkernel.backing {
            SimBacking::Distributed(group) => {
                spec.push(("distributedVirtualPort", self.distributed_port(group, index)));
                ""
            }
            SimBacking::Standard(name) => {
                spec.push(("portgroup", Value::string(name)));
                name
            }
        };
        let key = format!("key-vim.host.VirtualNic-{}", vmkernel.device);
        let fields = vec![
            ("device", Value::string(&vmkernel.device)),
            ("key", Value::string(key)),
            ("portgroup", Value::string(port_group)),
            ("spec", Value::Object("HostVirtualNicSpec", spec)),
        ];
        Value::Object("HostVirtualNic", fields)
    }

    pub(super) fn dvs_property(&self, head: &str) -> Option<Value> {
        match head {
            "name" => Some(Value::string(DVS_NAME)),
            "uuid" => Some(Value::string(self.dvs_uuid())),
            "parent" => Some(Value::Ref("Folder", MoId::from("group-n6"))),
            "portgroup" => Some(Value::references(Kind::DistributedVirtualPortgroup, self.port_groups.keys())),
            "config" => Some(self.dvs_config()),
            _ => None,
        }
    }

    fn dvs_config(&self) -> Value {
        let policy = vec![("uplinkPortName", Value::strings(&self.uplinks))];
        let uplinks = self.port_groups.values().filter(|group| group.uplink).map(|group| &group.id);
        let discovery = vec![("protocol", Value::string("lldp")), ("operation", Value::string("both"))];
        let fields = vec![
            ("uuid", Value::string(self.dvs_uuid())),
            ("name", Value::string(DVS_NAME)),
            ("uplinkPortPolicy", Value::Object("DVSNameArrayUplinkPortPolicy", policy)),
            ("uplinkPortgroup", Value::references(Kind::DistributedVirtualPortgroup, uplinks)),
            ("configVersion", Value::string("1")),
            ("pvlanConfig", Value::Array("VMwareDVSPvlanMapEntry", Vec::new())),
            ("maxMtu", Value::int(9000)),
            ("linkDiscoveryProtocolConfig", Value::Object("LinkDiscoveryProtocolConfig", discovery)),
            ("lacpGroupConfig", Value::Array("VMwareDvsLacpGroupConfig", Vec::new())),
            ("lacpApiVersion", Value::string("multipleLag")),
        ];
        Value::Object("VMwareDVSConfigInfo", fields)
    }

    pub(super) fn port_group_property(&self, id: &MoId, head: &str) -> Option<Value> {
        let group = self.port_groups.get(id)?;
        match head {
            "name" => Some(Value::string(&group.name)),
            "key" => Some(Value::string(id.as_str())),
            "parent" => Some(Value::Ref("Folder", MoId::from("group-n6"))),
            "config" => Some(self.port_group_config(group)),
            _ => None,
        }
    }

    fn port_group_config(&self, group: &SimPortGroup) -> Value {
        let policy = vec![
            ("blockOverrideAllowed", Value::boolean(true)),
            ("vlanOverrideAllowed", Value::boolean(false)),
            ("uplinkTeamingOverrideAllowed", Value::boolean(false)),
        ];
        let fields = vec![
            ("key", Value::string(group.id.as_str())),
            ("name", Value::string(&group.name)),
            ("numPorts", Value::int(8)),
            ("distributedVirtualSwitch", Value::Ref(Kind::VmwareDistributedVirtualSwitch.as_str(), MoId::from(DVS))),
            ("defaultPortConfig", self.port_setting(group)),
            ("type", Value::string("earlyBinding")),
            ("backingType", Value::string("standard")),
            ("policy", Value::Object("VMwareDVSPortgroupPolicy", policy)),
            ("uplink", Value::boolean(group.uplink)),
        ];
        Value::Object("DVPortgroupConfigInfo", fields)
    }

    /// Both lists of uplinks are effective values, so a group that names none has every uplink active.
    fn port_setting(&self, group: &SimPortGroup) -> Value {
        let all = group.active.is_empty() && group.standby.is_empty();
        let order = vec![
            ("inherited", Value::boolean(false)),
            ("activeUplinkPort", Value::strings(if all { &self.uplinks } else { &group.active })),
            ("standbyUplinkPort", Value::strings(&group.standby)),
        ];
        let policy = vec![("inherited", Value::boolean(false)), ("value", Value::string("loadbalance_srcid"))];
        let teaming = vec![
            ("inherited", Value::boolean(false)),
            ("policy", Value::Object("StringPolicy", policy)),
            ("uplinkPortOrder", Value::Object("VMwareUplinkPortOrderPolicy", order)),
        ];
        let fields = vec![
            ("vlan", vlan(&group.vlan)),
            ("uplinkTeamingPolicy", Value::Object("VmwareUplinkPortTeamingPolicy", teaming)),
        ];
        Value::Object("VMwareDVSPortSetting", fields)
    }
}

/// The id of a host's `HostNetworkSystem`.
pub(super) fn network_system(host: &SimHost) -> String {
    format!("networkSystem-{}", host.id.as_str().trim_start_matches("host-"))
}

fn vlan(vlan: &SimVlan) -> Value {
    let inherited = ("inherited", Value::boolean(false));
    match vlan {
        SimVlan::Id(number) => {
            let fields = vec![inherited, ("vlanId", Value::int(*number))];
            Value::Object("VmwareDistributedVirtualSwitchVlanIdSpec", fields)
        }
        SimVlan::Trunk(ranges) => {
            let range = |(start, end): &(u16, u16)| {
                Value::Object("NumericRange", vec![("start", Value::int(*start)), ("end", Value::int(*end))])
            };
            let ranges = Value::Array("NumericRange", ranges.iter().map(range).collect());
            Value::Object("VmwareDistributedVirtualSwitchTrunkVlanSpec", vec![inherited, ("vlanId", ranges)])
        }
        SimVlan::Private(number) => {
            let fields = vec![inherited, ("pvlanId", Value::int(*number))];
            Value::Object("VmwareDistributedVirtualSwitchPvlanSpec", fields)
        }
    }
}

fn host_runtime(host: &SimHost) -> Value {
    let fields = vec![
        ("connectionState", Value::Enum("HostSystemConnectionState", host.connection.as_str())),
        ("powerState", Value::Enum("HostSystemPowerState", host.power_state())),
        ("inMaintenanceMode", Value::boolean(host.maintenance)),
        ("standbyMode", Value::string(if host.standby { "in" } else { "none" })),
    ];
    Value::Object("HostRuntimeInfo", fields)
}

fn pnic_key(device: &str) -> String {
    format!("key-vim.host.PhysicalNic-{device}")
}

/// `linkSpeed` is unset while there is no link.
fn pnic(pnic: &SimPnic) -> Value {
    let mut fields = vec![
        ("key", Value::string(pnic_key(&pnic.device))),
        ("device", Value::string(&pnic.device)),
        ("pci", Value::string("0000:3b:00.0")),
        ("driver", Value::string("i40en")),
    ];
    if pnic.link {
        let speed = vec![("speedMb", Value::int(25_000)), ("duplex", Value::boolean(true))];
        fields.push(("linkSpeed", Value::Object("PhysicalNicLinkInfo", speed)));
    }
    fields.push(("spec", Value::Object("PhysicalNicSpec", Vec::new())));
    fields.push(("wakeOnLanSupported", Value::boolean(false)));
    fields.push(("mac", Value::string(pnic.mac.to_string())));
    Value::Object("PhysicalNic", fields)
}

fn members<'a>(host: &'a SimHost, vswitch: &'a str) -> impl Iterator<Item = &'a String> {
    let on = move |pnic: &&SimPnic| matches!(&pnic.plug, SimPlug::Vswitch(name) if name == vswitch);
    host.pnics.iter().filter(on).map(|pnic| &pnic.device)
}

fn vswitch(host: &SimHost, name: &str) -> Value {
    let keys: Vec<String> = members(host, name).map(|device| pnic_key(device)).collect();
    let bridge = vec![("nicDevice", Value::strings(members(host, name)))];
    let teaming = teaming(members(host, name), &[]);
    let spec = vec![
        ("numPorts", Value::int(128)),
        ("bridge", Value::Object("HostVirtualSwitchBondBridge", bridge)),
        ("policy", Value::Object("HostNetworkPolicy", vec![("nicTeaming", teaming)])),
    ];
    let fields = vec![
        ("name", Value::string(name)),
        ("key", Value::string(format!("key-vim.host.VirtualSwitch-{name}"))),
        ("numPorts", Value::int(1536)),
        ("numPortsAvailable", Value::int(1500)),
        ("mtu", Value::int(1500)),
        ("pnic", Value::strings(&keys)),
        ("spec", Value::Object("HostVirtualSwitchSpec", spec)),
    ];
    Value::Object("HostVirtualSwitch", fields)
}

fn teaming<'a>(active: impl IntoIterator<Item = &'a String>, standby: &[String]) -> Value {
    let order = vec![("activeNic", Value::strings(active)), ("standbyNic", Value::strings(standby))];
    let fields =
        vec![("policy", Value::string("loadbalance_srcid")), ("nicOrder", Value::Object("HostNicOrderPolicy", order))];
    Value::Object("HostNicTeamingPolicy", fields)
}

/// `computedPolicy` is the effective one: a group that names no pnic has the vSwitch's.
fn standard(host: &SimHost, group: &SimStandardPortGroup) -> Value {
    let spec = vec![
        ("name", Value::string(&group.name)),
        ("vlanId", Value::int(group.vlan)),
        ("vswitchName", Value::string(&group.vswitch)),
        ("policy", Value::Object("HostNetworkPolicy", Vec::new())),
    ];
    let inherits = group.active.is_empty() && group.standby.is_empty();
    let teaming = match inherits {
        true => teaming(members(host, &group.vswitch), &[]),
        false => teaming(&group.active, &group.standby),
    };
    let fields = vec![
        ("key", Value::string(format!("key-vim.host.PortGroup-{}", group.name))),
        ("vswitch", Value::string(format!("key-vim.host.VirtualSwitch-{}", group.vswitch))),
        ("computedPolicy", Value::Object("HostNetworkPolicy", vec![("nicTeaming", teaming)])),
        ("spec", Value::Object("HostPortGroupSpec", spec)),
    ];
    Value::Object("HostPortGroup", fields)
}
