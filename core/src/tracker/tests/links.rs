//! Links between switches: what is put on them, what is said of them, and what is never taken off.

use std::{collections::BTreeSet, time::Duration};

use proptest::prelude::*;

use super::{super::*, bench::*, link_bench::*};
use crate::net::{InterfaceName, VlanSet};

/// Two leaf pairs, 1 2 and 3 4, and an aggregation pair 5 6; every leaf has a link to both of the pair above.
const FABRIC: [(u16, u16); 8] = [(1, 5), (1, 6), (2, 5), (2, 6), (3, 5), (3, 6), (4, 5), (4, 6)];
const PAIRS: [(u16, u16); 3] = [(1, 2), (3, 4), (5, 6)];
const DAY: Duration = Duration::from_secs(24 * 3600);

fn fabric(links: LinkPolicy) -> LinkBench {
    LinkBench::new(link_policy(6, links), &FABRIC, &PAIRS)
}

/// A chain of four switches: 1 - 2 - 3, and 4 hangs on 2.
fn chain(links: LinkPolicy) -> LinkBench {
    LinkBench::new(link_policy(4, links), &[(1, 2), (2, 3), (2, 4)], &[])
}

/// The switches that have VLAN `number` on this cable.
fn on(bench: &LinkBench, cable: u16, number: u16) -> Vec<u16> {
    let (one, other) = bench.cables[usize::from(cable)];
    [one, other].into_iter().filter(|switch| bench.has(*switch, at(cable), number)).collect()
}

/// The links of a switch that its intent puts something on.
fn wanted_on(bench: &LinkBench, switch: u16) -> Vec<InterfaceName> {
    let told = bench.told(switch);
    told.links.iter().copied().filter(|link| told.present.contains_key(&Place::Interface(*link))).collect()
}

#[test]
fn provision_puts_a_vlan_on_every_link_between_those_who_need_it_and_on_no_other() {
    let mut bench = chain(LinkPolicy::Provision);
    bench.run(1, 1, 10);
    assert!(on(&bench, 0, 10).is_empty(), "one switch alone needs no link");
    bench.run(2, 3, 10);
    assert_eq!((on(&bench, 0, 10), on(&bench, 1, 10), on(&bench, 2, 10)), (vec![1, 2], vec![2, 3], vec![]));
    assert!(bench.switch(2).vlans.contains(vlan(10)), "it exists on the switch between");
    assert_eq!(wanted_on(&bench, 2), [at(0), at(1)]);
    assert_eq!(bench.told(2).links, BTreeSet::from([at(0), at(1), at(2)]), "the guard knows them all");
    assert_eq!(bench.texts(FindingKind::Island), Vec::<String>::new());
    assert_eq!(bench.texts(FindingKind::LinkLacks), Vec::<String>::new());
}

#[test]
fn what_stands_on_a_link_stays_when_nobody_needs_it_any_more_also_after_a_restart() {
    let mut bench = chain(LinkPolicy::Provision);
    bench.run(1, 1, 10);
    bench.run(2, 3, 10);
    for restart in [false, true] {
        for (number, switch) in [(1, 1), (2, 3)] {
            bench.send(Event::VmSeen(std::sync::Arc::new(vm(number, switch, 10, PowerState::Off))));
        }
        if restart {
            bench.restart();
        }
        bench.wait(DAY);
        assert_eq!((on(&bench, 0, 10), on(&bench, 1, 10)), (vec![1, 2], vec![2, 3]));
        assert!(
            bench
                .switches
                .values()
                .all(|switch| switch.removed.iter().all(|(port, _)| *port == InterfaceName::Ethernet(1, 1)))
        );
    }
    assert_eq!(bench.texts(FindingKind::WithdrawalBlocked), Vec::<String>::new());
}

#[test]
fn verify_writes_nothing_and_names_the_links_that_lack_a_vlan() {
    let mut bench = chain(LinkPolicy::Verify);
    bench.run(1, 1, 10);
    bench.run(2, 3, 10);
    assert!(on(&bench, 0, 10).is_empty() && on(&bench, 1, 10).is_empty());
    let texts = bench.texts(FindingKind::Island);
    assert_eq!(texts.len(), 1, "{texts:?}");
    let text = &texts[0];
    assert!(text.contains("VLAN 10") && text.contains("s1") && text.contains("s3"), "{text}");
    assert!(text.contains("interface Ethernet1/50 ; switchport trunk allowed vlan add 10"), "{text}");
    assert!(text.contains("s2 has no VLAN 10: vlan 10"), "{text}");
    for (switch, cable) in [(1, 0), (2, 0), (2, 1), (3, 1)] {
        bench.by_hand(switch, at(cable), "10");
    }
    bench.read_all();
    assert_eq!(bench.texts(FindingKind::Island), Vec::<String>::new());
}

