//! What the show commands print, structured and as text.

use serde_json::{Value, json};

use super::*;
use crate::lab::model::switch::{Author, Outcome, Session};

fn body(switch: &mut Switch, line: &str) -> Value {
    let author = Author { origin: "console0".to_owned(), user: "ann".to_owned() };
    let outcome = Session::terminal(author).type_line(switch, line, NOW);
    let Outcome::Printed { body: Some(body), .. } = outcome else { panic!("{line}: {outcome:?}") };
    body
}

#[test]
fn one_row_is_an_object_and_several_are_a_list() {
    let mut switch = switch();
    let one = body(&mut switch, "show interface Ethernet1/1 switchport");
    assert_eq!(
        one["TABLE_interface"]["ROW_interface"],
        json!({
            "interface": "Ethernet1/1",
            "switchport": "Enabled",
            "switchport_monitor": "Not enabled",
            "oper_mode": "trunk",
            "access_vlan": "1",
            "access_vlan_name": "default",
            "native_vlan": "1",
            "native_vlan_name": "default",
            "trunk_vlans": "10,20",
        })
    );
    let all = body(&mut switch, "show interface switchport");
    assert_eq!(all["TABLE_interface"]["ROW_interface"].as_array().map(Vec::len), Some(7));
    assert_eq!(body(&mut switch, "show mac address-table"), json!({}));
}

#[test]
fn show_vlan_lists_the_ports_that_carry_each() {
    let mut switch = switch();
    let rows = body(&mut switch, "show vlan")["TABLE_vlanbrief"]["ROW_vlanbrief"].clone();
    let ports: Vec<_> = rows
        .as_array()
        .expect("several rows")
        .iter()
        .map(|row| (row["vlanshowbr-vlanid-utf"].as_str(), row["vlanshowplist-ifidx"].as_str()))
        .collect();
    assert_eq!(
        ports,
        [
            (Some("1"), Some("Ethernet1/2,Ethernet1/3")),
            (Some("10"), Some("Ethernet1/1,Ethernet1/2")),
            (Some("20"), Some("Ethernet1/1,Ethernet1/2")),
            (Some("30"), Some("Ethernet1/2,Ethernet1/4,Ethernet1/5,port-channel7")),
        ]
    );
}

#[test]
fn a_long_port_list_comes_in_pieces() {
    let ports = (1..=100).map(|port| (eth(port), Port::access(VlanId::MIN))).collect();
    let mut switch = Switch::new(SwitchSpec { ports, ..SwitchSpec::default() });
    let row = body(&mut switch, "show vlan brief")["TABLE_vlanbriefxbrief"]["ROW_vlanbriefxbrief"].clone();
    let pieces = row["vlanshowplist-ifidx"].as_array().expect("pieces").clone();
    let names = |piece: &Value| piece.as_str().map(|piece| piece.split(',').count());
    assert_eq!(pieces.iter().map(names).collect::<Vec<_>>(), [Some(64), Some(36)]);
}

#[test]
fn a_host_is_heard_by_both_protocols_while_the_link_is_up() {
    let mut switch = switch();
    let lldp = body(&mut switch, "show lldp neighbors detail");
    let row = &lldp["TABLE_nbor_detail"]["ROW_nbor_detail"];
    assert_eq!(row["l_port_id"], "Eth1/1");
    assert_eq!((&row["chassis_id"], &row["port_id"]), (&json!("vmnic2"), &json!("0050.56ab.cdef")));
    assert_eq!((&row["sys_name"], &lldp["neigh_count"]), (&json!("esx1.example"), &json!("1")));
    let cdp = body(&mut switch, "show cdp neighbors detail");
    let row = &cdp["TABLE_cdp_neighbor_detail_info"]["ROW_cdp_neighbor_detail_info"];
    assert_eq!((&row["intf_id"], &row["port_id"]), (&json!("Ethernet1/1"), &json!("vmnic2")));
    assert_eq!((&row["device_id"], &row["remote_intf_mac"]), (&json!("esx1.example"), &json!("00:50:56:ab:cd:ef")));
    switch.set_link(eth(1), false);
    assert_eq!(body(&mut switch, "show lldp neighbors detail"), json!({ "neigh_count": "0" }));
}

