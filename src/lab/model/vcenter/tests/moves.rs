//! Moves inside of one vCenter, by the events and properties that a client sees, and when it sees them.

use super::*;
use crate::lab::model::vcenter::{agenda::Delays, event::EventFilter};

const fn s(seconds: u64) -> LabTime {
    LabTime::from_secs(seconds)
}

/// What was posted from event number `from` on, oldest first, with the names of VM-related hosts where it has them.
pub(super) fn told(vcenter: &Vcenter, from: usize) -> Vec<&'static str> {
    let filter = EventFilter::default();
    let mut all: Vec<&SimEvent> = vcenter.events.newest_first(&filter).collect();
    all.reverse();
    all.into_iter().skip(from).map(|event| event.kind.name()).collect()
}

pub(super) fn host(vcenter: &Vcenter, name: &str) -> MoId {
    vcenter.host_named(name).cloned().expect("a host of this name")
}

/// A property of an object as text; empty where it is not set.
pub(super) fn shown(vcenter: &Vcenter, id: &MoId, path: &str) -> String {
    let value = vcenter.property(id, path).expect("readable");
    value.map(|value| text(&Value::Object("", vec![("value", value)]), "value")).unwrap_or_default()
}

/// The newest event as a client reads it.
pub(super) fn newest(vcenter: &Vcenter) -> Value {
    let collector = filter::EventCollector { filter: EventFilter::default(), page: 1, read: 0 };
    let page = vcenter.collector_property(&collector, "latestPage").expect("a page");
    let Value::Array(_, events) = page else { panic!("{page:?}") };
    events.into_iter().next().expect("an event")
}

/// A move of this kind by a VM that runs or not: its events in order, and where it ends.
fn check(kind: MoveKind, runs: bool, failure: Option<Failure>, expected: &[&str]) {
    let mut vcenter = vcenter(1);
    let (vm, from, to) = (id_of(&vcenter, "vm00000"), host(&vcenter, "esx1"), host(&vcenter, "esx2"));
    if !runs {
        vcenter.power_off(&vm).expect("on");
    }
    let before = told(&vcenter, 0).len();
    vcenter.start_move(&vm, &to, kind).expect("begun");
    assert!(vcenter.vm(&vm).is_some_and(SimVm::is_moving));
    match failure {
        None => vcenter.finish_migration(&vm).expect("under way"),
        Some(failure) => vcenter.fail_move(&vm, failure, "no memory").expect("under way"),
    };
    assert_eq!(told(&vcenter, before), expected, "{kind:?} {failure:?}");
    let ends = if failure.is_none() { &to } else { &from };
    assert_eq!(shown(&vcenter, &vm, "runtime.host"), ends.as_str());
    assert!(!vcenter.vm(&vm).is_some_and(SimVm::is_moving));
    assert_eq!(vcenter.finish_migration(&vm), Err(Refused::NotMigrating));
}

#[test]
fn every_kind_of_move_is_told_by_its_own_events() {
    const ENCRYPTED: &str = "com.vmware.vc.vm.VmHotMigratingWithEncryptionEvent";
    let hot = "VmBeingHotMigratedEvent";
    check(MoveKind::VMotion, true, None, &[hot, "VmEmigratingEvent", "VmMigratedEvent"]);
    check(MoveKind::VMotion, false, None, &["VmBeingMigratedEvent", "VmMigratedEvent"]);
    check(MoveKind::Drs, true, None, &[hot, "VmEmigratingEvent", "DrsVmMigratedEvent"]);
    check(MoveKind::Encrypted, true, None, &[ENCRYPTED, "VmEmigratingEvent", "VmMigratedEvent"]);
    check(MoveKind::Relocation, true, None, &["VmBeingRelocatedEvent", "VmRelocatedEvent"]);
    check(MoveKind::Relocation, false, None, &["VmBeingRelocatedEvent", "VmRelocatedEvent"]);
}

