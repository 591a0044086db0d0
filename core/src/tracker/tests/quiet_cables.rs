//! After a restart cables are known only as far as somebody hears them: a silent one takes nothing away.

use std::{sync::Arc, time::Duration};

use super::{super::*, bench::*};
use crate::net::InterfaceName;

const LONG: Duration = Duration::from_secs(3600 * 4);

/// A new controller, and a listing with which nobody has said what a host hears.
fn restarted(bench: &mut Bench, hosts: &[Host], vms: &[Vm]) {
    bench.restart();
    bench.send(Event::VcenterConnected { vcenter: "vc".into(), id: vc() });
    bench.send(Event::ResyncBegan(vc()));
    (10..40).for_each(|number| bench.send(Event::PortGroupSeen(Arc::new(group(number)))));
    hosts.iter().for_each(|host| bench.send(Event::HostSeen(Arc::new(host.clone()))));
    vms.iter().for_each(|vm| bench.seen(vm.clone()));
    bench.send(Event::ResyncEnded(vc()));
}

/// Only the first pnic of a host hears its switch.
fn half_heard(bench: &mut Bench, number: u16) {
    let hint = Hint {
        pnic: "vmnic0".into(),
        protocol: Discovery::Lldp,
        system_name: Some("leafa".into()),
        serial: None,
        chassis: None,
        port: format!("Ethernet1/{number}"),
        interface: Some(InterfaceName::Ethernet(1, number)),
    };
    bench.send(Event::HintsSeen { host: host_id(number), hints: vec![hint] });
}

fn prepared() -> Bench {
    let mut bench = Bench::new();
    bench.policy.vcenters.insert("vc".into(), VcenterPolicy { prepare: Prepare::Cluster, ..VcenterPolicy::default() });
    bench.send(Event::PolicyChanged(Arc::new(bench.policy.clone())));
    bench.seen(vm(1, 1, 10, PowerState::On));
    bench
}

#[test]
fn a_prepared_host_that_nobody_hears_after_a_restart_keeps_what_it_has() {
    let check = |heard: &[u16], half: &[u16]| {
        let mut bench = prepared();
        restarted(&mut bench, &[host(1), host(2), host(3)], &[vm(1, 1, 10, PowerState::On)]);
        heard.iter().for_each(|number| bench.hear(*number, ["leafa", "leafb"]));
        half.iter().for_each(|number| half_heard(&mut bench, *number));
        bench.wait(LONG);
        assert!((1..=3).all(|port| bench.passes(port, 10)), "{heard:?} {half:?} {:?}", bench.findings());
    };
    check(&[], &[]);
    check(&[1], &[]);
    check(&[1], &[2]);
}

#[test]
fn a_vmkernel_vlan_on_a_cable_that_is_silent_after_a_restart_stays() {
    let mut kernel = host(1);
    let backing = Backing::Distributed { dvs_uuid: "dvs".into(), port_group_key: "pg-20".into() };
    let adapter =
        Vmkernel { device: "vmk0".into(), mac: None, backing, port_key: None, netstack: None, services: [].into() };
    kernel.network.iter_mut().for_each(|network| network.vmkernels.push(adapter.clone()));
    let mut bench = Bench::new();
    bench.send(Event::HostSeen(Arc::new(kernel.clone())));
    assert!(bench.passes(1, 20));
    restarted(&mut bench, &[kernel, host(2), host(3)], &[]);
    half_heard(&mut bench, 1);
    bench.wait(LONG);
    assert!(bench.passes(1, 20), "{:?}", bench.findings());
}

#[test]
fn a_floor_on_the_silent_cable_of_a_pnic_without_a_virtual_switch_stays() {
    let mut bare = host(1);
    let proxies = bare.network.iter_mut().flat_map(|network| &mut network.proxy_switches);
    proxies.for_each(|proxy| proxy.uplinks.truncate(1));
    let mut bench = Bench::new();
    let vlans = "20".parse().expect("a list");
    bench.policy.floors.push(Floor { vcenter: "vc".into(), cluster: "production".into(), vlans });
    bench.send(Event::PolicyChanged(Arc::new(bench.policy.clone())));
    let cluster = ObjectId::new(&vc(), "domain-c1");
    let cluster = Cluster { id: cluster, name: "production".into(), recommendations: Vec::new() };
    bench.send(Event::ClusterSeen(Arc::new(cluster)));
    assert!(bench.passes(1, 20));
    restarted(&mut bench, &[bare, host(2), host(3)], &[]);
    half_heard(&mut bench, 1);
    bench.wait(LONG);
    assert!(bench.passes(1, 20), "{:?}", bench.findings());
}

#[test]
fn a_vm_whose_adapters_cannot_be_read_after_a_restart_keeps_its_cluster_prepared() {
    let check = |hidden: Vm| {
        let mut bench = prepared();
        let vms = [hidden, vm(2, 2, 10, PowerState::Off)];
        restarted(&mut bench, &[host(1), host(2), host(3)], &vms);
        (1..=3).for_each(|number| bench.hear(number, ["leafa", "leafb"]));
        bench.wait(LONG);
        assert!((1..=3).all(|port| bench.passes(port, 10)), "{:?}", bench.findings());
    };
    check(Vm { vnics: None, ..vm(1, 1, 10, PowerState::On) });
    check(Vm { host: None, ..vm(1, 1, 10, PowerState::On) });
    check(vm(1, 1, 10, PowerState::Unknown));
    check(Vm { connection: VmConnection::Orphaned, ..vm(1, 1, 10, PowerState::Off) });
}
