//! Links between switches, what passes after a write, and owners of the configuration.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use proptest::prelude::*;

use super::{
    super::Input,
    sim::{OTHER, PORT, Sim, UPTIME, set, vlan},
};
use crate::{
    net::{InterfaceName, VlanSet},
    nexus::Query,
    tracker::{Configure, Event, ForeignOwner, Place, Scope, StepResult, Vpc},
};

const ON: Place = Place::Interface(PORT);
const ON_OTHER: Place = Place::Interface(OTHER);
const PEER_LINK: InterfaceName = InterfaceName::PortChannel(100);
const LINK: InterfaceName = InterfaceName::PortChannel(200);
const MINUTE: Duration = Duration::from_secs(60);

/// What the switch was last seen to forward on the port.
fn forwarded(sim: &Sim, interface: InterfaceName) -> Option<VlanSet> {
    let seen =
        sim.events.iter().rev().filter_map(|event| if let Event::Observed(seen) = event { Some(seen) } else { None });
    seen.filter_map(|seen| seen.ports.get(&interface)?.forwarding.clone()).next()
}

fn as_links(intent: &Configure) -> Configure {
    Configure { peer_link: Some(PEER_LINK), links: BTreeSet::from([LINK]), ..intent.clone() }
}

fn linked() -> Sim {
    Sim::with(|sim| {
        sim.ports.insert(PEER_LINK, set("10,100"));
        sim.ports.insert(LINK, set("10,100"));
        sim.ports.insert(OTHER, set("50,100"));
        sim.fabric.peer_link = Some(PEER_LINK);
    })
}

#[test]
fn the_way_is_opened_before_the_edge() {
    let mut sim = linked();
    let places = [ON, Place::VlanDatabase, Place::Interface(LINK), Place::Interface(PEER_LINK)];
    let intent = as_links(&sim.make(&places.map(|place| (place, "300")), &[(ON_OTHER, "100")], false));
    sim.feed(Input::Intent(Arc::new(intent)));
    let add = "switchport trunk allowed vlan add 300";
    let lines = [
        "vlan 300",
        "exit",
        "interface port-channel100",
        add,
        "interface port-channel200",
        add,
        "interface Ethernet1/1",
        add,
        "interface Ethernet1/2",
        "switchport trunk allowed vlan remove 100",
    ];
    assert_eq!(sim.writes, [lines.map(str::to_owned).to_vec()]);
}

#[test]
fn nothing_is_taken_off_a_link_and_a_peer_link_is_no_edge_port() {
    let mut sim = linked();
    let links = [Place::Interface(LINK), Place::Interface(PEER_LINK)];
    let intent = as_links(&sim.make(&[], &links.map(|place| (place, "10")), false));
    sim.feed(Input::Intent(Arc::new(intent)));
    assert!(sim.writes.is_empty());
    assert!(sim.results().iter().all(|(_, _, result)| matches!(result, StepResult::Refused(_))), "{:?}", sim.results());
    assert_eq!(sim.results().len(), 2);
    sim.events.clear();
    sim.intent(&[(Place::Interface(PEER_LINK), "20")], &[], false);
    assert!(matches!(sim.results().as_slice(), [(_, 20, StepResult::Refused(why))] if why.contains("peer-link")));
}

#[test]
fn an_owner_of_the_ports_blocks_every_write_and_one_of_the_database_only_that() {
    let owned = |feature: &str| Sim::with(|sim| sim.fabric.features.extend([feature.to_owned()]));
    let mut sim = owned("vmtracker");
    sim.intent(&[(ON, "10"), (Place::VlanDatabase, "300")], &[(ON_OTHER, "100")], true);
    assert!(sim.writes.is_empty() && sim.claims == 0);
    let told = sim.results();
    assert!(
        told.iter()
            .any(|(_, _, result)| matches!(result, StepResult::Refused(why) if why.contains("feature vmtracker")))
    );
    let mut sim = owned("vnseg_vlan");
    sim.intent(&[(ON, "10"), (Place::VlanDatabase, "300")], &[], false);
    assert_eq!((sim.ports[&PORT].clone(), sim.vlans.contains(vlan(300))), (set("10,100"), false));
}

#[test]
fn an_owner_is_told_and_nothing_is_believed_of_what_the_switch_does_not_tell() {
    let mut sim = Sim::new();
    sim.fabric.features.insert("vmtracker".to_owned());
    sim.feed(Input::Woke);
    let Some(Event::Observed(seen)) = sim.events.first() else { panic!() };
    assert_eq!(seen.owners, Some(BTreeSet::from([ForeignOwner::VmTracker])));
    assert_eq!((seen.vpc.clone(), seen.fexes.clone()), (Some(Vpc::None), None));
    assert_eq!(seen.ports[&PORT].forwarding, None);
}

