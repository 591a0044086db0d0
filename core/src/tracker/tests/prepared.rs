//! Prepared clusters: a VM that is restarted anywhere in its cluster finds its VLANs there.

use std::{sync::Arc, time::Duration};

use super::{super::*, bench::*};

const LONG: Duration = Duration::from_secs(3600 * 4);

fn cluster_id() -> ClusterId {
    ObjectId::new(&vc(), "domain-c1")
}

fn prepare(bench: &mut Bench, prepare: Prepare) {
    let policy = VcenterPolicy { prepare, ..VcenterPolicy::default() };
    bench.policy.vcenters.insert("vc".into(), policy);
    bench.send(Event::PolicyChanged(Arc::new(bench.policy.clone())));
}

/// A prepared cluster of three hosts; VM 1 runs in VLAN 10 on the first of them.
fn prepared() -> Bench {
    let mut bench = Bench::new();
    prepare(&mut bench, Prepare::Cluster);
    bench.seen(vm(1, 1, 10, PowerState::On));
    bench
}

fn everywhere(bench: &Bench, number: u16) -> bool {
    (1..=3).all(|port| bench.passes(port, number))
}

fn nowhere(bench: &Bench, number: u16) -> bool {
    (1..=3).all(|port| bench.switches.values().all(|switch| !switch.passes(port, number)))
}

#[test]
fn a_prepared_cluster_has_the_vlans_of_its_vms_on_every_host_whatever_its_state() {
    let check = |away: Host| {
        let mut bench = Bench::new();
        prepare(&mut bench, Prepare::Cluster);
        bench.send(Event::HostSeen(Arc::new(away)));
        bench.seen(vm(1, 1, 10, PowerState::On));
        assert!(everywhere(&bench, 10), "{:?}", bench.findings());
    };
    check(host(2));
    check(Host { connection: HostConnection::NotResponding, ..host(2) });
    check(Host { connection: HostConnection::Disconnected, ..host(2) });
    check(Host { maintenance: true, ..host(2) });
    check(Host { power: HostPower::StandBy, ..host(2) });
}

#[test]
fn without_preparation_only_the_host_of_a_vm_has_its_vlan() {
    let mut bench = Bench::new();
    bench.seen(vm(1, 1, 10, PowerState::On));
    assert!(bench.passes(1, 10) && !bench.passes(2, 10) && !bench.passes(3, 10));
}

#[test]
fn preparation_that_is_switched_on_later_serves_what_runs_already() {
    let mut bench = Bench::new();
    bench.seen(vm(1, 1, 10, PowerState::On));
    prepare(&mut bench, Prepare::Cluster);
    assert!(everywhere(&bench, 10));
}

#[test]
fn a_rule_for_one_cluster_goes_before_that_of_its_vcenter() {
    let check = |general: Prepare, own: Prepare| {
        let mut bench = Bench::new();
        let own = ClusterPolicy { vcenter: "vc".into(), cluster: "production".into(), prepare: own };
        bench.policy.clusters.push(own.clone());
        prepare(&mut bench, general);
        bench.seen(vm(1, 1, 10, PowerState::On));
        let cluster = Cluster { id: cluster_id(), name: "production".into(), recommendations: Vec::new() };
        bench.send(Event::ClusterSeen(Arc::new(cluster)));
        assert_eq!(everywhere(&bench, 10), own.prepare == Prepare::Cluster || general == Prepare::Cluster);
        bench.seen(vm(2, 1, 11, PowerState::On));
        assert_eq!(everywhere(&bench, 11), own.prepare == Prepare::Cluster);
    };
    check(Prepare::OnMove, Prepare::Cluster);
    check(Prepare::Cluster, Prepare::OnMove);
    check(Prepare::OnMove, Prepare::OnMove);
}

#[test]
fn the_last_vm_of_a_network_takes_its_vlan_along_everywhere_after_the_hold_down() {
    let mut bench = prepared();
    bench.seen(vm(2, 2, 10, PowerState::On));
    bench.seen(vm(1, 1, 10, PowerState::Off));
    bench.wait(LONG);
    assert!(everywhere(&bench, 10), "another VM of the cluster needs it");
    bench.seen(vm(2, 2, 10, PowerState::Off));
    bench.wait(HOLD_DOWN - Duration::from_secs(1));
    assert!(everywhere(&bench, 10));
    bench.wait(HOLD_DOWN);
    assert!(nowhere(&bench, 10), "{:?}", bench.findings());
}

#[test]
fn a_vm_in_an_unknown_state_or_gone_without_a_cause_keeps_its_cluster_prepared() {
    let check = |event: Event| {
        let mut bench = prepared();
        bench.send(event);
        bench.wait(LONG);
        assert!(everywhere(&bench, 10));
    };
    check(Event::VmLeft(vm_id(1)));
    check(Event::VmSeen(Arc::new(vm(1, 1, 10, PowerState::Unknown))));
    check(Event::VmSeen(Arc::new(Vm { vnics: None, ..vm(1, 1, 10, PowerState::On) })));
    check(Event::VmSeen(Arc::new(Vm { host: None, ..vm(1, 1, 10, PowerState::On) })));
    check(Event::HostLeft(host_id(1)));
    check(Event::HostLeft(host_id(2)));
}

