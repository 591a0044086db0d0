//! Hosts that are cabled in another way: on one leaf of a pair only, or on a fabric extender of both.

use std::time::Duration;

use vmtracker::lab::{
    model::{dataplane::Place, plant},
    topology::{HostRow, PortRow, Topology, VmRow},
};
use vmtracker_core::net::{InterfaceName, MacAddr};

use super::{
    super::{breaks::Break, case::Op, driver::Sim},
    BUNDLE, ONE_PAIR, port, secs, vlan,
};

/// Both kinds of host get this name.
const HOST: &str = "esx009.lab";
/// The port of the orphan host on `leaf1b`.
const ORPHAN: InterfaceName = InterfaceName::Ethernet(1, 10);
/// The port of the other host on the fabric extender.
const EXTENDED: InterfaceName = InterfaceName::EthernetLane(101, 1, 1);

fn edge(name: InterfaceName) -> PortRow {
    PortRow { allowed: Some("10-11".parse().expect("a list")), ..PortRow::trunk(name) }
}

/// One pair, and a host with one pnic on this port, where a VM in VLAN 104 runs.
fn with_host(switch: &str, interface: InterfaceName) -> Topology {
    let mut topology = ONE_PAIR.topology();
    let mut host: HostRow = topology.hosts[0].clone();
    host.name = HOST.to_owned();
    host.pnics.truncate(1);
    for (number, mac) in host
        .pnics
        .iter_mut()
        .map(|pnic| &mut pnic.mac)
        .chain(host.vmkernels.iter_mut().map(|row| &mut row.mac))
        .enumerate()
    {
        *mac = MacAddr::new([0x02, 0x99, 0, 0, 0, u8::try_from(number).expect("few")]);
    }
    host.pnics[0].switch = switch.to_owned();
    host.pnics[0].port = interface;
    topology.hosts.push(host);
    let name = "vm00005".to_owned();
    topology.vms.push(VmRow {
        name,
        host: HOST.to_owned(),
        port_groups: vec!["vlan-104".to_owned()],
        on: true,
        ..VmRow::default()
    });
    topology
}

#[test]
fn an_orphan_host_gets_its_vlans_on_its_one_leaf_and_passes_when_the_other_dies() {
    let mut topology = with_host("leaf1b", ORPHAN);
    topology.switches[1].ports.push(edge(ORPHAN));
    let mut sim = Sim::of(&topology, ONE_PAIR, |_| {}).begun();
    let reaches = |sim: &Sim, number| {
        let ends = [Place::new("leaf1b", ORPHAN), Place::new("leaf1a", port(BUNDLE))];
        plant::reaches(&sim.world.switches, &ends[0], &ends[1], vlan(number))
    };
    sim.vmotion(1, HOST, 4_000);
    sim.run(secs(10));
    assert!(sim.passes(1) && reaches(&sim, 101), "it reaches the vPC hosts: {}", sim.told());
    sim.vmotion(4, "esx002.lab", 4_000);
    sim.run(secs(10));
    assert!(sim.passes(4) && reaches(&sim, 104));
    sim.until("what left is withdrawn", secs(300), |sim| !sim.allows("leaf1b", "Ethernet1/10", 104));
    let on_peer = |interface: &InterfaceName| sim.world.switches["leaf1a"].ports().contains_key(interface);
    assert!(!on_peer(&ORPHAN), "there is no such port on the peer");
    assert_eq!(sim.ours("leaf1a", "Ethernet1/10"), [""; 0]);
    assert_eq!(sim.dark_seconds(), 0.0);

    sim.act(&Op::Break(Break::Power { switch: 0, ms: 60_000 }));
    sim.vmotion(0, HOST, 4_000);
    sim.run(secs(30));
    assert!(sim.passes(0) && sim.passes(1), "the peer is dead: {}", sim.told());
    sim.act(&Op::Break(Break::PeerLink { pair: 0, ms: 60_000 }));
    assert_eq!(sim.dark(1, secs(400)), Duration::ZERO, "its leaf has it all the while");
    sim.assert_rules();
}

/// A fabric extender that hangs on both leaves by a vPC.
fn extended() -> Topology {
    let mut topology = with_host("leaf1a", EXTENDED);
    for switch in &mut topology.switches {
        let uplink = PortRow { fex: Some(101), vpc: Some(150), ..PortRow::trunk(InterfaceName::PortChannel(150)) };
        let member = PortRow { channel: Some(150), ..PortRow::trunk(InterfaceName::Ethernet(1, 20)) };
        switch.ports.extend([uplink, member, edge(EXTENDED)]);
    }
    topology
}

#[test]
fn a_host_on_a_fex_gets_its_vlans_on_both_parents_and_lives_by_either() {
    const PORT: &str = "Ethernet101/1/1";
    let mut sim = Sim::of(&extended(), ONE_PAIR, |_| {}).begun();
    sim.vmotion(0, HOST, 4_000);
    sim.run(secs(10));
    assert!(sim.passes(0) && sim.forwards("leaf1a", PORT, 100) && sim.forwards("leaf1b", PORT, 100));
    sim.vmotion(4, "esx002.lab", 4_000);
    let stands = |sim: &Sim| [sim.allows("leaf1a", PORT, 104), sim.allows("leaf1b", PORT, 104)];
    sim.until("what left is withdrawn", secs(300), |sim| stands(sim) != [true; 2]);
    sim.until("on both parents", secs(2), |sim| stands(sim) == [false; 2]);
    assert_eq!(sim.dark_seconds(), 0.0);

    sim.act(&Op::Break(Break::Power { switch: 0, ms: 60_000 }));
    sim.vmotion(2, HOST, 4_000);
    sim.run(secs(20));
    assert!(sim.passes(0) && sim.passes(2), "over the other parent: {}", sim.told());
    assert_eq!(sim.dark_seconds(), 0.0);
    sim.until("the parent runs", secs(200), |sim| sim.world.switches["leaf1a"].runs());
    sim.until("it is written", secs(4), |sim| sim.allows("leaf1a", PORT, 100) && sim.allows("leaf1a", PORT, 102));
    sim.until("it passes too", secs(60), |sim| sim.forwards("leaf1a", PORT, 102));
    assert_eq!(sim.dark(2, secs(60)), Duration::ZERO);
    assert!(sim.same_on_both(PORT));
    for leaf in ["leaf1a", "leaf1b"] {
        assert_eq!(sim.ours(leaf, "port-channel150"), [""; 0], "the uplinks of a FEX are never written");
    }
    sim.assert_rules();
}
