//! VMs and adapters that are not like others: unreadable, standing in, passed through, in an overlay.

use std::{sync::Arc, time::Duration};

use super::{super::*, bench::*};
use crate::net::InterfaceName;

const LONG: Duration = Duration::from_secs(24 * 3600);
const WITHDRAWN: Duration = Duration::from_secs(HOLD_DOWN.as_secs() + 5);

/// A bench with VM 1 on host 1 in VLAN 10.
fn running() -> Bench {
    let mut bench = Bench::new();
    bench.seen(vm(1, 1, 10, PowerState::On));
    bench
}

fn with_vnics(vm: Vm, change: impl Fn(&mut Vnic)) -> Vm {
    let mut vm = vm;
    vm.vnics.iter_mut().flatten().for_each(change);
    vm
}

/// The VM as vCenter tells of it while it cannot read its configuration.
fn unreadable(connection: VmConnection, power: PowerState) -> Vm {
    Vm { vnics: None, connection, ..vm(1, 1, 10, power) }
}

const UNREADABLE: [VmConnection; 3] = [VmConnection::Invalid, VmConnection::Inaccessible, VmConnection::Orphaned];

#[test]
fn a_vm_that_cannot_be_read_keeps_what_stands_for_it_whatever_its_power_is_said_to_be() {
    for connection in UNREADABLE {
        for power in [PowerState::On, PowerState::Off, PowerState::Suspended, PowerState::Unknown] {
            let mut bench = running();
            bench.seen(unreadable(connection, power));
            bench.wait(LONG);
            assert!(bench.passes(1, 10), "{connection:?} {power:?}");
            let word = connection.word();
            let told = bench.findings();
            let said = |(kind, text): &(FindingKind, String)| *kind == FindingKind::UnknownNeed && text.contains(word);
            assert!(told.iter().any(said), "{told:?}");
        }
    }
}

#[test]
fn after_a_restart_a_vm_that_cannot_be_read_is_not_taken_for_one_without_adapters() {
    let known = vm(1, 1, 10, PowerState::On);
    let told = [
        unreadable(VmConnection::Inaccessible, PowerState::On),
        unreadable(VmConnection::Invalid, PowerState::Off),
        Vm { vnics: None, ..known.clone() },
        Vm { host: None, ..known.clone() },
        Vm { power: PowerState::Unknown, ..known },
    ];
    for vm in told {
        let mut bench = running();
        bench.restart();
        bench.list(&[1, 2, 3], std::slice::from_ref(&vm));
        bench.wait(LONG);
        assert!(bench.passes(1, 10), "{vm:?}");
    }
}

#[test]
fn an_orphaned_vm_that_is_off_and_for_which_nothing_stands_is_no_news() {
    let mut bench = Bench::new();
    bench.seen(unreadable(VmConnection::Orphaned, PowerState::Off));
    assert!(!bench.finds(FindingKind::UnknownNeed), "{:?}", bench.findings());
    bench.seen(unreadable(VmConnection::Orphaned, PowerState::On));
    assert!(bench.finds(FindingKind::UnknownNeed));
}

#[test]
fn a_vm_that_becomes_readable_again_is_served_as_it_is_now() {
    let mut bench = running();
    bench.seen(unreadable(VmConnection::Inaccessible, PowerState::On));
    bench.seen(vm(1, 1, 12, PowerState::On));
    assert!(bench.passes(1, 12));
    bench.wait(WITHDRAWN);
    assert!(!bench.passes(1, 10), "{:?}", bench.findings());
}

#[test]
fn a_disconnected_vm_runs_on_and_a_suspended_one_and_a_template_need_nothing() {
    let check = |told: Vm, stays: bool| {
        let mut bench = running();
        bench.seen(told.clone());
        bench.wait(WITHDRAWN);
        assert_eq!(bench.passes(1, 10), stays, "{told:?} {:?}", bench.findings());
    };
    check(Vm { connection: VmConnection::Disconnected, ..vm(1, 1, 10, PowerState::On) }, true);
    check(vm(1, 1, 10, PowerState::Suspended), false);
    check(Vm { template: true, ..vm(1, 1, 10, PowerState::Off) }, false);
    check(with_vnics(vm(1, 1, 10, PowerState::On), |vnic| vnic.connected = false), false);
}

