//! What the switches of a pair say of themselves.

use serde_json::Value;

use super::*;

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer} in {value}"))
}

#[test]
fn show_vpc_has_the_keys_of_the_capture() {
    let mut bench = Bench::new();
    let body = bench.show("b", "show vpc");
    assert_eq!(text(&body, "/vpc-domain-id"), "10");
    assert_eq!([text(&body, "/vpc-peer-status"), text(&body, "/vpc-role")], ["peer-ok", "secondary"]);
    assert_eq!(text(&body, "/vpc-peer-keepalive-status"), "peer-alive");
    assert_eq!(text(&body, "/TABLE_peerlink/ROW_peerlink/peerlink-ifindex"), "Po1");
    assert_eq!(text(&body, "/TABLE_peerlink/ROW_peerlink/peer-up-vlan-bitset"), "1,10,20,30");
    assert_eq!(text(&body, "/TABLE_vpc/ROW_vpc/0/vpc-ifindex"), "Po10");
    assert_eq!(text(&body, "/TABLE_vpc/ROW_vpc/0/up-vlan-bitset"), "10,20");
}

#[test]
fn show_vpc_tells_a_broken_peer_link_from_a_dead_peer() {
    let mut bench = Bench::new();
    let body = bench.cut("a", "b").show("b", "show vpc");
    assert_eq!(text(&body, "/vpc-peer-status"), "peer-link-down");
    assert_eq!(text(&body, "/vpc-peer-keepalive-status"), "peer-alive");
    assert_eq!(text(&body, "/TABLE_vpc/ROW_vpc/0/vpc-port-state"), "0");
    assert_eq!(text(&body, "/TABLE_vpc/ROW_vpc/0/up-vlan-bitset"), "-");
    let body = bench.power("a", false).show("b", "show vpc");
    assert_ne!(text(&body, "/vpc-peer-keepalive-status"), "peer-alive");
    assert_eq!(text(&body, "/vpc-role"), "secondary, operational primary");
}

#[test]
fn a_suspended_vlan_is_allowed_and_not_forwarding() {
    let mut bench = Bench::new();
    bench.types("a", &["interface po10", "switchport trunk allowed vlan add 30"]);
    let body = bench.show("a", "show interface port-channel10 trunk");
    assert_eq!(text(&body, "/TABLE_allowed_vlans/ROW_allowed_vlans/allowedvlans"), "10,20,30");
    assert_eq!(text(&body, "/TABLE_stp_forward/ROW_stp_forward/stpfwd_vlans"), "10,20");
}

#[test]
fn neighbours_hear_each_other() {
    let mut bench = Bench::new();
    let body = bench.show("a", "show lldp neighbors detail");
    let rows = body.pointer("/TABLE_nbor_detail/ROW_nbor_detail").and_then(Value::as_array).expect("rows");
    let row = |row| [text(row, "/l_port_id"), text(row, "/sys_name"), text(row, "/port_id")];
    let heard: Vec<_> = rows.iter().map(row).collect();
    assert_eq!(heard.len(), 3);
    assert_eq!(heard.first(), Some(&["Eth1/3", "c", "Ethernet1/3"]));
}

#[test]
fn a_fex_is_online_while_its_fabric_port_is_up() {
    let mut bench = Bench::new();
    let serial = |body: &Value| text(body, "/TABLE_fex/ROW_fex/fex_serial").to_owned();
    let (one, two) = (bench.show("a", "show fex"), bench.show("b", "show fex"));
    assert_eq!(serial(&one), serial(&two), "both parents see the same");
    assert_eq!(text(&one, "/TABLE_fex/ROW_fex/fex_state"), "Online");
    bench.at("a").set_link(eth(5), false);
    let one = bench.wait(0).show("a", "show fex");
    assert_eq!(text(&one, "/TABLE_fex/ROW_fex/fex_state"), "Offline");
}

#[test]
fn the_running_config_of_a_leg_reads_as_a_person_would_write_it() {
    let mut bench = Bench::new();
    let now = bench.now;
    let lines = ["show running-config interface port-channel10", "show running-config interface ethernet1/1"];
    let said = bench.at("a").type_lines("ann", &lines, now).concat();
    for line in ["  spanning-tree port type edge trunk", "  vpc 10", "  channel-group 10 mode on"] {
        assert!(said.lines().any(|found| found == line), "{line:?} in {said}");
    }
}
