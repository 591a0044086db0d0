//! The books on virtual time: tables of what a VM meets, and agreement with a recomputation from scratch.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use proptest::prelude::*;
use vmtracker_core::net::{InterfaceName, MoId, VlanId, VlanSet};

use super::{
    books::{Books, Key, State},
    oracle::Oracle,
    score::{DarkSeconds, Score},
};
use crate::lab::model::{
    LabTime,
    dataplane::{Fabric, Leg, Place, Truth},
};

pub(super) fn leg(switch: &str, port: u16, vlan: u16) -> Leg {
    Leg { place: place(switch, port), vlan: VlanId::new(vlan).expect("a VLAN") }
}

fn place(switch: &str, port: u16) -> Place {
    Place::new(switch, InterfaceName::Ethernet(1, port))
}

/// Trunks that forward whatever they allow.
#[derive(Clone, Default)]
struct Trunks(BTreeMap<Place, VlanSet>);

impl Fabric for Trunks {
    fn forwards(&self, leg: &Leg) -> bool {
        self.allowed(&leg.place).contains(leg.vlan)
    }

    fn untagged(&self, _: &Place) -> Option<VlanId> {
        None
    }

    fn native(&self, _: &Place) -> Option<VlanId> {
        None
    }

    fn allowed(&self, place: &Place) -> VlanSet {
        self.0.get(place).cloned().unwrap_or_default()
    }

    fn is_up(&self, place: &Place) -> bool {
        self.0.contains_key(place)
    }
}

/// A VM on `host`, whose port 1..n on switches a (active) and b (standby) is the host's number.
fn vm(host: u16, vlan: u16, moving: Option<u16>) -> Truth {
    let both = |host| BTreeSet::from([leg("a", host, vlan), leg("b", host, vlan)]);
    Truth {
        host: host_id(host),
        requires: both(host),
        uses: BTreeSet::from([leg("a", host, vlan)]),
        untagged: BTreeSet::new(),
        blocked: false,
        moving: moving.map(|to| (host_id(to), both(to))),
    }
}

fn host_id(host: u16) -> MoId {
    MoId::from(format!("host-{host}"))
}

fn key(number: u16) -> Key {
    ("vc".into(), MoId::from(format!("vm-{number}")))
}

/// Books over two switches with four ports each, with VLAN 1 on every trunk.
struct Bench {
    books: Books,
    trunks: Trunks,
    now: LabTime,
    number: u64,
}

impl Bench {
    fn new() -> Self {
        let places = ["a", "b"].into_iter().flat_map(|switch| (1..=4).map(move |port| place(switch, port)));
        let trunks = Trunks(places.map(|place| (place, VlanSet::from(VlanId::MIN))).collect());
        let oracle = Oracle::new(Duration::from_millis(10), Duration::from_secs(5));
        let books = Books::new(oracle, trunks.0.keys().cloned(), &trunks);
        Self { books, trunks, now: LabTime::ZERO, number: 0 }
    }

    fn see(&mut self, number: u16, truth: Option<Truth>) -> &mut Self {
        self.number += 1;
        self.books.see(&key(number), truth, self.number, &self.trunks, self.now);
        self.books.told(&"vc".into(), self.number, self.now);
        self
    }

    fn set(&mut self, leg: &Leg, on: bool) -> &mut Self {
        let list = self.trunks.0.entry(leg.place.clone()).or_default();
        if on {
            list.insert(leg.vlan)
        } else {
            list.remove(leg.vlan)
        };
        self.books.look(&leg.place.switch, &self.trunks, self.now);
        self
    }

    fn both(&mut self, host: u16, vlan: u16, on: bool) -> &mut Self {
        self.set(&leg("a", host, vlan), on).set(&leg("b", host, vlan), on)
    }

    const fn seconds(&mut self, seconds: u64) -> &mut Self {
        self.now = self.now.saturating_add(Duration::from_secs(seconds));
        self
    }