#[test]
fn a_pair_stands_for_both_its_switches_and_its_peer_link_has_what_its_vpcs_need() {
    let mut bench = fabric(LinkPolicy::Provision);
    bench.run(1, 1, 10);
    assert!(bench.has(1, PEER_LINK, 10) && bench.has(2, PEER_LINK, 10), "a VLAN of a vPC is on the peer-link");
    assert_eq!(bench.told(1).peer_link, Some(PEER_LINK));
    assert!((0..8).all(|cable| on(&bench, cable, 10).is_empty()), "one pair alone needs no uplink");
    bench.run(2, 3, 10);
    for cable in 0..8 {
        assert_eq!(on(&bench, cable, 10).len(), 2, "cable {cable}");
    }
    assert!([3, 4, 5, 6].iter().all(|switch| bench.has(*switch, PEER_LINK, 10)));
    assert_eq!(bench.texts(FindingKind::Island), Vec::<String>::new());
}

#[test]
fn one_link_of_several_that_lacks_a_vlan_is_no_island_and_is_told() {
    let mut bench = fabric(LinkPolicy::Verify);
    for (cable, (one, other)) in (0u16..).zip(FABRIC).skip(1) {
        [one, other].iter().for_each(|switch| bench.by_hand(*switch, at(cable), "10"));
    }
    (1..=6).for_each(|switch| bench.by_hand(switch, PEER_LINK, "10"));
    bench.run(1, 1, 10);
    bench.run(2, 3, 10);
    bench.read_all();
    assert_eq!(bench.texts(FindingKind::Island), Vec::<String>::new());
    let texts = bench.texts(FindingKind::LinkLacks);
    assert_eq!(texts.len(), 2, "both ends of the one cable: {texts:?}");
    assert!(texts.iter().all(|text| text.contains("Ethernet1/50 ; switchport trunk allowed vlan add 10")), "{texts:?}");
}

#[test]
fn a_peer_link_that_lacks_a_vlan_is_told() {
    let mut bench = fabric(LinkPolicy::Verify);
    bench.run(1, 1, 10);
    bench.read_all();
    let texts = bench.texts(FindingKind::Island);
    assert!(
        texts.iter().any(|text| text.contains("port-channel1 ; switchport trunk allowed vlan add 10")),
        "{texts:?}"
    );
}

#[test]
fn a_link_is_one_unit_what_one_end_cannot_have_the_other_does_not_get() {
    let barred = |change: fn(&mut LinkBench)| {
        let mut bench = chain(LinkPolicy::Provision);
        change(&mut bench);
        bench.run(1, 1, 10);
        bench.run(2, 3, 10);
        bench
    };
    let check = |why: &str, change: fn(&mut LinkBench)| {
        let mut bench = barred(change);
        bench.wait(Duration::from_secs(5));
        assert!(on(&bench, 1, 10).is_empty(), "{why}: {:?}", on(&bench, 1, 10));
        let told = [bench.texts(FindingKind::Island), bench.texts(FindingKind::LinkLacks)].concat();
        assert!(!told.is_empty(), "{why}");
    };
    check("the mode of one end says observe", |bench| {
        bench.set_policy(|policy| {
            let ports = &mut policy.switches.get_mut(&name(3)).expect("a switch").interfaces;
            ports.insert(at(1), InterfacePolicy { mode: Some(Mode::both(Act::Observe)), allowed: None });
        });
    });
    check("one end's range leaves it out", |bench| {
        bench.set_policy(|policy| {
            let ports = &mut policy.switches.get_mut(&name(2)).expect("a switch").interfaces;
            ports.insert(at(1), InterfacePolicy { mode: None, allowed: "20-30".parse().ok() });
        });
    });
    check("somebody else owns one end's switch", |bench| {
        bench.owners.insert(2, BTreeSet::from([ForeignOwner::Maintenance]));
        bench.read_all();
    });
}

