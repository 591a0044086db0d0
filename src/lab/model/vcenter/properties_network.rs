//! Host networking as properties (facts: vCenter §B4).

use vmtracker_core::net::MoId;

use super::{
    Vcenter,
    build::uuid,
    call::Value,
    inventory::{Kind, SimBacking, SimHost, SimPlug, SimPnic, SimStandardPortGroup, SimVmkernel},
    properties_dvs::{DVS_NAME, key_value, lag_key, lag_ports},
    spec_network::{LagSpec, Teaming},
    summary::host_summary,
};

/// What a vmkernel adapter can be selected for: the `nicType`s of vCenter 7 that every host lists.
pub const SERVICES: [&str; 8] = [
    "management",
    "vmotion",
    "vSphereProvisioning",
    "faultToleranceLogging",
    "vSphereReplication",
    "vSphereReplicationNFC",
    "vsan",
    "vsanWitness",
];

/// `opaqueNetworkType` of an NSX segment.
pub(super) const OPAQUE_TYPE: &str = "nsx.LogicalSwitch";

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
            "summary" => Some(host_summary(host)),
            "config" => {
                let fields = vec![("network", self.host_network(host)), ("virtualNicManagerInfo", self.services(host))];
                Some(Value::Object("HostConfigInfo", fields))
            }
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
        let vnics = host.vmkernels.iter().map(|vmkernel| self.vmkernel(vmkernel)).collect();
        let fields = vec![
            ("vswitch", Value::Array("HostVirtualSwitch", switches)),
            ("proxySwitch", Value::Array("HostProxySwitch", self.proxy_switch(host).into_iter().collect())),
            ("portgroup", Value::Array("HostPortGroup", host.port_groups.iter().map(|g| standard(host, g)).collect())),
            ("pnic", Value::Array("PhysicalNic", host.pnics.iter().map(pnic).collect())),
            ("vnic", Value::Array("HostVirtualNic", vnics)),
            ("opaqueNetwork", Value::Array("HostOpaqueNetworkInfo", self.opaque_infos())),
        ];
        Value::Object("HostNetworkInfo", fields)
    }

    fn opaque_infos(&self) -> Vec<Value> {
        let info = |network: &super::SimOpaqueNetwork| {
            let fields = vec![
                ("opaqueNetworkId", Value::string(&network.network_id)),
                ("opaqueNetworkName", Value::string(&network.name)),
                ("opaqueNetworkType", Value::string(OPAQUE_TYPE)),
            ];
            Value::Object("HostOpaqueNetworkInfo", fields)
        };
        self.opaque_networks.values().map(info).collect()
    }

    /// None when no pnic of the host is an uplink or a member of a LAG. Whether `uplinkPort` names the ports of LAGs too
    /// the facts do not say; here they stand under `hostLag` only.
    fn proxy_switch(&self, host: &SimHost) -> Option<Value> {
        let group = self.port_groups.values().find(|group| group.uplink)?;
        let (mut ports, mut keys, mut specs) = (Vec::new(), Vec::new(), Vec::new());
        for pnic in &host.pnics {
            match &pnic.plug {
                SimPlug::Uplink(name) => ports.push(key_value(pnic.port_key, name)),
                SimPlug::Lag(_) => {}
                SimPlug::Unused | SimPlug::Vswitch(_) => continue,
            }
            keys.push(pnic_key(&pnic.device));
            let spec = vec![
                ("pnicDevice", Value::string(&pnic.device)),
                ("uplinkPortKey", Value::string(pnic.port_key.to_string())),
                ("uplinkPortgroupKey", Value::string(group.id.as_str())),
            ];
            specs.push(Value::Object("DistributedVirtualSwitchHostMemberPnicSpec", spec));
        }
        let specs = vec![("pnicSpec", Value::Array("DistributedVirtualSwitchHostMemberPnicSpec", specs))];
        let backing = Value::Object("DistributedVirtualSwitchHostMemberPnicBacking", specs);
        let lags = self.lags.iter().map(|lag| host_lag(host, lag)).collect();
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
            ("hostLag", Value::Array("HostProxySwitchHostLagConfig", lags)),
        ];
        (!keys.is_empty()).then_some(Value::Object("HostProxySwitch", fields))
    }

    fn vmkernel(&self, vmkernel: &SimVmkernel) -> Value {
        let mut spec = vec![("mac", Value::string(vmkernel.mac.to_string()))];
        let mut port_group = "";
        match &vmkernel.backing {
            SimBacking::Distributed(group) => {
                spec.push(("distributedVirtualPort", self.distributed_port(group, vmkernel.port.key)));
            }
            SimBacking::Standard(name) => {
                spec.push(("portgroup", Value::string(name)));
                port_group = name;
            }
            SimBacking::Opaque(id) => {
                let network = self.opaque_networks.get(id).map(super::SimOpaqueNetwork::spec);
                spec.extend(network.map(|network| ("opaqueNetwork", network)));
            }
        }
        spec.push(("netStackInstanceKey", Value::string(&vmkernel.stack)));
        let fields = vec![
            ("device", Value::string(&vmkernel.device)),
            ("key", Value::string(vmkernel_key(vmkernel))),
            ("portgroup", Value::string(port_group)),
            ("spec", Value::Object("HostVirtualNicSpec", spec)),
        ];
        Value::Object("HostVirtualNic", fields)
    }

    /// `config.virtualNicManagerInfo`: every service with the adapters that are selected for it.
    fn services(&self, host: &SimHost) -> Value {
        let config = |service: &str| {
            let selected = host.vmkernels.iter().filter(|adapter| adapter.services.iter().any(|name| name == service));
            let selected: Vec<String> =
                selected.map(|adapter| format!("{service}.{}", vmkernel_key(adapter))).collect();
            let candidates = host.vmkernels.iter().map(|adapter| self.vmkernel(adapter)).collect();
            let fields = vec![
                ("nicType", Value::string(service)),
                ("multiSelectAllowed", Value::boolean(true)),
                ("candidateVnic", Value::Array("HostVirtualNic", candidates)),
                ("selectedVnic", Value::strings(&selected)),
            ];
            Value::Object("VirtualNicManagerNetConfig", fields)
        };
        let configs = Value::Array("VirtualNicManagerNetConfig", SERVICES.into_iter().map(config).collect());
        Value::Object("HostVirtualNicManagerInfo", vec![("netConfig", configs)])
    }
}

