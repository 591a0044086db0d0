//! The model against the rules of the API, through `handle`.

use std::time::Duration;

use vmtracker_core::net::{MacAddr, VlanId};

use super::*;

mod away;
mod hosts;
mod moves;
mod reading;

/// Two hosts with two uplinks and one vSwitch pnic each, and `vms` VMs on the first.
pub(super) fn vcenter(vms: usize) -> Vcenter {
    let pnic = |host: u8, number: u8| PnicSpec {
        device: format!("vmnic{number}"),
        mac: MacAddr::new([0x3c, 0xfd, 0xfe, 0, host, number]),
        dvs_uplink: (number > 0).then(|| format!("Uplink {number}")),
        lag: None,
        vswitch: (number == 0).then(|| "vSwitch0".to_owned()),
        hint: Some(HintSpec {
            protocol: if number == 0 { HintProtocol::Cdp } else { HintProtocol::Lldp },
            system_name: "leaf1".to_owned(),
            serial: "FDO1".to_owned(),
            chassis: MacAddr::new([0, 0x3a, 0x9c, 0, 0, number]),
            port: format!("Ethernet1/{number}"),
        }),
    };
    let host = |number: u8| HostSpec {
        name: format!("esx{number}"),
        cluster: "cluster".to_owned(),
        pnics: (0..3).map(|index| pnic(number, index)).collect(),
        vmkernels: vec![VmkernelSpec::new(
            "vmk0",
            MacAddr::new([0, 0x50, 0x56, 0x60, 0, number]),
            "Management Network",
        )],
    };
    let group = |name: &str, vlan| PortGroupSpec {
        name: name.to_owned(),
        vlan: SimVlan::Id(vlan),
        active: vec!["Uplink 2".to_owned()],
        standby: vec!["Uplink 1".to_owned()],
        ..PortGroupSpec::default()
    };
    let vm = |number: usize| VmSpec {
        name: format!("vm{number:05}"),
        host: "esx1".to_owned(),
        vnics: vec![VnicSpec::new("pg-a")],
        on: true,
        ..VmSpec::default()
    };
    let management = StandardPortGroupSpec {
        name: "Management Network".to_owned(),
        vlan: 10,
        vswitch: "vSwitch0".to_owned(),
        ..Default::default()
    };
    let spec = VcenterSpec {
        name: "vc1".to_owned(),
        users: vec![UserSpec { name: "user".to_owned(), password: "pass".to_owned() }],
        hosts: vec![host(1), host(2)],
        port_groups: vec![group("pg-a", 100), group("pg-b", 200)],
        standard_port_groups: vec![management],
        vms: (0..vms).map(vm).collect(),
        ..VcenterSpec::default()
    };
    Vcenter::new(spec).expect("a consistent specification")
}

pub(super) fn node(name: &str, text: &str) -> Node {
    Node { name: name.to_owned(), text: text.to_owned(), ..Node::default() }
}

pub(super) fn tree(name: &str, children: Vec<Node>) -> Node {
    Node { name: name.to_owned(), children, ..Node::default() }
}

/// A client of the model.
pub(super) struct Client {
    pub(super) vcenter: Vcenter,
    session: Option<String>,
    collector: String,
    now: Duration,
}

impl Client {
    /// Logged in, with a filter on every VM's name, host and power, and one on migration events.
    pub(super) fn watching(vcenter: Vcenter) -> Self {
        let mut client = Self { vcenter, session: None, collector: String::new(), now: Duration::ZERO };
        client.login();
        client.watch();
        client
    }

    pub(super) fn call(&mut self, method: &str, this: &str, arguments: Vec<Node>) -> Reply {
        let mut children = vec![node("_this", this)];
        children.extend(arguments);
        let call = Call { method: tree(method, children) };
        let answer = self.vcenter.handle(self.session.as_deref(), &call, self.now, None);
        self.session = answer.opened.or(self.session.take());
        answer.reply
    }

    fn created(&mut self, method: &str, this: &str, arguments: Vec<Node>) -> String {
        let reply = self.call(method, this, arguments);
        let Reply::Return(Some(Value::Ref(_, id))) = reply else { panic!("{method}: {reply:?}") };
        id.to_string()
    }

