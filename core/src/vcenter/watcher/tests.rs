//! The watcher by tables: every (state × input), and the order of what it tells.

mod endurance;

use std::{fmt::Write, sync::Arc};

use super::super::{
    UpdateReader,
    fixtures::{
        DIALECTS, Dialect, assign, devices, event, history, host, missing, nic, object, target, unset, update_set, vm,
    },
};
use super::*;
use crate::tracker::{Destination, ObjectId, PowerState, Vm};

/// The fixtures' hour, by vCenter's clock.
const NOW: &str = "2026-11-20T12:00:00Z";
const NOW_MS: i64 = 1_795_176_000_000;

fn id() -> VcenterId {
    "uuid-1".into()
}

fn watcher() -> Watcher {
    let mut watcher = Watcher::new("lab".into());
    watcher.connected(id(), Some(NOW_MS));
    watcher
}

/// Feeds one answer and gives back what was told.
fn feed(watcher: &mut Watcher, answer: &str) -> Vec<Event> {
    let mut reader = UpdateReader::open(answer.as_bytes()).expect("an answer");
    let mut events = Vec::new();
    while let Some(part) = reader.next_part().expect("a part") {
        events.extend(watcher.part(part));
    }
    events
}

fn set(watcher: &mut Watcher, version: &str, objects: &[String], truncated: bool) -> Vec<Event> {
    feed(watcher, &update_set(Dialect::Vcenter, version, &objects.concat(), truncated))
}

/// A watcher whose listing with these objects is complete.
fn watching(objects: &[String]) -> Watcher {
    let mut watcher = watcher();
    set(&mut watcher, "1", objects, false);
    watcher
}

/// Events in short, for comparison.
fn short(events: &[Event]) -> String {
    let mut out = String::new();
    for event in events {
        let word = match event {
            Event::VcenterConnected { .. } => "connected".to_owned(),
            Event::ResyncBegan(_) => "began".to_owned(),
            Event::ResyncEnded(_) => "ended".to_owned(),
            Event::VcenterLost { .. } => "lost".to_owned(),
            Event::VmSeen(vm) => format!("{}@{}", vm.id, vm.host.as_ref().map_or("-", |host| host.moid.as_str())),
            Event::HostSeen(host) => host.id.to_string(),
            Event::VmLeft(vm) => format!("{vm}-left"),
            Event::HostLeft(host) => format!("{host}-left"),
            Event::VmDestroyed(vm) => format!("{vm}-destroyed"),
            Event::VmMigratedAway(vm) => format!("{vm}-migrated"),
            Event::MigrationStarted { vm, to: Destination::Host(to) } => format!("{vm}>{to}"),
            // The fixtures' hosts are called by their ids.
            Event::MigrationStarted { vm, to: Destination::HostNamed { host, name } } => {
                format!("{vm}>{host}={name}").trim_end_matches(&format!("={host}.example")).to_owned()
            }
            Event::MigrationStarted { vm, to: Destination::Named(to) } => format!("{vm}>'{to}'"),
            Event::MigrationEnded { vm, outcome: Ok(at) } => {
                format!("{vm}:{}", at.as_ref().map_or("-", |host| host.moid.as_str()))
            }
            Event::MigrationEnded { vm, outcome: Err(_) } => format!("{vm}:failed"),
            Event::Annotated { .. }
            | Event::PortGroupSeen(_)
            | Event::ClusterSeen(_)
            | Event::PortGroupLeft(_)
            | Event::ClusterLeft(_)
            | Event::DvsSeen(_)
            | Event::DvsLeft(_)
            | Event::PortsSeen { .. }
            | Event::HintsSeen { .. }
            | Event::Observed(_)
            | Event::Done(_)
            | Event::Saved { .. }
            | Event::SwitchLost { .. }
            | Event::Recorded(_)
            | Event::PolicyChanged(_)
            | Event::Paused(_)
            | Event::Closed { .. }
            | Event::BrakeReleased
            | Event::Woke => format!("{event:?}"),
        };
        write!(out, "{word} ").expect("written");
    }
    out.trim_end().to_owned()
}

