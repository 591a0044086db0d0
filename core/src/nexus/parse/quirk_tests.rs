//! What varies between platforms and builds, by the number of the fact (NX-OS §2 and §4.2).

use serde_json::{Value, json};

use super::{
    tests::{PORT, structured},
    text_tests::{CHANNELS, TRUNKS, VLANS, VPC},
    *,
};
use crate::{
    net::InterfaceName,
    tracker::{Allowed, Vpc},
};

#[test]
fn facts_2_1_a_table_may_be_an_object_or_a_list_at_both_levels() {
    let row = |id: &str| json!({"vlanshowbr-vlanid": id, "vlanshowbr-vlanstate": "suspend"});
    let list = json!({"TABLE_vlanbrief": [{"ROW_vlanbrief": [row("1"), row("7")]}, {"ROW_vlanbrief": row("9")}]});
    let Ok(Piece::Vlans(found)) = structured(Query::Vlans, list) else { panic!() };
    assert_eq!((found.present.to_string(), found.active.is_empty()), ("1,7,9".to_owned(), true));
    assert!(structured(Query::Vlans, json!({})).is_err(), "VLAN 1 always exists");
}

#[test]
fn facts_2_2_and_2_3_vlan_numbers_come_in_all_their_forms() {
    let row = |id: Value, utf: Option<&str>| {
        let mut row = json!({"vlanshowbr-vlanid": id, "vlanshowbr-vlanstate": "active"});
        if let Some(utf) = utf {
            row["vlanshowbr-vlanid-utf"] = json!(utf);
        }
        let body = json!({"TABLE_vlanbrief": {"ROW_vlanbrief": row}});
        let Ok(Piece::Vlans(found)) = structured(Query::Vlans, body) else { panic!() };
        found.active.to_string()
    };
    assert_eq!(row(json!("16777216"), None), "1");
    assert_eq!(row(json!("2701131776"), Some("161")), "161");
    assert_eq!(row(json!("2701131776"), None), "161");
    assert_eq!(row(json!(42), None), "42");
    assert_eq!(row(json!("42"), None), "42");
}

#[test]
fn facts_2_8_a_port_channel_may_have_no_members() {
    let body = json!({"TABLE_channel": {"ROW_channel": [{"port-channel": "port-channel1"},
        {"port-channel": "port-channel2", "TABLE_member": {"ROW_member": {"port": "Ethernet1/5"}}}]}});
    let Ok(Piece::PortChannels(found)) = structured(Query::PortChannels, body) else { panic!() };
    assert_eq!(found.values().map(|ports| ports.len()).collect::<Vec<_>>(), [0, 1]);
}

#[test]
fn facts_2_14_a_version_is_found_under_the_key_of_each_platform() {
    for key in ["nxos_ver_str", "sys_ver_str", "kickstart_ver_str"] {
        let body = json!({"chassis_id": "Nexus9000 C93180YC-EX", "proc_board_id": "S1", "host_name": "l1", key: "9.3"});
        let Ok(Piece::Version(found, None)) = structured(Query::Version, body) else { panic!("{key}") };
        assert_eq!((found.serial.as_str(), found.version.as_str()), ("S1", "9.3"));
    }
}

#[test]
fn facts_2_15_and_2_16_json_inside_a_text_is_json() {
    let body =
        r#"{"TABLE_vlanbrief": {"ROW_vlanbrief": {"vlanshowbr-vlanid": "1", "vlanshowbr-vlanstate": "active"}}}"#;
    for answer in [Answer::Text(format!("\n{body}\n")), Answer::Text(body.to_owned()), Answer::Structured(body.into())]
    {
        assert!(matches!(piece(Query::Vlans, &answer), Ok(Piece::Vlans(found)) if found.active.to_string() == "1"));
    }
    let (half, _) = body.split_at(40);
    assert!(piece(Query::Vlans, &Answer::Text(half.to_owned())).is_err());
}

#[test]
fn facts_2_5_an_empty_body_is_nothing_and_no_empty_database() {
    for empty in [Value::Null, json!({}), json!(""), json!(" \n")] {
        assert_eq!(structured(Query::Lldp, empty.clone()), Ok(Piece::Neighbors(Vec::new())));
        assert_eq!(structured(Query::Macs(PORT), empty.clone()), Ok(Piece::Macs(Vec::new())));
        assert_eq!(structured(Query::Trunks, empty.clone()), Ok(Piece::Silent(Query::Trunks)));
        for query in [Query::Vlans, Query::Ports, Query::Version] {
            assert!(structured(query, empty.clone()).is_err(), "{query}");
        }
    }
}

