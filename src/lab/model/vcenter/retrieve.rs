//! What is read once: the service's content, properties, hints.

use vmtracker_core::net::MoId;

use super::{
    Vcenter,
    call::{Call, Fault, Node, Value},
    custom_fields::MANAGER,
    filter::{FilterSpec, Named, Readings, read},
    inventory::{Kind, SimConnection, SimHost, SimPnic},
    properties::ROOT,
    properties_network::network_system,
    session::Session,
    spec::{HintProtocol, HintSpec},
};
use crate::lab::model::LabTime;

/// Objects per page, as vCenter cuts them.
const PAGE: u32 = 100;

impl Vcenter {
    /// `ServiceContent`, which needs no session.
    pub(super) fn service_content(&self) -> Value {
        let about = vec![
            ("name", Value::string("VMware vCenter Server")),
            ("fullName", Value::string("VMware vCenter Server 8.0.2 build-22617221")),
            ("vendor", Value::string("VMware, Inc.")),
            ("version", Value::string("8.0.2")),
            ("build", Value::string("22617221")),
            ("osType", Value::string("linux-x64")),
            ("productLineId", Value::string("vpx")),
            ("apiType", Value::string("VirtualCenter")),
            ("apiVersion", Value::string("8.0.2.0")),
            ("instanceUuid", Value::string(&self.instance_uuid)),
        ];
        let object = |kind, id| Value::Ref(kind, MoId::from(id));
        let fields = vec![
            ("rootFolder", object("Folder", ROOT)),
            ("propertyCollector", object("PropertyCollector", "propertyCollector")),
            ("viewManager", object("ViewManager", "ViewManager")),
            ("about", Value::Object("AboutInfo", about)),
            ("sessionManager", object("SessionManager", "SessionManager")),
            ("eventManager", object("EventManager", "EventManager")),
            ("taskManager", object("TaskManager", "TaskManager")),
            ("customFieldsManager", object(MANAGER, MANAGER)),
        ];
        Value::Object("ServiceContent", fields)
    }

    /// A moment of the lab as the API writes it.
    pub(super) fn time(&self, at: LabTime) -> Value {
        let since = u64::try_from(at.as_millis()).unwrap_or(u64::MAX);
        Value::Simple("dateTime", date_time(self.epoch_unix_ms.saturating_add(since)))
    }

    /// `RetrievePropertiesEx`, the older form without pages, the next page, and pyVmomi's `Fetch` of one property.
    pub(super) fn retrieve(&self, session: &mut Session, call: &Call) -> Result<Option<Value>, Fault> {
        let method = &call.method;
        match method.name.as_str() {
            "Fetch" => self.fetch(session, call),
            "ContinueRetrievePropertiesEx" => {
                let rest = session.pages.remove(method.text_of("token"));
                Ok(Some(page(session, rest.ok_or_else(|| Fault::invalid_argument("token"))?, PAGE)))
            }
            "RetrieveProperties" => {
                let contents = self.contents(&session.named, method);
                Ok((!contents.is_empty()).then_some(Value::Array("ObjectContent", contents)))
            }
            _ => {
                let contents = self.contents(&session.named, method);
                let max = method.child("options").and_then(|options| options.number("maxObjects"));
                let max = max.filter(|max| *max > 0).unwrap_or(PAGE).min(PAGE);
                Ok((!contents.is_empty()).then(|| page(session, contents, max)))
            }
        }
    }

    fn fetch(&self, session: &Session, call: &Call) -> Result<Option<Value>, Fault> {
        let path = call.method.text_of("prop");
        match (call.this().as_str(), path) {
            ("ServiceInstance", "content") => Ok(Some(self.service_content())),
            ("SessionManager", "currentSession") => Ok(Some(session.describe(self))),
            _ => match session.named.events.get(&call.this()) {
                Some(collector) => Ok(self.collector_property(collector, path)),
                None => self.property(&call.this(), path),
            },
        }
    }

    fn contents(&self, named: &Named, method: &Node) -> Vec<Value> {
        let mut found = Vec::new();
        for spec in method.all("specSet").map(FilterSpec::read) {
            for (kind, id) in spec.selection(self, named) {
                found.push(object_content(kind, &id, read(self, named, &id, spec.paths(kind))));
            }
        }
        found
    }

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

fn page(session: &mut Session, mut contents: Vec<Value>, max: u32) -> Value {
    let max = usize::try_from(max).unwrap_or(usize::MAX);
    let rest = if contents.len() > max { contents.split_off(max) } else { Vec::new() };
    let mut fields = Vec::new();
    if !rest.is_empty() {
        let token = format!("{}-{}", session.key, rest.len());
        session.pages.insert(token.clone(), rest);
        fields.push(("token", Value::string(token)));
    }
    fields.push(("objects", Value::Array("ObjectContent", contents)));
    Value::Object("RetrieveResult", fields)
}

fn object_content(kind: Kind, id: &MoId, readings: Readings) -> Value {
    let property = |(name, value): (String, Option<Value>)| {
        let value = value?.any();
        Some(Value::Object("DynamicProperty", vec![("name", Value::string(name)), ("val", value)]))
    };
    let fields = vec![
        ("obj", Value::reference(kind, id)),
        ("propSet", Value::Array("DynamicProperty", readings.values.into_iter().filter_map(property).collect())),
        ("missingSet", Value::Array("MissingProperty", readings.missing)),
    ];
    Value::Object("ObjectContent", fields)
}

/// `2026-01-31T12:00:00.000Z`, from milliseconds since 1970.
fn date_time(unix_ms: u64) -> String {
    let (days, ms) = (unix_ms / 86_400_000, unix_ms % 86_400_000);
    // Days to civil date: eras of 400 years that begin on 1 March, so that the leap day comes last.
    let z = days + 719_468;
    let (era, doe) = (z / 146_097, z % 146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let (day, month) = (doy - (153 * mp + 2) / 5 + 1, if mp < 10 { mp + 3 } else { mp - 9 });
    let year = yoe + era * 400 + u64::from(month <= 2);
    let (hour, minute) = (ms / 3_600_000, ms / 60_000 % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{:02}.{:03}Z", ms / 1000 % 60, ms % 1000)
}

#[cfg(test)]
mod tests {
    use super::date_time;

    #[test]
    fn dates_are_written_as_the_schema_wants_them() {
        let check = |unix_ms, expected: &str| assert_eq!(date_time(unix_ms), expected);
        check(0, "1970-01-01T00:00:00.000Z");
        check(951_827_696_789, "2000-02-29T12:34:56.789Z");
        check(1_767_225_599_999, "2025-12-31T23:59:59.999Z");
    }
}