#[test]
fn channels_versions_and_addresses_have_their_keys() {
    let mut switch = switch();
    let row = body(&mut switch, "show port-channel summary")["TABLE_channel"]["ROW_channel"].clone();
    assert_eq!((&row["port-channel"], &row["status"]), (&json!("port-channel7"), &json!("U")));
    assert_eq!(row["TABLE_member"]["ROW_member"][1], json!({ "port": "Ethernet1/5", "port-status": "P" }));
    let version = body(&mut switch, "show version");
    assert_eq!((&version["proc_board_id"], &version["nxos_ver_str"]), (&json!("LAB12345678"), &json!("9.3(5)")));
    switch.learn(MAC, vlan(10), eth(1), Duration::from_secs(20));
    let row =
        body(&mut switch, "show mac address-table interface Eth1/1")["TABLE_mac_address"]["ROW_mac_address"].clone();
    assert_eq!((&row["disp_mac_addr"], &row["disp_vlan"]), (&json!("0050.56ab.cdef"), &json!("10")));
    assert_eq!((&row["disp_age"], &row["disp_port"]), (&json!("40"), &json!("Ethernet1/1")));
    let brief = body(&mut switch, "show interface e1/4 brief")["TABLE_interface"]["ROW_interface"].clone();
    assert_eq!((&brief["portchan"], &brief["portmode"]), (&json!(7), &json!("trunk")));
    let trunk = body(&mut switch, "show interface e1/2 trunk");
    assert_eq!(trunk["TABLE_stp_forward"]["ROW_stp_forward"]["stpfwd_vlans"], "1,10,20,30");
}

#[test]
fn the_uptime_begins_anew_with_every_boot() {
    let mut switch = switch();
    let uptime = |switch: &mut Switch| {
        let version = body(switch, "show version");
        ["kern_uptm_days", "kern_uptm_hrs", "kern_uptm_mins", "kern_uptm_secs"].map(|key| version[key].as_u64())
    };
    assert_eq!(uptime(&mut switch), [Some(60), Some(0), Some(1), Some(0)]);
    switch.boot_time = Duration::from_secs(20);
    switch.reload(Duration::from_secs(10));
    switch.boot(NOW);
    assert_eq!(uptime(&mut switch), [Some(0), Some(0), Some(0), Some(50)]);
}

#[test]
fn a_long_list_is_split_over_add_lines() {
    let mut switch = switch();
    let long = "500-528,530,532,534,587,590-593,597-598,600,602,604";
    switch.type_lines("ann", &["conf t", "int e1/1", &format!("switchport trunk allowed vlan {long}")], NOW);
    let text = switch.type_lines("ann", &["show running-config interface Ethernet1/1"], NOW).concat();
    let lines: Vec<_> = text.lines().skip_while(|line| !line.starts_with("interface")).collect();
    assert_eq!(
        lines,
        [
            "interface Ethernet1/1",
            "  switchport mode trunk",
            "  switchport trunk allowed vlan 500-528,530,532,534,587,590-593,597-598,600,602",
            "  switchport trunk allowed vlan add 604",
        ]
    );
}

#[test]
fn a_member_repeats_its_channels_lines() {
    let text = switch().running_config();
    assert!(text.contains(
        "interface Ethernet1/4\n  switchport mode trunk\n  switchport trunk allowed vlan 30\n  channel-group 7 mode active\n"
    ));
    assert!(text.contains("vlan 1,10,20,30\n"));
    assert!(text.contains("interface Ethernet1/6\n  no switchport\n"));
}
