//! The lines that real clients send, word by word (facts: NX-OS §5), the prompts they wait for, and what they read.

use super::*;
use crate::lab::model::switch::{Author, Outcome, Session};

fn session() -> Session {
    Session::terminal(Author { origin: "console0".to_owned(), user: "ann".to_owned() })
}

/// What each client sends, its lines between ` / `.
const CLIENTS: &[(&str, &str)] = &[
    (
        "netmiko",
        " / terminal width 511 / terminal length 0 / show version / configure terminal / vlan 10 / name x / end / copy \
         running-config startup-config / exit",
    ),
    (
        "NAPALM over SSH",
        "show running-config all / terminal dont-ask / checkpoint file rollback_config.txt / no terminal dont-ask / \
         configure terminal / vlan 77 /   name t77 / end / copy running-config startup-config / show version / show hosts \
         / show interface status / show hostname / show inventory | json / show vlan brief | json / show interface / dir \
         rollback_config.txt / rollback running-config file rollback_config.txt",
    ),
    (
        "Ansible",
        "terminal length 0 / terminal width 511 / show version / show inventory / show vlan | json-pretty / show \
         running-config | section ^vlan / show license host-id / configure terminal / vlan 10 / name new10 / end / show \
         running-config | section ^interface / configure terminal / interface Ethernet1/1 / switchport trunk allowed vlan \
         add 30,40,50 / end",
    ),
    (
        "Ansible, replaced and deleted",
        "configure terminal / vlan 10 / no name / no state / no shutdown / no vn-segment / no vlan 20 / interface \
         Ethernet1/1 / switchport trunk allowed vlan remove 20 / no switchport trunk allowed vlan / no switchport trunk \
         native vlan / no switchport access vlan / no switchport mode / end",
    ),
    ("generic-switch", "conf t / vlan 44 / name n44 / exit / show vlan id 44 / no vlan 44"),
    (
        "HIL",
        "term len 0 / show int sw / conf t / int e1/1 / sw / sw mode trunk / sw trunk allowed vlan add 20 / sw trunk \
         native vlan 2 / end / show run / copy run start",
    ),
    (
        "unicon",
        "term length 0 / terminal session-timeout 0 / configure terminal / no logging console / line console / \
         exec-timeout 0 / line vty / exec-timeout 0 / terminal width 511 / end",
    ),
];

#[test]
fn every_line_of_the_clients_is_taken() {
    for (client, lines) in CLIENTS {
        let (mut switch, mut session) = (switch(), session());
        for line in lines.split(" / ") {
            let outcome = session.type_line(&mut switch, line, NOW);
            assert!(outcome.accepted(), "{client}: {line}: {outcome:?}");
        }
    }
}

#[test]
fn the_prompt_tells_the_mode() {
    let (mut switch, mut session) = (switch(), session());
    assert_eq!(session.prompt("leaf1"), "leaf1# ");
    for (line, expected) in [
        ("conf t", "leaf1(config)# "),
        ("interface Ethernet1/1", "leaf1(config-if)# "),
        ("interface Ethernet1/1-2, port-channel7", "leaf1(config-if-range)# "),
        ("vlan 10,20", "leaf1(config-vlan)# "),
        ("exit", "leaf1(config)# "),
        ("line vty", "leaf1(config-line)# "),
        ("end", "leaf1# "),
        ("vlan 10", "leaf1# "),
    ] {
        session.type_line(&mut switch, line, NOW);
        assert_eq!(session.prompt("leaf1"), expected, "{line}");
    }
}

#[test]
fn a_range_is_configured_as_a_whole_or_not_at_all() {
    let mut switch = switch();
    let said = switch.type_lines("ann", &["conf t", "int e1/1-2", "sw tr al vl 20,30"], NOW).concat();
    assert_eq!(said, "");
    assert_eq!([eth(1), eth(2)].map(|name| switch.allowed(name)), [list("20,30"), list("20,30")]);
    let before = (switch.running_config(), switch.revision());
    let said = switch.type_lines("ann", &["conf t", "int e1/2-4", "sw tr al vl 30"], NOW).concat();
    assert_eq!(said, "ERROR: : port already in a port-channel, no config allowed");
    assert_eq!((switch.running_config(), switch.revision()), before);
    let said = switch.type_lines("ann", &["conf t", "int e1/6-7"], NOW).concat();
    assert_eq!(said, "% Invalid interface format");
}

