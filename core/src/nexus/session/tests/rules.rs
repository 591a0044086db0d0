//! What the session does and never does.

use std::time::Duration;

use proptest::prelude::*;

use super::{
    super::{Action, Input},
    sim::{Fault, OTHER, PORT, Sim, set, vlan},
};
use crate::{
    net::{InterfaceName, VlanSet},
    nexus::Query,
    tracker::{Event, Permit, Place, Scope, StepResult},
};
use std::collections::BTreeSet;

const ON: Place = Place::Interface(PORT);
const ON_OTHER: Place = Place::Interface(OTHER);
const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn the_first_thing_is_a_whole_reading() {
    let mut sim = Sim::new();
    sim.feed(Input::Woke);
    let Some(Event::Observed(seen)) = sim.events.first() else { panic!("{:?}", sim.events) };
    assert_eq!((seen.scope.clone(), seen.ports.len()), (Scope::Whole, 2));
    assert!(
        seen.identity.is_some() && seen.vlans.is_some() && seen.port_channels.is_some() && seen.neighbors.is_some()
    );
    assert_eq!(seen.ports[&PORT].up, Some(true));
}

#[test]
fn an_intent_that_changes_nothing_costs_no_claim_no_write_and_no_reading() {
    let mut sim = Sim::up();
    sim.intent(&[(ON, "100")], &[], false);
    assert_eq!((sim.claims, sim.writes.len(), sim.reads.len()), (0, 0, 0));
    assert_eq!(sim.results(), [(ON, 100, StepResult::WasThere)]);
    sim.events.clear();
    sim.intent(&[(ON, "100")], &[], false);
    assert_eq!(sim.results(), [], "it is told once");
}

#[test]
fn an_addition_is_read_claimed_written_and_read_back() {
    let mut sim = Sim::up();
    sim.intent(&[(ON, "10,100"), (Place::VlanDatabase, "10,300")], &[], false);
    let lines = ["vlan 300", "exit", "interface Ethernet1/1", "switchport trunk allowed vlan add 10"];
    assert_eq!(sim.writes, [lines.map(str::to_owned).to_vec()]);
    let narrow = vec![Query::Vlans, Query::PortConfig(PORT)];
    assert_eq!(sim.reads, [narrow.clone(), narrow]);
    let added = [(Place::VlanDatabase, 300, StepResult::Added), (ON, 10, StepResult::Added)];
    assert_eq!(sim.results().get(..2), Some(added.as_slice()));
    assert!(matches!(sim.events.get(1), Some(Event::Observed(seen)) if seen.ports[&PORT].allowed.contains(vlan(10))));
    assert!(!sim.session.is_writing());
}

#[test]
fn a_withdrawal_leaves_what_is_foreign_and_the_last_vlan() {
    let mut sim = Sim::up();
    sim.intent(&[(ON, "10")], &[], false);
    sim.events.clear();
    sim.intent(&[], &[(ON, "10")], false);
    assert_eq!(sim.ports[&PORT], set("100"));
    assert_eq!(sim.results(), [(ON, 10, StepResult::Removed)]);
    sim.events.clear();
    sim.intent(&[], &[(ON, "100")], false);
    assert_eq!(sim.ports[&PORT], set("100"));
    assert_eq!(sim.results(), [(ON, 100, StepResult::WasThere)]);
}

#[test]
fn a_vlan_that_is_back_after_its_removal_is_somebody_elses() {
    let mut sim = Sim::up();
    sim.intent(&[(ON, "7")], &[], false);
    sim.events.clear();
    let intent = sim.make(&[], &[(ON, "7")], false);
    sim.push(Input::Intent(intent));
    while sim.ports[&PORT].contains(vlan(7)) {
        assert!(sim.step());
    }
    sim.ports.insert(PORT, set("7,100"));
    while sim.step() {}
    assert_eq!(sim.results(), [(ON, 7, StepResult::WasThere)]);
    assert_eq!(sim.writes.len(), 2, "it is left alone");
}

#[test]
fn an_urgent_addition_goes_out_on_the_last_reading_and_is_settled_by_the_log() {
    let mut sim = Sim::up();
    sim.pass(MINUTE);
    sim.reads.clear();
    sim.events.clear();
    sim.intent(&[(ON, "10")], &[], true);
    assert_eq!(sim.reads.first(), Some(&vec![Query::PortConfig(PORT)]), "only the read-back");
    assert_eq!(sim.writes.len(), 1);
    assert!(matches!(sim.events.first(), Some(Event::Observed(_))), "seen at once: {:?}", sim.events);
    sim.pass(Duration::from_secs(11));
    assert_eq!(sim.results(), [(ON, 10, StepResult::Added)]);
}

