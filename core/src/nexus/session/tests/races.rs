//! What is learned between two steps of a write, and answers that come late or not at all.

use std::{collections::BTreeSet, time::Duration};

use super::{
    super::{Action, Class, Failure, Input},
    sim::{Fault, OTHER, PORT, Sim, set, vlan},
};
use crate::{
    net::InterfaceName,
    nexus::{Piece, Query, parse::accounting},
    tracker::{Event, ForeignOwner, Place, Scope, StepResult},
};

const SECOND: Duration = Duration::from_secs(1);
const ON: Place = Place::Interface(PORT);

/// Somebody changes the port, and a look shows it, while the claim of what was planned is on its way.
fn seen_while_claiming(sim: &mut Sim, list: &str) {
    while !matches!(sim.queue.front(), Some(Action::Claim(..))) {
        assert!(sim.step(), "no claim");
    }
    let claim = sim.queue.pop_front().unwrap();
    sim.ports.insert(PORT, set(list));
    sim.feed(Input::Look(BTreeSet::from([PORT])));
    sim.queue.push_back(claim);
    while sim.step() {}
}

#[test]
fn a_vlan_that_became_the_last_one_before_the_write_stays() {
    let mut sim = Sim::up();
    sim.intent(&[(ON, "10")], &[], false);
    sim.writes.clear();
    let intent = sim.make(&[], &[(ON, "10")], false);
    sim.push(Input::Intent(intent));
    seen_while_claiming(&mut sim, "10");
    assert_eq!((sim.writes.clone(), sim.ports[&PORT].clone()), (vec![], set("10")));
}

#[test]
fn a_vlan_that_was_seen_there_before_the_write_is_not_ours() {
    for urgent in [false, true] {
        let mut sim = Sim::up();
        let intent = sim.make(&[(ON, "10")], &[], urgent);
        sim.push(Input::Intent(intent));
        seen_while_claiming(&mut sim, "10,100");
        assert_eq!(sim.writes, Vec::<Vec<String>>::new());
        assert_eq!(sim.results().last(), Some(&(ON, 10, StepResult::WasThere)), "{:?}", sim.results());
    }
}

#[test]
fn a_port_that_could_not_be_read_back_is_not_told_to_be_gone() {
    let mut sim = Sim::up();
    let intent = sim.make(&[(ON, "10")], &[], true);
    sim.push(Input::Intent(intent));
    sim.fabric.refuses.insert(Query::PortConfig(PORT));
    while sim.step() {}
    let gone = |event: &Event| matches!(event, Event::Observed(seen) if seen.scope.covers(PORT) && !seen.ports.contains_key(&PORT));
    assert!(!sim.events.iter().any(gone), "{:?}", sim.events);
}

#[test]
fn without_the_list_of_features_the_switch_is_whose_it_was() {
    let mut sim = Sim::with(|sim| sim.fabric.features.extend(["vmtracker".to_owned()]));
    sim.fabric.refuses.insert(Query::Features);
    sim.pass(Duration::from_secs(3700));
    let owners = |event: &Event| if let Event::Observed(seen) = event { seen.owners.clone() } else { None };
    let told: BTreeSet<_> = sim.events.iter().filter_map(owners).flatten().collect();
    assert_eq!(told, BTreeSet::from([ForeignOwner::VmTracker]));
    sim.intent(&[(ON, "10")], &[], true);
    assert_eq!(sim.writes, Vec::<Vec<String>>::new(), "what was known still holds");
}

#[test]
fn a_log_that_takes_long_is_read_once_for_a_save() {
    let mut sim = Sim::up();
    sim.push(Input::Save);
    let Some(Action::Read(ticket, asked)) = sim.queue.pop_front() else { panic!() };
    assert_eq!(asked, [Query::AccountingLog]);
    sim.note("us", OTHER, "add", &set("9"));
    sim.now = sim.now + Duration::from_secs(8);
    let log = Piece::Accounting(accounting::parse(&sim.log));
    sim.push(Input::Read(ticket, Ok(vec![Ok(log)])));
    assert!(matches!(sim.queue.front(), Some(Action::Read(_, asked)) if asked == &[Query::Save]), "{:?}", sim.queue);
}

