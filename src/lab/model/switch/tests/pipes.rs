//! What stands behind `|`.

use serde_json::Value;

use super::*;
use crate::lab::model::switch::Platform;

fn shown(switch: &mut Switch, line: &str) -> String {
    switch.type_lines("ann", &[line], NOW).concat()
}

#[test]
fn lines_are_chosen_by_expressions() {
    let check = |line: &str, expected: &[&str]| {
        let text = shown(&mut switch(), line);
        assert_eq!(text.lines().collect::<Vec<_>>(), expected, "{line}");
    };
    check("show running-config | section ^vlan", &["vlan 1,10,20,30"]);
    check("sh run | inc hostname", &["hostname leaf1"]);
    check("show running-config | include \"feature l\" | exclude lldp", &["feature lacp"]);
    check("show running-config | include lacp|lldp", &["feature lacp", "feature lldp"]);
    check("show running-config interface e1/6 | begin ^interface", &["interface Ethernet1/6", "  no switchport"]);
    check("show running-config | include 'nothing of the kind'", &[]);
    check("show hostname | no-more", &["leaf1 "]);
    check(
        "show running-config | section Ethernet1/1",
        &["interface Ethernet1/1", "  switchport mode trunk", "  switchport trunk allowed vlan 10,20"],
    );
}

#[test]
fn a_section_ends_where_the_next_line_is_no_deeper() {
    let mut switch = switch();
    switch.type_lines("ann", &["conf t", "vlan 10", "name web", "state suspend"], NOW);
    let text = shown(&mut switch, "show running-config | section ^vlan");
    assert_eq!(text, "vlan 1,10,20,30\nvlan 10\n  name web\n  state suspend\n");
    let interfaces = shown(&mut switch, "show running-config | section ^interface");
    assert_eq!(interfaces.lines().filter(|line| line.starts_with("interface ")).count(), 7);
    assert!(!interfaces.contains("vlan 10\n  name"), "{interfaces}");
}

#[test]
fn a_structured_answer_is_the_one_of_nx_api() {
    let mut switch = switch();
    let body = switch.show_structured("show vlan brief", NOW).expect("a body");
    let parsed = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
    let json = shown(&mut switch, "show vlan brief | json");
    assert_eq!(json.lines().count(), 1);
    assert_eq!(parsed(&json), body);
    let pretty = shown(&mut switch, "show vlan brief | json-pretty");
    assert!(pretty.lines().count() > 10, "{pretty}");
    assert_eq!(parsed(&pretty), body);
    assert_eq!(parsed(&shown(&mut switch, "show vlan brief | json native")), body);
    assert_eq!(parsed(&shown(&mut switch, "show mac address-table | json")), serde_json::json!({}));
}

#[test]
fn xml_has_an_element_for_every_value_and_escapes_it() {
    let mut switch = switch();
    switch.type_lines("ann", &["conf t", "vlan 10", "name a<b&c"], NOW);
    let text = shown(&mut switch, "show vlan brief | xml");
    assert!(text.contains("<vlanshowbr-vlanname>a&lt;b&amp;c</vlanshowbr-vlanname>"), "{text}");
    assert_eq!(text.matches("<ROW_vlanbriefxbrief>").count(), 4);
    assert_eq!(text.matches("</ROW_vlanbriefxbrief>").count(), 4);
}

#[test]
fn what_is_no_filter_is_refused_at_its_column() {
    let check = |line: &str, expected: &str| assert_eq!(shown(&mut switch(), line), expected, "{line}");
    check("show vlan | jsun", "            ^\n% Invalid command at '^' marker.");
    check("show vlan |", "% Incomplete command at '^' marker.");
    check("show vlan | include", "% Incomplete command at '^' marker.");
    check("show vlan | include a[", "                    ^\n% Invalid command at '^' marker.");
    check("show vlan | json | json x", "                        ^\n% Invalid command at '^' marker.");
    check("show nothing | json", "     ^\n% Invalid command at '^' marker.");
    check("show running-config | json", "ERROR: Structured output unsupported");
}

#[test]
fn an_image_knows_the_forms_of_its_time() {
    let knows = |platform: Platform, line: &str| {
        let mut switch = Switch::new(SwitchSpec { platform, ..SwitchSpec::default() });
        !shown(&mut switch, line).contains("% Invalid")
    };
    let forms =
        ["show hostname | xml", "show hostname | json", "show hostname | json-pretty", "show hostname | json native"];
    let known = |platform| forms.map(|line| knows(platform, line));
    assert_eq!(known(Platform::N9k), [true; 4]);
    assert_eq!(known(Platform::N9k7), [true, true, true, false]);
    assert_eq!(known(Platform::N7k), [true, true, false, false]);
    assert_eq!(known(Platform::N5k), [true, false, false, false]);
}

#[test]
fn a_bar_in_a_text_is_a_letter() {
    let mut switch = switch();
    let said = switch.type_lines("ann", &["conf t", "int e1/1", "description rack 4 | top"], NOW).concat();
    assert_eq!(said, "");
    assert_eq!(switch.ports()[&eth(1)].description.as_deref(), Some("rack 4 | top"));
}
