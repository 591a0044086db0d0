//! The distributed switch and its port groups as properties (facts: vCenter §B4).

use vmtracker_core::net::MoId;

use super::{
    Vcenter,
    build::uuid,
    call::Value,
    inventory::{Kind, SimHost, SimOpaqueNetwork, SimPlug, SimPortGroup},
    properties::DVS,
    properties_network::OPAQUE_TYPE,
    spec_network::{LagSpec, PvlanSpec, SimVlan},
};

/// The name of the one distributed switch.
pub(super) const DVS_NAME: &str = "DSwitch";

impl Vcenter {
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
        let lags = self.lags.iter().map(|lag| self.lag(lag)).collect();
        let discovery = vec![("protocol", Value::string("lldp")), ("operation", Value::string("both"))];
        let fields = vec![
            ("uuid", Value::string(self.dvs_uuid())),
            ("name", Value::string(DVS_NAME)),
            ("uplinkPortPolicy", Value::Object("DVSNameArrayUplinkPortPolicy", policy)),
            ("uplinkPortgroup", Value::references(Kind::DistributedVirtualPortgroup, uplinks)),
            ("configVersion", Value::string("1")),
            ("pvlanConfig", Value::Array("VMwareDVSPvlanMapEntry", self.pvlans.iter().map(pvlan).collect())),
            ("maxMtu", Value::int(9000)),
            ("linkDiscoveryProtocolConfig", Value::Object("LinkDiscoveryProtocolConfig", discovery)),
            ("lacpGroupConfig", Value::Array("VMwareDvsLacpGroupConfig", lags)),
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

    fn lag(&self, lag: &LagSpec) -> Value {
        let ports: Vec<(u32, String)> = self.hosts.values().flat_map(|host| lag_ports(host, lag)).collect();
        let keys: Vec<String> = ports.iter().map(|(key, _)| key.to_string()).collect();
        let names: Vec<String> = (0..lag.ports).map(|index| lag_port_name(lag, index)).collect();
        let fields = vec![
            ("key", Value::string(lag_key(lag))),
            ("name", Value::string(&lag.name)),
            ("mode", Value::string(if lag.active { "active" } else { "passive" })),
            ("uplinkNum", Value::int(lag.ports)),
            ("loadbalanceAlgorithm", Value::string("srcDestIpTcpUdpPortVlan")),
            ("uplinkName", Value::strings(&names)),
            ("uplinkPortKey", Value::strings(&keys)),
        ];
        Value::Object("VMwareDvsLacpGroupConfig", fields)
    }

    fn port_group_config(&self, group: &SimPortGroup) -> Value {
        let policy = vec![
            ("blockOverrideAllowed", Value::boolean(true)),
            ("vlanOverrideAllowed", Value::boolean(group.vlan_override)),
            ("uplinkTeamingOverrideAllowed", Value::boolean(false)),
        ];
        let mut fields = vec![
            ("key", Value::string(group.id.as_str())),
            ("name", Value::string(&group.name)),
            ("numPorts", Value::int(8)),
            ("distributedVirtualSwitch", Value::Ref(Kind::VmwareDistributedVirtualSwitch.as_str(), MoId::from(DVS))),
            ("defaultPortConfig", self.port_setting(group, &group.vlan, false)),
            ("type", Value::string("earlyBinding")),
            ("backingType", Value::string(if group.nsx { "nsx" } else { "standard" })),
            ("policy", Value::Object("VMwareDVSPortgroupPolicy", policy)),
            ("uplink", Value::boolean(group.uplink)),
        ];
        if group.nsx {
            let segment = format!("/infra/segments/{}", group.id);
            fields.push(("segmentId", Value::string(segment)));
            fields.push(("logicalSwitchUuid", Value::string(uuid(&group.name, group.free_port))));
        }
        Value::Object("DVPortgroupConfigInfo", fields)
    }

    /// `VMwareDVSPortSetting` of a port group, or of a port of it with the VLAN that counts there. Both lists of uplinks
    /// are effective values, so a group that names none has every uplink active.
    pub(super) fn port_setting(&self, group: &SimPortGroup, effective: &SimVlan, inherited: bool) -> Value {
        let all = group.active.is_empty() && group.standby.is_empty();
        let order = vec![
            ("inherited", Value::boolean(inherited)),
            ("activeUplinkPort", Value::strings(if all { &self.uplinks } else { &group.active })),
            ("standbyUplinkPort", Value::strings(&group.standby)),
        ];
        let policy = vec![("inherited", Value::boolean(inherited)), ("value", Value::string(group.teaming.as_str()))];
        let teaming = vec![
            ("inherited", Value::boolean(inherited)),
            ("policy", Value::Object("StringPolicy", policy)),
            ("uplinkPortOrder", Value::Object("VMwareUplinkPortOrderPolicy", order)),
        ];
        let own = inherited && *effective == group.vlan;
        let fields = vec![
            ("vlan", vlan(effective, own)),
            ("uplinkTeamingPolicy", Value::Object("VmwareUplinkPortTeamingPolicy", teaming)),
        ];
        Value::Object("VMwareDVSPortSetting", fields)
    }

    pub(super) fn opaque_property(&self, id: &MoId, head: &str) -> Option<Value> {
        let network = self.opaque_networks.get(id)?;
        match head {
            "name" => Some(Value::string(&network.name)),
            "parent" => Some(Value::Ref("Folder", MoId::from("group-n6"))),
            "summary" => {
                let mut fields = vec![
                    ("network", Value::reference(Kind::OpaqueNetwork, id)),
                    ("name", Value::string(&network.name)),
                    ("accessible", Value::boolean(true)),
                ];
                fields.extend(network.identity());
                Some(Value::Object("OpaqueNetworkSummary", fields))
            }
            _ => None,
        }
    }
}

impl SimOpaqueNetwork {
    /// `opaqueNetworkId` and `opaqueNetworkType`.
    pub(super) fn identity(&self) -> [(&'static str, Value); 2] {
        [("opaqueNetworkId", Value::string(&self.network_id)), ("opaqueNetworkType", Value::string(OPAQUE_TYPE))]
    }

    /// `HostVirtualNicOpaqueNetworkSpec`.
    pub(super) fn spec(&self) -> Value {
        Value::Object("HostVirtualNicOpaqueNetworkSpec", self.identity().into())
    }
}

pub(super) fn key_value(key: u32, value: &str) -> Value {
    Value::Object("KeyValue", vec![("key", Value::string(key.to_string())), ("value", Value::string(value))])
}

/// A LAG's key: generated by a real vCenter, here made from its name.
pub(super) fn lag_key(lag: &LagSpec) -> String {
    format!("lag-key-{}", lag.name)
}

fn lag_port_name(lag: &LagSpec, index: u16) -> String {
    format!("{}-{index}", lag.name)
}

/// Key and name of each port of a LAG that a pnic of this host is plugged into. Ports without a pnic are left out: what
/// a real host lists of them the facts do not say.
pub(super) fn lag_ports<'a>(host: &'a SimHost, lag: &'a LagSpec) -> impl Iterator<Item = (u32, String)> + 'a {
    let members = host.pnics.iter().filter(|pnic| matches!(&pnic.plug, SimPlug::Lag(name) if *name == lag.name));
    members.zip(0..).map(|(pnic, index)| (pnic.port_key, lag_port_name(lag, index)))
}

fn pvlan(row: &PvlanSpec) -> Value {
    let fields = vec![
        ("primaryVlanId", Value::int(row.primary)),
        ("secondaryVlanId", Value::int(row.secondary)),
        ("pvlanType", Value::string(row.kind.as_str())),
    ];
    Value::Object("VMwareDVSPvlanMapEntry", fields)
}

fn vlan(vlan: &SimVlan, inherited: bool) -> Value {
    let inherited = ("inherited", Value::boolean(inherited));
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
