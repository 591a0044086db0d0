//! A peer that dies and returns, a peer-link that breaks, a leg that refuses a VLAN.

use std::time::Duration;

use vmtracker::lab::model::dataplane::Verdict;
use vmtracker_core::tracker::FindingKind;

use super::{
    super::{breaks::Break, case::Op, driver::Sim},
    BUNDLE, ONE_PAIR, port, secs,
};

/// `leaf1b`, by number.
const SECOND: usize = 1;
/// A refusal is tried again after an hour at the latest.
const BACK_OFF: Duration = secs(3700);

fn is_up(sim: &Sim, switch: &str) -> bool {
    sim.world.switches[switch].is_up(port(BUNDLE))
}

#[test]
fn a_peer_that_dies_during_a_change_does_not_hold_up_the_survivor_and_returns_with_every_vlan() {
    let mut sim = Sim::new(ONE_PAIR).begun();
    sim.vmotion(0, "esx002.lab", 4_000);
    sim.run(Duration::from_millis(30));
    assert!(!sim.allows("leaf1b", BUNDLE, 100), "the peer dies before its leg is written");
    sim.act(&Op::Break(Break::Power { switch: SECOND, ms: 60_000 }));
    sim.run(secs(5));
    assert!(sim.passes(0), "over the survivor: {:?}\n{}", sim.verdict(0), sim.told());
    sim.vmotion(2, "esx004.lab", 4_000);
    sim.run(secs(20));
    assert!(sim.allows("leaf1a", "port-channel104", 102));
    assert_eq!(sim.dark_seconds(), 0.0, "nobody waited for the peer that is dead");

    sim.until("the peer runs", secs(200), |sim| sim.world.switches["leaf1b"].runs());
    sim.until("its leg is written", secs(4), |sim| sim.allows("leaf1b", BUNDLE, 100));
    assert!(!is_up(&sim, "leaf1b"), "before delay restore lets its legs up");
    let dark = sim.dark_seconds();
    assert!(dark < 4.0 * 2.5, "what the peer lacked was suspended for {dark} s on the survivor");
    sim.until("the legs come up", secs(40), |sim| sim.forwards("leaf1b", BUNDLE, 100));
    assert_eq!(sim.dark(0, secs(60)), Duration::ZERO);
    assert!(sim.dark_seconds() - dark < 4.0 * 0.5, "and passed from the write on: {}", sim.dark_seconds() - dark);
    assert!(sim.same_on_both(BUNDLE) && sim.same_on_both("port-channel104"));
    assert_eq!(sim.findings(FindingKind::HalfPair), [""; 0]);
    sim.assert_rules();
}

#[test]
fn with_the_peer_link_down_vpc_hosts_pass_over_the_primary_and_a_move_finds_its_vlan() {
    let mut sim = Sim::new(ONE_PAIR).begun();
    sim.act(&Op::Break(Break::PeerLink { pair: 0, ms: 600_000 }));
    sim.run(secs(5));
    assert!(is_up(&sim, "leaf1a") && !is_up(&sim, "leaf1b"), "the secondary keeps its legs down");
    sim.vmotion(0, "esx002.lab", 4_000);
    sim.run(secs(20));
    assert!(sim.passes(0) && sim.passes(1) && sim.passes(3), "over the primary\n{}", sim.told());
    assert!(sim.same_on_both(BUNDLE), "the secondary is alive and is written too");
    sim.vmotion(1, "esx001.lab", 4_000);
    sim.run(secs(10));
    assert!(sim.passes(1) && sim.forwards("leaf1b", "Ethernet1/1", 101));
    // Whoever hangs on one port of each leaf may be on the other side of the broken link.
    sim.until("the island is told", secs(400), |sim| {
        sim.says(FindingKind::Island, &["VLAN 101", "leaf1a | leaf1b", "port-channel1"])
    });
    sim.until("the legs are back", secs(700), |sim| sim.forwards("leaf1b", BUNDLE, 100));
    assert_eq!(sim.dark(0, secs(120)), Duration::ZERO);
    assert!(sim.same_on_both(BUNDLE) && sim.same_on_both("port-channel104"));
    assert_eq!(sim.dark_seconds(), 0.0, "all the while");
    assert_eq!(sim.findings(FindingKind::Island), [""; 0]);
    sim.assert_rules();
}

/// `leaf1b` refuses VLAN 100, as an error or as words hidden in a success.
fn refuses(hidden: bool) {
    let mut sim = Sim::new(ONE_PAIR).begun();
    let foreign = sim.world.switches["leaf1a"].allowed(port(BUNDLE));
    sim.act(&Op::Refuse { switch: SECOND, vlan: 0, times: u32::MAX, hidden });
    sim.vmotion(0, "esx002.lab", 6_000);
    sim.run(secs(5));
    let leg = |sim: &Sim| sim.world.switches["leaf1a"].allowed(port(BUNDLE));
    assert_eq!(leg(&sim), foreign, "before the VM arrives the other leg has given it back");
    assert!(sim.passes(0) && sim.passes(1), "the VM is still at home");
    let words = ["leaf1b", BUNDLE, "VLAN 100", "the policy says no"];
    assert!(sim.says(FindingKind::Refused, &words), "{}", sim.told());
    sim.run(secs(600));
    assert!(matches!(sim.verdict(0), Verdict::Dark(_)), "nobody can help it");
    assert_eq!(leg(&sim), foreign, "no half of a vPC stands");
    assert!(sim.says(FindingKind::HalfPair, &["leaf1a", BUNDLE, "VLAN 100"]), "{}", sim.told());

    sim.world.switches.get_mut("leaf1b").expect("the leaf").faults.refusals.clear();
    sim.until("the VM passes", BACK_OFF, |sim| sim.passes(0));
    assert!(sim.same_on_both(BUNDLE) && sim.passes(1));
    assert_eq!(sim.findings(FindingKind::Refused), [""; 0]);
    sim.assert_rules();
}

#[test]
fn what_one_leg_refuses_is_taken_back_on_the_other_and_comes_once_it_is_taken() {
    refuses(false);
}

#[test]
fn what_one_leg_refuses_in_a_reply_of_success_is_taken_back_on_the_other_too() {
    refuses(true);
}