#[test]
fn a_switch_that_is_lost_during_a_save_is_looked_for_at_once() {
    let mut sim = Sim::up();
    sim.note("us", OTHER, "add", &set("9"));
    sim.copies_slowly = true;
    sim.feed(Input::Save);
    assert!(sim.copying.is_some());
    sim.fault = Fault::Dead;
    sim.intent(&[(ON, "10")], &[], true);
    assert!(!sim.session.is_up());
    sim.alive = true;
    sim.pass(Duration::from_secs(5));
    assert!(sim.session.is_up(), "the save may take minutes");
    assert!(sim.ports[&PORT].contains(vlan(10)));
    // It still copies, for all that is known: no other begins, and whoever asks is answered with this one.
    sim.feed(Input::Save);
    assert_eq!((sim.saved(), sim.fabric.saves), (vec![], 0));
    let ticket = sim.copying.take().unwrap();
    let why = "leaf1 did not answer".to_owned();
    sim.feed(Input::Read(ticket, Err(Failure { class: Class::Timeout, why })));
    assert_eq!(sim.saved().len(), 1);
    assert!(sim.session.is_up());
}

#[test]
fn a_vlan_database_that_could_not_be_read_is_not_told_to_reserve_the_vlan() {
    let mut sim = Sim::up();
    sim.fabric.refuses.insert(Query::Vlans);
    sim.intent(&[(Place::VlanDatabase, "300")], &[], false);
    let told = sim.results();
    assert!(
        matches!(told.as_slice(), [(_, 300, StepResult::Refused(why))] if why.contains("could not be read")),
        "{told:?}"
    );
}

#[test]
fn a_port_whose_addresses_were_not_asked_for_is_not_told_to_have_none() {
    let mut sim = Sim::up();
    let unknown = InterfaceName::Ethernet(1, 9);
    sim.feed(Input::Look(BTreeSet::from([PORT, unknown])));
    let looked = |event: &Event| {
        let Event::Observed(seen) = event else { return None };
        seen.macs.is_some().then(|| seen.scope.clone())
    };
    let scopes: Vec<Scope> = sim.events.iter().filter_map(looked).collect();
    assert_eq!(scopes, [Scope::Interfaces(BTreeSet::from([PORT]))]);
    sim.reads.clear();
    sim.feed(Input::Look(BTreeSet::from([unknown])));
    assert_eq!(sim.reads, Vec::<Vec<Query>>::new());
}

#[test]
fn what_a_switch_keeps_for_itself_depends_on_its_platform() {
    let refused = |platform: &'static str| {
        let mut sim = Sim::with(|sim| sim.platform = platform);
        sim.intent(&[(Place::VlanDatabase, "4050")], &[], false);
        let told = sim.results();
        assert!(matches!(told.as_slice(), [(_, 4050, _)]), "{told:?}");
        told.iter().any(|(_, _, result)| matches!(result, StepResult::Refused(why) if why.contains("reserved")))
    };
    assert!(refused("Nexus9000 C93180YC-EX chassis"));
    assert!(!refused("Nexus 5596 Chassis"));
}

#[test]
fn a_switch_that_is_down_is_tried_at_its_own_pace_whatever_is_asked_of_it() {
    let mut sim = Sim::up();
    sim.alive = false;
    sim.pass(5 * 60 * SECOND);
    assert!(!sim.session.is_up());
    let before = (sim.reads.len(), sim.writes.len(), sim.claims);
    for _ in 0..120 {
        sim.intent(&[(ON, "10")], &[], true);
        sim.feed(Input::Look(BTreeSet::from([PORT])));
        sim.feed(Input::Save);
        sim.pass(SECOND);
    }
    // A pause is between 30 and 60 s by now.
    let tries = sim.reads.len() - before.0;
    assert!((1..=4).contains(&tries), "{tries} tries in two minutes");
    assert_eq!((sim.writes.len(), sim.claims), (before.1, before.2));
}