fn check(events: &[Event], expected: &str) {
    assert_eq!(short(events), expected);
}

#[test]
fn a_listing_ends_with_the_first_set_that_is_not_truncated() {
    let mut watcher = Watcher::new("lab".into());
    assert_eq!(watcher.state(), State::Empty);
    check(&watcher.connected(id(), Some(NOW_MS)), "connected began");
    check(&set(&mut watcher, "1", &[vm("enter", "vm-1", "host-1")], true), "vm-1@host-1");
    assert_eq!((watcher.state(), watcher.version()), (State::Listing, "1"));
    check(&set(&mut watcher, "2", &[host("enter", "host-1", "connected")], false), "host-1 ended");
    assert_eq!((watcher.state(), watcher.version()), (State::Watching, "2"));
}

#[test]
fn both_dialects_say_the_same() {
    let objects = [vm("enter", "vm-1", "host-1"), host("enter", "host-1", "connected")].concat();
    let [vcenter, vcsim] = DIALECTS.map(|dialect| feed(&mut watcher(), &update_set(dialect, "1", &objects, false)));
    assert_eq!(vcenter, vcsim);
    check(&vcenter, "vm-1@host-1 host-1 ended");
}

/// A state by name, and how to come there.
type Start = (&'static str, fn() -> Watcher);

#[test]
fn every_state_answers_every_failure() {
    let states: [Start; 5] = [
        ("empty", || Watcher::new("lab".into())),
        ("listing", watcher),
        ("watching", || watching(&[])),
        ("watching a truncated set", || {
            let mut watcher = watching(&[]);
            set(&mut watcher, "2", &[], true);
            watcher
        }),
        ("lost", || {
            let mut watcher = watcher();
            watcher.failed(Failure::Session, "gone");
            watcher
        }),
    ];
    let expected = [
        [("", Next::Reconnect); 3],
        [("lost", Next::Reconnect); 3],
        [("", Next::Again), ("began", Next::Again), ("lost", Next::Reconnect)],
        [("began", Next::Again), ("began", Next::Again), ("lost", Next::Reconnect)],
        [("", Next::Reconnect); 3],
    ];
    for ((name, build), row) in states.into_iter().zip(expected) {
        for (failure, wanted) in [Failure::Cut, Failure::Version, Failure::Session].into_iter().zip(row) {
            let (events, next) = build().failed(failure, "why");
            assert_eq!((short(&events).as_str(), next), wanted, "{name}, {failure:?}");
        }
    }
}

#[test]
fn a_version_is_tried_twice_in_a_row_and_not_more() {
    let mut watcher = watching(&[]);
    assert_eq!(watcher.failed(Failure::Cut, "cut").1, Next::Again);
    assert_eq!(watcher.version(), "1");
    watcher.part(Part::TimedOut);
    assert_eq!(watcher.failed(Failure::Cut, "cut").1, Next::Again);
    let (events, next) = watcher.failed(Failure::Cut, "cut");
    assert_eq!((short(&events).as_str(), next), ("lost", Next::Reconnect));
    check(&watcher.unreachable("the password is refused"), "lost");
    check(&watcher.connected(id(), Some(NOW_MS)), "connected began");
    assert_eq!(watcher.version(), EVERYTHING);
}

#[test]
fn a_cut_set_moves_neither_the_version_nor_the_listing() {
    let answer = update_set(Dialect::Vcenter, "9", &vm("enter", "vm-1", "host-1"), false);
    for length in 0..answer.len() {
        let Some(cut) = answer.get(..length) else { continue };
        let mut watcher = watcher();
        let mut events = Vec::new();
        if let Ok(mut reader) = UpdateReader::open(cut.as_bytes()) {
            while let Ok(Some(part)) = reader.next_part() {
                events.extend(watcher.part(part));
            }
        }
        assert!(!short(&events).contains("ended"), "cut at {length}");
        assert_eq!((watcher.state(), watcher.version()), (State::Listing, EVERYTHING), "cut at {length}");
    }
}

#[test]
fn properties_merge_and_an_unset_host_is_none() {
    let mut watcher = watching(&[vm("enter", "vm-1", "host-1")]);
    let off = assign("runtime.powerState", "@VirtualMachinePowerState>poweredOff") + &unset("runtime.host");
    let events = set(&mut watcher, "2", &[object("modify", "VirtualMachine", "vm-1", &off)], false);
    let [Event::VmSeen(vm)] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!((vm.name.as_str(), vm.power, vm.host.as_ref()), ("vm-1/name", PowerState::Off, None));
    let vnics = vm.vnics.as_ref().expect("known");
    assert!(vnics.first().is_some_and(|vnic| vnic.connected), "startConnected counts while off");
}

fn seen_vm(changes: &str) -> Arc<Vm> {
    let mut watcher = watching(&[vm("enter", "vm-1", "host-1")]);
    let events = set(&mut watcher, "2", &[object("modify", "VirtualMachine", "vm-1", changes)], false);
    match events.as_slice() {
        [Event::VmSeen(vm)] => Arc::clone(vm),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_cannot_be_read_is_unknown_and_not_empty() {
    assert_eq!(seen_vm(&missing("config.hardware.device")).vnics, None);
    assert_eq!(seen_vm(&unset("config.hardware.device")).vnics, None);
    for state in ["inaccessible", "invalid", "orphaned"] {
        assert_eq!(seen_vm(&assign("runtime.connectionState", &format!("@x>{state}"))).vnics, None, "{state}");
    }
    assert_eq!(seen_vm(&missing("runtime.powerState")).power, PowerState::Unknown);
    assert_eq!(seen_vm(&devices("")).vnics, Some(Vec::new()));
    assert!(
        seen_vm(&devices(&nic(4000, "VirtualE1000", false, ""))).vnics.as_ref().is_some_and(|vnics| vnics.len() == 1)
    );
}

#[test]
fn an_object_that_cannot_be_read_at_all_is_there_and_unknown() {
    let unreadable = |fault: &str| {
        format!(
            "<missingSet><obj type=\"VirtualMachine\">vm-9</obj><fault><fault @{fault}/>\
             <localizedMessage>no</localizedMessage></fault></missingSet>"
        )
    };
    let events = set(&mut watcher(), "1", &[unreadable("NoPermission")], false);
    check(&events, "vm-9@- ended");
    check(&set(&mut watcher(), "1", &[unreadable("ManagedObjectNotFound")], false), "ended");
}

#[test]
fn a_move_ends_after_the_vm_was_seen_on_its_new_host() {
    let mut watcher = watching(&[
        host("enter", "host-1", "connected"),
        host("enter", "host-2", "connected"),
        vm("enter", "vm-1", "host-1"),
        history("enter", ""),
    ]);
    let start = event("VmBeingHotMigratedEvent", 11, "vm-1", NOW, &target("host-2"));
    check(&set(&mut watcher, "2", &[history("modify", &start)], false), "vm-1>host-2");
    let both = event("VmMigratedEvent", 12, "vm-1", NOW, "") + &start;
    check(
        &set(&mut watcher, "3", &[history("modify", &both), vm("modify", "vm-1", "host-2")], false),
        "vm-1@host-2 vm-1:host-1",
    );
    check(&set(&mut watcher, "4", &[history("modify", &both)], false), "");
}

#[test]
fn every_class_of_event_has_its_meaning() {
    let other = target("host-2");
    let named = "<eventTypeId>com.vmware.vc.vm.VmHotMigratingWithEncryptionEvent</eventTypeId>\
                 <arguments><key>destHost</key><value>esx7</value></arguments>";
    let same = target("host-1");
    let reason = "<reason><fault/><localizedMessage>no space</localizedMessage></reason>";
    let extended = |id: &str| format!("<eventTypeId>com.vmware.vc.vm.{id}</eventTypeId>");
    let (away, arrived) = (extended("SrcVmMigratedEvent"), extended("DstVmMigratedEvent"));
    let stayed = extended("SrcVmMigrateFailedEvent");
    // Another vCenter's host may have the id that the source has here.
    let stranger = target("host-1").replace("host-1.example", "esx9.example");
    let table: [(&str, &str, &str); 19] = [
        ("VmBeingHotMigratedEvent", &other, "vm-1>host-2"),
        ("VmBeingMigratedEvent", &other, "vm-1>host-2"),
        ("VmBeingRelocatedEvent", &other, "vm-1>host-2"),
        ("VmBeingRelocatedEvent", &same, ""),
        ("VmBeingRelocatedEvent", &stranger, "vm-1>host-1=esx9.example"),
        ("EventEx", &away, "vm-1-migrated"),
        ("ExtendedEvent", &arrived, "vm-1:host-1"),
        ("EventEx", &stayed, "vm-1:failed"),
        ("EventEx", named, "vm-1>'esx7'"),
        ("VmMigratedEvent", "", "vm-1:host-1"),
        ("DrsVmMigratedEvent", "", "vm-1:host-1"),
        ("VmRelocatedEvent", "", "vm-1:host-1"),
        ("VmFailedMigrateEvent", reason, "vm-1:failed"),
        ("VmRelocateFailedEvent", reason, "vm-1:failed"),
        ("MigrationErrorEvent", reason, "vm-1:failed"),
        ("MigrationHostErrorEvent", reason, "vm-1:failed"),
        ("MigrationResourceErrorEvent", reason, "vm-1:failed"),
        ("VmRemovedEvent", "", "vm-1-destroyed"),
        ("VmPoweredOnEvent", "", ""),
    ];
    for (class, extra, expected) in table {
        let mut watcher =
            watching(&[host("enter", "host-1", "connected"), vm("enter", "vm-1", "host-1"), history("enter", "")]);
        let events = set(&mut watcher, "2", &[history("modify", &event(class, 5, "vm-1", NOW, extra))], false);
        assert_eq!(short(&events), expected, "{class}");
    }
}

#[test]
fn a_burst_is_told_in_the_order_of_its_keys() {
    let mut watcher = watching(&[vm("enter", "vm-1", "host-1"), vm("enter", "vm-2", "host-1"), history("enter", "")]);
    let page = [
        event("VmMigratedEvent", 9, "vm-1", NOW, ""),
        event("VmBeingHotMigratedEvent", 7, "vm-1", NOW, &target("host-2")),
        event("VmBeingHotMigratedEvent", 8, "vm-2", NOW, &target("host-3")),
    ];
    check(&set(&mut watcher, "2", &[history("modify", &page.concat())], false), "vm-1>host-2 vm-2>host-3 vm-1:host-1");
}

#[test]
fn the_first_page_tells_only_starts_that_still_run() {
    let check = |events: &[String], expected: &str| {
        let objects = [vm("enter", "vm-1", "host-1"), history("enter", &events.concat())];
        assert_eq!(short(&set(&mut watcher(), "1", &objects, false)), format!("vm-1@host-1 {expected}ended"));
    };
    let start = |at: &str| event("VmBeingHotMigratedEvent", 5, "vm-1", at, &target("host-2"));
    check(&[start("2026-11-20T11:59:00Z")], "vm-1>host-2 ");
    check(&[start("2026-11-20T10:59:00Z")], "");
    check(&[start("no time")], "");
    check(&[start(NOW), event("VmMigratedEvent", 6, "vm-1", NOW, "")], "");
    check(&[start(NOW), event("VmMigratedEvent", 4, "vm-1", NOW, "")], "vm-1>host-2 ");
    check(&[event("VmMigratedEvent", 6, "vm-1", NOW, "")], "");
}

#[test]
fn an_end_that_fell_into_an_outage_is_told_afterwards() {
    let start = event("VmBeingHotMigratedEvent", 5, "vm-1", NOW, &target("host-2"));
    let mut watcher = watching(&[vm("enter", "vm-1", "host-1"), history("enter", "")]);
    check(&set(&mut watcher, "2", &[history("modify", &start)], false), "vm-1>host-2");
    watcher.failed(Failure::Session, "gone");
    watcher.connected(id(), Some(NOW_MS));
    let page = start + &event("VmMigratedEvent", 6, "vm-1", NOW, "");
    let objects = [vm("enter", "vm-1", "host-2"), history("enter", &page)];
    check(&set(&mut watcher, "1", &objects, false), "vm-1@host-2 vm-1:host-1 ended");
}

#[test]
fn an_end_is_told_when_its_start_was_told_by_a_listing_that_never_ended() {
    let start = event("VmBeingHotMigratedEvent", 5, "vm-1", NOW, &target("host-2"));
    let mut watcher = watcher();
    let page = |events: &str| [vm("enter", "vm-1", "host-1"), history("enter", events)];
    check(&set(&mut watcher, "1", &page(&start), true), "vm-1@host-1 vm-1>host-2");
    watcher.failed(Failure::Cut, "cut");
    watcher.connected(id(), Some(NOW_MS));
    let failed = start + &event("VmFailedMigrateEvent", 6, "vm-1", NOW, "");
    check(&set(&mut watcher, "1", &page(&failed), false), "vm-1@host-1 vm-1:failed ended");
}

#[test]
fn an_event_of_a_cut_set_is_told_when_the_set_comes_again() {
    let mut watcher = watching(&[vm("enter", "vm-1", "host-1"), history("enter", "")]);
    let start = event("VmBeingHotMigratedEvent", 5, "vm-1", NOW, &target("host-2"));
    let answer = update_set(Dialect::Vcsim, "2", &history("modify", &start), false);
    let cut = answer.get(..answer.len() - 10).expect("ascii");
    let mut reader = UpdateReader::open(cut.as_bytes()).expect("begun");
    while let Ok(Some(part)) = reader.next_part() {
        check(&watcher.part(part), "");
    }
    watcher.failed(Failure::Cut, "cut");
    check(&feed(&mut watcher, &answer), "vm-1>host-2");
}

#[test]
fn a_destroy_is_told_before_the_vm_leaves() {
    let leave = object("leave", "VirtualMachine", "vm-1", "");
    let removed = history("modify", &event("VmRemovedEvent", 5, "vm-1", NOW, ""));
    let start =
        || watching(&[host("enter", "host-1", "connected"), vm("enter", "vm-1", "host-1"), history("enter", "")]);
    check(&set(&mut start(), "2", &[leave.clone(), removed.clone()], false), "vm-1-destroyed vm-1-left");
    check(&set(&mut start(), "2", std::slice::from_ref(&leave), false), "vm-1-left");
    let mut watcher = start();
    set(&mut watcher, "2", &[leave], false);
    check(&set(&mut watcher, "3", &[removed], false), "vm-1-destroyed");
}

#[test]
fn a_vm_that_is_removed_with_its_host_was_not_destroyed() {
    let removed = history("modify", &event("VmRemovedEvent", 5, "vm-1", NOW, ""));
    let leave = object("leave", "VirtualMachine", "vm-1", "");
    for state in ["disconnected", "notResponding"] {
        let mut watcher =
            watching(&[host("enter", "host-1", state), vm("enter", "vm-1", "host-1"), history("enter", "")]);
        check(&set(&mut watcher, "2", &[leave.clone(), removed.clone()], false), "vm-1-left");
    }
}

#[test]
fn hosts_are_asked_for_hints_when_new_and_when_a_link_changed() {
    let mut watcher = watching(&[host("enter", "host-1", "connected"), host("enter", "host-2", "notResponding")]);
    let hosts = |targets: Vec<HintTarget>| targets.into_iter().map(|target| target.host).collect::<Vec<_>>();
    assert_eq!(hosts(watcher.take_hint_targets()), [ObjectId::new(&id(), "host-1")]);
    assert_eq!(hosts(watcher.take_hint_targets()), []);
    let down = assign(
        "config.network.pnic",
        "@ArrayOfPhysicalNic><PhysicalNic><key>k</key><device>vmnic0</device></PhysicalNic>",
    );
    set(&mut watcher, "2", &[object("modify", "HostSystem", "host-1", &down)], false);
    assert_eq!(hosts(watcher.take_hint_targets()), [ObjectId::new(&id(), "host-1")]);
    set(&mut watcher, "3", &[host("modify", "host-2", "connected")], false);
    assert_eq!(hosts(watcher.take_hint_targets()), [ObjectId::new(&id(), "host-2")]);
    assert_eq!(watcher.hint_targets().len(), 2);
}
