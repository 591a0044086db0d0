//! After a reload only what was certainly saved is still ours.

use std::time::Duration;

use super::{super::*, bench::*, pair_bench::*};

const QUIET: Duration = Duration::from_secs(600);
const LONG: Duration = Duration::from_secs(4 * 3600);
/// On plain ports of both switches.
const HOST: u16 = 5;

fn power(bench: &mut PairBench, power: PowerState) {
    bench.seen(vm(1, HOST, 10, power));
}

fn reload(bench: &mut PairBench, name: &str) {
    bench.live(name, false);
    bench.live(name, true);
}

/// Whether the trunks allow it.
fn has(bench: &PairBench) -> [bool; 2] {
    lists(bench, 10)
}

fn lists(bench: &PairBench, number: u16) -> [bool; 2] {
    NAMES.map(|name| bench.leaves[&name.into()].switch.ports[&port(name, HOST)].contains(vlan(number)))
}

/// A VM runs for a while; with `saves`, its VLAN is saved.
fn running(saves: bool) -> PairBench {
    let mut bench = PairBench::new();
    bench.saves = saves;
    power(&mut bench, PowerState::On);
    bench.wait(QUIET);
    assert_eq!(has(&bench), [true, true]);
    bench
}

/// Nobody needs it any more, for long.
fn ends(bench: &mut PairBench) -> [bool; 2] {
    power(bench, PowerState::Off);
    bench.wait(LONG);
    has(bench)
}

fn unproved(bench: &mut PairBench) -> String {
    let found = bench.findings().into_iter().filter(|(kind, _)| *kind == FindingKind::Unproved);
    found.map(|(_, text)| text).collect::<Vec<_>>().join("\n")
}

/// Out of our reach a switch reloads without our VLAN, and somebody adds it.
fn lost_and_added_by_hand(bench: &mut PairBench) {
    bench.reach("leafa", false);
    reload(bench, "leafa");
    bench.add_by_hand("leafa", HOST, 10);
    bench.reach("leafa", true);
}

#[test]
fn what_somebody_added_after_a_reload_that_nobody_saw_is_not_ours() {
    let mut bench = running(false);
    lost_and_added_by_hand(&mut bench);
    assert!(unproved(&mut bench).contains("once they are needed no more"), "{}", unproved(&mut bench));
    assert_eq!(ends(&mut bench), [true, false]);
    let text = unproved(&mut bench);
    assert!(text.contains("leafa Ethernet1/5: VLANs 10 are foreign: the switch was reloaded"), "{text}");
    assert!(text.contains("; to remove them by hand: interface Ethernet1/5 ; switchport trunk allowed vlan remove 10"));
    bench.leaf("leafa").switch.ports.get_mut(&port("leafa", HOST)).expect("a port").remove(vlan(10));
    bench.read_all();
    assert_eq!(unproved(&mut bench), "", "somebody did");
}

#[test]
fn nor_while_it_is_about_to_go() {
    for seconds in (30..120).step_by(5) {
        let mut bench = running(false);
        power(&mut bench, PowerState::Off);
        bench.leaf("leafa").slow = true;
        bench.leaf("leafa").deaf = true;
        bench.wait(Duration::from_secs(seconds));
        lost_and_added_by_hand(&mut bench);
        (bench.leaf("leafa").slow, bench.leaf("leafa").deaf) = (false, false);
        bench.wait(LONG);
        assert_eq!(has(&bench), [true, false], "after {seconds} s");
    }
}

#[test]
fn what_was_lost_is_added_again_and_is_ours_and_no_quarrel() {
    let mut bench = running(false);
    reload(&mut bench, "leafa");
    assert_eq!(has(&bench), [true, true]);
    assert!(!bench.finds(FindingKind::Drift) && !bench.finds(FindingKind::Unproved));
    assert_eq!(ends(&mut bench), [false, false]);
}

#[test]
fn what_we_saved_is_ours_after_any_number_of_reloads_and_a_restart() {
    for reloads in 1..=3 {
        let mut bench = running(true);
        (0..reloads).for_each(|_| reload(&mut bench, "leafa"));
        bench.restart();
        bench.list(&[vm(1, HOST, 10, PowerState::On)]);
        assert_eq!(ends(&mut bench), [false, false], "{reloads} reloads: {}", unproved(&mut bench));
        assert_eq!(unproved(&mut bench), "");
    }
}

#[test]
fn what_was_added_after_the_save_is_not_in_it() {
    let mut bench = running(true);
    bench.seen(vm(2, HOST, 11, PowerState::On));
    bench.reach("leafa", false);
    reload(&mut bench, "leafa");
    bench.add_by_hand("leafa", HOST, 11);
    bench.reach("leafa", true);
    bench.seen(vm(2, HOST, 11, PowerState::Off));
    assert_eq!(ends(&mut bench), [false, false]);
    assert_eq!(lists(&bench, 11), [true, false]);
}

#[test]
fn of_saves_before_our_own_restart_nothing_is_known() {
    let mut bench = running(true);
    bench.restart();
    bench.list(&[vm(1, HOST, 10, PowerState::On)]);
    reload(&mut bench, "leafa");
    assert_eq!(ends(&mut bench), [true, false]);
    assert!(unproved(&mut bench).contains("leafa Ethernet1/5: VLANs 10 are foreign"));
}

#[test]
fn what_we_withdrew_and_a_reload_brings_back_stays_and_is_a_finding() {
    let mut bench = running(true);
    bench.saves = false;
    assert_eq!(ends(&mut bench), [false, false]);
    reload(&mut bench, "leafa");
    bench.wait(LONG);
    assert_eq!(has(&bench), [true, false]);
    assert!(unproved(&mut bench).contains("leafa Ethernet1/5: VLANs 10 are foreign: we had withdrawn them"));
}

#[test]
fn once_a_withdrawal_is_saved_no_reload_brings_it_back() {
    let mut bench = running(true);
    assert_eq!(ends(&mut bench), [false, false]);
    lost_and_added_by_hand(&mut bench);
    bench.wait(LONG);
    assert_eq!((has(&bench), unproved(&mut bench)), ([true, false], String::new()), "it is theirs alone");
}