#[test]
fn an_edge_trunk_costs_one_question_more() {
    let mut sim = Sim::with(|sim| sim.fabric.tells = true);
    sim.intent(&[(ON, "10")], &[], false);
    assert_eq!(sim.reads, [vec![Query::PortConfig(PORT)], vec![Query::PortConfig(PORT), Query::Trunks]]);
    assert_eq!(forwarded(&sim, PORT), Some(set("10,100")));
    sim.reads.clear();
    sim.pass(Duration::from_secs(30));
    assert_eq!(sim.reads, Vec::<Vec<Query>>::new());
    sim.intent(&[], &[(ON, "10")], false);
    assert_eq!(sim.reads.last(), Some(&vec![Query::PortConfig(PORT)]), "a withdrawal waits for nothing");
}

#[test]
fn what_is_not_forwarded_yet_is_looked_at_until_it_is() {
    let mut sim = Sim::with(|sim| {
        sim.fabric.tells = true;
        sim.fabric.delay.insert(PORT, Duration::from_secs(30));
    });
    sim.intent(&[(ON, "10")], &[], false);
    assert_eq!(forwarded(&sim, PORT), Some(set("100")));
    sim.reads.clear();
    sim.pass(Duration::from_secs(34));
    assert_eq!(forwarded(&sim, PORT), Some(set("10,100")), "told within 4 s");
    assert!(sim.reads.len() < 14, "{} readings", sim.reads.len());
    sim.reads.clear();
    sim.pass(Duration::from_secs(20));
    assert!(sim.reads.len() <= 1, "it is looked at no more: {:?}", sim.reads);
}

#[test]
fn a_vlan_that_never_passes_is_left_to_the_periodic_readings() {
    let mut sim = Sim::with(|sim| {
        sim.fabric.tells = true;
        sim.fabric.delay.insert(PORT, 1000 * MINUTE);
    });
    sim.intent(&[(ON, "10")], &[], false);
    sim.pass(5 * MINUTE);
    sim.reads.clear();
    sim.pass(30 * MINUTE);
    assert!(sim.reads.len() < 40, "{} readings", sim.reads.len());
}

#[test]
fn a_vlan_that_never_passes_does_not_make_the_switch_be_asked_after_every_other_write() {
    let mut sim = Sim::with(|sim| {
        sim.fabric.tells = true;
        sim.fabric.delay.insert(PORT, 1000 * MINUTE);
    });
    sim.intent(&[(ON, "10")], &[], false);
    sim.pass(5 * MINUTE);
    sim.reads.clear();
    // An edge trunk beside it is written again and again.
    let mut wanted = VlanSet::EMPTY;
    for number in 20..40 {
        wanted.insert(vlan(number));
        sim.intent(&[(ON, "10"), (ON_OTHER, &wanted.to_string())], &[], false);
        sim.pass(Duration::from_secs(1));
    }
    let rechecks = sim.reads.iter().filter(|asked| asked.contains(&Query::Ports) && !asked.contains(&Query::Lldp));
    assert_eq!(rechecks.count(), 0, "{:?}", sim.reads);
}

#[test]
fn a_vlan_on_a_vpc_waits_for_the_peer() {
    let mut sim = Sim::with(|sim| {
        sim.fabric.tells = true;
        sim.fabric.leg = Some((PORT, set("100")));
    });
    sim.intent(&[(ON, "10")], &[], false);
    assert_eq!(sim.reads.last(), Some(&vec![Query::PortConfig(PORT), Query::Trunks, Query::Vpc]));
    sim.fabric.leg = Some((PORT, set("10,100")));
    sim.pass(Duration::from_secs(1));
    assert_eq!(forwarded(&sim, PORT), Some(set("10,100")));
    let vpc = sim
        .events
        .iter()
        .rev()
        .find_map(|event| if let Event::Observed(seen) = event { seen.vpc.clone() } else { None });
    assert_eq!(vpc.unwrap().domain().unwrap().legs[&PORT].vlans, set("10,100"));
}

#[test]
fn what_ceases_to_pass_is_told_within_a_minute() {
    let mut sim = Sim::with(|sim| {
        sim.fabric.tells = true;
        sim.fabric.leg = Some((PORT, set("100")));
    });
    sim.fabric.leg = Some((PORT, VlanSet::EMPTY));
    sim.pass(Duration::from_secs(65));
    assert_eq!(forwarded(&sim, PORT), Some(VlanSet::EMPTY), "{:?}", sim.events);
    let scoped = |event: &Event| matches!(event, Event::Observed(seen) if seen.scope == Scope::Interfaces(BTreeSet::from([PORT])));
    assert!(sim.events.iter().any(scoped));
}

