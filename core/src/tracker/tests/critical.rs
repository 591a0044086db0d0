//! VMs that everything else depends on: wherever their host's death sends them, their frames pass.

use std::{sync::Arc, time::Duration};

use super::{super::*, bench::*};

const LONG: Duration = Duration::from_secs(3600 * 4);

fn bench() -> Bench {
    let mut bench = Bench::new();
    let policy = VcenterPolicy {
        address: "vcsa01.dc.example".into(),
        critical_vms: ["appliance".to_owned()].into(),
        ..VcenterPolicy::default()
    };
    bench.policy.vcenters.insert("vc".into(), policy);
    bench.policy.own_macs.insert(mac(2, 9, 0));
    bench.send(Event::PolicyChanged(Arc::new(bench.policy.clone())));
    bench
}

fn everywhere(bench: &Bench, number: u16) -> bool {
    (1..=3).all(|port| bench.passes(port, number))
}

fn ways() -> [Vm; 3] {
    [
        Vm { name: "appliance".into(), ..vm(1, 1, 10, PowerState::On) },
        Vm { guest_names: vec!["VCSA01".into()], ..vm(1, 1, 10, PowerState::On) },
        vm(9, 1, 10, PowerState::On),
    ]
}

#[test]
fn the_vlans_of_a_vcenter_and_of_this_service_stand_on_every_host_of_their_cluster() {
    for critical in ways() {
        let mut bench = bench();
        bench.seen(critical.clone());
        assert!(everywhere(&bench, 10), "{critical:?} {:?}", bench.findings());
        bench.seen(vm(5, 2, 11, PowerState::On));
        assert!(everywhere(&bench, 11), "its cluster is prepared as a whole");
    }
}

#[test]
fn an_ordinary_vm_is_not_taken_for_one_of_them() {
    let mut bench = bench();
    bench.seen(Vm { name: "app".into(), guest_names: vec!["vcsa02".into()], ..vm(1, 1, 10, PowerState::On) });
    assert!(bench.passes(1, 10) && !bench.passes(2, 10));
}

#[test]
fn what_stands_for_them_goes_only_by_a_persons_word() {
    for critical in ways() {
        let mut bench = bench();
        bench.seen(critical.clone());
        bench.seen(Vm { power: PowerState::Off, ..critical.clone() });
        bench.wait(LONG);
        assert!(everywhere(&bench, 10), "it is off");
        bench.send(Event::VmDestroyed(critical.id.clone()));
        bench.send(Event::VmLeft(critical.id.clone()));
        bench.restart();
        bench.list(&[1, 2, 3], &[]);
        bench.wait(LONG);
        assert!(everywhere(&bench, 10), "it is destroyed, and the service was started anew");
        let interface = crate::net::InterfaceName::Ethernet(1, 2);
        for switch in ["leafa", "leafb"] {
            bench.send(Event::Closed { switch: switch.into(), interface, vlan: vlan(10) });
        }
        bench.wait(LONG);
        assert!(!bench.passes(2, 10) && bench.passes(3, 10), "{:?}", bench.findings());
    }
}

#[test]
fn a_vcenter_whose_network_is_edited_keeps_the_old_one_and_gets_the_new_one() {
    let mut bench = bench();
    bench.seen(Vm { name: "appliance".into(), ..vm(1, 1, 10, PowerState::On) });
    bench.seen(Vm { name: "appliance".into(), ..vm(1, 1, 11, PowerState::On) });
    bench.wait(LONG);
    assert!(everywhere(&bench, 10) && everywhere(&bench, 11));
}

#[test]
fn a_configured_floor_stands_on_hosts_in_any_state_and_beside_a_prepared_cluster() {
    let states = [
        host(2),
        Host { connection: HostConnection::NotResponding, ..host(2) },
        Host { connection: HostConnection::Disconnected, ..host(2) },
        Host { maintenance: true, ..host(2) },
        Host { power: HostPower::StandBy, ..host(2) },
    ];
    for (away, prepare) in
        states.into_iter().flat_map(|away| [(away.clone(), Prepare::OnMove), (away, Prepare::Cluster)])
    {
        let mut bench = bench();
        let cluster = ObjectId::new(&vc(), "domain-c1");
        bench.policy.vcenters.insert("vc".into(), VcenterPolicy { prepare, ..VcenterPolicy::default() });
        let floor = Floor { vcenter: "vc".into(), cluster: "production".into(), vlans: vlan(12).into() };
        bench.policy.floors.push(floor);
        bench.send(Event::HostSeen(Arc::new(away.clone())));
        let named = Cluster { id: cluster, name: "production".into(), recommendations: Vec::new() };
        bench.send(Event::ClusterSeen(Arc::new(named)));
        bench.send(Event::PolicyChanged(Arc::new(bench.policy.clone())));
        assert!(everywhere(&bench, 12), "{away:?}");
        // A VM in the floor's VLAN comes and goes, and the floor stays.
        bench.seen(vm(1, 1, 12, PowerState::On));
        bench.seen(vm(1, 1, 12, PowerState::Off));
        bench.wait(LONG);
        assert!(everywhere(&bench, 12), "{away:?} {prepare:?}");
    }
}

#[test]
fn the_cluster_of_one_that_has_no_network_is_prepared_too() {
    let mut bench = bench();
    bench.seen(vm(5, 2, 11, PowerState::On));
    assert!(!bench.passes(1, 11));
    bench.seen(Vm { name: "appliance".into(), vnics: Some(Vec::new()), ..vm(1, 1, 10, PowerState::On) });
    assert!(everywhere(&bench, 11), "{:?}", bench.findings());
}
