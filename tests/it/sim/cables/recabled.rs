//! Hosts whose cables are moved, are silent, or are claimed by two.

use std::sync::Arc;

use vmtracker::lab::{
    model::{
        dataplane::{Place, recable},
        switch::Bundling,
        vcenter::HintSpec,
    },
    topology::PortRow,
};
use vmtracker_core::{
    net::{InterfaceName, MacAddr},
    tracker::FindingKind,
};

use super::rig::{BUNDLE, BUNDLED, FAR, FIRST, LONE, OTHER, Plan, RELEASE, Rig, THIRD, list, secs, vlan};

/// A port of each leaf with nothing behind it.
const SPARE: InterfaceName = InterfaceName::Ethernet(1, 9);
/// The vPC behind it, where there is one.
const OTHER_BUNDLE: InterfaceName = InterfaceName::PortChannel(109);
/// Neighbours are read once a minute: so long a moved cable may not be known.
const NEIGHBORS: u64 = 62;

fn with_spare_ports(mut plan: Plan) -> Plan {
    for switch in &mut plan.topology.switches {
        switch.ports.push(PortRow { allowed: Some(list("10-11")), ..PortRow::trunk(SPARE) });
    }
    plan
}

/// A person pulls a cable, and takes a while to find the other port.
fn move_cable(rig: &mut Rig, host: &str, device: &str, switch: &str, port: InterfaceName) {
    pull(rig, host, device);
    rig.run(secs(10));
    plug(rig, host, device, switch, port);
}

fn pull(rig: &mut Rig, host: &str, device: &str) {
    let cables = rig.sim.cabling.cables();
    let (_, _, end) = cables.into_iter().find(|(at, name, _)| at == host && name == device).expect("a cable");
    for port in end.ports {
        rig.device(port.switch.as_str()).set_link(port.interface, false);
    }
    rig.sim.notice();
}

fn plug(rig: &mut Rig, host: &str, device: &str, switch: &str, port: InterfaceName) {
    let cabling = Arc::clone(&rig.sim.cabling);
    recable(&mut rig.sim.world, &cabling, host, device, switch, port);
    rig.sim.notice();
}

/// The address of a host's first vmkernel adapter.
fn kernel_mac(rig: &mut Rig, host: &str) -> MacAddr {
    let vcenter = rig.vcenter();
    let host = vcenter.host_named(host).and_then(|id| vcenter.host(id)).expect("a host");
    host.vmkernels.first().expect("an adapter").mac
}

#[test]
fn a_host_recabled_to_other_ports_is_followed_and_its_old_ports_are_released_after_the_hold_down() {
    let mut rig = with_spare_ports(Plan::pairs(2).vm("web", LONE, 106).vm("db", OTHER, 106)).play();
    assert!(rig.both_allow(FIRST, 106) && rig.neither_allows(SPARE, 106));
    for (device, leaf) in [("vmnic0", "leaf1a"), ("vmnic1", "leaf1b")] {
        move_cable(&mut rig, LONE, device, leaf, SPARE);
        let span = rig.until(secs(NEIGHBORS), "it is followed", |rig| rig.allows(leaf, SPARE, 106));
        assert!(rig.allows(leaf, FIRST, 106), "followed after {span:?}, the old port has it still");
        assert_eq!(rig.dark("web", secs(19)), secs(0));
        assert!(rig.allows(leaf, FIRST, 106), "within the hold-down");
    }
    rig.until(RELEASE, "the old ports are released", |rig| rig.neither_allows(FIRST, 106));
    assert!(rig.passes("web") && rig.passes("db"));
    for old in ["10", "11"] {
        let old = old.parse().expect("a number");
        assert!(rig.both_allow(FIRST, old), "what people wrote stays: VLAN {old}");
    }
    assert!(rig.both_allow(THIRD, 106), "the other host's ports are not concerned");
    rig.assert_lawful();
}

#[test]
fn a_host_recabled_to_the_other_pair_is_followed_there() {
    let mut rig = with_spare_ports(Plan::pairs(2).vm("web", LONE, 106)).play();
    for (device, leaf) in [("vmnic0", "leaf2a"), ("vmnic1", "leaf2b")] {
        move_cable(&mut rig, LONE, device, leaf, SPARE);
        rig.until(secs(NEIGHBORS), "it is followed", |rig| rig.allows(leaf, SPARE, 106) && rig.passes("web"));
    }
    rig.until(RELEASE, "the old ports are released", |rig| rig.neither_allows(FIRST, 106));
    assert!(rig.passes("web"));
    rig.assert_lawful();
}

#[test]
fn a_day_of_silence_and_an_hour_without_link_end_no_attachment_and_traffic_passes_at_once() {
    let mut plan = Plan::pairs(1).vm("web", LONE, 106).vm("db", LONE, 107);
    plan.topology.hosts.retain(|host| host.name == LONE);
    let mut rig = plan.play();
    let host = rig.vcenter().host_named(LONE).cloned().expect("the host");
    for (device, leaf) in [("vmnic0", "leaf1a"), ("vmnic1", "leaf1b")] {
        rig.device(leaf).set_neighbor(FIRST, None);
        rig.vcenter().set_hint(&host, device, None).expect("a pnic");
    }
    rig.sim.notice();
    let attachments = rig.snapshot().attachments.len();
    for _ in 0..24 {
        rig.run(secs(3600));
        assert!(rig.passes("web") && rig.passes("db"));
    }
    for leaf in ["leaf1a", "leaf1b"] {
        rig.device(leaf).set_link(FIRST, false);
    }
    rig.sim.notice();
    assert!(!rig.passes("web"), "no link, no frames");
    rig.run(secs(3600));
    assert_eq!(rig.snapshot().attachments.len(), attachments, "silence ends nothing");
    for leaf in ["leaf1a", "leaf1b"] {
        rig.device(leaf).set_link(FIRST, true);
    }
    rig.sim.notice();
    assert!(rig.passes("web") && rig.passes("db"), "at once");
    assert_eq!(rig.dark("web", secs(120)), secs(0));
    rig.assert_lawful();
}

