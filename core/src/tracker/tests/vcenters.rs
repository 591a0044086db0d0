//! Several vCenters: their names, numbers and addresses mean nothing to one another, and VMs move between them.

use std::time::Duration;

use super::{super::*, bench::*, two_vcenters::*};

const LONG: Duration = Duration::from_secs(3600 * 4);
const SOON: Duration = Duration::from_secs(65);

fn start(bench: &mut Bench, host: HostId, name: &str) {
    let to = Destination::HostNamed { host, name: name.into() };
    bench.send(Event::MigrationStarted { vm: vm_id(1), to });
}

/// VM 1 went from host 1 to the other vCenter's host 3; that one may not have told of it yet.
fn moved_away(bench: &mut Bench) {
    bench.send(Event::VmMigratedAway(vm_id(1)));
    bench.send(Event::VmLeft(vm_id(1)));
}

#[test]
fn the_same_ids_names_and_addresses_in_two_vcenters_are_two_things() {
    let mut bench = two_vcenters();
    bench.seen(vm(1, 1, 10, PowerState::On));
    let mut twin = vm_there(1, "vm-1", 3, 11);
    twin.instance_uuid = None;
    bench.seen(twin.clone());
    assert!(bench.passes(1, 10) && !bench.passes(1, 11) && bench.passes(3, 11) && !bench.passes(3, 10));
    bench.send(Event::VmDestroyed(twin.id.clone()));
    bench.send(Event::VmLeft(twin.id));
    bench.wait(LONG);
    assert!(bench.passes(1, 10) && !bench.passes(3, 11), "{:?}", bench.findings());
    assert!(!bench.finds(FindingKind::DuplicateVm));
}

#[test]
fn the_loss_of_a_vcenter_freezes_the_ports_of_its_hosts_and_no_other() {
    let check = |lost: &str, here_goes: bool, there_goes: bool| {
        let mut bench = two_vcenters();
        bench.seen(vm_here(1, 1, 10));
        bench.seen(vm_there(2, "vm-7", 3, 11));
        bench.seen(Vm { power: PowerState::Off, ..vm_here(1, 1, 10) });
        bench.seen(Vm { power: PowerState::Off, ..vm_there(2, "vm-7", 3, 11) });
        lose(&mut bench, lost);
        bench.wait(LONG);
        let went = (!bench.passes(1, 10), !bench.passes(3, 11));
        assert_eq!(went, (here_goes, there_goes), "without {lost}: {:?}", bench.findings());
    };
    check("vc", false, true);
    check("other", true, false);
    check("nobody", true, true);
}

#[test]
fn a_move_to_another_vcenter_prepares_its_target_by_vlan() {
    let mut bench = two_vcenters();
    bench.seen(vm_here(1, 1, 10));
    // The id that the event carries is unknown here, and the name is the other vCenter's.
    start(&mut bench, ObjectId::new(&vc(), "host-77"), "ESX3");
    assert!(bench.passes(3, 10) && bench.passes(1, 10) && !bench.passes(2, 10), "{:?}", bench.findings());
}

#[test]
fn an_id_of_another_vcenter_that_is_a_hosts_here_too_is_not_believed() {
    let mut bench = two_vcenters();
    bench.seen(vm_here(1, 1, 10));
    start(&mut bench, host_id(2), "esx3");
    assert!(bench.passes(3, 10) && !bench.passes(2, 10), "{:?}", bench.findings());
    let mut bench = two_vcenters();
    bench.seen(vm_here(1, 1, 10));
    start(&mut bench, host_id(1), "esx3");
    assert!(bench.passes(3, 10), "even where it is the source's own id");
}

#[test]
fn a_move_inside_a_vcenter_goes_by_its_id() {
    let mut bench = two_vcenters();
    bench.seen(vm_here(1, 1, 10));
    start(&mut bench, host_id(2), "esx2");
    assert!(bench.passes(2, 10) && !bench.passes(3, 10));
}

#[test]
fn untagged_frames_and_foreign_vlans_prepare_nothing_on_the_other_side() {
    let mut bench = two_vcenters();
    bench.send(Event::PortGroupSeen(std::sync::Arc::new(PortGroup { vlan: VlanSpec::Untagged, ..group(10) })));
    bench.seen(vm_here(1, 1, 10));
    let before = bench.switches.clone();
    start(&mut bench, ObjectId::new(&vc(), "host-77"), "esx3");
    assert!(before.iter().all(|(name, switch)| switch.ports == bench.switches[name].ports));
}

#[test]
fn a_move_to_another_vcenter_that_fails_lapses() {
    let mut bench = two_vcenters();
    bench.seen(vm_here(1, 1, 10));
    start(&mut bench, ObjectId::new(&vc(), "host-77"), "esx3");
    bench.send(Event::MigrationEnded { vm: vm_id(1), outcome: Err("no".into()) });
    bench.wait(LONG);
    assert!(!bench.passes(3, 10) && bench.passes(1, 10), "{:?}", bench.findings());
}