#[test]
fn an_urgent_addition_that_somebody_else_made_meanwhile_is_foreign() {
    let mut sim = Sim::up();
    sim.ports.insert(PORT, set("10,100"));
    sim.note("ann", PORT, "add", &set("10"));
    sim.intent(&[(ON, "10")], &[], true);
    sim.pass(Duration::from_secs(11));
    assert_eq!(sim.results(), [(ON, 10, StepResult::WasThere)]);
}

#[test]
fn an_urgent_addition_on_an_old_reading_reads_first() {
    let mut sim = Sim::up();
    sim.now = sim.now + 6 * MINUTE;
    let intent = sim.make(&[(ON, "10")], &[], true);
    sim.push(Input::Intent(intent));
    assert!(matches!(sim.queue.front(), Some(Action::Read(_, queries)) if *queries == [Query::PortConfig(PORT)]));
}

#[test]
fn a_refusal_is_told_in_the_devices_words_and_the_rest_goes_on() {
    let mut sim = Sim::up();
    sim.fault = Fault::Refuse(10);
    sim.intent(&[(ON, "10"), (ON_OTHER, "20")], &[], false);
    assert_eq!(sim.ports[&OTHER], set("20,100"));
    let told = sim.results();
    assert!(told.contains(&(ON, 10, StepResult::Refused("ERROR: no".to_owned()))), "{told:?}");
    assert!(told.contains(&(ON_OTHER, 20, StepResult::Added)), "{told:?}");
    assert_eq!(sim.writes.len(), 2, "the refused one is not tried again at once");
}

#[test]
fn a_cut_write_is_read_back_and_proved_before_it_counts() {
    let mut sim = Sim::up();
    sim.fault = Fault::CutAfter;
    sim.intent(&[(ON, "10")], &[], false);
    sim.pass(Duration::from_secs(11));
    assert_eq!(sim.results(), [(ON, 10, StepResult::Added)]);
    assert_eq!(sim.writes.len(), 1, "it is not repeated");
}

#[test]
fn a_write_that_was_cut_off_before_it_did_anything_is_tried_once_more() {
    let mut sim = Sim::up();
    sim.fault = Fault::CutBefore;
    sim.intent(&[(ON, "10")], &[], false);
    assert_eq!((sim.writes.len(), sim.results()), (2, vec![(ON, 10, StepResult::Added)]));
    sim.events.clear();
    sim.fault = Fault::AlwaysCut;
    sim.intent(&[(ON, "10,20")], &[], false);
    assert_eq!(sim.writes.len(), 4);
    assert!(matches!(sim.results().as_slice(), [(ON, 20, StepResult::Unknown(_))]), "{:?}", sim.results());
}

#[test]
fn when_the_read_back_fails_too_it_is_unknown_and_proved_after_the_return() {
    let mut sim = Sim::up();
    sim.fault = Fault::Dead;
    sim.intent(&[(ON, "10")], &[], false);
    assert!(matches!(sim.results().as_slice(), [(ON, 10, StepResult::Unknown(_))]));
    assert_eq!(sim.lost(), ["leaf1 did not answer"]);
    sim.events.clear();
    sim.alive = true;
    sim.pass(2 * MINUTE);
    assert_eq!(sim.results(), [(ON, 10, StepResult::Added)]);
    assert_eq!(sim.writes.len(), 1);
}

#[test]
fn what_the_log_proved_is_not_told_to_be_foreign_afterwards() {
    let mut sim = Sim::up();
    sim.fault = Fault::Dead;
    sim.intent(&[(ON, "10")], &[], false);
    // The core waits, then asks anew, before the log was read.
    sim.intent(&[(ON, "100")], &[], false);
    sim.intent(&[(ON, "10")], &[], false);
    sim.events.clear();
    sim.alive = true;
    sim.pass(2 * MINUTE);
    assert_eq!(sim.results(), [(ON, 10, StepResult::Added)]);
    // The next write makes the session look at everything once more, for an intent from before it told.
    sim.intent(&[(ON, "10"), (ON_OTHER, "20")], &[], false);
    assert_eq!(sim.results(), [(ON, 10, StepResult::Added), (ON_OTHER, 20, StepResult::Added)]);
}

#[test]
fn a_switch_that_is_down_is_told_once_and_tried_ever_more_slowly() {
    let mut sim = Sim::new();
    sim.alive = false;
    sim.pass(10 * MINUTE);
    assert_eq!(sim.lost().len(), 1);
    assert!((10..40).contains(&sim.reads.len()), "{} tries in ten minutes", sim.reads.len());
    sim.alive = true;
    sim.pass(2 * MINUTE);
    assert!(sim.session.is_up());
}