#[test]
fn what_one_end_refuses_the_other_is_not_asked_for_and_both_get_it_when_it_is_taken() {
    let mut bench = chain(LinkPolicy::Provision);
    bench.switch(2).refuses = "10".parse().expect("a list");
    bench.run(1, 1, 10);
    bench.run(2, 3, 10);
    let asks = |bench: &LinkBench| {
        bench.told(3).present.get(&Place::Interface(at(1))).is_some_and(|set| set.contains(vlan(10)))
    };
    assert!(!asks(&bench), "{:?}", bench.told(3).present);
    bench.switch(2).refuses = VlanSet::EMPTY;
    bench.wait(Duration::from_secs(120));
    assert_eq!((on(&bench, 0, 10), on(&bench, 1, 10)), (vec![1, 2], vec![2, 3]));
}

#[test]
fn what_one_end_alone_hears_is_no_link_and_nothing_is_said_of_it() {
    let mut bench = LinkBench::new(link_policy(3, LinkPolicy::Provision), &[(1, 2), (2, 3)], &[]);
    bench.deaf.insert(2);
    bench.restart();
    bench.run(1, 1, 10);
    bench.run(2, 3, 10);
    assert!(on(&bench, 0, 10).is_empty() && on(&bench, 1, 10).is_empty());
    assert_eq!(bench.texts(FindingKind::Island), Vec::<String>::new());
    bench.deaf.clear();
    bench.read_all();
    assert_eq!((on(&bench, 0, 10), on(&bench, 1, 10)), (vec![1, 2], vec![2, 3]));
}

#[test]
fn a_link_outlives_the_silence_of_a_switch_and_ends_when_the_cable_is_in_another() {
    let mut bench = chain(LinkPolicy::Provision);
    bench.away.insert(2);
    bench.read_all();
    bench.run(1, 1, 10);
    bench.run(2, 3, 10);
    bench.away.clear();
    bench.deaf.extend([1, 2, 3]);
    bench.read_all();
    assert_eq!((on(&bench, 0, 10), on(&bench, 1, 10)), (vec![1, 2], vec![2, 3]), "a returning switch gets it at once");
    bench.deaf.clear();
    bench.cables[1] = (3, 4);
    bench.by_hand(4, at(1), "5");
    bench.read_all();
    let ends = |bench: &LinkBench| bench.tracker.fabric.cables.cables().count();
    assert_eq!(ends(&bench), 3);
    assert!(bench.tracker.fabric.cables.link_at(&EdgePort { switch: name(2), interface: at(1) }).is_none());
}

#[test]
fn a_vlan_that_somebody_takes_off_a_link_comes_back_once() {
    let mut bench = chain(LinkPolicy::Provision);
    bench.run(1, 1, 10);
    bench.run(2, 3, 10);
    bench.wait(Duration::from_secs(1));
    bench.switch(2).ports.get_mut(&at(0)).expect("a port").remove(vlan(10));
    bench.read_all();
    assert_eq!(on(&bench, 0, 10), vec![1, 2]);
}

#[test]
fn a_blocked_link_passes_nothing_and_a_way_around_is_enough() {
    let mut bench = LinkBench::new(link_policy(3, LinkPolicy::Verify), &[(1, 2), (2, 3), (1, 3)], &[]);
    for (cable, ends) in [(0u16, [1, 2]), (1, [2, 3]), (2, [1, 3])] {
        ends.iter().for_each(|switch| bench.by_hand(*switch, at(cable), "10"));
    }
    bench.run(1, 1, 10);
    bench.run(2, 3, 10);
    bench.blocked.insert((3, 2), VlanSet::all());
    bench.read_all();
    assert_eq!(bench.texts(FindingKind::Island), Vec::<String>::new());
    bench.blocked.insert((2, 1), VlanSet::all());
    bench.read_all();
    assert_eq!(bench.texts(FindingKind::Island).len(), 1);
}