#[test]
fn every_failure_is_told_by_its_own_event_and_the_vm_stays() {
    let hot = "VmBeingHotMigratedEvent";
    let failed = |end| [hot, "VmEmigratingEvent", end];
    let migration = |class| Some(Failure::Migration(class));
    check(MoveKind::VMotion, true, Some(Failure::Operation), &failed("VmFailedMigrateEvent"));
    check(MoveKind::Relocation, true, Some(Failure::Operation), &["VmBeingRelocatedEvent", "VmRelocateFailedEvent"]);
    check(MoveKind::VMotion, true, migration(MigrationClass::Error), &failed("MigrationErrorEvent"));
    check(MoveKind::Drs, true, migration(MigrationClass::Host), &failed("MigrationHostErrorEvent"));
    check(MoveKind::VMotion, true, migration(MigrationClass::Resource), &failed("MigrationResourceErrorEvent"));
}

#[test]
fn a_start_event_names_both_hosts_and_an_encrypted_one_only_the_name_of_the_target() {
    let mut vcenter = vcenter(2);
    let (from, to) = (host(&vcenter, "esx1"), host(&vcenter, "esx2"));
    // Without the event of the emigration, which a VM that is off does not have.
    let (plain, secret) = (id_of(&vcenter, "vm00000"), id_of(&vcenter, "vm00001"));
    vcenter.power_off(&plain).expect("on");
    vcenter.start_move(&plain, &to, MoveKind::VMotion).expect("begun");
    let event = newest(&vcenter);
    assert_eq!((text(&event, "host.host"), text(&event, "destHost.host")), (from.to_string(), to.to_string()));
    assert_eq!(text(&event, "destHost.name"), "esx2");
    vcenter.start_move(&secret, &to, MoveKind::Encrypted).expect("begun");
    let filter = EventFilter {
        types: vec!["com.vmware.vc.vm.VmHotMigratingWithEncryptionEvent".to_owned()],
        ..EventFilter::default()
    };
    let collector = filter::EventCollector { filter, page: 1, read: 0 };
    let Some(Value::Array(_, events)) = vcenter.collector_property(&collector, "latestPage") else { panic!("a page") };
    let event = events.first().expect("found by its id");
    assert_eq!(text(event, "destHost.host"), "", "no reference");
    let arguments = items(event, "arguments");
    let target = arguments.iter().find(|argument| text(argument, "key") == "destHost").expect("an argument");
    let Some(Value::Any(value)) = target.clone().at("value") else { panic!("{target:?}") };
    assert_eq!(*value, Value::string("esx2"));
}

#[test]
fn a_move_of_the_disks_begins_and_ends_at_the_same_host() {
    let mut vcenter = vcenter(1);
    let (vm, here) = (id_of(&vcenter, "vm00000"), host(&vcenter, "esx1"));
    vcenter.start_move(&vm, &here, MoveKind::Relocation).expect("begun");
    let event = newest(&vcenter);
    assert_eq!((text(&event, "host.host"), text(&event, "destHost.host")), (here.to_string(), here.to_string()));
    assert_eq!(vcenter.vm(&vm).and_then(|vm| vm.migrating_to.clone()), None, "no host waits for it");
    assert_eq!(vcenter.power_off(&vm), Err(Refused::Migrating));
    vcenter.finish_migration(&vm).expect("under way");
    assert_eq!(shown(&vcenter, &vm, "runtime.host"), here.as_str());
}

#[test]
fn with_real_delays_the_vm_is_there_before_anything_is_told_of_it() {
    let mut vcenter = vcenter(1);
    vcenter.delays = Delays { start_event: s(2), property: s(1), end_event: s(3) };
    vcenter.copy_phase = s(1);
    let (vm, from, to) = (id_of(&vcenter, "vm00000"), host(&vcenter, "esx1"), host(&vcenter, "esx2"));
    vcenter.run_move(&vm, &to, MoveKind::VMotion).expect("begun");
    let mut check = |at: u64, is_at: &MoId, shown_at: &MoId, events: &[&str]| {
        vcenter.finish_due(s(at));
        assert_eq!(vcenter.vm(&vm).map(|vm| &vm.host), Some(is_at), "truth at {at} s");
        assert_eq!(shown(&vcenter, &vm, "runtime.host"), shown_at.as_str(), "property at {at} s");
        assert_eq!(told(&vcenter, 0), events, "events at {at} s");
    };
    let started = ["VmBeingHotMigratedEvent", "VmEmigratingEvent"];
    check(0, &from, &from, &[]);
    check(1, &to, &from, &[]);
    check(2, &to, &to, &started);
    check(3, &to, &to, &started);
    check(4, &to, &to, &[started[0], started[1], "VmMigratedEvent"]);
    assert_eq!(vcenter.next_deadline(), None);
}

