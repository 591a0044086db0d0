//! The main job: a VM's VLAN is there when it needs it, and goes when nobody does.

use std::{sync::Arc, time::Duration};

use super::{super::*, bench::*};

#[test]
fn a_powered_on_vm_has_its_vlan_on_active_and_standby_uplinks_and_a_powered_off_one_loses_it_after_the_hold_down() {
    let mut bench = Bench::new();
    bench.seen(vm(1, 1, 10, PowerState::On));
    assert!(bench.passes(1, 10));
    assert!(!bench.passes(2, 10));
    bench.seen(vm(1, 1, 10, PowerState::Off));
    bench.wait(HOLD_DOWN - Duration::from_secs(1));
    assert!(bench.passes(1, 10));
    bench.wait(Duration::from_secs(5));
    assert!(!bench.passes(1, 10), "{:?}", bench.findings());
    assert!(bench.passes(1, 5), "what was there before stays");
}

#[test]
fn the_target_of_a_move_is_ready_before_the_vm_arrives_and_the_source_is_withdrawn_late() {
    let mut bench = Bench::new();
    bench.seen(vm(1, 1, 10, PowerState::On));
    bench.send(Event::MigrationStarted { vm: vm_id(1), to: Destination::Host(host_id(2)) });
    assert!(bench.passes(2, 10), "ready while the VM still runs on the source");
    bench.seen(vm(1, 2, 10, PowerState::On));
    bench.send(Event::MigrationEnded { vm: vm_id(1), outcome: Ok(Some(host_id(2))) });
    assert!(bench.passes(1, 10) && bench.passes(2, 10));
    bench.wait(HOLD_DOWN + Duration::from_secs(5));
    assert!(!bench.passes(1, 10) && bench.passes(2, 10), "{:?}", bench.findings());
}

/// While vCenter was lost the VM arrived, and moved on to `last`: its host and both ends are told afterwards.
fn check_moved_on(last: u16) {
    let mut bench = Bench::new();
    bench.seen(vm(1, 1, 10, PowerState::On));
    bench.send(Event::MigrationStarted { vm: vm_id(1), to: Destination::Host(host_id(2)) });
    assert!(bench.passes(2, 10));
    bench.seen(vm(1, last, 10, PowerState::On));
    bench.send(Event::MigrationEnded { vm: vm_id(1), outcome: Ok(Some(host_id(2))) });
    bench.send(Event::MigrationEnded { vm: vm_id(1), outcome: Ok(Some(host_id(last))) });
    bench.wait(HOLD_DOWN + Duration::from_secs(5));
    let stands = [1, 2, 3].map(|port| bench.passes(port, 10));
    assert_eq!(stands, [1, 2, 3].map(|port| port == last), "{:?}", bench.findings());
}

#[test]
fn a_vm_that_moved_on_while_nobody_listened_is_not_on_its_way() {
    check_moved_on(3);
}

#[test]
fn a_vm_that_moved_back_while_nobody_listened_is_not_on_its_way() {
    check_moved_on(1);
}

#[test]
fn a_failed_move_gives_the_target_back_and_leaves_the_source_alone() {
    let mut bench = Bench::new();
    bench.seen(vm(1, 1, 10, PowerState::On));
    bench.send(Event::MigrationStarted { vm: vm_id(1), to: Destination::Named("ESX2".into()) });
    assert!(bench.passes(2, 10));
    bench.send(Event::MigrationEnded { vm: vm_id(1), outcome: Err("no data".into()) });
    bench.wait(HOLD_DOWN + Duration::from_secs(5));
    assert!(bench.passes(1, 10) && !bench.passes(2, 10), "{:?}", bench.findings());
}

#[test]
fn a_vm_that_comes_back_within_the_hold_down_costs_no_write() {
    let mut bench = Bench::new();
    bench.seen(vm(1, 1, 10, PowerState::On));
    bench.seen(vm(1, 2, 10, PowerState::On));
    let writes = bench.switches[&"leafa".into()].writes;
    bench.wait(Duration::from_secs(30));
    bench.seen(vm(1, 1, 10, PowerState::On));
    bench.wait(Duration::from_secs(29));
    bench.seen(vm(1, 2, 10, PowerState::On));
    bench.wait(Duration::from_secs(29));
    assert_eq!(bench.switches[&"leafa".into()].writes, writes);
}

#[test]
fn a_vlan_goes_only_when_its_last_vm_is_gone() {
    let mut bench = Bench::new();
    bench.seen(vm(1, 1, 10, PowerState::On));
    bench.seen(vm(2, 1, 10, PowerState::On));
    bench.seen(vm(1, 1, 10, PowerState::Off));
    bench.wait(HOLD_DOWN * 2);
    assert!(bench.passes(1, 10));
    bench.send(Event::VmDestroyed(vm_id(2)));
    bench.send(Event::VmLeft(vm_id(2)));
    bench.wait(HOLD_DOWN + Duration::from_secs(5));
    assert!(!bench.passes(1, 10), "{:?}", bench.findings());
}

#[test]
fn a_vnic_or_a_port_group_that_changes_its_vlan_is_followed() {
    let mut bench = Bench::new();
    bench.seen(vm(1, 1, 10, PowerState::On));
    bench.seen(vm(1, 1, 11, PowerState::On));
    assert!(bench.passes(1, 10) && bench.passes(1, 11));
    let moved = PortGroup { vlan: VlanSpec::Access(vlan(30)), ..port_group(11) };
    bench.send(Event::PortGroupSeen(Arc::new(moved)));
    assert!(bench.passes(1, 30));
    bench.wait(HOLD_DOWN + Duration::from_secs(5));
    assert!(!bench.passes(1, 10) && !bench.passes(1, 11) && bench.passes(1, 30), "{:?}", bench.findings());
}

fn port_group(number: u16) -> PortGroup {
    PortGroup { name: "renamed".into(), teaming: None, ..group(number) }
}

#[test]
fn after_a_restart_what_is_ours_goes_and_what_is_needed_costs_no_write() {
    let mut bench = Bench::new();
    bench.seen(vm(1, 1, 10, PowerState::On));
    bench.seen(vm(2, 2, 11, PowerState::On));
    bench.restart();
    let writes = bench.switches[&"leafa".into()].writes;
    bench.list(&[1, 2, 3], &[vm(1, 1, 10, PowerState::Off), vm(2, 2, 11, PowerState::On)]);
    assert_eq!(bench.switches[&"leafa".into()].writes, writes);
    bench.wait(HOLD_DOWN + Duration::from_secs(5));
    assert!(!bench.passes(1, 10) && bench.passes(2, 11) && bench.passes(1, 5), "{:?}", bench.findings());
}

#[test]
fn the_same_facts_give_the_same_intents() {
    let run = || {
        let mut bench = Bench::new();
        bench.seen(vm(1, 1, 10, PowerState::On));
        bench.send(Event::MigrationStarted { vm: vm_id(1), to: Destination::Host(host_id(2)) });
        bench.seen(vm(1, 2, 10, PowerState::On));
        bench.wait(HOLD_DOWN * 2);
        bench.store
    };
    assert_eq!(run(), run());
}
