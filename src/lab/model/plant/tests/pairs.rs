//! Pairs: what passes a vPC, through failure and return.

use super::*;

const ADD: [&str; 2] = ["interface port-channel10", "switchport trunk allowed vlan add 30"];
const BOOT: u64 = 120;

#[test]
fn a_vlan_passes_a_vpc_only_where_both_legs_allow_it() {
    let mut bench = Bench::new();
    bench.passes(LEG, 10, [true, true]);
    bench.types("a", &ADD).passes(LEG, 30, [false, false]);
    assert_eq!(uneven(&bench.switches), [[Place::new("a", LEG), Place::new("b", LEG)]]);
    bench.types("b", &ADD).passes(LEG, 30, [true, true]);
    bench.types("b", &["interface po10", "switchport trunk allowed vlan remove 30"]).passes(LEG, 30, [false, false]);
    bench.passes(LEG, 10, [true, true]);
}

#[test]
fn a_vlan_passes_a_vpc_only_where_both_peers_have_it() {
    let mut bench = Bench::new();
    let add = ["interface port-channel10", "switchport trunk allowed vlan add 40"];
    bench.types("a", &["vlan 40", "exit", add[0], add[1]]).types("b", &add).passes(LEG, 40, [false, false]);
    bench.types("b", &["vlan 40", "state suspend"]).passes(LEG, 40, [false, false]);
    bench.types("b", &["vlan 40", "state active"]).passes(LEG, 40, [true, true]);
    bench.types("a", &["no vlan 40"]).passes(LEG, 40, [false, false]);
}

#[test]
fn a_vlan_that_is_not_on_the_peer_link_is_suspended_on_every_vpc_and_passes_orphans() {
    let mut bench = Bench::new();
    bench.types("b", &["interface po1", "switchport trunk allowed vlan 1,20"]);
    bench.passes(LEG, 10, [false, false]);
    bench.passes(LEG, 20, [true, true]);
    bench.passes(EXTENDED, 10, [false, false]);
    bench.passes(ORPHAN, 10, [true, true]);
    bench.passes(LINK, 10, [false, false]);
}

#[test]
fn a_survivor_goes_by_its_own_configuration() {
    let mut bench = Bench::new();
    bench.power("a", false);
    bench.passes(LEG, 10, [false, true]);
    bench.types("b", &ADD).passes(LEG, 30, [false, true]);
    bench.types("b", &["interface po1", "switchport trunk allowed vlan none"]).passes(LEG, 30, [false, true]);
    assert_eq!(bench.role("b"), Some(Role::Primary));
}

#[test]
fn a_returning_peer_suspends_what_it_lacks_before_its_own_legs_come_up() {
    for delay in [30, 150] {
        let mut bench = Bench::new();
        bench.types("a", &["vpc domain 10", &format!("delay restore {delay}")]).at("a").save();
        bench.power("a", false).types("b", &ADD).passes(LEG, 30, [false, true]);
        bench.power("a", true).wait(BOOT - 1).passes(LEG, 30, [false, true]);
        bench.wait(1).passes(LEG, 30, [false, false]);
        bench.passes(LEG, 10, [false, true]);
        assert_eq!(bench.held("a", LEG), Some(Held::DelayRestore));
        bench.wait(delay - 1).passes(LEG, 10, [false, true]);
        bench.passes(ORPHAN, 10, [true, true]);
        bench.wait(1).passes(LEG, 10, [true, true]);
        assert_eq!([bench.role("a"), bench.role("b")], [Some(Role::Secondary), Some(Role::Primary)], "no preemption");
        bench.types("a", &ADD).passes(LEG, 30, [true, true]);
    }
}

#[test]
fn what_was_not_saved_is_lost_in_a_reload() {
    let mut bench = Bench::new();
    bench.types("a", &ADD).types("b", &ADD);
    bench.at("b").save();
    bench.power("a", false).power("a", true).wait(BOOT + 30);
    assert_eq!(bench.switches["a"].allowed(LEG), list("10,20"));
    bench.passes(LEG, 30, [false, false]);
    bench.power("b", false).power("b", true).wait(BOOT + 30);
    assert_eq!(bench.switches["b"].allowed(LEG), list("10,20,30"));
    assert!(bench.switches.values().all(Switch::is_saved), "what boots is what was saved");
}

#[test]
fn without_the_peer_link_the_secondary_suspends_its_legs_and_orphans_are_isolated() {
    let mut bench = Bench::new();
    assert_eq!([bench.role("a"), bench.role("b")], [Some(Role::Primary), Some(Role::Secondary)]);
    bench.cut("a", "b").passes(LEG, 10, [true, false]);
    bench.passes(EXTENDED, 10, [true, false]);
    bench.passes(ORPHAN, 10, [true, true]);
    bench.cut("b", "d").reach(("a", LEG), ("b", ORPHAN), 10, false);
    bench.mend("a", "b").passes(LEG, 10, [true, false]);
    bench.reach(("a", LEG), ("b", ORPHAN), 10, true);
    bench.wait(30).passes(LEG, 10, [true, true]);
}