    fn login(&mut self) {
        let reply = self.call("Login", "SessionManager", vec![node("userName", "user"), node("password", "pass")]);
        assert!(matches!(reply, Reply::Return(Some(_))), "{reply:?}");
    }

    fn watch(&mut self) {
        let view = self.created(
            "CreateContainerView",
            "ViewManager",
            vec![node("container", "group-d1"), node("recursive", "true")],
        );
        let events = vec![tree(
            "filter",
            vec![node("eventTypeId", "VmBeingHotMigratedEvent"), node("eventTypeId", "VmMigratedEvent")],
        )];
        let events = self.created("CreateCollectorForEvents", "EventManager", events);
        self.collector = self.created("CreatePropertyCollector", "propertyCollector", vec![]);
        for (object, kind, paths) in [
            (view, "VirtualMachine", vec!["name", "runtime.host", "runtime.powerState"]),
            (events, "EventHistoryCollector", vec!["latestPage"]),
        ] {
            let mut props = vec![node("type", kind)];
            props.extend(paths.into_iter().map(|path| node("pathSet", path)));
            let spec = tree("spec", vec![tree("propSet", props), tree("objectSet", vec![node("obj", &object)])]);
            self.created("CreateFilter", &self.collector.clone(), vec![spec]);
        }
    }

    pub(super) fn wait(&mut self, version: &str) -> Reply {
        let options = tree("options", vec![node("maxWaitSeconds", "30")]);
        self.call("WaitForUpdatesEx", &self.collector.clone(), vec![node("version", version), options])
    }

    /// The updates of one set: its version, whether it is truncated, and kind, object and paths of each object.
    fn updates(&mut self, version: &str) -> (String, bool, Vec<String>) {
        let Reply::Updates(set, receipt) = self.wait(version) else { panic!("no update set for {version:?}") };
        self.vcenter.delivered(&receipt);
        let mut told = Vec::new();
        for filter in items(&set, "filterSet") {
            for object in items(&filter, "objectSet") {
                let paths: Vec<String> =
                    items(&object, "changeSet").iter().map(|change| text(change, "name")).collect();
                let id = text(&object, "obj");
                let id = if id.starts_with("session") { "events".to_owned() } else { id };
                told.push(format!("{} {id} {}", text(&object, "kind"), paths.join(",")).trim_end().to_owned());
            }
        }
        (text(&set, "version"), text(&set, "truncated") == "true", told)
    }
}

/// The text at a path of a value; empty without one.
pub(super) fn text(value: &Value, path: &str) -> String {
    match value.clone().at(path) {
        Some(Value::Simple(_, text)) => text,
        Some(Value::Enum(_, text)) => text.to_owned(),
        Some(Value::Ref(_, id)) => id.to_string(),
        Some(Value::Object(..) | Value::Array(..) | Value::Any(_)) | None => String::new(),
    }
}

/// The elements of the array at a path of a value; none without one.
pub(super) fn items(value: &Value, path: &str) -> Vec<Value> {
    let Some(Value::Array(_, items)) = value.clone().at(path) else { return Vec::new() };
    items
}

pub(super) fn fault_of(reply: Reply) -> &'static str {
    let Reply::Fault(fault) = reply else { panic!("no fault: {reply:?}") };
    fault.kind
}

pub(super) fn id_of(vcenter: &Vcenter, vm: &str) -> MoId {
    vcenter.vm_named(vm).cloned().expect("a VM of this name")
}

#[test]
fn the_first_update_set_is_everything_in_pages_of_a_hundred() {
    let mut client = Client::watching(vcenter(250));
    let mut seen = Vec::new();
    let mut version = String::new();
    for (count, truncated) in [(100, true), (100, true), (51, false)] {
        let (next, more, told) = client.updates(&version);
        assert_eq!((told.len(), more), (count, truncated));
        assert!(told.iter().all(|line| line.starts_with("enter ")), "{told:?}");
        seen.extend(told);
        version = next;
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 251, "every VM and the event collector once");
    assert!(matches!(client.wait(&version), Reply::Wait(_)));
}