#[test]
fn what_a_move_waits_for_on_a_port_it_waits_for_on_the_links_too() {
    let mut bench = chain(LinkPolicy::Provision);
    bench.run(1, 1, 10);
    bench.away.insert(2);
    bench.read_all();
    let there = Destination::Host(host_id(2));
    bench.send(Event::MigrationStarted { vm: vm_id(1), to: there });
    let urgent = &bench.told(2).urgent;
    for interface in [InterfaceName::Ethernet(1, 1), at(0)] {
        assert!(urgent.get(&Place::Interface(interface)).is_some_and(|set| set.contains(vlan(10))), "{urgent:?}");
    }
    assert!(urgent.get(&Place::Interface(at(1))).is_none(), "the link to the third switch needs nothing");
}

#[test]
fn policy_decides_at_any_time_and_verify_takes_nothing_away() {
    let mut bench = chain(LinkPolicy::Verify);
    bench.run(1, 1, 10);
    bench.run(2, 3, 10);
    bench.set_policy(|policy| policy.links = LinkPolicy::Provision);
    assert_eq!((on(&bench, 0, 10), on(&bench, 1, 10)), (vec![1, 2], vec![2, 3]));
    bench.set_policy(|policy| policy.links = LinkPolicy::Verify);
    bench.run(3, 4, 10);
    bench.wait(DAY);
    assert_eq!((on(&bench, 0, 10), on(&bench, 1, 10), on(&bench, 2, 10)), (vec![1, 2], vec![2, 3], vec![]));
    assert!(wanted_on(&bench, 2).is_empty() && bench.told(2).absent.is_empty());
    assert_eq!(bench.told(2).links, BTreeSet::from([at(0), at(1), at(2)]), "nothing is taken off one in any policy");
}

/// Who reaches whom in a small graph.
fn reach(count: u16, edges: &[(u16, u16)]) -> Vec<Vec<bool>> {
    let mut reach: Vec<Vec<bool>> = (0..=count).map(|one| (0..=count).map(|other| one == other).collect()).collect();
    for _ in 0..=count {
        for (one, other) in edges {
            for from in &mut reach {
                let either = from[usize::from(*one)] || from[usize::from(*other)];
                (from[usize::from(*one)], from[usize::from(*other)]) = (either, either);
            }
        }
    }
    reach
}

proptest! {
    #![proptest_config(super::cases(64))]

    #[test]
    fn an_island_is_found_exactly_where_known_links_do_not_pass_a_vlan(
        cables in prop::collection::vec((1u16..=5, 1u16..=5, any::<bool>(), any::<bool>()), 0..8),
        needing in prop::collection::btree_set(1u16..=5, 0..5),
        provision in any::<bool>(),
    ) {
        let cables: Vec<(u16, u16, bool, bool)> = cables.into_iter().filter(|cable| cable.0 != cable.1).collect();
        let ends: Vec<(u16, u16)> = cables.iter().map(|cable| (cable.0, cable.1)).collect();
        let links = if provision { LinkPolicy::Provision } else { LinkPolicy::Verify };
        let mut bench = LinkBench::new(link_policy(5, links), &ends, &[]);
        for ((one, other, here, there), cable) in cables.iter().zip(0..) {
            for (switch, _) in [(one, here), (other, there)].into_iter().filter(|(_, has)| **has) {
                bench.by_hand(*switch, at(cable), "10");
            }
        }
        for switch in &needing {
            bench.run(*switch, *switch, 10);
        }
        bench.read_all();
        let known = reach(5, &ends);
        let passing: Vec<(u16, u16)> = cables.iter().filter(|cable| cable.2 && cable.3).map(|cable| (cable.0, cable.1)).collect();
        let passed = reach(5, &passing);
        let apart = |(one, other): (&u16, &u16)| {
            let (one, other) = (usize::from(*one), usize::from(*other));
            known[one][other] && !passed[one][other]
        };
        let island = needing.iter().any(|one| needing.iter().any(|other| apart((one, other))));
        let found = !bench.texts(FindingKind::Island).is_empty();
        prop_assert_eq!(found, island && !provision);
        if provision {
            let wired: Vec<(u16, u16)> =
                ends.iter().zip(0..).filter(|(_, cable)| on(&bench, *cable, 10).len() == 2).map(|(ends, _)| *ends).collect();
            let wired = reach(5, &wired);
            for one in &needing {
                for other in &needing {
                    let (one, other) = (usize::from(*one), usize::from(*other));
                    prop_assert_eq!(known[one][other], wired[one][other]);
                }
            }
        }
    }
}
