//! Lines typed and what comes of them.

use super::*;
use crate::lab::model::switch::LastRemove;

#[test]
fn the_allowed_list_follows_the_rules_of_nx_os() {
    let check = |lines: &[&str], expected: &str| {
        let mut switch = switch();
        let typed: Vec<_> = ["configure terminal", "interface Ethernet1/1"].iter().chain(lines).copied().collect();
        let said = switch.type_lines("ann", &typed, NOW).concat();
        assert_eq!(said, "", "{lines:?}");
        assert_eq!(switch.allowed(eth(1)).to_string(), expected, "{lines:?}");
    };
    check(&["switchport trunk allowed vlan add 30"], "10,20,30");
    check(&["switchport trunk allowed vlan add 11, 12,13"], "10-13,20");
    check(&["switchport trunk allowed vlan remove 20,99"], "10");
    check(&["switchport trunk allowed vlan remove 10,20"], "none");
    check(&["switchport trunk allowed vlan 5-7"], "5-7");
    check(&["switchport trunk allowed vlan none"], "none");
    check(&["switchport trunk allowed vlan none", "switchport trunk allowed vlan add 8"], "8");
    check(&["switchport trunk allowed vlan all"], "1-4094");
    check(&["switchport trunk allowed vlan except 5"], "1-4,6-4094");
    check(&["no switchport trunk allowed vlan"], "1-4094");
    check(&["switchport trunk allowed vlan all", "switchport trunk allowed vlan add 8"], "1-4094");
    check(&["switchport trunk allowed vlan all", "switchport trunk allowed vlan remove 2-4094"], "1");
    check(&["sw tr al vl ad 99"], "10,20,99");
    check(&["switchport mode access"], "none");
}

#[test]
fn removing_the_last_vlan_may_open_the_trunk_on_some_images() {
    let mut switch = switch();
    switch.set_last_remove(LastRemove::All);
    switch.type_lines("ann", &["conf t", "int e1/1", "sw tr al vl remove 10,20"], NOW);
    assert_eq!(switch.allowed(eth(1)), VlanSet::all());
}

#[test]
fn a_refused_line_says_why_and_changes_nothing() {
    let check = |lines: &[&str], expected: &str| {
        let mut switch = switch();
        let before = switch.running_config();
        let said = switch.type_lines("ann", lines, NOW);
        assert_eq!(said.last().map(String::as_str), Some(expected), "{lines:?}");
        assert_eq!(switch.running_config(), before, "{lines:?}");
        assert_eq!(switch.revision(), 0, "{lines:?}");
    };
    check(&["show system vlan reserved"], "            ^\n% Invalid command at '^' marker.");
    check(&["vlan 10"], "^\n% Invalid command at '^' marker.");
    check(&["conf t", "vlan 3968"], "% Invalid value/range");
    check(&["conf t", "vlan 40,4000"], "% Invalid value/range");
    check(&["conf t", "vlan 5000"], "% Invalid value/range");
    check(&["conf t", "no vlan 1"], "ERROR: Deletion of default VLAN(s) not allowed");
    check(&["conf t", "interface Ethernet9/9"], "% Invalid interface format");
    check(
        &["conf t", "interface Ethernet1/4", "switchport trunk allowed vlan add 10"],
        "ERROR: : port already in a port-channel, no config allowed",
    );
    check(&["conf t", "int e1/1", "switchport trunk allowed vlan"], "% Incomplete command at '^' marker.");
    check(
        &["conf t", "int e1/1", "switchport trunk allowed vlan a 5"],
        "                              ^\n% Ambiguous command at '^' marker.",
    );
    check(
        &["conf t", "int e1/1", "switchport trunk allowed vlan add 5 ;reload"],
        "                                    ^\n% Invalid command at '^' marker.",
    );
}

#[test]
fn vlans_are_created_named_suspended_and_deleted() {
    let mut switch = switch();
    let said = switch.type_lines("ann", &["conf t", "vlan 40-41", "exit", "vlan 42", "name web", "no vlan 41"], NOW);
    assert_eq!(said.concat(), "");
    let names: Vec<_> = switch.vlans().iter().map(|(vlan, entry)| (vlan.get(), entry.name(*vlan))).collect();
    let expected =
        [(1, "default"), (10, "VLAN0010"), (20, "VLAN0020"), (30, "VLAN0030"), (40, "VLAN0040"), (42, "web")];
    assert_eq!(names, expected.map(|(number, name)| (number, name.to_owned())));
    assert!(switch.is_active(vlan(42)));
    switch.type_lines("ann", &["conf t", "vlan 42", "state suspend"], NOW);
    assert!(!switch.is_active(vlan(42)));
}

#[test]
fn a_deleted_vlan_stays_in_the_trunk_lists() {
    let mut switch = switch();
    switch.type_lines("ann", &["conf t", "no vlan 10"], NOW);
    assert_eq!(switch.allowed(eth(1)), list("10,20"));
    assert!(!switch.forwards(eth(1), vlan(10)));
}

#[test]
fn every_line_is_accounted_with_its_path_in_front() {
    let mut switch = switch();
    let lines =
        ["conf t", "int e1/1", "show version", "sw trunk allowed vlan add 30", "vlan 4000", "end", "copy run start"];
    switch.type_lines("ann", &lines, NOW);
    let commands: Vec<_> = switch
        .accounting()
        .entries()
        .filter_map(|entry| entry.split_once(":user=ann:cmd="))
        .map(|(_, cmd)| cmd)
        .collect();
    assert_eq!(
        commands,
        [
            "configure terminal (SUCCESS)",
            "configure terminal ; interface Ethernet1/1 (SUCCESS)",
            "configure terminal ; interface Ethernet1/1 ; switchport trunk allowed vlan add 30 (SUCCESS)",
            "configure terminal ; vlan 4000 (FAILURE)",
            "copy running-config startup-config (SUCCESS)",
        ]
    );
}

#[test]
fn only_a_save_makes_the_startup_config() {
    let mut switch = switch();
    assert!(switch.is_saved());
    switch.type_lines("ann", &["conf t", "vlan 77"], NOW);
    assert!(!switch.is_saved());
    let said = switch.type_lines("ann", &["copy running-config startup-config"], NOW).concat();
    assert!(said.contains("Copy complete."), "{said}");
    assert!(switch.is_saved());
}

#[test]
fn joining_and_leaving_a_port_channel_changes_whose_configuration_holds() {
    let mut switch = switch();
    switch.type_lines("ann", &["conf t", "int e1/1", "channel-group 7 mode active"], NOW);
    assert_eq!(switch.allowed(eth(1)), list("30"));
    switch.type_lines("ann", &["conf t", "int e1/1", "no channel-group"], NOW);
    assert_eq!(switch.allowed(eth(1)), list("10,20"));
    switch.type_lines("ann", &["conf t", "int po7", "switchport trunk allowed vlan add 20"], NOW);
    assert_eq!(switch.allowed(eth(4)), list("20,30"));
}