fn vmkernel_key(adapter: &SimVmkernel) -> String {
    format!("key-vim.host.VirtualNic-{}", adapter.device)
}

/// A LAG as this host has it.
fn host_lag(host: &SimHost, lag: &LagSpec) -> Value {
    let ports = lag_ports(host, lag).map(|(key, name)| key_value(key, &name)).collect();
    let fields = vec![
        ("lagKey", Value::string(lag_key(lag))),
        ("lagName", Value::string(&lag.name)),
        ("uplinkPort", Value::Array("KeyValue", ports)),
    ];
    Value::Object("HostProxySwitchHostLagConfig", fields)
}

/// The id of a host's `HostNetworkSystem`.
pub(super) fn network_system(host: &SimHost) -> String {
    format!("networkSystem-{}", host.id.as_str().trim_start_matches("host-"))
}

pub(super) fn host_runtime(host: &SimHost) -> Value {
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
        ("pci", Value::string(&pnic.pci)),
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
    let teaming = teaming(Teaming::default(), members(host, name), &[]);
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

fn teaming<'a>(policy: Teaming, active: impl IntoIterator<Item = &'a String>, standby: &[String]) -> Value {
    let order = vec![("activeNic", Value::strings(active)), ("standbyNic", Value::strings(standby))];
    let fields =
        vec![("policy", Value::string(policy.as_str())), ("nicOrder", Value::Object("HostNicOrderPolicy", order))];
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
        true => teaming(group.teaming, members(host, &group.vswitch), &[]),
        false => teaming(group.teaming, &group.active, &group.standby),
    };
    let fields = vec![
        ("key", Value::string(format!("key-vim.host.PortGroup-{}", group.name))),
        ("vswitch", Value::string(format!("key-vim.host.VirtualSwitch-{}", group.vswitch))),
        ("computedPolicy", Value::Object("HostNetworkPolicy", vec![("nicTeaming", teaming)])),
        ("spec", Value::Object("HostPortGroupSpec", spec)),
    ];
    Value::Object("HostPortGroup", fields)
}