#[test]
fn facts_2_6_an_empty_element_is_no_text() {
    for empty in [json!({}), Value::Null, json!(""), json!("not advertised"), json!("null")] {
        let row = json!({"l_port_id": "Eth1/1", "port_id": "eth0", "chassis_id": empty, "port_desc": empty, "sys_name": empty});
        let body = json!({"TABLE_nbor_detail": {"ROW_nbor_detail": row}});
        let Ok(Piece::Neighbors(heard)) = structured(Query::Lldp, body) else { panic!("{empty}") };
        assert_eq!((heard[0].system_name.as_deref(), heard[0].port.as_str(), heard[0].macs.len()), (None, "eth0", 0));
    }
}

#[test]
fn facts_2_7_2_9_2_12_2_13_keys_that_are_not_read_may_have_any_shape() {
    let list = json!(["a", "b"]);
    let row = json!({"interface": "Ethernet1/1", "state": "up", "portmode": "trunk", "eth_bw": list, "capability": list,
        "disp_type": "* ", "vpc-end": list});
    let body = json!({"TABLE_interface": {"ROW_interface": row}, "vpc-end": list});
    let Ok(Piece::Ports(found)) = structured(Query::Ports, body) else { panic!() };
    assert_eq!((found.len(), found[&PORT].up), (1, true));
}

#[test]
fn facts_2_10_long_and_short_names_are_equal() {
    let trunks = |name: &str| {
        let row = json!({"interface": name, "stpfwd_vlans": "1"});
        structured(Query::Trunks, json!({"TABLE_stp_forward": {"ROW_stp_forward": row}}))
    };
    assert_eq!(trunks("Po100"), trunks("port-channel100"));
    assert_eq!(trunks("Eth1/9"), trunks("Ethernet1/9"));
    assert!(
        matches!(trunks("Po100"), Ok(Piece::Trunks(found)) if found.contains_key(&InterfaceName::PortChannel(100)))
    );
}

#[test]
fn facts_2_11_states_of_a_vpc_are_numbers_or_words() {
    let domain = |state: Value, consistency: &str| {
        let leg = json!({"vpc-id": "1", "vpc-ifindex": "Po1", "vpc-port-state": state, "vpc-consistency": consistency,
            "up-vlan-bitset": "-", "vpc-thru-peerlink": 19});
        let body = json!({"vpc-domain-id": 7, "vpc-role": "primary", "vpc-peer-status": "peer-not-configured",
            "vpc-peer-keepalive-status": "peer-alive", "peer-gateway": "disabled", "TABLE_vpc": {"ROW_vpc": leg}});
        match structured(Query::Vpc, body) {
            Ok(Piece::Vpc(Vpc::Domain(domain))) => domain,
            other => panic!("{other:?}"),
        }
    };
    let up = |state: Value| domain(state, "consistent").legs[&InterfaceName::PortChannel(1)].up;
    assert!(up(json!("1")) && up(json!(1)) && up(json!("Up")));
    assert!(!up(json!("0")) && !up(json!(0)) && !up(json!("Down")));
    let found = domain(json!("0"), "inconsistent");
    assert!(!found.adjacent && found.alive && found.peer_link.is_none());
    let none = json!({"vpc-domain-id": "not configured", "vpc-peer-status": "peer-not-configured"});
    assert_eq!(structured(Query::Vpc, none), Ok(Piece::Vpc(Vpc::None)));
}

#[test]
fn facts_2_13_a_database_that_is_printed_twice_is_one() {
    let text = |text: String| piece(Query::Vlans, &Answer::Text(text));
    assert_eq!(text(format!("{VLANS}{VLANS}")), text(VLANS.replace("enet", "trnet")));
    assert!(text(VLANS.to_owned()).is_ok());
}

#[test]
fn facts_2_17_a_long_list_in_pieces_is_their_union() {
    let row = json!({"interface": "Ethernet1/1", "stpfwd_vlans": ["1-2,7", "9", 11]});
    let body = json!({"TABLE_stp_forward": {"ROW_stp_forward": row}});
    let Ok(Piece::Trunks(found)) = structured(Query::Trunks, body) else { panic!() };
    assert_eq!(found[&PORT].to_string(), "1-2,7,9,11");
}