#[test]
fn a_vlan_name_is_short_and_its_own() {
    let check = |lines: &[&str], expected: &str| {
        let mut switch = switch();
        let typed: Vec<_> = ["conf t", "vlan 10", "name web"].iter().chain(lines).copied().collect();
        let said = switch.type_lines("ann", &typed, NOW);
        assert_eq!(said.last().map(String::as_str), Some(expected), "{lines:?}");
    };
    let in_use = |name: &str, by: u16| format!("ERROR: VLAN: the name {name} is in use by VLAN {by}");
    check(&["vlan 20", "name web"], &in_use("web", 10));
    check(&["vlan 20", "name VLAN0030"], &in_use("VLAN0030", 30));
    check(&["vlan 20,30", "name both"], &in_use("both", 20));
    check(&["vlan 20", "name default"], &in_use("default", 1));
    check(&["vlan 10", "name web"], "");
    check(&["vlan 10", "no name"], "");
    check(&["vlan 10", &format!("name {}", "n".repeat(32))], "");
    check(&["vlan 10", &format!("name {}", "n".repeat(33))], "% String exceeded max length of (32)");
    check(&["vlan 1", "no name"], "");
    check(&["vlan 1", "name mine"], "ERROR: Default VLAN 1 may not have its name changed.");
}

#[test]
fn what_clients_read_of_an_answer_is_there() {
    let mut switch = switch();
    let mut shown = |line: &str| switch.type_lines("ann", &[line], NOW).concat();
    let inventory = shown("show inventory");
    assert!(inventory.contains("NAME: \"Chassis\",  DESCR: \"Nexus9000 93180YC-EX chassis\"\nPID: N9K-C93180YC-EX"));
    assert!(inventory.contains("SN: LAB12345678"));
    assert_eq!(shown("show license host-id"), "License hostid: VDH=LAB12345678\n");
    let status = shown("show interface status");
    let first = |line: &str| line.split_whitespace().next().map(str::to_owned);
    let ports: Vec<_> = status.lines().filter(|line| line.starts_with(['E', 'p'])).filter_map(first).collect();
    assert_eq!(ports, ["Eth1/1", "Eth1/2", "Eth1/3", "Eth1/4", "Eth1/5", "Eth1/6"]);
    assert!(status.contains("\nPo7 "), "{status}");
    assert!(shown("show interface e1/1").starts_with("Ethernet1/1 is up\nadmin state is up, "));
    assert_eq!(shown("show running-config vlan").lines().last(), Some("vlan 1,10,20,30"));
}

#[test]
fn one_vlan_is_shown_with_its_keys() {
    let mut switch = switch();
    let body = switch.show_structured("show vlan id 20", NOW).expect("a body");
    assert_eq!(body["TABLE_vlanbriefid"]["ROW_vlanbriefid"]["vlanshowbr-vlanid"], "20");
    assert_eq!(body["TABLE_mtuinfoid"]["ROW_mtuinfoid"]["vlanshowinfo-vlanid"], "20");
    assert_eq!(body["vlanshowrspan-vlantype"], "notrspan");
    let mut said = |line: &str| switch.type_lines("ann", &[line], NOW).concat();
    assert_eq!(said("show vlan id 99"), "VLAN 99 not found in current VLAN database");
    assert_eq!(said("show vlan id 5000"), "% Invalid value/range");
}

#[test]
fn inventory_names_come_in_quotes() {
    let mut session = session();
    let Outcome::Printed { body: Some(body), .. } = session.type_line(&mut switch(), "show inventory", NOW) else {
        panic!("no body")
    };
    let row = &body["TABLE_inv"]["ROW_inv"][0];
    assert_eq!((&row["name"], &row["serialnum"]), (&"\"Chassis\"".into(), &"LAB12345678".into()));
}
