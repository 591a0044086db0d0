//! A peer-link that lacks a VLAN.

use vmtracker::lab::{model::dataplane::Verdict, topology::Topology};
use vmtracker_core::{
    net::VlanSet,
    tracker::{FindingKind, LinkPolicy, Policy},
};

use super::{super::driver::Sim, ONE_PAIR, port, secs, vlan};

const PEER_LINK: &str = "port-channel1";

fn list() -> VlanSet {
    "10-11,100-102".parse().expect("a list")
}

/// One pair whose peer-link has a list, in which VLAN 103 of `vm00004` is not.
fn listed() -> Topology {
    let mut topology = ONE_PAIR.topology();
    let ports = topology.switches.iter_mut().flat_map(|switch| &mut switch.ports);
    ports.filter(|port| port.peer_link).for_each(|port| port.allowed = Some(list()));
    topology
}

fn on_peer_links(sim: &Sim) -> [VlanSet; 2] {
    ["leaf1a", "leaf1b"].map(|leaf| sim.world.switches[leaf].allowed(port(PEER_LINK)))
}

#[test]
fn a_vlan_that_the_peer_link_lacks_is_added_to_both_its_ends_before_anybody_is_dark() {
    let mut sim = Sim::of(&listed(), ONE_PAIR, |_| {}).begun();
    assert!(sim.passes(3) && on_peer_links(&sim).iter().all(|list| list.contains(vlan(103))));
    sim.act(&super::Op::Plug { vm: 0, group: 4 });
    sim.run(secs(10));
    assert!(sim.passes(0));
    sim.vmotion(0, "esx002.lab", 4_000);
    sim.run(secs(10));
    assert!(sim.passes(0) && on_peer_links(&sim).iter().all(|list| list.contains(vlan(104))));
    assert_eq!(sim.judge.score(sim.now).dark_vm_seconds.planned, 0.0);
    sim.vmotion(0, "esx001.lab", 4_000);
    sim.run(secs(600));
    assert!(on_peer_links(&sim).iter().all(|list| list.contains(vlan(104))), "it is never taken off again");

    sim.type_on_port("leaf1a", port(PEER_LINK), vlan(103), "remove");
    sim.notice();
    assert!(!sim.passes(3), "an operator takes it off one end");
    sim.until("it is mended", secs(130), |sim| sim.passes(3));
    sim.assert_rules();
}

#[test]
fn where_links_are_only_verified_a_vlan_that_the_peer_link_lacks_is_a_finding_with_its_remedy() {
    let verify = |policy: &mut Policy| policy.links = LinkPolicy::Verify;
    let mut sim = Sim::of(&listed(), ONE_PAIR, verify);
    sim.run(secs(30));
    assert!(matches!(sim.verdict(3), Verdict::Dark(_)), "suspended on both legs");
    assert!(sim.passes(0) && sim.passes(1) && sim.passes(2), "and nothing else");
    assert_eq!(on_peer_links(&sim), [list(), list()]);
    let remedy = "interface port-channel1 ; switchport trunk allowed vlan add 103";
    sim.until("people are told", secs(130), |sim| {
        sim.says(FindingKind::Suspended, &["port-channel104 VLAN 103", remedy])
    });
    sim.run(secs(600));
    assert_eq!(on_peer_links(&sim), [list(), list()], "and nobody but people touches it");
    assert_eq!(sim.ours("leaf1a", "interface port-channel1 "), [""; 0]);

    for leaf in ["leaf1a", "leaf1b"] {
        sim.type_on_port(leaf, port(PEER_LINK), vlan(103), "add");
    }
    sim.notice();
    assert!(sim.passes(3), "a person did what the finding says");
    sim.until("nothing is told any more", secs(130), |sim| {
        sim.findings(FindingKind::Suspended).is_empty() && sim.findings(FindingKind::Island).is_empty()
    });
    sim.assert_rules();
}