#[test]
fn a_port_group_with_another_vlan_is_prepared_with_it() {
    let mut bench = prepared();
    let changed = PortGroup { vlan: VlanSpec::Access(vlan(20)), ..group(10) };
    bench.send(Event::PortGroupSeen(Arc::new(changed)));
    assert!(everywhere(&bench, 20) && everywhere(&bench, 10));
    bench.wait(LONG);
    assert!(everywhere(&bench, 20) && nowhere(&bench, 10), "{:?}", bench.findings());
}

#[test]
fn a_private_vlan_is_prepared_once_its_switch_tells_of_it() {
    let mut bench = Bench::new();
    prepare(&mut bench, Prepare::Cluster);
    bench.send(Event::PortGroupSeen(Arc::new(PortGroup { vlan: VlanSpec::Private(vlan(31)), ..group(10) })));
    bench.seen(vm(1, 1, 10, PowerState::On));
    assert!(nowhere(&bench, 31));
    let row = Pvlan { primary: vlan(30), secondary: vlan(31), kind: PvlanKind::Isolated };
    let dvs = Dvs {
        id: ObjectId::new(&vc(), "dvs-1"),
        uuid: "dvs".into(),
        name: "DSwitch".into(),
        pvlans: vec![row],
        lags: Vec::new(),
    };
    bench.send(Event::DvsSeen(Arc::new(dvs)));
    assert!(everywhere(&bench, 30) && everywhere(&bench, 31), "{:?}", bench.findings());
}

#[test]
fn a_host_that_joins_is_prepared_and_one_that_goes_to_another_cluster_is_no_more() {
    let mut bench = prepared();
    bench.send(Event::HostSeen(Arc::new(Host { cluster: Some(ObjectId::new(&vc(), "domain-c2")), ..host(3) })));
    bench.wait(LONG);
    assert!(bench.passes(2, 10) && !bench.passes(3, 10), "{:?}", bench.findings());
    bench.send(Event::HostSeen(Arc::new(host(3))));
    assert!(everywhere(&bench, 10));
}

#[test]
fn switching_preparation_off_withdraws_nothing_by_itself() {
    let check = |restarts: bool| {
        let mut bench = prepared();
        prepare(&mut bench, Prepare::OnMove);
        if restarts {
            bench.restart();
            bench.list(&[1, 2, 3], &[vm(1, 1, 10, PowerState::On)]);
        }
        bench.wait(LONG);
        assert!(everywhere(&bench, 10));
        assert!(bench.finds(FindingKind::WithdrawalBlocked), "{:?}", bench.findings());
        for switch in ["leafa", "leafb"] {
            let interface = crate::net::InterfaceName::Ethernet(1, 2);
            bench.send(Event::Closed { switch: switch.into(), interface, vlan: vlan(10) });
        }
        bench.wait(LONG);
        assert!(bench.passes(1, 10) && !bench.passes(2, 10) && bench.passes(3, 10), "{:?}", bench.findings());
    };
    check(false);
    check(true);
}

#[test]
fn a_restart_keeps_what_nobody_can_explain_and_lets_go_what_everybody_can() {
    let check = |vms: &[Vm], stays: bool| {
        let mut bench = prepared();
        bench.restart();
        bench.list(&[1, 2, 3], vms);
        bench.wait(LONG);
        assert_eq!((everywhere(&bench, 10), nowhere(&bench, 10)), (stays, !stays), "{vms:?} {:?}", bench.findings());
    };
    check(&[vm(1, 1, 10, PowerState::On)], true);
    check(&[vm(1, 1, 10, PowerState::Off)], false);
    check(&[], true);
    // Another VM of that network ends; the one that vanished meanwhile is still unexplained.
    check(&[vm(2, 2, 10, PowerState::Off)], true);
}

#[test]
fn work_for_a_vm_of_a_known_network_does_not_grow_with_the_cluster() {
    let mut bench = prepared();
    bench.tracker.sites.vm_seen(Arc::new(vm(2, 2, 10, PowerState::On)));
    bench.tracker.count_vm(&vm_id(2));
    bench.tracker.release_prepared();
    assert!(bench.tracker.dirty.units.is_empty(), "VLAN 10 is prepared already");
    bench.tracker.sites.vm_seen(Arc::new(vm(3, 2, 11, PowerState::On)));
    bench.tracker.count_vm(&vm_id(3));
    bench.tracker.release_prepared();
    assert_eq!(bench.tracker.dirty.units.len(), 3, "one for each host of the cluster");
}

#[test]
fn a_port_group_that_is_as_it_was_asks_nobody_anew() {
    let mut bench = prepared();
    bench.tracker.port_group_seen(Arc::new(group(10)));
    bench.tracker.release_prepared();
    assert!(bench.tracker.dirty.units.is_empty(), "every listing tells of it again");
    bench.tracker.port_group_seen(Arc::new(PortGroup { vlan: VlanSpec::Access(vlan(20)), ..group(10) }));
    assert!(!bench.tracker.dirty.units.is_empty());
}
