//! Custom attributes through the watcher: what they are called comes apart from what they say.

use std::collections::BTreeMap;

use super::super::{
    FINDINGS_ATTRIBUTE, FieldNames, VimValue, fixtures::Dialect, fixtures::assign, fixtures::host, fixtures::missing,
    fixtures::object, fixtures::unset, fixtures::update_set, fixtures::vm,
};
use super::{super::UpdateReader, *};
use crate::tracker::{MODE_ATTRIBUTE, ObjectId, Steering};

fn id() -> VcenterId {
    "uuid-1".into()
}

fn set(watcher: &mut Watcher, objects: &[String]) -> Vec<Event> {
    let answer = update_set(Dialect::Vcenter, "1", &objects.concat(), false);
    let mut reader = UpdateReader::open(answer.as_bytes()).expect("an answer");
    let mut events = Vec::new();
    while let Some(part) = reader.next_part().expect("a part") {
        events.extend(watcher.part(part));
    }
    events
}

fn names(names: &[(i32, &str)]) -> FieldNames {
    let element = |name: &str, text: String| VimValue { name: name.into(), text, ..VimValue::default() };
    let parent = |name: &str, children| VimValue { name: name.into(), children, ..VimValue::default() };
    let fields = names.iter().map(|(number, name)| {
        parent("CustomFieldDef", vec![element("key", number.to_string()), element("name", (*name).to_owned())])
    });
    let property = vec![element("name", "field".to_owned()), parent("val", fields.collect())];
    let content = parent("objects", vec![parent("propSet", property)]);
    FieldNames::read(&parent("response", vec![parent("returnval", vec![content])])).expect("names")
}

fn values(values: &[(i32, &str)]) -> String {
    let value = |(number, text): &(i32, &str)| {
        format!("<CustomFieldValue @CustomFieldStringValue><key>{number}</key><value>{text}</value></CustomFieldValue>")
    };
    assign("customValue", &format!("@ArrayOfCustomFieldValue>{}", values.iter().map(value).collect::<String>()))
}

fn group(kind: &str, changes: &str) -> String {
    object(kind, "DistributedVirtualPortgroup", "dvportgroup-7", changes)
}

/// What the port group is told to say, the last time; none: it was not told at all.
fn steering(events: &[Event]) -> Option<Steering> {
    let mut groups =
        events.iter().filter_map(|event| if let Event::PortGroupSeen(group) = event { Some(group) } else { None });
    groups.next_back().map(|group| group.steering.clone())
}

fn connected() -> Watcher {
    let mut watcher = Watcher::new("lab".into());
    watcher.connected(id(), None);
    watcher
}

#[test]
fn a_port_group_says_what_its_attributes_say_and_says_it_again_when_they_change() {
    let mut watcher = connected();
    watcher.names_read(names(&[(1, MODE_ATTRIBUTE), (2, "owner")]));
    let told = set(&mut watcher, &[group("enter", &values(&[(1, "observe"), (2, "me")]))]);
    assert!(steering(&told).is_some_and(|steering| steering.observe && steering.unread.is_empty()));
    assert!(!watcher.lacks_names());
    let told = set(&mut watcher, &[group("modify", &values(&[(1, ""), (2, "me")]))]);
    assert_eq!(steering(&told), Some(Steering::default()));
    let told =
        set(&mut watcher, &[group("modify", &values(&[(1, "observe")])), group("modify", &unset("customValue"))]);
    assert_eq!(steering(&told), Some(Steering::default()));
    let told = set(&mut watcher, &[group("modify", &missing("customValue"))]);
    assert!(steering(&told).is_some_and(|steering| !steering.unread.is_empty()));
}

#[test]
fn a_number_without_a_name_is_asked_for_once_and_nothing_is_widened_meanwhile() {
    let mut watcher = connected();
    watcher.names_read(names(&[]));
    let told = set(&mut watcher, &[group("enter", &values(&[(1, "observe"), (9, "x")]))]);
    assert!(steering(&told).is_some_and(|steering| !steering.unread.is_empty()));
    assert!(watcher.lacks_names());
    let told = watcher.names_read(names(&[(1, MODE_ATTRIBUTE)]));
    assert!(steering(&told).is_some_and(|steering| steering.observe && steering.unread.is_empty()));
    assert!(!watcher.lacks_names(), "nobody names 9: it is not ours");
    set(&mut watcher, &[group("modify", &values(&[(9, "y")]))]);
    assert!(!watcher.lacks_names());
}

#[test]
fn without_attributes_nothing_is_said_and_nothing_asked() {
    let mut watcher = connected();
    let told = set(&mut watcher, &[group("enter", ""), vm("enter", "vm-1", "host-1")]);
    assert_eq!(steering(&told), Some(Steering::default()));
    assert!(!watcher.lacks_names());
}

#[test]
fn what_stands_on_vms_and_hosts_is_told_apart_and_is_no_news_to_the_tracker() {
    let mut watcher = connected();
    watcher.names_read(names(&[(1, FINDINGS_ATTRIBUTE), (2, "owner")]));
    let entities = |what: &[(Entity, &str)]| -> Option<BTreeMap<Entity, String>> {
        Some(what.iter().map(|(entity, text)| (entity.clone(), (*text).to_owned())).collect())
    };
    let (first, second) = (Entity::Vm(ObjectId::new(&id(), "vm-1")), Entity::Host(ObjectId::new(&id(), "host-1")));
    let ours = |kind: &str, of: &str, id: &str, text: &str| object(kind, of, id, &values(&[(1, text), (2, "me")]));
    set(&mut watcher, &[vm("enter", "vm-1", "host-1"), host("enter", "host-1", "connected")]);
    assert_eq!(watcher.take_annotated(), entities(&[]));
    let events = [ours("modify", "VirtualMachine", "vm-1", "a"), ours("modify", "HostSystem", "host-1", "b")];
    assert_eq!(set(&mut watcher, &events), Vec::new());
    assert_eq!(watcher.take_annotated(), entities(&[(first, "a"), (second.clone(), "b")]));
    assert_eq!(watcher.take_annotated(), None);
    set(&mut watcher, &[ours("modify", "VirtualMachine", "vm-1", "")]);
    assert_eq!(watcher.take_annotated(), entities(&[(second, "b")]));
    set(&mut watcher, &[object("leave", "HostSystem", "host-1", "")]);
    assert_eq!(watcher.take_annotated(), entities(&[]));
}

#[test]
fn a_new_listing_keeps_the_names_and_forgets_the_values() {
    let mut watcher = connected();
    watcher.names_read(names(&[(1, FINDINGS_ATTRIBUTE), (2, MODE_ATTRIBUTE)]));
    set(&mut watcher, &[object("enter", "VirtualMachine", "vm-1", &values(&[(1, "a")]))]);
    assert_eq!(watcher.take_annotated().map(|all| all.len()), Some(1));
    watcher.failed(Failure::Version, "");
    let told = set(&mut watcher, &[group("enter", &values(&[(2, "observe")]))]);
    assert!(steering(&told).is_some_and(|steering| steering.observe && steering.unread.is_empty()));
    assert_eq!(watcher.take_annotated(), Some(BTreeMap::new()));
}
