//! A VLAN that a link between switches lacks.

use vmtracker_core::{net::InterfaceName, tracker::FindingKind};

use super::rig::{FAR, LONE, Plan, RELEASE, list, secs};

/// The port of a leaf towards the next pair, and towards the one before.
const ONWARD: InterfaceName = InterfaceName::Ethernet(1, 52);
const BACK: InterfaceName = InterfaceName::Ethernet(1, 51);
/// The first host of the third pair, where there are three.
const THIRD_PAIR: &str = "esx003.lab";

/// Links between the pairs with lists, as people write them.
fn with_lists(mut plan: Plan) -> Plan {
    let switches = plan.topology.switches.iter_mut();
    for port in switches.flat_map(|switch| &mut switch.ports).filter(|port| [ONWARD, BACK].contains(&port.name)) {
        port.allowed = Some(list("10-11"));
    }
    plan
}

#[test]
fn a_vlan_that_somebody_takes_off_one_fabric_link_goes_over_the_other_and_is_put_back() {
    let ends = [("leaf1a", ONWARD), ("leaf1b", ONWARD), ("leaf2a", BACK), ("leaf2b", BACK)];
    for (switch, port) in ends {
        let mut rig = with_lists(Plan::pairs(2).vm("web", LONE, 105).vm("db", LONE, 105)).play();
        assert!(!rig.allows(switch, port, 105), "nobody needs it on the links yet");
        assert_eq!(rig.move_vm("db", FAR), secs(0));
        assert!(rig.talk("web", "db"), "as soon as it has arrived");
        assert!(ends.iter().all(|(switch, port)| rig.allows(switch, *port, 105)));
        rig.lists(switch, port, "remove", 105);
        assert!(rig.talk("web", "db"), "over the other link, without {switch} {port}");
        rig.until(secs(400), "it is put back", |rig| rig.allows(switch, port, 105));
        assert!(rig.talk("web", "db"));
        assert!(!rig.tells(FindingKind::Island));
        rig.assert_lawful();
    }
}

#[test]
fn a_vlan_that_one_of_two_ways_refuses_passes_over_the_other_and_is_told() {
    let mut rig = with_lists(Plan::pairs(3).vm("web", LONE, 105).vm("db", LONE, 105)).play();
    rig.device("leaf2a").faults.refuse("allowed vlan add 105", "ERROR: the policy says no", u32::MAX);
    rig.move_vm("db", THIRD_PAIR);
    assert!(rig.passes("db") && rig.passes("web"));
    rig.until(secs(10), "they reach each other over the other way", |rig| rig.talk("web", "db"));
    rig.until(secs(120), "the link is told", |rig| rig.told(FindingKind::LinkLacks, "leaf2a Ethernet1/51", "105"));
    assert!(!rig.tells(FindingKind::Island), "the other way carries it");
    assert!(rig.told(FindingKind::LinkLacks, "leaf2a Ethernet1/51", "the policy says no"), "with the device's words");
    rig.device("leaf2a").faults = Default::default();
    rig.until(secs(4000), "tried again, it is taken", |rig| rig.allows("leaf2a", BACK, 105));
    rig.until(secs(120), "nothing to tell", |rig| !rig.tells(FindingKind::LinkLacks));
    rig.assert_lawful();
}

#[test]
fn a_vlan_that_no_way_takes_is_an_island_until_somebody_mends_it() {
    let mut rig = with_lists(Plan::pairs(3).vm("web", LONE, 105).vm("db", LONE, 105)).play();
    for leaf in ["leaf2a", "leaf2b"] {
        rig.device(leaf).faults.refuse("allowed vlan add 105", "ERROR: the policy says no", u32::MAX);
    }
    rig.move_vm("db", THIRD_PAIR);
    rig.run(secs(10));
    assert!(rig.passes("db"), "its own port passes it");
    assert!(!rig.talk("web", "db"), "and the fabric does not");
    rig.until(secs(300), "the island is told", |rig| rig.told(FindingKind::Island, "VLAN 105", "leaf1a"));
    rig.run(RELEASE);
    assert!(!rig.talk("web", "db"));
    for leaf in ["leaf2a", "leaf2b"] {
        rig.device(leaf).faults = Default::default();
    }
    for leaf in ["leaf2a", "leaf2b"] {
        rig.lists(leaf, BACK, "add", 105);
        rig.lists(leaf, ONWARD, "add", 105);
    }
    rig.until(secs(4000), "they reach each other", |rig| rig.talk("web", "db"));
    rig.until(secs(400), "the island is gone", |rig| !rig.tells(FindingKind::Island));
    rig.assert_lawful();
}
