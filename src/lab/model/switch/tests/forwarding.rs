//! What passes, and what is learned.

use super::*;
use crate::lab::model::switch::AGING;

#[test]
fn a_vlan_passes_only_where_everything_is_right() {
    let check = |interface: InterfaceName, number: u16, expected: bool| {
        assert_eq!(switch().forwards(interface, vlan(number)), expected, "{interface} VLAN {number}");
    };
    check(eth(1), 10, true);
    check(eth(1), 30, false);
    check(eth(1), 99, false);
    check(eth(2), 30, true);
    check(eth(2), 99, false);
    check(eth(3), 1, false);
    check(eth(4), 30, true);
    check(eth(4), 10, false);
    check(InterfaceName::PortChannel(7), 30, true);
    check(eth(6), 10, false);
    check(eth(48), 10, false);
}

#[test]
fn untagged_frames_travel_in_the_native_or_access_vlan() {
    let check = |interface: InterfaceName, expected: Option<u16>| {
        assert_eq!(switch().untagged(interface).map(VlanId::get), expected, "{interface}");
    };
    check(eth(1), None);
    check(eth(2), Some(1));
    check(eth(3), Some(1));
    check(eth(6), None);
}

#[test]
fn nothing_passes_without_a_link() {
    let mut switch = switch();
    switch.set_link(eth(1), false);
    assert!(!switch.forwards(eth(1), vlan(10)));
    switch.set_link(eth(4), false);
    assert!(switch.forwards(InterfaceName::PortChannel(7), vlan(30)), "one member is left");
    switch.set_link(eth(5), false);
    assert!(!switch.forwards(InterfaceName::PortChannel(7), vlan(30)));
    assert_eq!(switch.revision(), 3);
    switch.set_link(eth(5), false);
    assert_eq!(switch.revision(), 3, "nothing changed");
}

#[test]
fn a_shut_port_channel_stops_its_members() {
    let mut switch = switch();
    switch.type_lines("ann", &["conf t", "int po7", "shutdown"], NOW);
    assert!(!switch.forwards(eth(4), vlan(30)));
    switch.type_lines("ann", &["conf t", "int po7", "no shutdown"], NOW);
    assert!(switch.forwards(eth(4), vlan(30)));
}

#[test]
fn an_address_is_learned_where_it_is_carried_and_ages_out() {
    let mut switch = switch();
    switch.learn(MAC, vlan(10), eth(1), NOW);
    switch.learn(MAC, vlan(99), eth(1), NOW);
    switch.learn(MAC, vlan(30), eth(4), NOW);
    let rows: Vec<_> = switch.macs().rows(NOW).map(|row| (row.vlan.get(), row.interface)).collect();
    assert_eq!(rows, [(10, eth(1)), (30, InterfaceName::PortChannel(7))]);
    assert_eq!(switch.macs().rows(NOW + AGING).count(), 0);
    switch.type_lines("ann", &["conf t", "int e1/1", "sw tr al vl remove 10"], NOW);
    assert_eq!(switch.macs().rows(NOW).count(), 1, "the VLAN is gone from the port");
    switch.forget(MAC);
    assert_eq!(switch.macs().rows(NOW).count(), 0);
}
