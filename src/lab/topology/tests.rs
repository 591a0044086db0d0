//! Topologies: round trip, faults, and what the generator promises.

use std::num::NonZeroUsize;

use proptest::prelude::*;

use super::{Fault, Layout, Size, Topology};
use crate::lab::model::{
    dataplane::{self, Chatter, Fabric, Place, Verdict},
    plant,
    vcenter::{SimPower, Vcenter},
    world::World,
};

const SMALL: &str = r#"
[[switch]]
name = "leaf1"
vlans = "1,10-20"
[[switch.port]]
name = "Eth1/1"
allowed = "10"
[[switch.port]]
name = "Ethernet1/2"
channel = 7
[[switch.port]]
name = "port-channel7"
allowed = "11"

[[vcenter]]
name = "vc1"

[[host]]
name = "esx1"
pnics = [
    { device = "vmnic0", switch = "leaf1", port = "Ethernet1/1", uplink = "Uplink 1" },
    { device = "vmnic1", mac = "00:11:22:33:44:55", switch = "leaf1", port = "Ethernet1/2", uplink = "Uplink 2" },
]

[[port_group]]
name = "ten"
vlan = 10
active = ["Uplink 1"]

[[port_group]]
name = "eleven"
vlan = 11
active = ["Uplink 2"]

[[vm]]
name = "web"
host = "esx1"
port_groups = ["ten", "eleven"]
"#;

/// A host on a fabric extender that hangs on both leaves of a pair.
const EXTENDED: &str = r#"
[[switch]]
name = "a"
domain = 5
vlans = "10-20"
port = [
    { name = "Eth101/1/4", allowed = "10" }, { name = "Eth1/1", channel = 101 },
    { name = "Po101", fex = 101, vpc = 101 }, { name = "Eth1/49", channel = 1 }, { name = "Po1", peer_link = true },
]
[[switch]]
name = "b"
domain = 5
vlans = "10-20"
port = [
    { name = "Eth101/1/4", allowed = "10" }, { name = "Eth1/1", channel = 101 },
    { name = "Po101", fex = 101, vpc = 101 }, { name = "Eth1/49", channel = 1 }, { name = "Po1", peer_link = true },
]
[[link]]
from = { switch = "a", port = "Eth1/49" }
to = { switch = "b", port = "Eth1/49" }
[[vcenter]]
name = "vc1"
[[host]]
name = "esx1"
pnics = [{ device = "vmnic0", switch = "a", port = "Ethernet101/1/4", uplink = "Uplink 1" }]
[[port_group]]
name = "ten"
vlan = 10
[[vm]]
name = "web"
host = "esx1"
port_groups = ["ten"]
"#;

/// The devices of a topology, and what hosts see of their cables.
fn world(topology: &Topology) -> (World, Chatter) {
    let vcenters = topology.vcenters(0).expect("vCenters");
    let world = World { switches: topology.switches(0), vcenters, observers: Vec::new() };
    (world, Chatter::new(std::sync::Arc::new(topology.cabling())))
}

fn verdicts(topology: &Topology, world: &World) -> Vec<Verdict> {
    let cabling = topology.cabling();
    let of = |vcenter: &Vcenter| {
        let vms: Vec<_> = vcenter.vms().map(|vm| vm.id.clone()).collect();
        vms.iter().map(|vm| dataplane::verdict(vcenter, &cabling, &world.switches, vm)).collect::<Vec<_>>()
    };
    world.vcenters.values().flat_map(of).collect()
}

/// The switches that frames of the VM `web` pass through.
fn uses(world: &World, cabling: &dataplane::Cabling) -> Vec<String> {
    let vcenter = world.vcenters.get("vc1").expect("vc1");
    let vm = vcenter.vm_named("web").and_then(|id| vcenter.vm(id)).expect("the VM");
    let truth = dataplane::truth(vcenter, cabling, vm).expect("it runs");
    truth.uses.into_iter().map(|leg| leg.place.switch.to_string()).collect()
}

const fn size(vcenters: usize, switches: usize, hosts: usize, vms: usize) -> Size {
    const fn some(count: usize) -> NonZeroUsize {
        NonZeroUsize::new(count).expect("not zero")
    }
    Size { vcenters: some(vcenters), switches: some(switches), hosts: some(hosts), vms }
}

#[test]
fn a_file_becomes_devices_whose_frames_pass() {
    let topology = Topology::parse(SMALL).expect("a good file");
    let switches = topology.switches(0);
    let vcenters = topology.vcenters(0).expect("a vCenter");
    let vcenter = vcenters.get("vc1").expect("vc1");
    let vm = vcenter.vm_named("web").expect("the VM");
    let verdict = dataplane::verdict(vcenter, &topology.cabling(), &switches, vm);
    assert_eq!(verdict, Verdict::Passes, "VLAN 10 on Ethernet1/1, VLAN 11 on port-channel7");
    assert!(vcenter.vms().all(|vm| vm.power == SimPower::On));
}