#[test]
fn a_migration_is_told_in_the_order_of_a_real_vcenter() {
    let mut client = Client::watching(vcenter(1));
    let vm = id_of(&client.vcenter, "vm00000");
    let to = client.vcenter.host_named("esx2").cloned().expect("there");
    let (version, ..) = client.updates("");
    let started = client.vcenter.start_migration(&vm, &to).expect("it runs");
    let (version, _, told) = client.updates(&version);
    assert_eq!(told, ["modify events latestPage"]);
    assert!(client.vcenter.told_upto().expect("watched") >= started);
    let moved = client.vcenter.finish_migration(&vm).expect("under way");
    assert!(moved > started);
    let (_, _, mut told) = client.updates(&version);
    told.sort();
    assert_eq!(told, ["modify events latestPage".to_owned(), format!("modify {vm} runtime.host")]);
    assert_eq!(client.vcenter.vm(&vm).map(|vm| vm.host.clone()), Some(to));
}

#[test]
fn changes_of_one_object_are_told_together_and_only_what_changed() {
    let mut client = Client::watching(vcenter(3));
    let vm = id_of(&client.vcenter, "vm00001");
    let (version, ..) = client.updates("");
    client.vcenter.power_off(&vm).expect("on");
    client.vcenter.power_on(&vm).expect("off");
    client.vcenter.power_off(&vm).expect("on");
    assert_eq!(client.updates(&version).2, [format!("modify {vm} runtime.powerState")]);
}

#[test]
fn what_is_destroyed_or_no_longer_permitted_leaves() {
    let mut client = Client::watching(vcenter(3));
    let (gone, hidden) = (id_of(&client.vcenter, "vm00000"), id_of(&client.vcenter, "vm00001"));
    let (version, ..) = client.updates("");
    client.vcenter.destroy_vm(&gone).expect("there");
    client.vcenter.vanish_vm(&hidden).expect("there");
    let (version, _, told) = client.updates(&version);
    assert_eq!(told, [format!("leave {gone}"), format!("leave {hidden}")]);
    client.vcenter.unvanish_vm(&hidden).expect("there");
    let (_, _, told) = client.updates(&version);
    assert_eq!(told, [format!("enter {hidden} name,runtime.host,runtime.powerState")]);
}

#[test]
fn only_the_newest_version_and_the_one_whose_answer_was_lost_are_valid() {
    let mut client = Client::watching(vcenter(3));
    let vm = id_of(&client.vcenter, "vm00000");
    assert_eq!(fault_of(client.wait("7")), "InvalidCollectorVersion");
    let (first, ..) = client.updates("");
    client.vcenter.power_off(&vm).expect("on");
    let (second, _, told) = client.updates(&first);
    assert_eq!(client.updates(&first).2, told, "told again to a client that lost it");
    assert_eq!(fault_of(client.wait(&second)), "InvalidCollectorVersion", "the number before last");
    assert_eq!(client.updates("").2.len(), 4, "everything again");
}

#[test]
fn a_truncated_version_is_valid_once() {
    let mut client = Client::watching(vcenter(250));
    let (first, truncated, _) = client.updates("");
    assert!(truncated);
    client.updates(&first);
    assert_eq!(fault_of(client.wait(&first)), "InvalidCollectorVersion");
}

#[test]
fn a_wait_ends_with_nothing_when_its_time_is_up_and_is_cancelled_by_a_newer_one() {
    let mut client = Client::watching(vcenter(1));
    let (version, ..) = client.updates("");
    let options = tree("options", vec![node("maxWaitSeconds", "30")]);
    let method = tree("WaitForUpdatesEx", vec![node("_this", &client.collector), node("version", &version), options]);
    let call = Call { method };
    let session = client.session.clone();
    let mut ask = |at, waiting: Option<&Waiting>| {
        client.vcenter.handle(session.as_deref(), &call, Duration::from_secs(at), waiting).reply
    };
    let Reply::Wait(first) = ask(1, None) else { panic!("news") };
    assert!(matches!(ask(30, Some(&first)), Reply::Wait(_)));
    assert_eq!(ask(31, Some(&first)), Reply::Return(None));
    let Reply::Wait(_) = ask(32, None) else { panic!("news") };
    assert_eq!(fault_of(ask(33, Some(&first))), "RequestCanceled");
}

