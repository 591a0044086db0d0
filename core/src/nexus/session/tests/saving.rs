//! A save: only what is ours, never beside a write, one at a time.

use std::time::Duration;

use proptest::prelude::*;

use super::{
    super::{Action, Input},
    sim::{PORT, Sim, set},
};
use crate::{
    net::InterfaceName,
    nexus::Query,
    tracker::{Event, Place, SaveOutcome},
};

const ON: Place = Place::Interface(PORT);

fn written() -> Sim {
    let mut sim = Sim::up();
    sim.intent(&[(ON, "10")], &[], false);
    sim.events.clear();
    sim.reads.clear();
    sim
}

#[test]
fn a_save_looks_at_the_log_first() {
    let mut sim = written();
    sim.feed(Input::Save);
    assert_eq!(sim.reads, [vec![Query::AccountingLog], vec![Query::Save]]);
    assert_eq!((sim.saved(), sim.fabric.saves), (vec![SaveOutcome::Saved], 1));
}

#[test]
fn a_line_of_somebody_else_is_not_saved() {
    let mut sim = written();
    sim.note("ann", PORT, "add", &set("30"));
    sim.feed(Input::Save);
    assert!(matches!(sim.saved().as_slice(), [SaveOutcome::ForeignUnsaved(line)] if line.contains("ann")));
    assert_eq!(sim.fabric.saves, 0);
    // She saves, and from then on only ours is unsaved.
    sim.fabric.save(&mut sim.log);
    sim.feed(Input::Save);
    assert_eq!(sim.saved().last(), Some(&SaveOutcome::Saved));
}

#[test]
fn without_a_log_nothing_is_saved() {
    let mut sim = written();
    sim.log.clear();
    sim.feed(Input::Save);
    assert!(matches!(sim.saved().as_slice(), [SaveOutcome::ForeignUnsaved(why)] if why.contains("nobody can tell")));
}

#[test]
fn a_refusal_is_told_in_the_devices_words() {
    let mut sim = written();
    sim.fabric.refuses_to_save = Some("another copy is in progress");
    sim.feed(Input::Save);
    assert_eq!(sim.saved(), [SaveOutcome::Refused("another copy is in progress".to_owned())]);
}

#[test]
fn a_switch_that_is_lost_saves_nothing_and_says_so() {
    let mut sim = Sim::new();
    sim.feed(Input::Save);
    assert!(matches!(sim.saved().as_slice(), [SaveOutcome::Unknown(_)]));
    let mut sim = written();
    sim.alive = false;
    sim.feed(Input::Save);
    assert!(matches!(sim.saved().as_slice(), [SaveOutcome::Unknown(_)]), "{:?}", sim.saved());
}

#[test]
fn a_save_waits_for_the_write_and_writes_go_on_beside_it() {
    let mut sim = written();
    sim.copies_slowly = true;
    let intent = sim.make(&[(ON, "10,20")], &[], true);
    sim.push(Input::Intent(intent));
    assert!(matches!(sim.queue.front(), Some(Action::Claim(..))));
    sim.push(Input::Save);
    assert!(!sim.queue.iter().any(|action| matches!(action, Action::Read(_, asked) if asked == &[Query::Save])));
    while sim.step() {}
    assert!(sim.copying.is_some() && sim.ports[&PORT] == set("10,20,100"), "written first, then saved");
    sim.feed(Input::Save);
    sim.intent(&[(ON, "10,20,30")], &[], true);
    assert_eq!(sim.ports[&PORT], set("10,20,30,100"), "a write does not wait for a save");
    assert_eq!(sim.saved(), []);
    sim.copied();
    assert_eq!((sim.saved(), sim.fabric.saves), (vec![SaveOutcome::Saved], 1));
}

#[test]
fn what_was_written_after_a_save_began_is_not_in_it() {
    let mut sim = written();
    sim.copies_slowly = true;
    sim.feed(Input::Save);
    let began = sim.now;
    sim.now = sim.now + Duration::from_secs(60);
    sim.copied();
    let at = |event: &Event| if let Event::Saved { at, .. } = event { Some(*at) } else { None };
    assert!(sim.events.iter().find_map(at).is_some_and(|at| at <= began), "{:?}", sim.events);
}

#[test]
fn a_save_that_nobody_answered_is_unknown_and_loses_no_switch() {
    let mut sim = written();
    sim.copies_slowly = true;
    sim.feed(Input::Save);
    let ticket = sim.copying.take().unwrap();
    let why = "leaf1 did not answer".to_owned();
    sim.feed(Input::Read(ticket, Err(super::super::Failure { class: super::super::Class::Timeout, why: why.clone() })));
    assert_eq!(sim.saved(), [SaveOutcome::Unknown(why)]);
    assert!(sim.session.is_up());
}

#[derive(Clone, Debug)]
enum Op {
    Save,
    Copied,
    Want(u16, bool),
    Foreign,
    Pass(u64),
    Alive(bool),
}

fn any_op() -> impl Strategy<Value = Op> {
    prop_oneof![
        3 => Just(Op::Save),
        2 => Just(Op::Copied),
        3 => (2u16..50, any::<bool>()).prop_map(|(vlan, urgent)| Op::Want(vlan, urgent)),
        1 => Just(Op::Foreign),
        2 => (1u64..200).prop_map(Op::Pass),
        1 => any::<bool>().prop_map(Op::Alive),
    ]
}

proptest! {
    #![proptest_config(crate::tracker::tests::cases(200))]

    /// Whatever happens: a save never begins beside a write or another save (the switch asserts that), nothing of
    /// anybody else is saved, and everybody who asked is answered in the end.
    #[test]
    fn a_save_keeps_to_its_rules(ops in proptest::collection::vec(any_op(), 1..30), slowly in any::<bool>()) {
        let mut sim = Sim::up();
        sim.copies_slowly = slowly;
        sim.note("us", InterfaceName::Ethernet(1, 9), "add", &set("9"));
        let mut wanted = set("100");
        for op in ops {
            let saves = sim.fabric.saves;
            let foreign = sim.log.contains("user=ann");
            match op {
                Op::Save => sim.feed(Input::Save),
                Op::Copied => sim.copied(),
                Op::Want(number, urgent) => {
                    wanted.insert(super::sim::vlan(number));
                    sim.intent(&[(ON, &wanted.to_string())], &[], urgent);
                }
                Op::Foreign if sim.copying.is_none() => sim.note("ann", PORT, "add", &set("60")),
                Op::Foreign => {}
                Op::Pass(seconds) => sim.pass(Duration::from_secs(seconds)),
                Op::Alive(alive) => sim.alive = alive,
            }
            prop_assert!(!foreign || sim.fabric.saves == saves, "somebody else's line was saved");
        }
        sim.alive = true;
        sim.copied();
        sim.pass(Duration::from_secs(300));
        sim.events.clear();
        sim.copies_slowly = false;
        sim.feed(Input::Save);
        prop_assert_eq!(sim.saved().len(), 1);
    }
}
