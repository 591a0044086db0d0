//! Reading in every way that clients know: once and in pages, by views and by traversals, with and without waiting.

use super::{super::*, Client, fault_of, id_of, items, node, text, tree, vcenter};
use crate::lab::model::LabTime;

/// A filter's specification: objects of one type from one start.
fn spec(kind: &str, paths: &[&str], start: Vec<Node>) -> Node {
    let mut props = vec![node("type", kind)];
    props.extend(paths.iter().map(|path| node("pathSet", path)));
    tree("specSet", vec![tree("propSet", props), tree("objectSet", start)])
}

fn value(reply: Reply) -> Option<Value> {
    match reply {
        Reply::Return(value) => value,
        Reply::Updates(..) | Reply::Fault(_) | Reply::Wait(_) => panic!("{reply:?}"),
    }
}

/// Names of the VMs in a page, and the token of the next.
fn page(reply: Reply) -> (Vec<String>, String) {
    let page = value(reply).expect("a page");
    let token = if page.find("token").is_some() { text(&page, "token") } else { String::new() };
    (items(&page, "objects").iter().map(|row| text(row, "obj")).collect(), token)
}

fn next(client: &mut Client, method: &str, token: &str) -> Reply {
    client.call(method, "propertyCollector", vec![node("token", token)])
}

fn retrieve(client: &mut Client, spec: Node, max: &str) -> Reply {
    let options = tree("options", vec![node("maxObjects", max)]);
    client.call("RetrievePropertiesEx", "propertyCollector", vec![spec, options])
}

fn view(client: &mut Client, root: &str, recursive: &str) -> Vec<Node> {
    let arguments = vec![node("container", root), node("recursive", recursive)];
    vec![node("obj", &client.created("CreateContainerView", "ViewManager", arguments))]
}

/// From folder to folder, as clients did before there were views.
fn folders() -> Vec<Node> {
    let named = |name: &str| tree("selectSet", vec![node("name", name)]);
    let step = |name: &str, kind: &str, path: &str, more: Vec<Node>| {
        let own = vec![node("name", name), node("type", kind), node("path", path)];
        tree("selectSet", own.into_iter().chain(more).collect())
    };
    let datacenter = step("datacenter", "Datacenter", "vmFolder", vec![named("folder")]);
    let folder = step("folder", "Folder", "childEntity", vec![named("folder"), named("datacenter")]);
    vec![node("obj", "group-d1"), node("skip", "true"), folder, datacenter]
}

#[test]
fn a_listing_in_pages_tells_each_vm_once_and_none_that_went_meanwhile() {
    let mut client = Client::watching(vcenter(10));
    let start = view(&mut client, "group-d1", "true");
    let (first, token) = page(retrieve(&mut client, spec("VirtualMachine", &["name"], start), "4"));
    let gone = id_of(&client.vcenter, "vm00009");
    client.vcenter.destroy_vm(&gone).expect("there");
    let (second, more) = page(next(&mut client, "ContinueRetrievePropertiesEx", &token));
    assert_eq!((first.len(), second.len(), more.as_str()), (4, 5, ""));
    assert!(!first.iter().chain(&second).any(|id| *id == gone.to_string()));
    assert_eq!(fault_of(next(&mut client, "ContinueRetrievePropertiesEx", &token)), "InvalidArgument");
}

#[test]
fn a_listing_that_is_broken_off_cannot_be_gone_on_with() {
    let mut client = Client::watching(vcenter(10));
    let start = view(&mut client, "group-v3", "true");
    let (_, token) = page(retrieve(&mut client, spec("VirtualMachine", &["name"], start), "4"));
    assert_eq!(value(next(&mut client, "CancelRetrievePropertiesEx", &token)), None);
    assert_eq!(fault_of(next(&mut client, "ContinueRetrievePropertiesEx", &token)), "InvalidArgument");
}

#[test]
fn a_view_holds_what_lies_below_its_root() {
    let mut client = Client::watching(vcenter(3));
    let mut check = |root: &str, recursive: &str, kind: &str, expected: usize| {
        let start = view(&mut client, root, recursive);
        let reply = client.call("RetrieveProperties", "propertyCollector", vec![spec(kind, &["name"], start)]);
        let Some(Value::Array(_, found)) = value(reply).or(Some(Value::Array("", Vec::new()))) else {
            panic!("{root}")
        };
        assert_eq!(found.len(), expected, "{kind} in {root}, recursive: {recursive}");
    };
    check("group-d1", "true", "VirtualMachine", 3);
    check("group-d1", "false", "VirtualMachine", 0);
    check("group-v3", "false", "VirtualMachine", 3);
    check("group-h4", "true", "VirtualMachine", 0);
    check("group-h4", "true", "HostSystem", 2);
    check("group-h4", "false", "ManagedEntity", 1);
    check("group-n6", "true", "DistributedVirtualPortgroup", 3);
}