#[test]
fn facts_4_2_a_list_is_the_union_of_its_lines_however_it_is_split() {
    let allowed = |lines: &[&str]| {
        let lines: String = lines.iter().map(|list| format!("  switchport trunk allowed vlan {list}\n")).collect();
        let text = format!("interface Ethernet1/1\n  switchport mode trunk\n{lines}");
        let Ok(Piece::Config(ports)) = piece(Query::Config, &Answer::Text(text)) else { panic!("{lines:?}") };
        ports[&PORT].allowed()
    };
    let list = |text: &str| Allowed::List(text.parse().unwrap());
    assert_eq!(allowed(&["500-528,530", "add 532,534", "add 587"]), list("500-528,530,532,534,587"));
    assert_eq!(allowed(&["827-828", "add 828-830"]), list("827-830"));
    assert_eq!(allowed(&["1, 3, 5"]), list("1,3,5"));
    assert_eq!(allowed(&["none"]), list("none"));
    assert_eq!(allowed(&[]), Allowed::Everything);
}

#[test]
fn a_list_that_goes_on_where_nobody_knows_how_is_not_told() {
    let told = |query, text: String| piece(query, &Answer::Text(text));
    let leg = |first: &str, rest: &str| {
        let text = VPC.replace("1-100,302-400,\n", &format!("{first}\n"));
        told(Query::Vpc, text.replace(&format!("{:61}401-501", ""), rest))
    };
    assert_eq!(leg("1-100,302-5", &format!("{:61}01", "")), Ok(Piece::Silent(Query::Vpc)), "1-100,302-501?");
    assert_eq!(leg("1-100,302", &format!("{:55},30", "")), Ok(Piece::Silent(Query::Vpc)), "in another column");
    assert!(matches!(leg("1-100", &format!("{:61},302-501", "")), Ok(Piece::Vpc(_))));
    // Its column is wider than the ruler over it.
    assert!(matches!(leg("1-100,302-400,", &format!("{:61}401-500,502-600", "")), Ok(Piece::Vpc(_))));
    assert_eq!(leg("1-100", &format!("{:61},302-...,", "")), Ok(Piece::Silent(Query::Vpc)), "cut short");
    assert!(told(Query::Trunks, TRUNKS.replace("33,\n", "33\n")).is_err());
    assert!(told(Query::Trunks, TRUNKS.replace("33,\n", "33\n").replace("40-50", ",40-50")).is_ok());
}

#[test]
fn members_that_run_into_each_other_are_not_one() {
    let text = CHANNELS.replace("Eth1/1(P)    Eth1/2(P)", "Eth1/1(P)Eth1/2(P)");
    assert!(piece(Query::PortChannels, &Answer::Text(text)).is_err());
}

#[test]
fn neighbours_that_are_only_counted_are_not_none() {
    let none = Ok(Piece::Neighbors(Vec::new()));
    assert_eq!(structured(Query::Lldp, json!({"neigh_hdr": "neigh_hdr", "neigh_count": "0"})), none);
    assert!(structured(Query::Lldp, json!({"neigh_count": 2})).is_err());
    let short = json!({"TABLE_nbor": {"ROW_nbor": {"l_port_id": "Eth1/1", "port_id": "eth0"}}});
    assert!(structured(Query::Lldp, short).is_err());
}

#[test]
fn a_table_that_nobody_knows_is_not_an_empty_one() {
    let unknown = json!({"TABLE_other": {"ROW_other": {"port": "Eth1/1"}}});
    for query in [Query::Lldp, Query::Cdp, Query::PortChannels, Query::Macs(PORT)] {
        for body in [unknown.clone(), json!({"inner": unknown, "count": "1"}), json!({"TABLE_a": [{"ROW_a": []}]})] {
            assert!(structured(query, body.clone()).is_err(), "{query}: {body}");
        }
        assert!(structured(query, json!({"header": "none", "end": ["a", "b"], "empty": {}})).is_ok(), "{query}");
    }
}

#[test]
fn rows_of_vpcs_may_have_empty_lines_between_them() {
    let gaps = VPC.replace("\n12    Po2", "\n\n12    Po2").replace("\n13    Po3", "\n   \n13    Po3");
    let told = |text: &str| piece(Query::Vpc, &Answer::Text(text.to_owned()));
    assert_eq!(told(&format!("{gaps}\nPlease check the reasons.\n")), told(VPC));
    assert!(matches!(told(VPC), Ok(Piece::Vpc(_))));
}