#[test]
fn a_session_ends_by_idleness_and_by_an_administrator() {
    let mut client = Client::watching(vcenter(1));
    client.vcenter.idle_timeout = Duration::from_secs(60);
    client.now = Duration::from_secs(59);
    assert!(matches!(client.call("CurrentTime", "ServiceInstance", vec![]), Reply::Return(Some(_))));
    client.now = Duration::from_secs(118);
    assert!(matches!(client.call("CurrentTime", "ServiceInstance", vec![]), Reply::Return(Some(_))), "kept alive");
    client.now = Duration::from_secs(178);
    assert_eq!(fault_of(client.call("CurrentTime", "ServiceInstance", vec![])), "NotAuthenticated");
    client.login();
    client.vcenter.terminate_sessions();
    assert_eq!(fault_of(client.call("CurrentTime", "ServiceInstance", vec![])), "NotAuthenticated");
    assert_eq!(client.vcenter.counts.logins, 2);
}

#[test]
fn a_wrong_password_and_a_second_login_are_refused() {
    let mut client = Client { vcenter: vcenter(0), session: None, collector: String::new(), now: Duration::ZERO };
    let wrong = vec![node("userName", "user"), node("password", "wrong")];
    assert_eq!(fault_of(client.call("Login", "SessionManager", wrong)), "InvalidLogin");
    client.login();
    let again = vec![node("userName", "user"), node("password", "pass")];
    assert_eq!(fault_of(client.call("Login", "SessionManager", again)), "InvalidLogin");
    assert_eq!((client.vcenter.counts.logins, client.vcenter.counts.refused_logins), (1, 2));
}

#[test]
fn a_denied_configuration_is_missing_and_not_empty() {
    let mut vcenter = vcenter(1);
    let vm = id_of(&vcenter, "vm00000");
    assert!(vcenter.property(&vm, "config.hardware.device").is_ok_and(|value| value.is_some()));
    vcenter.deny_config(&vm).expect("there");
    let denied = vcenter.property(&vm, "config.hardware.device").expect_err("denied");
    assert_eq!(denied.kind, "NoPermission");
}

#[test]
fn hints_come_from_pnics_with_link_of_hosts_that_are_connected() {
    let mut client = Client::watching(vcenter(0));
    let host = client.vcenter.host_named("esx1").cloned().expect("there");
    let system = format!("networkSystem-{}", host.as_str().trim_start_matches("host-"));
    let mut ask = |vcenter: &dyn Fn(&mut Vcenter), devices: &[&str]| {
        vcenter(&mut client.vcenter);
        let devices = devices.iter().map(|device| node("device", device)).collect();
        client.call("QueryNetworkHint", &system, devices)
    };
    let count = |reply: Reply, field: &str| {
        let Reply::Return(Some(Value::Array(_, hints))) = reply else { panic!("{reply:?}") };
        hints.into_iter().filter(|hint| hint.clone().at(field).is_some()).count()
    };
    assert_eq!(count(ask(&|_| (), &[]), "device"), 3);
    assert_eq!(count(ask(&|_| (), &[]), "lldpInfo"), 2);
    assert_eq!(count(ask(&|_| (), &["vmnic0"]), "connectedSwitchPort"), 1);
    let cut = |vcenter: &mut Vcenter| {
        vcenter.set_pnic_link(&host, "vmnic1", false).expect("there");
    };
    assert_eq!(count(ask(&cut, &[]), "lldpInfo"), 1);
    let away = |vcenter: &mut Vcenter| {
        vcenter.set_host_connection(&host, SimConnection::NotResponding).expect("there");
    };
    assert_eq!(fault_of(ask(&away, &[])), "HostNotConnected");
}

#[test]
fn ten_thousand_vms_start_and_are_listed_in_pages() {
    let mut client = Client::watching(vcenter(10_000));
    let mut version = String::new();
    let mut pages = 0;
    loop {
        let (next, more, _) = client.updates(&version);
        (version, pages) = (next, pages + 1);
        if !more {
            break;
        }
    }
    assert_eq!(pages, 101);
    let before = client.vcenter.revision();
    let vm = id_of(&client.vcenter, "vm07777");
    client.vcenter.power_off(&vm).expect("on");
    assert_eq!(client.vcenter.dirty_since(before).count(), 1);
    assert_eq!(client.updates(&version).2.len(), 1);
}