#[test]
fn without_the_store_nothing_is_written() {
    let mut sim = Sim::up();
    sim.store_works = false;
    sim.intent(&[(ON, "10")], &[], false);
    sim.pass(MINUTE);
    assert!(sim.writes.is_empty() && (2..20).contains(&sim.claims));
    sim.store_works = true;
    sim.pass(MINUTE);
    assert_eq!(sim.ports[&PORT], set("10,100"));
}

#[test]
fn another_serial_number_is_never_written() {
    let mut sim = Sim::new();
    sim.serial = "S2";
    sim.feed(Input::Woke);
    sim.intent(&[(ON, "10")], &[], false);
    assert!(sim.writes.is_empty() && sim.claims == 0);
    assert!(sim.lost().iter().any(|why| why.contains("S2") && why.contains("S1")), "{:?}", sim.lost());
}

#[test]
fn the_newest_intent_wins_between_claim_and_write() {
    let mut sim = Sim::up();
    let first = sim.make(&[(ON, "10,20")], &[], true);
    let second = sim.make(&[(ON, "20")], &[], true);
    sim.push(Input::Intent(first));
    assert!(matches!(sim.queue.front(), Some(Action::Claim(..))));
    sim.feed(Input::Intent(second));
    assert_eq!(sim.ports[&PORT], set("20,100"));
    assert!(sim.results().contains(&(ON, 10, StepResult::WasGone)), "{:?}", sim.results());
}

#[test]
fn a_permit_that_came_too_late_is_void() {
    let mut sim = Sim::up();
    let intent = sim.make(&[(ON, "10")], &[], true);
    sim.push(Input::Intent(intent));
    let Some(Action::Claim(ticket, _)) = sim.queue.pop_front() else { panic!() };
    let late = Permit::grant(1, sim.now);
    sim.push(Input::Claimed(ticket, Ok(late)));
    assert!(sim.queue.is_empty(), "{:?}", sim.queue);
    let stale = Permit::grant(1, sim.now + MINUTE);
    sim.push(Input::Claimed(ticket, Ok(stale)));
    assert!(sim.queue.is_empty(), "an answer to an old question");
}

#[test]
fn claims_of_the_process_before_are_settled() {
    let mut sim = Sim::new();
    sim.ports.insert(PORT, set("10,30,100"));
    sim.note("us", PORT, "add", &set("10"));
    sim.inherit(&[(ON, 10), (ON, 20), (ON, 30)]);
    sim.pass(Duration::from_secs(11));
    let mut told = sim.results();
    told.sort_by_key(|(_, vlan, _)| *vlan);
    let expected = [(ON, 10, StepResult::Added), (ON, 20, StepResult::WasGone), (ON, 30, StepResult::WasThere)];
    assert_eq!(told, expected);
}

#[test]
fn a_created_vlan_is_told() {
    let mut sim = Sim::up();
    sim.intent(&[(Place::VlanDatabase, "300")], &[], false);
    let seen = sim.events.iter().any(|event| {
        matches!(event, Event::Observed(seen) if seen.vlans.as_ref().is_some_and(|vlans| vlans.present.contains(vlan(300))))
    });
    assert!(seen, "{:?}", sim.events);
}

#[test]
fn a_port_that_appears_later_is_found_and_one_that_is_none_is_refused() {
    let mut sim = Sim::up();
    let channel = InterfaceName::PortChannel(7);
    sim.intent(&[(Place::Interface(channel), "10")], &[], false);
    assert!(matches!(sim.results().as_slice(), [(_, 10, StepResult::Refused(_))]), "{:?}", sim.results());
    sim.ports.insert(channel, set("100"));
    sim.pass(2 * MINUTE);
    sim.intent(&[(Place::Interface(channel), "10")], &[], false);
    assert_eq!(sim.ports[&channel], set("10,100"));
}

#[test]
fn a_reading_from_before_a_write_does_not_undo_what_is_known() {
    let mut sim = Sim::up();
    sim.feed(Input::Look(BTreeSet::new()));
    sim.push(Input::Look(BTreeSet::from([PORT])));
    let Some(Action::Read(ticket, _)) = sim.queue.pop_front() else { panic!() };
    let old = vec![Ok(crate::nexus::Piece::Config([(PORT, Default::default())].into()))];
    sim.intent(&[(ON, "10")], &[], false);
    sim.events.clear();
    sim.feed(Input::Read(ticket, Ok(old)));
    let Some(Event::Observed(seen)) = sim.events.first() else { panic!() };
    assert!(matches!(&seen.ports[&PORT].allowed, crate::tracker::Allowed::List(list) if list.contains(vlan(10))));
}

