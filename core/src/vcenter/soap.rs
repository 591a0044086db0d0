//! Requests as text, built by pure functions; the client only sends them (facts: vCenter §B1, §B3).

use quick_xml::escape::escape;

use super::{MoRef, ServiceContent, custom_fields, dvs, host, motion, port_group, vm};

/// The version of an inventory that asks for all of it.
pub const EVERYTHING: &str = "";

/// How many events a collector's latest page holds. The page is sent whole whenever it changes, and a burst larger
/// than it is lost: 200 covers a hundred moves that begin and end between two answers.
pub const EVENT_PAGE: u32 = 200;

const ENVELOPE: &str = concat!(
    r#"<?xml version="1.0" encoding="UTF-8"?>"#,
    r#"<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" "#,
    r#"xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">"#,
    "<soapenv:Body>"
);

/// Who is there and where its services are.
pub fn retrieve_service_content() -> String {
    call("RetrieveServiceContent", &MoRef::new("ServiceInstance", "ServiceInstance"), "")
}

/// The server's own clock; keeps a session alive.
pub fn current_time() -> String {
    call("CurrentTime", &MoRef::new("ServiceInstance", "ServiceInstance"), "")
}

/// Opens a session. The text holds the password: it is sent and dropped, never logged.
pub fn login(content: &ServiceContent, username: &str, password: &str) -> String {
    let arguments = format!("{}{}", text("userName", username), text("password", password));
    call("Login", &content.session_manager, &arguments)
}

/// Ends the session, and with it its views, filters and collectors.
pub fn logout(content: &ServiceContent) -> String {
    call("Logout", &content.session_manager, "")
}

/// A view of every VM, host, distributed port group, distributed switch and compute resource (clusters among them).
pub fn create_container_view(content: &ServiceContent) -> String {
    let kinds =
        ["VirtualMachine", "HostSystem", "DistributedVirtualPortgroup", "DistributedVirtualSwitch", "ComputeResource"];
    let kinds: String = kinds.iter().map(|kind| text("type", kind)).collect();
    let container = reference("container", &content.root_folder);
    call("CreateContainerView", &content.view_manager, &format!("{container}{kinds}<recursive>true</recursive>"))
}

/// A collector of one's own: waits on different collectors run in parallel, on one they must not.
pub fn create_property_collector(content: &ServiceContent) -> String {
    call("CreatePropertyCollector", &content.property_collector, "")
}

/// What is asked for only where the configuration wants it; the default is nothing of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CustomPaths {
    /// The custom attributes of distributed port groups.
    pub port_groups: bool,
    /// The custom attributes of VMs and hosts.
    pub entities: bool,
    /// What DRS recommends, of clusters.
    pub recommendations: bool,
    /// The whole configuration of distributed switches, instead of two paths that only the subclass has: whether every
    /// vCenter takes these is not in the facts, and one path that it refuses ends the whole filter.
    pub whole_switches: bool,
}

/// The filter on the inventory: every object of the view with the properties that the tracker needs.
/// `partialUpdates` is off, so that a change brings the whole property (facts: vCenter §B3).
pub fn create_inventory_filter(collector: &MoRef, view: &MoRef, custom: CustomPaths) -> String {
    let with = |paths: &[&'static str], custom: bool| -> Vec<&str> {
        paths.iter().copied().chain(custom.then_some(custom_fields::PATH)).collect()
    };
    let sets = [
        property_set("VirtualMachine", &with(&vm::PATHS, custom.entities)),
        property_set("HostSystem", &with(&host::PATHS, custom.entities)),
        property_set("DistributedVirtualPortgroup", &with(&port_group::PATHS, custom.port_groups)),
        switches(custom.whole_switches),
        property_set("ComputeResource", &port_group::CLUSTER_PATHS),
    ];
    // The subclass's set has all paths: it is complete where it is added to that of its parent, and where it replaces it.
    let clusters = custom.recommendations.then(|| {
        let paths = port_group::CLUSTER_PATHS.into_iter().chain([port_group::RECOMMENDATION]);
        property_set("ClusterComputeResource", &paths.collect::<Vec<_>>())
    });
    let traversal = concat!(
        r#"<skip>true</skip><selectSet xsi:type="TraversalSpec"><name>view</name>"#,
        "<type>ContainerView</type><path>view</path><skip>false</skip></selectSet>"
    );
    let object = format!("<objectSet>{}{traversal}</objectSet>", reference("obj", view));
    create_filter(collector, &(sets.concat() + &clusters.unwrap_or_default()), &object)
}

