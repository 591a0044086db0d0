//! How platforms differ.

use super::*;
use crate::lab::model::switch::{Author, Outcome, Platform, Session};

fn of(platform: Platform) -> Switch {
    let ports = [(eth(1), Port::trunk(list("10"))), (eth(4), Port::member(7))].into();
    let channels = [(7, Port::trunk(list("10")))].into();
    Switch::new(SwitchSpec { platform, vlans: list("10"), ports, channels, ..SwitchSpec::default() })
}

fn api() -> Session {
    Session::nxapi(Author { origin: "192.0.2.1@nginx".to_owned(), user: "ann".to_owned() })
}

#[test]
fn a_platform_is_called_by_its_name() {
    for (platform, name) in Platform::ALL {
        assert_eq!((name.parse(), platform.name()), (Ok(platform), name));
    }
    let error = "n8k".parse::<Platform>().expect_err("no such platform");
    assert_eq!(error, "platform is one of n9k, n9k-10, n9k-7, n7k, n6k, n5k, n3k, not \"n8k\"");
}

#[test]
fn the_version_goes_by_the_keys_of_the_platform() {
    let keys = |platform| {
        let body = of(platform).show_structured("show version", NOW).expect("a body");
        ["nxos_ver_str", "sys_ver_str", "kickstart_ver_str"].map(|key| body[key].as_str().map(str::to_owned))
    };
    let version = |text: &str| Some(text.to_owned());
    assert_eq!(keys(Platform::N9k), [version("9.3(5)"), None, None]);
    assert_eq!(keys(Platform::N9k7), [None, None, version("7.0(3)I7(8)")]);
    assert_eq!(keys(Platform::N7k), [None, version("6.2(16)"), version("6.2(16)")]);
    let text = |platform| of(platform).type_lines("ann", &["show version"], NOW).concat();
    assert!(text(Platform::N9k7).contains("  NXOS: version 7.0(3)I7(8)\n"));
    assert!(text(Platform::N5k).contains("  system:    version 7.1(0)N1(1a)\n"));
}

#[test]
fn a_vlan_is_numbered_in_the_platforms_way() {
    let numbers = |platform| {
        let body = of(platform).show_structured("show vlan brief", NOW).expect("a body");
        let row = &body["TABLE_vlanbriefxbrief"]["ROW_vlanbriefxbrief"][1];
        ["vlanshowbr-vlanid", "vlanshowbr-vlanid-utf"].map(|key| row[key].as_str().map(str::to_owned))
    };
    let number = |text: &str| Some(text.to_owned());
    assert_eq!(numbers(Platform::N9k), [number("10"), number("10")]);
    assert_eq!(numbers(Platform::N9k7), [number("167772160"), number("10")]);
    assert_eq!(numbers(Platform::N3k), [number("10"), None]);
}

#[test]
fn the_n7k_has_no_structured_show_vlan_and_prints_it_twice_over_nx_api() {
    let mut switch = of(Platform::N7k);
    let Outcome::Printed { text, body } = api().type_line(&mut switch, "show vlan", NOW) else { panic!("no text") };
    assert_eq!((text.matches("VLAN Type").count(), body), (2, None));
    assert!(text.contains("\n10   trnet        CE\n"), "{text}");
    let on_terminal = switch.type_lines("ann", &["show vlan"], NOW).concat();
    assert_eq!(on_terminal.matches("VLAN Type").count(), 1);
}

#[test]
fn the_last_vlan_of_a_trunk_is_removed_as_on_the_platform() {
    let left = |platform| {
        let mut switch = of(platform);
        switch.type_lines("ann", &["conf t", "int e1/1", "sw tr al vl remove 10"], NOW);
        switch.allowed(eth(1)).to_string()
    };
    assert_eq!(left(Platform::N9k), "none");
    assert_eq!(left(Platform::N6k), "1-4094");
}

#[test]
fn the_reserved_range_is_the_platforms() {
    let taken = |platform, vlan: u16| {
        let said = of(platform).type_lines("ann", &["conf t", &format!("vlan {vlan}"), "end"], NOW).concat();
        said.is_empty()
    };
    let all = |platform| [3967, 3968, 4047, 4048, 4093, 4094].map(|vlan| taken(platform, vlan));
    assert_eq!(all(Platform::N9k), [true, false, false, false, false, false]);
    assert_eq!(all(Platform::N5k), [true, false, false, true, true, false]);
}

#[test]
fn a_vlan_is_made_when_its_sub_mode_is_left() {
    let made = |platform, lines: &[&str]| {
        let mut switch = of(platform);
        let typed: Vec<_> = ["conf t", "vlan 20", "name web"].iter().chain(lines).copied().collect();
        assert_eq!(switch.type_lines("ann", &typed, NOW).concat(), "");
        switch.vlans().get(&vlan(20)).and_then(|entry| entry.name.clone())
    };
    let web = Some("web".to_owned());
    assert_eq!(made(Platform::N9k, &[]), web);
    assert_eq!(made(Platform::N5k, &[]), None);
    for line in ["exit", "end", "vlan 30", "interface e1/1", "feature lacp"] {
        assert_eq!(made(Platform::N5k, &[line]), web, "{line}");
    }
}

#[test]
fn an_error_is_raised_or_printed() {
    let member = ["interface Ethernet1/4", "switchport trunk allowed vlan add 20"];
    let said = |platform| {
        let (mut switch, mut session) = (of(platform), api());
        let outcomes = member.map(|line| session.type_line(&mut switch, line, NOW));
        (outcomes[1].accepted(), outcomes[1].on_screen().trim_end().to_owned())
    };
    let words = "ERROR: : port already in a port-channel, no config allowed".to_owned();
    assert_eq!(said(Platform::N9k), (false, words.clone()));
    assert_eq!(said(Platform::N7k), (true, words));
    assert!(!api().type_line(&mut of(Platform::N7k), "nonsense", NOW).accepted());
}

#[test]
fn a_list_is_split_at_the_platforms_width() {
    let lines = |platform| {
        let mut switch = of(platform);
        switch.type_lines(
            "ann",
            &["conf t", "int e1/1", "sw tr al vl 500-528,530,532,534,587,590-593,597-598,600"],
            NOW,
        );
        let text = switch.type_lines("ann", &["show run int e1/1 | include allowed"], NOW).concat();
        text.lines().count()
    };
    assert_eq!((lines(Platform::N9k10), lines(Platform::N3k)), (1, 2));
}

#[test]
fn every_platform_reads_its_own_running_config() {
    for (platform, name) in Platform::ALL {
        let mut switch = of(platform);
        let config = switch.running_config();
        let said =
            switch.type_lines("ann", &["checkpoint c", "conf t", "no vlan 10", "end", "rollback run check c"], NOW);
        assert!(said.concat().contains("completed"), "{name}: {said:?}");
        assert_eq!(switch.running_config(), config, "{name}");
    }
}