#[test]
fn one_cable_of_the_peer_link_is_enough() {
    let mut bench = Bench::new();
    bench.at("a").set_link(eth(49), false);
    bench.wait(1).passes(LEG, 10, [true, true]);
}

#[test]
fn without_peer_link_and_keepalive_both_forward() {
    let mut bench = Bench::new();
    bench.cut("a", "b").keepalive("b", false).passes(LEG, 10, [true, true]);
    assert_eq!([bench.role("a"), bench.role("b")], [Some(Role::Primary), Some(Role::Primary)]);
    bench.types("a", &ADD).passes(LEG, 30, [true, false]);
    bench.keepalive("b", true).mend("a", "b").passes(LEG, 30, [false, false]);
    assert_eq!([bench.role("a"), bench.role("b")], [Some(Role::Primary), Some(Role::Secondary)]);
}

#[test]
fn without_keepalive_alone_nothing_changes() {
    let mut bench = Bench::new();
    bench.keepalive("a", false).passes(LEG, 10, [true, true]);
}

#[test]
fn the_secondary_takes_over_when_the_primary_dies_after_the_peer_link() {
    let mut bench = Bench::new();
    bench.cut("a", "b").power("a", false).passes(LEG, 10, [false, true]);
}

#[test]
fn a_switch_that_boots_alone_waits_for_auto_recovery() {
    let mut bench = Bench::new();
    bench.power("a", false).power("b", false).power("b", true).wait(BOOT + 239).passes(LEG, 10, [false, false]);
    assert_eq!(bench.held("b", LEG), Some(Held::Alone));
    bench.passes(ORPHAN, 10, [false, true]);
    bench.wait(1).passes(LEG, 10, [false, true]);
}

#[test]
fn a_type_1_mismatch_takes_the_leg_of_the_secondary_down() {
    let mut bench = Bench::new();
    bench.types("a", &["interface po10", "switchport trunk native vlan 20"]).passes(LEG, 10, [true, false]);
    assert_eq!(bench.held("b", LEG), Some(Held::Inconsistent));
    bench.types("b", &["interface po10", "switchport trunk native vlan 20"]).passes(LEG, 10, [true, true]);
}

#[test]
fn with_a_leg_down_the_other_one_carries_the_host() {
    let mut bench = Bench::new();
    bench.at("a").set_link(eth(1), false);
    bench.wait(0).passes(LEG, 10, [false, true]);
    bench.reach(("a", LEG), ("a", ORPHAN), 10, true);
    bench.reach(("a", ORPHAN), ("a", LEG), 10, true);
    bench.types("b", &ADD).passes(LEG, 30, [false, false]);
}

#[test]
fn a_member_that_changes_its_port_channel_goes_by_the_new_one() {
    let mut bench = Bench::new();
    bench.types("a", &["interface po20", "switchport mode trunk", "switchport trunk allowed vlan 30"]);
    bench.types("a", &["interface e1/1", "channel-group 20 force mode active"]);
    assert!(!bench.switches["a"].forwards(eth(1), vlan(10)) && bench.switches["a"].is_up(eth(1)));
    bench.passes(LEG, 10, [false, true]);
}

#[test]
fn a_fex_host_port_passes_what_both_parents_allow_and_lives_by_one() {
    let mut bench = Bench::new();
    bench.passes(EXTENDED, 10, [true, true]);
    bench.types("a", &["interface e101/1/4", "switchport trunk allowed vlan add 30"]);
    bench.passes(EXTENDED, 30, [false, false]);
    bench.types("b", &["interface e101/1/4", "switchport trunk allowed vlan add 30"]);
    bench.passes(EXTENDED, 30, [true, true]);
    bench.at("a").set_link(eth(5), false);
    bench.wait(0).passes(EXTENDED, 30, [false, true]);
    assert_eq!(bench.held("a", EXTENDED), Some(Held::FexOffline));
}

#[test]
fn an_address_is_learned_on_both_legs() {
    let mut bench = Bench::new();
    let leg = |place| crate::lab::model::dataplane::Leg { place, vlan: vlan(10) };
    super::super::learn(&mut bench.switches, MAC, &leg(Place::new("a", LEG)), bench.now);
    super::super::learn(&mut bench.switches, MAC, &leg(Place::new("c", ORPHAN)), bench.now);
    let now = bench.now;
    let learned = |name: &str| bench.switches[name].macs().rows(now).map(|row| row.interface).collect::<Vec<_>>();
    assert_eq!(["a", "b", "c", "d"].map(learned), [vec![LEG], vec![LEG], vec![ORPHAN], vec![]]);
}
