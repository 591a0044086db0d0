//! What the physical adapters of a host hear of their neighbours (facts: vCenter §B5).

use super::{
    Vcenter,
    call::{Call, Fault, Value},
    inventory::{SimConnection, SimHost, SimPnic},
    properties_network::network_system,
    spec::{HintProtocol, HintSpec},
};

impl Vcenter {
    /// What the pnics of a host hear; an empty list of devices means all of them (facts: vCenter §B5).
    pub(super) fn network_hints(&self, call: &Call) -> Result<Option<Value>, Fault> {
        let host = self.hosts.values().find(|host| network_system(host) == call.this().as_str());
        let host = host.ok_or_else(|| Fault::not_found("HostNetworkSystem", &call.this()))?;
        if host.connection != SimConnection::Connected {
            return Err(Fault::new(
                "HostNotConnected",
                "Unable to communicate with the remote host, since it is disconnected.",
            ));
        }
        let wanted = call.method.texts("device");
        Ok(Some(Value::Array("PhysicalNicHintInfo", hints(host, &wanted))))
    }
}

fn hints(host: &SimHost, wanted: &[String]) -> Vec<Value> {
    let asked = |pnic: &&SimPnic| wanted.is_empty() || wanted.contains(&pnic.device);
    host.pnics.iter().filter(asked).map(hint).collect()
}

/// A pnic without link hears nothing.
fn hint(pnic: &SimPnic) -> Value {
    let mut fields = vec![("device", Value::string(&pnic.device))];
    if let Some(hint) = pnic.hint.as_ref().filter(|_| pnic.link) {
        fields.push(match hint.protocol {
            HintProtocol::Cdp => ("connectedSwitchPort", cdp(hint)),
            HintProtocol::Lldp => ("lldpInfo", lldp(hint)),
        });
    }
    Value::Object("PhysicalNicHintInfo", fields)
}

/// NX-OS sends `hostname(SERIAL)` as device id.
fn cdp(hint: &HintSpec) -> Value {
    let fields = vec![
        ("cdpVersion", Value::int(2)),
        ("timeout", Value::int(60)),
        ("ttl", Value::int(150)),
        ("samples", Value::int(1000)),
        ("devId", Value::string(format!("{}({})", hint.system_name, hint.serial))),
        ("address", Value::string("192.0.2.1")),
        ("portId", Value::string(&hint.port)),
        ("softwareVersion", Value::string("Cisco Nexus Operating System (NX-OS) Software, Version 10.4(5)")),
        ("hardwarePlatform", Value::string("N9K-C93180YC-FX3")),
        ("vlan", Value::int(1)),
        ("fullDuplex", Value::boolean(true)),
        ("mtu", Value::int(9216)),
        ("systemName", Value::string(&hint.system_name)),
        ("mgmtAddr", Value::string("192.0.2.1")),
    ];
    Value::Object("PhysicalNicCdpInfo", fields)
}

fn lldp(hint: &HintSpec) -> Value {
    let parameter = |key: &str, value: &str| {
        Value::Object("KeyAnyValue", vec![("key", Value::string(key)), ("value", Value::string(value).any())])
    };
    let parameters = vec![
        parameter("Aggregated Port ID", "0"),
        parameter("Management Address", "192.0.2.1"),
        parameter("MTU", "9216"),
        parameter("Port Description", "esx uplink"),
        parameter("System Description", "Cisco Nexus Operating System (NX-OS) Software 10.4(5)"),
        parameter("System Name", &hint.system_name),
        parameter("Vlan ID", "1"),
    ];
    let fields = vec![
        ("chassisId", Value::string(hint.chassis.to_string())),
        ("portId", Value::string(&hint.port)),
        ("timeToLive", Value::int(110)),
        ("parameter", Value::Array("KeyAnyValue", parameters)),
    ];
    Value::Object("LinkLayerDiscoveryProtocolInfo", fields)
}