#[test]
fn a_look_brings_the_ports_and_their_addresses() {
    let mut sim = Sim::up();
    sim.feed(Input::Look(BTreeSet::from([PORT])));
    let Some(Event::Observed(seen)) = sim.events.first() else { panic!() };
    assert_eq!(seen.scope, Scope::Interfaces(BTreeSet::from([PORT])));
    assert!(seen.macs.is_some() && seen.ports.contains_key(&PORT));
}

#[test]
fn a_quiet_hour_costs_few_readings() {
    let mut sim = Sim::up();
    sim.intent(&[(ON, "100")], &[], false);
    sim.pass(60 * MINUTE);
    assert!((60..90).contains(&sim.reads.len()), "{} readings", sim.reads.len());
    assert_eq!(sim.writes.len(), 0);
}

#[test]
fn what_somebody_removed_is_put_back_when_it_is_seen() {
    let mut sim = Sim::up();
    sim.intent(&[(ON, "10")], &[], false);
    sim.ports.insert(PORT, set("100"));
    sim.pass(6 * MINUTE);
    assert_eq!(sim.ports[&PORT], set("10,100"));
}

#[test]
fn after_a_stop_nothing_begins() {
    let mut sim = Sim::up();
    sim.feed(Input::Stop);
    sim.intent(&[(ON, "10")], &[], true);
    assert!(sim.writes.is_empty() && sim.claims == 0 && sim.session.next_deadline().is_none());
}

#[derive(Clone, Debug)]
enum Op {
    Want(u16, bool),
    Drop(u16),
    Fault(Fault),
    Revive,
    Foreign(u16),
    Pass(u64),
    Store(bool),
}

fn any_op() -> impl Strategy<Value = Op> {
    let fault = prop_oneof![
        (2u16..8).prop_map(Fault::Refuse),
        Just(Fault::CutAfter),
        Just(Fault::CutBefore),
        Just(Fault::Dead)
    ];
    prop_oneof![
        4 => (2u16..8, any::<bool>()).prop_map(|(vlan, urgent)| Op::Want(vlan, urgent)),
        3 => (2u16..8).prop_map(Op::Drop),
        1 => fault.prop_map(Op::Fault),
        1 => Just(Op::Revive),
        1 => (50u16..60).prop_map(Op::Foreign),
        2 => (1u64..400).prop_map(Op::Pass),
        1 => any::<bool>().prop_map(Op::Store),
    ]
}

proptest! {
    #![proptest_config(crate::tracker::tests::cases(200))]

    /// Whatever happens: nothing unclaimed is written (the switch asserts that), nothing foreign goes, and in the end
    /// the switch carries what is wanted.
    #[test]
    fn nothing_foreign_is_removed_and_it_ends_as_wanted(ops in proptest::collection::vec(any_op(), 1..25)) {
        let mut sim = Sim::up();
        let (mut wanted, mut gone, mut foreign) = (set("100"), VlanSet::EMPTY, set("100"));
        for op in ops {
            match op {
                Op::Want(number, _) => { wanted.insert(vlan(number)); gone.remove(vlan(number)); }
                Op::Drop(number) if wanted.remove(vlan(number)) => { gone.insert(vlan(number)); }
                Op::Drop(_) => {}
                Op::Fault(fault) => sim.fault = fault,
                Op::Revive => sim.alive = true,
                Op::Foreign(number) => {
                    foreign.insert(vlan(number));
                    let list = sim.ports.get_mut(&PORT).unwrap();
                    list.insert(vlan(number));
                    sim.note("ann", PORT, "add", &VlanSet::from(vlan(number)));
                }
                Op::Pass(seconds) => sim.pass(Duration::from_secs(seconds)),
                Op::Store(works) => sim.store_works = works,
            }
            let urgent = matches!(op, Op::Want(_, true));
            sim.intent(&[(ON, &wanted.to_string())], &[(ON, &gone.to_string())], urgent);
            prop_assert!(foreign.is_subset(&sim.ports[&PORT]), "foreign VLANs went: {:?}", sim.ports);
        }
        sim.alive = true;
        sim.store_works = true;
        sim.fault = Fault::None;
        sim.pass(5 * MINUTE);
        sim.intent(&[(ON, &wanted.to_string())], &[(ON, &gone.to_string())], false);
        sim.pass(MINUTE);
        prop_assert!(wanted.is_subset(&sim.ports[&PORT]));
        prop_assert!(sim.ports[&PORT].intersection(&gone).is_empty());
        prop_assert!(foreign.is_subset(&sim.ports[&PORT]));
    }
}