#[test]
fn what_is_written_is_read_back() {
    let small = Topology::parse(SMALL).expect("a good file");
    let paired = Topology::laid_out(Layout::Pairs, size(2, 4, 8, 20), 1);
    let extended = Topology::parse(EXTENDED).expect("a good file");
    let played = SMALL.replacen("name = \"leaf1\"\n", "name = \"leaf1\"\nplatform = \"n7k\"\n", 1);
    let played = Topology::parse(&played).expect("a good file");
    assert_eq!(played.switches(0)["leaf1"].profile().model, "N7K-C7009");
    for topology in [played, small, Topology::generated(size(2, 4, 6, 20), 1), paired, extended] {
        let text = topology.to_toml().expect("writable");
        assert_eq!(Topology::parse(&text).as_ref(), Ok(&topology), "{text}");
    }
}

#[test]
fn every_fault_is_told_at_once_with_its_line() {
    let check = |from: &[(&str, &str)], expected: &[(Option<usize>, &str)]| {
        let text = from.iter().fold(SMALL.to_owned(), |text, (old, new)| text.replacen(old, new, 1));
        let faults = Topology::parse(&text).expect_err("faults").0;
        let expected = expected.iter().map(|(line, text)| Fault { line: *line, text: (*text).to_owned() });
        assert_eq!(faults, expected.collect::<Vec<_>>());
    };
    check(
        &[
            ("channel = 7", "channel = 8"),
            ("host = \"esx1\"", "host = \"esx9\""),
            ("\"Uplink 1\" }", "\"U\", discovery = \"fdp\" }"),
        ],
        &[
            (Some(10), "the switch has no port \"port-channel8\""),
            (Some(21), "discovery is \"lldp\", \"cdp\" or \"none\", not \"fdp\""),
            (Some(37), "no host is called \"esx9\""),
        ],
    );
    check(
        &[("port = \"Ethernet1/1\"", "port = \"Ethernet1/2\""), ("[\"ten\", ", "[\"twelve\", ")],
        &[
            (Some(22), "two cables end at Ethernet1/2 of \"leaf1\""),
            (Some(38), "no port group of its host's vCenter is called \"twelve\""),
        ],
    );
    check(
        &[("name = \"leaf1\"\n", "name = \"leaf1\"\nplatform = \"n8k\"\n")],
        &[(Some(4), "platform is one of n9k, n9k-10, n9k-7, n7k, n6k, n5k, n3k, not \"n8k\"")],
    );
    check(&[("vlan = 11", "vlan = 4096")], &[(Some(32), "vlan is 0 to 4094, not 4096")]);
}

#[test]
fn an_unknown_key_is_a_fault() {
    let faults = Topology::parse("[[switch]]\nname = \"a\"\ncolour = \"red\"\n").expect_err("a fault").0;
    assert_eq!(faults.first().and_then(|fault| fault.line), Some(3), "{faults:?}");
}

#[test]
fn vcenters_may_be_left_out() {
    let text = "[[switch]]\nname = \"a\"\n[[switch.port]]\nname = \"Eth1/1\"\n[[host]]\nname = \"h\"\n\
                pnics = [{ device = \"vmnic0\", switch = \"a\", port = \"Eth1/1\", discovery = \"cdp\" }]\n";
    let topology = Topology::parse(text).expect("a good file");
    assert_eq!(topology.hosts.first().map(|host| host.vcenter.clone()), Some(None));
    let switches = topology.switches(0);
    let neighbors =
        switches.values().flat_map(|switch| switch.ports().values()).filter_map(|port| port.neighbor.clone());
    assert_eq!(neighbors.map(|neighbor| (neighbor.host, neighbor.cdp)).collect::<Vec<_>>(), [("h".to_owned(), true)]);
}

#[test]
fn the_generator_makes_what_was_asked_for() {
    let topology = Topology::generated(size(2, 4, 16, 200), 1);
    assert_eq!((topology.vcenters.len(), topology.switches.len()), (2, 4));
    assert_eq!((topology.hosts.len(), topology.vms.len()), (16, 200));
    let vlans = topology.port_groups.iter().filter(|group| group.vcenter == "vc1").count();
    assert!(vlans >= 5 * 200 / 16, "five VLANs for every VM of a host: {vlans}");
    let vcenters = topology.vcenters(0).expect("vCenters");
    assert!(vcenters.values().all(|vcenter| vcenter.hosts().count() == 8 && vcenter.vms().count() == 100));
}

#[test]
fn pairs_carry_hosts_of_both_kinds_and_reach_each_other() {
    [Layout::Pairs, Layout::Aggregated].into_iter().for_each(carries_hosts_of_both_kinds);
}

