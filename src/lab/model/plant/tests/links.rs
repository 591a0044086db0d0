//! Links between switches, and spanning tree on them.

use super::*;

const BETWEEN: (&str, &str) = ("b", "d");

/// Whether the link between the second leaves carries a VLAN; it is the one that a loop blocks.
#[track_caller]
fn second_link(bench: &Bench, number: u16, expected: bool) {
    let both = [BETWEEN.0, BETWEEN.1].map(|name| bench.switches[name].forwards(eth(3), vlan(number)));
    assert_eq!(both == [true, true], expected, "{both:?}");
}

#[test]
fn of_two_links_one_is_blocked_until_the_other_breaks() {
    let mut bench = Bench::new();
    second_link(&bench, 10, false);
    bench.reach(("a", LEG), ("c", LEG), 10, true);
    bench.reach(("b", ORPHAN), ("d", ORPHAN), 10, true);
    bench.cut("a", "c");
    second_link(&bench, 10, true);
    bench.reach(("b", ORPHAN), ("d", ORPHAN), 10, true);
    bench.cut("b", "d").reach(("b", ORPHAN), ("d", ORPHAN), 10, false);
}

#[test]
fn every_vlan_has_its_own_tree() {
    let mut bench = Bench::new();
    bench.types("c", &["interface e1/3", "switchport trunk allowed vlan except 20"]);
    second_link(&bench, 20, true);
    second_link(&bench, 10, false);
    bench.reach(("a", LEG), ("c", LEG), 20, true);
    bench.types("b", &["interface e1/3", "switchport trunk allowed vlan except 20"]);
    bench.reach(("a", LEG), ("c", LEG), 20, false);
    bench.reach(("a", LEG), ("c", LEG), 10, true);
}

#[test]
fn with_mst_a_vlan_on_the_blocked_link_only_passes_nowhere() {
    let mut bench = Bench::new();
    for name in ["a", "b", "c", "d"] {
        bench.types(name, &["spanning-tree mode mst"]);
    }
    bench.reach(("a", LEG), ("c", LEG), 20, true);
    bench.types("c", &["interface e1/3", "switchport trunk allowed vlan except 20"]);
    bench.reach(("a", LEG), ("c", LEG), 20, false);
    bench.reach(("a", LEG), ("c", LEG), 10, true);
}

#[test]
fn a_frame_needs_the_vlan_on_every_switch_between() {
    let mut bench = Bench::new();
    for name in ["a", "b", "c", "d"] {
        bench.types(name, &["vlan 40", "exit", "interface e1/2", "switchport trunk allowed vlan add 40"]);
    }
    bench.reach(("b", ORPHAN), ("d", ORPHAN), 40, true);
    bench.types("c", &["no vlan 40"]).reach(("a", ORPHAN), ("c", ORPHAN), 40, false);
    bench.reach(("b", ORPHAN), ("d", ORPHAN), 40, true);
    bench.cut("b", "d").reach(("b", ORPHAN), ("d", ORPHAN), 40, false);
}

#[test]
fn a_new_vlan_waits_on_a_trunk_that_is_no_edge() {
    let mut bench = Bench::new();
    bench.types("a", &["interface e1/2", "no spanning-tree port type"]).wait(60);
    bench.types("a", &["interface e1/2", "switchport trunk allowed vlan add 30"]).passes(ORPHAN, 30, [false, false]);
    bench.passes(ORPHAN, 10, [true, true]);
    bench.wait(29).passes(ORPHAN, 30, [false, false]);
    bench.wait(1).passes(ORPHAN, 30, [true, false]);
    bench.types("b", &["interface e1/2", "switchport trunk allowed vlan add 30"]).passes(ORPHAN, 30, [true, true]);
}

#[test]
fn a_trunk_that_loses_its_link_waits_again() {
    let mut bench = Bench::new();
    bench.types("a", &["interface e1/2", "no spanning-tree port type"]).wait(60).passes(ORPHAN, 10, [true, true]);
    bench.at("a").set_link(ORPHAN, false);
    bench.look();
    bench.at("a").set_link(ORPHAN, true);
    bench.look();
    bench.passes(ORPHAN, 10, [false, true]);
    bench.wait(30).passes(ORPHAN, 10, [true, true]);
}

#[test]
fn a_bundle_that_flaps_passes_while_one_member_is_left() {
    let mut bench = Bench::new();
    bench.types("a", &["interface e1/4", "channel-group 10 mode on"]);
    for up in [false, true, false, true] {
        bench.at("a").set_link(eth(1), up);
        bench.look();
        bench.passes(LEG, 10, [true, true]);
    }
}

#[test]
fn a_link_is_dark_when_its_other_end_is_off() {
    let mut bench = Bench::new();
    assert!(bench.switches["a"].is_up(eth(3)));
    bench.power("c", false);
    assert!(!bench.switches["a"].is_up(eth(3)));
    second_link(&bench, 10, true);
}

#[test]
fn looking_twice_changes_nothing() {
    let mut bench = Bench::new();
    let revisions = |bench: &Bench| bench.switches.values().map(Switch::revision).collect::<Vec<_>>();
    let before = revisions(&bench);
    bench.wait(300);
    assert_eq!(revisions(&bench), before);
    assert_eq!(next_deadline(&bench.switches), None);
}
