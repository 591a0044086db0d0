//! What comes back under another id is what it was before.

use std::{sync::Arc, time::Duration};

use super::{super::*, bench::*, two_vcenters::vm_here};
use crate::net::{InterfaceName, MacAddr};

const LONG: Duration = Duration::from_secs(3600 * 4);

/// VM 1 under another managed object id, as `Register VM` gives it.
fn registered_anew(on_host: u16, power: PowerState) -> Vm {
    Vm { id: ObjectId::new(&vc(), "vm-77"), power, ..vm_here(1, on_host, 10) }
}

#[test]
fn a_vm_that_is_registered_anew_is_no_orphan() {
    let check = |comes_first: bool, power: PowerState, goes: bool| {
        let mut bench = Bench::new();
        bench.seen(vm_here(1, 1, 10));
        if comes_first {
            bench.seen(registered_anew(2, power));
        }
        bench.send(Event::VmLeft(vm_id(1)));
        if !comes_first {
            assert!(bench.finds(FindingKind::Orphan));
            bench.seen(registered_anew(2, power));
        }
        assert!(!bench.finds(FindingKind::Orphan), "{:?}", bench.findings());
        bench.wait(LONG);
        assert_eq!((!bench.passes(1, 10), bench.passes(2, 10)), (goes, power == PowerState::On));
    };
    check(true, PowerState::On, true);
    check(false, PowerState::On, true);
    check(false, PowerState::Off, true);
    check(false, PowerState::Unknown, false);
}

#[test]
fn another_vm_explains_nothing() {
    let mut bench = Bench::new();
    bench.seen(vm_here(1, 1, 10));
    bench.send(Event::VmLeft(vm_id(1)));
    bench.seen(vm_here(2, 2, 10));
    bench.wait(LONG);
    assert!(bench.passes(1, 10) && bench.finds(FindingKind::Orphan));
}

/// Host 1 with a vmkernel adapter in VLAN 20, under an id of its own.
fn with_vmkernel(moid: &str) -> Host {
    let mut host = Host { id: ObjectId::new(&vc(), moid), ..host(1) };
    let backing = Backing::Distributed { dvs_uuid: "dvs".into(), port_group_key: "pg-20".into() };
    let adapter = Vmkernel {
        device: "vmk0".into(),
        mac: Some(MacAddr::new([0, 0x50, 0x56, 0x60, 0, 1])),
        backing,
        port_key: None,
        services: Default::default(),
        netstack: None,
    };
    host.network.iter_mut().for_each(|network| network.vmkernels.push(adapter.clone()));
    host
}

#[test]
fn a_host_that_is_added_again_is_the_same_machine() {
    let mut bench = Bench::new();
    bench.send(Event::HostSeen(Arc::new(with_vmkernel("host-1"))));
    bench.seen(vm_here(1, 1, 10));
    assert!(bench.passes(1, 20) && bench.passes(1, 10));
    bench.send(Event::VmLeft(vm_id(1)));
    bench.send(Event::HostLeft(host_id(1)));
    bench.wait(LONG);
    assert!(bench.passes(1, 20) && bench.passes(1, 10), "a removal releases nothing");
    assert!(bench.finds(FindingKind::AbsentHost) && bench.finds(FindingKind::Orphan));

    bench.send(Event::HostSeen(Arc::new(with_vmkernel("host-88"))));
    hear(&mut bench, "host-88");
    let again =
        Vm { id: ObjectId::new(&vc(), "vm-77"), host: Some(ObjectId::new(&vc(), "host-88")), ..vm_here(1, 1, 10) };
    bench.seen(again.clone());
    assert!(!bench.finds(FindingKind::AbsentHost) && !bench.finds(FindingKind::Orphan), "{:?}", bench.findings());
    let units = [reason::Unit::Host(host_id(1)), reason::Unit::Vm(vm_id(1))];
    assert!(units.iter().all(|unit| bench.tracker.requirements.of(unit).next().is_none()), "the new ones took over");
    bench.seen(Vm { power: PowerState::Off, ..again });
    bench.wait(LONG);
    assert!(bench.passes(1, 20) && !bench.passes(1, 10), "{:?}", bench.findings());
}

#[test]
fn another_machine_of_the_same_name_takes_over_nothing() {
    let mut bench = Bench::new();
    bench.send(Event::HostSeen(Arc::new(with_vmkernel("host-1"))));
    bench.send(Event::HostLeft(host_id(1)));
    let mut impostor = with_vmkernel("host-88");
    for pnic in impostor.network.iter_mut().flat_map(|network| &mut network.pnics) {
        pnic.mac = Some(mac(1, 99, 0));
    }
    bench.send(Event::HostSeen(Arc::new(impostor)));
    bench.wait(LONG);
    assert!(bench.passes(1, 20));
    assert!(bench.tracker.requirements.of(&reason::Unit::Host(host_id(1))).next().is_some());
}

fn hear(bench: &mut Bench, moid: &str) {
    let hint = |(nic, switch): (usize, &str)| Hint {
        pnic: format!("vmnic{nic}"),
        protocol: Discovery::Lldp,
        system_name: Some(switch.to_owned()),
        serial: None,
        chassis: None,
        port: "Ethernet1/1".into(),
        interface: Some(InterfaceName::Ethernet(1, 1)),
    };
    let hints = ["leafa", "leafb"].into_iter().enumerate().map(hint).collect();
    bench.send(Event::HintsSeen { host: ObjectId::new(&vc(), moid), hints });
}