#[test]
fn a_port_that_two_hosts_claim_carries_what_both_need_and_loses_nothing_until_they_agree() {
    let mut rig = Plan::pairs(2).vm("web", LONE, 106).vm("db", OTHER, 108).vm("far", FAR, 110).play();
    // Somebody put a small switch between leaf1a and two hosts: the leaf hears the one, and addresses of both.
    let cabling = Arc::clone(&rig.sim.cabling);
    let host = rig.vcenter().host_named(OTHER).cloned().expect("the host");
    let hint = rig.vcenter().host(&host).and_then(|host| host.pnic("vmnic0")?.hint.clone()).expect("a hint");
    let shared = HintSpec { port: FIRST.to_string(), ..hint.clone() };
    let neighbor = rig.device("leaf1a").ports()[&THIRD].neighbor.clone();
    pull(&mut rig, OTHER, "vmnic0");
    rig.run(secs(10));
    rig.device("leaf1a").set_neighbor(THIRD, None);
    cabling.plug(OTHER, "vmnic0", Place::new("leaf1a", FIRST));
    rig.vcenter().set_hint(&host, "vmnic0", Some(shared)).expect("a pnic");
    rig.sim.notice();
    rig.until(secs(130), "one side alone says so", |rig| rig.tells(FindingKind::Conflict));
    rig.operate("web", |vcenter, vm| vcenter.power_off(vm));
    rig.run(RELEASE);
    assert!(rig.allows("leaf1a", FIRST, 106), "nothing is withdrawn where another host says that it hangs");
    assert!(!rig.allows("leaf1a", FIRST, 108), "nor added on the word of one side");
    let (now, kernel) = (rig.sim.now, kernel_mac(&mut rig, OTHER));
    assert!(rig.device("leaf1a").learn(kernel, vlan(10), FIRST, now), "its management is heard there");
    rig.until(secs(130), "both have witnesses", |rig| {
        rig.told(FindingKind::Conflict, "host esx001.lab vmnic0", "esx005.lab claims the same port")
    });
    rig.until(secs(10), "additions go on", |rig| rig.allows("leaf1a", FIRST, 108) && rig.passes("db"));
    rig.run(RELEASE);
    assert!(rig.allows("leaf1a", FIRST, 106), "nothing is withdrawn from a disputed port");
    assert_eq!(rig.dark("db", secs(10)), secs(0));
    // The small switch goes, and the cable back to where it was.
    rig.vcenter().set_pnic_link(&host, "vmnic0", false).expect("a pnic");
    rig.sim.notice();
    rig.run(secs(10));
    cabling.plug(OTHER, "vmnic0", Place::new("leaf1a", THIRD));
    rig.device("leaf1a").set_neighbor(THIRD, neighbor);
    rig.vcenter().set_hint(&host, "vmnic0", Some(hint)).expect("a pnic");
    rig.device("leaf1a").set_link(THIRD, true);
    rig.vcenter().set_pnic_link(&host, "vmnic0", true).expect("a pnic");
    rig.sim.notice();
    rig.until(secs(130), "the conflict is over", |rig| !rig.tells(FindingKind::Conflict));
    rig.until(RELEASE * 2, "then it is withdrawn", |rig| rig.neither_allows(FIRST, 106));
    assert!(rig.passes("db") && rig.passes("far"));
    rig.assert_lawful();
}

#[test]
fn a_host_whose_cables_go_from_one_vpc_to_another_is_followed_on_both_legs() {
    let mut plan = Plan::pairs(2).vm("web", BUNDLED, 106);
    for leaf in ["leaf1a", "leaf1b"] {
        let member = PortRow { channel: Some(109), bundling: Bundling::Static, ..PortRow::trunk(SPARE) };
        let channel = PortRow { vpc: Some(109), allowed: Some(list("10-11")), ..PortRow::trunk(OTHER_BUNDLE) };
        plan.switch(leaf).ports.extend([channel, member]);
    }
    let mut rig = plan.play();
    move_cable(&mut rig, BUNDLED, "vmnic0", "leaf1a", SPARE);
    rig.until(secs(NEIGHBORS), "the first leg makes both", |rig| rig.both_allow(OTHER_BUNDLE, 106));
    assert!(rig.both_allow(BUNDLE, 106), "the other cable is where it was");
    assert_eq!(rig.dark("web", RELEASE), secs(0));
    assert!(rig.both_allow(BUNDLE, 106), "and needs it still");
    move_cable(&mut rig, BUNDLED, "vmnic1", "leaf1b", SPARE);
    assert_eq!(rig.dark("web", RELEASE), secs(0), "the VLAN was there before the cable");
    assert!(rig.both_allow(OTHER_BUNDLE, 106) && rig.neither_allows(BUNDLE, 106));
    assert!(rig.both_allow(BUNDLE, 10), "what people wrote stays");
    rig.assert_lawful();
}