    const fn millis(&mut self, millis: u64) -> &mut Self {
        self.now = self.now.saturating_add(Duration::from_millis(millis));
        self
    }

    fn score(&mut self) -> Score {
        self.books.score(self.now)
    }

    /// VM 1 runs on host 1 in VLAN 10 and is configured; the run begins.
    fn settled() -> Self {
        let mut bench = Self::new();
        bench.see(1, Some(vm(1, 10, None))).both(1, 10, true);
        bench.books.restart(bench.now);
        bench
    }
}

#[track_caller]
fn check(script: impl FnOnce(&mut Bench), planned: f64, unplanned: f64, moves: [u64; 3]) {
    let mut bench = Bench::settled();
    script(&mut bench);
    let score = bench.score();
    assert_eq!(score.dark_vm_seconds, DarkSeconds { planned, unplanned });
    assert_eq!([score.moves, score.moves_needing_a_write, score.moves_ready_before_arrival], moves);
}

#[test]
fn a_move_whose_vlan_stands_in_time_is_ready_and_never_dark() {
    let script = |bench: &mut Bench| {
        bench.see(1, Some(vm(1, 10, Some(2)))).seconds(1).both(2, 10, true).seconds(1);
        bench.see(1, Some(vm(2, 10, None))).seconds(5);
    };
    check(script, 0.0, 0.0, [1, 1, 1]);
}

#[test]
fn a_move_that_arrives_first_is_dark_until_its_line_stands() {
    let script = |bench: &mut Bench| {
        bench.see(1, Some(vm(1, 10, Some(2)))).seconds(2).see(1, Some(vm(2, 10, None)));
        bench.seconds(3).both(2, 10, true).seconds(5);
    };
    check(script, 3.0, 0.0, [1, 1, 0]);
}

#[test]
fn a_move_with_only_its_active_leg_is_not_ready_but_not_dark() {
    let script = |bench: &mut Bench| {
        bench.see(1, Some(vm(1, 10, Some(2)))).set(&leg("a", 2, 10), true).seconds(2);
        bench.see(1, Some(vm(2, 10, None))).seconds(3);
    };
    check(script, 0.0, 0.0, [1, 1, 0]);
}

#[test]
fn a_move_to_a_port_that_has_the_vlan_needs_no_write() {
    let script = |bench: &mut Bench| {
        bench.both(2, 10, true).see(1, Some(vm(1, 10, Some(2)))).seconds(1).see(1, Some(vm(2, 10, None))).seconds(1);
    };
    check(script, 0.0, 0.0, [1, 0, 0]);
}

#[test]
fn a_failed_move_is_no_move() {
    let script = |bench: &mut Bench| {
        bench.see(1, Some(vm(1, 10, Some(2)))).seconds(1).see(1, Some(vm(1, 10, None))).seconds(1);
    };
    check(script, 0.0, 0.0, [0, 0, 0]);
}

/// Milliseconds by which a move's VLANs stood before the arrival, and how many moves were never ready.
#[track_caller]
fn check_lead(script: impl FnOnce(&mut Bench), lead: Option<f64>, never: u64) {
    let mut bench = Bench::settled();
    script(&mut bench);
    let leads = bench.score().ready_before_arrival_ms;
    assert_eq!((leads.min, leads.p99, leads.never), (lead, lead, never));
}

#[test]
fn the_margin_of_a_move_counts_from_when_every_leg_stood() {
    let begin = |bench: &mut Bench| {
        bench.see(1, Some(vm(1, 10, Some(2)))).set(&leg("a", 2, 10), true).seconds(1);
    };
    let arrive = |bench: &mut Bench| {
        bench.see(1, Some(vm(2, 10, None))).seconds(3);
    };
    let stand = |bench: &mut Bench| {
        bench.set(&leg("b", 2, 10), true).seconds(4);
    };
    check_lead(|bench| [begin, stand, arrive].iter().for_each(|act| act(bench)), Some(4000.0), 0);
    check_lead(|bench| [begin, arrive, stand].iter().for_each(|act| act(bench)), Some(-3000.0), 0);
    check_lead(|bench| [begin, arrive].iter().for_each(|act| act(bench)), None, 1);
    let fail = |bench: &mut Bench| {
        bench.see(1, Some(vm(1, 10, None))).seconds(1);
    };
    check_lead(|bench| [begin, fail, stand].iter().for_each(|act| act(bench)), None, 0);
    // Powered off where it arrived: nobody waits any more, and it was never ready.
    let off = |bench: &mut Bench| {
        bench.see(1, None).seconds(1);
    };
    check_lead(|bench| [begin, arrive, off, stand].iter().for_each(|act| act(bench)), None, 1);
}