#[test]
fn a_vm_that_stands_in_for_another_is_served_before_its_adapters_are_connected() {
    let mut bench = running();
    let secondary =
        Vm { fault_tolerance: Some(FaultTolerance::Secondary { primary: vm_id(1) }), ..vm(2, 2, 10, PowerState::On) };
    let primary = Vm {
        fault_tolerance: Some(FaultTolerance::Primary { secondaries: vec![vm_id(2)] }),
        ..vm(1, 1, 10, PowerState::On)
    };
    bench.seen(primary);
    assert!(bench.finds(FindingKind::UnseenSecondary), "{:?}", bench.findings());
    bench.seen(with_vnics(secondary, |vnic| vnic.connected = false));
    assert!(bench.passes(2, 10) && !bench.finds(FindingKind::UnseenSecondary));
}

#[test]
fn an_sriov_adapter_has_its_vlan_on_the_port_of_its_pnic_and_on_no_other() {
    let mut bench = Bench::new();
    let sriov = |function: &str| Some(Sriov { function: Some(function.to_owned()) });
    bench.seen(with_vnics(vm(1, 1, 10, PowerState::On), |vnic| vnic.sriov = sriov("0000:3b:00.1")));
    let port = InterfaceName::Ethernet(1, 1);
    let has = |bench: &Bench, switch: &str| bench.switches[&switch.into()].ports[&port].contains(vlan(10));
    assert!(!has(&bench, "leafa") && has(&bench, "leafb"), "vmnic1 hangs on leafb: {:?}", bench.findings());
    bench.seen(with_vnics(vm(2, 2, 11, PowerState::On), |vnic| vnic.sriov = sriov("0000:af:00.0")));
    assert!(bench.findings().iter().any(|(_, text)| text.contains("0000:af:00.0")));
}

#[test]
fn pass_through_is_told_once_for_each_host_and_needs_nothing() {
    let mut bench = Bench::new();
    for number in [1, 2] {
        bench.seen(Vm { pass_through: 1, vnics: Some(Vec::new()), ..vm(number, 1, 10, PowerState::On) });
    }
    let told = bench.findings();
    assert_eq!(told.iter().filter(|(kind, _)| *kind == FindingKind::PassThrough).count(), 1, "{told:?}");
    assert!(bench.switches.values().all(|switch| switch.writes == 0));
}

fn adapter(device: &str, vlan: u16, service: Option<&str>, netstack: Option<&str>) -> Vmkernel {
    Vmkernel {
        device: device.into(),
        mac: None,
        backing: Backing::Distributed { dvs_uuid: "dvs".into(), port_group_key: format!("pg-{vlan}") },
        port_key: Some("90".into()),
        netstack: netstack.map(str::to_owned),
        services: service.into_iter().map(str::to_owned).collect(),
    }
}

fn host_with(number: u16, adapters: Vec<Vmkernel>) -> Event {
    let mut with = host(number);
    with.network.iter_mut().for_each(|network| network.vmkernels.clone_from(&adapters));
    Event::HostSeen(Arc::new(with))
}

#[test]
fn a_vmkernel_adapter_is_named_with_what_it_is_used_for() {
    let mut bench = Bench::new();
    bench.send(Event::PortGroupSeen(Arc::new(PortGroup { vlan: VlanSpec::Access(vlan(3001)), ..group(31) })));
    bench.send(host_with(1, vec![adapter("vmk1", 31, Some("vmotion"), None)]));
    let told = bench.findings();
    let named = |(kind, text): &(FindingKind, String)| {
        *kind == FindingKind::NotPermitted && text.contains("esx1 vmk1 (vmotion)")
    };
    assert!(told.iter().any(named), "{told:?}");
}

#[test]
fn vms_in_an_overlay_need_no_vlan_and_the_tunnels_of_their_host_do() {
    let mut bench = running();
    bench.seen(vm(2, 1, 10, PowerState::On));
    bench.send(Event::PortGroupSeen(Arc::new(PortGroup { nsx: true, vlan: VlanSpec::Untagged, ..group(30) })));
    bench.send(host_with(1, vec![adapter("vmk10", 15, None, Some("vxlan"))]));
    assert!(bench.passes(1, 15), "the transport VLAN is served like any");
    bench.seen(vm(1, 1, 30, PowerState::On));
    bench.seen(vm(2, 1, 30, PowerState::On));
    bench.wait(WITHDRAWN);
    assert!(!bench.passes(1, 10) && bench.passes(1, 15), "{:?}", bench.findings());
    let told = bench.findings();
    let overlay: Vec<_> = told.iter().filter(|(kind, _)| *kind == FindingKind::OverlayNetwork).collect();
    let [(_, text)] = overlay.as_slice() else { panic!("once for the network: {told:?}") };
    assert!(text.contains("2 VMs") && text.contains("transport VLAN 15 stands by esx1 vmk10"), "{text}");
    assert!(!bench.finds(FindingKind::UnknownNeed));
}