fn switches(whole: bool) -> String {
    match whole {
        true => property_set("DistributedVirtualSwitch", &dvs::WHOLE_PATHS),
        false => {
            property_set("DistributedVirtualSwitch", &dvs::PATHS)
                + &property_set("VmwareDistributedVirtualSwitch", &dvs::VMWARE_PATHS)
        }
    }
}

/// The filter on a collector of events, watched by the same wait as the inventory.
pub fn create_event_filter(collector: &MoRef, events: &MoRef) -> String {
    let object = format!("<objectSet>{}<skip>false</skip></objectSet>", reference("obj", events));
    create_filter(collector, &property_set("EventHistoryCollector", &["latestPage"]), &object)
}

fn create_filter(collector: &MoRef, properties: &str, objects: &str) -> String {
    let arguments = format!("<spec>{properties}{objects}</spec><partialUpdates>false</partialUpdates>");
    call("CreateFilter", collector, &arguments)
}

fn property_set(kind: &str, paths: &[&str]) -> String {
    let paths: String = paths.iter().map(|path| text("pathSet", path)).collect();
    format!("<propSet>{}<all>false</all>{paths}</propSet>", text("type", kind))
}

/// Waits for changes since `version` for at most `max_wait_seconds`; an answer without a set means none came. vCenter
/// may cap a set lower than `max_object_updates`.
pub fn wait_for_updates(collector: &MoRef, version: &str, max_wait_seconds: u32, max_object_updates: u32) -> String {
    let options = format!(
        "<options><maxWaitSeconds>{max_wait_seconds}</maxWaitSeconds>\
         <maxObjectUpdates>{max_object_updates}</maxObjectUpdates></options>"
    );
    call("WaitForUpdatesEx", collector, &format!("{}{options}", text("version", version)))
}

/// Ends a wait at once; it answers with `RequestCanceled`.
pub fn cancel_wait_for_updates(collector: &MoRef) -> String {
    call("CancelWaitForUpdates", collector, "")
}

/// Frees a collector of one's own and its filters.
pub fn destroy_property_collector(collector: &MoRef) -> String {
    call("DestroyPropertyCollector", collector, "")
}

/// A collector of the events that tell of moves and destroyed VMs. `maxCount` in the filter sets the page's size.
pub fn create_event_collector(content: &ServiceContent) -> String {
    let kinds: String = motion::EVENT_TYPES.iter().map(|kind| text("eventTypeId", kind)).collect();
    let filter = format!("<filter>{kinds}<maxCount>{EVENT_PAGE}</maxCount></filter>");
    call("CreateCollectorForEvents", &content.event_manager, &filter)
}

/// What every custom attribute is called.
pub fn retrieve_fields(content: &ServiceContent, manager: &MoRef) -> String {
    let object = format!("<objectSet>{}<skip>false</skip></objectSet>", reference("obj", manager));
    let spec = format!("<specSet>{}{object}</specSet><options/>", property_set("CustomFieldsManager", &["field"]));
    call("RetrievePropertiesEx", &content.property_collector, &spec)
}

/// Defines a custom attribute for objects of every type.
pub fn add_field(manager: &MoRef, name: &str) -> String {
    call("AddCustomFieldDef", manager, &text("name", name))
}

/// Sets a custom attribute of one object.
pub fn set_field(manager: &MoRef, entity: &MoRef, number: i32, value: &str) -> String {
    let entity = reference("entity", entity);
    call("SetField", manager, &format!("{entity}<key>{number}</key>{}", text("value", value)))
}

/// What a host's pnics hear; no device means all of them (facts: vCenter §B5).
pub fn query_network_hint(network_system: &MoRef, device: Option<&str>) -> String {
    let device = device.map(|device| text("device", device)).unwrap_or_default();
    call("QueryNetworkHint", network_system, &device)
}

/// The ports of these port groups that something is plugged into (facts: vCenter §B4).
pub fn fetch_dv_ports(dvs: &MoRef, groups: &[String]) -> String {
    let groups: String = groups.iter().map(|group| text("portgroupKey", group)).collect();
    let criteria = format!("<criteria><connected>true</connected>{groups}<inside>true</inside></criteria>");
    call("FetchDVPorts", dvs, &criteria)
}

fn call(method: &str, this: &MoRef, arguments: &str) -> String {
    let this = reference("_this", this);
    format!("{ENVELOPE}<{method} xmlns=\"urn:vim25\">{this}{arguments}</{method}></soapenv:Body></soapenv:Envelope>")
}

fn reference(name: &str, to: &MoRef) -> String {
    format!("<{name} type=\"{}\">{}</{name}>", escape(to.kind.as_str()), escape(to.id.as_str()))
}

fn text(name: &str, content: &str) -> String {
    format!("<{name}>{}</{name}>", escape(content))
}