fn carries_hosts_of_both_kinds(layout: Layout) {
    let topology = Topology::laid_out(layout, size(2, 4, 16, 40), 1);
    let (mut world, mut chatter) = world(&topology);
    let places = topology.cabling().places();
    let bundles = places.iter().filter(|place| place.interface.to_string().starts_with("port-channel"));
    assert_eq!((places.len(), bundles.count()), (32, 16));
    let ten = "10".parse().expect("a VLAN");
    let reach = |world: &World, ten| {
        let all = places.iter().flat_map(|one| places.iter().map(move |other| (one, other)));
        all.filter(|(one, other)| !plant::reaches(&world.switches, one, other, ten)).count()
    };
    assert_eq!(reach(&world, ten), 0, "every edge port reaches every other");
    assert!(verdicts(&topology, &world).iter().all(|verdict| matches!(verdict, Verdict::Dark(_))));
    for switch in world.switches.values_mut() {
        for port in switch.trunk_interfaces() {
            let lines = ["conf t", &format!("interface {port}"), "switchport trunk allowed vlan all"];
            switch.type_lines("ann", &lines, std::time::Duration::ZERO);
        }
    }
    chatter.speak(&mut world, std::time::Duration::ZERO);
    assert!(verdicts(&topology, &world).iter().all(|verdict| *verdict == Verdict::Passes));
    world.switches.get_mut("leaf1a").expect("a leaf").power_off();
    chatter.speak(&mut world, std::time::Duration::from_secs(1));
    assert!(verdicts(&topology, &world).iter().all(|verdict| *verdict == Verdict::Passes), "over the other leaf");
    if layout == Layout::Aggregated {
        world.switches.get_mut("agg1a").expect("above").power_off();
        chatter.speak(&mut world, std::time::Duration::from_secs(2));
    }
    let lit = |place: &&Place| world.switches.is_up(place);
    let lit: Vec<&Place> = places.iter().filter(lit).collect();
    let torn = lit.iter().filter(|one| lit.iter().any(|other| !plant::reaches(&world.switches, one, other, ten)));
    assert_eq!((lit.len(), torn.count()), (24, 0), "what is left reaches each other");
}

#[test]
fn a_host_on_a_fex_uses_both_parents() {
    let topology = Topology::parse(EXTENDED).expect("a good file");
    let (mut world, mut chatter) = world(&topology);
    let places: Vec<Place> = topology.cabling().places().into_iter().collect();
    assert_eq!(places.len(), 2);
    assert!(places.iter().all(|place| world.switches.is_up(place)));
    assert_eq!(verdicts(&topology, &world), [Verdict::Passes]);
    world.switches.get_mut("a").expect("a leaf").power_off();
    chatter.speak(&mut world, std::time::Duration::from_secs(1));
    assert_eq!(verdicts(&topology, &world), [Verdict::Passes], "the other parent is left");
    assert_eq!(uses(&world, chatter.cabling()), ["b"]);
    world.switches.get_mut("b").expect("a leaf").power_off();
    chatter.speak(&mut world, std::time::Duration::from_secs(2));
    assert!(matches!(verdicts(&topology, &world).as_slice(), [Verdict::Dark(_)]));
}

#[test]
fn a_cable_that_is_moved_goes_by_its_new_port() {
    let third = "[[switch.port]]\nname = \"Ethernet1/3\"\nallowed = \"none\"\n\n[[vcenter]]";
    let topology = Topology::parse(&SMALL.replace("[[vcenter]]", third)).expect("a good file");
    let cabling = std::sync::Arc::new(topology.cabling());
    let (mut world, _) = world(&topology);
    let verdict = |world: &World| {
        let vcenter = world.vcenters.get("vc1").expect("vc1");
        let vm = vcenter.vm_named("web").expect("the VM");
        dataplane::verdict(vcenter, &cabling, &world.switches, vm)
    };
    let port = |name: &str| name.parse().expect("a port");
    assert_eq!(verdict(&world), Verdict::Passes);
    dataplane::recable(&mut world, &cabling, "esx1", "vmnic0", "leaf1", port("Ethernet1/3"));
    assert!(matches!(verdict(&world), Verdict::Dark(_)), "VLAN 10 is not allowed there");
    let leaf = world.switches.get_mut("leaf1").expect("the leaf");
    assert!(!leaf.is_up(port("Ethernet1/1")) && leaf.is_up(port("Ethernet1/3")));
    leaf.type_lines("ann", &["conf t", "int e1/3", "switchport trunk allowed vlan 10"], std::time::Duration::ZERO);
    assert_eq!(verdict(&world), Verdict::Passes);
}

proptest! {
    #[test]
    fn any_generated_topology_is_consistent(v in 1..4usize, s in 1..9usize, h in 1..20usize, vms in 0..60usize, seed: u64) {
        let topology = Topology::generated(size(v, s, h, vms), seed);
        let text = topology.to_toml().expect("writable");
        let read = Topology::parse(&text);
        prop_assert_eq!(read.as_ref(), Ok(&topology));
        prop_assert_eq!(&topology, &Topology::generated(size(v, s, h, vms), seed));
        prop_assert!(topology.vcenters(0).is_ok());
        for layout in [Layout::Pairs, Layout::Aggregated] {
            let paired = Topology::laid_out(layout, size(v, s, h, vms), seed);
            let text = paired.to_toml().expect("writable");
            let read = Topology::parse(&text);
            prop_assert_eq!(read.as_ref(), Ok(&paired));
        }
    }

    #[test]
    fn no_text_panics(text in "[\\[\\]a-z=\"\n0-9 .]{0,200}") {
        if let Ok(topology) = Topology::parse(&text) {
            prop_assert!(topology.vms.is_empty() || !topology.hosts.is_empty());
        }
    }
}