#[test]
fn a_restart_that_nobody_announced_is_unplanned() {
    let script = |bench: &mut Bench| {
        bench.see(1, Some(vm(2, 10, None))).seconds(4).both(2, 10, true).seconds(1);
    };
    check(script, 0.0, 4.0, [0, 0, 0]);
}

#[test]
fn a_power_on_is_unplanned_and_a_power_off_ends_it() {
    let script = |bench: &mut Bench| {
        bench.see(2, Some(vm(3, 11, None))).seconds(2).see(2, None).seconds(7);
    };
    check(script, 0.0, 2.0, [0, 0, 0]);
}

#[test]
fn another_port_group_is_unplanned() {
    check(
        |bench| {
            bench.see(1, Some(vm(1, 12, None))).seconds(2).both(1, 12, true).seconds(1);
        },
        0.0,
        2.0,
        [0, 0, 0],
    );
}

#[test]
fn a_vlan_that_is_taken_away_under_a_running_vm_has_no_excuse() {
    let script = |bench: &mut Bench| {
        bench.seconds(1).both(1, 10, false).seconds(6).both(1, 10, true).seconds(1);
    };
    check(script, 6.0, 0.0, [0, 0, 0]);
}

/// VM 2 starts where its VLAN stands, unannounced; around it a write takes the VLAN away for two seconds. The write
/// begins so long `before` that, or `after` it.
fn taken(bench: &mut Bench, before: u64, after: u64) {
    bench.both(3, 10, true).seconds(1);
    if before > 0 {
        bench.books.served(&"a".into(), true, true, bench.now);
    }
    bench.millis(before).see(2, Some(vm(3, 10, None))).millis(after);
    if after > 0 {
        bench.books.served(&"a".into(), true, true, bench.now);
    }
    bench.set(&leg("a", 3, 10), false).seconds(2).set(&leg("a", 3, 10), true).seconds(1);
}

#[test]
fn a_write_that_began_before_an_unannounced_need_was_told_has_an_excuse() {
    check(|bench| taken(bench, 5, 0), 0.0, 2.0, [0, 0, 0]);
    check(|bench| taken(bench, 0, 10), 0.0, 2.0, [0, 0, 0]);
    check(|bench| taken(bench, 0, 11), 2.0, 0.0, [0, 0, 0]);
}

#[test]
fn another_port_group_in_the_middle_of_a_move_is_unplanned_where_it_arrives() {
    let script = |bench: &mut Bench| {
        bench.both(1, 12, true).see(1, Some(vm(1, 10, Some(2)))).both(2, 10, true).seconds(1);
        bench.see(1, Some(vm(1, 12, Some(2)))).millis(1).see(1, Some(vm(2, 12, None))).seconds(2).both(2, 12, true);
        bench.seconds(1).both(2, 12, false).seconds(3);
    };
    check(script, 3.0, 2.0, [1, 1, 0]);
}

#[test]
fn a_vm_without_any_uplink_is_dark() {
    let script = |bench: &mut Bench| {
        bench.see(1, Some(Truth { uses: BTreeSet::new(), blocked: true, ..vm(1, 10, None) })).seconds(3);
    };
    check(script, 3.0, 0.0, [0, 0, 0]);
}