#[test]
fn an_end_event_never_comes_before_the_start_event_of_its_move() {
    let mut vcenter = vcenter(1);
    vcenter.delays = Delays { start_event: s(2), ..Delays::default() };
    let (vm, to) = (id_of(&vcenter, "vm00000"), host(&vcenter, "esx2"));
    vcenter.start_migration(&vm, &to).expect("begun");
    vcenter.finish_migration(&vm).expect("under way");
    assert_eq!(shown(&vcenter, &vm, "runtime.host"), to.as_str(), "the property does not wait");
    assert!(told(&vcenter, 0).is_empty());
    vcenter.finish_due(s(2));
    assert_eq!(told(&vcenter, 0), ["VmBeingHotMigratedEvent", "VmEmigratingEvent", "VmMigratedEvent"]);
}

#[test]
fn power_is_true_at_once_and_shown_later() {
    let mut vcenter = vcenter(1);
    vcenter.delays = Delays { property: s(1), ..Delays::default() };
    let vm = id_of(&vcenter, "vm00000");
    vcenter.power_off(&vm).expect("on");
    vcenter.power_on(&vm).expect("off");
    vcenter.power_off(&vm).expect("on");
    assert_eq!(vcenter.vm(&vm).map(|vm| vm.power), Some(SimPower::Off));
    assert_eq!(shown(&vcenter, &vm, "runtime.powerState"), "poweredOn");
    vcenter.finish_due(s(1));
    assert_eq!(shown(&vcenter, &vm, "runtime.powerState"), "poweredOff");
}

/// The state of a task.
fn state(vcenter: &Vcenter, task: &str) -> String {
    shown(vcenter, &MoId::from(task), "info.state")
}

#[test]
fn a_task_ends_with_its_end_event_and_says_how() {
    let mut client = Client::watching(vcenter(2));
    client.vcenter.copy_phase = s(1);
    client.vcenter.delays = Delays { end_event: s(1), ..Delays::default() };
    let (one, two) = (id_of(&client.vcenter, "vm00000"), id_of(&client.vcenter, "vm00001"));
    let to = host(&client.vcenter, "esx2");
    let spec = vec![tree("spec", vec![node("host", to.as_str())])];
    let moving = client.created("RelocateVM_Task", one.as_str(), spec);
    let doomed = client.created("MigrateVM_Task", two.as_str(), vec![node("host", to.as_str())]);
    client.vcenter.fail_migration(&two, "no memory").expect("under way");
    client.vcenter.finish_due(s(1));
    assert_eq!((state(&client.vcenter, &moving), state(&client.vcenter, &doomed)), ("running".into(), "error".into()));
    assert_eq!(client.vcenter.vm(&one).map(|vm| vm.host.clone()), Some(to));
    client.vcenter.finish_due(s(2));
    assert_eq!(state(&client.vcenter, &moving), "success");
    assert!(told(&client.vcenter, 0).contains(&"VmRelocatedEvent"));
    let storage =
        client.created("RelocateVM_Task", two.as_str(), vec![tree("spec", vec![node("datastore", "datastore-1")])]);
    client.vcenter.finish_due(s(9));
    assert_eq!(state(&client.vcenter, &storage), "success");
    assert_eq!(client.vcenter.vm(&two).map(|vm| vm.host.clone()), Some(host(&client.vcenter, "esx1")));
}