#[test]
fn a_member_that_goes_to_another_port_channel_makes_everything_be_read_once_within_a_minute() {
    let mut sim = Sim::up();
    let whole = |sim: &Sim| sim.reads.iter().filter(|queries| queries.contains(&Query::Config)).count();
    let before = whole(&sim);
    sim.pass(5 * MINUTE);
    assert_eq!(whole(&sim), before);
    sim.fabric.channels = BTreeMap::from([(LINK, BTreeSet::from([OTHER]))]);
    sim.pass(MINUTE + Duration::from_secs(1));
    assert_eq!(whole(&sim), before + 1);
    let told = sim.events.iter().filter_map(|event| if let Event::Observed(seen) = event { Some(seen) } else { None });
    let mut told = told.filter_map(|seen| seen.port_channels.as_ref().map(|channels| (seen.scope.clone(), channels)));
    assert_eq!(told.next_back(), Some((Scope::Whole, &sim.fabric.channels)), "with the ports' configuration");
    sim.pass(20 * MINUTE);
    assert_eq!(whole(&sim), before + 1);
}

#[test]
fn a_whole_reading_tells_when_the_switch_booted_and_no_other_does() {
    let mut sim = Sim::new();
    sim.feed(Input::Woke);
    sim.pass(MINUTE * 2);
    let seen = sim.events.iter().filter_map(|event| if let Event::Observed(seen) = event { Some(seen) } else { None });
    let told: Vec<_> = seen.map(|seen| (seen.scope == Scope::Whole, seen.booted == Some(seen.at - UPTIME))).collect();
    assert!(told.len() > 1 && told.iter().all(|(whole, booted)| whole == booted), "{told:?}");
    assert!(sim.events.iter().all(|event| !matches!(event, Event::SwitchLost { .. })));
}

#[test]
fn a_switch_of_a_pair_is_looked_for_every_two_seconds() {
    let mut sim = Sim::up();
    let intent = Configure { paired: true, ..(*sim.make(&[(ON, "100")], &[], false)).clone() };
    sim.feed(Input::Intent(Arc::new(intent)));
    sim.alive = false;
    sim.pass(3 * MINUTE);
    sim.reads.clear();
    sim.pass(MINUTE);
    assert!((30..=61).contains(&sim.reads.len()), "{} tries in a minute", sim.reads.len());
}

proptest! {
    #![proptest_config(crate::tracker::tests::cases(100))]

    /// Whatever is wanted: the database comes first, then the peer-link, the links, the edge, and what goes comes last;
    /// nothing is taken off a link; and an owner lets nothing through.
    #[test]
    fn every_batch_keeps_the_order(
        wants in proptest::collection::vec((0usize..5, 2u16..40, any::<bool>()), 1..20), owned in any::<bool>()
    ) {
        let mut sim = linked();
        if owned {
            sim.fabric.features.insert("fabricpath".to_owned());
            sim.pass(61 * MINUTE);
        }
        sim.vlans = set("1");
        let places = [Place::VlanDatabase, Place::Interface(PEER_LINK), Place::Interface(LINK), ON, ON_OTHER];
        let mut sets = vec![VlanSet::EMPTY; places.len()];
        let mut gone = vec![VlanSet::EMPTY; places.len()];
        for (index, number, add) in wants {
            if add { sets[index].insert(vlan(number)); gone[index].remove(vlan(number)); }
            else if sets[index].remove(vlan(number)) { gone[index].insert(vlan(number)); }
            let text = |sets: &[VlanSet]| places.iter().zip(sets).map(|(place, set)| (*place, set.to_string())).collect::<Vec<_>>();
            let (present, absent) = (text(&sets), text(&gone));
            let present: Vec<_> = present.iter().map(|(place, text)| (*place, text.as_str())).collect();
            let absent: Vec<_> = absent.iter().skip(1).map(|(place, text)| (*place, text.as_str())).collect();
            let intent = as_links(&sim.make(&present, &absent, number % 2 == 0));
            let before = (sim.ports[&PEER_LINK].clone(), sim.ports[&LINK].clone());
            sim.feed(Input::Intent(Arc::new(intent)));
            prop_assert!(before.0.is_subset(&sim.ports[&PEER_LINK]) && before.1.is_subset(&sim.ports[&LINK]));
        }
        prop_assert!(!owned || sim.writes.is_empty());
        for lines in &sim.writes {
            let ranks: Vec<_> = lines.windows(2).filter_map(|pair| rank(&pair[0], &pair[1])).collect();
            prop_assert!(ranks.is_sorted(), "{lines:?}");
        }
    }
}

/// Where a line and the next stand in the order.
fn rank(line: &str, next: &str) -> Option<usize> {
    match line {
        _ if line.starts_with("vlan ") => Some(0),
        _ if !line.starts_with("interface ") => None,
        _ if next.contains("remove") => Some(4),
        "interface port-channel100" => Some(1),
        "interface port-channel200" => Some(2),
        _ => Some(3),
    }
}