#[test]
fn surplus_is_what_was_added_and_is_not_needed() {
    let mut bench = Bench::settled();
    bench.see(1, None).seconds(5);
    assert_eq!(bench.score().surplus_vlan_seconds, 10.0, "two legs for five seconds");
    bench.set(&leg("a", 1, 10), false).seconds(1);
    assert_eq!(bench.score().surplus_vlan_seconds, 11.0);
    bench.see(1, Some(vm(1, 10, None))).seconds(9);
    let score = bench.score();
    assert_eq!(score.surplus_vlan_seconds, 11.0, "needed again; VLAN 1 was there before and never counts");
    assert_eq!((score.vlans_added, score.vlans_withdrawn), (0, 1));
}

#[derive(Clone, Debug)]
enum Op {
    See(u16, Option<(u16, u16, Option<u16>)>),
    Set(bool, u16, u16, bool),
    Wait(u64),
}

fn any_op() -> impl Strategy<Value = Op> {
    let truth = proptest::option::of((1..=4u16, 10..13u16, proptest::option::of(1..=4u16)));
    prop_oneof![
        (1..=4u16, truth).prop_map(|(number, truth)| Op::See(number, truth)),
        (any::<bool>(), 1..=4u16, 10..13u16, any::<bool>()).prop_map(|(a, port, vlan, on)| Op::Set(a, port, vlan, on)),
        (0..4u64).prop_map(Op::Wait),
    ]
}

/// The same from scratch: the state at one moment, from nothing but the present truth.
fn brute(truths: &BTreeMap<u16, Truth>, trunks: &Trunks) -> State {
    let legs = |truth: &Truth| {
        let moving = truth.moving.clone().map(|(_, legs)| legs).unwrap_or_default();
        truth.requires.union(&moving).cloned().collect::<BTreeSet<Leg>>()
    };
    let needed: BTreeSet<Leg> = truths.values().flat_map(legs).collect();
    let dark = truths.values().filter(|truth| truth.uses.iter().any(|leg| !trunks.forwards(leg)));
    let ours = trunks.0.iter().flat_map(|(place, list)| {
        list.iter().filter(|vlan| *vlan != VlanId::MIN).map(|vlan| Leg { place: place.clone(), vlan })
    });
    State {
        dark: dark.count() as u64,
        needed: needed.len() as u64,
        unmet: needed.iter().filter(|leg| !trunks.forwards(leg)).count() as u64,
        surplus: ours.filter(|leg| !needed.contains(leg)).count() as u64,
    }
}

proptest! {
    #[test]
    fn the_books_agree_with_a_recomputation_from_scratch(ops in proptest::collection::vec(any_op(), 0..80)) {
        let mut bench = Bench::new();
        let mut truths = BTreeMap::new();
        let (mut dark, mut surplus) = (0, 0);
        for op in ops {
            match op {
                Op::See(number, truth) => {
                    let truth = truth.map(|(host, vlan, moving)| vm(host, vlan, moving));
                    bench.see(number, truth.clone());
                    match truth {
                        Some(truth) => truths.insert(number, truth),
                        None => truths.remove(&number),
                    };
                }
                Op::Set(a, port, vlan, on) => {
                    bench.set(&leg(if a { "a" } else { "b" }, port, vlan), on);
                }
                Op::Wait(seconds) => {
                    let state = brute(&truths, &bench.trunks);
                    (dark, surplus) = (dark + state.dark * seconds, surplus + state.surplus * seconds);
                    bench.seconds(seconds);
                }
            }
            prop_assert_eq!(bench.books.state(), brute(&truths, &bench.trunks));
            let score = bench.score();
            prop_assert_eq!(score.dark_vm_seconds.planned + score.dark_vm_seconds.unplanned, dark as f64);
            prop_assert_eq!(score.surplus_vlan_seconds, surplus as f64);
            prop_assert!(score.moves_ready_before_arrival <= score.moves_needing_a_write);
            prop_assert!(score.moves_needing_a_write <= score.moves);
        }
    }
}