#[test]
fn a_vm_that_arrived_in_another_vcenter_and_is_ready_there_leaves_its_old_port() {
    let mut bench = two_vcenters();
    bench.seen(vm_here(1, 1, 10));
    start(&mut bench, ObjectId::new(&vc(), "host-77"), "esx3");
    bench.seen(vm_there(1, "vm-99", 3, 10));
    moved_away(&mut bench);
    assert!(bench.passes(3, 10) && bench.passes(1, 10));
    bench.wait(LONG);
    assert!(bench.passes(3, 10) && !bench.passes(1, 10), "{:?}", bench.findings());
    assert!(!bench.finds(FindingKind::Orphan) && !bench.finds(FindingKind::DuplicateVm));
}

#[test]
fn the_order_in_which_two_vcenters_tell_of_a_move_does_not_matter() {
    let mut bench = two_vcenters();
    bench.seen(vm_here(1, 1, 10));
    bench.send(Event::VmLeft(vm_id(1)));
    assert!(bench.finds(FindingKind::Orphan), "nobody said yet where it went");
    bench.send(Event::VmMigratedAway(vm_id(1)));
    bench.seen(vm_there(1, "vm-99", 3, 10));
    bench.wait(LONG);
    assert!(bench.passes(3, 10) && !bench.passes(1, 10), "{:?}", bench.findings());
}

#[test]
fn a_vm_that_is_not_ready_in_its_new_vcenter_keeps_its_old_port() {
    let check = |arrived: Vm, goes: bool| {
        let mut bench = two_vcenters();
        bench.seen(vm_here(1, 1, 10));
        for switch in bench.switches.values_mut() {
            switch.ports.remove(&crate::net::InterfaceName::Ethernet(1, 3));
        }
        bench.read_switches();
        bench.seen(arrived);
        moved_away(&mut bench);
        bench.wait(LONG);
        assert_eq!(!bench.passes(1, 10), goes, "{:?}", bench.findings());
    };
    check(vm_there(1, "vm-99", 3, 10), false);
    check(Vm { power: PowerState::Unknown, ..vm_there(1, "vm-99", 3, 10) }, false);
    check(Vm { power: PowerState::Off, ..vm_there(1, "vm-99", 3, 10) }, true);
}

#[test]
fn a_vm_that_went_where_nobody_is_followed_is_gone_by_its_vcenters_word() {
    let check = |prepare: fn(&mut Bench), goes: bool| {
        let mut bench = two_vcenters();
        bench.seen(vm_here(1, 1, 10));
        prepare(&mut bench);
        moved_away(&mut bench);
        bench.wait(LONG);
        assert_eq!(!bench.passes(1, 10), goes, "{:?}", bench.findings());
    };
    check(|_| {}, true);
    // It may be there.
    check(|bench| lose(bench, "other"), false);
    check(|bench| lose(bench, "vc"), false);
}

#[test]
fn one_vm_that_runs_in_two_vcenters_for_long_is_a_finding_and_both_are_served() {
    let mut bench = two_vcenters();
    bench.seen(vm_here(1, 1, 10));
    bench.seen(vm_there(1, "vm-99", 3, 11));
    bench.findings();
    bench.wait(SOON);
    assert!(!bench.finds(FindingKind::DuplicateVm), "a move takes its time");
    bench.wait(LONG);
    assert!(bench.finds(FindingKind::DuplicateVm), "{:?}", bench.findings());
    let texts = bench.findings();
    let text = texts.iter().find(|(kind, _)| *kind == FindingKind::DuplicateVm).map(|(_, text)| text.clone());
    let text = text.unwrap_or_default();
    assert!(text.contains("uuid-1") && text.contains("vCenter vc") && text.contains("vCenter other"), "{text}");
    assert!(bench.passes(1, 10) && bench.passes(3, 11));
    bench.seen(Vm { power: PowerState::Off, ..vm_there(1, "vm-99", 3, 11) });
    assert!(!bench.finds(FindingKind::DuplicateVm));
}

#[test]
fn a_vm_that_went_to_another_vcenter_and_is_not_seen_there_keeps_what_was_prepared() {
    let mut bench = two_vcenters();
    bench.seen(vm_here(1, 1, 10));
    start(&mut bench, ObjectId::new(&vc(), "host-77"), "esx3");
    moved_away(&mut bench);
    bench.wait(LONG);
    assert!(bench.passes(3, 10), "it runs there, and the account does not see it");
    assert!(!bench.passes(1, 10) && bench.finds(FindingKind::WithdrawalBlocked), "{:?}", bench.findings());
}

#[test]
fn a_copy_that_is_off_does_not_explain_where_a_vm_went() {
    let check = |arrived: Vm| {
        let mut bench = two_vcenters();
        bench.seen(vm_here(1, 1, 10));
        for switch in bench.switches.values_mut() {
            switch.ports.remove(&crate::net::InterfaceName::Ethernet(1, 3));
        }
        bench.read_switches();
        bench.seen(Vm { power: PowerState::Off, ..vm_there(1, "vm-50", 3, 10) });
        bench.seen(arrived);
        moved_away(&mut bench);
        bench.wait(LONG);
        assert!(bench.passes(1, 10), "what runs there is not ready: {:?}", bench.findings());
    };
    check(vm_there(1, "vm-40", 3, 10));
    check(vm_there(1, "vm-60", 3, 10));
}