#[test]
fn traversals_lead_from_folder_to_folder_and_are_followed_anew() {
    let mut client = Client::watching(vcenter(3));
    let found = page(retrieve(&mut client, spec("VirtualMachine", &["name"], folders()), "100")).0;
    assert_eq!(found.len(), 3);
    let collector = client.created("CreatePropertyCollector", "propertyCollector", vec![]);
    let filter = Node { name: "spec".to_owned(), ..spec("VirtualMachine", &["name"], folders()) };
    client.created("CreateFilter", &collector, vec![filter]);
    let told = |client: &mut Client, version: &str| {
        let reply = client.call("CheckForUpdates", &collector, vec![node("version", version)]);
        let Reply::Updates(set, receipt) = reply else { return (String::new(), Vec::new()) };
        client.vcenter.delivered(&receipt);
        let rows = items(&set, "filterSet").iter().flat_map(|filter| items(filter, "objectSet")).collect::<Vec<_>>();
        (text(&set, "version"), rows.iter().map(|row| text(row, "kind")).collect())
    };
    let (version, kinds) = told(&mut client, "");
    assert_eq!(kinds, ["enter"; 3]);
    assert_eq!(told(&mut client, &version).1, Vec::<String>::new(), "no news, and no waiting");
    let spec = VmSpec { name: "new".to_owned(), host: "esx1".to_owned(), ..VmSpec::default() };
    let (new, _) = client.vcenter.create_vm(&spec).expect("created");
    let (version, kinds) = told(&mut client, &version);
    assert_eq!(kinds, ["enter"]);
    client.vcenter.destroy_vm(&new).expect("there");
    assert_eq!(told(&mut client, &version).1, ["leave"]);
}

#[test]
fn a_property_that_no_such_object_has_is_refused_and_one_that_is_not_simulated_is_unset() {
    let mut client = Client::watching(vcenter(1));
    let mut check = |kind: &str, path: &str, refused: bool| {
        let start = view(&mut client, "group-d1", "true");
        let reply = retrieve(&mut client, spec(kind, &[path], start), "100");
        let fault = matches!(&reply, Reply::Fault(fault) if fault.kind == "InvalidProperty");
        assert_eq!(fault, refused, "{kind} {path}: {reply:?}");
    };
    check("VirtualMachine", "nonsense", true);
    check("VirtualMachine", "vm", true);
    check("HostSystem", "vm", false);
    check("VirtualMachine", "snapshot", false);
    check("ManagedEntity", "name", false);
    check("ResourcePool", "whatever", false);
}

#[test]
fn the_older_wait_knows_no_pages_and_no_end() {
    let mut client = Client::watching(vcenter(150));
    let collector = client.created("CreatePropertyCollector", "propertyCollector", vec![]);
    let start = view(&mut client, "group-d1", "true");
    let filter = Node { name: "spec".to_owned(), ..spec("VirtualMachine", &["name"], start) };
    client.created("CreateFilter", &collector, vec![filter]);
    let reply = client.call("WaitForUpdates", &collector, vec![node("version", "")]);
    let Reply::Updates(set, receipt) = reply else { panic!("{reply:?}") };
    client.vcenter.delivered(&receipt);
    let count: usize = items(&set, "filterSet").iter().map(|filter| items(filter, "objectSet").len()).sum();
    assert_eq!((count, set.find("truncated")), (150, None));
    let reply = client.call("WaitForUpdates", &collector, vec![node("version", &text(&set, "version"))]);
    let Reply::Wait(waiting) = reply else { panic!("{reply:?}") };
    assert_eq!(waiting.until, None);
}

#[test]
fn a_client_that_slept_while_thousands_came_and_went_begins_anew() {
    let mut client = Client::watching(vcenter(2));
    let (version, _, _) = client.updates("");
    let spec = VmSpec { name: "new".to_owned(), host: "esx1".to_owned(), ..VmSpec::default() };
    for _ in 0..6000 {
        let (id, _) = client.vcenter.create_vm(&spec).expect("created");
        client.vcenter.destroy_vm(&id).expect("there");
    }
    client.vcenter.advance(LabTime::from_secs(1));
    assert_eq!(fault_of(client.wait(&version)), "InvalidCollectorVersion");
    let (_, _, entered) = client.updates("");
    assert_eq!(entered.len(), 3, "two VMs and the collector of events");
}

#[test]
fn events_are_asked_for_by_object_time_and_chain() {
    let mut client = Client::watching(vcenter(2));
    let [one, two] = ["vm00000", "vm00001"].map(|name| id_of(&client.vcenter, name));
    client.vcenter.power_off(&one).expect("on");
    client.vcenter.advance(LabTime::from_secs(10));
    client.vcenter.power_off(&two).expect("on");
    let mut count = |filter: Vec<Node>| {
        let reply = client.call("QueryEvents", "EventManager", vec![tree("filter", filter)]);
        let Some(Value::Array(_, events)) = value(reply) else { panic!("no events") };
        events
    };
    let entity =
        |id: &MoId, recursion: &str| tree("entity", vec![node("entity", id.as_str()), node("recursion", recursion)]);
    let all = count(vec![]);
    assert_eq!(all.len(), 4, "two of each VM");
    assert_eq!(count(vec![entity(&one, "self")]).len(), 2);
    assert_eq!(count(vec![entity(&MoId::from("group-v3"), "all")]).len(), 4);
    assert_eq!(count(vec![entity(&MoId::from("group-v3"), "self")]).len(), 0);
    let since = tree("time", vec![node("beginTime", &text(all.first().expect("the newest"), "createdTime"))]);
    assert_eq!(count(vec![since]).len(), 2);
    let chain = text(all.last().expect("the oldest"), "chainId");
    assert_eq!(count(vec![node("eventChainId", &chain)]).len(), 2);
    assert_eq!(count(vec![node("maxCount", "3")]).len(), 3);
}
